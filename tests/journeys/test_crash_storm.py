"""Two whole processes that die and freeze now and then, before a mail server in bad weather: what comes of it.

The long form, with 10,000 letters, is in ``make soak``.
"""

from __future__ import annotations

import random

import pytest

from tests.support import storms

pytestmark = pytest.mark.journey


def test_nothing_is_lost_and_nothing_doubled_outside_the_one_window(
    engine, business, fake_time, start_server, request
) -> None:
    storm = storms.begin(
        engine,
        fake_time,
        start_server,
        seed=random.randrange(10_000),
        weather=storms.Weather(dropped=20, silent=3),
        TICK_SECONDS="0.5",
        LEASE_SECONDS="2",
        SMTP_TIMEOUT="5",
        SMTP_DATA_TIMEOUT="5",
    )
    request.addfinalizer(storm.sink.stop)
    storm.put_in(business.owner, letters=600, planned=120, outsiders=150, refused=6)
    storm.rage(kills=4, freezes=1)
    counts = storm.count()
    print(counts)
    assert counts.wrongs == (0, 0, 0, 0), counts
    assert counts.doubled_inside <= counts.excused, counts
    assert counts.states["failed"] == 6
    assert counts.states["sent"] + counts.states.get("held", 0) == 594
