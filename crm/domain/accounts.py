"""Accounts: setting a business up, signing in and out. What it takes to get in, and what ends it."""

import re
from datetime import timedelta

from sqlalchemy import delete, func, select, update

from crm.core import clock, currencies, engine, limits, text, tokens
from crm.core.errors import Missing, Refused
from crm.core.i18n import DEFAULT_LOCALE, lazy
from crm.core.tenancy import HouseSession, InstallationSession, inside
from crm.domain import audit, categories, criteria, nights, passwords
from crm.domain.attempts import Guesses, Origin
from crm.domain.audit import ADDRESS_LENGTH
from crm.domain.digest_times import next_for
from crm.models.enums import AuditKind, Role, SignInWay
from crm.models.workspaces import Membership, User, UserSession, Workspace
from crm.queries import members

LASTS = timedelta(days=60)
"""How long a sign-in lasts at most, however often it is used."""

FRESH = timedelta(minutes=15)
"""So long a proof of who one is holds for what is dangerous."""

_ADDRESS = re.compile(r"""[^@\s<>()\[\],;:\\"]+@[^@\s<>()\[\],;:\\"]+""")


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
        password_hash=passwords.hash_of(password, about=(email, name)),
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

    Whoever has a second step is not in yet (:func:`crm.domain.two_step.is_on`). Raises :class:`Throttled` after too
    many failures.
    """
    email = email.strip().lower()
    guesses = Guesses.at("account", email, origin)
    guesses.begin(session)
    user = members.user_by_email(session, email)
    if not passwords.is_right(user.password_hash if user else None, password):
        if user is not None:
            audit.record(session, AuditKind.SIGN_IN_FAILED, user_id=user.id, address=origin.address)
        guesses.count(session)
        return None
    assert user is not None  # nobody's password is never right
    if passwords.is_outdated(user.password_hash):
        user.password_hash = passwords.made_anew(password)
    guesses.forget(session)
    return user


def open_session(
    session: InstallationSession,
    user: User,
    *,
    workspace_id: int | None = None,
    browser: str = "",
    address: str = "",
    way: SignInWay = SignInWay.PASSWORD,
) -> tuple[UserSession, str]:
    """Sign a browser in: the row, and the secret that its cookie carries. Begins in the given business, else in the
    person's first; ``address`` is the network address, ``way`` how the person proved who they are."""
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
        address=address[:ADDRESS_LENGTH],
        way=way,
    )
    session.execute(delete(UserSession).where(UserSession.expires_at <= clock.now()))
    session.add(opened)
    audit.record(session, AuditKind.SIGNED_IN, user_id=user.id, address=address, way=way)
    session.flush()
    return opened, token


def confirm(session: HouseSession, user_session: UserSession) -> None:
    """The person of a browser's session has just proved again to be there."""
    now = clock.now()
    session.execute(update(UserSession).where(UserSession.id == user_session.id).values(confirmed_at=now))


def is_fresh(user_session: UserSession) -> bool:
    """Whether the last proof is recent enough for what is dangerous; one from after a clock was set back is not."""
    return abs(clock.now() - user_session.confirmed_at) <= FRESH


def version(user: User) -> str:
    """What changes with the address and the password of an account: a link or a sign-in that is under way ends with
    either."""
    return tokens.fingerprint(f"{user.email}:{user.password_hash}")


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


def sign_out_everywhere(session: HouseSession, user: User, *, address: str) -> None:
    """End all sign-ins of a person, this one too; ``address`` is the network address that it was asked from."""
    end_all_sessions(session, user.id)
    audit.record(session, AuditKind.SIGNED_OUT_EVERYWHERE, user_id=user.id, address=address)


def change_password(session: HouseSession, user: User, *, current: str, new: str, but: int | None = None) -> None:
    """Change a password; every other browser is signed out. Raises :class:`Refused` where the current one is wrong."""
    if not passwords.is_right(user.password_hash, current):
        raise Refused(lazy("This is not your present password."), field="current")
    try:
        user.password_hash = passwords.hash_of(new, about=(user.email, user.name))
    except Refused as refused:
        raise Refused(refused.words, field="new") from None
    audit.record(session, AuditKind.PASSWORD_CHANGED, user_id=user.id)
    end_all_sessions(session, user.id, but=but)


def is_set_up(session: InstallationSession) -> bool:
    """Whether anybody has an account here."""
    return session.scalar(select(func.count()).select_from(select(User.id).limit(1).subquery())) == 1
