"""The mail server is away for hours: few knocks, and all that is still wanted arrives soon after its return."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from crm.jobs.sender import Sender
from crm.models.enums import MailKind, MailState
from tests.support.closed_ports import Closed, closed_port
from tests.support.letters import due_vendor, messages, put_in, tick

BEGINS = datetime(2026, 11, 4, 6, 0, tzinfo=UTC)
STEP = timedelta(seconds=20)
LETTERS = 20


@pytest.fixture
def closed() -> Iterator[Closed]:
    with closed_port() as port:
        yield port


def test_for_six_hours(engine, business, inside, settings_with, closed, smtp_sink):
    """With a letter that loses its worth meanwhile, and a morning letter that comes due."""
    away = settings_with(SMTP_URL=closed.url)
    with time_machine.travel(BEGINS - timedelta(days=30), tick=False), inside(business) as session:
        due_vendor(session, business.owner)
    with time_machine.travel(BEGINS, tick=False) as clock:
        for number in range(LETTERS):
            put_in(engine, business.owner, key=f"letter:{number}")
        put_in(engine, business.owner, key="reset", kind=MailKind.RESET, expires_at=BEGINS + timedelta(minutes=30))
        sender = Sender(engine, away)
        while datetime.now(UTC) < BEGINS + timedelta(hours=6):
            tick(engine, away)
            sender.work_once()
            clock.shift(STEP)
        minutes = 6 * 60
        assert 10 < closed.knocks <= minutes, "at most one a minute, and it is looked after"

        back = settings_with(SMTP_URL=smtp_sink.url)
        clock.shift(timedelta(minutes=5))  # the longest pause of the fuse
        Sender(engine, back).work_once()
        clock.shift(timedelta(minutes=1))
        Sender(engine, back).work_once()
    states = {message.key: message.state for message in messages(engine)}
    assert states.pop("reset") is MailState.CANCELLED
    assert set(states.values()) == {MailState.SENT}
    assert len(smtp_sink.letters) == len(states) == LETTERS + 1
