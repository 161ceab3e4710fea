"""What is done for each business at its local 2 o'clock: every next touch is held against its history and mended, and
the check-ins are planned (:mod:`crm.domain.touch_plan`).

Whose turn it is stands in ``Workspace.next_night_at``. Whoever takes it moves that instant ahead by a lease and keeps
moving it while at work; the instant is the claim, and every step changes it only where it is still the worker's own.
One that died is followed by another when the lease is over; a change of settings puts ``ASKED_FOR`` in its place, which
ends the work under way and has it begin anew. A night that was missed comes once, however many there were.

Reading is done apart from writing: where nothing has changed, nothing is locked and nothing written.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, Select, select, update

from crm.core import clock
from crm.core.dates import CadenceUnit, OpenDays, add_days
from crm.core.tenancy import HouseSession, InstallationSession, WorkspaceSession
from crm.domain import open_days, responsibility, touch_plan, touches
from crm.domain.cadences import Cadence
from crm.domain.responsibility import Team
from crm.domain.touch_plan import DueTouch
from crm.domain.touches import Expected
from crm.models.enums import ReminderKind
from crm.models.reminders import Reminder
from crm.models.vendors import Vendor
from crm.models.workspaces import Workspace
from crm.queries import members, next_touches
from crm.queries.next_touches import Open, PlannedVendor

HOUR = 2
READ_AT_ONCE = 500
WRITTEN_AT_ONCE = 100
"""So few that nobody waits for the write lock."""
AT_ONCE = 300
"""So many vendors are recomputed while somebody waits."""
NAMED = 20
"""So many vendors are named in a report; the rest is counted."""
ASKED_FOR = next_touches.ASKED_FOR
AGAIN_AFTER = timedelta(hours=1)
"""When a night that failed is tried again."""


# Whose turn it is


def next_after(time_zone: str, now: datetime) -> datetime:
    """The next local 2 o'clock after an instant."""
    day = clock.local(now, time_zone).date()
    while (instant := clock.instant_of(day, HOUR, time_zone)) <= now:
        day = add_days(day, 1)
    return instant


def look_again(session: InstallationSession) -> None:
    """No night lies further ahead than the next local 2 o'clock. For a clock that was set back."""
    now = clock.now()
    for workspace in session.scalars(select(Workspace).where(Workspace.next_night_at > now).with_for_update()):
        assert workspace.next_night_at is not None  # the question says so
        workspace.next_night_at = min(workspace.next_night_at, next_after(workspace.time_zone, now))


def take_turn(session: InstallationSession, workspace_id: int, lease: timedelta) -> datetime | None:
    """The claim on a business's night, None where it has not come or somebody else has it."""
    now = clock.now()
    workspace = session.get(Workspace, workspace_id, with_for_update=True, populate_existing=True)
    if workspace is None or not _has_come(workspace.next_night_at, now):
        return None
    workspace.next_night_at = now + lease
    return workspace.next_night_at


def keep_turn(session: HouseSession, workspace_id: int, claim: datetime, lease: timedelta) -> datetime | None:
    """The claim for another while; None where it was lost."""
    return _set(session, workspace_id, claim, next_night_at=clock.now() + lease)


def end_turn(session: HouseSession, workspace_id: int, claim: datetime, report: "Report") -> bool:
    """The night is over: keep what it found. Whether the claim still stood."""
    workspace = session.get_one(Workspace, workspace_id)
    following = next_after(workspace.time_zone, clock.now())
    return _set(session, workspace_id, claim, next_night_at=following, last_night=report.as_facts()) is not None


def give_up(session: HouseSession, workspace_id: int, claim: datetime) -> None:
    """The night failed: it is tried again in an hour."""
    _set(session, workspace_id, claim, next_night_at=clock.now() + AGAIN_AFTER)


def come_at_once(workspace: Workspace) -> None:
    """Have everything recomputed and planned at the next tick: something changed that concerns all vendors."""
    workspace.next_night_at = ASKED_FOR


def was_asked_for(session: InstallationSession, workspace_id: int) -> bool:
    """Whether the next turn of a business follows a change, so that what differs is no fault."""
    workspace = session.get(Workspace, workspace_id, with_for_update=True, populate_existing=True)
    return workspace is not None and workspace.next_night_at == ASKED_FOR


def follow(session: WorkspaceSession, concerned: Select[Vendor]) -> None:
    """What all vendors of a business depend on has changed: a few are recomputed at once, many at the next tick, and
    the check-ins are planned anew then. What is running begins nothing."""
    session.flush()
    vendors = session.scalars(concerned.order_by(Vendor.id).limit(AT_ONCE + 1)).all()
    if len(vendors) <= AT_ONCE:
        touches.refresh_many(session, vendors, begins=False)
    come_at_once(session.get_one(Workspace, session.workspace_id))


def _has_come(instant: datetime | None, now: datetime) -> bool:
    return instant is None or instant <= now or instant > now + next_touches.TOO_FAR_AHEAD


