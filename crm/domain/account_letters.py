"""What somebody is told by letter about their own account: it is how they learn of what they did not do themselves."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from crm.core import clock, formats, tokens
from crm.core.equipment import settings_of
from crm.core.i18n import _, speaking
from crm.core.links import links
from crm.core.settings import Settings
from crm.core.tenancy import HouseSession
from crm.domain import accounts, audit, mail_settings
from crm.mail import account_messages, outbox
from crm.models.enums import AuditKind, MailKind
from crm.models.outbox import OutboxMessage
from crm.models.vocabulary import word
from crm.models.workspaces import User

PAUSE = timedelta(minutes=5)
"""Asking for the same once more in so long is told once."""
_ASKED = "email-asked"


def can_be_sent(session: HouseSession, settings: Settings) -> bool:
    """Whether a letter would arrive, and a link in it lead here."""
    return links(settings).base_url is not None and mail_settings.effective(session, settings).server is not None


def new_device(
    session: HouseSession, settings: Settings, user: User, *, device_hash: str, browser: str, address: str
) -> None:
    """Somebody signed in with a browser in which they were never seen."""
    if not can_be_sent(session, settings):
        return
    with speaking(user.locale):
        _tell(
            session,
            settings,
            user,
            what=f"device:{device_hash[:24]}",
            headline=_("A new device signed in to your account"),
            facts=[(_("Device"), browser), (_("Network address"), address or _("not known"))],
            advice=_("If it wasn’t you, choose a new password: every device is signed out then."),
        )


def password_changed(session: HouseSession, settings: Settings, user: User) -> None:
    """The account has another password from now on."""
    with speaking(user.locale):
        _tell(
            session,
            settings,
            user,
            what=f"password:{accounts.version(user)[:24]}",
            headline=_("Your password was changed"),
            advice=_("If it wasn’t you, choose a new password: every device is signed out then."),
        )


def email_asked(session: HouseSession, settings: Settings, user: User, *, email: str) -> None:
    """Somebody wants the account to have another address. The present one learns of it before it is too late."""
    moment = int(clock.now().timestamp() // PAUSE.total_seconds())
    with speaking(user.locale):
        _tell(
            session,
            settings,
            user,
            what=f"{_ASKED}:{tokens.fingerprint(f'{user.email}:{email}')[:24]}:{moment}",
            headline=_("Somebody wants to change the address of your account"),
            facts=[(_("New address"), email)],
            advice=_("If it wasn’t you, choose a new password: the change cannot be carried out any more then."),
        )


def times_asked(session: HouseSession, user: User) -> int:
    """How often within a day somebody wanted the account to have another address."""
    asked = select(func.count(OutboxMessage.id)).where(
        OutboxMessage.key.startswith(f"{_key(user, _ASKED)}:", autoescape=True),
        OutboxMessage.created_at > clock.now() - timedelta(days=1),
    )
    return session.scalar(asked) or 0


def email_changed(session: HouseSession, settings: Settings, user: User, *, former: str) -> None:
    """The account has another address; this goes to the former one."""
    with speaking(user.locale):
        _tell(
            session,
            settings,
            user,
            what=f"email:{accounts.version(user)[:24]}",
            recipient=former,
            headline=_("Your address was changed"),
            facts=[(_("New address"), user.email)],
            advice=_("If it wasn’t you, tell whoever looks after Good Terms in your business at once."),
            leads_on=False,
        )


def way_in_changed(session: HouseSession, kind: AuditKind, *, user_id: int, about: str = "") -> None:
    """What lets the account's person in has changed: it is told by letter, and stands in the audit log."""
    audit.record(session, kind, user_id=user_id, about=about)
    settings = settings_of(session)
    if settings is None or not can_be_sent(session, settings):
        return
    user = session.get_one(User, user_id)
    with speaking(user.locale):
        _tell(
            session,
            settings,
            user,
            what=f"{kind}:{int(clock.now().timestamp())}",
            headline=_("What lets you in has changed"),
            facts=[(_("What"), f"{word(kind)}: {about}" if about else word(kind))],
            advice=_("If it wasn’t you, choose a new password: every device is signed out then."),
        )


def _tell(
    session: HouseSession,
    settings: Settings,
    user: User,
    *,
    what: str,
    headline: str,
    advice: str,
    facts: Sequence[tuple[str, str]] = (),
    recipient: str = "",
    leads_on: bool = True,
) -> None:
    mail = mail_settings.effective(session, settings)
    if mail.server is None:
        return
    now = clock.now()
    when = (_("When"), formats.moment(now, user.time_zone))
    letter = account_messages.security(
        user,
        recipient=recipient or user.email,
        headline=headline,
        facts=[when, *facts],
        advice=advice,
        url=links(settings).forgotten() if leads_on else None,
    )
    outbox.enqueue(
        session,
        letter,
        key=_key(user, what),
        kind=MailKind.SECURITY,
        sender=mail.sender,
        recipient=recipient or user.email,
        recipient_name=user.name,
        workspace_id=None,
        user_id=user.id,
    )


def _key(user: User, what: str) -> str:
    return f"security:{user.id}:{what}"
