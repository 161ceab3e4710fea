"""Reading what an import needs to know: who is here already, and what past imports did."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from crm.core.columns import JsonValue
from crm.core.tenancy import WorkspaceSession
from crm.models.custom_fields import CustomValue
from crm.models.enums import CadenceChoice, ContactKind, ImportState, TimelineKind
from crm.models.imports import Import
from crm.models.log import Note, TimelineEntry
from crm.models.reminders import Reminder
from crm.models.vendors import Contact, Person, Tag, Vendor, VendorCategory, VendorTag
from crm.models.workspaces import User
from crm.queries.keysets import Along, Page, Step, equal, page, says

_AT_A_TIME = 1_000


@dataclass(frozen=True, slots=True)
class PastImport:
    """One import in the list of those that were."""

    id: int
    file_name: str
    state: ImportState
    counts: JsonValue
    created_at: datetime
    by: str


def past(session: WorkspaceSession, *, most: int) -> list[PastImport]:
    """The latest imports, the newest first."""
    statement = (
        select(Import.id, Import.file_name, Import.state, Import.counts, Import.created_at, User.name)
        .outerjoin(User, User.id == Import.created_by)
        .order_by(Import.created_at.desc(), Import.id.desc())
        .limit(most)
    )
    return [PastImport(*row[:5], by=row[5] or "") for row in session.execute(statement)]


@dataclass(frozen=True, slots=True)
class KnownVendor:
    """What tells a vendor from others."""

    id: int
    name: str
    website: str
    emails: tuple[str, ...]


def known_vendors(session: WorkspaceSession) -> Iterator[KnownVendor]:
    """Every vendor of the business, oldest first, in two statements and little memory."""
    vendors = session.execute(
        select(Vendor.id, Vendor.name, Vendor.website).order_by(Vendor.id), execution_options={"yield_per": _AT_A_TIME}
    )
    addresses = session.execute(
        select(Person.vendor_id, Contact.normal_value)
        .join(Contact, Contact.person_id == Person.id)
        .where(Contact.kind == ContactKind.EMAIL)
        .order_by(Person.vendor_id),
        execution_options={"yield_per": _AT_A_TIME},
    )
    by_vendor = groupby(addresses, key=lambda row: row[0])
    holder, emails = next(by_vendor, (None, iter(())))
    for vendor_id, name, website in vendors:
        found: tuple[str, ...] = ()
        if holder == vendor_id:
            found = tuple(row[1] for row in emails)
            holder, emails = next(by_vendor, (None, iter(())))
        yield KnownVendor(vendor_id, name, website, found)


FILLABLE = (
    *("name", "kind", "what_they_do", "website", "web_domain", "location", "time_zone", "languages", "source"),
    *("rate_amount", "rate_period", "minimum_amount", "minimum_period", "currency"),
)


def fields_of(session: WorkspaceSession, ids: Collection[int]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Of these vendors: id, version, and what :data:`FILLABLE` names. They are held for a change."""
    columns = [getattr(Vendor, name) for name in FILLABLE]
    statement = select(Vendor.id, Vendor.version, *columns).where(Vendor.id.in_(ids)).with_for_update()
    for vendor_id, version, *values in session.execute(statement):
        yield vendor_id, version, dict(zip(FILLABLE, values, strict=True))


def people_of(session: WorkspaceSession, ids: Collection[int]) -> Iterator[Any]:
    """The people of these vendors, with a row for each address or number: vendor, person, name, role, kind, value."""
    statement = (
        select(Person.vendor_id, Person.id, Person.name, Person.role, Contact.kind, Contact.normal_value)
        .outerjoin(Contact, Contact.person_id == Person.id)
        .where(Person.vendor_id.in_(ids))
        .order_by(Person.vendor_id, Person.id)
    )
    return iter(session.execute(statement))


def tags_of(session: WorkspaceSession, ids: Collection[int]) -> Iterator[Any]:
    """Vendor and tag, for these vendors."""
    return iter(session.execute(select(VendorTag.vendor_id, VendorTag.tag_id).where(VendorTag.vendor_id.in_(ids))))


def categories_of(session: WorkspaceSession, ids: Collection[int]) -> Iterator[Any]:
    """Vendor and category, for these vendors."""
    statement = select(VendorCategory.vendor_id, VendorCategory.category_id).where(VendorCategory.vendor_id.in_(ids))
    return iter(session.execute(statement))


def custom_of(session: WorkspaceSession, ids: Collection[int]) -> Iterator[Any]:
    """Vendor and field in which something stands, for these vendors."""
    statement = select(CustomValue.vendor_id, CustomValue.field_id).where(CustomValue.vendor_id.in_(ids))
    return iter(session.execute(statement))


def notes_of(session: WorkspaceSession, ids: Collection[int]) -> Iterator[Any]:
    """Vendor and words of every note of these vendors, deleted ones too: what was taken away does not come back."""
    statement = select(Note.vendor_id, Note.body).where(Note.vendor_id.in_(ids))
    return iter(session.execute(statement, execution_options={"yield_per": 100}))


def tag_ids(session: WorkspaceSession) -> dict[str, int]:
    """Every tag's id by its name for comparing."""
    return {row.normal_name: row.id for row in session.execute(select(Tag.normal_name, Tag.id))}


# After an import: the choice of a cadence


def awaiting_cadence(session: WorkspaceSession, import_id: int) -> Sequence[Vendor]:
    """The vendors that an import brought and for which nobody has chosen a cadence, in the order of the file."""
    statement = select(Vendor).where(*_awaiting(import_id)).order_by(Vendor.id).with_for_update()
    return session.scalars(statement).all()


def awaiting_count(session: WorkspaceSession, import_id: int) -> int:
    """How many :func:`awaiting_cadence` finds."""
    return session.scalar(select(func.count(Vendor.id)).where(*_awaiting(import_id))) or 0


def _awaiting(import_id: int) -> tuple[ColumnElement[bool], ...]:
    return Vendor.import_id == import_id, Vendor.cadence_choice == CadenceChoice.NONE


def with_a_past(session: WorkspaceSession, import_id: int) -> set[int]:
    """Of the vendors that an import brought, those with which something has happened since, or that are on leave."""
    happened = select(TimelineEntry.vendor_id).where(
        TimelineEntry.kind.not_in((TimelineKind.ADDED, TimelineKind.NOTE, TimelineKind.FILE))
    )
    reminded = select(Reminder.vendor_id)
    statement = select(Vendor.id).where(
        Vendor.import_id == import_id,
        or_(
            Vendor.id.in_(happened),
            Vendor.id.in_(reminded),
            Vendor.leave_from.is_not(None),
            Vendor.due_on.is_not(None),
            Vendor.cadence_in_force != "",
        ),
    )
    return set(session.scalars(statement))


# As programs read them

SORTS = {"id": Along(Import.id), "created_at": Along(Import.created_at)}


def listed(session: WorkspaceSession, step: Step, *, words: str = "", **exact: Any) -> Page:
    """One page of the imports. One query."""
    statement = select(Import).where(*says(words, Import.file_name), *equal(Import, exact))
    return page(session, statement, Import.id, SORTS, step)
