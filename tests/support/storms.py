"""A storm: whole processes that are killed and frozen, before a mail server that answers badly, and the count of what
came.

Morning letters of people in many time zones are planned and sent by the program itself, and letters to people outside
lie in the outbox. Everything that is left to chance comes of one seed, which is printed.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Engine, func, insert, select

from crm.core import clock
from crm.core.tenancy import installation_session
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import vendors
from crm.mail import breaker, outbox
from crm.mail.mime import Letter
from crm.models.enums import CadenceChoice, MailKind, MailState, ReminderKind, Role
from crm.models.outbox import OutboxMessage
from crm.models.reminders import Reminder
from crm.models.workspaces import InstallationSetting, Membership, User
from tests.support.faketime import FakeTime
from tests.support.serving import Server
from tests.support.smtp_sink import SmtpSink
from tests.support.waiting import PATIENCE, eventually

REFUSED = "nobody"
"""Addresses that begin so are refused for good."""
SETTLED = (MailState.SENT, MailState.FAILED, MailState.HELD, MailState.CANCELLED)
IN_HAND = (MailState.SENDING, MailState.BEGUN)
AT_ONCE = 500
ZONES = 40
READERS_EACH = 50
"""So many people are reminded of one vendor."""
JUMP = timedelta(minutes=5)
"""So far the clock is set forward where nothing can happen before: the longest pause of the fuse."""
WAITED_ENOUGH = timedelta(days=4)
"""Of the storm's own time. After five days a letter is given up, which would not be lost by mistake."""
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

    @property
    def wrongs(self) -> tuple[int, int, int, int]:
        """What must be nothing at all: lost, doubled outside, not the same bytes, not marked."""
        return self.lost, self.doubled_outside, self.other_bytes, self.unmarked

    def __str__(self) -> str:
        states = ", ".join(f"{state} {count}" for state, count in sorted(self.states.items()))
        return (
            f"lost {self.lost}, doubled outside {self.doubled_outside}, doubled inside {self.doubled_inside} of at most"
            f" {self.excused}, not the same bytes {self.other_bytes}, not marked {self.unmarked}; {states}"
        )


