"""Planning: public holidays, closed days of a file, check-ins a day; for who runs the business alone."""

from __future__ import annotations

import io
from datetime import date

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from crm.core import limits
from crm.domain import nights, touches, vendors
from crm.models.closed_days import ClosedDay
from crm.models.enums import CadenceChoice, Stage
from crm.models.vendors import Vendor
from crm.models.workspaces import Workspace

PLACE = "/settings/planning"


def calendar(*events: str) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//EN"]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.split("|"), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


SUMMER = "UID:1|DTSTAMP:20260101T000000Z|DTSTART;VALUE=DATE:20261110|DTEND;VALUE=DATE:20261112|SUMMARY:Stocktaking"
YEARLY = "UID:2|DTSTAMP:20260101T000000Z|DTSTART;VALUE=DATE:20201124|RRULE:FREQ=YEARLY|SUMMARY:Founders’ day"
MEETING = "UID:3|DTSTAMP:20260101T000000Z|DTSTART:20261109T090000Z|DTEND:20261109T100000Z|SUMMARY:Team meeting"
CANCELLED = SUMMER.replace("UID:1", "UID:4") + "|STATUS:CANCELLED"


@pytest.fixture(autouse=True)
def _monday(clock_at) -> None:
    clock_at("2026-10-05 09:00")


@pytest.fixture
def client(browser_of, business):
    return browser_of(business.owner)


@pytest.fixture
def vendor(inside, business) -> int:
    """Due every 36 days, and so on Tuesday 10 November."""
    rhythm = {"cadence_choice": CadenceChoice.OWN, "cadence_every": 36, "cadence_unit": "days"}
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Northlight Studio", stage=Stage.ACTIVE, **rhythm).id


@pytest.fixture
def due_on(inside, business, vendor):
    def read() -> date | None:
        with inside(business) as session:
            return session.get_one(Vendor, vendor).due_on

    return read


@pytest.fixture
def workspace(inside, business):
    def read() -> Workspace:
        with inside(business) as session:
            return session.get_one(Workspace, session.workspace_id)

    return read


def send(client, content: bytes, name: str = "closed.ics"):
    client.get(PLACE)
    return client.post(f"{PLACE}/calendar", file=(io.BytesIO(content), name))


def soup(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.data, "html.parser")


class TestHolidays:
    def test_a_country_is_chosen_and_then_one_of_its_regions(self, client, workspace):
        page = soup(client.get(PLACE))
        assert page.select_one("select[name=region]") is None
        client.post(f"{PLACE}/holidays", country="GB", region="")
        offered = [each["value"] for each in soup(client.get(PLACE)).select("select[name=region] option")]
        assert offered == ["", "ENG", "NIR", "SCT", "WLS"]
        client.post(f"{PLACE}/holidays", country="GB", region="SCT")
        assert (workspace().holidays_country, workspace().holidays_region) == ("GB", "SCT")
        words = soup(client.get(PLACE)).get_text(" ", strip=True)
        assert "Saint Andrew's Day Public holiday" in words

    def test_another_country_leaves_the_region_of_the_first_behind(self, client, workspace):
        client.get(PLACE)
        client.post(f"{PLACE}/holidays", country="GB", region="SCT")
        client.post(f"{PLACE}/holidays", country="DE", region="SCT")
        assert (workspace().holidays_country, workspace().holidays_region) == ("DE", "")

    def test_what_is_planned_follows_at_once_and_back(self, client, due_on):
        assert due_on() == date(2026, 11, 10)
        client.get(PLACE)
        with_martinmas = ("2026-11-11", "BE")  # a holiday of Belgium on the day after
        client.post(f"{PLACE}/holidays", country=with_martinmas[1], region="")
        assert due_on() == date(2026, 11, 10)
        send(client, calendar(SUMMER.replace("20261112", "20261111")))
        assert due_on() == date(2026, 11, 12)
        client.post(f"{PLACE}/holidays", country="", region="")
        assert due_on() == date(2026, 11, 11)

    @pytest.mark.parametrize("country", ["XX", "gb", "G"])
    def test_what_is_no_country_is_refused(self, client, workspace, country):
        client.get(PLACE)
        answer = client.post(f"{PLACE}/holidays", country=country, region="")
        assert answer.status_code == 422
        assert workspace().holidays_country == ""

    def test_the_night_comes_at_once_to_plan_anew(self, client, workspace):
        assert workspace().next_night_at != nights.ASKED_FOR
        client.get(PLACE)
        client.post(f"{PLACE}/holidays", country="GB", region="")
        assert workspace().next_night_at == nights.ASKED_FOR


