"""Trial tasks in the browser: the list, a further one, another day, and how it went."""

from __future__ import annotations

from datetime import date

import pytest

from crm.domain import stages, vendors
from crm.domain.trials import TrialTerms
from crm.models.enums import Stage, TrialOutcome
from crm.models.trials import TrialTask
from tests.support.browsing import soup, words


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def bluebell(inside, business):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Bluebell Words")
        stages.move(vendor, by=business.owner, to=Stage.TRIAL, trial=TrialTerms("One page", date(2026, 10, 12)))
    return vendor


@pytest.fixture
def trial(inside, business, bluebell):
    with inside(business) as session:
        return session.query(TrialTask).one()


def kept(inside, business):
    with inside(business) as session:
        return session.query(TrialTask).order_by(TrialTask.id.desc()).first()


def test_empty_it_says_how_to_begin(client):
    assert "Move somebody to Trial task on the board" in words(client.get("/trials"), ".empty")


def test_what_is_under_way_stands_by_its_day(client, trial):
    shown = client.get("/trials")
    assert words(shown, ".lead") == "One trial task is under way."
    assert "Bluebell Words One page Mon 12 Oct" in words(shown, ".row")


def test_another_day_keeps_the_first_in_sight(client, trial):
    shown = client.follow(client.post(f"/trials/{trial.id}/due", due_on="2026-10-16", version="1"))
    assert "The trial task is due on Fri 16 Oct now." in words(shown, ".toast")
    days = words(shown, "[aria-labelledby=p-days] dl")
    assert days.startswith("Given Mon 5 Oct First agreed for Mon 12 Oct Then agreed for Fri 16 Oct said Today")
    assert "First agreed for Mon 12 Oct." in words(client.get("/trials"), ".row")


@pytest.mark.parametrize(("day", "status"), [("2026-10-04", 422), ("", 422), ("soon", 422), ("2026-10-05", 303)])
def test_a_day_that_has_gone_is_refused(client, trial, day, status):
    assert client.post(f"/trials/{trial.id}/due", due_on=day, version="1").status_code == status


def test_the_second_to_change_the_day_is_told_and_loses_nothing(client, trial, inside, business):
    client.post(f"/trials/{trial.id}/due", due_on="2026-10-16", version="1")
    answer = client.post(f"/trials/{trial.id}/due", due_on="2026-10-20", version="1")
    assert answer.status_code == 409
    assert "It is due on Fri 16 Oct now." in words(answer, ".notice")
    shown = soup(answer)
    assert shown.select_one("[name=due_on]")["value"] == "2026-10-20"
    fresh = shown.select_one("[name=version]")["value"]
    assert client.post(f"/trials/{trial.id}/due", due_on="2026-10-20", version=fresh).status_code == 303
    assert kept(inside, business).due_on == date(2026, 10, 20)


def test_an_outcome_is_kept_and_can_be_taken_back(client, trial, inside, business):
    shown = client.follow(client.post(f"/trials/{trial.id}/outcome", outcome="passed", note="Used as it came"))
    assert "Outcome noted: It worked." in words(shown, ".toast")
    assert "Used as it came" in words(shown, "[aria-labelledby=past]")
    assert kept(inside, business).outcome is TrialOutcome.PASSED
    client.post(soup(shown).select_one(".toast form")["action"])
    assert kept(inside, business).outcome is None


def test_what_comes_next_stands_beside_the_outcome(client, trial, bluebell):
    shown = client.follow(client.post(f"/trials/{trial.id}/outcome", outcome="passed"))
    assert "Bring on" in words(shown, "[aria-labelledby=past] .actions")
    shown = client.follow(client.post(f"/vendors/{bluebell.id}/stage-moves?back=/trials", to="active"))
    assert "Bluebell Words moved to Active." in words(shown, ".toast")
    assert "Bring on" not in words(shown, "[aria-labelledby=past]")


@pytest.mark.parametrize("outcome", ["", "brilliant", None])
def test_an_outcome_is_one_of_the_list(client, trial, outcome):
    answer = client.post(f"/trials/{trial.id}/outcome", outcome=outcome, note="Kept as typed")
    assert answer.status_code == 422
    assert soup(answer).select_one("[name=note]").text.strip() == "Kept as typed"


def test_decided_twice_it_says_so(client, trial):
    assert client.post(f"/trials/{trial.id}/outcome", outcome="passed").status_code == 303
    assert client.post(f"/trials/{trial.id}/outcome", outcome="failed").status_code == 422
    assert "This trial task has its outcome already." in words(client.get(f"/trials/{trial.id}/outcome"), "main")


def test_a_further_one(client, bluebell, inside, business):
    path = f"/vendors/{bluebell.id}/trials"
    assert client.post(path, what="", due_on="").status_code == 422
    assert client.post(path, what="Another page", due_on="2026-10-20").status_code == 303
    assert kept(inside, business).what == "Another page"


def test_elsewhere_on_the_board_it_begins_with_the_move(client, inside, business):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Pixelmill")
    assert f"/vendors/{vendor.id}/stage-moves/new?to=trial" in client.get(f"/vendors/{vendor.id}/trials/new").location


def test_a_stranger_finds_nothing_and_a_viewer_changes_nothing(browser_of, business, trial, bluebell):
    stranger, viewer = browser_of(business.stranger), browser_of(business.viewer)
    assert "Bluebell" not in stranger.get("/trials").text
    assert "Bluebell" in viewer.get("/trials").text
    assert not soup(viewer.get("/trials")).select("main form")
    for act in ("outcome", "due", "reopening"):
        assert stranger.post(f"/trials/{trial.id}/{act}", outcome="passed").status_code == 404
        assert viewer.post(f"/trials/{trial.id}/{act}", outcome="passed").status_code == 403
    assert stranger.post(f"/vendors/{bluebell.id}/trials", what="x", due_on="2026-10-20").status_code == 404


@pytest.mark.parametrize("query", ["page=0", "page=x", "open=99999", "open=-3"])
def test_nonsense_in_the_address_does_no_harm(client, trial, query):
    assert client.get(f"/trials?{query}").status_code == 200