def _set(session: HouseSession, workspace_id: int, claim: datetime, **values: Any) -> datetime | None:
    statement = (
        update(Workspace)
        .where(Workspace.id == workspace_id, Workspace.next_night_at == claim)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    result = session.execute(statement)
    assert isinstance(result, CursorResult)
    return values["next_night_at"] if result.rowcount == 1 else None


# What is found


@dataclass
class Report:
    """What a look at all vendors found."""

    began_at: datetime
    vendors: int = 0
    drifted: list[int] = field(default_factory=list)
    """Vendors whose stored next touch was not what their history gives."""
    handed_on: int = 0
    """Vendors of which others are to be told now, because days have passed: no fault of what was stored."""
    followed: int = 0
    """Vendors whose next touch follows a change of what all depend on."""
    planned: int = 0
    """Check-ins that have another day than before."""

    def as_facts(self) -> dict[str, Any]:
        """As it is kept with the business."""
        return {
            "began_at": self.began_at.isoformat(),
            "ended_at": clock.now().isoformat(),
            "vendors": self.vendors,
            "drifted": len(self.drifted),
            "drifted_ids": self.drifted[:NAMED],
            "handed_on": self.handed_on,
            "followed": self.followed,
            "planned": self.planned,
        }


@dataclass(frozen=True, slots=True)
class Page:
    """Some vendors that were looked at: the last one's id, 0 when there are none left, and what is to be done."""

    last_id: int
    vendors: int
    drifted: list[int]
    handed_on: list[int]


def look(session: WorkspaceSession, after: int, limit: int = READ_AT_ONCE) -> Page:
    """Hold the next vendors after an id against their history. Writes nothing."""
    rows = next_touches.vendors_after(session, after, limit)
    if not rows:
        return Page(0, 0, [], [])
    standing: defaultdict[int, list[Open]] = defaultdict(list)
    for reminder in next_touches.open_reminders(session, [row.id for row in rows]):
        standing[reminder.vendor_id].append(reminder)
    drifted, handed_on = [], []
    for row, expected in zip(rows, touches.expected(session, rows), strict=True):
        if _stored(row) != _as_stored(expected) or _things(standing[row.id]) != _things(expected.reminders):
            drifted.append(row.id)
        elif _told(standing[row.id]) != _told(expected.reminders):
            handed_on.append(row.id)
    return Page(rows[-1].id, len(rows), drifted, handed_on)


def mend(session: WorkspaceSession, vendor_ids: Sequence[int]) -> None:
    """Store what the history of these vendors gives."""
    touches.refresh_many(session, next_touches.locked(session, vendor_ids), begins=False)


def _stored(row: Any) -> tuple[Any, ...]:
    return (
        row.cadence_in_force,
        row.due_on,
        row.planned_on,
        row.next_on,
        row.due_kind,
        row.due_subject_id,
        row.due_why,
        row.last_contact_on,
    )


def _as_stored(expected: Expected) -> tuple[Any, ...]:
    return (
        expected.cadence_in_force,
        expected.due_on,
        expected.planned_on,
        expected.planned_on or expected.due_on,
        expected.due_kind,
        expected.due_subject_id,
        expected.due_why,
        expected.last_contact_on,
    )


def _things(reminders: Iterable[Any]) -> set[tuple[Any, ...]]:
    return {(each.kind, each.subject_id, each.due_on, each.shown_on) for each in reminders}


def _told(reminders: Iterable[Any]) -> dict[tuple[Any, ...], Any]:
    return {(each.user_id, each.kind, each.subject_id): each.why for each in reminders}


# The plan


@dataclass(frozen=True, slots=True)
class Change:
    """Another day for a check-in."""

    vendor_id: int
    due_on: date
    before: date | None
    planned_on: date


def plan(session: WorkspaceSession) -> list[Change]:
    """What the plan of today changes, by vendor. Writes nothing."""
    workspace = session.get_one(Workspace, session.workspace_id)
    today = workspace.today
    team = responsibility.team_of(members.members_of(session, workspace.id), today)
    days = open_days.of_business(session, workspace)
    rows: list[PlannedVendor] = []
    while some := next_touches.check_ins_after(session, rows[-1].id if rows else 0, READ_AT_ONCE):
        rows += some
    by_keeper = touch_plan.grouped((_keeper(row, team), _due_touch(row, days)) for row in rows)
    found = touch_plan.plan_all(by_keeper, today=today, most=workspace.touches_a_day)
    return [
        Change(row.id, row.due_on, row.planned_on, found[row.id]) for row in rows if found[row.id] != row.planned_on
    ]


def store(session: WorkspaceSession, changes: Sequence[Change]) -> None:
    """Store days of a plan, where the check-in is still due when it was."""
    if not changes:
        return
    kind = ReminderKind.TOUCH
    session.update_many(
        Vendor,
        [
            {
                "id": each.vendor_id,
                "due_on": each.due_on,
                "due_kind": kind,
                "planned_on": each.planned_on,
                "next_on": each.planned_on,
            }
            for each in changes
        ],
        by=("id", "due_on", "due_kind"),
    )
    # One that has ended keeps the day as well: should it open again, it is for this very check-in.
    session.update_many(
        Reminder,
        [
            {"vendor_id": each.vendor_id, "kind": kind, "due_on": each.due_on, "shown_on": each.planned_on}
            for each in changes
        ],
        by=("vendor_id", "kind", "due_on"),
    )
    today = session.get_one(Workspace, session.workspace_id).today
    told_late = add_days(today, -responsibility.BACKUP_TOO_AFTER)
    # Those that were so late that others were told as well are not late any more.
    no_longer_late = [each.vendor_id for each in changes if (each.before or each.due_on) <= told_late]
    if no_longer_late:
        mend(session, no_longer_late)


def _keeper(row: PlannedVendor, team: Team) -> int | None:
    return touch_plan.keeper(row.owner_id, row.backup_id, team.active)


def _due_touch(row: PlannedVendor, days: OpenDays) -> DueTouch:
    return DueTouch(
        vendor_id=row.id,
        due_on=row.due_on,
        tier=row.tier,
        window_days=_window(row.rhythm),
        open_days=open_days.for_vendor(days, row),
        planned_on=row.planned_on,
    )


def _window(rhythm: str) -> int:
    every, _blank, unit = rhythm.partition(" ")
    return touch_plan.window_days(Cadence(int(every), CadenceUnit(unit))) if every else 0
