"""Flask-Login over rows: a session can be ended from here, and a copied cookie dies with it.

The cookie is signed and re-dated at each answer, so that 14 days without a visit end it; the row ends it after 60.
"""

from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from flask import Response, after_this_request, g, request
from flask import session as cookie
from flask_login import UserMixin, login_user, logout_user

from crm.core import clock, tokens
from crm.core.errors import Missing
from crm.core.tenancy import HouseSession, InstallationSession, way_in
from crm.domain import accounts, health, heartbeats, known_devices
from crm.domain.attempts import Origin
from crm.domain.health import Trouble
from crm.mail import breaker
from crm.models.enums import SignInWay
from crm.models.workspaces import Membership, User, UserSession
from crm.queries import members
from crm.web import browsers
from crm.web.extensions import login_manager
from crm.web.installation import installation

IDLE = timedelta(days=14)
DEVICE_LASTS = known_devices.KEPT
HELD_LASTS = timedelta(minutes=10)
"""So long after the right password the second step may take."""
_HELD = "held"


class Visitor(UserMixin):
    """Who Flask-Login holds: a browser's session, its person, and the business it looks at."""

    def __init__(
        self,
        user_session: UserSession,
        memberships: list[Membership],
        token: str,
        *,
        trouble: Trouble | None = None,
        unheard: frozenset[int] = frozenset(),
    ) -> None:
        self.user_session = user_session
        self.memberships = memberships
        self.token = token
        self.trouble = trouble
        """What keeps the installation from its work, for those who look after it."""
        self.unheard = unheard
        """The businesses of which a webhook was stopped because nothing arrived."""

    @property
    def person(self) -> User:
        return self.user_session.user

    @property
    def member(self) -> Membership | None:
        """The place in the business looked at; the first one where that is unknown or over."""
        wanted = self.user_session.workspace_id
        return next((m for m in self.memberships if m.workspace_id == wanted), next(iter(self.memberships), None))

    def get_id(self) -> str:
        return self.token


@login_manager.user_loader
def _load(token: str) -> Visitor | None:
    home, hashed = installation(), tokens.fingerprint(token)
    with way_in(home.engine, writing=False).connect() as connection:
        found = members.signed_in(
            connection, hashed, clock.now(), tick=heartbeats.TICK, fuse=breaker.NAME, faults=health.FAULTS
        )
    if found is None:
        return None
    trouble = health.trouble(found.tick, found.fuse, found.faults, tick_seconds=home.settings.tick_seconds)
    return Visitor(found.user_session, found.memberships, token, trouble=trouble, unheard=found.unheard)


def let_in(
    session: InstallationSession,
    user: User,
    *,
    before: Visitor | None,
    workspace_id: int | None = None,
    stays: bool = True,
    way: SignInWay = SignInWay.PASSWORD,
) -> None:
    """Sign this browser in as a person; whoever was signed in ``before`` is not any more.

    Unless it ``stays`` signed in, closing the browser signs it out. Whoever has a second step comes here after it.
    """
    let_out(session, before)
    opened, token = accounts.open_session(
        session,
        user,
        workspace_id=workspace_id,
        browser=request.user_agent.string,
        address=request.remote_addr or "",
        way=way,
    )
    remember(opened, token, stays=stays)
    known_devices.seen(
        session,
        installation().settings,
        user,
        device=mark_device(user.email),
        browser=browsers.name_of(request.user_agent.string),
        address=request.remote_addr or "",
    )


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody whose password was right, and who is not in yet: the second step is missing."""

    user_id: int
    version: str
    """What the password was: another one ends this."""
    stays: bool
    wanted: str
    """The page that was asked for."""
    way: str = ""
    """By which way the second step was taken, where that was proved apart from its form, as a passkey does."""


def hold(user: User, *, stays: bool = True, wanted: str = "", way: SignInWay | None = None) -> None:
    """Keep in the cookie, signed, that this browser typed somebody's password. Nobody is signed in by that.

    With a ``way`` the second step is taken as well: its form need hold nothing, and lets the person in.
    """
    held = Held(user.id, accounts.version(user), stays, wanted, way or "")
    cookie[_HELD] = _held_signer().sign(asdict(held), lasts=HELD_LASTS)


def held(session: InstallationSession) -> tuple[User, Held] | None:
    """Who was held here, if that is not over; :func:`let_in` ends it."""
    facts = _held_signer().read(cookie.get(_HELD, ""))
    if facts is None:
        return None
    found = Held(**facts)
    user = session.get(User, found.user_id)
    return (user, found) if user is not None and accounts.version(user) == found.version else None


def confirm(session: HouseSession, visitor: Visitor) -> None:
    """Note that whoever is signed in has just proved to be there. Then the page's form may be sent without a proof."""
    accounts.confirm(session, visitor.user_session)


def is_fresh(visitor: Visitor) -> bool:
    """Whether the last proof is recent enough for what is dangerous."""
    return accounts.is_fresh(visitor.user_session)


def let_out(session: InstallationSession, visitor: Visitor | None) -> None:
    """End the row of a browser's session, if it has one."""
    if visitor is not None:
        with suppress(Missing):  # another request of this browser was quicker
            accounts.end_session(session, visitor.user_session.id, of=visitor.person.id)


def origin(email: str) -> Origin:
    """Where this attempt to sign in with an address comes from."""
    return Origin(request.remote_addr or "", known_device(email))


def remember(user_session: UserSession, token: str, *, stays: bool = True) -> None:
    """Sign this browser in to a session row that has been written; everything the browser held before is dropped."""
    cookie.clear()
    g.pop("csrf_token", None)  # a page of this very answer needs a token of the new cookie
    cookie.permanent = stays
    login_user(Visitor(user_session, [], token))


def forget() -> None:
    """Sign this browser out; deleting the row is the domain's part."""
    logout_user()
    cookie.clear()


def known_device(email: str) -> str | None:
    """The mark of this browser, if the account of the address has signed in with it before."""
    facts = _device_facts()
    if facts is None or facts.get("account") != tokens.fingerprint(email.strip().lower()):
        return None
    return str(facts.get("device"))


def mark_device(email: str) -> str:
    """Let this browser be known for the account, also after it has signed out. Its mark stays the same whoever signs in
    with it."""
    device = str((_device_facts() or {}).get("device") or tokens.new_token())
    facts = {"account": tokens.fingerprint(email.strip().lower()), "device": device}
    mark = _device_signer().sign(facts, lasts=DEVICE_LASTS)
    is_https = installation().settings.is_https

    @after_this_request
    def set_mark(response: Response) -> Response:
        response.set_cookie(
            _device_cookie(), mark, max_age=DEVICE_LASTS, secure=is_https, httponly=True, samesite="Lax"
        )
        return response

    return device


def _device_facts() -> dict[str, Any] | None:
    return _device_signer().read(request.cookies.get(_device_cookie(), ""))


def _held_signer() -> tokens.Signer:
    return tokens.Signer(installation().settings.secret_key, "second-step")


def _device_signer() -> tokens.Signer:
    return tokens.Signer(installation().settings.secret_key, "device")


def _device_cookie() -> str:
    return "__Host-goodterms-device" if installation().settings.is_https else "goodterms-device"
