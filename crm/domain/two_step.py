"""The second step of a sign-in: the codes of an app (RFC 6238), and codes on paper for the day the phone is gone.

Also the proof that whoever is signed in is there still, which what is dangerous asks for.
"""

import secrets
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import delete, update

from crm.core import clock, tokens, vault
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.settings import Settings
from crm.core.tenancy import HouseSession, InstallationSession
from crm.domain import account_letters, audit, passwords
from crm.domain.attempts import Guesses, Origin
from crm.models.enums import AuditKind, SignInWay
from crm.models.ways_in import Passkey, RecoveryCode
from crm.models.workspaces import User
from crm.queries import two_step

ISSUER = "Good Terms"
DIGITS, STEP_SECONDS, SECRET_BYTES = 6, 30, 20
DRIFT = 1
"""A clock may be so many steps ahead or behind."""
CODES = 10
"""So many recovery codes are made at once."""

is_on = two_step.is_on


def begin(session: HouseSession, settings: Settings, *, user_id: int) -> None:
    """Make a secret for an app. It counts when a code of it has been typed.

    Raises :class:`Refused` where one counts already.
    """
    user = _locked(session, user_id)
    if user.totp_since is not None:
        raise Refused(lazy("Two-step sign-in is on already."))
    user.totp_secret = vault.lock(settings.secret_key, secrets.token_hex(SECRET_BYTES))
    session.flush()


def address_of_secret(settings: Settings, user: User) -> str:
    """What an app reads from the square: its secret with the names of both sides. Raises :class:`Missing` where there
    is no secret that waits for its first code."""
    app = _app(settings, user) if user.totp_since is None else None
    if app is None:
        raise Missing
    return app.get_provisioning_uri(user.email, ISSUER)


def secret_in(address: str) -> str:
    """The secret of :func:`address_of_secret` in groups of four, for whoever types it into their app."""
    [secret] = parse_qs(urlsplit(address).query)["secret"]
    return " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))


def turn_on(session: HouseSession, settings: Settings, *, user_id: int, code: str) -> list[str]:
    """Ask for a code at each sign-in from now on; the recovery codes, which are shown once.

    The first code must be right. Raises :class:`Refused`, and :class:`Missing` where nothing was begun.
    """
    user = _locked(session, user_id)
    if user.totp_since is not None or not user.totp_secret:
        raise Missing
    if not _takes(session, settings, user, code):
        raise Refused(lazy("This code is not right. Type the one that the app shows now."), field="code")
    user.totp_since = clock.now()
    account_letters.way_in_changed(session, AuditKind.TWO_STEP_ON, user_id=user.id)
    audit.record(session, AuditKind.RECOVERY_CODES_MADE, user_id=user.id)
    return _write_codes(session, settings, user)


def turn_off(session: HouseSession, *, user_id: int) -> None:
    """Ask for no code of an app any more. Recovery codes go along where no passkey is left that they stand in for."""
    user = _locked(session, user_id)
    if user.totp_since is not None:
        account_letters.way_in_changed(session, AuditKind.TWO_STEP_OFF, user_id=user.id)
    user.totp_secret, user.totp_since, user.totp_last_step = "", None, 0
    drop_idle_codes(session, user)


def let_back_in(session: InstallationSession, user: User) -> None:
    """Take every second step off an account whose person is locked out: the app, the passkeys, the recovery codes."""
    session.execute(delete(Passkey).where(Passkey.user_id == user.id))
    turn_off(session, user_id=user.id)


def drop_idle_codes(session: HouseSession, user: User) -> None:
    """Recovery codes are worthless where there is no second step."""
    session.flush()
    if not two_step.is_on(session, user):
        session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


def make_codes(session: HouseSession, settings: Settings, *, user_id: int) -> list[str]:
    """New recovery codes in place of the old ones. They are shown once; their fingerprints alone are stored.

    Raises :class:`Missing` where there is no second step that they would stand in for.
    """
    user = _locked(session, user_id)
    if not two_step.is_on(session, user):
        raise Missing
    account_letters.way_in_changed(session, AuditKind.RECOVERY_CODES_MADE, user_id=user.id)
    return _write_codes(session, settings, user)


