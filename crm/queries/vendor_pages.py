"""Vendors as programs read them: a page at a time, with all that hangs on each, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import StandingLevel
from crm.models.standings import Standing
from crm.models.vendors import Tag, Vendor, VendorCategory, VendorTag
from crm.models.workspaces import Membership
from crm.queries import custom_fields, search, standings, vendor_lists
from crm.queries.custom_fields import Field, Value
from crm.queries.keysets import Along, Page, Step, page
from crm.queries.vendor_lists import Wanted

SORTS = {
    "id": Along(Vendor.id),
    "name": Along(Vendor.normal_name),
    "stage_since": Along(Vendor.stage_since),
    "due_on": Along(Vendor.due_on, may_be_empty=True),
    "last_contact_on": Along(Vendor.last_contact_on, may_be_empty=True),
    "created_at": Along(Vendor.created_at),
    "updated_at": Along(Vendor.updated_at),
    "standing": Along(standings.sort_key(), may_be_empty=True),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which vendors: by the filters of the list, and by what only programs ask. Words find as the search box does."""

    wanted: Wanted
    words: str = ""
    due_before: date | None = None
    updated_since: datetime | None = None
    sort_field: Field | None = None
    """The business's own field to sort by."""


@dataclass(frozen=True, slots=True)
class StandingRow:
    """A standing that holds, or is to be reviewed."""

    category_id: int | None
    level: StandingLevel
    reason: str
    valid_until: date
    given_on: date


@dataclass(slots=True)
class Whole:
    """A vendor with all that hangs on it."""

    vendor: Any
    tags: list[str] = field(default_factory=list)
    category_ids: list[int] = field(default_factory=list)
    standings: list[StandingRow] = field(default_factory=list)
    custom: list[tuple[Field, Value]] = field(default_factory=list)


def matching(session: WorkspaceSession, asked: Asked, step: Step, *, reader: Membership, today: date) -> Page:
    """One page of the vendors that are asked for. Words find them as the search box does, all of them, page after page.
    One query without words."""
    statement = select(Vendor).where(*_conditions(asked, today))
    if asked.words:
        statement = statement.where(search.leads_to_vendor(session, reader, asked.words))
    own = asked.sort_field
    sorts = SORTS if own is None else {step.sort: Along(custom_fields.sort_key(own), may_be_empty=True)}
    return page(session, statement, Vendor.id, sorts, step)


def wholes(session: WorkspaceSession, vendors: Sequence[Vendor]) -> list[Whole]:
    """The vendors with all that hangs on them. Five queries, however many vendors."""
    found = {vendor.id: Whole(vendor) for vendor in vendors}
    if not found:
        return []
    ids = list(found)
    tagged = select(VendorTag.vendor_id, Tag.name).join(Tag, Tag.id == VendorTag.tag_id)
    for vendor_id, name in session.execute(tagged.where(VendorTag.vendor_id.in_(ids)).order_by(Tag.normal_name)):
        found[vendor_id].tags.append(name)
    placed = select(VendorCategory.vendor_id, VendorCategory.category_id).where(VendorCategory.vendor_id.in_(ids))
    for vendor_id, category_id in session.execute(placed.order_by(VendorCategory.category_id)):
        found[vendor_id].category_ids.append(category_id)
    standing = select(
        Standing.vendor_id,
        Standing.category_id,
        Standing.level,
        Standing.reason,
        Standing.valid_until,
        Standing.given_on,
    ).where(Standing.vendor_id.in_(ids), Standing.ended_at.is_(None))
    for row in session.execute(standing.order_by(Standing.id)):
        found[row[0]].standings.append(StandingRow(*row[1:]))
    _add_custom(session, found)
    return list(found.values())


def _add_custom(session: WorkspaceSession, found: dict[int, Whole]) -> None:
    known = {one.id: one for one in custom_fields.fields(session)}
    for vendor_id, values in custom_fields.values_of(session, list(found)).items():
        found[vendor_id].custom = [(known[field_id], value) for field_id, value in values.items()]


def _conditions(asked: Asked, today: date) -> list[ColumnElement[bool]]:
    conditions = vendor_lists.filters(asked.wanted, today)
    if asked.due_before is not None:
        conditions.append(Vendor.due_on <= asked.due_before)
    if asked.updated_since is not None:
        conditions.append(Vendor.updated_at >= asked.updated_since)
    return conditions
