"""How letters leave: the server and the sender, from the environment or from the page in Settings.

The environment wins. What the page keeps belongs to the whole installation, so only the admins of the business that
was set up first may change it: another business's letters pass through the same server.
"""

from dataclasses import dataclass
from email.utils import formataddr, parseaddr

from sqlalchemy import func, select

from crm.core import clock, links, tokens, vault
from crm.core.errors import Forbidden, Refused
from crm.core.i18n import lazy, speaking
from crm.core.settings import MailServer, Settings
from crm.core.tenancy import HouseSession
from crm.domain import permissions
from crm.domain.permissions import Act
from crm.mail import breaker, messages, mime, outbox
from crm.models.enums import MailKind
from crm.models.outbox import OutboxMessage
from crm.models.workspaces import InstallationSetting, Membership, Workspace

HOST, PORT, SECURITY = "mail_host", "mail_port", "mail_security"
USER, PASSWORD, SENDER = "mail_user", "mail_password", "mail_from"
SENDER_LENGTH = 320
"""Characters of name and address together, as the outbox keeps them."""
_NAMES = (HOST, PORT, SECURITY, USER, PASSWORD, SENDER)


@dataclass(frozen=True, slots=True)
class MailSettings:
    """What is in force, and what of it the environment has set. ``server`` is None where mail is not set up."""

    server: MailServer | None
    sender: str
    server_is_locked: bool
    sender_is_locked: bool
    password_is_lost: bool = False
    """A password is kept, but the key that opened it has changed: until it is typed again, nothing is sent."""


def effective(session: HouseSession, settings: Settings) -> MailSettings:
    """The server and the sender in force."""
    kept = _kept(session)
    locked = kept.get(PASSWORD, "")
    password = vault.unlock(settings.secret_key, locked) if locked else None
    is_lost = bool(locked) and password is None and settings.smtp is None
    return MailSettings(
        server=settings.smtp or (None if is_lost else _server(kept, password)),
        sender=_sender(settings, kept),
        server_is_locked=settings.smtp is not None,
        sender_is_locked=settings.mail_from_is_set,
        password_is_lost=is_lost,
    )


def sender(session: HouseSession, settings: Settings) -> str:
    """The From of the product's own letters."""
    return settings.mail_from if settings.mail_from_is_set else _sender(settings, _kept(session))


def may_change(session: HouseSession, member: Membership) -> bool:
    """Whether a member may change how letters leave."""
    first = session.scalar(select(func.min(Workspace.id)))
    return permissions.may(member, Act.MANAGE) and member.workspace_id == first


def save(
    session: HouseSession,
    settings: Settings,
    *,
    by: Membership,
    host: str,
    port: int | None,
    security: str,
    user: str,
    password: str,
    sender_name: str,
    sender_address: str,
) -> None:
    """Keep server and sender. An empty password leaves the one that is kept, as long as server and user stay.

    An empty host turns mail off. What the environment sets is left alone. Raises :class:`Forbidden`, :class:`Refused`.
    """
    if not may_change(session, by):
        raise Forbidden(lazy("Mail is set up by the business that began this installation."))
    before = _kept(session)
    if settings.smtp is None:
        same_place = (before.get(HOST), before.get(USER)) == (host, user)
        kept_password = before.get(PASSWORD, "") if same_place and user else ""
        if user and not password and not kept_password:
            raise Refused(lazy("Type the password for this user."), field="password")
        _put(session, HOST, host)
        _put(session, PORT, str(port or (465 if security == "tls" else 587)))
        _put(session, SECURITY, security)
        _put(session, USER, user)
        _put(session, PASSWORD, vault.lock(settings.secret_key, password) if user and password else kept_password)
    if not settings.mail_from_is_set:
        if host and not sender_address:
            raise Refused(lazy("Type the address that letters come from."), field="sender_address")
        _put(session, SENDER, _line(sender_name, sender_address) if sender_address else "")
    breaker.reset(session)
    session.flush()


def send_test(session: HouseSession, settings: Settings, *, by: Membership) -> OutboxMessage:
    """A letter to oneself, through the very same path as all others; it does not wait for the server's next turn."""
    breaker.reset(session)
    to = links.links(settings)
    with speaking(by.user.locale):
        letter = messages.test(by, links=to)
    return outbox.enqueue(
        session,
        letter,
        key=f"test:{by.user_id}:{tokens.new_token()[:16]}",
        kind=MailKind.TEST,
        sender=sender(session, settings),
        recipient=by.user.email,
        recipient_name=by.user.name,
        workspace_id=by.workspace_id,
        user_id=by.user_id,
        expires_at=clock.now() + messages.TEST_LASTS,
    )


def _line(name: str, address: str) -> str:
    """A sender as it is kept. The library would write a name beyond ASCII in a way that nobody reads."""
    known = mime.wire_address(address)
    return formataddr((name, known)) if name.isascii() else mime.sender_line(name, known, SENDER_LENGTH)


def _kept(session: HouseSession) -> dict[str, str]:
    statement = select(InstallationSetting).where(InstallationSetting.name.in_(_NAMES))
    return {row.name: row.value for row in session.scalars(statement)}


def _server(kept: dict[str, str], password: str | None) -> MailServer | None:
    if not kept.get(HOST):
        return None
    return MailServer(
        host=kept[HOST],
        port=int(kept.get(PORT) or 587),
        user=kept.get(USER) or None,
        password=password,
        security=kept.get(SECURITY) or "starttls",
    )


def _sender(settings: Settings, kept: dict[str, str]) -> str:
    if settings.mail_from_is_set or not kept.get(SENDER):
        return settings.mail_from
    return kept[SENDER]


def sender_parts(line: str) -> tuple[str, str]:
    """A sender's name and address apart."""
    return parseaddr(line)


def _put(session: HouseSession, name: str, value: str) -> None:
    session.merge(InstallationSetting(name=name, value=value, changed_at=clock.now()))
