"""Reading what there is to act on."""

from datetime import date

from sqlalchemy import func, select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import ReminderKind
from crm.models.reminders import Reminder
from crm.models.workspaces import Membership


def due_count(session: WorkspaceSession, member: Membership, today: date) -> int:
    """How many reminders are overdue or due for a person, mentions aside: the number beside Today."""
    statement = select(func.count(Reminder.id)).where(
        Reminder.user_id == member.user_id,
        Reminder.ended_at.is_(None),
        Reminder.shown_on <= today,
        Reminder.kind != ReminderKind.MENTION,
    )
    return session.scalar(statement) or 0
