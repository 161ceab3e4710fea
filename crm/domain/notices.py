"""Telling somebody at once by e-mail, where they want that: that they were mentioned, that the time looks right.

The letter is put into the outbox in the transaction of what it tells. It counts as told once it is sent: the morning
letter of that day names it no more. What nobody can send within a day is left to the morning letter.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select

from crm.core import clock, i18n, markdown
from crm.core.equipment import settings_of
from crm.core.links import links
from crm.core.settings import Settings
from crm.core.tenancy import WorkspaceSession
from crm.domain import mail_settings, reminder_links
from crm.mail import messages, outbox
from crm.mail.mime import Letter
from crm.models.enums import MailKind, MailState, ReminderKind
from crm.models.log import Interaction, Mention, Note
from crm.models.outbox import OutboxMessage
from crm.models.reminders import Reminder
from crm.models.stages import Parking, ParkingTrigger
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import members

LASTS = timedelta(days=1)
KINDS = {ReminderKind.MENTION: MailKind.MENTION, ReminderKind.TRIGGER: MailKind.TRIGGER}
"""What can be told at once, and the letter that tells it."""
TOLD_BY = {letter: kind for kind, letter in KINDS.items()}

_ON_THEIR_WAY = (MailState.WAITING, MailState.SENDING, MailState.BEGUN, MailState.UNKNOWN)
_TELLING = select(OutboxMessage.facts).where(
    OutboxMessage.user_id == bindparam("user_id"),
    OutboxMessage.workspace_id == bindparam("workspace_id"),
    OutboxMessage.kind.in_(list(KINDS.values())),
    OutboxMessage.state.in_(_ON_THEIR_WAY),
)


def tell_at_once(session: WorkspaceSession, reminder: Reminder) -> OutboxMessage | None:
    """Mail a reminder that was just made to its person, if they want to know such things at once.

    Whoever brought it about themselves knows already. None where there is nothing to mail, or nobody to sign and
    address the letter: the morning letter tells it then.
    """
    settings = settings_of(session)
    session.flush()
    member = members.membership(session, session.workspace_id, reminder.user_id)
    if settings is None or member is None or not is_wanted(member, reminder.kind):
        return None
    with i18n.speaking(member.user.locale):
        letter = _letter(session, reminder, member, settings)
    if letter is None:
        return None
    return outbox.enqueue(
        session,
        letter,
        key=f"{reminder.kind}:{reminder.id}",
        kind=KINDS[reminder.kind],
        sender=mail_settings.sender(session, settings),
        recipient=member.user.email,
        recipient_name=member.user.name,
        workspace_id=session.workspace_id,
        user_id=member.user_id,
        has_secrets=links(settings).base_url is not None,
        expires_at=clock.now() + LASTS,
        facts={"reminders": [reminder.id], "local_date": member.user.today.isoformat()},
    )


def is_wanted(member: Membership, kind: ReminderKind) -> bool:
    """Whether a member of the team wants to be told of this kind at once."""
    wants = {ReminderKind.MENTION: member.mail_mentions, ReminderKind.TRIGGER: member.mail_triggers}
    return member.is_active and wants.get(kind, False)


def on_their_way(session: WorkspaceSession, user_id: int) -> set[int]:
    """The reminders that letters tell which are still on their way to a person."""
    values = {"user_id": user_id, "workspace_id": session.workspace_id}
    return {number for facts in session.scalars(_TELLING, values) for number in facts["reminders"]}


def _letter(session: WorkspaceSession, reminder: Reminder, member: Membership, settings: Settings) -> Letter | None:
    to = links(settings)
    token = reminder_links.Tokens(settings, member, reminder.id, reminder.shown_on)
    vendor = session.get_one(Vendor, reminder.vendor_id)
    slug, page = member.workspace.slug, f"/vendors/{vendor.id}"
    common: dict[str, Any] = {
        "vendor": vendor.name,
        "settings_url": to.page(slug, "/settings"),
        "unsubscribe": to.unsubscribe(reminder_links.unsubscribe_token(settings, member, KINDS[reminder.kind])),
    }
    if reminder.kind is ReminderKind.TRIGGER:
        urls = {
            "touch_url": to.page(slug, f"{page}/letters/new"),
            "decide_url": to.page(slug, f"{page}/parking/decision"),
        }
        return _of_trigger(session, reminder, member, {**common, **urls})
    mention = session.get_one(Mention, reminder.subject_id)
    by = members.membership(session, session.workspace_id, mention.mentioned_by)
    return messages.mention(
        member,
        by=by.user.name if by else "",
        words=_words(session, mention),
        seen_url=to.reminder_done(token.done),
        open_url=to.page(slug, page),
        **common,
    )


def _of_trigger(
    session: WorkspaceSession, reminder: Reminder, member: Membership, common: dict[str, Any]
) -> Letter | None:
    trigger = session.get_one(ParkingTrigger, reminder.subject_id)
    is_news = trigger.fired_on == member.workspace.today  # whoever takes over later reads of it in the morning
    if trigger.fired_by == reminder.user_id or not is_news:
        return None
    parking = session.get_one(Parking, trigger.parking_id)
    return messages.trigger(member, why=reminder.why, parking=parking, today=member.user.today, **common)


def _words(session: WorkspaceSession, mention: Mention) -> str:
    if mention.note_id is not None:
        said = session.get_one(Note, mention.note_id).body
    else:
        said = session.get_one(Interaction, mention.interaction_id).summary
    return markdown.plain(said)[: messages.EXCERPT_LENGTH]
