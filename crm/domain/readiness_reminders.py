"""Telling owners and admins by letter that it is time to look again at how ready the business is.

It is no vendor's, so it is no reminder like the others: the day stands with the latest check, and a row says to whom a
letter named it. That row is one for a person and a day; putting it off makes another day, a new check another check.
"""

from datetime import date

from sqlalchemy import select, update

from crm.core import clock
from crm.core.errors import Missing
from crm.core.tenancy import WorkspaceSession
from crm.domain import permissions
from crm.domain.permissions import Act
from crm.models.readiness import ReadinessCheck, ReadinessReminder
from crm.models.workspaces import Membership
from crm.queries import readiness


def due(session: WorkspaceSession, member: Membership, today: date) -> ReadinessReminder | None:
    """What tells a person to look again, from its day on; None for who does not manage the business."""
    if not permissions.may(member, Act.MANAGE):
        return None
    check = readiness.latest(session)
    if check is None or check.due_on is None or check.due_on > today:
        return None
    wanted = {"check_id": check.id, "user_id": member.user_id, "due_on": check.due_on}
    row = session.scalars(select(ReadinessReminder).filter_by(**wanted)).first()
    if row is None:
        row = ReadinessReminder(**wanted)
        session.add(row)
        session.flush()
    return row


def stands(session: WorkspaceSession, reminder_id: int | None) -> bool:
    """Whether what a letter told still holds: nobody has looked since, or put it off."""
    row = session.get(ReadinessReminder, reminder_id) if reminder_id is not None else None
    check = readiness.latest(session) if row is not None else None
    return row is not None and check is not None and (check.id, check.due_on) == (row.check_id, row.due_on)


def of_link(session: WorkspaceSession, reminder_id: int, member: Membership) -> tuple[ReadinessCheck, bool]:
    """The check that a letter's link is about, and whether it is still to be looked at again.

    Raises :class:`Missing` where the reminder is not theirs, :class:`Forbidden` where their role allows it no longer.
    """
    row = session.get(ReadinessReminder, reminder_id)
    if row is None or row.user_id != member.user_id:
        raise Missing
    permissions.require(member, Act.MANAGE)
    check = session.get_one(ReadinessCheck, row.check_id, with_for_update=session.writing)
    return check, stands(session, reminder_id)


def named(session: WorkspaceSession, reminder_id: int, on: date) -> None:
    """A letter of this date that was sent has told it. A date that is still to come everywhere on earth gives way."""
    table = ReadinessReminder
    too_far = on + clock.DATES_APART
    session.execute(
        update(table)
        .where(table.id == reminder_id, table.named_on.is_(None) | (table.named_on < on) | (table.named_on > too_far))
        .values(named_on=on)
        .execution_options(synchronize_session=False)
    )
