"""What machines ask: does it live, can it work?"""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from crm.core import clock
from crm.core.settings import mail_server
from crm.core.unit_of_work import installation_work
from crm.domain import health, heartbeats
from crm.mail import breaker
from crm.models.workspaces import Heartbeat
from tests.support.browsing import Browser
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
    assert answer.json["outbox"] == {
        "waiting": 0,
        "oldest_seconds": None,
        "failed": 0,
        "held": 0,
        "server_failing_since": None,
    }


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


class TestMetrics:
    def test_are_for_this_machine_alone_while_there_is_no_token(self, app, ticking) -> None:
        assert Browser(app).get("/metrics").status_code == 200
        assert Browser(app).get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 404

    @pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "Via"])
    def test_are_not_for_whoever_comes_through_a_proxy_on_this_machine(self, nobody, ticking, name) -> None:
        assert nobody.get("/metrics", headers={name: "203.0.113.9"}).status_code == 404

    @pytest.mark.parametrize("known", [{"TRUSTED_PROXIES": "1"}, {"BASE_URL": "https://crm.example.org"}])
    def test_are_not_for_this_machine_where_a_proxy_is_known_to_stand(self, make_app, settings_with, known) -> None:
        assert Browser(make_app(settings_with(**known))).get("/metrics").status_code == 404

    @pytest.mark.parametrize(("shown", "status"), [("s3cret", 200), ("s3cret2", 404), ("", 404), ("ſ3cret", 404)])
    def test_are_for_whoever_has_the_token(self, make_app, settings_with, shown, status) -> None:
        far_away = Browser(make_app(settings_with(METRICS_TOKEN="s3cret")))
        headers = {"Authorization": f"Bearer {shown}"}
        answer = far_away.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": "203.0.113.9"})
        assert answer.status_code == status

    def test_say_the_same_as_the_report_in_prometheus_words(self, engine, business, nobody, ticking, clock_at) -> None:
        clock_at("2026-10-05 12:00")
        put_in(engine, business.owner)
        clock_at("2026-10-05 12:05")
        with installation_work(engine) as session:
            heartbeats.beat(session, heartbeats.TICK)
        text = nobody.get("/metrics").text
        figures = {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        assert figures[("goodterms_up",)] == figures[("goodterms_scheduler_up",)] == 1
        assert figures[("goodterms_outbox_messages", "waiting")] == 1
        assert figures[("goodterms_outbox_oldest_seconds",)] == 300
        assert figures[("goodterms_mail_failing_seconds",)] == 0

    def test_tell_how_long_the_mail_server_has_been_away(self, engine, nobody, ticking, clock_at) -> None:
        server = mail_server("smtp://127.0.0.1:1025?tls=off")
        for minute in ("00", "07"):
            clock_at(f"2026-10-05 12:{minute}")
            with installation_work(engine) as session:
                breaker.trip(session, server)
        clock_at("2026-10-05 12:20")
        assert "goodterms_mail_failing_seconds 1200.0" in nobody.get("/metrics").text
        with installation_work(engine) as session:
            assert health.look(session, tick_seconds=15).mail_fails
            breaker.heal(session, server)
            assert not health.look(session, tick_seconds=15).mail_fails

    @pytest.mark.bare
    def test_say_that_there_is_no_schema_yet(self, engine, nobody) -> None:
        with installation_work(engine) as session:
            session.execute(text("DROP TABLE alembic_version"))
        assert "goodterms_up 0.0" in nobody.get("/metrics").text


class TestWhatAdminsAreTold:
    SILENT, AWAY = "The scheduler is silent.", "Mail has not left for a while."

    @pytest.fixture
    def stopped(self, engine, clock_at) -> None:
        clock_at("2026-10-05 12:00")
        with installation_work(engine) as session:
            heartbeats.beat(session, heartbeats.TICK)

    def test_a_silent_scheduler_stands_above_every_page(self, stopped, clock_at, client) -> None:
        clock_at("2026-10-05 12:01")
        assert self.SILENT not in client.get("/today").text
        clock_at("2026-10-05 12:02")
        assert self.SILENT in client.get("/today").text
        assert self.SILENT in client.get("/vendors").text

    @pytest.fixture
    def away(self, engine, clock_at) -> None:
        clock_at("2026-10-05 12:00")
        with installation_work(engine) as session:
            breaker.trip(session, mail_server("smtp://127.0.0.1:1025?tls=off"))

    def test_so_does_a_mail_server_that_is_away_for_a_quarter_of_an_hour(self, away, clock_at, client) -> None:
        clock_at("2026-10-05 12:14")
        assert self.AWAY not in client.get("/today").text
        clock_at("2026-10-05 12:15")
        assert self.AWAY in client.get("/today").text

    def test_only_they_are_told(self, stopped, clock_at, browser_of, business) -> None:
        clock_at("2026-10-05 13:00")
        told = {
            person.role.value: self.SILENT in browser_of(person).get("/today").text
            for person in (business.owner, business.admin, business.member, business.viewer)
        }
        assert told == {"owner": True, "admin": True, "member": False, "viewer": False}

    def test_nothing_is_asked_for_it(self, stopped, clock_at, client, count_queries) -> None:
        with count_queries() as well:
            client.get("/today")
        clock_at("2026-10-05 13:00")
        with count_queries() as troubled:
            client.get("/today")
        assert len(troubled) == len(well)
