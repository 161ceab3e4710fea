"""A storm: schedulers that are killed and frozen, before a mail server that answers badly, and the count of what came.

Everything that is left to chance comes of one seed, which is printed.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Engine, func, select

from crm.core import clock
from crm.core.tenancy import installation_session
from crm.core.unit_of_work import installation_work
from crm.mail import outbox
from crm.mail.mime import Letter
from crm.models.enums import MailKind, MailState
from crm.models.outbox import OutboxMessage
from crm.models.workspaces import Membership
from tests.support.faketime import FakeTime
from tests.support.serving import Server
from tests.support.smtp_sink import SmtpSink
from tests.support.waiting import PATIENCE, eventually

REFUSED = "nobody"
"""Addresses that begin so are refused for good."""
SETTLED = (MailState.SENT, MailState.FAILED, MailState.HELD, MailState.CANCELLED)
IN_HAND = (MailState.SENDING, MailState.BEGUN)
AT_ONCE = 200
FROZEN_SECONDS = 20.0
"""So long at the most: far beyond a lease."""


@dataclass
class Weather:
    """How often, in a thousand letters, the server does each of these things."""

    later: int = 20
    """451: come back later."""
    away: int = 4
    """421: the server closes."""
    dropped: int = 5
    """The connection ends after the final dot, and the letter has arrived."""
    silent: int = 2
    """After the final dot nothing is said any more, and the letter has arrived."""


class RoughSink(SmtpSink):
    """A mail server in bad weather. It counts what it did."""

    def __init__(self, weather: Weather, chance: random.Random) -> None:
        super().__init__()
        self._weather = weather
        self._chance = chance
        self.did: Counter[str] = Counter()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[object]
    ) -> str:
        if address.startswith(REFUSED):
            self.did["550"] += 1
            return "550 No such person"
        if self._happens(self._weather.later):
            self.did["451"] += 1
            return "451 Come back later"
        if self._happens(self._weather.away):
            self.did["421"] += 1
            return "421 Closing"
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if self._happens(self._weather.dropped):
            self.did["dropped"] += 1
            _hang_up(server)
        elif self._happens(self._weather.silent):
            self.did["silent"] += 1
            await asyncio.Event().wait()  # until the other side has had enough and closes
        return answer

    def _happens(self, per_thousand: int) -> bool:
        return self._chance.randrange(1000) < per_thousand


def _hang_up(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()


@dataclass
class Counts:
    """What a storm came to."""

    lost: int = 0
    doubled_outside: int = 0
    doubled_inside: int = 0
    other_bytes: int = 0
    """Letters that came twice and were not the same, byte for byte."""
    unmarked: int = 0
    """Letters to our own people that came twice, and of which the outbox does not say so."""
    excused: int = 0
    """Kills, freezes, drops and silences: each may double one letter to our own people."""
    states: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        states = ", ".join(f"{state} {count}" for state, count in sorted(self.states.items()))
        return (
            f"lost {self.lost}, doubled outside {self.doubled_outside}, doubled inside {self.doubled_inside} of at most"
            f" {self.excused}, not the same bytes {self.other_bytes}, not marked {self.unmarked}; {states}"
        )


@dataclass
class Storm:
    """Letters in the outbox, schedulers that send them, and somebody who takes their lives."""

    engine: Engine
    sink: RoughSink
    fake_time: FakeTime
    schedulers: Sequence[Server]
    chance: random.Random
    now: datetime
    letters: int = 0
    kills: int = 0
    freezes: int = 0

    def put_in(self, to: Membership, *, letters: int, outsiders: int, refused: int) -> None:
        """Put that many letters in: to one of our own people, some of them to people outside, some to nobody."""
        self.letters += letters
        for first in range(0, letters, AT_ONCE):
            with installation_work(self.engine) as session:
                for number in range(first, min(first + AT_ONCE, letters)):
                    is_outside = number % letters < outsiders
                    name = REFUSED if letters - number <= refused else "somebody"
                    own = not is_outside and name != REFUSED
                    outbox.enqueue(
                        session,
                        Letter(subject=f"Letter {number}", text=f"This is letter {number}.", html="<p>Hello.</p>"),
                        key=f"storm:{number}",
                        kind=MailKind.TEST,
                        sender="Good Terms <goodterms@example.org>",
                        recipient=to.user.email if own else f"{name}{number}@outside.example",
                        recipient_name="",
                        workspace_id=to.workspace_id,
                        user_id=to.user_id if own else None,
                        to_outsider=is_outside,
                    )

    def rage(self, *, kills: int, freezes: int) -> None:
        """Kill and freeze schedulers while they send; then let the clock run on, from pause to pause, until every
        letter is settled."""
        acts = ["kill"] * kills + ["freeze"] * freezes
        self.chance.shuffle(acts)
        for act in acts:
            victim = self.chance.choice(self.schedulers)
            self._let_some_pass(self.chance.randrange(5, 40))
            if act == "kill":
                self._kill(victim)
            else:
                self._freeze(victim)
        while not self._are_settled():
            patience = PATIENCE + self.letters / 5
            eventually(self._rests, what="the schedulers to have done what is due", within=patience)
            self.now += timedelta(minutes=5)
            self.fake_time.set(self.now)

    def count(self) -> Counts:
        """Compare what arrived with what the outbox says."""
        arrived: dict[str, list[bytes]] = defaultdict(list)
        for letter in self.sink.letters:
            arrived[letter.key].append(letter.content)
        with installation_session(self.engine, writing=False) as session:
            messages = list(session.scalars(select(OutboxMessage)))
        counts = Counts(
            excused=self.kills + self.freezes + self.sink.did["dropped"] + self.sink.did["silent"],
            states=Counter(message.state.value for message in messages),
        )
        for message in messages:
            copies = arrived[message.key]
            extra = max(0, len(copies) - 1)
            counts.lost += message.state is MailState.SENT and not copies
            counts.lost += message.state not in SETTLED
            counts.lost += message.state is MailState.FAILED and not message.recipient.startswith(REFUSED)
            counts.other_bytes += len(set(copies)) > 1
            if message.to_outsider:
                counts.doubled_outside += extra
            else:
                counts.doubled_inside += extra
                counts.unmarked += bool(extra) and not message.sent_again
        return counts

    def _let_some_pass(self, letters: int) -> None:
        """Until so many more letters have arrived, or nothing goes on any more."""
        before = len(self.sink.letters)
        eventually(lambda: len(self.sink.letters) >= before + letters or self._rests(), what="letters to pass")
        if self._rests():
            self.now += timedelta(minutes=5)
            self.fake_time.set(self.now)

    def _kill(self, victim: Server) -> None:
        victim.kill()
        self.kills += 1
        victim.log.unlink(missing_ok=True)
        victim.start()

    def _freeze(self, victim: Server) -> None:
        """Stop a process until others have taken over what it had in hand, and let it go on.

        Where it is stopped while it writes, SQLite lets nobody else write: then nothing is taken over, and it goes on
        after a while.
        """
        os.kill(victim.pid, signal.SIGSTOP)
        self.freezes += 1
        try:
            with suppress(AssertionError):
                eventually(lambda: not self._has_in_hand(victim.pid), within=FROZEN_SECONDS)
        finally:
            os.kill(victim.pid, signal.SIGCONT)

    def _has_in_hand(self, pid: int) -> bool:
        its = OutboxMessage.claimed_by.like(f"%:{pid}:%")
        return self._number(OutboxMessage.state.in_(IN_HAND), its) > 0

    def _rests(self) -> bool:
        """Whether nothing is in anybody's hands and nothing is due."""
        due = OutboxMessage.state.in_((MailState.WAITING, MailState.UNKNOWN)) & (
            OutboxMessage.not_before <= self.now - timedelta(seconds=30)
        )
        return self._number(OutboxMessage.state.in_(IN_HAND) | due) == 0

    def _are_settled(self) -> bool:
        return self._number(OutboxMessage.state.not_in(SETTLED)) == 0

    def _number(self, *conditions: object) -> int:
        with installation_session(self.engine, writing=False) as session:
            return session.scalar(select(func.count(OutboxMessage.id)).where(*conditions)) or 0  # type: ignore[arg-type]


def begin(
    engine: Engine,
    fake_time: FakeTime,
    start: Callable[..., Server],
    *,
    seed: int,
    weather: Weather | None = None,
    schedulers: int = 2,
    **settings: str,
) -> Storm:
    """A storm that has not raged yet: the sink listens, the schedulers are not there yet."""
    chance = random.Random(seed)
    sink = RoughSink(weather or Weather(), random.Random(seed + 1))
    sink.start()
    now = clock.now().astimezone(UTC).replace(microsecond=0)
    fake_time.set(now)
    env = {**fake_time.env, "SMTP_URL": sink.url, "BASE_URL": "http://crm.example.org", **settings}
    print(f"the storm's seed is {seed}")
    return Storm(
        engine=engine,
        sink=sink,
        fake_time=fake_time,
        schedulers=[start("scheduler", **env) for _ in range(schedulers)],
        chance=chance,
        now=now,
    )
