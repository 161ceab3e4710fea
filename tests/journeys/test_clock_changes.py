"""A scheduler with people all over the world: over every change of the clocks of 2026 to 2028 each has exactly one
morning letter for each local date, at the time that they set. Its clock is moved by the test, step by step; and it is
set to another day, and the scheduler is away for days.

The long form is in tests/soak.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle, product
from time import monotonic

import pytest

from tests.support.serving import Server
from tests.support.time_travel import (
    BEGINNING,
    CHANGING,
    STEADY,
    TIMES,
    Walk,
    changes,
    settle,
    told_days,
)
from tests.support.waiting import eventually

pytestmark = [pytest.mark.bare, pytest.mark.journey]


def test_the_clocks_change_as_often_as_they_do() -> None:
    assert {zone: len(changes(zone)) for zone in (*CHANGING, *STEADY)} == {
        **dict.fromkeys(CHANGING, 6),
        **dict.fromkeys(STEADY, 0),
    }


@pytest.fixture
def scheduler(fake_time, smtp_sink, start_server) -> Server:
    """A scheduler that ticks ten times a second."""
    fake_time.set(BEGINNING)
    started = start_server(
        "scheduler", **fake_time.env, SMTP_URL=smtp_sink.url, BASE_URL="http://crm.example.org", TICK_SECONDS="0.1"
    )
    is_ticking(started)
    return started


def is_ticking(scheduler: Server, times: int = 1) -> None:
    """Waits until it has begun so often."""
    eventually(lambda: scheduler.said().count("The scheduler ticks") >= times, what="the scheduler")


@pytest.mark.sqlite  # the database has no part in it; on both it is told in `make soak`
@pytest.mark.parametrize("zone", CHANGING)
def test_each_has_one_letter_for_each_local_date_at_the_set_time(engine, scheduler, fake_time, smtp_sink, zone) -> None:
    """Those who live with the changes see the days around each as well; elsewhere it is any day."""
    days = told_days([zone], 1)
    elsewhere = [place for place in (*CHANGING, *STEADY) if place != zone]
    readers = settle(engine, [*product([zone], TIMES), *zip(elsewhere, cycle(TIMES), strict=False)], days)
    at_home, abroad = readers[: len(TIMES)], readers[len(TIMES) :]
    walk = Walk(engine, fake_time, smtp_sink, readers, days)
    for change in changes(zone):
        walk.clear(before=change - timedelta(days=2))
        instants = {reader.due(change) for reader in readers}
        for reader in at_home:
            instants |= {reader.due(change + timedelta(days=distance)) for distance in (-1, 1)}
            instants.add(reader.due(change) - timedelta(minutes=1))
        walk.through(instants)
    assert walk.wrongs() == []
    assert {reader.user_id for reader in abroad} <= {int(key.split(":")[1]) for key in walk.expected}


EVERYWHERE = [(zone, time(9)) for zone in (*CHANGING, *STEADY)]
NOON = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)


def test_a_clock_that_jumps_doubles_nothing_and_the_tick_goes_on(engine, scheduler, fake_time, smtp_sink) -> None:
    days = [date(2026, 10, 20) + timedelta(days=distance) for distance in range(-2, 40)]
    walk = Walk(engine, fake_time, smtp_sink, settle(engine, EVERYWHERE, days), days)
    walk.to(NOON)
    instant = NOON
    for jump in (timedelta(hours=3), timedelta(days=30), -timedelta(hours=2), -timedelta(days=1)):
        instant += jump
        begun = monotonic()
        walk.to(instant)
        assert monotonic() - begun < 60, f"no tick within a minute of a jump by {jump}"
    for instant in (NOON + timedelta(days=1), *(NOON + timedelta(days=30, hours=hours) for hours in range(0, 49, 6))):
        walk.to(instant)
    assert walk.wrongs() == []


def test_after_five_days_away_one_letter_catches_up(engine, scheduler, fake_time, smtp_sink) -> None:
    days = [date(2026, 10, 19) + timedelta(days=distance) for distance in range(12)]
    readers = settle(engine, EVERYWHERE, days)
    walk = Walk(engine, fake_time, smtp_sink, readers, days)
    walk.to(NOON)
    scheduler.stop()
    told, back = len(smtp_sink.letters), NOON + timedelta(days=5)
    fake_time.set(back)
    scheduler.start()
    is_ticking(scheduler, times=2)
    walk.to(back)
    walk.through(reader.due(reader.day(back) + timedelta(days=distance)) for reader in readers for distance in (0, 1))
    assert walk.wrongs() == []
    for reader in readers:
        later = [letter.key for letter in smtp_sink.letters[told:] if letter.key.split(":")[1] == str(reader.user_id)]
        catch_up, next_regular, *_others = [date.fromisoformat(key.rpartition(":")[2]) for key in later]
        assert (catch_up, next_regular) == (reader.day(back), reader.day(back) + timedelta(days=1))
