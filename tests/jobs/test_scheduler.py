"""The timer's pauses, and its end."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from crm.core.unit_of_work import installation_work
from crm.domain import heartbeats
from crm.jobs.scheduler import Pause, Scheduler
from tests.support.waiting import eventually

NOW = datetime(2026, 11, 16, 6, 59, tzinfo=UTC)
TICK = timedelta(seconds=15)


@pytest.mark.parametrize(
    ("previous", "following"),
    [
        (None, NOW + TICK),
        (NOW, NOW + TICK),
        (NOW - timedelta(seconds=4), NOW + timedelta(seconds=11)),
        (NOW - timedelta(days=42), NOW + TICK),  # a machine that slept has one tick to catch up on, not 241,920
    ],
)
def test_the_next_tick_lies_ahead_however_many_were_missed(previous, following) -> None:
    assert Pause(TICK).get_next_fire_time(previous, NOW) == following


def test_a_job_that_waits_for_ever_keeps_no_process_from_ending(engine, settings) -> None:
    """The sign of life waits for a lock that is not given back; the end comes all the same."""
    before = set(threading.enumerate())
    scheduler = Scheduler(engine, settings)
    with installation_work(engine) as session:
        heartbeats.beat(session, heartbeats.TICK)
        scheduler.start()
        eventually(lambda: "job-beat" in at_work(), what="the sign of life to begin")
        scheduler.stop(patience=0.1)
        assert at_work()["job-beat"].daemon, "Python would wait for it"
    # The lock is free: each comes to its end, and none is left with a connection of this test.
    eventually(lambda: set(threading.enumerate()) <= before, what="the threads to end")


def at_work() -> dict[str, threading.Thread]:
    return {thread.name: thread for thread in threading.enumerate()}
