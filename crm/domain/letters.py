"""Who may look into the outbox, and what a person can do there.

Whoever manages the business sees each envelope: to whom, what kind, how it stands. Everybody else sees their own
letters. A body is for its recipient alone, or for who wrote it where it goes outside; an invitation's also for those
who manage the team; a reset's for nobody. The answers to an introduction are not its writer's to give: its links are
shown to nobody here.
"""

import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import undefer

from crm.core.errors import Forbidden, Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession
from crm.domain import introductions, permissions
from crm.domain.permissions import Act
from crm.mail import breaker, mime, outbox
from crm.models.enums import MailKind
from crm.models.outbox import OutboxMessage
from crm.models.workspaces import Membership

_ACTING_LINKS = re.compile(r"(https?://[^\s\"'<>]*/(?:introductions|opt-out)/)[^\s\"'<>]+")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a letter says, as the outbox shows it."""

    html: str
    text: str


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


def shown(message: OutboxMessage) -> Shown:
    """What a letter says, for whom :func:`may_read`. Links by which its reader answers lead nowhere."""
    if message.kind is not MailKind.REFERRAL:
        return Shown(mime.shown(message.content), mime.part(message.content, "plain"))
    html, text = (_ACTING_LINKS.sub(r"\1…", mime.part(message.content, sort)) for sort in ("html", "plain"))
    return Shown(mime.shown_html(html, has_links=False), text)


def may_download(message: OutboxMessage, reader: Membership) -> bool:
    """Whether the reader may have the letter as it goes over the wire, its links with it."""
    return may_read(message, reader) and bool(message.content) and message.kind is not MailKind.REFERRAL


def may_settle(message: OutboxMessage, member: Membership) -> bool:
    """Whether the member may say what becomes of a letter that is held or has failed: who manages the business, and
    who wrote it to somebody outside."""
    is_own = message.to_outsider and message.user_id == member.user_id
    return permissions.may(member, Act.MANAGE) or (is_own and permissions.may(member, Act.WORK))


def send_again(session: WorkspaceSession, message: OutboxMessage, *, by: Membership) -> None:
    """Let a failed or held letter go once more, at once. Raises :class:`Refused`, :class:`Forbidden`."""
    _hold(session, message, by)
    if not outbox.send_again(session, message):
        raise Refused(lazy("This letter cannot be sent again: its text was erased, or it is on its way."))
    breaker.reset(session)


def it_arrived(session: WorkspaceSession, message: OutboxMessage, *, by: Membership) -> None:
    """A held letter was received. Raises :class:`Refused`, :class:`Forbidden`."""
    _hold(session, message, by)
    if not outbox.it_arrived(message):
        raise Refused(lazy("This letter is not held."))
    if message.kind is MailKind.REFERRAL:
        session.flush()
        introductions.left(session, message.id)


def _hold(session: WorkspaceSession, message: OutboxMessage, member: Membership) -> None:
    """Keep a letter still for a member who may say what becomes of it: the worker that had it may come back with the
    server's answer at this very moment."""
    session.refresh(message, with_for_update=True)
    if not may_settle(message, member):
        raise Forbidden(lazy("Your role does not allow this."))