@dataclass
class Storm:
    """Letters that are due, processes that plan and send them, and somebody who takes their lives."""

    engine: Engine
    sink: RoughSink
    fake_time: FakeTime
    start: Callable[[], Server]
    seed: int
    began: datetime
    chance: random.Random = field(init=False)
    processes: list[Server] = field(default_factory=list)
    letters: int = 0
    """So many are due."""
    readers: list[int] = field(default_factory=list)
    """Who has a morning letter to come."""
    kills: int = 0
    freezes: int = 0
    _set_to: datetime = field(init=False)
    _set_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self._set_clock(self.began)

    @property
    def now(self) -> datetime:
        """The processes' time, as near as another process can know."""
        return self._set_to + timedelta(seconds=time.monotonic() - self._set_at)

    # Before

    def put_in(self, by: Membership, *, letters: int, planned: int, outsiders: int, refused: int) -> None:
        """So many letters are due: some to people outside, some to nobody, all others to readers in many zones. So many
        of these are morning letters that nobody has written yet."""
        self.letters = letters
        self._settle_readers(by, planned)
        with installation_session(self.engine, writing=False) as session:
            known = session.execute(select(User.id, User.email).where(User.id.in_(self.readers[:AT_ONCE]))).all()
        user_id: int | None
        for first in range(0, letters - planned, AT_ONCE):
            with installation_work(self.engine) as session:
                for number in range(first, min(first + AT_ONCE, letters - planned)):
                    user_id, recipient = known[number % len(known)]
                    if number < outsiders + refused:
                        name = "somebody" if number < outsiders else REFUSED
                        user_id, recipient = None, f"{name}{number}@outside.example"
                    outbox.enqueue(
                        session,
                        Letter(subject=f"Letter {number}", text=f"This is letter {number}.", html="<p>Hello.</p>"),
                        key=f"storm:{number}",
                        kind=MailKind.TEST,
                        sender="Good Terms <goodterms@example.org>",
                        recipient=recipient,
                        workspace_id=by.workspace_id,
                        user_id=user_id,
                        to_outsider=number < outsiders,
                    )

    def _settle_readers(self, by: Membership, many: int) -> None:
        """People who have something to read since yesterday, and whose letter of today is due since midnight."""
        zones = clock.zone_names()
        zones = zones[:: len(zones) // ZONES][:ZONES]
        yesterday = self.began.date() - timedelta(days=1)
        for first in range(0, many, AT_ONCE):
            people = [
                {
                    "email": f"reader{number}@fern.example", "name": f"Reader {number}", "password_hash": "",
                    "time_zone": zones[number % ZONES],
                }
                for number in range(first, min(first + AT_ONCE, many))
            ]  # fmt: skip
            with installation_work(self.engine) as session:
                session.execute(insert(User), people)
                emails = [str(person["email"]) for person in people]
                ids = list(session.scalars(select(User.id).where(User.email.in_(emails))))
                member = {
                    "workspace_id": by.workspace_id, "role": Role.MEMBER, "digest_hour": 0,
                    "digest_weekdays": "0123456", "next_digest_at": self.began,
                }  # fmt: skip
                session.execute(insert(Membership), [{**member, "user_id": user_id} for user_id in ids])
            with workspace_work(self.engine, by.workspace_id) as rows:
                names = [f"Studio {first + number}" for number in range(len(ids) // READERS_EACH + 1)]
                about = [vendors.add(rows, by=by, name=name, cadence_choice=CadenceChoice.NONE).id for name in names]
                told = {
                    "kind": ReminderKind.MENTION, "due_on": yesterday, "shown_on": yesterday,
                    "why": {}, "created_at": self.began,
                }  # fmt: skip
                rows.insert_many(
                    Reminder,
                    [
                        {**told, "user_id": user_id, "subject_id": user_id, "vendor_id": about[place // READERS_EACH]}
                        for place, user_id in enumerate(ids)
                    ],
                )
            self.readers += ids

    # While it rages

    def rage(self, *, kills: int, freezes: int) -> None:
        """Start the processes, kill and freeze them while they send; then let the clock run on, from pause to pause,
        until every letter is settled."""
        self._set_clock(self.began)
        self.processes = [self.start() for _ in range(2)]
        acts = ["kill"] * kills + ["freeze"] * freezes
        self.chance.shuffle(acts)
        # So far apart that they reach deep into the storm, to what is tried again as well.
        apart = max(40, self.letters * 3 // 2 // (len(acts) + 1))
        for act in acts:
            victim = self.chance.choice(self.processes)
            enough = len(self.sink.letters) + self.chance.randrange(5, apart)
            self._go_on(partial(self._is_over, enough))
            if act == "kill":
                self._kill(victim)
            else:
                self._freeze(victim)
            self._tell(act)
        self._go_on(self._is_over)
        self._tell("over")

    def _go_on(self, done: Callable[[], bool]) -> None:
        """Wait. Where nothing can happen for a while the clock is set forward; where nothing happens that should,
        patience is over some time after anything happened last."""
        pause = threading.Event()
        seen: tuple[int, int] | None = None
        last_news = time.monotonic()
        while not done():
            present = (len(self.sink.letters), self._unsettled())
            is_news = present != seen
            if is_news:
                self._tell_each_thousand(seen, present)
                seen, last_news = present, time.monotonic()
            assert time.monotonic() - last_news < 2 * PATIENCE, f"nothing has happened for long: {present}"
            assert self.now < self.began + WAITED_ENOUGH, f"the storm does not end: {present}"
            if not is_news and self._is_idle():
                self._set_clock(self.now + JUMP)
                last_news = time.monotonic()
            pause.wait(0.1)

    def _kill(self, victim: Server) -> None:
        victim.kill()
        self.kills += 1
        victim.log.unlink(missing_ok=True)
        self._set_clock(self.now)  # a process that is born reads the time as it was when it was set
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

    def _set_clock(self, instant: datetime) -> None:
        self._set_to, self._set_at = instant.replace(microsecond=0), time.monotonic()
        self.fake_time.set(self._set_to)

    def _has_in_hand(self, pid: int) -> bool:
        its = OutboxMessage.claimed_by.like(f"%:{pid}:%")
        return self._number(OutboxMessage.state.in_(IN_HAND), its) > 0

    def _is_idle(self) -> bool:
        """Whether nothing is in anybody's hands, and nothing is due that may be touched: all pauses, or the fuse is
        blown and nobody knocks."""
        if self._number(OutboxMessage.state.in_(IN_HAND)):
            return False
        since = self.now - timedelta(seconds=30)
        with installation_session(self.engine, writing=False) as session:
            fuse = session.scalar(select(InstallationSetting.value).where(InstallationSetting.name == breaker.NAME))
            unplanned = session.scalar(select(Membership.id).where(Membership.next_digest_at <= since).limit(1))
        if fuse is not None and datetime.fromisoformat(json.loads(fuse)["until"]) > self.now:
            return True
        waits = OutboxMessage.state.in_(outbox.UNSENT)
        return unplanned is None and self._number(waits, OutboxMessage.not_before <= since) == 0

    def _unsettled(self) -> int:
        return self._number(OutboxMessage.state.not_in(SETTLED))

    def _is_over(self, enough: int | None = None) -> bool:
        """Whether every letter is settled, and every reader's has been written; or enough have arrived."""
        if enough is not None and len(self.sink.letters) >= enough:
            return True
        if self._unsettled():
            return False
        return self._number(OutboxMessage.kind == MailKind.DIGEST) >= len(self.readers)

    def _number(self, *conditions: object) -> int:
        with installation_session(self.engine, writing=False) as session:
            return session.scalar(select(func.count(OutboxMessage.id)).where(*conditions)) or 0  # type: ignore[arg-type]

    def _tell(self, act: str) -> None:
        took = (self.now - self.began).total_seconds() / 3600
        print(f"{act}: {len(self.sink.letters)} have arrived, {took:.1f} h into the storm", flush=True)

    def _tell_each_thousand(self, seen: tuple[int, int] | None, present: tuple[int, int]) -> None:
        if seen is not None and seen[0] // 1000 < present[0] // 1000:
            self._tell("goes on")

    # After

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
            counts.lost += message.state is MailState.CANCELLED and message.last_error != outbox.REPLACED
            counts.other_bytes += len(set(copies)) > 1
            if message.to_outsider:
                counts.doubled_outside += extra
            else:
                counts.doubled_inside += extra
                counts.unmarked += bool(extra) and not message.sent_again
        reached = {message.user_id for message in messages if message.state is MailState.SENT}
        counts.lost += len(set(self.readers) - reached)
        return counts


def begin(
    engine: Engine,
    fake_time: FakeTime,
    start: Callable[..., Server],
    *,
    seed: int,
    weather: Weather | None = None,
    **settings: str,
) -> Storm:
    """A storm that has not raged yet: the sink listens, the processes are not there yet."""
    sink = RoughSink(weather or Weather(), random.Random(seed + 1))
    sink.start()
    print(f"the storm's seed is {seed}", flush=True)
    # Read at each look at the clock, its file would be what these processes are busy with most.
    at_times = {name: value for name, value in fake_time.env.items() if name != "FAKETIME_NO_CACHE"}
    env = {
        **at_times, "FAKETIME_CACHE_DURATION": "1",
        "SMTP_URL": sink.url, "BASE_URL": "http://crm.example.org", **settings,
    }  # fmt: skip
    return Storm(
        engine=engine,
        sink=sink,
        fake_time=fake_time,
        start=lambda: start("serve", **env),
        seed=seed,
        began=clock.now().astimezone(UTC).replace(microsecond=0),
    )
