"""What the pages around the list of vendors share: reading its address, and its columns and cells in words."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from crm.core import clock, currencies, formats
from crm.core.i18n import _, ngettext
from crm.forms import vendor_filter
from crm.forms.vendor_filter import BESIDE, HELD_WORDS, Control, Filter, Head, Reading, VendorFilter
from crm.models.custom_fields import NUMBER_SCALE
from crm.models.enums import RatePeriod
from crm.models.vocabulary import word
from crm.queries.standings import Held
from crm.queries.vendor_lists import FilterChoices, ListRow, Saved, Sort
from crm.web import rhythms
from crm.web.gate import Visit

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


def reading(visit: Visit, choices: FilterChoices) -> Reading:
    """What reading the list's address depends on, for this visit."""
    return Reading(choices, visit.member.user_id, visit.workspace.currency, visit.person.time_zone)


def read(visit: Visit, choices: FilterChoices, address: str) -> VendorFilter:
    """A kept address, read for this visit."""
    return vendor_filter.read(vendor_filter.arguments_of(address), reading(visit, choices))


def offered(visit: Visit, choices: FilterChoices, listed: VendorFilter, adding: str) -> dict[str, Any]:
    """What stands around the list: its heads, the filters that can be added, saved filters, the one being changed."""
    about = reading(visit, choices)
    today, time_zone = visit.today, visit.person.time_zone
    filters = vendor_filter.every_filter(about)
    known = vendor_filter.heads(choices.fields)
    current = next((saved for saved in choices.saved if saved.id == listed.saved_id), None)
    return {
        "heads": [known[column] for column in listed.columns],
        "known_heads": [head for head in known.values() if head.column != Sort.NAME],
        "common": [(each, each.choices(about)) for each in filters if each.name in COMMON],
        "addable": [each for each in filters if each.name not in BESIDE and each.name not in COMMON],
        "editor": _editor(filters, listed, about, adding),
        "current": current,
        "is_changed": current is not None and _canonical(visit, choices, current) != listed.address,
        "may_change_current": current is not None and may_change(visit, current),
        "currencies": currencies.codes(),
        "periods": [(period.value, word(period)) for period in RatePeriod],
        "cell_words": lambda head, row: cell_words(head, row, today, time_zone),
    }


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


# Cells


def cell_words(head: Head, row: ListRow, today: date, time_zone: str) -> str:
    """What a cell says, as text."""
    value = row.cells.get(head.column)
    if value is None or value in ("", []):
        return ""
    return _in_words(head.kind, value, today, time_zone)


def _in_words(kind: str, value: Any, today: date, time_zone: str) -> str:
    if kind in (Sort.RATE, Sort.MINIMUM):
        amount, currency, period = value
        if amount is None:
            return ""
        return f"{formats.money(amount, currency)} {word(period)}".strip()
    if kind == Sort.IN_STAGE:
        days = max(0, (today - value).days)
        return ngettext("%(num)s day", "%(num)s days", days)
    if kind == Sort.STANDING:
        return ", ".join(_standing(each, today) for each in value)
    if kind == Sort.CADENCE:
        return rhythms.in_words(value)
    if kind == Sort.AVAILABILITY:
        return "" if value == "unknown" else word(value)
    if kind.startswith("own_"):
        return _own(kind, value, today)
    return _plain(value, today, time_zone)


def _plain(value: Any, today: date, time_zone: str) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, datetime):
        return formats.day(clock.local(value, time_zone).date(), today)
    if isinstance(value, date):
        return formats.day(value, today)
    return word(value) if hasattr(value, "value") else str(value)


def _own(kind: str, value: Any, today: date) -> str:
    if kind == "own_number":
        return formats.number(Decimal(value) / NUMBER_SCALE)
    if kind == "own_money":
        return formats.money(value[0], value[1]) if value[0] is not None else ""
    return formats.day(value, today) if kind == "own_date" else str(value)


def _standing(gathered: str, today: date) -> str:
    """A standing in force in words: ``Approved (Design)``, or that it is to be reviewed."""
    level, day, category = gathered.split(" ", 2)
    is_over = date.fromisoformat(day) < today and level != Held.SUSPENDED
    words = str(HELD_WORDS[Held.REVIEW_DUE if is_over else Held(level)])
    return _("%(standing)s (%(category)s)", standing=words, category=category) if category else words
