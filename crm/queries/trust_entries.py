"""Reading the trust log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import aliased

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import Dimension, Direction, TimelineKind, Visibility, Weight
from crm.models.trust_entries import TrustEntry, TrustRecord
from crm.models.vendors import Attachment, Person, Vendor
from crm.models.workspaces import Membership, User
from crm.queries import search
from crm.queries.keysets import Along, Page, Step, equal, page
from crm.queries.trust_records import COLUMNS, Ref, of_entries
from crm.queries.visibility import readable


@dataclass(frozen=True, slots=True)
class Mendable:
    """A mark against a vendor that a repair can point at."""

    id: int
    occurred_on: date
    what_happened: str


def stands(table: Any = TrustEntry) -> ColumnElement[bool]:
    """The condition that no correction has taken the entry's place."""
    newer = aliased(TrustEntry)
    condition: ColumnElement[bool] = ~exists().where(
        newer.workspace_id == table.workspace_id,
        newer.vendor_id == table.vendor_id,
        newer.supersedes_id == table.id,
    )
    return condition


def unmended_breach(reader: Membership, table: Any = TrustEntry) -> ColumnElement[bool]:
    """The condition on an entry that it is a major mark against their word, and no repair that the reader may read
    has been recorded."""
    repair = aliased(TrustEntry)
    mended = exists().where(
        repair.workspace_id == table.workspace_id,
        repair.vendor_id == table.vendor_id,
        repair.repairs_id == table.id,
        readable(reader, repair.visibility, repair.created_by),
        stands(repair),
    )
    condition: ColumnElement[bool] = (
        (table.dimension == Dimension.INTEGRITY)
        & (table.direction == Direction.NEGATIVE)
        & (table.weight == Weight.MAJOR)
        & ~mended
    )
    return condition


def mendable(
    session: WorkspaceSession, vendor_id: int, *, reader: Membership, also: int | None = None, limit: int = 50
) -> list[Mendable]:
    """What a repair can point at: the vendor's negative entries that stand, latest first, and ``also`` in any case."""
    statement = (
        select(TrustEntry.id, TrustEntry.occurred_on, TrustEntry.what_happened)
        .where(
            TrustEntry.vendor_id == vendor_id,
            TrustEntry.direction == Direction.NEGATIVE,
            readable(reader, TrustEntry.visibility, TrustEntry.created_by),
            stands(),
        )
        .order_by(TrustEntry.id != (also or 0), TrustEntry.occurred_on.desc(), TrustEntry.id.desc())
        .limit(limit)
    )
    return [Mendable(*row) for row in session.execute(statement)]


def newest_of(session: WorkspaceSession, entry: TrustEntry) -> TrustEntry:
    """What stands in the place of an entry now: itself, or the last of its corrections."""
    while True:
        newer = session.scalars(select(TrustEntry).where(TrustEntry.supersedes_id == entry.id)).first()
        if newer is None:
            return entry
        entry = newer


def is_open_to(session: WorkspaceSession, entry: TrustEntry, reader: Membership) -> bool:
    """Whether the reader may read an entry. What was corrected to be for fewer eyes is, as it was before, for those
    alone; one's own words one can always read."""
    if not _may_read(reader, entry):
        return False
    return entry.created_by == reader.user_id or _may_read(reader, newest_of(session, entry))


def versions_of(session: WorkspaceSession, entry: TrustEntry, *, reader: Membership) -> Sequence[TrustEntry]:
    """The entry and all that stood in its place before and after it, latest first, as far as the reader may read."""
    versions = [newest_of(session, entry)]
    while versions[-1].supersedes_id is not None:
        versions.append(session.get_one(TrustEntry, versions[-1].supersedes_id))
    is_open = _may_read(reader, versions[0])
    return [row for row in versions if row.created_by == reader.user_id or (is_open and _may_read(reader, row))]


def _may_read(reader: Membership, row: TrustEntry) -> bool:
    """The rule of :func:`crm.queries.visibility.readable` for one entry."""
    if row.created_by == reader.user_id or row.visibility is Visibility.TEAM:
        return True
    return reader.is_admin and row.visibility is Visibility.ADMINS


