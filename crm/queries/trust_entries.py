"""Reading the trust log."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import aliased

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import Dimension, Direction, TimelineKind, Visibility, Weight
from crm.models.trust_entries import TrustEntry
from crm.models.workspaces import Membership
from crm.queries import search
from crm.queries.keysets import Along, Page, Step, equal, page
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


def mendable(session: WorkspaceSession, vendor_id: int, *, reader: Membership, limit: int = 50) -> list[Mendable]:
    """What a repair can point at: the vendor's negative entries that stand, latest first."""
    statement = (
        select(TrustEntry.id, TrustEntry.occurred_on, TrustEntry.what_happened)
        .where(
            TrustEntry.vendor_id == vendor_id,
            TrustEntry.direction == Direction.NEGATIVE,
            readable(reader, TrustEntry.visibility, TrustEntry.created_by),
            stands(),
        )
        .order_by(TrustEntry.occurred_on.desc(), TrustEntry.id.desc())
        .limit(limit)
    )
    return [Mendable(*row) for row in session.execute(statement)]


def versions_of(session: WorkspaceSession, entry: TrustEntry, *, reader: Membership) -> Sequence[TrustEntry]:
    """The entry and all that stood in its place before and after it, latest first, as far as the reader may read."""
    found: dict[int, TrustEntry] = {}
    wanted = {entry.id, entry.supersedes_id} - {None}
    # A chain of corrections is short; each round finds its next links on both ends.
    while wanted:
        rows = session.scalars(
            select(TrustEntry).where(TrustEntry.id.in_(wanted) | TrustEntry.supersedes_id.in_(wanted))
        ).all()
        fresh = [row for row in rows if row.id not in found]
        found |= {row.id: row for row in fresh}
        wanted = {row_id for row in fresh for row_id in (row.id, row.supersedes_id) if row_id is not None}
        if not fresh:
            break
    shown = [row for row in found.values() if row.visibility.value == "team" or _may_read(reader, row)]
    return sorted(shown, key=lambda row: row.id, reverse=True)


def _may_read(reader: Membership, row: TrustEntry) -> bool:
    return row.created_by == reader.user_id or (reader.is_admin and row.visibility.value == "admins")


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


@dataclass(frozen=True, slots=True)
class Counted:
    """An entry as the scores count it."""

    dimension: Dimension
    direction: Direction
    weight: Weight
    occurred_on: date
    visibility: Visibility
    is_open_breach: bool

    @property
    def is_private(self) -> bool:
        """Whether not everybody in the team may read it."""
        return self.visibility is not Visibility.TEAM


def counted(session: WorkspaceSession, vendor_id: int, *, reader: Membership) -> list[Counted]:
    """A vendor's entries that stand and that the reader may read, for the scores. One query."""
    statement = select(
        TrustEntry.dimension,
        TrustEntry.direction,
        TrustEntry.weight,
        TrustEntry.occurred_on,
        TrustEntry.visibility,
        unmended_breach(reader),
    ).where(TrustEntry.vendor_id == vendor_id, readable(reader, TrustEntry.visibility, TrustEntry.created_by), stands())
    found: Iterable[Any] = session.execute(statement)
    return [Counted(*row) for row in found]


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
