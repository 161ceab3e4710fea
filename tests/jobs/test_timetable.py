"""What recurs: it comes whatever happens, and doing it twice does no harm."""

import io
import logging
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from crm.core import clock, integrity
from crm.core.tenancy import installation_session, workspace_session
from crm.core.unit_of_work import workspace_work
from crm.domain import digests, heartbeats, imports, touches, vendors
from crm.jobs import night, timetable
from crm.jobs import scheduler as scheduling
from crm.jobs.scheduler import Scheduler
from crm.jobs.timetable import Job
from crm.models.reminders import Reminder
from crm.models.vendors import Vendor
from tests.support.letters import due_vendor, messages, tick
from tests.support.waiting import eventually


def test_run_once_writes_and_sends_what_is_due(engine, business, settings_with, smtp_sink, inside, clock_at) -> None:
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        due_vendor(session, business.owner)
    clock_at("2026-11-04 08:00")
    settings = settings_with(SMTP_URL=smtp_sink.url)
    for _ in range(3):
        Scheduler(engine, settings).run_once()
    assert [letter.recipient for letter in smtp_sink.letters] == [business.owner.user.email]


def test_many_schedulers_at_once_make_one_letter(engine, business, settings_with, smtp_sink, inside, clock_at) -> None:
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        for person in (business.owner, business.admin, business.member):
            due_vendor(session, person, f"Vendor of {person.user.name}")
    clock_at("2026-11-04 08:00")
    settings = settings_with(SMTP_URL=smtp_sink.url)
    threads = [threading.Thread(target=Scheduler(engine, settings).run_once) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(smtp_sink.letters) == len(messages(engine)) == 3


def test_a_letter_that_cannot_be_written_keeps_nobody_from_theirs(
    engine, business, settings, inside, clock_at, monkeypatch, caplog
) -> None:
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        for person in (business.owner, business.admin):
            due_vendor(session, person, f"Vendor of {person.user.name}")
    clock_at("2026-11-04 08:00")
    real = digests.plan

    def plan(session, membership_id, **others):
        if membership_id == business.owner.id:
            raise RuntimeError("this one is broken")
        return real(session, membership_id, **others)

    monkeypatch.setattr(digests, "plan", plan)
    with caplog.at_level(logging.ERROR):
        timetable.plan_digests(engine, settings)
    assert [message.user_id for message in messages(engine)] == [business.admin.user_id]
    assert f"the morning letter of member {business.owner.id} could not be written" in caplog.text


def test_the_night_mends_a_next_touch_that_has_drifted_and_says_so(
    engine, business, settings, inside, clock_at, caplog
) -> None:
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        vendor = due_vendor(session, business.owner)
        right = vendor.due_on
    with workspace_work(engine, business.workspace.id) as session:
        session.execute(update(Vendor).values(due_on=None))
    clock_at("2026-10-06 03:00", "UTC")
    with caplog.at_level(logging.WARNING):
        tick(engine, settings)
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        assert session.get(Vendor, vendor.id).due_on == right
    assert f"vendors [{vendor.id}] had drifted" in caplog.text


def test_the_night_forgets_files_that_nobody_imported(engine, business, settings, inside, clock_at) -> None:
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        content = io.BytesIO(b"Supplier\nFern\n")
        imports.upload(session, by=business.owner, content=content, name="vendors.csv", folder=settings.uploads)
    assert list(settings.uploads.iterdir()) != []
    clock_at("2026-10-07 02:30")
    timetable.nightly(engine, settings)
    assert list(settings.uploads.iterdir()) == []


def test_the_night_has_one_turn(engine, clock_at) -> None:
    clock_at("2026-10-06 03:00", "UTC")
    night = clock.now()
    with installation_session(engine, writing=True) as session:
        assert heartbeats.take_turn(session, "night", night)
        assert not heartbeats.take_turn(session, "night", night)


class TestBell:
    @pytest.fixture
    def rings(self, monkeypatch) -> list[int]:
        """A timetable with one job, which notes that it was done, and fails each second time."""
        done: list[int] = []

        def act(engine, settings) -> None:
            done.append(len(done))
            if len(done) % 2:
                raise RuntimeError("it fails")

        monkeypatch.setattr(scheduling, "TIMETABLE", (Job("only", act),))
        return done

    @pytest.fixture
    def scheduler(self, engine, settings_with, rings):
        made = Scheduler(engine, settings_with(TICK_SECONDS="0.1"))
        made.start()
        yield made
        made.stop()

    def test_it_goes_on_after_a_failure(self, scheduler, rings) -> None:
        eventually(lambda: len(rings) >= 4, what="four rings")

    def test_the_watchdog_winds_it_up_when_the_clock_is_set_back(self, scheduler, rings, clock_at, monkeypatch) -> None:
        monkeypatch.setattr(scheduling, "GRACE_SECONDS", 0.3)
        eventually(lambda: rings, what="the first ring")
        clock_at("2020-01-01 00:00")  # the timer now waits for years to pass
        before = len(rings)
        eventually(lambda: len(rings) > before + 1, what="the watchdog")

    def test_a_job_that_takes_long_is_not_silent(self, engine, settings_with, monkeypatch, caplog) -> None:
        """It is looked at many times meanwhile; the one beside it goes on."""
        monkeypatch.setattr(scheduling, "GRACE_SECONDS", 0.1)
        over, looked = threading.Event(), []
        monkeypatch.setattr(
            scheduling,
            "TIMETABLE",
            (Job("long", lambda *_: over.wait()), Job("short", lambda *_: looked.append(1), timedelta(seconds=0.1))),
        )
        scheduler = Scheduler(engine, settings_with(TICK_SECONDS="0.1"))
        scheduler.start()
        eventually(lambda: len(looked) >= 30, what="three seconds, in which the watchdog looks twice")
        over.set()
        scheduler.stop()
        assert "winding the timer up" not in caplog.text

    def test_a_timer_that_died_is_replaced(self, scheduler, rings, monkeypatch) -> None:
        monkeypatch.setattr(scheduling, "GRACE_SECONDS", 0.3)
        eventually(lambda: rings, what="the first ring")
        scheduler._timer.shutdown(wait=True)
        before = len(rings)
        eventually(lambda: len(rings) > before, what="the watchdog")


def test_sixty_ticks_in_a_minute_and_ten_saves_make_one_reminder_and_one_letter(
    engine, business, settings_with, smtp_sink, inside, clock_at
) -> None:
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        vendor = due_vendor(session, business.owner)
    for turn in range(10):
        clock_at(f"2026-10-05 09:{turn:02}")
        with inside(business) as session:
            present = session.get(Vendor, vendor.id)
            vendors.edit(present, by=business.owner, version=present.version, what_they_do=f"Films, take {turn}")
            touches.refresh(session, present)
    settings = settings_with(SMTP_URL=smtp_sink.url)
    clock_at("2026-11-04 08:00")
    for _tick in range(60):
        Scheduler(engine, settings).run_once()
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        assert len(session.scalars(select(Reminder)).all()) == 1
    assert [letter.recipient for letter in smtp_sink.letters] == [business.owner.user.email]


class TestTheDatabaseChecksItself:
    @pytest.fixture
    def whole(self, engine):
        return integrity.look(engine)

    @pytest.fixture
    def found(self, whole, monkeypatch):
        """found("…") is what the next check finds."""

        def finds(*faults: str) -> None:
            monkeypatch.setattr(integrity, "look", lambda _engine: replace(whole, faults=list(faults)))

        return finds

    def test_once_a_night_and_admins_and_machines_are_told(
        self, engine, settings, business, browser_of, clock_at, found, caplog
    ) -> None:
        clock_at("2026-10-05 03:00")
        found("quick_check: row 7 is missing from an index")
        tick(engine, settings)
        assert "is damaged: quick_check: row 7 is missing from an index" in caplog.text
        admin, member = browser_of(business.admin), browser_of(business.member)
        assert "The database is damaged." in admin.get("/today").text
        assert "The database is damaged." not in member.get("/today").text
        answer = admin.get("/readyz")
        assert (answer.status_code, answer.json["database"]) == (503, {"ok": False, "faults": 1})
        assert "goodterms_database_faults 1.0" in admin.get("/metrics").text

        found()
        tick(engine, settings)
        assert admin.get("/readyz").status_code == 503
        clock_at("2026-10-06 03:00")
        tick(engine, settings)
        assert admin.get("/readyz").json["database"] == {"ok": True}
        assert "The database is damaged." not in admin.get("/today").text

    def test_a_check_that_stumbles_keeps_nothing_else_from_the_night(
        self, engine, settings, monkeypatch, caplog
    ) -> None:
        def stumble(_engine) -> None:
            raise OSError("no such disk")

        tidied = []
        monkeypatch.setattr(integrity, "look", stumble)
        monkeypatch.setattr(night, "tidy", tidied.append)
        timetable.nightly(engine, settings)
        assert tidied == [engine]
        assert "could not be checked" in caplog.text
