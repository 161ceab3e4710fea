"""Forgotten passwords: a link by e-mail to a new one.

The link is signed and bound to the password that it replaces, so that it works once and ends with any change.
"""

from datetime import timedelta

from crm.core import clock, tokens
from crm.core.errors import Missing
from crm.core.i18n import lazy, speaking
from crm.core.links import links
from crm.core.settings import Settings
from crm.core.tenancy import HouseSession, InstallationSession
from crm.domain import account_letters, accounts, audit, mail_settings, passwords
from crm.mail import messages, outbox
from crm.models.enums import AuditKind, MailKind
from crm.models.outbox import OutboxMessage
from crm.models.workspaces import User
from crm.queries import members

LASTS = timedelta(minutes=30)
PAUSE = timedelta(minutes=5)
"""One letter at most in so long for an account."""


def can_be_sent(session: HouseSession, settings: Settings) -> bool:
    """Whether a link by e-mail would arrive and lead here."""
    return account_letters.can_be_sent(session, settings)


def ask(session: InstallationSession, settings: Settings, *, email: str) -> OutboxMessage | None:
    """Mail a link to the account of an address; None, and nothing done, where there is none or mail is not set up."""
    user = members.user_by_email(session, email.strip().lower())
    if user is None or not can_be_sent(session, settings):
        return None
    url = links(settings).reset(token_for(settings, user))
    assert url is not None
    with speaking(user.locale):
        letter = messages.reset(user, url=url, minutes=int(LASTS.total_seconds()) // 60)
    now = clock.now()
    return outbox.enqueue(
        session,
        letter,
        key=f"reset:{user.id}:{int(now.timestamp() // PAUSE.total_seconds())}",
        kind=MailKind.RESET,
        sender=mail_settings.sender(session, settings),
        recipient=user.email,
        recipient_name=user.name,
        workspace_id=None,
        user_id=user.id,
        expires_at=now + LASTS,
    )


def token_for(settings: Settings, user: User) -> str:
    """The secret of a link for this person and their present password."""
    return _signer(settings).sign({"u": user.id, "v": accounts.version(user)}, lasts=LASTS)


def person_of(session: InstallationSession, settings: Settings, token: str) -> User:
    """Whom a link is for. Raises :class:`Missing` for one that is used, over, or not ours."""
    facts = _signer(settings).read(token)
    user = session.get(User, facts["u"]) if facts else None
    if facts is None or user is None or facts["v"] != accounts.version(user):
        raise Missing(lazy("This link has been used or is over. Ask for a new one."))
    return user


def set_password(session: InstallationSession, settings: Settings, user: User, *, new: str) -> None:
    """Give an account another password; every browser is signed out, and a letter tells it. Raises :class:`Refused` for
    a bad one."""
    user.password_hash = passwords.hash_of(new, about=(user.email, user.name))
    audit.record(session, AuditKind.PASSWORD_CHANGED, user_id=user.id)
    accounts.end_all_sessions(session, user.id)
    account_letters.password_changed(session, settings, user)
    session.flush()


def _signer(settings: Settings) -> tokens.Signer:
    return tokens.Signer(settings.secret_key, "reset")
