"""How check-ins went in a year, by their own days and those on which both sides spoke."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import event

from crm.core.dates import CadenceUnit
from crm.domain import interactions, members, reminders, stages, touches, vendors
from crm.domain.next_touch import SnoozeChoice
from crm.models.enums import CadenceChoice, CheckInEnd, InteractionKind, Outcome, ReminderKind, Stage
from crm.models.reminders import Reminder
from crm.queries import check_ins
from crm.queries.check_ins import Kept

SINCE = date(2026, 1, 1)


@pytest.fixture
def vendor_id(inside, business, clock_at):
    """Added on Monday 5 October on a rhythm of ten days: the first check-in is on Thursday the 15th."""
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        return vendors.add(
            session,
            by=business.member,
            name="Northlight",
            cadence_choice=CadenceChoice.OWN,
            cadence_every=10,
            cadence_unit=CadenceUnit.DAYS,
        ).id


@pytest.fixture
def talk(inside, business, clock_at, vendor_id):
    def log(day: str, *, said_on: str | None = None, outcome=Outcome.TWO_WAY) -> None:
        clock_at(f"{day} 12:00")
        with inside(business) as session:
            interactions.log(
                vendors.at(session, vendor_id),
                by=business.member,
                kind=InteractionKind.CALL,
                occurred_on=date.fromisoformat(said_on or day),
                outcome=outcome,
            )

    return log


@pytest.fixture
def year(inside, business, vendor_id):
    def read(today: str) -> dict[str, str]:
        with inside(business) as session:
            rows = check_ins.of_vendor(session, vendor_id, since=SINCE, today=date.fromisoformat(today))
            return {row.due_on.isoformat(): row.end.value for row in rows}

    return read


@pytest.fixture
def open_touch(inside, business, vendor_id):
    def act(do) -> None:
        with inside(business) as session:
            row = session.query(Reminder).filter_by(vendor_id=vendor_id, kind=ReminderKind.TOUCH, ended_at=None).one()
            do(session, row)

    return act


def a_week_later(business):
    def snooze(session, row) -> None:
        reminders.snooze(session, row, by=business.member, choice=SnoozeChoice.ONE_WEEK)

    return snooze


class TestOneCheckIn:
    def test_counts_for_nothing_until_its_day(self, year):
        assert year("2026-10-14") == {}

    def test_waits_for_seven_days(self, year):
        assert year("2026-10-15") == year("2026-10-22") == {}

    def test_is_missed_when_they_are_over(self, year):
        assert year("2026-10-23") == {"2026-10-15": "missed"}

    @pytest.mark.parametrize(
        ("spoke_on", "end"),
        [
            ("2026-10-14", CheckInEnd.AHEAD),
            ("2026-10-15", CheckInEnd.KEPT),
            ("2026-10-22", CheckInEnd.KEPT),
            ("2026-10-23", CheckInEnd.LATE),
            ("2026-11-20", CheckInEnd.LATE),
        ],
    )
    def test_is_judged_by_the_day_on_which_both_sides_spoke(self, talk, year, spoke_on, end):
        talk(spoke_on)
        assert year("2026-11-21")["2026-10-15"] == end

    def test_is_kept_by_a_call_that_was_logged_late(self, talk, year):
        talk("2026-11-20", said_on="2026-10-16")
        assert year("2026-11-21")["2026-10-15"] == "kept"

    def test_is_not_kept_by_an_attempt(self, talk, year):
        talk("2026-10-15", outcome=Outcome.ATTEMPT)
        assert year("2026-10-23") == {}, "the attempt moved it before it was missed"

    def test_is_not_kept_by_a_conversation_that_was_deleted(self, talk, year, inside, business, clock_at):
        talk("2026-10-15")
        clock_at("2026-10-30 09:00")
        with inside(business) as session:
            interactions.delete(interactions.find(session, 1), by=business.member)
        assert year("2026-10-30") == {"2026-10-15": "missed"}

    def test_that_was_skipped_or_put_off_in_time_counts_for_nothing(self, open_touch, year, business, clock_at):
        clock_at("2026-10-15 09:00")
        open_touch(
            lambda session, row: reminders.snooze(session, row, by=business.member, choice=SnoozeChoice.ONE_WEEK)
        )
        assert year("2026-10-25") == {}
        clock_at("2026-10-22 09:00")
        open_touch(lambda session, row: reminders.skip(session, row, by=business.member))
        assert year("2026-10-25") == {}

    def test_that_was_put_off_when_it_was_missed_already_stays_missed(self, open_touch, year, business, clock_at):
        clock_at("2026-10-26 09:00")
        open_touch(
            lambda session, row: reminders.snooze(session, row, by=business.member, choice=SnoozeChoice.ONE_WEEK)
        )
        assert year("2026-10-27") == {"2026-10-15": "missed"}

    def test_that_ended_with_the_rhythm_counts_for_nothing(self, year, inside, business, vendor_id, clock_at):
        clock_at("2026-10-16 09:00")
        with inside(business) as session:
            stages.move(vendors.at(session, vendor_id), by=business.member, to=Stage.ENDED, why="Finished")
            vendors.at(session, vendor_id).cadence_choice = CadenceChoice.NONE
            touches.refresh(session, vendors.at(session, vendor_id))
        assert year("2026-11-20") == {}


def test_a_year_adds_up_by_month_person_and_vendor(talk, year, inside, business, vendor_id):
    for day in ("2026-10-15", "2026-11-04", "2026-11-10"):  # kept; late for 26 October; ahead of 16 November
        talk(day)
    today = date(2026, 12, 10)  # 20 November was missed
    with inside(business) as session:
        months = check_ins.by_month(session, since=SINCE, today=today)
        people = check_ins.by_person(session, since=SINCE, today=today)
        with_whom = check_ins.by_vendor(session, since=SINCE, today=today)
    assert [(row.month.month, row.counts) for row in months] == [
        (10, Kept(kept=1, late=1)),
        (11, Kept(missed=1, ahead=1)),
    ]
    whole = Kept(kept=1, late=1, missed=1, ahead=1)
    assert whole.came_due == 3
    assert [(row.name, row.counts) for row in people] == [("Milo Member", whole)]
    assert [(row.id, row.counts) for row in with_whom] == [(vendor_id, whole)]
    assert sorted(year("2026-12-10").values()) == ["ahead", "kept", "late", "missed"]


def test_a_check_in_counts_once_however_many_were_reminded(talk, inside, business, vendor_id, clock_at):
    clock_at("2026-10-20 09:00")
    with inside(business) as session:
        members.deactivate(session, business.member.user_id, by=business.owner)
    today = date(2026, 11, 20)
    with inside(business) as session:
        assert session.query(Reminder).filter_by(vendor_id=vendor_id, kind=ReminderKind.TOUCH).count() > 1
        people = check_ins.by_person(session, since=SINCE, today=today)
        assert [(row.name, row.counts) for row in people] == [("Milo Member", Kept(missed=1))]


def test_nothing_of_another_business_is_counted(inside, business, vendor_id):
    today = date(2026, 11, 20)
    with inside(business.stranger) as session:
        assert check_ins.by_month(session, since=SINCE, today=today) == []
        assert check_ins.of_vendor(session, vendor_id, since=SINCE, today=today) == []


def test_the_year_is_worked_out_once_however_many_vendors_and_people_there_are(inside, business):
    today = date(2026, 11, 23)
    with inside(business) as session:
        asked: list[str] = []
        listen = session.connection().engine

        @event.listens_for(listen, "before_cursor_execute")
        def note(_connection, _cursor, statement, *_rest):
            asked.append(statement)

        for read in (check_ins.by_month, check_ins.by_person, check_ins.by_vendor):
            read(session, since=SINCE, today=today)
        check_ins.of_vendor(session, 1, since=SINCE, today=today)
        event.remove(listen, "before_cursor_execute", note)
    assert len(asked) == 4
    assert all("AS MATERIALIZED" in statement for statement in asked)
