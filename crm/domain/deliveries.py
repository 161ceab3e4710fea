"""Whether a letter is still wanted at the moment it would leave, and what its delivery means.

No fault of the mail ever changes a reminder, a vendor or a setting: only a letter that was accepted says anything.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from email.utils import parseaddr
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from crm.core.tenancy import InstallationSession, inside
from crm.mail import mime, outbox
from crm.mail.delivery import Outcome
from crm.mail.outbox import Claim
from crm.models.enums import MailKind, MailState
from crm.models.outbox import OutboxMessage
from crm.models.reminders import Reminder
from crm.models.workspaces import Invitation, Membership, User


@dataclass(frozen=True, slots=True)
class Parcel:
    """A letter that passed the fence: what goes over the wire."""

    claim: Claim
    key: str
    message_id: str
    sender: str
    recipient: str
    content: bytes


# What each letter costs goes through the connection: a session's own care costs three times as much as the answer.
_LETTER = (
    select(
        OutboxMessage.kind,
        OutboxMessage.key,
        OutboxMessage.message_id,
        OutboxMessage.sender,
        OutboxMessage.recipient,
        OutboxMessage.content,
        OutboxMessage.sent_again,
        OutboxMessage.facts,
        OutboxMessage.workspace_id,
        OutboxMessage.user_id,
        User.email.label("address_now"),
        Membership.id.label("member_id"),
        Membership.deactivated_at,
        Membership.digest_on,
    )
    .outerjoin(User, User.id == OutboxMessage.user_id)
    .outerjoin(
        Membership,
        (Membership.user_id == OutboxMessage.user_id) & (Membership.workspace_id == OutboxMessage.workspace_id),
    )
    .where(OutboxMessage.id == bindparam("its_id"))
)
_DIGEST = select(OutboxMessage.workspace_id, OutboxMessage.user_id, OutboxMessage.facts).where(
    OutboxMessage.id == bindparam("its_id"), OutboxMessage.workspace_id.is_not(None)
)


def begin(session: InstallationSession, claim: Claim, *, sender: str, lease: timedelta) -> Parcel | None:
    """Look at a claimed letter once more and pass the fence; None where it is not wanted, or not ours, any more.

    A letter that no server has ever seen takes the sender that is set up now: the one it was written with may be
    from a time when mail was not set up.
    """
    message = session.connection().execute(_LETTER, {"its_id": claim.message_id}).first()
    if message is None:
        return None
    reason = _why_not(session, message)
    if reason is not None:
        outbox.cancel(session, claim, reason)
        return None
    readdressed: bytes | None = None
    if message.sent_again:
        sender = message.sender
    elif message.sender != sender:
        readdressed = mime.readdressed(message.content, sender)
    if not outbox.fence(session, claim, lease=lease, sender=sender, content=readdressed):
        return None
    return Parcel(
        claim=claim,
        key=message.key,
        message_id=message.message_id,
        sender=parseaddr(sender)[1],
        recipient=message.recipient,
        content=readdressed or message.content,
    )


def _why_not(session: InstallationSession, message: Row[Any]) -> str | None:
    """Why a letter is not to be sent any more; None where it is still wanted."""
    if not message.content:
        return "Its text was erased."
    if message.kind is MailKind.INVITATION:
        return _why_no_invitation(session, message)
    if message.user_id is None or message.workspace_id is None:
        return None
    if message.address_now != message.recipient:
        return "The person's address has changed."
    if message.member_id is None or message.deactivated_at is not None:
        return "The person has left the business."
    return _why_no_digest(session, message) if message.kind is MailKind.DIGEST else None


def settle(session: InstallationSession, claim: Claim, outcome: Outcome) -> MailState | None:
    """Record what came of an attempt, and what it means where the letter was accepted."""
    state = outbox.settle(session, claim, outcome)
    if state is MailState.SENT and claim.kind is MailKind.DIGEST:
        _named(session, claim.message_id)
    return state


def _named(session: InstallationSession, message_id: int) -> None:
    """A digest that was sent has named its reminders."""
    message = session.connection().execute(_DIGEST, {"its_id": message_id}).first()
    if message is None:
        return
    named_on = date.fromisoformat(message.facts["local_date"])
    with inside(session, message.workspace_id) as rows:
        rows.execute(
            update(Reminder)
            .where(
                Reminder.id.in_(message.facts["reminders"]),
                Reminder.user_id == message.user_id,
                (Reminder.named_on.is_(None)) | (Reminder.named_on < named_on),
            )
            .values(named_on=named_on)
            .execution_options(synchronize_session=False)
        )


def _why_no_invitation(session: InstallationSession, message: Row[Any]) -> str | None:
    invitation = session.get(Invitation, message.facts["invitation"], populate_existing=True)
    if invitation is None or invitation.withdrawn_at or invitation.used_at:
        return "The invitation is over."
    return None


def _why_no_digest(session: InstallationSession, message: Row[Any]) -> str | None:
    if not message.digest_on:
        return "The person wants no morning letters."
    with inside(session, message.workspace_id) as rows:
        statement = select(Reminder.id).where(Reminder.id.in_(message.facts["reminders"]), Reminder.ended_at.is_(None))
        if rows.scalars(statement.limit(1)).first() is None:
            return "Everything that it names is done."
    return None
