"""Whether a letter is still wanted at the moment it would leave, and what its delivery means.

No fault of the mail ever changes a reminder, a vendor or a setting: only a letter that was accepted says anything.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from email.utils import parseaddr
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select, update

from crm.core import clock
from crm.core.prepared import Prepared
from crm.core.tenancy import InstallationSession, WorkspaceSession, inside
from crm.domain import introductions, news_letters, notices, readiness_reminders, referral_letters, vendor_letters
from crm.mail import mime, outbox
from crm.mail.delivery import Outcome
from crm.mail.outbox import Claim
from crm.models.enums import MailKind, MailState, ReminderEnd
from crm.models.outbox import OutboxFiles, OutboxMessage
from crm.models.reminders import Reminder
from crm.models.workspaces import Invitation, Membership, User
from crm.queries import members


@dataclass(frozen=True, slots=True)
class Parcel:
    """A letter that passed the fence: what goes over the wire."""

    claim: Claim
    key: str
    message_id: str
    sender: str
    recipient: str
    content: bytes


class _Letter(NamedTuple):
    """A claimed letter and whom it is for, as they are now."""

    kind: MailKind
    key: str
    message_id: str
    sender: str
    recipient: str
    content: bytes
    sent_again: bool
    workspace_id: int | None
    user_id: int | None
    address_now: str | None
    is_here: bool | None
    digest_on: bool | None
    files: bytes | None


_LETTER = Prepared(
    select(
        OutboxMessage.kind,
        OutboxMessage.key,
        OutboxMessage.message_id,
        OutboxMessage.sender,
        OutboxMessage.recipient,
        OutboxMessage.content,
        OutboxMessage.sent_again,
        OutboxMessage.workspace_id,
        OutboxMessage.user_id,
        User.email,
        (Membership.id.is_not(None) & Membership.deactivated_at.is_(None)).label("is_here"),
        Membership.digest_on,
        OutboxFiles.content.label("files"),
    )
    .outerjoin(OutboxFiles, OutboxFiles.message_id == OutboxMessage.id)
    .outerjoin(User, User.id == OutboxMessage.user_id)
    .outerjoin(
        Membership,
        (Membership.user_id == OutboxMessage.user_id) & (Membership.workspace_id == OutboxMessage.workspace_id),
    )
    .where(OutboxMessage.id == bindparam("its_id"))
)
_IN_A_PERSONS_NAME = (MailKind.TOUCH, MailKind.REFERRAL)
"""To somebody outside, written by one of our own people."""
_ABOUT_AN_ACCOUNT = (MailKind.SECURITY, MailKind.EMAIL_CHANGE)
"""These go to the address that they were written for, whatever the account has by now: whoever takes an account over is
not to keep its person from learning of it."""
_STANDS = (
    select(Reminder.id).where(Reminder.id.in_(bindparam("ids", expanding=True)), Reminder.ended_at.is_(None)).limit(1)
)
_NAMED = (
    update(Reminder)
    .where(
        Reminder.id.in_(bindparam("ids", expanding=True)),
        Reminder.user_id == bindparam("its_user"),
        Reminder.named_on.is_(None)
        | (Reminder.named_on < bindparam("on"))
        | (Reminder.named_on > bindparam("too_far")),
    )
    .values(named_on=bindparam("on"))
)
_MEANING = Prepared(
    select(OutboxMessage.workspace_id, OutboxMessage.user_id, OutboxMessage.facts).where(
        OutboxMessage.id == bindparam("its_id")
    )
)


def begin(session: InstallationSession, claim: Claim, *, sender: str, lease: timedelta) -> Parcel | None:
    """Look at a claimed letter once more and pass the fence; None where it is not wanted, or not ours, any more.

    A letter that no server has ever seen takes the sender that is set up now: the one it was written with may be
    from a time when mail was not set up.
    """
    found = _LETTER.first(session.connection(), its_id=claim.message_id)
    if found is None:
        return None
    message = _Letter._make(found)
    reason = _why_not(session, claim.message_id, message)
    if reason is not None:
        outbox.cancel(session, claim, reason)
        return None
    readdressed: bytes | None = None
    if message.kind in _IN_A_PERSONS_NAME:
        sender = vendor_letters.sender_at(message.sender, sender)
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
        sender=_bare(sender),
        recipient=message.recipient,
        content=(readdressed or message.content) + (message.files or b""),
    )


@lru_cache(maxsize=8)
def _bare(sender: str) -> str:
    """The address alone. A run of letters has one sender."""
    return parseaddr(sender)[1]


def _why_not(session: InstallationSession, message_id: int, message: _Letter) -> str | None:
    """Why a letter is not to be sent any more; None where it is still wanted."""
    if not message.content:
        return "Its text was erased."
    if message.kind is MailKind.INVITATION:
        return _why_no_invitation(session, message_id)
    if message.user_id is None:
        return None
    if message.kind in _IN_A_PERSONS_NAME and message.workspace_id is not None:
        return _why_not_outside(session, message_id, message.kind, message.workspace_id, is_here=bool(message.is_here))
    return None if message.kind in _ABOUT_AN_ACCOUNT else _why_not_inside(session, message_id, message)


def _why_not_inside(session: InstallationSession, message_id: int, message: _Letter) -> str | None:
    """Why a letter to one of our own people is not to leave any more."""
    if message.address_now != message.recipient:
        return "The person's address has changed."
    if message.workspace_id is None:
        return None
    if not message.is_here:
        return "The person has left the business."
    if message.kind in notices.TOLD_BY:
        return _why_no_notice(session, message_id, message.kind)
    if message.kind is MailKind.NEWS:
        return _why_no_news(session, message_id)
    return _why_no_digest(session, message_id, message) if message.kind is MailKind.DIGEST else None


def _why_not_outside(
    session: InstallationSession, message_id: int, kind: MailKind, workspace_id: int, *, is_here: bool
) -> str | None:
    """Why a person's letter to somebody outside is not to leave any more."""
    if kind is MailKind.TOUCH:
        return vendor_letters.why_not(session, message_id, workspace_id=workspace_id, is_here=is_here)
    reason = referral_letters.why_not(session, message_id, workspace_id=workspace_id, is_here=is_here)
    if reason is not None:
        return reason
    with inside(session, workspace_id) as rows:
        return introductions.why_not(rows, message_id)


