"""Each business's night: once at its own 2 o'clock, whoever ticks and however often; it mends and plans."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from crm.core import clock
from crm.core.tenancy import installation_session, workspace_session
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import interactions, nights, touches, vendors
from crm.jobs import night, timetable
from crm.models.enums import CadenceChoice, InteractionKind, ReminderKind, Stage
from crm.models.reminders import Reminder
from crm.models.vendors import Vendor
from crm.models.workspaces import Workspace

LEASE = timedelta(seconds=60)


def utc(words: str) -> datetime:
    return datetime.fromisoformat(words + "+00:00")


def workspace_of(engine, business) -> Workspace:
    with installation_session(engine, writing=False) as session:
        return session.get_one(Workspace, business.workspace.id)


def every_sixty_days(session, by, name: str, **fields):
    rhythm = {"cadence_choice": CadenceChoice.OWN, "cadence_every": 60, "cadence_unit": "days"}
    return vendors.add(session, by=by, name=name, stage=Stage.ACTIVE, despite_doubles=True, **rhythm, **fields)


@pytest.fixture
def twenty(inside, business, clock_at) -> list[int]:
    """Twenty vendors that are all due on Wednesday 1 July 2026, each every 60 days."""
    clock_at("2026-05-02 09:00")
    with inside(business) as session:
        return [every_sixty_days(session, business.owner, f"Vendor {number}").id for number in range(20)]


def planned(inside, business) -> dict[int, date | None]:
    with inside(business) as session:
        return dict(session.execute(select(Vendor.id, Vendor.planned_on)).all())


def shown(inside, business) -> Counter[date]:
    open_ones = select(Reminder.shown_on).where(Reminder.kind == ReminderKind.TOUCH, Reminder.ended_at.is_(None))
    with inside(business) as session:
        return Counter(session.scalars(open_ones))


FOUR_DAYS = {date(2026, 7, 1): 5, date(2026, 7, 2): 5, date(2026, 7, 3): 5, date(2026, 7, 6): 5}


class TestThePlan:
    def test_the_worked_example_is_stored_with_its_reminders(self, engine, twenty, inside, business, clock_at) -> None:
        clock_at("2026-06-01 03:00")
        night.recompute(engine)
        assert Counter(planned(inside, business).values()) == FOUR_DAYS
        assert shown(inside, business) == FOUR_DAYS

    def test_another_cap_gives_other_days(self, engine, twenty, inside, business, clock_at) -> None:
        clock_at("2026-06-01 03:00")
        with inside(business) as session:
            session.get_one(Workspace, session.workspace_id).touches_a_day = 10
        night.recompute(engine)
        assert Counter(planned(inside, business).values()) == {date(2026, 7, 1): 10, date(2026, 7, 2): 10}

    def test_twice_gives_the_same_also_when_days_have_come(self, engine, twenty, inside, business, clock_at) -> None:
        for day in ("2026-06-01", "2026-07-01", "2026-07-03", "2026-07-20"):
            clock_at(f"{day} 03:00")
            for _ in range(2):
                night.recompute(engine)
                assert Counter(planned(inside, business).values()) == FOUR_DAYS

    def test_each_person_has_a_day_of_their_own(self, engine, inside, business, clock_at) -> None:
        clock_at("2026-05-02 09:00")
        with inside(business) as session:
            for number in range(5):
                for owner_id in (business.owner.user_id, business.member.user_id, None, business.viewer.user_id):
                    each = every_sixty_days(session, business.owner, f"Vendor {number} {owner_id}", backup_id=None)
                    each.owner_id = owner_id
                    touches.refresh(session, each)
        night.recompute(engine)
        # Whom nobody looks after, and whom only a viewer does, go together: they are the admins'.
        assert Counter(planned(inside, business).values()) == {date(2026, 7, 1): 15, date(2026, 7, 2): 5}

    def test_a_conversation_clears_the_day_and_a_note_does_not(
        self, engine, twenty, inside, business, clock_at
    ) -> None:
        clock_at("2026-07-02 09:00")
        night.recompute(engine)
        with inside(business) as session:
            first, second = (session.get_one(Vendor, vendor_id) for vendor_id in twenty[:2])
            interactions.log(first, by=business.owner, kind=InteractionKind.CALL, occurred_on=date(2026, 7, 2))
            touches.refresh(session, second)
            assert (first.planned_on, first.next_on) == (None, date(2026, 8, 31))
            assert (second.planned_on, second.next_on) == (date(2026, 7, 2), date(2026, 7, 2))

    def test_no_check_in_is_planned_for_a_holiday(self, engine, twenty, inside, business, clock_at) -> None:
        clock_at("2026-06-01 03:00")
        with inside(business) as session:
            session.get_one(Workspace, session.workspace_id).holidays_country = "CA"  # 1 July is Canada Day
        night.recompute(engine)
        assert Counter(planned(inside, business).values()) == {
            date(2026, 7, 2): 5,
            date(2026, 7, 3): 5,
            date(2026, 7, 6): 5,
            date(2026, 7, 7): 5,
        }


class TestTheTurn:
    def test_it_comes_at_the_businesss_own_two_oclock(self, engine, business, settings, clock_at) -> None:
        zone = business.workspace.time_zone
        with installation_work(engine) as session:
            session.get_one(Workspace, business.workspace.id).next_night_at = nights.next_after(
                zone, utc("2026-10-24 12:00")
            )
        clock_at("2026-10-25 00:59", "UTC")  # 1:59 of summer time
        timetable.plan_nights(engine, settings)
        assert workspace_of(engine, business).last_night is None
        clock_at("2026-10-25 02:00", "UTC")
        timetable.plan_nights(engine, settings)
        assert workspace_of(engine, business).last_night is not None
        assert workspace_of(engine, business).next_night_at == utc("2026-10-26 02:00")

    @pytest.mark.parametrize(
        ("zone", "now", "expected"),
        [
            ("Europe/Berlin", "2026-03-28 12:00", "2026-03-29 01:00"),  # 2:00 is skipped
            ("Europe/Berlin", "2026-10-24 12:00", "2026-10-25 00:00"),  # the first of two
            ("Pacific/Kiritimati", "2026-10-24 12:00", "2026-10-25 12:00"),
            ("Asia/Kathmandu", "2026-10-24 20:15", "2026-10-25 20:15"),
        ],
    )
    def test_the_next_one_is_the_next_local_two_oclock(self, zone: str, now: str, expected: str) -> None:
        assert nights.next_after(zone, utc(now)) == utc(expected)

    def test_whoever_comes_second_finds_nothing_to_do(self, engine, business, clock_at) -> None:
        clock_at("2026-10-06 03:00")
        with installation_work(engine) as session:
            assert nights.take_turn(session, business.workspace.id, LEASE) is not None
        with installation_work(engine) as session:
            assert nights.take_turn(session, business.workspace.id, LEASE) is None

    def test_a_worker_that_died_is_followed_by_another_after_its_lease(self, engine, business, clock_at) -> None:
        clock_at("2026-10-06 03:00")
        with installation_work(engine) as session:
            dead = nights.take_turn(session, business.workspace.id, LEASE)
        clock_at("2026-10-06 03:02")
        with installation_work(engine) as session:
            alive = nights.take_turn(session, business.workspace.id, LEASE)
        assert alive is not None
        with installation_work(engine) as session:
            assert nights.keep_turn(session, business.workspace.id, dead, LEASE) is None
            assert not nights.end_turn(session, business.workspace.id, dead, nights.Report(clock.now()))
            assert nights.keep_turn(session, business.workspace.id, alive, LEASE) is not None

    def test_nights_that_were_missed_come_once(self, engine, business, settings, clock_at, count_queries) -> None:
        clock_at("2026-10-06 03:00")
        timetable.plan_nights(engine, settings)
        clock_at("2026-10-11 17:00")
        timetable.plan_nights(engine, settings)
        assert workspace_of(engine, business).next_night_at == utc("2026-10-12 01:00")
        with count_queries() as statements:
            timetable.plan_nights(engine, settings)
        assert len(statements) == 1

    def test_a_clock_that_is_set_back_keeps_nobody_waiting(self, engine, business, settings, clock_at) -> None:
        clock_at("2026-12-06 03:00")
        timetable.plan_nights(engine, settings)
        clock_at("2026-10-06 03:00")
        timetable.plan_nights(engine, settings)
        assert workspace_of(engine, business).next_night_at == utc("2026-10-07 01:00")

    def test_a_change_of_settings_ends_the_work_under_way_and_it_begins_anew(
        self, engine, business, settings, clock_at, twenty, monkeypatch, inside
    ) -> None:
        clock_at("2026-06-01 03:00")
        real = nights.plan

        def disturbed(session):
            with inside(business) as settings_page:
                nights.come_at_once(settings_page.get_one(Workspace, settings_page.workspace_id))
            return real(session)

        monkeypatch.setattr(nights, "plan", disturbed)
        timetable.plan_nights(engine, settings)
        assert set(planned(inside, business).values()) == {None}
        monkeypatch.setattr(nights, "plan", real)
        timetable.plan_nights(engine, settings)
        assert Counter(planned(inside, business).values()) == FOUR_DAYS

    def test_a_night_that_fails_is_tried_again_and_keeps_no_other_business_waiting(
        self, engine, business, settings, clock_at, monkeypatch, caplog
    ) -> None:
        clock_at("2026-10-06 03:00")
        real = nights.plan

        def plan(session):
            if session.workspace_id == business.workspace.id:
                raise RuntimeError("this one is broken")
            return real(session)

        monkeypatch.setattr(nights, "plan", plan)
        with caplog.at_level(logging.ERROR):
            timetable.plan_nights(engine, settings)
        assert workspace_of(engine, business).next_night_at == clock.now() + nights.AGAIN_AFTER
        with installation_session(engine, writing=False) as session:
            other = session.get_one(Workspace, business.stranger.workspace_id)
        assert other.last_night is not None


class TestMending:
    @pytest.mark.parametrize(
        "harm",
        [
            update(Vendor).values(due_on=None),
            update(Vendor).values(due_on=date(2027, 1, 1)),
            update(Vendor).values(next_on=date(2027, 1, 1)),
            update(Vendor).values(planned_on=date(2020, 1, 1)),
            update(Vendor).values(due_why={"kind": "touch"}),
            update(Vendor).values(last_contact_on=date(2020, 1, 1)),
            update(Vendor).values(cadence_in_force="3 days"),
            delete(Reminder),
            update(Reminder).values(shown_on=date(2027, 1, 1)),
        ],
        ids=lambda harm: str(harm.compile().params or "no reminder"),
    )
    def test_what_has_drifted_is_mended_and_said(self, engine, inside, business, clock_at, caplog, harm) -> None:
        clock_at("2026-10-05 09:00")
        with inside(business) as session:
            vendor = every_sixty_days(session, business.owner, "Northlight Studio")
            right = touches.outlook(session, vendor).next_touch.candidate.due_on
        with workspace_work(engine, business.workspace.id) as session:
            session.execute(harm.execution_options(synchronize_session=False))
        with caplog.at_level(logging.WARNING):
            night.recompute(engine)
        assert f"vendors [{vendor.id}] had drifted" in caplog.text
        report = workspace_of(engine, business).last_night
        assert (report["vendors"], report["drifted"], report["drifted_ids"]) == (1, 1, [vendor.id])
        with workspace_session(engine, business.workspace.id, writing=False) as session:
            found = session.get_one(Vendor, vendor.id)
            assert (found.due_on, found.planned_on, found.next_on) == (right, right, right)
            assert nights.look(session, 0).drifted == []
        caplog.clear()
        night.recompute(engine)
        assert "drifted" not in caplog.text

    def test_nothing_is_written_where_nothing_has_changed(
        self, engine, twenty, business, clock_at, count_queries
    ) -> None:
        clock_at("2026-06-01 03:00")
        night.recompute(engine)
        with count_queries() as statements:
            night.recompute(engine)
        written = [words for words in statements if not words.lstrip().upper().startswith(("SELECT", "PRAGMA"))]
        assert all("workspaces" in words for words in written)

    def test_what_follows_a_change_of_settings_is_no_drift(
        self, engine, twenty, inside, business, settings, clock_at, caplog
    ) -> None:
        clock_at("2026-06-01 03:00")
        with inside(business) as session:
            session.execute(update(Vendor).values(due_on=None))
            nights.come_at_once(session.get_one(Workspace, session.workspace_id))
        with caplog.at_level(logging.WARNING):
            timetable.plan_nights(engine, settings)
        report = workspace_of(engine, business).last_night
        assert (report["drifted"], report["followed"]) == (0, 20)
        assert "drifted" not in caplog.text

    def test_whom_the_backup_is_told_of_after_a_week_is_no_drift(
        self, engine, inside, business, clock_at, caplog
    ) -> None:
        clock_at("2026-05-02 09:00")
        with inside(business) as session:
            every_sixty_days(session, business.owner, "Northlight Studio", backup_id=business.member.user_id)
        clock_at("2026-07-01 03:00")
        night.recompute(engine)
        clock_at("2026-07-08 03:00")
        night.recompute(engine)
        report = workspace_of(engine, business).last_night
        assert (report["drifted"], report["handed_on"]) == (0, 1)
        with inside(business) as session:
            told = set(session.scalars(select(Reminder.user_id).where(Reminder.ended_at.is_(None))))
        assert told == {business.owner.user_id, business.member.user_id}
