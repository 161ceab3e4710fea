"""Reading what a person's calendar shows."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm.core.tenancy import InstallationSession, WorkspaceSession
from crm.models.enums import ReminderKind
from crm.models.reminders import Reminder
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership

KINDS = (
    ReminderKind.TOUCH,
    ReminderKind.FOLLOW_UP,
    ReminderKind.PROMISE_OURS,
    ReminderKind.PROMISE_THEIRS,
    ReminderKind.REVISIT,
    ReminderKind.TRIAL,
    ReminderKind.REVIEW,
    ReminderKind.QUESTION,
    ReminderKind.WORK,
    ReminderKind.ACCESS,
)
MOST = 5_000


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day on which there is something to do with a vendor."""

    kind: ReminderKind
    subject_id: int
    vendor_id: int
    vendor: str
    on: date


def owner_of(session: InstallationSession, fingerprint: str) -> Membership | None:
    """Whose calendar has the address with this fingerprint."""
    statement = (
        select(Membership)
        .where(Membership.calendar_hash == fingerprint)
        .options(joinedload(Membership.user, innerjoin=True), joinedload(Membership.workspace, innerjoin=True))
    )
    return session.scalars(statement).first()


def days_of(session: WorkspaceSession, user_id: int, until: date) -> list[DayRow]:
    """What stands for a person up to a day, late things included, each on its day 0, the earliest first."""
    statement = (
        select(Reminder.kind, Reminder.subject_id, Reminder.vendor_id, Vendor.name, Reminder.shown_on)
        .join(Vendor, Vendor.id == Reminder.vendor_id)
        .where(
            Reminder.user_id == user_id,
            Reminder.ended_at.is_(None),
            Reminder.kind.in_(KINDS),
            Reminder.shown_on <= until,
        )
        .order_by(Reminder.shown_on, Reminder.id)
        .limit(MOST)
    )
    return [DayRow(*row) for row in session.execute(statement)]
