"""The mail server fails, again and again, in every way: it costs nobody a reminder, a vendor or a setting."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from crm.core.columns import Base
from crm.jobs.sender import Sender
from crm.mail import breaker
from crm.models.enums import MailState
from tests.support.letters import due_vendor, messages, put_in, tick

OF_THE_MAIL = {"outbox_messages", "heartbeats"}
FAILURES = 50


def stored(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """All that is stored, but for the outbox, the signs of life and the fuse."""
    found = {}
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name in OF_THE_MAIL:
                continue
            rows = [tuple(row) for row in connection.execute(select(table))]
            found[table.name] = sorted((row for row in rows if row[0] != breaker.NAME), key=repr)
    return found


@pytest.fixture
def one_who_is_due(inside, business, clock_at) -> None:
    clock_at("2026-10-05 07:00")
    with inside(business) as session:
        due_vendor(session, business.owner)


def test_fifty_failures_in_a_row_change_nothing_else(
    engine, business, inside, settings_with, smtp_sink, clock_at, one_who_is_due
):
    settings = settings_with(SMTP_URL=smtp_sink.url)
    clock_at("2026-11-04 08:00")
    tick(engine, settings)
    for number in range(FAILURES):
        put_in(engine, business.owner, key=f"letter:{number}")
    before = stored(engine)
    answers = ("451 Come back later", "550 No such person", "554 No")
    for number in range(FAILURES):
        stage = ("mail", "rcpt", "data")[number % 3]
        for each in ("mail", "rcpt", "data"):
            smtp_sink.answer(each, answers[number % 3] if each == stage else None)
        clock_at(f"2026-11-{4 + number // 12:02} {8 + number % 12:02}:30")
        Sender(engine, settings).work_once()
    assert smtp_sink.letters == []
    assert {message.state for message in messages(engine)} <= {MailState.WAITING, MailState.FAILED}
    assert stored(engine) == before
