"""Morning letters while the clock moves: who is to have one and when, worked out apart from the program, and a
scheduler that is taken from instant to instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import time_machine
from sqlalchemy import Engine, select, update

from crm.core.tenancy import installation_session
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import accounts, heartbeats, vendors
from crm.models.enums import CadenceChoice, ReminderKind, Role
from crm.models.outbox import OutboxMessage
from crm.models.reminders import Reminder
from tests.support.faketime import FakeTime
from tests.support.people import PASSWORD
from tests.support.smtp_sink import SmtpSink
from tests.support.waiting import eventually

CHANGING = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
STEADY = ("America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia", "Pacific/Kiritimati")
TIMES = (time(0), time(1, 30), time(2, 30), time(9))
YEARS = range(2026, 2029)
BEGINNING = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)

QUARTER = timedelta(minutes=15)
"""Everything here happens at a quarter of an hour: changes of clocks, times of letters, distances from UTC."""
PROMPT = timedelta(seconds=45)
"""On the program's own clock, between the instant and the letter: a tick, on a machine that has much to do."""


# What is to be, without a line of the program


@cache
def changes(zone: str) -> tuple[date, ...]:
    """The local dates of 2026 to 2028 on which the clocks of a zone change."""
    place = ZoneInfo(zone)
    instant, found = datetime(YEARS.start, 1, 1, tzinfo=UTC), []
    while instant.year < YEARS.stop:
        following = instant + QUARTER
        if instant.astimezone(place).utcoffset() != following.astimezone(place).utcoffset():
            found.append(following.astimezone(place).date())
        instant = following
    return tuple(found)


@cache
def due(zone: str, at: time, day: date) -> datetime:
    """The first instant of a local date at which its clocks show the time, or a later one."""
    place = ZoneInfo(zone)
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=16)
    while True:
        shown = instant.astimezone(place)
        if shown.date() == day and shown.time() >= at:
            return instant
        assert shown.date() <= day, f"{day} has no {at} in {zone}"
        instant += QUARTER


def days_around(day: date, many: int) -> list[date]:
    """A day with so many before and after it."""
    return [day + timedelta(days=distance) for distance in range(-many, many + 1)]


@dataclass(frozen=True)
class Reader:
    """Somebody who has a morning letter each day, at a time of their own."""

    user_id: int
    zone: str
    at: time

    def day(self, instant: datetime) -> date:
        """The local date of an instant."""
        return instant.astimezone(ZoneInfo(self.zone)).date()

    def due(self, day: date) -> datetime:
        """When the letter of a local date is due."""
        return due(self.zone, self.at, day)


# People, and something to say to each of them on each day


def settle(engine: Engine, places: Iterable[tuple[str, time]], days: Sequence[date]) -> list[Reader]:
    """A business whose members live in these places, with something new to be told to each on each of these days."""
    with time_machine.travel(BEGINNING, tick=False):
        with installation_work(engine) as session:
            owner = accounts.set_up(
                session, business="Everywhere", owner_name="Olive Owner", email="owner@everywhere.example",
                password=PASSWORD, time_zone="UTC",
            )  # fmt: skip
            owner.digest_on, owner.next_digest_at = False, None
            readers = []
            for number, (zone, at) in enumerate(places):
                user = accounts.account(
                    session, email=f"reader-{number}@everywhere.example", name=f"Reader {number}",
                    password=PASSWORD, time_zone=zone,
                )  # fmt: skip
                member = accounts.join(session, owner.workspace, user, role=Role.MEMBER)
                member.digest_hour, member.digest_minute, member.digest_weekdays = at.hour, at.minute, "0123456"
                accounts.plan_digest(member)
                readers.append(Reader(user.id, zone, at))
        with workspace_work(engine, owner.workspace_id) as rows:
            vendor = vendors.add(rows, by=owner, name="Northlight Studio", cadence_choice=CadenceChoice.NONE)
            rows.insert_many(
                Reminder,
                [
                    {
                        "vendor_id": vendor.id, "user_id": reader.user_id, "kind": ReminderKind.MENTION,
                        "subject_id": number, "due_on": day, "shown_on": day, "why": {}, "created_at": BEGINNING,
                    }
                    for reader in readers
                    for number, day in enumerate(days)
                ],
            )  # fmt: skip
    return readers


