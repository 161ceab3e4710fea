"""Takes letters out of the outbox and to the mail server, in a thread of its own: the network keeps nobody waiting.

No transaction is open while the network is spoken to. Before MAIL FROM there is a commit that says so.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine

from crm.core import clock
from crm.core.settings import MailServer, Settings
from crm.core.tenancy import InstallationSession
from crm.core.unit_of_work import Begin, installation_work, installation_works
from crm.domain import deliveries, mail_settings
from crm.jobs.worker import Worker
from crm.mail import breaker, outbox
from crm.mail.delivery import Limits, Line, Outcome, Stage, Verdict
from crm.mail.outbox import Claim
from crm.models.enums import MailState

log = logging.getLogger(__name__)

BATCH = 25
"""Letters claimed together. An urgent one waits for so many at the most."""
ERASE_EVERY = 3600.0
"""Seconds. What is erased opens nothing any more."""
_NOT_HANDLED = Outcome(Verdict.LATER, Stage.CONNECT, problem="It could not be handled; the log says more.")


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What came of a letter, as long as it is not stored."""

    claim: Claim
    outcome: Outcome

    def log(self, state: MailState | None) -> None:
        """Tell the log, once it is stored."""
        log.log(
            logging.INFO if self.outcome.verdict is Verdict.ACCEPTED else logging.WARNING,
            "letter %d, attempt %d: %s at %s, now %s: %s",
            self.claim.message_id,
            self.claim.attempt,
            self.outcome.verdict,
            self.outcome.stage,
            state or "gone another way",
            self.outcome.words,
        )


def _settle(session: InstallationSession, server: MailServer, attempt: _Attempt) -> MailState | None:
    """Record what came of a letter, and keep in mind how the server is."""
    outcome = attempt.outcome
    state = deliveries.settle(session, attempt.claim, outcome)
    if outcome.concerns_all:
        breaker.trip(session, server)
        return state
    if outcome.verdict in (Verdict.ACCEPTED, Verdict.REFUSED):
        is_back = bool(outcome.answer) and breaker.heal(session, server)
    else:
        is_back = breaker.put_off(session, server, answers=bool(outcome.answer))
    if is_back:
        outbox.hurry(session)
    return state


