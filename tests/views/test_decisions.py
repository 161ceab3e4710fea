"""What becomes of a parked vendor, on one page: four answers, each with what it needs."""

from __future__ import annotations

from datetime import date

import pytest

from crm.domain import parkings, vendors
from crm.models.enums import ParkingEnd, ParkingReason, ReminderKind, Stage
from crm.models.reminders import Reminder
from crm.models.stages import Parking, ParkingTrigger
from crm.models.vendors import Vendor
from tests.support.browsing import soup, words


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def parked(inside, business):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Kettle & Crane", what_they_do="Press for launches")
        parkings.park(
            vendor,
            by=business.owner,
            reason=ParkingReason.NOTHING_TO_OUTSOURCE,
            condition="The baby balm has a launch date",
        )
        parkings.tick(parkings.of_vendor(session, vendor), by=business.member)
        return vendor.id


@pytest.fixture
def address(parked):
    return f"/vendors/{parked}/parking/decision"


def stored(inside, business):
    with inside(business) as session:
        return session.query(Vendor).one().stage, session.query(Parking).one()


def waiting(inside, business):
    """What the trigger and the revisit still ask of somebody."""
    with inside(business) as session:
        kinds = (ReminderKind.TRIGGER, ReminderKind.REVISIT)
        return {
            row.kind for row in session.query(Reminder).filter(Reminder.ended_at.is_(None), Reminder.kind.in_(kinds))
        }


def test_it_says_why_they_are_parked_and_what_came_true(client, address):
    shown = client.get(address)
    assert "Is it time for Kettle & Crane?" in words(shown, "h1")
    assert "Parked on Mon 5 Oct: Nothing to outsource now." in words(shown, ".lead")
    assert "The baby balm has a launch date" in words(shown, ".notice.ochre")
    answers = [each["value"] for each in soup(shown).select("[name=answer]")]
    assert answers == ["trial", "bring_on", "keep", "let_go"]


@pytest.mark.parametrize(
    ("answer", "stage", "end"),
    [
        ({"answer": "trial", "what": "One release", "due_on": "2026-10-20"}, Stage.TRIAL, ParkingEnd.TRIAL),
        ({"answer": "trial", "why_none": "We know their work"}, Stage.TRIAL, ParkingEnd.TRIAL),
        ({"answer": "bring_on"}, Stage.ACTIVE, ParkingEnd.BROUGHT_ON),
        ({"answer": "let_go", "exit_to": "ended", "why": "They closed down"}, Stage.ENDED, ParkingEnd.LET_GO),
        ({"answer": "let_go", "exit_to": "not_a_fit", "why": "Beauty only"}, Stage.NOT_A_FIT, ParkingEnd.LET_GO),
    ],
)
def test_three_answers_end_the_parking_and_what_it_asked(client, address, inside, business, answer, stage, end):
    shown = client.follow(client.post(address, **answer))
    now, parking = stored(inside, business)
    assert (now, parking.ended_how) == (stage, end)
    assert waiting(inside, business) == set()
    client.post(soup(shown).select_one(".toast form")["action"])
    assert stored(inside, business)[0] is Stage.PARKED
    assert waiting(inside, business) == {ReminderKind.TRIGGER, ReminderKind.REVISIT}


def test_kept_parked_until_a_day(client, address, inside, business):
    shown = client.follow(client.post(address, answer="keep", until="2027-03-01"))
    assert "Kettle & Crane stays parked until Mon 1 Mar 2027." in words(shown, ".toast")
    assert stored(inside, business)[1].revisit_on == date(2027, 3, 1)
    assert waiting(inside, business) == {ReminderKind.REVISIT}
    client.post(soup(shown).select_one(".toast form")["action"])
    assert stored(inside, business)[1].revisit_on == date(2027, 2, 2)
    assert waiting(inside, business) == {ReminderKind.TRIGGER, ReminderKind.REVISIT}


def test_the_day_offered_is_the_reasons_usual_one(browser_of, business, address, clock_at):
    clock_at("2027-02-02 09:00")
    assert soup(browser_of(business.owner).get(address)).select_one("[name=until]")["value"] == "2027-06-02"


def test_after_three_times_in_a_row_it_asks_whether_this_is_still_the_right_partner(client, address):
    for month in (3, 4, 5):
        assert "still the right partner" not in client.get(address).text
        client.post(address, answer="keep", until=f"2027-{month:02}-01")
    assert "You have kept them parked 3 times in a row." in words(client.get(address), ".notice")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "Choose one of the four."),
        ({"answer": "marry"}, "Choose one of the four."),
        ({"answer": "trial"}, "Give them a trial task, or say in one sentence why not."),
        ({"answer": "trial", "what": "One release"}, "Pick the day it is due."),
        ({"answer": "keep", "until": "2026-10-05"}, "Pick a day from tomorrow on."),
        ({"answer": "let_go", "exit_to": "ended"}, "Say why, in a sentence."),
        ({"answer": "let_go", "exit_to": "prospect", "why": "x"}, "Choose one of the list."),
    ],
)
def test_an_answer_that_lacks_something_is_asked_again(client, address, inside, business, wrong, said):
    answer = client.post(address, **wrong)
    assert answer.status_code == 422
    assert said in words(answer, ".error-summary")
    assert stored(inside, business)[0] is Stage.PARKED


def test_who_may_decide(browser_of, business, address, inside):
    assert browser_of(business.viewer).get(address).status_code == 403
    assert browser_of(business.viewer).post(address, answer="bring_on").status_code == 403
    assert browser_of(business.stranger).get(address).status_code == 404
    assert browser_of(business.stranger).post(address, answer="bring_on").status_code == 404
    assert stored(inside, business)[0] is Stage.PARKED
    assert browser_of(business.member).post(address, answer="bring_on").status_code == 303
    assert browser_of(business.member).post(address, answer="bring_on").status_code == 404, "it is decided"
    with inside(business) as session:
        assert session.query(ParkingTrigger).one().answered_on == date(2026, 10, 5)


@pytest.mark.parametrize("kind", [ReminderKind.REVISIT, ReminderKind.TRIGGER])
def test_done_keeps_them_parked_says_until_when_and_is_taken_back(browser_of, business, parked, inside, clock_at, kind):
    clock_at("2027-02-02 09:00")
    client = browser_of(business.owner)
    with inside(business) as session:
        reminder_id = (
            session.query(Reminder)
            .filter(Reminder.kind == kind, Reminder.user_id == business.owner.user_id, Reminder.ended_at.is_(None))
            .one()
            .id
        )
    shown = client.follow(client.post(f"/reminders/{reminder_id}/done"))
    assert "Kettle & Crane stays parked until Wed 2 Jun." in words(shown, ".toast")
    assert waiting(inside, business) == {ReminderKind.REVISIT}
    client.post(soup(shown).select_one(".toast form")["action"])
    assert stored(inside, business)[1].revisit_on == date(2027, 2, 2)
    assert waiting(inside, business) == {ReminderKind.TRIGGER, ReminderKind.REVISIT}
