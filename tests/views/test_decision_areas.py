"""The delegation board on its pages."""

from __future__ import annotations

from datetime import date

import pytest

from crm.domain import decision_areas, vendors
from crm.domain.decision_areas import Agreement
from crm.models.decision_areas import Access, DecisionArea
from crm.models.enums import Level
from tests.support.browsing import soup, words
from tests.support.forms import as_shown

MONDAY = date(2026, 10, 5)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def area(inside, business) -> int:
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Silas Brandt")
        agreed = Agreement(name="Publish posts", limit_amount=25_050, limit_currency="GBP")
        return decision_areas.hand_over(vendor, by=business.owner, level=Level.AGREE, agreed=agreed).id


def only(inside, business, table):
    with inside(business) as session:
        return session.query(table).one()


def test_the_board_shows_each_area_on_the_scale(client, area):
    page = client.get("/vendors/1/delegation")
    assert "Publish posts" in words(page, ".duty")
    assert "Up to £250.50 a month" in words(page, ".duty")
    assert soup(page).select_one(".duty-steps input[checked]")["value"] == "4"


def test_a_viewer_sees_the_scale_and_cannot_move_it(browser_of, business, area):
    viewer = browser_of(business.viewer)
    page = viewer.get("/vendors/1/delegation")
    assert soup(page).select("main form") == []
    assert "Level 4 of 7" in soup(page).select_one(".ladder")["aria-label"]
    assert viewer.post(f"/decision-areas/{area}/level", level="7").status_code == 403


def test_one_click_moves_it_and_the_toast_takes_it_back(client, inside, business, area):
    shown = client.follow(client.post(f"/decision-areas/{area}/level", level="5"))
    assert "You decide, I advise" in words(shown, ".toast")
    assert only(inside, business, DecisionArea).level is Level.ADVISE
    client.post(soup(shown).select_one(".toast form")["action"])
    assert only(inside, business, DecisionArea).level is Level.AGREE


@pytest.mark.parametrize("level", ["0", "8", "x", "", None, "5.5"])
def test_there_are_seven_levels(client, inside, business, area, level):
    assert client.post(f"/decision-areas/{area}/level", level=level).status_code == 422
    assert only(inside, business, DecisionArea).level is Level.AGREE


def test_a_move_with_a_reason_stands_in_its_history(client, area):
    sent = as_shown(client.get(f"/decision-areas/{area}/level")) | {"level": "6", "why": "Ten in a row were right."}
    client.post(f"/decision-areas/{area}/level", **sent)
    assert "Ten in a row were right." in words(client.get(f"/decision-areas/{area}/level"), ".timeline")
    assert "Publish posts moved from level 4 to 6" in words(client.get("/vendors/1?show=delegation"), ".timeline")


@pytest.mark.parametrize(
    ("typed", "box"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"level": None}, "level"),
        ({"limit_amount": "lots"}, "limit_amount"),
        ({"limit_amount": "-5"}, "limit_amount"),
        ({"limit_amount": "1" * 40}, "limit_amount"),
        ({"limit_amount": "5", "limit_currency": "XXX"}, "limit_currency"),
        ({"rhythm_every": "0"}, "rhythm_every"),
        ({"rhythm_every": "2", "rhythm_unit": "moons"}, "rhythm_unit"),
        ({"wished_level": "9"}, "wished_level"),
        ({"wished_by": "2999-01-01"}, "wished_by"),
        ({"maturity": "ripe"}, "maturity"),
    ],
)
def test_a_mistake_is_said_beside_its_box_and_what_was_typed_stays(client, area, typed, box):
    page = client.get("/vendors/1/decision-areas/new")
    sent = as_shown(page) | {"name": "Spend on ads", "level": "2", "procedure": "Stays."} | typed
    answer = client.post("/vendors/1/decision-areas", **sent)
    assert answer.status_code == 422
    assert soup(answer).select(f".error-summary a[href='#{box}']"), words(answer, ".error-summary")
    assert soup(answer).select_one("#procedure").text.strip() == "Stays."


def test_what_is_agreed_can_be_changed_and_a_second_save_is_told(client, inside, business, area):
    page = client.get(f"/decision-areas/{area}/edit")
    assert as_shown(page)["limit_amount"] == "250.50"
    client.post(f"/decision-areas/{area}", **(as_shown(page) | {"limit_amount": "300"}))
    assert only(inside, business, DecisionArea).limit_amount == 30_000
    answer = client.post(f"/decision-areas/{area}", **(as_shown(page) | {"limit_amount": "400"}))
    assert answer.status_code == 409
    assert only(inside, business, DecisionArea).limit_amount == 30_000
    assert client.post(f"/decision-areas/{area}", **as_shown(answer)).status_code == 303
    assert only(inside, business, DecisionArea).limit_amount == 40_000


def test_closing_leaves_the_history_and_can_be_undone(client, area):
    shown = client.follow(client.post(f"/decision-areas/{area}/closing"))
    assert "No longer theirs" in words(shown)
    assert client.post(f"/decision-areas/{area}/level", level="5").status_code == 422
    client.post(soup(shown).select_one(".toast form")["action"])
    assert "No longer theirs" not in words(client.get("/vendors/1/delegation"))


def test_access_is_noted_and_taken_back(client, inside, business, area):
    sent = as_shown(client.get("/vendors/1/accesses/new")) | {"what": "The blog", "area_id": str(area)}
    shown = client.follow(client.post("/vendors/1/accesses", **sent))
    assert "The blog" in words(shown, "#access")
    client.post(soup(shown).select_one("#access form")["action"])
    assert only(inside, business, Access).revoked_on == MONDAY


@pytest.mark.parametrize(
    ("typed", "box"),
    [
        ({"what": ""}, "what"),
        ({"granted_on": "2026-10-06"}, "granted_on"),
        ({"granted_on": ""}, "granted_on"),
        ({"revoke_on": "2026-10-01"}, "revoke_on"),
        ({"area_id": "987654"}, "area_id"),
        ({"owner_id": "987654"}, "owner_id"),
    ],
)
def test_an_access_that_cannot_be_is_refused(client, area, typed, box):
    sent = as_shown(client.get("/vendors/1/accesses/new")) | {"what": "The blog"} | typed
    answer = client.post("/vendors/1/accesses", **sent)
    assert answer.status_code == 422
    assert soup(answer).select(f".error-summary a[href='#{box}']")


def test_a_stranger_finds_nothing_of_it(browser_of, business, area):
    stranger = browser_of(business.stranger)
    for path in (f"/decision-areas/{area}/edit", f"/decision-areas/{area}/level", "/vendors/1/accesses/new"):
        assert stranger.get(path).status_code == 404
    for path in ("", "/level", "/closing", "/reopening"):
        assert stranger.post(f"/decision-areas/{area}{path}", level="5", name="Mine").status_code == 404
