"""What the pages around the list of vendors share: reading its address, and what stands around the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crm.core import currencies
from crm.forms import vendor_filter
from crm.forms.vendor_filter import BESIDE, Control, Filter, Head, Reading, VendorFilter
from crm.models.enums import RatePeriod
from crm.models.vocabulary import word
from crm.queries.vendor_lists import FilterChoices, Saved, Sort
from crm.web.addresses import address_of
from crm.web.gate import Visit

COLUMNS = "columns"
"""What is added where no filter is, but the columns are being chosen."""
COMMON = ("owner", "does", "due")
"""The filters that always stand above the list; the others are added."""


@dataclass(frozen=True, slots=True)
class Editor:
    """The form for one filter that is being added or changed."""

    filter: Filter
    choices: list[tuple[str, str]]
    value: str
    least: str = ""
    most: str = ""
    currency: str = ""
    period: str = ""


@dataclass(frozen=True, slots=True)
class Menus:
    """What the menus above the list are drawn from: the page's address, the list's as it is kept, and the filters and
    columns that there are, each by its name with its words."""

    here: str
    kept: str
    addable: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...]
    shown: tuple[str, ...]
    is_choosing_columns: bool


def reading(visit: Visit, choices: FilterChoices) -> Reading:
    """What reading the list's address depends on, for this visit."""
    return Reading(choices, visit.member.user_id, visit.workspace.currency, visit.person.time_zone)


def read(visit: Visit, choices: FilterChoices, address: str) -> VendorFilter:
    """A kept address, read for this visit."""
    return vendor_filter.read(vendor_filter.arguments_of(address), reading(visit, choices))


def offered(visit: Visit, choices: FilterChoices, listed: VendorFilter, adding: str) -> dict[str, Any]:
    """What stands around the list: its heads, the filters that can be added, saved filters, the one being changed."""
    about = reading(visit, choices)
    filters = vendor_filter.every_filter(about)
    known = vendor_filter.heads(choices.fields)
    current = next((saved for saved in choices.saved if saved.id == listed.saved_id), None)
    return {
        "heads": [known[column] for column in listed.columns],
        "common": [(each, each.choices(about)) for each in filters if each.name in COMMON],
        "menus": Menus(
            here=address_of("vendors.index", **listed.with_()),
            kept=listed.address,
            addable=tuple((each.name, str(each.label)) for each in filters if each.name not in (*BESIDE, *COMMON)),
            columns=tuple((head.column, str(head.words)) for head in _in_order(known, listed.columns)),
            shown=tuple(listed.columns),
            is_choosing_columns=adding == COLUMNS,
        ),
        "editor": _editor(filters, listed, about, adding),
        "current": current,
        "is_changed": current is not None and _canonical(visit, choices, current) != listed.address,
        "may_change_current": current is not None and may_change(visit, current),
        "currencies": currencies.codes(),
        "periods": [(period.value, word(period)) for period in RatePeriod],
    }


def _in_order(known: dict[str, Head], shown: Sequence[str]) -> list[Head]:
    """The columns that can be chosen: those that are shown first, in their order."""
    order = dict.fromkeys([*shown, *known])
    return [known[column] for column in order if column != Sort.NAME]


def may_change(visit: Visit, saved: Saved) -> bool:
    """Whether the reader may rename, replace or delete a saved filter."""
    return saved.owner_id == visit.member.user_id or (saved.is_shared and visit.may("manage"))


def _canonical(visit: Visit, choices: FilterChoices, saved: Saved) -> str:
    return read(visit, choices, saved.address).address


def _editor(filters: list[Filter], listed: VendorFilter, about: Reading, adding: str) -> Editor | None:
    one = next((each for each in filters if each.name == adding and each.name not in BESIDE), None)
    if one is None:
        return None
    value = "" if one.control is Control.TAG else str(listed.asked.get(one.name, ""))
    ends, *rest = value.split() or [""]
    least, dots, most = ends.partition("..")
    periods = [part for part in rest if part in list(RatePeriod)]
    codes = [part for part in rest if part not in periods]
    return Editor(
        one,
        one.choices(about),
        value,
        least=least,
        most=most if dots else least,
        currency=codes[0] if codes else about.currency,
        period=periods[0] if periods else "",
    )
