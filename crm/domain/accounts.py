"""Accounts: setting a business up, signing in and out. What it takes to get in, and what ends it."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from crm.core import clock, currencies, engine, limits, text, tokens
from crm.core.errors import Missing, Refused, Throttled
from crm.core.i18n import DEFAULT_LOCALE, lazy
from crm.core.tenancy import HouseSession, InstallationSession, inside
from crm.domain import audit, categories, criteria, nights, passwords
from crm.domain.digest_times import next_for
from crm.models.enums import AuditKind, Role
from crm.models.workspaces import Membership, SignInAttempt, User, UserSession, Workspace
from crm.queries import members

LASTS = timedelta(days=60)
"""How long a sign-in lasts at most, however often it is used."""

_ADDRESS = re.compile(r"""[^@\s<>()\[\],;:\\"]+@[^@\s<>()\[\],;:\\"]+""")

SHORT, SHORT_ATTEMPTS = timedelta(minutes=5), 10
"""Failures for an account from one address."""
LONG, LONG_ATTEMPTS = timedelta(hours=1), 50
"""Failures for an account, wherever they come from."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an attempt to sign in comes from: a network address, and the mark of a browser in which this very
    account has signed in before (None in any other browser)."""

    address: str
    known_device: str | None = None


# Setting up


def set_up(
    session: InstallationSession,
    *,
    business: str,
    owner_name: str,
    email: str,
    password: str,
    time_zone: str,
    locale: str = DEFAULT_LOCALE,
) -> Membership:
    """A new business with its owner, the usual categories, and the currency of the time zone's country.

    An address that has an account already owns this business too, with the account's own name; the password must be
    the account's. Raises :class:`Refused`.
    """
    if not business:
        raise Refused(lazy("Type your business’s name."), field="business")
    owner = account(session, email=email, name=owner_name, password=password, time_zone=time_zone, locale=locale)
    workspace = Workspace(
        name=business,
        slug=free_slug(session, business),
        time_zone=clock.canonical(time_zone),
        currency=currencies.of_zone(time_zone),
        next_night_at=nights.next_after(time_zone, clock.now()),
    )
    session.add(workspace)
    session.flush()
    membership = join(session, workspace, owner, role=Role.OWNER)
    with inside(session, workspace.id) as rows:
        categories.seed(rows)
        criteria.seed(rows)
    return membership


def account(
    session: InstallationSession,
    *,
    email: str,
    name: str,
    password: str,
    time_zone: str,
    locale: str = DEFAULT_LOCALE,
) -> User:
    """The account of an address: the existing one, if the password is its own, else a new one.

    Raises :class:`Refused` for a wrong password, a name left out, an unknown time zone.
    """
    email = checked_email(email)
    engine.pass_alone(session.connection(), f"account:{email}")
    known = members.user_by_email(session, email)
    if known is not None:
        if not passwords.is_right(known.password_hash, password):
            raise Refused(lazy("This address has an account already; its password is another one."), field="password")
        return known
    if not name:
        raise Refused(lazy("Type your name."), field="name")
    if not clock.is_zone(time_zone):
        raise Refused(lazy("Choose a time zone of the list."), field="time_zone")
    user = User(
        email=email,
        name=name,
        password_hash=passwords.hash_of(password),
        time_zone=clock.canonical(time_zone),
        locale=locale,
    )
    session.add(user)
    session.flush()
    return user


def checked_email(email: str) -> str:
    """An address as accounts keep it, in lower case. Raises :class:`Refused` for what is none."""
    email = email.strip().lower()
    if not _ADDRESS.fullmatch(email) or len(email) > limits.EMAIL_LENGTH:
        raise Refused(lazy("Type an e-mail address, such as nadia@example.org."), field="email")
    return email


def join(session: InstallationSession, workspace: Workspace, user: User, *, role: Role) -> Membership:
    """Make a person a member of a business; a member who was deactivated comes back in the given role."""
    membership = members.membership(session, workspace.id, user.id)
    if membership is None:
        membership = Membership(
            workspace=workspace,
            user=user,
            role=role,
            digest_on=True,
            digest_hour=8,
            digest_minute=0,
            digest_weekdays="01234",
        )
        session.add(membership)
    membership.role, membership.deactivated_at = role, None
    plan_digest(membership)
    session.flush()
    return membership


def plan_digest(membership: Membership) -> None:
    """Work out when the member's next morning letter goes, from now on. After any change of what it depends on."""
    wanted = membership.digest_on and membership.is_active
    membership.next_digest_at = next_for(membership, clock.now()) if wanted else None


def free_slug(session: InstallationSession, business: str) -> str:
    """The business's slug, with a number behind it where another business has the same."""
    engine.pass_alone(session.connection(), "slugs")
    wanted = text.slug(business)[: limits.NAME_LENGTH - 8].rstrip("-")
    taken = set(session.scalars(select(Workspace.slug).where(Workspace.slug.startswith(wanted, autoescape=True))))
    number = 1
    while (slug := wanted if number == 1 else f"{wanted}-{number}") in taken:
        number += 1
    return slug


# Signing in and out


