"""The board in the browser: filters, the quick row, moves, and what each needs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crm.core import limits
from crm.domain import parkings, stages, vendors
from crm.domain.trials import TrialTerms
from crm.models.enums import ParkingReason, Stage
from crm.models.stages import StageMove
from crm.models.vendors import Vendor
from tests.support.browsing import soup, words


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def northlight(inside, business):
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Northlight Studio", what_they_do="Product films")


def column(answer, stage):
    return words(answer, f"#{stage} .cards")


def vendor_of(inside, business, name):
    with inside(business) as session:
        return session.query(Vendor).filter(Vendor.name == name).one()


class TestAddingInOneLine:
    def test_a_name_is_enough(self, client, inside, business):
        answer = client.post("/board/vendors", name="Pixelmill", what_they_do="", stage="prospect")
        assert answer.status_code == 303
        assert "Pixelmill" in column(client.follow(answer), "prospect")

    def test_the_box_stays_ready_for_the_next_one_in_the_same_column(self, client):
        shown = soup(client.follow(client.post("/board/vendors", name="Pixelmill", stage="active")))
        assert shown.select_one("#add [name=name]").has_attr("autofocus")
        assert shown.select_one("#add option[selected]")["value"] == "active"

    @pytest.mark.parametrize("stage", ["trial", "parked"])
    def test_a_column_that_asks_for_more_gets_its_answer_on_the_next_page(self, client, stage, inside, business):
        answer = client.post("/board/vendors", name="Pixelmill", stage=stage)
        assert f"/stage-moves/new?to={stage}" in answer.location
        assert vendor_of(inside, business, "Pixelmill").stage is Stage.PROSPECT

    def test_without_a_name_it_says_what_to_do_and_keeps_the_rest(self, client):
        answer = client.post("/board/vendors", name="  ", what_they_do="Films", stage="active")
        assert answer.status_code == 422
        assert "Type the vendor’s name" in words(answer, ".error-summary")
        assert soup(answer).select_one("#add [name=what_they_do]")["value"] == "Films"

    def test_a_double_is_asked_about_and_can_be_added_all_the_same(self, client, northlight):
        answer = client.post("/board/vendors", name="Northlight Studio", stage="prospect")
        assert answer.status_code == 422
        assert soup(answer).select_one("[name=despite_doubles]")
        assert (
            client.post("/board/vendors", name="Northlight Studio", stage="prospect", despite_doubles="y").status_code
            == 303
        )

    def test_a_name_that_is_too_long_is_refused(self, client):
        assert client.post("/board/vendors", name="x" * 201, stage="prospect").status_code == 422

    @pytest.mark.parametrize("stage", ["ended", "nonsense", "", None])
    def test_a_column_that_is_none_is_refused(self, client, stage):
        assert client.post("/board/vendors", name="Pixelmill", stage=stage).status_code in (303, 422)


class TestMoving:
    def test_a_move_that_asks_nothing_is_made_at_once_and_can_be_taken_back(self, client, northlight):
        answer = client.post(f"/vendors/{northlight.id}/stage-moves?back=/board", to="active")
        assert (answer.status_code, answer.location) == (303, "/board")
        shown = client.follow(answer)
        assert "Northlight Studio" in column(shown, "active")
        assert "Northlight Studio moved to Active." in words(shown, ".toast")
        undo = soup(shown).select_one(".toast form")["action"]
        shown = client.follow(client.post(undo))
        assert "Northlight Studio" in column(shown, "prospect")

    def test_undone_twice_it_says_so(self, client, northlight, inside, business):
        client.post(f"/vendors/{northlight.id}/stage-moves", to="active")
        with inside(business) as session:
            number = session.query(StageMove).one().id
        assert client.post(f"/stage-moves/{number}/undo").status_code == 303
        assert client.post(f"/stage-moves/{number}/undo").status_code == 422

    def test_a_move_that_asks_shows_its_questions_and_saves_nothing_yet(self, client, northlight, inside, business):
        answer = client.post(f"/vendors/{northlight.id}/stage-moves", to="trial")
        assert answer.status_code == 422
        assert soup(answer).select_one("form [name=what]")
        assert vendor_of(inside, business, "Northlight Studio").stage is Stage.PROSPECT

    def test_a_trial_task_is_given_with_the_move(self, client, northlight):
        answer = client.post(
            f"/vendors/{northlight.id}/stage-moves?to=trial&back=/board", what="One film", due_on="2026-10-12"
        )
        assert answer.location == "/board"
        assert "One film" in column(client.follow(answer), "trial")

    def test_what_was_typed_stays_beside_the_mistake(self, client, northlight):
        answer = client.post(f"/vendors/{northlight.id}/stage-moves?to=trial", what="One film", due_on="2020-01-01")
        assert answer.status_code == 422
        shown = soup(answer)
        assert shown.select_one("[name=what]").text.strip() == "One film"
        assert shown.select_one("[name=due_on]")["value"] == "2020-01-01"
        assert "Pick a day from today on." in words(answer, ".error")

    def test_an_unreadable_day_is_said_in_words(self, client, northlight):
        answer = client.post(f"/vendors/{northlight.id}/stage-moves?to=trial", what="One film", due_on="soon")
        assert (answer.status_code, soup(answer).select_one("[name=due_on]")["value"]) == (422, "soon")

    def test_leaving_a_trial_asks_how_it_went(self, client, northlight, inside, business):
        with inside(business) as session:
            vendor = stages.find_vendor(session, northlight.id)
            stages.move(vendor, by=business.owner, to=Stage.TRIAL, trial=TrialTerms("One film", date(2026, 10, 12)))
        path = f"/vendors/{northlight.id}/stage-moves?to=active"
        assert soup(client.get(f"/vendors/{northlight.id}/stage-moves/new?to=active")).select("[name=outcome]")
        assert client.post(path).status_code == 422
        assert client.post(path, outcome="passed").status_code == 303

    def test_an_exit_asks_why(self, client, northlight):
        path = f"/vendors/{northlight.id}/stage-moves?to=not_a_fit&back=/board"
        assert client.post(path).status_code == 422
        shown = client.follow(client.post(path, why="They only do weddings"))
        assert "Northlight Studio" not in words(shown, ".board, .empty")
        history = words(client.get(f"/vendors/{northlight.id}/stage-moves"), "main")
        assert "They only do weddings" in history
        assert "Olive Owner" in history

    @pytest.mark.parametrize("to", ["nonsense", ""])
    def test_a_stage_that_is_none_is_not_there(self, client, northlight, to):
        assert client.get(f"/vendors/{northlight.id}/stage-moves/new?to={to}").status_code == 404
        assert client.post(f"/vendors/{northlight.id}/stage-moves", to=to).status_code == 404

    def test_parking_leads_to_its_own_form(self, client, northlight):
        answer = client.get(f"/vendors/{northlight.id}/stage-moves/new?to=parked&back=/board")
        assert answer.location.startswith(f"/vendors/{northlight.id}/parking/new")

    @pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/no-such-page", "javascript:1"])
    def test_the_way_back_stays_here(self, client, northlight, back):
        answer = client.post(
            f"/vendors/{northlight.id}/stage-moves", to="active", options={"query_string": {"back": back}}
        )
        assert answer.location == f"/vendors/{northlight.id}"

    def test_a_stranger_and_a_viewer_move_nothing(self, browser_of, business, northlight):
        path = f"/vendors/{northlight.id}/stage-moves"
        assert browser_of(business.stranger).post(path, to="active").status_code == 404
        assert browser_of(business.viewer).post(path, to="active").status_code == 403


class TestFilters:
    def test_they_are_kept_until_they_are_changed(self, client, inside, business):
        with inside(business) as session:
            vendors.add(session, by=business.admin, name="Ada’s")
            vendors.add(session, by=business.owner, name="Olive’s")
        assert "Ada’s" not in column(client.get("/board?who=me"), "prospect")
        assert "Ada’s" not in column(client.get("/board"), "prospect")
        assert "Ada’s" in column(client.get("/board?who=everyone"), "prospect")
        assert "Ada’s" in column(client.get("/board"), "prospect")

    @pytest.mark.parametrize(
        "query", ["who=x", "does=99999999999999", "does=-1", "needs=x", "prospect=1e9", "active=0"]
    )
    def test_nonsense_filters_nothing(self, client, northlight, query):
        assert "Northlight Studio" in column(client.get(f"/board?{query}"), "prospect")

    def test_an_empty_board_says_how_to_begin(self, client):
        assert "Begin with the ones you work with" in words(client.get("/board"), ".empty")

    def test_an_empty_filter_does_not_say_that_nobody_is_here(self, client, northlight):
        assert "Nobody fits these filters" in words(client.get("/board?needs=attention"), ".empty")


def test_a_card_says_who_what_when_and_how_long(client, northlight):
    card = words(client.get("/board"), f"#card-{northlight.id}")
    for part in ("Northlight Studio", "Product films", "Mon 19 Oct", "0 days here"):
        assert part in card


def test_a_viewer_sees_the_board_and_can_change_nothing(browser_of, business, northlight):
    shown = soup(browser_of(business.viewer).get("/board"))
    assert "Northlight Studio" in shown.text
    assert not shown.select("main form")


@pytest.mark.parametrize("count", [10, 120])
def test_the_number_of_statements_does_not_grow(client, inside, business, count_queries, count):
    with inside(business) as session:
        for number in range(count):
            vendors.add(session, by=business.owner, name=f"Vendor {number}", despite_doubles=True)
    client.get("/board")
    with count_queries() as statements:
        client.get("/board")
    assert len(statements) <= 8, statements


def test_a_parked_vendor_for_whom_the_time_looks_right_comes_first_and_says_so(client, inside, business):
    with inside(business) as session:
        for number in range(limits.BOARD_CARDS + 2):
            vendor = vendors.add(session, by=business.owner, name=f"Vendor {number:02}", despite_doubles=True)
            until = business.workspace.today + timedelta(days=10 + number)
            parkings.park(vendor, by=business.owner, reason=ParkingReason.OTHER, until=until, condition="A free week")
        parkings.tick(parkings.of_vendor(session, vendor), by=business.owner)
    cards = soup(client.get("/board")).select("#parked .card")
    assert cards[0].select_one(".card-name").get_text() == vendor.name
    assert ["The time looks right" in card.get_text() for card in cards] == [True] + [False] * limits.BOARD_CARDS
    with inside(business) as session:
        parkings.keep_parked(parkings.of_vendor(session, session.get(Vendor, vendor.id)), by=business.owner)
    assert "The time looks right" not in words(client.get("/board"), "#parked")
