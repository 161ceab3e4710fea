"""The long form of the journey of the same name: everybody, everywhere, on all days around each change of the clocks,
each letter looked for a minute before its time as well.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from tests.support.time_travel import BEGINNING, CHANGING, STEADY, TIMES, Walk, changes, days_around, settle, told_days
from tests.support.waiting import eventually

pytestmark = [pytest.mark.bare, pytest.mark.journey]

AROUND = 2
"""Days before and after each change."""


def test_everybody_has_one_letter_for_each_local_date_at_the_set_time(
    engine, start_server, fake_time, smtp_sink, tell
) -> None:
    fake_time.set(BEGINNING)
    scheduler = start_server(
        "scheduler", **fake_time.env, SMTP_URL=smtp_sink.url, BASE_URL="http://crm.example.org", TICK_SECONDS="0.1"
    )
    eventually(lambda: "The scheduler ticks" in scheduler.said(), what="the scheduler")
    days = told_days(CHANGING, AROUND)
    readers = settle(engine, product((*CHANGING, *STEADY), TIMES), days)
    walk = Walk(engine, fake_time, smtp_sink, readers, days)
    for change in sorted({change for zone in CHANGING for change in changes(zone)}):
        around = days_around(change, AROUND)
        walk.clear(before=around[0] - timedelta(days=1))
        due = {reader.due(day) for reader, day in product(readers, around)}
        walk.through(due | {instant - timedelta(minutes=1) for instant in due})
    tell({f"digests {name}" if name == "expected" else name: count for name, count in walk.counts().items()})
    assert walk.wrongs() == []
