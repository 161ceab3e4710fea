"""Trust notes on pages: in full, in one tap, corrected and mended."""

from __future__ import annotations

from datetime import date

import pytest

from crm.core import limits
from crm.domain import people, trust_entries, vendors
from crm.domain.trust_entries import Observation
from crm.models.enums import Dimension, Direction, Visibility, Weight
from crm.models.trust_entries import TrustEntry
from tests.support.browsing import soup, words
from tests.support.forms import as_shown

MONDAY = date(2026, 10, 5)
GOOD = {
    "what_happened": "Used without a change.",
    "dimension": "ability",
    "direction": "positive",
    "weight": "notable",
    "occurred_on": "2026-10-02",
    "visibility": "team",
}


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def vendor(inside, business) -> int:
    with inside(business) as session:
        row = vendors.add(session, by=business.owner, name="Silas Brandt")
        people.add(row, by=business.owner, name="Ayo Brandt")
        return row.id


def all_of(inside, business) -> list[TrustEntry]:
    with inside(business) as session:
        return session.query(TrustEntry).order_by(TrustEntry.id).all()


def breach(inside, business, vendor, visibility=Visibility.TEAM) -> int:
    seen = Observation(
        MONDAY, Dimension.INTEGRITY, Direction.NEGATIVE, Weight.MAJOR, "Invoiced twice.", visibility=visibility
    )
    with inside(business) as session:
        return trust_entries.observe(session.get_one(vendors.Vendor, vendor), by=business.member, seen=seen).id


def test_a_note_in_full_keeps_all_its_boxes(client, inside, business, vendor):
    page = client.get(f"/vendors/{vendor}/trust-entries/new")
    person = next(option for option in soup(page).select("#person_id option") if "Ayo" in option.text)["value"]
    sent = as_shown(page) | GOOD | {"person_id": person, "evidence": "https://example.org/a", "vendor_told": "y"}
    assert client.post(f"/vendors/{vendor}/trust-entries", **sent).status_code == 303
    [entry] = all_of(inside, business)
    assert (entry.person_id, entry.evidence, entry.vendor_told) == (int(person), "https://example.org/a", True)
    shown = client.get(f"/trust-entries/{entry.id}")
    assert "Ayo Brandt" in words(shown)
    assert soup(shown).select_one("a[href='https://example.org/a']")["rel"] == ["noopener", "noreferrer", "nofollow"]


@pytest.mark.parametrize("evidence", ["javascript:alert(1)", "data:text/html,x", "on my desk", "//example.org"])
def test_only_an_address_on_the_web_becomes_a_link(client, inside, business, vendor, evidence):
    client.post(f"/vendors/{vendor}/trust-entries", **(GOOD | {"evidence": evidence}))
    [entry] = all_of(inside, business)
    for path in (f"/vendors/{vendor}", f"/trust-entries/{entry.id}"):
        page = client.get(path)
        assert evidence in words(page)
        assert not [link for link in soup(page).select("a[href]") if link["href"] == evidence]


@pytest.mark.parametrize(
    ("typed", "box"),
    [
        ({"what_happened": ""}, "what_happened"),
        ({"what_happened": "x" * (limits.TEXT_LENGTH + 1)}, "what_happened"),
        ({"dimension": None}, "dimension"),
        ({"dimension": "charm"}, "dimension"),
        ({"direction": None}, "direction"),
        ({"weight": "immense"}, "weight"),
        ({"occurred_on": "2026-10-06"}, "occurred_on"),
        ({"occurred_on": "yesterday"}, "occurred_on"),
        ({"person_id": "987654"}, "person_id"),
        ({"observer_id": "987654"}, "observer_id"),
        ({"evidence": "x" * (limits.URL_LENGTH + 1)}, "evidence"),
        ({"actual_on": "2026-10-06"}, "actual_on"),
        ({"our_response": "x" * (limits.TEXT_LENGTH + 1)}, "our_response"),
    ],
)
def test_a_mistake_is_said_beside_its_box_and_what_was_typed_stays(client, inside, business, vendor, typed, box):
    sent = GOOD | typed
    answer = client.post(f"/vendors/{vendor}/trust-entries", **sent)
    assert answer.status_code == 422
    assert soup(answer).select(f".error-summary a[href='#{box}']")
    assert soup(answer).select_one("#what_happened").text.strip() == sent["what_happened"]
    assert all_of(inside, business) == []


@pytest.mark.parametrize("quick", ["", "sabotage", None])
def test_a_tap_that_does_not_exist_writes_nothing(client, inside, business, vendor, quick):
    assert client.post(f"/vendors/{vendor}/quick-trust-entries", quick=quick).status_code == 404
    assert all_of(inside, business) == []


def test_a_correction_stands_in_front_of_what_it_corrects(client, inside, business, vendor):
    client.post(f"/vendors/{vendor}/trust-entries", **GOOD)
    [entry] = all_of(inside, business)
    page = client.get(f"/trust-entries/{entry.id}/correction")
    sent = as_shown(page) | {"what_happened": "One small change."}
    assert client.post(f"/trust-entries/{entry.id}/correction", **sent).status_code == 303
    shown = words(client.get(f"/vendors/{vendor}"), ".timeline")
    assert "One small change." in shown
    assert "Used without a change." not in shown
    assert "Used without a change." in words(client.get(f"/trust-entries/{entry.id}"))
    answer = client.post(f"/trust-entries/{entry.id}/correction", **sent)
    assert answer.status_code == 422
    assert "corrected already" in words(answer, ".error-summary")


def test_a_repair_is_offered_what_it_mends(client, inside, business, vendor):
    broken = breach(inside, business, vendor)
    page = client.get(f"/vendors/{vendor}/trust-entries/new", query_string={"repairs": broken})
    sent = as_shown(page)
    assert (sent["repairs_id"], sent["direction"]) == (str(broken), "positive")
    client.post(f"/vendors/{vendor}/trust-entries", **(sent | {"what_happened": "Paid it back."}))
    assert "Paid it back." in words(client.get(f"/trust-entries/{broken}"), "[aria-labelledby=mended]")


def test_a_private_note_is_missing_for_others_in_every_way(browser_of, inside, business, vendor):
    entry = breach(inside, business, vendor, Visibility.AUTHOR)
    owner = browser_of(business.owner)
    for path in ("", "/correction"):
        assert owner.get(f"/trust-entries/{entry}{path}").status_code == 404
    for path in ("/correction", "/taking-back"):
        assert owner.post(f"/trust-entries/{entry}{path}", **GOOD).status_code == 404
    # Nor can it be found out by mending it.
    answer = owner.post(f"/vendors/{vendor}/trust-entries", **(GOOD | {"repairs_id": str(entry)}))
    assert answer.status_code == 422


def test_a_slip_is_undone_from_the_toast(client, inside, business, vendor):
    shown = client.follow(client.post(f"/vendors/{vendor}/quick-trust-entries", quick="overbilled"))
    client.post(soup(shown).select_one(".toast form")["action"])
    assert all_of(inside, business) == []
