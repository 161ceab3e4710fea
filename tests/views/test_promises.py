"""Promises on pages: made, changed, ended, and what they offer then."""

from __future__ import annotations

from datetime import date

import pytest

from crm.domain import promises, vendors
from crm.models.enums import Direction, PromiseKind, PromiseState
from crm.models.log import Promise
from crm.models.trust_entries import TrustEntry
from tests.support.browsing import soup, words
from tests.support.forms import as_shown


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def promise(inside, business) -> int:
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Silas Brandt")
        due_on = date(2026, 10, 7)
        return promises.make(vendor, by=business.owner, kind=PromiseKind.THEIRS, what="the report", due_on=due_on).id


def only(inside, business, table):
    with inside(business) as session:
        return session.query(table).one()


def test_a_promise_is_noted_down(client, inside, business, promise):
    page = client.get("/vendors/1/promises/new")
    sent = as_shown(page) | {"kind": "ours", "what": "the brief", "due_on": "2026-10-08"}
    assert client.post("/vendors/1/promises", **sent).status_code == 303
    assert "We promised the brief" in words(client.get("/vendors/1"), "[aria-labelledby=p-promises]")


@pytest.mark.parametrize(
    ("typed", "box"),
    [
        ({"kind": "ours", "what": ""}, "what"),
        ({"what": "x" * 501}, "what"),
        ({"due_on": ""}, "due_on"),
        ({"due_on": "31 October"}, "due_on"),
        ({"due_on": "2999-01-01"}, "due_on"),
        ({"kind": "vague"}, "kind"),
    ],
)
def test_a_mistake_is_said_and_what_was_typed_stays(client, promise, typed, box):
    sent = {"kind": "follow_up", "what": "the brief", "due_on": "2026-10-08"} | typed
    answer = client.post("/vendors/1/promises", **sent)
    assert answer.status_code == 422
    assert soup(answer).select(f".error-summary a[href='#{box}']")
    assert soup(answer).select_one("#what")["value"] == sent["what"]


def test_changing_it_twice_at_once_tells_the_second(client, inside, business, promise):
    page = client.get(f"/promises/{promise}/edit")
    client.post(f"/promises/{promise}", **(as_shown(page) | {"due_on": "2026-10-09"}))
    answer = client.post(f"/promises/{promise}", **(as_shown(page) | {"due_on": "2026-10-12"}))
    assert answer.status_code == 409
    assert only(inside, business, Promise).due_on == date(2026, 10, 9)
    assert client.post(f"/promises/{promise}", **as_shown(answer)).status_code == 303
    assert only(inside, business, Promise).due_on == date(2026, 10, 12)


@pytest.mark.parametrize(("act", "direction"), [("keeping", Direction.POSITIVE), ("breaking", Direction.NEGATIVE)])
def test_its_end_offers_the_trust_note_it_amounts_to_once(client, inside, business, promise, act, direction):
    shown = client.follow(client.post(f"/promises/{promise}/{act}"))
    offer = soup(shown).select_one(".offer form")
    assert client.post(offer["action"]).status_code == 303
    assert only(inside, business, TrustEntry).direction is direction
    assert soup(client.get("/vendors/1")).select(".offer") == []


def test_the_offer_can_be_filled_in_further(client, inside, business, promise):
    client.post(f"/promises/{promise}/breaking")
    page = client.get("/vendors/1/trust-entries/new", query_string={"record": f"promise-{promise}"})
    sent = as_shown(page)
    assert (sent["direction"], sent["weight"], sent["expected_on"]) == ("negative", "notable", "2026-10-07")
    assert client.post("/vendors/1/trust-entries", **(sent | {"our_response": "We rang."})).status_code == 303
    assert soup(client.get("/vendors/1")).select(".offer") == []


def test_its_end_can_be_taken_back(client, inside, business, promise):
    shown = client.follow(client.post(f"/promises/{promise}/dropping"))
    client.post(soup(shown).select_one(".toast form")["action"])
    assert only(inside, business, Promise).state is PromiseState.OPEN


def test_an_open_promise_amounts_to_nothing_yet(client, promise):
    assert client.post(f"/promises/{promise}/trust-entries").status_code == 404


def test_a_stranger_finds_no_promise(browser_of, business, promise):
    stranger = browser_of(business.stranger)
    assert stranger.get(f"/promises/{promise}/edit").status_code == 404
    for act in ("", "/keeping", "/breaking", "/dropping", "/reopening", "/trust-entries"):
        assert stranger.post(f"/promises/{promise}{act}").status_code == 404