class TestTheFile:
    def test_its_whole_days_are_closed_and_shown_by_name(self, client, due_on, inside, business):
        answer = send(client, calendar(SUMMER, YEARLY, MEETING, CANCELLED))
        assert answer.location == PLACE
        assert due_on() == date(2026, 11, 12)
        words = soup(client.get(PLACE)).get_text(" ", strip=True)
        assert "Stocktaking From your file" in words
        assert "Founders’ day" in words
        assert "Team meeting" not in words
        with inside(business) as session:
            days = session.scalars(select(ClosedDay.day).order_by(ClosedDay.day)).all()
        assert [day for day in days if day.month == 11 and day.day == 24] == [
            date(year, 11, 24) for year in range(2025, 2032)
        ]
        assert [day for day in days if day.day < 20] == [date(2026, 11, 10), date(2026, 11, 11)]

    def test_a_new_file_takes_the_place_of_the_old_and_it_can_be_removed(self, client, due_on, inside, business):
        send(client, calendar(SUMMER))
        send(client, calendar(YEARLY))
        assert due_on() == date(2026, 11, 10)
        client.post(f"{PLACE}/calendar/removal")
        with inside(business) as session:
            assert session.scalars(select(ClosedDay)).all() == []

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "no calendar that can be read"),
            (b"name;mail\nFern;fern@example.org\n", "no calendar that can be read"),
            (b"\xff\xfe\x00\x01", "no calendar that can be read"),
            (calendar(MEETING), "lasts a whole day"),
            (calendar("DTSTART;VALUE=DATE:20191301|SUMMARY:x"), ""),
            (calendar(SUMMER.replace("20261112", "20461112")), "more than 1,000 days"),
            (calendar(*([SUMMER] * (limits.CLOSED_DAYS + 1))), "more than 1,000 days"),
            (b"x" * (limits.CALENDAR_BYTES + 1), "too large"),
        ],
        ids=["empty", "table", "binary", "no-days", "no-date", "too-long", "too-many", "too-large"],
    )
    def test_a_bad_file_is_refused_with_a_word_and_changes_nothing(self, client, content, words, inside, business):
        send(client, calendar(SUMMER))
        answer = send(client, content)
        assert answer.status_code == 422
        assert words in soup(answer).get_text(" ", strip=True)
        with inside(business) as session:
            assert len(session.scalars(select(ClosedDay)).all()) == 2

    def test_a_file_that_repeats_without_end_is_given_up(self, client):
        endless = "UID:9|DTSTAMP:20260101T000000Z|DTSTART;VALUE=DATE:20200101|RRULE:FREQ=SECONDLY|SUMMARY:Always"
        assert send(client, calendar(endless)).status_code == 422

    def test_without_a_file_it_asks_for_one(self, client):
        client.get(PLACE)
        answer = client.post(f"{PLACE}/calendar")
        assert answer.status_code == 422
        assert "Choose a file" in soup(answer).get_text()


class TestThePlan:
    def test_the_number_is_saved_and_planned_anew(self, client, workspace):
        client.get(PLACE)
        client.post(f"{PLACE}/check-ins", touches_a_day="3")
        assert (workspace().touches_a_day, workspace().next_night_at) == (3, nights.ASKED_FOR)

    @pytest.mark.parametrize("number", ["0", "101", "-1", "many", ""])
    def test_it_is_from_1_to_100(self, client, workspace, number):
        client.get(PLACE)
        assert client.post(f"{PLACE}/check-ins", touches_a_day=number).status_code == 422
        assert workspace().touches_a_day == 5


@pytest.mark.parametrize("person", ["member", "viewer"])
def test_only_who_runs_the_business_may(browser_of, business, person, workspace):
    client = browser_of(getattr(business, person))
    assert client.get(PLACE).status_code == 403
    client.get("/today")
    for address, said in (
        ("holidays", {"country": "GB", "region": ""}),
        ("check-ins", {"touches_a_day": "3"}),
        ("calendar/removal", {}),
    ):
        assert client.post(f"{PLACE}/{address}", **said).status_code == 403
    assert (workspace().holidays_country, workspace().touches_a_day) == ("", 5)


def test_another_business_keeps_its_days(client, inside, business):
    client.get(PLACE)
    send(client, calendar(SUMMER))
    client.post(f"{PLACE}/holidays", country="GB", region="")
    with inside(business.stranger) as session:
        assert session.scalars(select(ClosedDay)).all() == []
        assert session.get_one(Workspace, session.workspace_id).holidays_country == ""


def test_leave_and_closed_days_are_left_out_together(inside, business, client, vendor):
    client.get(PLACE)
    send(client, calendar(SUMMER))
    with inside(business) as session:
        found = session.get_one(Vendor, vendor)
        found.leave_from, found.leave_to = date(2026, 11, 12), date(2026, 11, 15)
        touches.refresh(session, found)
        assert found.due_on == date(2026, 11, 16)
