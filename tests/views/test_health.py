"""What machines ask: does it live, can it work?"""

from datetime import timedelta

import pytest
from sqlalchemy import text

from crm.core import clock
from crm.core.unit_of_work import installation_work
from crm.domain import heartbeats
from crm.models.workspaces import Heartbeat
from tests.support.letters import put_in


@pytest.fixture
def ticking(engine) -> None:
    with installation_work(engine) as session:
        heartbeats.beat(session, heartbeats.TICK)


def test_it_lives(nobody) -> None:
    answer = nobody.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_it_is_ready(nobody, ticking) -> None:
    answer = nobody.get("/readyz")
    assert answer.status_code == 200
    assert answer.json["database"] == {"ok": True}
    assert answer.json["migrations"]["ok"]
    assert answer.json["outbox"] == {"waiting": 0, "oldest_seconds": None, "failed": 0, "held": 0}


def test_a_scheduler_that_never_ticked_is_said(nobody) -> None:
    answer = nobody.get("/readyz")
    assert (answer.status_code, answer.json["scheduler"]) == (503, {"ok": False, "last_tick": None})


@pytest.mark.parametrize(("seconds", "status"), [(89, 200), (91, 503)])
def test_a_tick_older_than_90_seconds_is_silence(engine, nobody, clock_at, seconds, status) -> None:
    clock_at("2026-10-05 12:00")
    with installation_work(engine) as session:
        session.add(Heartbeat(name=heartbeats.TICK, beat_at=clock.now() - timedelta(seconds=seconds)))
    assert nobody.get("/readyz").status_code == status


def test_what_waits_is_counted_with_its_age(engine, business, nobody, ticking, clock_at) -> None:
    clock_at("2026-10-05 12:00")
    put_in(engine, business.owner)
    clock_at("2026-10-05 12:05")
    with installation_work(engine) as session:
        heartbeats.beat(session, heartbeats.TICK)
    outbox = nobody.get("/readyz").json["outbox"]
    assert (outbox["waiting"], outbox["oldest_seconds"]) == (1, 300)


def test_a_schema_that_is_not_the_present_one_is_said(engine, nobody, ticking) -> None:
    with installation_work(engine) as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'long ago'"))
    answer = nobody.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["migrations"]["present"] == "long ago"


@pytest.mark.bare
def test_a_database_without_tables_is_said(engine, nobody) -> None:
    with installation_work(engine) as session:
        session.execute(text("DROP TABLE alembic_version"))
    assert nobody.get("/readyz").status_code == 503
    assert nobody.get("/healthz").status_code == 200