class Sender(Worker):
    """Carries letters to the mail server. Its bell rings when one is put in."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        super().__init__(engine, settings, outbox.bell)
        self._queue = outbox.Queue()
        self._erased_at: float | None = None
        self._clock = clock.Evenness()
        self._alive_at = 0.0
        """When our claims last held, on the clock that nobody can set."""
        self._rows = threading.Lock()
        """Held by whoever changes claimed letters: two of them in one transaction and all of them in another, in
        whatever order, would wait for each other."""

    def work_once(self) -> int:
        """Send all that is due now. How many letters were accepted."""
        with installation_work(self._engine) as session:
            if outbox.set_right(session, lease=self._lease):
                log.warning("the clock has been set back: what waited by the clock as it was goes on")
            outbox.expire(session)
            if breaker.is_put_off(session) and not outbox.has_tried(session):
                breaker.reset(session)  # what was put off has been given up since: nobody knows of any fault now
            self._erase(session)
            # A clock that was set forward ends everybody's leases: whoever lives has the time to renew theirs.
            lost = outbox.recover(session) if self._clock.lasts(self._settings.lease_seconds) else {}
            for state, count in lost.items():
                log.warning("%d letters of a lost worker are %s now", count, state)
            mail = mail_settings.effective(session, self._settings)
        if mail.server is None:
            return 0
        claims = self._claim(mail.server)
        if not claims:
            return 0
        limits = Limits(self._settings.smtp_timeout, self._settings.smtp_data_timeout)
        line = Line(mail.server, limits, own_name=self._own_name())
        accepted = 0
        with closing(line), self._held(), installation_works(self._engine) as begin:
            while claims:
                accepted += self._carry(line, begin, mail.server, mail.sender, claims)
                claims = [] if self._stopping.is_set() else self._claim(mail.server)
        return accepted

    def _erase(self, session: InstallationSession) -> None:
        now = clock.monotonic()
        if self._erased_at is None or now - self._erased_at >= ERASE_EVERY:
            outbox.erase_secrets(session)
            self._erased_at = now

    def _claim(self, server: MailServer) -> list[Claim]:
        with installation_work(self._engine) as session:
            may_try = breaker.may_try(session, server)
            if may_try is False:
                return []
            return outbox.claim(
                session,
                owner=self.owner,
                lease=self._lease,
                limit=1 if may_try is None else BATCH,
                per_hour=self._settings.mail_per_hour,
                queue=self._queue,
            )

    def _carry(self, line: Line, begin: Begin, server: MailServer, sender: str, claims: list[Claim]) -> int:
        """Send the claimed letters one by one; where the server fails, the rest go back untouched.

        What came of a letter is stored in the transaction in which the next one passes the fence: a commit each.
        """
        accepted = 0
        last: _Attempt | None = None
        for place, claim in enumerate(claims):
            if last is not None and not line.is_ready:
                self._store(server, last)  # at once: to open the line again may take a minute
                last = None
            outcome = line.open()
            if outcome is None:
                parcel = self._begin(begin, server, last, claim, sender)
                last = None
                if parcel is None:
                    continue
                outcome = self._send(line, parcel)
            last = _Attempt(claim, outcome)
            accepted += outcome.verdict is Verdict.ACCEPTED
            if outcome.concerns_all or self._stopping.is_set():
                self._store(server, last, untouched=claims[place + 1 :])
                return accepted
        if last is not None:
            self._store(server, last)
        return accepted

    def _begin(
        self, begin: Begin, server: MailServer, last: _Attempt | None, claim: Claim, sender: str
    ) -> deliveries.Parcel | None:
        """Store what came of the last letter and let the next one pass the fence, both or neither."""
        now = clock.monotonic()
        state = None
        try:
            with self._rows, begin() as session:
                if last is not None:
                    state = _settle(session, server, last)
                parcel = deliveries.begin(session, claim, sender=sender, lease=self._lease)
        except Exception:
            log.exception("letter %d could not be handled", claim.message_id)
            if last is not None:
                self._store(server, last)  # the next one's fault is not to cost what is known of this one
            self._put_off(claim)
            return None
        if last is not None:
            last.log(state)
        self._alive_at = now
        return parcel

    def _send(self, line: Line, parcel: deliveries.Parcel) -> Outcome:
        try:
            return line.send(
                sender=parcel.sender, recipient=parcel.recipient, content=parcel.content, is_fresh=self._is_fresh
            )
        except Exception:
            log.exception("letter %d could not be handled", parcel.claim.message_id)
            line.close()
            return _NOT_HANDLED

    def _store(self, server: MailServer, last: _Attempt, *, untouched: Sequence[Claim] = ()) -> None:
        """Store what came of a letter. Where that fails, its lease runs out, and then it counts as begun and lost."""
        try:
            with self._rows, installation_work(self._engine) as session:
                state = _settle(session, server, last)
                outbox.release(session, untouched)
        except Exception:
            log.exception("what came of letter %d could not be stored", last.claim.message_id)
            return
        last.log(state)

    def _put_off(self, claim: Claim) -> None:
        try:
            with self._rows, installation_work(self._engine) as session:
                deliveries.settle(session, claim, _NOT_HANDLED)
        except Exception:
            log.exception("letter %d could not be put off", claim.message_id)

    def _own_name(self) -> str | None:
        """What to call ourselves before the mail server: the host of BASE_URL, where it has a public name."""
        host = self._settings.base_url.partition("://")[2].partition(":")[0]
        is_name = self._settings.base_url_is_set and "." in host and not host.replace(".", "").isdigit()
        return host if is_name else None

    def _is_fresh(self) -> bool:
        """Whether our claims surely still hold: a worker that was frozen for longer sends nothing when it wakes."""
        return clock.monotonic() < self._alive_at + self._lease.total_seconds()

    @contextmanager
    def _held(self) -> Iterator[None]:
        """While letters are in hand a second thread renews their leases, so that a slow server costs nothing."""
        over = threading.Event()
        pulse = threading.Thread(target=self._renew_leases, args=(over,), name="mail-leases", daemon=True)
        pulse.start()
        try:
            yield
        finally:
            over.set()
            pulse.join()

    def _renew_leases(self, over: threading.Event) -> None:
        while not over.wait(self._settings.lease_seconds / 3):
            try:
                now = clock.monotonic()
                was_set = not self._clock.lasts(self._settings.lease_seconds)
                with self._rows, installation_work(self._engine) as session:
                    renewed = outbox.renew(session, owner=self.owner, lease=self._lease, revive=was_set)
                if renewed:
                    self._alive_at = now
            except Exception:
                log.exception("the leases could not be renewed")