# The walk


@dataclass
class Walk:
    """Takes the scheduler from instant to instant. At each it waits for the letters that have to come then."""

    engine: Engine
    clock: FakeTime
    sink: SmtpSink
    readers: Sequence[Reader]
    days: Sequence[date]
    """The dates on which there is something new to tell. Between the first and the last no other one may be visited."""
    at: datetime | None = None
    expected: dict[str, datetime] = field(default_factory=dict)
    """The letters that have to have come, by key, with the instant at which each could come first."""

    def to(self, instant: datetime) -> int:
        """Sets the clock, and waits for what has to come, or else for ticks. How many letters had to come."""
        fresh = 0
        for reader in self.readers:
            day = reader.day(instant)
            assert day in self.days or day < self.days[0], f"nobody knows what {day} brings"
            if day in self.days and reader.due(day) <= instant and self._key(reader, day) not in self.expected:
                self.expected[self._key(reader, day)] = instant
                fresh += 1
        self.at = instant
        self.clock.set(instant)
        if fresh:
            self.sink.wait_for(len(self.expected))
        else:
            self.ticks(instant)
        return fresh

    def through(self, instants: Iterable[datetime]) -> None:
        """Goes through these instants in their order, but for those that it is past."""
        for instant in sorted(set(instants)):
            if self.at is None or instant > self.at:
                self.to(instant)

    def clear(self, before: date) -> None:
        """What was to be told before a date is done with, so that letters stay short."""
        with workspace_work(self.engine, 1) as session:
            told = update(Reminder).where(Reminder.due_on < before, Reminder.ended_at.is_(None))
            session.execute(told.values(ended_at=BEGINNING).execution_options(synchronize_session=False))

    def ticks(self, since: datetime, count: int = 2) -> None:
        """Waits until the scheduler has ticked so often since an instant: then all that was due then is done."""
        seen: set[datetime] = set()

        def enough() -> bool:
            with installation_session(self.engine, writing=False) as session:
                tick = heartbeats.last(session, heartbeats.TICK)
            if tick is not None and since <= tick < since + timedelta(minutes=30):
                seen.add(tick)
            return len(seen) >= count

        eventually(enough, what=f"{count} ticks since {since}", within=60)

    def counts(self) -> dict[str, int]:
        """How many letters were expected, arrived, came twice, and did not come."""
        arrived = Counter(letter.key for letter in self.sink.letters)
        return {
            "expected": len(self.expected),
            "sent": arrived.total(),
            "doubled": sum(count - 1 for count in arrived.values()),
            "lost": len(self.expected.keys() - arrived.keys()),
        }

    def wrongs(self) -> list[str]:
        """All that is not as it has to be: letters lost, doubled, at another instant than theirs, or out of place."""
        counts = self.counts()
        is_right = (counts["sent"], counts["doubled"], counts["lost"]) == (counts["expected"], 0, 0)
        return self._astray() if is_right else [str(counts), *self._astray()]

    def _astray(self) -> list[str]:
        with installation_session(self.engine, writing=False) as session:
            written = session.execute(select(OutboxMessage.key, OutboxMessage.created_at)).all()
        return [
            f"{key}: written at {at}, due at {self.expected.get(key)}"
            for key, at in written
            if key not in self.expected or not timedelta(0) <= at - self.expected[key] < PROMPT
        ]

    @staticmethod
    def _key(reader: Reader, day: date) -> str:
        return f"digest:{reader.user_id}:1:{day.isoformat()}"


def told_days(changing: Iterable[str], many: int) -> list[date]:
    """The dates around all changes of these zones, with one more at each end: while it is a date in one place, others
    have the one before or after it."""
    return sorted({day for zone in changing for change in changes(zone) for day in days_around(change, many + 1)})
