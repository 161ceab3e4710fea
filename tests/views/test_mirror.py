"""The mirror on its page, and offered in Today: to owners alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crm.domain import decision_areas, interactions, vendors
from crm.domain.decision_areas import Agreement
from crm.domain.interactions import Next
from crm.models.decision_areas import HintDismissal, InteractionArea
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import InteractionKind, Level, Outcome, Side, Stage, WorkOutcome
from crm.models.vendors import Vendor
from tests.support.browsing import soup, words

FIRST, LAST = date(2026, 9, 7), date(2026, 10, 4)
LONG_AGO = date(2026, 8, 3)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def silas(inside, business) -> int:
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Silas Brandt", stage=Stage.ACTIVE).id


@pytest.fixture
def titles(inside, business, silas) -> int:
    return _hand_over(inside, business, silas, 5, "Titles", LONG_AGO)


def _hand_over(inside, business, vendor_id: int, level: int, name: str, on: date) -> int:
    with inside(business) as session:
        vendor = session.get_one(Vendor, vendor_id)
        agreed = Agreement(name=name)
        return decision_areas.hand_over(vendor, by=business.owner, level=Level(level), agreed=agreed, on=on).id


@pytest.fixture
def talk(inside, business, silas):
    def talk(*days: date, names: tuple[int, ...] = (), **more: object) -> None:
        with inside(business) as session:
            vendor = session.get_one(Vendor, silas)
            for day in days:
                values = {"kind": InteractionKind.CALL, "initiated_by": Side.US, **more}
                entry = interactions.log(vendor, by=business.owner, occurred_on=day, **values)
                session.add_all(InteractionArea(interaction_id=entry.id, area_id=each) for each in names)

    return talk


@pytest.fixture
def looked_at(titles, talk) -> int:
    """Titles at level 5, looked at five times in four weeks; the log is old enough."""
    talk(LONG_AGO, *(FIRST + timedelta(days=5 * number) for number in range(5)))
    return titles


def test_it_holds_the_weeks_against_the_board(client, looked_at):
    page = client.get("/mirror")
    assert words(page, ".lead") == "One thing has more of your attention than its level means."
    said = words(page, ".panel-list")
    assert "Your board says “You decide, I advise”, your weeks say “I ask you first”." in said
    assert "5 in four weeks" in words(page, "tbody")
    assert "up to 1 a week" in words(page, "tbody")
    assert len(soup(page).select("tbody .rests-on li")) == 5


def test_what_we_began_counts_and_nothing_else(client, titles, talk):
    talk(LONG_AGO, FIRST, LAST)
    talk(FIRST, kind=InteractionKind.MESSAGE, outcome=Outcome.ATTEMPT)
    talk(FIRST, initiated_by=Side.THEM)
    talk(FIRST, kind=InteractionKind.DELIVERY)
    talk(FIRST - timedelta(days=1), LAST + timedelta(days=1))
    page = client.get("/mirror")
    assert "3 in four weeks" in words(page, "tbody")
    assert words(page, ".lead") == "Your weeks go with your board."


def test_a_conversation_counts_for_what_it_names(client, inside, business, silas, looked_at, talk):
    claims = _hand_over(inside, business, silas, 7, "Claims", LONG_AGO)
    talk(FIRST, LAST, names=(claims,))
    rows = [row.get_text(" ", strip=True) for row in soup(client.get("/mirror")).select("tbody tr")]
    assert "2 in four weeks" in next(row for row in rows if row.startswith("Claims"))
    assert "5 in four weeks" in next(row for row in rows if row.startswith("Titles"))


def test_before_four_weeks_it_says_when(client, inside, business, silas, talk):
    talk(LONG_AGO)
    _hand_over(inside, business, silas, 5, "Titles", date(2026, 9, 8))
    page = client.get("/mirror")
    assert "It has them on Mon 12 Oct." in words(page, ".empty")
    assert soup(page).select("table") == []


def test_with_nothing_logged_it_says_what_will_be_here(client, titles):
    assert "Four weeks after something is handed over" in words(client.get("/mirror"), ".empty")


def test_what_looking_after_it_takes(client, inside, business, silas, looked_at, talk):
    talk(FIRST, minutes=30, initiated_by=Side.THEM)
    with inside(business) as session:
        for ours, theirs, day in ((30, 180, LAST), (None, 60, FIRST), (60, None, FIRST), (600, 600, LONG_AGO)):
            session.add(
                DelegatedWork(
                    vendor_id=silas,
                    title="Work",
                    asked_on=LONG_AGO,
                    original_due_on=day,
                    due_on=day,
                    delivered_on=day,
                    decided_on=day,
                    waits=False,
                    outcome=WorkOutcome.ACCEPTED,
                    our_minutes=ours,
                    vendor_minutes=theirs,
                    created_by=business.owner.user_id,
                )
            )
    page = client.get("/mirror")
    assert "For each hour of theirs you spend 15 minutes of yours." in words(page, "main")
    row = words(page, "[aria-labelledby=hours] tbody tr")
    assert "25%" in row
    assert "2 pieces of work , 1 without their hours left out" in row.replace("work,", "work ,")


def test_nobody_but_an_owner_meets_it(browser_of, business, nobody, looked_at):
    for person in (business.admin, business.member, business.viewer):
        browser = browser_of(person)
        assert browser.get("/mirror").status_code == 403
        assert browser.post("/mirror/dismissals").status_code == 403
        assert "/mirror" not in browser.get("/insights").text
        assert "/mirror" not in browser.get("/today").text
        assert "/mirror" not in browser.get("/search/palette?q=mirror").text
    assert nobody.get("/mirror").status_code in (302, 303)
    stranger = browser_of(business.stranger).get("/mirror")
    assert "Titles" not in stranger.text


def test_insights_and_the_palette_lead_an_owner_there(client, looked_at):
    assert "/mirror" in client.get("/insights").text
    assert "/mirror" in client.get("/search/palette?q=mirror").text


class TestToday:
    def test_it_is_offered_in_the_first_days_of_a_month(self, client, clock_at, looked_at):
        assert soup(client.get("/today")).select("[href='/mirror']") != []
        clock_at("2026-10-07 23:00")
        assert soup(client.get("/today")).select("[href='/mirror']") != []
        clock_at("2026-10-08 09:00")
        assert soup(client.get("/today")).select("[href='/mirror']") == []

    def test_only_where_there_are_four_weeks_to_see(self, client, inside, business, silas, talk):
        talk(LONG_AGO)
        _hand_over(inside, business, silas, 5, "Titles", date(2026, 9, 8))
        assert soup(client.get("/today")).select("[href='/mirror']") == []

    def test_it_is_put_off_for_the_month_by_its_owner_alone(self, client, inside, business, looked_at, browser_of):
        for _time in range(2):
            client.post("/mirror/dismissals")
        assert soup(client.get("/today")).select("[href='/mirror']") == []
        with inside(business) as session:
            kept = session.query(HintDismissal).one()
            assert (kept.vendor_id, kept.dismissed_by) == (None, business.owner.user_id)
            assert (kept.dismissed_on, kept.until) == (date(2026, 10, 5), date(2026, 11, 1))

    def test_it_is_back_next_month(self, client, browser_of, business, clock_at, looked_at, talk):
        client.post("/mirror/dismissals")
        clock_at("2026-11-01 09:00")
        assert soup(browser_of(business.owner).get("/today")).select("[href='/mirror']") != []

    def test_it_can_be_taken_back(self, client, browser_of, business, looked_at):
        toast = client.follow(client.post("/mirror/dismissals"))
        undo = soup(toast).select_one(".toast form")["action"]
        assert browser_of(business.stranger).post(undo).status_code == 404
        assert browser_of(business.admin).post(undo).status_code == 403
        client.post(undo)
        assert soup(client.get("/today")).select("[href='/mirror']") != []
        assert client.post(undo).status_code == 404

    def test_today_stays_a_page_of_eight_questions(self, client, looked_at, talk, count_queries):
        talk(LAST, then=Next(due_on=LAST + timedelta(days=1)))
        client.get("/today")
        with count_queries() as statements:
            page = client.get("/today")
        assert len(soup(page).select(".rows .row")) == 1
        assert len(statements) <= 8, statements


@pytest.mark.parametrize("count", [1, 20])
def test_the_page_asks_as_many_questions_with_many_areas(
    client, inside, business, silas, looked_at, count_queries, count
):
    for number in range(count):
        _hand_over(inside, business, silas, 5, f"Area {number}", LONG_AGO)
    client.get("/")
    with count_queries() as statements:
        client.get("/mirror")
    assert len(statements) <= 7, statements
