"""Reading acts on many vendors: how far they are, and what could not be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from crm.core.columns import JsonValue
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import BulkItemState, BulkKind, BulkState
from crm.models.lists import BulkAct, BulkItem
from crm.models.vendors import Vendor

NAMED = 200
PAST = 50


@dataclass(frozen=True, slots=True)
class NamedItem:
    """A vendor that was left as it is, and why."""

    vendor_id: int
    name: str
    state: BulkItemState
    reason: str


@dataclass(frozen=True, slots=True)
class PastAct:
    """One act in the list of those that were."""

    id: int
    kind: BulkKind
    terms: JsonValue
    state: BulkState
    total: int
    created_at: datetime
    created_by: int | None


def progress(session: WorkspaceSession, act_id: int) -> dict[BulkItemState, int]:
    """How many of an act's vendors are in which state. One query.

    Of a vendor that was deleted since nothing is kept: see :func:`gone`.
    """
    statement = select(BulkItem.state, func.count()).where(BulkItem.act_id == act_id).group_by(BulkItem.state)
    return {row[0]: row[1] for row in session.execute(statement)}


def gone(total: int, counts: Mapping[BulkItemState, int]) -> int:
    """How many of an act's vendors were deleted since: those that ``counts`` does not know any more."""
    return max(0, total - sum(counts.values()))


def left_alone(session: WorkspaceSession, act_id: int) -> list[NamedItem]:
    """The vendors that refused or were left, by name, 200 at the most. One query."""
    statement = (
        select(Vendor.id, Vendor.name, BulkItem.state, BulkItem.reason)
        .join(BulkItem, BulkItem.vendor_id == Vendor.id)
        .where(BulkItem.act_id == act_id, BulkItem.state.in_([BulkItemState.REFUSED, BulkItemState.LEFT]))
        .order_by(Vendor.normal_name, Vendor.id)
        .limit(NAMED)
    )
    return [NamedItem(*row) for row in session.execute(statement)]


def past(session: WorkspaceSession, *, reader_id: int, everyone: bool) -> list[PastAct]:
    """The latest acts, the newest first: one's own, or everyone's. One query."""
    statement = select(
        BulkAct.id,
        BulkAct.kind,
        BulkAct.terms,
        BulkAct.state,
        BulkAct.total,
        BulkAct.created_at,
        BulkAct.created_by,
    ).order_by(BulkAct.id.desc())
    if not everyone:
        statement = statement.where(BulkAct.created_by == reader_id)
    return [PastAct(*row) for row in session.execute(statement.limit(PAST))]
