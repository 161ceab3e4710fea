"""The list's address, read: filters, order and page. What cannot be read is as if it were not there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from crm.core import limits, text
from crm.models.enums import Availability, Stage, Tier, VendorKind
from crm.queries.vendors import Due, FilterChoices, Sort, Wanted

MINE, NOBODY = "mine", "nobody"
FILTERS = ("q", "owner", "does", "tag", "kind", "tier", "availability", "due")
"""The names in the address that narrow the list, beside the stage."""
LONGEST = 200

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class VendorFilter:
    """The list's address: what was asked in plain text, and what that means."""

    asked: dict[str, str]
    """Every part of the address that counts, by name: enough to write the address again."""
    wanted: Wanted
    page: int

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is set, the stage included."""
        return any(name in self.asked for name in (*FILTERS, "stage"))

    def with_(self, **changes: Any) -> dict[str, Any]:
        """The address with some parts changed; None leaves one out, and so does a new order or filter the page."""
        return {**self.asked, **changes}


def read(arguments: Mapping[str, str], *, choices: FilterChoices, reader_id: int) -> VendorFilter:
    """Read the address ``arguments`` for a reader, within what the business offers."""
    asked = {
        name: cleaned
        for name in (*FILTERS, "stage", "sort")
        if (cleaned := text.clean_line(arguments.get(name, ""))[:LONGEST])
    }
    sort, is_descending = _order(asked.pop("sort", ""))
    if (sort, is_descending) != (Sort.NAME, False):
        asked["sort"] = f"-{sort}" if is_descending else str(sort)
    owner = asked.get("owner", "")
    owners = {str(user_id): user_id for user_id, _name in choices.owners} | {MINE: reader_id}
    node = next((node for node in choices.tree if str(node.id) == asked.get("does")), None)
    wanted = Wanted(
        stage=_one_of(Stage, asked, "stage"),
        owner_id=owners.get(owner),
        without_owner=owner == NOBODY,
        category_ids=choices.tree.below(node.id) if node else (),
        tag=text.normal(asked.get("tag", ""))[: limits.NAME_LENGTH],
        kind=_one_of(VendorKind, asked, "kind"),
        tier=_one_of(Tier, asked, "tier"),
        availability=_one_of(Availability, asked, "availability"),
        due=_one_of(Due, asked, "due"),
        words=asked.get("q", ""),
        sort=sort,
        is_descending=is_descending,
    )
    understood = {
        "stage": wanted.stage,
        "owner": wanted.owner_id or wanted.without_owner,
        "does": node,
        "tag": wanted.tag,
        "kind": wanted.kind,
        "tier": wanted.tier,
        "availability": wanted.availability,
        "due": wanted.due,
        "q": text.folded(wanted.words),
        "sort": True,
    }
    kept = {name: value for name, value in asked.items() if understood[name]}
    return VendorFilter(kept, wanted, _page(arguments.get("page", "")))


def _order(typed: str) -> tuple[Sort, bool]:
    name = typed.removeprefix("-")
    return (Sort(name), typed.startswith("-")) if name in list(Sort) else (Sort.NAME, False)


def _one_of(choices: type[C], asked: Mapping[str, str], name: str) -> C | None:
    value = asked.get(name)
    return choices(value) if value in list(choices) else None  # type: ignore[call-overload,call-arg]


def _page(typed: str) -> int:
    return max(1, int(typed)) if typed.isascii() and typed.isdigit() and len(typed) < 7 else 1
