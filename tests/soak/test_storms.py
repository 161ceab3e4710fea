"""The long forms of what is told in short elsewhere: storms, kills, backups under load, a mail server that is away."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
import time_machine
from sqlalchemy import func, select

from crm.core import archives
from crm.domain import notes, vendors
from crm.jobs.sender import Sender
from crm.models.enums import MailState
from crm.models.log import Note
from crm.models.vendors import Vendor
from tests.support import storms
from tests.support.closed_ports import closed_port
from tests.support.letters import due_vendor, messages, put_in, tick
from tests.support.programs import token_for
from tests.support.writers import Writer

pytestmark = pytest.mark.journey


@pytest.fixture
def vendor_ids(inside, business) -> list[int]:
    with inside(business) as session:
        return [
            vendors.add(session, by=business.owner, name=f"Vendor {number}", what_they_do="0").id
            for number in range(20)
        ]


def test_ten_thousand_letters_twenty_kills_and_bad_weather(
    engine, business, fake_time, start_server, request, tell
) -> None:
    storm = storms.begin(
        engine,
        fake_time,
        start_server,
        seed=random.randrange(10_000),
        TICK_SECONDS="1.5",
        LEASE_SECONDS="5",
        SMTP_TIMEOUT="10",
        SMTP_DATA_TIMEOUT="10",
    )
    request.addfinalizer(storm.sink.stop)
    storm.put_in(business.owner, letters=10_000, planned=400, outsiders=1_000, refused=50)
    storm.rage(kills=20, freezes=3)
    counts = storm.count()
    tell(
        {
            "seed": storm.seed,
            "lost": counts.lost,
            "doubled outside": counts.doubled_outside,
            "doubled inside": counts.doubled_inside,
            "of at most": counts.excused,
            "not the same bytes": counts.other_bytes,
            "not marked": counts.unmarked,
            **counts.states,
        }
    )
    assert counts.wrongs == (0, 0, 0, 0), counts
    assert counts.doubled_inside <= counts.excused, counts


def test_a_mail_server_away_for_three_days(engine, business, inside, settings_with, smtp_sink, tell) -> None:
    """Each morning's letter takes the place of the one before that could not leave."""
    begins, length = datetime(2026, 11, 4, 6, 0, tzinfo=UTC), timedelta(hours=72)
    with time_machine.travel(begins - timedelta(days=30), tick=False), inside(business) as session:
        due_vendor(session, business.owner)
    with closed_port() as closed, time_machine.travel(begins, tick=False) as clock:
        away = settings_with(SMTP_URL=closed.url)
        for number in range(20):
            put_in(engine, business.owner, key=f"letter:{number}")
        sender = Sender(engine, away)
        while datetime.now(UTC) < begins + length:
            tick(engine, away)
            sender.work_once()
            clock.shift(timedelta(seconds=30))
        back = settings_with(SMTP_URL=smtp_sink.url)
        for _ in range(13):  # the longest pause of a letter is an hour
            clock.shift(timedelta(minutes=5))
            Sender(engine, back).work_once()
    states = {message.key: message.state for message in messages(engine)}
    digests = [state for key, state in sorted(states.items()) if key.startswith("digest")]
    others = {state for key, state in states.items() if key.startswith("letter")}
    tell({"knocks": closed.knocks, "minutes": 72 * 60, "arrived": len(smtp_sink.letters)})
    assert closed.knocks <= 72 * 60
    assert others == {MailState.SENT}
    assert digests == [*[MailState.CANCELLED] * (len(digests) - 1), MailState.SENT]
    assert len(smtp_sink.letters) == 21


@pytest.mark.usefixtures("postgres_programs")
def test_forty_backups_under_writes_are_each_a_moment_of_the_whole(
    settings, engine, inside, business, tmp_path, tell
) -> None:
    stop, written = threading.Event(), []

    def write() -> None:
        while not stop.wait(0.05):
            with inside(business) as session:
                vendor = vendors.add(session, by=business.owner, name=f"Vendor {len(written)}")
                notes.write(vendor, by=business.owner, body="with it")
            written.append(vendor.id)

    writer = threading.Thread(target=write)
    writer.start()
    least = []
    try:
        for number in range(40):
            least.append(len(written))
            archives.back_up(settings, engine, tmp_path / f"{number}.zip")
    finally:
        stop.set()
        writer.join()
    whole = 0
    for number in range(40):
        engine.dispose()
        archives.restore(settings, engine, tmp_path / f"{number}.zip")
        with inside(business) as session:
            added = session.scalar(select(func.count(Vendor.id))) or 0
            whole += least[number] <= added == session.scalar(select(func.count(Note.id)))
    tell({"backups": 40, "whole": whole, "writes": len(written)})
    assert whole == 40


def test_eight_clients_with_500_updates_each(start_server, engine, vendor_ids, inside, business, tell) -> None:
    writer = Writer(start_server(TICK_SECONDS="0.5"), token_for(engine, business.owner))
    answers = writer.count_together(vendor_ids, clients=8, each=500)
    with inside(business) as session:
        counts = session.scalars(select(Vendor.what_they_do).where(Vendor.id.in_(vendor_ids))).all()
    total = sum(int(count) for count in counts)
    tell(
        {"updates": answers[HTTPStatus.OK], "kept": total, "refused politely": answers[HTTPStatus.PRECONDITION_FAILED]}
    )
    assert set(answers) <= {HTTPStatus.OK, HTTPStatus.PRECONDITION_FAILED}
    assert total == answers[HTTPStatus.OK] == 4_000


def test_fifty_kills_during_writes(start_server, engine, vendor_ids, inside, business, tell) -> None:
    writer = Writer(start_server(TICK_SECONDS="0.5"), token_for(engine, business.owner))
    acknowledged = writer.write_through_kills(vendor_ids, kills=50)
    with inside(business) as session:
        kept = set(session.scalars(select(Note.body)))
    tell({"acknowledged": len(acknowledged), "lost": len(set(acknowledged) - kept)})
    assert set(acknowledged) <= kept
