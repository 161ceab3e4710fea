"""Reading how check-ins went: those that came due in a year, kept in time, late or missed.

How one is judged stands in :class:`CheckInEnd`, and once in SQL below. It rests on the reminders, which keep each date
on which a check-in was due, and on the conversations: what was skipped, snoozed or planned anew before it was missed
counts for nothing, since nobody waited for it any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import CTE, ColumnElement, Date, Select, String, and_, case, cast, func, literal, or_, select

from crm.core.sql_days import days_after, utc_day
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import CheckInEnd, Outcome, ReminderKind
from crm.models.log import Interaction
from crm.models.reminders import Reminder
from crm.models.vendors import Vendor
from crm.models.workspaces import User

IN_TIME_DAYS = 7
"""So many days after its day 0 a check-in still counts as kept: then the backup would hear of it."""

ORDER = (CheckInEnd.KEPT, CheckInEnd.LATE, CheckInEnd.MISSED, CheckInEnd.AHEAD)


@dataclass(frozen=True, slots=True)
class Kept:
    """How many check-ins came to each end."""

    kept: int = 0
    late: int = 0
    missed: int = 0
    ahead: int = 0

    @property
    def came_due(self) -> int:
        """How many came due. Those that somebody was ahead of did not."""
        return self.kept + self.late + self.missed

    def of(self, end: CheckInEnd) -> int:
        """How many ended so."""
        return int(getattr(self, end.value))


@dataclass(frozen=True, slots=True)
class MonthRow:
    """The check-ins of a month, named by its first day."""

    month: date
    counts: Kept


@dataclass(frozen=True, slots=True)
class NamedRow:
    """The check-ins of a person or with a vendor."""

    id: int
    name: str
    counts: Kept


@dataclass(frozen=True, slots=True)
class CheckInRow:
    """One check-in: when it was due, and how it ended."""

    due_on: date
    asked: str
    """Who was reminded of it first."""
    end: CheckInEnd


def by_month(session: WorkspaceSession, *, since: date, today: date) -> list[MonthRow]:
    """The months in which check-ins came due, the earliest first."""
    judged = _once(_judged(session, since, today))
    month = func.substr(cast(judged.c.shown_on, String), 1, 7).label("month")
    statement = select(month, *_counts(judged.c.end)).group_by(month).order_by(month)
    return [
        MonthRow(date.fromisoformat(f"{row.month}-01"), Kept(*tuple(row)[1:])) for row in session.execute(statement)
    ]


def by_person(session: WorkspaceSession, *, since: date, today: date) -> list[NamedRow]:
    """Who was reminded, by name."""
    judged = _once(_judged(session, since, today))
    statement = (
        select(User.id, User.name, *_counts(judged.c.end))
        .join(User, User.id == judged.c.user_id)
        .group_by(User.id, User.name)
        .order_by(User.name, User.id)
    )
    return [NamedRow(row.id, row.name, Kept(*tuple(row)[2:])) for row in session.execute(statement)]


def by_vendor(
    session: WorkspaceSession, *, since: date, today: date, limit: int | None = None, offset: int = 0
) -> list[NamedRow]:
    """The vendors with whom check-ins came due, those that were missed most often first."""
    judged = _once(_judged(session, since, today))
    counts = _counts(judged.c.end)
    statement = (
        select(Vendor.id, Vendor.name, *counts)
        .join(judged, judged.c.vendor_id == Vendor.id)
        .group_by(Vendor.id, Vendor.name)
        .order_by(counts[2].desc(), counts[1].desc(), Vendor.normal_name, Vendor.id)
        .limit(limit)
        .offset(offset)
    )
    return [NamedRow(row.id, row.name, Kept(*tuple(row)[2:])) for row in session.execute(statement)]


def of_vendor(session: WorkspaceSession, vendor_id: int, *, since: date, today: date) -> list[CheckInRow]:
    """Every check-in with a vendor, the latest first."""
    judged = _once(_judged(session, since, today, Reminder.vendor_id == vendor_id))
    statement = (
        select(judged.c.due_on, User.name, judged.c.end)
        .join(User, User.id == judged.c.user_id)
        .order_by(judged.c.due_on.desc())
    )
    return [CheckInRow(row.due_on, row.name, CheckInEnd(row.end)) for row in session.execute(statement)]


def _once(judged: Select[int, int, date, date, str]) -> CTE:
    """Worked out once, whatever it is joined with: a database that thinks otherwise does so anew for each row."""
    return judged.cte("judged").prefix_with("MATERIALIZED")


def _counts(end: ColumnElement[str]) -> list[ColumnElement[int]]:
    """In the order of the fields of :class:`Kept`."""
    return [func.sum(case((end == each.value, 1), else_=0)).label(each.value) for each in ORDER]


def _judged(
    session: WorkspaceSession, since: date, today: date, *conditions: ColumnElement[bool]
) -> Select[int, int, date, date, str]:
    """Each check-in whose day lies from ``since`` to ``today`` and that came to an end worth counting.

    Several people may have been reminded of it: it counts once, for the first, and is over when it is for all.
    """
    asked = (
        select(
            func.min(Reminder.id).label("first_id"),
            case((func.count(Reminder.ended_at) == func.count(), func.max(Reminder.ended_at))).label("over_at"),
        )
        .where(
            Reminder.workspace_id == session.workspace_id,
            Reminder.kind == ReminderKind.TOUCH,
            Reminder.shown_on >= since,
            Reminder.shown_on <= today,
            *conditions,
        )
        .group_by(Reminder.vendor_id, Reminder.due_on)
        .subquery()
    )
    end = _end(today, asked.c.over_at)
    return (
        select(Reminder.user_id, Reminder.vendor_id, Reminder.due_on, Reminder.shown_on, end.label("end"))
        .join(asked, asked.c.first_id == Reminder.id)
        .where(Reminder.workspace_id == session.workspace_id, end.is_not(None))
    )


def _end(today: date, over_at: ColumnElement[datetime | None]) -> ColumnElement[str]:
    last_in_time = days_after(Reminder.shown_on, IN_TIME_DAYS)
    on = Interaction.occurred_on
    return case(
        (_spoke(today, over_at, on < Reminder.shown_on), CheckInEnd.AHEAD.value),
        (_spoke(today, over_at, on <= last_in_time), CheckInEnd.KEPT.value),
        (_spoke(today, over_at, on > last_in_time), CheckInEnd.LATE.value),
        (
            and_(last_in_time < literal(today, Date), or_(over_at.is_(None), utc_day(over_at) > last_in_time)),
            CheckInEnd.MISSED.value,
        ),
        else_=None,
    )


def _spoke(today: date, over_at: ColumnElement[datetime | None], when: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether both sides spoke after the conversation from which the check-in was counted, and before it was over.

    A local day may lie a day after the day in UTC on which the reminder ended.
    """
    last_day = func.coalesce(days_after(utc_day(over_at), 1), literal(today, Date))
    counted_from = func.coalesce(Reminder.why["last"].as_string(), "")
    return (
        select(Interaction.id)
        .where(
            Interaction.workspace_id == Reminder.workspace_id,
            Interaction.vendor_id == Reminder.vendor_id,
            Interaction.outcome == Outcome.TWO_WAY,
            Interaction.deleted_at.is_(None),
            cast(Interaction.occurred_on, String) > counted_from,
            Interaction.occurred_on <= last_day,
            when,
        )
        .correlate(Reminder, over_at.table)
        .exists()
    )


def ends(rows: Sequence[CheckInRow]) -> Kept:
    """The same check-ins as counts."""
    return Kept(*(sum(row.end is end for row in rows) for end in ORDER))
