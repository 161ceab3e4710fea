"""Takes letters out of the outbox and to the mail server, in a thread of its own: the network keeps nobody waiting.

Every step is a transaction of its own, and none is open while the network is spoken to.
"""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Engine

from crm.core import clock
from crm.core.settings import MailServer, Settings
from crm.core.unit_of_work import installation_work
from crm.domain import deliveries, mail_settings
from crm.mail import breaker, outbox
from crm.mail.delivery import Limits, Line, Outcome, Stage, Verdict
from crm.mail.outbox import Claim

log = logging.getLogger(__name__)

BATCH = 10


class Sender:
    """One worker. Any number of them may run, in any number of processes."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._lease = timedelta(seconds=settings.lease_seconds)
        self.owner = f"{socket.gethostname()[:24]}:{os.getpid()}:{secrets.token_hex(8)}"
        self._stopping = threading.Event()
        self._alive_at = 0.0
        """When our claims last held, on the clock that nobody can set."""

    def run(self) -> None:
        """Work until told to stop: whenever a letter is put in here, and at each tick for what others put in."""
        while not self._stopping.is_set():
            outbox.bell.clear()
            try:
                self.work_once()
            except Exception:
                log.exception("a turn of the sender failed")
            outbox.bell.wait(self._settings.tick_seconds)

    def stop(self) -> None:
        """Finish the letter in hand and go."""
        self._stopping.set()
        outbox.bell.set()

    def work_once(self) -> int:
        """Send all that is due now. How many letters were accepted."""
        with installation_work(self._engine) as session:
            outbox.expire(session)
            for state, count in outbox.recover(session).items():
                log.warning("%d letters of a lost worker are %s now", count, state)
            mail = mail_settings.effective(session, self._settings)
        if mail.server is None:
            return 0
        line = Line(
            mail.server,
            Limits(self._settings.smtp_timeout, self._settings.smtp_data_timeout),
            own_name=self._own_name(),
        )
        accepted = 0
        try:
            while not self._stopping.is_set():
                claims = self._claim(mail.server)
                if not claims:
                    break
                with self._held():
                    accepted += self._carry(line, mail.server, mail.sender, claims)
        finally:
            line.close()
        return accepted

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
            )

    def _carry(self, line: Line, server: MailServer, sender: str, claims: list[Claim]) -> int:
        """Send the claimed letters one by one; where the server fails, the rest go back untouched."""
        accepted = 0
        for place, claim in enumerate(claims):
            try:
                outcome = self._send(line, claim, sender)
            except Exception:
                log.exception("letter %d could not be handled", claim.message_id)
                self._put_off(claim)
                continue
            if outcome is None:
                continue
            accepted += outcome.verdict is Verdict.ACCEPTED
            if not self._learn(server, outcome) or self._stopping.is_set():
                with installation_work(self._engine) as session:
                    outbox.release(session, claims[place + 1 :])
                break
        return accepted

    def _send(self, line: Line, claim: Claim, sender: str) -> Outcome | None:
        outcome = line.open()
        if outcome is None:
            with installation_work(self._engine) as session:
                parcel = deliveries.begin(session, claim, sender=sender, lease=self._lease)
            if parcel is None:
                return None
            self._alive_at = clock.monotonic()
            outcome = line.send(
                sender=parcel.sender, recipient=parcel.recipient, content=parcel.content, is_fresh=self._is_fresh
            )
        with installation_work(self._engine) as session:
            state = deliveries.settle(session, claim, outcome)
        level = logging.INFO if outcome.verdict is Verdict.ACCEPTED else logging.WARNING
        log.log(
            level,
            "letter %d, attempt %d: %s at %s, now %s: %s",
            claim.message_id,
            claim.attempt,
            outcome.verdict,
            outcome.stage,
            state or "gone another way",
            outcome.words,
        )
        return outcome

    def _learn(self, server: MailServer, outcome: Outcome) -> bool:
        """Keep in mind how the server is. Whether it is worth going on with it."""
        with installation_work(self._engine) as session:
            if outcome.concerns_all:
                breaker.trip(session, server)
                return False
            if outcome.answer and breaker.heal(session, server):
                outbox.hurry(session)
        return True

    def _put_off(self, claim: Claim) -> None:
        fault = Outcome(Verdict.LATER, Stage.CONNECT, problem="It could not be handled; the log says more.")
        try:
            with installation_work(self._engine) as session:
                deliveries.settle(session, claim, fault)
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
                with installation_work(self._engine) as session:
                    renewed = outbox.renew(session, owner=self.owner, lease=self._lease)
                if renewed:
                    self._alive_at = clock.monotonic()
            except Exception:
                log.exception("the leases could not be renewed")
