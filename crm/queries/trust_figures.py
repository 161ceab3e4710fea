"""Reading trust logs for figures: as one text for each vendor, wherever a page reads vendors anyway, or as rows.

The text holds nothing that anybody wrote, only what the scores count: ``integrity negative major team 1 2026-10-05``
for each entry, the ``1`` saying that it is a breach which nothing has mended. So a page of vendors needs no query of
its own for their trust, and the same text gives the same figure.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, String, bindparam, case, cast, func, literal, select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import Dimension, Direction, Visibility, Weight
from crm.models.trust_entries import TrustEntry
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, User
from crm.queries.trust_entries import stands, unmended_breach
from crm.queries.visibility import readable

EXCERPT = 600


@dataclass(frozen=True, slots=True)
class Counted:
    """An entry as figures count it."""

    dimension: Dimension
    direction: Direction
    weight: Weight
    visibility: Visibility
    is_open_breach: bool
    occurred_on: date


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry of a vendor's trust page."""

    id: int
    dimension: Dimension
    direction: Direction
    weight: Weight
    visibility: Visibility
    occurred_on: date


@dataclass(frozen=True, slots=True)
class Told:
    """What an entry says: its beginning, and who saw it."""

    what_happened: str
    seen_by: str


@dataclass(frozen=True, slots=True)
class AnyReader:
    """Stands for every reader with the same rights in a statement that is kept: the id is its ``reader_id``."""

    is_admin: bool
    user_id: Any


def any_reader(is_admin: bool) -> Any:
    """A reader for :func:`log_of` in a statement that is kept."""
    return AnyReader(is_admin, bindparam("reader_id", type_=Integer()))


def log_of(vendor_id: Any, workspace_id: Any, reader: Membership) -> Any:
    """The log of a vendor as far as it stands and the reader may read it, as one text: a column for another question.

    None where there is nothing.
    """
    marks = (TrustEntry.dimension, TrustEntry.direction, TrustEntry.weight, TrustEntry.visibility)
    entry: ColumnElement[str] = literal("")
    for mark in marks:
        entry = entry.concat(cast(mark, String)).concat(" ")
    entry = entry.concat(case((unmended_breach(reader), "1 "), else_="0 "))
    entry = entry.concat(cast(TrustEntry.occurred_on, String))
    return (
        select(func.aggregate_strings(entry, ";"))
        .where(
            TrustEntry.vendor_id == vendor_id,
            TrustEntry.workspace_id == workspace_id,
            readable(reader, TrustEntry.visibility, TrustEntry.created_by),
            stands(),
        )
        .correlate(Vendor)
        .scalar_subquery()
    )


def entries_in(log: str | None) -> list[Counted]:
    """The entries of such a text, in no order."""
    return [_counted(*entry.split()) for entry in log.split(";")] if log else []


def _counted(dimension: str, direction: str, weight: str, visibility: str, breach: str, day: str) -> Counted:
    return Counted(
        Dimension(dimension),
        Direction(direction),
        Weight(weight),
        Visibility(visibility),
        breach == "1",
        date.fromisoformat(day),
    )


def logs(session: WorkspaceSession, vendor_ids: Collection[int], *, reader: Membership) -> Mapping[int, str]:
    """The logs of some vendors, without those that have none. One query."""
    if not vendor_ids:
        return {}
    asked = {"vendor_ids": list(vendor_ids), "reader_id": reader.user_id}
    return {vendor_id: log for vendor_id, log in session.rows(_logs(reader.is_admin), asked) if log}


@cache
def _logs(is_admin: bool) -> Any:
    log = log_of(Vendor.id, Vendor.workspace_id, any_reader(is_admin))
    return select(Vendor.id, log).where(Vendor.id.in_(bindparam("vendor_ids", expanding=True)))


def entries(session: WorkspaceSession, vendor_id: int, *, reader: Membership) -> list[EntryRow]:
    """A vendor's entries that stand and that the reader may read, the earliest first. One query."""
    statement = (
        select(
            TrustEntry.id,
            TrustEntry.dimension,
            TrustEntry.direction,
            TrustEntry.weight,
            TrustEntry.visibility,
            TrustEntry.occurred_on,
        )
        .where(
            TrustEntry.vendor_id == vendor_id,
            readable(reader, TrustEntry.visibility, TrustEntry.created_by),
            stands(),
        )
        .order_by(TrustEntry.occurred_on, TrustEntry.id)
    )
    return [EntryRow(*row) for row in session.execute(statement)]


def told(session: WorkspaceSession, entry_ids: Collection[int], *, reader: Membership) -> dict[int, Told]:
    """What some entries say, by their ids, as far as the reader may read them. One query."""
    statement = (
        select(TrustEntry.id, func.substr(TrustEntry.what_happened, 1, EXCERPT), func.coalesce(User.name, ""))
        .outerjoin(User, User.id == func.coalesce(TrustEntry.observer_id, TrustEntry.created_by))
        .where(TrustEntry.id.in_(entry_ids), readable(reader, TrustEntry.visibility, TrustEntry.created_by))
    )
    return {row[0]: Told(*row[1:]) for row in session.execute(statement)}


def breached(session: WorkspaceSession, vendor_ids: Collection[int], *, reader: Membership) -> set[int]:
    """Those of some vendors whose banner a reader would see. One query."""
    values = {"vendor_ids": list(vendor_ids), "reader_id": reader.user_id}
    return {vendor_id for (vendor_id,) in session.rows(_breached(reader.is_admin), values)}


@cache
def _breached(is_admin: bool) -> Any:
    reader = any_reader(is_admin)
    return select(TrustEntry.vendor_id).where(
        TrustEntry.vendor_id.in_(bindparam("vendor_ids", expanding=True)),
        readable(reader, TrustEntry.visibility, TrustEntry.created_by),
        stands(),
        unmended_breach(reader),
    )
