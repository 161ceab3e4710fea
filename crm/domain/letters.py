"""Who may look into the outbox, and what a person can do there.

Whoever manages the business sees each envelope: to whom, what kind, how it stands. Everybody else sees their own
letters. A body is for its recipient alone; an invitation's also for those who manage the team; a reset's for nobody.
"""

from sqlalchemy import select
from sqlalchemy.orm import undefer

from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession
from crm.domain import permissions
from crm.domain.permissions import Act
from crm.mail import breaker, outbox
from crm.models.enums import MailKind
from crm.models.outbox import OutboxMessage
from crm.models.workspaces import Membership


def find(session: WorkspaceSession, message_id: int, *, reader: Membership) -> OutboxMessage:
    """A letter whose envelope the reader may see. Raises :class:`Missing`."""
    message = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.workspace_id == reader.workspace_id)
        .options(undefer(OutboxMessage.content))
    ).first()
    if message is None or not (message.user_id == reader.user_id or permissions.may(reader, Act.MANAGE)):
        raise Missing
    return message


def may_read(message: OutboxMessage, reader: Membership) -> bool:
    """Whether the reader may see what the letter says."""
    if message.kind is MailKind.RESET or message.workspace_id != reader.workspace_id:
        return False
    if message.kind is MailKind.INVITATION:
        return permissions.may(reader, Act.MANAGE)
    return message.user_id == reader.user_id


def send_again(session: WorkspaceSession, message: OutboxMessage) -> None:
    """Let a failed or held letter go once more, at once. Raises :class:`Refused`."""
    if not outbox.send_again(session, message):
        raise Refused(lazy("This letter cannot be sent again: its text was erased, or it is on its way."))
    breaker.reset(session)


def it_arrived(message: OutboxMessage) -> None:
    """A held letter was received. Raises :class:`Refused`."""
    if not outbox.it_arrived(message):
        raise Refused(lazy("This letter is not held."))