def _write_codes(session: HouseSession, settings: Settings, user: User) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = [tokens.new_code() for _number in range(CODES)]
    session.add_all([RecoveryCode(user_id=user.id, code_hash=_stored(settings, user, code)) for code in codes])
    session.flush()
    return codes


def sign_in(
    session: InstallationSession, settings: Settings, user: User, *, code: str, recovery: str, origin: Origin
) -> SignInWay | None:
    """The second step by a code of the app, or by a recovery code: by which way, or None; a failure is counted and
    written down, and both must be kept. Raises :class:`Throttled` after too many failures."""
    guesses = _guesses(user, origin)
    guesses.begin(session)
    way = _way(session, settings, user, code=code, recovery=recovery)
    if way is None:
        audit.record(session, AuditKind.SIGN_IN_FAILED, user_id=user.id, address=origin.address, way=SignInWay.TWO_STEP)
        guesses.count(session)
        return None
    guesses.forget(session)
    if way is SignInWay.RECOVERY_CODE:
        left = str(two_step.codes_left(session, user.id))
        audit.record(session, AuditKind.RECOVERY_CODE_USED, user_id=user.id, address=origin.address, left=left)
    return way


def prove(
    session: InstallationSession, settings: Settings, user: User, *, password: str, code: str, origin: Origin
) -> bool:
    """Whether somebody who is signed in is there still, by their password or by a code of their app; a failure is
    counted, and the count must be kept. Raises :class:`Throttled` after too many failures."""
    guesses = Guesses.at("account", user.email, origin) if password else _guesses(user, origin)
    guesses.begin(session)
    if password:
        is_right = passwords.is_right(user.password_hash, password)
    else:
        is_right = user.totp_since is not None and _takes(session, settings, user, code)
    if is_right:
        guesses.forget(session)
        return True
    audit.record(session, AuditKind.SIGN_IN_FAILED, user_id=user.id, address=origin.address)
    guesses.count(session)
    return False


def _way(session: InstallationSession, settings: Settings, user: User, *, code: str, recovery: str) -> SignInWay | None:
    if recovery:
        return SignInWay.RECOVERY_CODE if _spends(session, settings, user, recovery) else None
    is_right = user.totp_since is not None and _takes(session, settings, user, code)
    return SignInWay.TWO_STEP if is_right else None


def _spends(session: InstallationSession, settings: Settings, user: User, typed: str) -> bool:
    """Whether it is a recovery code; it is none any more then."""
    statement = (
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash == _stored(settings, user, typed),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .returning(RecoveryCode.id)
    )
    return session.execute(statement).first() is not None


def _takes(session: HouseSession, settings: Settings, user: User, typed: str) -> bool:
    """Whether the app shows the code now, a step ago or a step ahead, and nobody typed it yet; nobody can again."""
    app, code = _app(settings, user), tokens.plain_code(typed)
    if app is None or len(code) != DIGITS or not code.isascii():
        return False
    now = int(clock.now().timestamp()) // STEP_SECONDS
    steps = range(now - DRIFT, now + DRIFT + 1)
    shown = [step for step in steps if secrets.compare_digest(app.generate(step * STEP_SECONDS), code.encode())]
    if not shown:
        return False
    statement = update(User).where(User.id == user.id, User.totp_last_step < shown[-1]).returning(User.id)
    taken = session.execute(statement.values(totp_last_step=shown[-1]))
    return taken.first() is not None


def _app(settings: Settings, user: User) -> TOTP | None:
    """The app's twin; None where there is no secret, or none that the present SECRET_KEY opens."""
    secret = vault.unlock(settings.secret_key, user.totp_secret) if user.totp_secret else None
    return TOTP(bytes.fromhex(secret), DIGITS, SHA1(), STEP_SECONDS) if secret else None  # noqa: S303 - apps know no other


def _stored(settings: Settings, user: User, code: str) -> str:
    words = f"{user.id}:{tokens.plain_code(code)}"
    return tokens.keyed_fingerprint(settings.secret_key, "recovery-code", words)


def _guesses(user: User, origin: Origin) -> Guesses:
    return Guesses.at("second step", str(user.id), origin)


def _locked(session: HouseSession, user_id: int) -> User:
    user = session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None:
        raise Missing
    return user