def repairs_of(session: WorkspaceSession, entry: TrustEntry, *, reader: Membership) -> Sequence[TrustEntry]:
    """What has mended an entry, as far as the reader may read it."""
    statement = (
        select(TrustEntry)
        .where(
            TrustEntry.repairs_id == entry.id,
            readable(reader, TrustEntry.visibility, TrustEntry.created_by),
            stands(),
        )
        .order_by(TrustEntry.occurred_on, TrustEntry.id)
    )
    return session.scalars(statement).all()


def of_record(session: WorkspaceSession, ref: Ref, *, reader: Membership) -> TrustEntry | None:
    """The latest entry that stands, that the reader may read, and that a record shows."""
    return next(iter(all_of_record(session, ref, reader=reader)), None)


def all_of_record(session: WorkspaceSession, ref: Ref, *, reader: Membership) -> Sequence[TrustEntry]:
    """The entries that stand, that the reader may read, and that a record shows, the latest first."""
    statement = (
        select(TrustEntry)
        .join(TrustRecord, TrustRecord.entry_id == TrustEntry.id)
        .where(COLUMNS[ref.kind] == ref.id, readable(reader, TrustEntry.visibility, TrustEntry.created_by), stands())
        .order_by(TrustEntry.id.desc())
    )
    return session.scalars(statement).all()


@dataclass(frozen=True, slots=True)
class Links:
    """What an entry points at, as far as a reader may know of it."""

    corrects_id: int | None = None
    repairs_id: int | None = None
    record: Ref | None = None


def links_of(session: WorkspaceSession, entries: Sequence[TrustEntry], *, reader: Membership) -> dict[int, Links]:
    """For each of these entries, which the reader may read, what it points at. Two queries."""
    asked = {other for entry in entries for other in (entry.supersedes_id, entry.repairs_id) if other is not None}
    known: set[int | None] = set()
    if asked:
        may = readable(reader, TrustEntry.visibility, TrustEntry.created_by)
        known = set(session.scalars(select(TrustEntry.id).where(TrustEntry.id.in_(asked), may)))
    records = of_entries(session, [entry.id for entry in entries])
    return {
        entry.id: Links(
            corrects_id=entry.supersedes_id if entry.supersedes_id in known else None,
            repairs_id=entry.repairs_id if entry.repairs_id in known else None,
            record=records.get(entry.id),
        )
        for entry in entries
    }


SORTS = {
    "id": Along(TrustEntry.id),
    "occurred_on": Along(TrustEntry.occurred_on),
    "created_at": Along(TrustEntry.created_at),
}


def listed(session: WorkspaceSession, step: Step, *, reader: Membership, words: str = "", **exact: Any) -> Page:
    """One page of the entries that stand and that the reader may read; ``exact`` are columns with their values.

    Words find them as the search box does.
    """
    statement = select(TrustEntry).where(
        readable(reader, TrustEntry.visibility, TrustEntry.created_by),
        stands(),
        *equal(TrustEntry, exact),
    )
    if words:
        statement = statement.where(search.leads_to(session, reader, words, TimelineKind.TRUST, TrustEntry.id))
    return page(session, statement, TrustEntry.id, SORTS, step)


@dataclass(frozen=True, slots=True)
class ExportRow:
    """An entry with the names of what it points at; None for what it does not."""

    entry: TrustEntry
    vendor: str
    person: str | None
    file: str | None
    observer: str | None
    author: str | None


def exported(
    session: WorkspaceSession, *, reader: Membership, vendor_id: int | None, after: int, limit: int
) -> list[ExportRow]:
    """The next entries that stand and that the reader may read, by their ids, of one vendor or of all. One query."""
    observer, author = aliased(User), aliased(User)
    statement = (
        select(TrustEntry, Vendor.name, Person.name, Attachment.name, observer.name, author.name)
        .join(Vendor, Vendor.id == TrustEntry.vendor_id)
        .outerjoin(Person, Person.id == TrustEntry.person_id)
        .outerjoin(Attachment, Attachment.id == TrustEntry.attachment_id)
        .outerjoin(observer, observer.id == TrustEntry.observer_id)
        .outerjoin(author, author.id == TrustEntry.created_by)
        .where(TrustEntry.id > after, readable(reader, TrustEntry.visibility, TrustEntry.created_by), stands())
        .order_by(TrustEntry.id)
        .limit(limit)
    )
    if vendor_id is not None:
        statement = statement.where(TrustEntry.vendor_id == vendor_id)
    return [ExportRow(*row) for row in session.execute(statement)]