def sign_in(session: InstallationSession, *, email: str, password: str, origin: Origin) -> User | None:
    """The person with this address and password, or None; a failure is counted, and the count must be kept.

    Raises :class:`Throttled` after too many failures. A device where the account has signed in before is counted
    by itself, so that nobody elsewhere can lock its owner out.
    """
    email = email.strip().lower()
    subject = tokens.fingerprint(f"account:{email}")
    place = tokens.fingerprint(f"device:{origin.known_device}" if origin.known_device else f"address:{origin.address}")
    engine.pass_alone(session.connection(), f"sign-in:{subject}")
    _slow_down(session, subject, place, is_known=origin.known_device is not None)
    user = members.user_by_email(session, email)
    if not passwords.is_right(user.password_hash if user else None, password):
        session.execute(delete(SignInAttempt).where(SignInAttempt.attempted_at < clock.now() - LONG))
        session.add(SignInAttempt(account=subject, address=place))
        if user is not None:
            audit.record(session, AuditKind.SIGN_IN_FAILED, user_id=user.id, address=origin.address)
        session.flush()
        return None
    assert user is not None  # nobody's password is never right
    if passwords.is_outdated(user.password_hash):
        user.password_hash = passwords.hash_of(password)
    session.execute(delete(SignInAttempt).where(SignInAttempt.account == subject, SignInAttempt.address == place))
    audit.record(session, AuditKind.SIGNED_IN, user_id=user.id, address=origin.address)
    return user


def open_session(
    session: InstallationSession, user: User, *, workspace_id: int | None = None, browser: str = ""
) -> tuple[UserSession, str]:
    """Sign a browser in: the row, and the secret that its cookie carries. Begins in the given business, else in the
    person's first."""
    if workspace_id is None:
        own = members.memberships_of(session, user.id)
        workspace_id = own[0].workspace_id if own else None
    token = tokens.new_token()
    opened = UserSession(
        token_hash=tokens.fingerprint(token),
        user=user,
        workspace_id=workspace_id,
        expires_at=clock.now() + LASTS,
        browser=text.clean_line(browser)[:300],
    )
    session.execute(delete(UserSession).where(UserSession.expires_at <= clock.now()))
    session.add(opened)
    session.flush()
    return opened, token


def end_session(session: HouseSession, session_id: int, *, of: int) -> None:
    """Sign one browser of a person (the user's id) out. Raises :class:`Missing` where it is none of theirs."""
    ended = session.execute(
        delete(UserSession).where(UserSession.id == session_id, UserSession.user_id == of).returning(UserSession.id)
    )
    if ended.first() is None:
        raise Missing
    audit.record(session, AuditKind.SIGNED_OUT, user_id=of)


def end_all_sessions(
    session: HouseSession, user_id: int, *, but: int | None = None, workspace_id: int | None = None
) -> None:
    """Sign all browsers of a person out, ``but`` for one; only those that look at one business, if it is given."""
    statement = delete(UserSession).where(UserSession.user_id == user_id)
    if but is not None:
        statement = statement.where(UserSession.id != but)
    if workspace_id is not None:
        statement = statement.where(UserSession.workspace_id == workspace_id)
    session.execute(statement)


def change_password(session: HouseSession, user: User, *, current: str, new: str, but: int | None = None) -> None:
    """Change a password; every other browser is signed out. Raises :class:`Refused` where the current one is wrong."""
    if not passwords.is_right(user.password_hash, current):
        raise Refused(lazy("This is not your present password."), field="current")
    try:
        user.password_hash = passwords.hash_of(new)
    except Refused as refused:
        raise Refused(refused.words, field="new") from None
    audit.record(session, AuditKind.PASSWORD_CHANGED, user_id=user.id)
    end_all_sessions(session, user.id, but=but)


def _slow_down(session: InstallationSession, subject: str, place: str, *, is_known: bool) -> None:
    """Raises :class:`Throttled` while one of the counts is full."""
    waits = [_wait(session, SHORT, SHORT_ATTEMPTS, subject, place)]
    if not is_known:
        waits.append(_wait(session, LONG, LONG_ATTEMPTS, subject))
    seconds = max(waits)
    if seconds:
        minutes = -(-seconds // 60)
        raise Throttled(lazy("Too many attempts. Try again in %(minutes)s min.", minutes=minutes), seconds=seconds)


def _wait(session: InstallationSession, window: timedelta, most: int, subject: str, place: str | None = None) -> int:
    """The seconds until another attempt is allowed; 0 where it is now."""
    now = clock.now()
    begin = now - window
    counted = select(SignInAttempt.attempted_at).where(
        SignInAttempt.account == subject,
        SignInAttempt.attempted_at > begin,
        SignInAttempt.attempted_at <= now,  # later ones are from before the clock was set back: nobody waits a day
    )
    if place is not None:
        counted = counted.where(SignInAttempt.address == place)
    newest_first: list[datetime] = list(
        session.scalars(counted.order_by(SignInAttempt.attempted_at.desc()).limit(most))
    )
    if len(newest_first) < most:
        return 0
    return int((newest_first[-1] - begin).total_seconds()) + 1


def is_set_up(session: InstallationSession) -> bool:
    """Whether anybody has an account here."""
    return session.scalar(select(func.count()).select_from(select(User.id).limit(1).subquery())) == 1