def settle(session: InstallationSession, claim: Claim, outcome: Outcome) -> MailState | None:
    """Record what came of an attempt, and what it means where the letter was accepted."""
    state = outbox.settle(session, claim, outcome)
    if state is MailState.SENT and claim.kind is MailKind.REFERRAL:
        introductions.left(session, claim.message_id)
    if state is MailState.SENT and (claim.kind is MailKind.DIGEST or claim.kind in notices.TOLD_BY):
        _named(session, claim.message_id)
    return state


def _named(session: InstallationSession, message_id: int) -> None:
    """A letter that was sent has named its reminders, and told an admin what others left lying."""
    workspace_id, user_id, facts = _meaning(session, message_id)
    if workspace_id is None:
        return
    named_on = date.fromisoformat(facts["local_date"])
    with inside(session, workspace_id) as rows:
        rows.execute(
            _NAMED,
            {
                "ids": facts["reminders"],
                "its_user": user_id,
                "on": named_on,
                "too_far": named_on + clock.DATES_APART,
            },
            execution_options={"synchronize_session": False},
        )
        if facts.get("recheck"):
            readiness_reminders.named(rows, facts["recheck"], named_on)
    if facts.get("overdue"):
        session.execute(
            update(Membership)
            .where(Membership.workspace_id == workspace_id, Membership.user_id == user_id)
            .values(summarised_on=named_on)
            .execution_options(synchronize_session=False)
        )


def _why_no_invitation(session: InstallationSession, message_id: int) -> str | None:
    _workspace_id, _user_id, facts = _meaning(session, message_id)
    invitation = session.get(Invitation, facts["invitation"], populate_existing=True)
    if invitation is None or invitation.withdrawn_at or invitation.used_at:
        return "The invitation is over."
    return None


def _why_no_notice(session: InstallationSession, message_id: int, kind: MailKind) -> str | None:
    """Why what was to be told at once is not: the morning letter tells it, where there is still anything to tell."""
    workspace_id, user_id, facts = _meaning(session, message_id)
    with inside(session, workspace_id) as rows:
        member = members.membership(rows, workspace_id, user_id)
        if member is None or not notices.is_wanted(member, notices.TOLD_BY[kind]):
            return "The person wants no such letters."
        if not _any_open(rows, facts["reminders"]):
            return "There is nothing to tell any more."
    return None


def _why_no_news(session: InstallationSession, message_id: int) -> str | None:
    workspace_id, user_id, facts = _meaning(session, message_id)
    with inside(session, workspace_id) as rows:
        member = members.membership(rows, workspace_id, user_id)
        return news_letters.why_not(rows, facts, member) if member else "The person has left the business."


def _why_no_digest(session: InstallationSession, message_id: int, message: _Letter) -> str | None:
    if not message.digest_on:
        return "The person wants no morning letters."
    if outbox.is_replaced(session, message_id):
        return outbox.REPLACED
    workspace_id, _user_id, facts = _meaning(session, message_id)
    with inside(session, workspace_id) as rows:
        if _was_taken_back(rows, facts.get("mentions", [])):
            return "It tells what is not for this person any more."
        is_open = _any_open(rows, [*facts["reminders"], *facts.get("overdue", [])])
        if not is_open and not readiness_reminders.stands(rows, facts.get("recheck")):
            return "Everything that it names is done."
    return None


def _any_open(rows: WorkspaceSession, reminder_ids: list[int]) -> bool:
    """Whether any of these reminders stands."""
    return rows.scalars(_STANDS, {"ids": reminder_ids}).first() is not None


def _was_taken_back(rows: WorkspaceSession, reminder_ids: list[int]) -> bool:
    """Whether words that a letter quotes were taken back from its reader since."""
    if not reminder_ids:
        return False
    there = select(func.count(Reminder.id)).where(
        Reminder.id.in_(reminder_ids), Reminder.ended_how.is_distinct_from(ReminderEnd.MOOT)
    )
    return rows.scalar(there) != len(reminder_ids)


def _meaning(session: InstallationSession, message_id: int) -> tuple[Any, ...]:
    """The business and the person of a letter, and what its delivery means."""
    return _MEANING.first(session.connection(), its_id=message_id) or (None, None, {})
