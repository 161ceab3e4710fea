"""Guessing is slowed down: failures are counted by account and by place, and after too many nobody guesses on.

A browser in which the account has signed in before is counted by itself, so that nobody elsewhere can lock its owner
out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from crm.core import clock, engine, tokens
from crm.core.errors import Throttled
from crm.core.i18n import lazy
from crm.core.tenancy import HouseSession
from crm.models.workspaces import SignInAttempt

SHORT, SHORT_ATTEMPTS = timedelta(minutes=5), 10
"""Failures for an account from one address."""
LONG, LONG_ATTEMPTS = timedelta(hours=1), 50
"""Failures for an account, wherever they come from; in a browser that it knows, failures there."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an attempt to sign in comes from: a network address, and the mark of a browser in which this very
    account has signed in before (None in any other browser)."""

    address: str
    known_device: str | None = None


@dataclass(frozen=True, slots=True)
class Guesses:
    """Whose secret is guessed, and from where: fingerprints alone."""

    subject: str
    place: str
    is_known: bool

    @classmethod
    def at(cls, secret: str, of: str, origin: Origin) -> "Guesses":
        """Guesses at a kind of secret, such as ``account`` for the password, of an account from an origin."""
        device = origin.known_device
        place = f"device:{device}" if device else f"address:{origin.address}"
        return cls(tokens.fingerprint(f"{secret}:{of}"), tokens.fingerprint(place), device is not None)

    def begin(self, session: HouseSession) -> None:
        """Wait for other guesses at the same secret. Raises :class:`Throttled` while one of the counts is full."""
        engine.pass_alone(session.connection(), f"sign-in:{self.subject}")
        everywhere = self.place if self.is_known else None
        seconds = max(
            self._wait(session, SHORT, SHORT_ATTEMPTS, self.place), self._wait(session, LONG, LONG_ATTEMPTS, everywhere)
        )
        if seconds:
            minutes = -(-seconds // 60)
            raise Throttled(lazy("Too many attempts. Try again in %(minutes)s min.", minutes=minutes), seconds=seconds)

    def count(self, session: HouseSession) -> None:
        """One of them was wrong. What is counted must be kept though the request fails."""
        session.execute(delete(SignInAttempt).where(SignInAttempt.attempted_at < clock.now() - LONG))
        session.add(SignInAttempt(account=self.subject, address=self.place))
        session.flush()

    def forget(self, session: HouseSession) -> None:
        """One of them was right: those from the same place are counted no more."""
        mine = (SignInAttempt.account == self.subject, SignInAttempt.address == self.place)
        session.execute(delete(SignInAttempt).where(*mine))

    def _wait(self, session: HouseSession, window: timedelta, most: int, place: str | None = None) -> int:
        """The seconds until another attempt is allowed; 0 where it is now."""
        now = clock.now()
        begin = now - window
        counted = select(SignInAttempt.attempted_at).where(
            SignInAttempt.account == self.subject,
            SignInAttempt.attempted_at > begin,
            SignInAttempt.attempted_at <= now,  # later ones are from before the clock was set back
        )
        if place is not None:
            counted = counted.where(SignInAttempt.address == place)
        newest_first: list[datetime] = list(
            session.scalars(counted.order_by(SignInAttempt.attempted_at.desc()).limit(most))
        )
        if len(newest_first) < most:
            return 0
        return int((newest_first[-1] - begin).total_seconds()) + 1
