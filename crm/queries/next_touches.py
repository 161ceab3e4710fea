"""Reading vendors for the nightly look at their next touches: columns, many at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, or_, select

from crm.core.tenancy import InstallationSession, WorkspaceSession
from crm.models.enums import ReminderKind, Tier
from crm.models.reminders import Reminder
from crm.models.vendors import Vendor
from crm.models.workspaces import Workspace

TOO_FAR_AHEAD = timedelta(days=2)
"""No night is so far away. One that is was set before somebody set the clock back."""

ASKED_FOR = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands in place of the instant of a night that is to come at once, because something changed."""

_COLUMNS = (
    *(Vendor.id, Vendor.name, Vendor.stage, Vendor.tier, Vendor.owner_id, Vendor.backup_id, Vendor.do_not_contact),
    *(Vendor.leave_from, Vendor.leave_to, Vendor.cadence_choice, Vendor.cadence_every, Vendor.cadence_unit),
    *(Vendor.cadence_in_force, Vendor.cadence_began_on, Vendor.last_contact_on, Vendor.due_on, Vendor.planned_on),
    *(Vendor.next_on, Vendor.due_kind, Vendor.due_subject_id, Vendor.due_why),
)


@dataclass(frozen=True, slots=True)
class Open:
    """A reminder that stands."""

    user_id: int
    vendor_id: int
    kind: ReminderKind
    subject_id: int
    due_on: date
    shown_on: date
    why: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PlannedVendor:
    """A vendor whose next touch is a check-in."""

    id: int
    owner_id: int | None
    backup_id: int | None
    tier: Tier | None
    leave_from: date | None
    leave_to: date | None
    rhythm: str
    due_on: date
    planned_on: date | None


def workspaces_due(session: InstallationSession, now: datetime) -> Sequence[int]:
    """The businesses whose night has come. One query."""
    return session.scalars(_due(), {"now": now, "far": now + TOO_FAR_AHEAD}).all()


@cache
def _due() -> Select[int]:
    column = Workspace.next_night_at
    is_due = or_(column.is_(None), column <= bindparam("now"), column > bindparam("far"))
    return select(Workspace.id).where(is_due).order_by(column, Workspace.id)


def vendors_after(session: WorkspaceSession, vendor_id: int, limit: int) -> Sequence[Any]:
    """The next vendors in order of id: columns under the names of :class:`Vendor`. One query."""
    return session.rows(_after(), {"after": vendor_id, "most": limit})


@cache
def _after() -> Select[*tuple[Any, ...]]:
    return select(*_COLUMNS).where(Vendor.id > bindparam("after")).order_by(Vendor.id).limit(bindparam("most"))


def open_reminders(session: WorkspaceSession, vendor_ids: Sequence[int]) -> list[Open]:
    """What stands about these vendors, mentions aside. One query."""
    return [Open(*row) for row in session.rows(_open(), {"vendor_ids": vendor_ids})]


@cache
def _open() -> Select[*tuple[Any, ...]]:
    table = Reminder
    columns = (table.user_id, table.vendor_id, table.kind, table.subject_id, table.due_on, table.shown_on, table.why)
    return select(*columns).where(
        table.vendor_id.in_(bindparam("vendor_ids", expanding=True)),
        table.ended_at.is_(None),
        table.kind != ReminderKind.MENTION,
    )


def locked(session: WorkspaceSession, vendor_ids: Sequence[int]) -> Sequence[Vendor]:
    """These vendors, locked, in order of id."""
    statement = select(Vendor).where(Vendor.id.in_(vendor_ids)).order_by(Vendor.id).with_for_update()
    return session.scalars(statement).all()


def check_ins_after(session: WorkspaceSession, vendor_id: int, limit: int) -> list[PlannedVendor]:
    """The next vendors whose next touch is a check-in, in order of id. One query."""
    return [PlannedVendor(*row) for row in session.rows(_check_ins(), {"after": vendor_id, "most": limit})]


@cache
def _check_ins() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Vendor.id,
            Vendor.owner_id,
            Vendor.backup_id,
            Vendor.tier,
            Vendor.leave_from,
            Vendor.leave_to,
            Vendor.cadence_in_force,
            Vendor.due_on,
            Vendor.planned_on,
        )
        .where(Vendor.id > bindparam("after"), Vendor.due_kind == ReminderKind.TOUCH, Vendor.due_on.is_not(None))
        .order_by(Vendor.id)
        .limit(bindparam("most"))
    )
