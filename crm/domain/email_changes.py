"""Another address to sign in with: a link to the new one says that it is the person's own.

The link is signed and bound to the address and the password that the account has, so that it works once and ends with
any change of either. Whether another account has the address is not told: the answer is the same.
"""

from dataclasses import dataclass
from datetime import timedelta

from crm.core import clock, engine, tokens
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy, speaking
from crm.core.links import links
from crm.core.settings import Settings
from crm.core.tenancy import HouseSession, InstallationSession, WorkspaceSession
from crm.domain import account_letters, accounts, audit, mail_settings, passwords, settings
from crm.mail import account_messages, outbox
from crm.models.enums import AuditKind, MailKind
from crm.models.workspaces import Membership, User
from crm.queries import members

LASTS = timedelta(minutes=30)
A_DAY = 5
"""So many links at most for an account in a day: nobody is pestered by way of us."""


@dataclass(frozen=True, slots=True)
class EmailChange:
    """What a link stands for."""

    user: User
    email: str


def ask(session: WorkspaceSession, installation: Settings, *, by: Membership, email: str, password: str) -> bool:
    """Mail a link to the new address. Where no link would arrive the address is changed at once, and this is False.

    Raises :class:`Refused` for a wrong password, for what is no address, and for too many of them in a day.
    """
    if not account_letters.can_be_sent(session, installation):
        settings.change_email(session, by=by, email=email, password=password)
        return False
    user = session.get_one(User, by.user_id)
    if not passwords.is_right(user.password_hash, password):
        raise Refused(lazy("This is not your present password."), field="password")
    email = accounts.checked_email(email)
    if email == user.email:
        raise Refused(lazy("You sign in with this address already."), field="email")
    engine.pass_alone(session.connection(), f"email-changes:{user.id}")
    if account_letters.times_asked(session, user) >= A_DAY:
        raise Refused(lazy("That is enough for one day. Try again tomorrow."), field="email")
    account_letters.email_asked(session, installation, user, email=email)
    if members.user_by_email(session, email) is None:
        _mail_link(session, installation, user, email)
    return True


def of_token(session: InstallationSession, installation: Settings, token: str) -> EmailChange:
    """What a link stands for. Raises :class:`Missing` for one that is used, over, or not ours."""
    facts = _signer(installation).read(token)
    user = session.get(User, facts["u"]) if facts else None
    if facts is None or user is None or facts["v"] != accounts.version(user):
        raise Missing(lazy("This link has been used or is over. Ask for a new one."))
    return EmailChange(user, facts["e"])


def carry_out(session: InstallationSession, installation: Settings, change: EmailChange) -> None:
    """Sign in with the new address from now on; the former one is told. Raises :class:`Refused` where it was taken
    meanwhile."""
    user, former = change.user, change.user.email
    engine.pass_alone(session.connection(), f"account:{change.email}")
    if members.user_by_email(session, change.email) is not None:
        raise Refused(lazy("This address cannot be used. Choose another one."))
    audit.record(session, AuditKind.EMAIL_CHANGED, user_id=user.id, before=former, after=change.email)
    user.email = change.email
    session.flush()
    account_letters.email_changed(session, installation, user, former=former)


def token_for(installation: Settings, user: User, email: str) -> str:
    """The secret of a link for this person, their present address and password, and the new address."""
    return _signer(installation).sign({"u": user.id, "v": accounts.version(user), "e": email}, lasts=LASTS)


def _mail_link(session: HouseSession, installation: Settings, user: User, email: str) -> None:
    url = links(installation).email_change(token_for(installation, user, email))
    assert url is not None
    moment = int(clock.now().timestamp() // account_letters.PAUSE.total_seconds())
    with speaking(user.locale):
        letter = account_messages.email_change(user, recipient=email, url=url, minutes=int(LASTS.total_seconds()) // 60)
    outbox.enqueue(
        session,
        letter,
        key=f"email-change:{user.id}:{tokens.fingerprint(f'{accounts.version(user)}:{email}')[:24]}:{moment}",
        kind=MailKind.EMAIL_CHANGE,
        sender=mail_settings.sender(session, installation),
        recipient=email,
        recipient_name=user.name,
        workspace_id=None,
        user_id=user.id,
        expires_at=clock.now() + LASTS,
    )


def _signer(installation: Settings) -> tokens.Signer:
    return tokens.Signer(installation.secret_key, "email-change")
