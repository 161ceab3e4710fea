"""The timer's pauses."""

from datetime import UTC, datetime, timedelta

import pytest

from crm.jobs.scheduler import Pause

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
