"""Choosing whom to log about, changing an entry, deleting it; two people at once."""

from __future__ import annotations

from datetime import date

import pytest

from crm.core import limits
from crm.domain import interactions, vendors
from crm.models.enums import InteractionKind
from crm.models.log import Interaction
from tests.support.browsing import soup, words
from tests.support.forms import as_shown

MONDAY = date(2026, 10, 5)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def entry(inside, business) -> int:
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Silas Brandt")
        logged = interactions.log(
            vendor, by=business.owner, kind=InteractionKind.CALL, occurred_on=MONDAY, summary="Free from March."
        )
        return logged.id


def now(inside, business, entry) -> Interaction:
    with inside(business) as session:
        return session.get(Interaction, entry)


# Choosing


def test_those_spoken_to_last_are_offered_first(client, entry, inside, business):
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Aardvark Films")
    links = [link.get_text(" ", strip=True) for link in soup(client.get("/log")).select("#picked a")]
    assert ["Silas Brandt" in links[0], "Aardvark Films" in links[1]] == [True, True]


def test_typing_finds_by_any_part_of_the_name(client, entry, inside, business):
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Brandt & Sons")
    links = [link.get_text(" ", strip=True) for link in soup(client.get("/log?q=BRANDT")).select("#picked a")]
    assert [name[-5:] for name in sorted(links)] == [" Sons", "randt"]


def test_the_only_one_that_fits_is_opened(client, entry):
    assert client.get("/log?q=silas&go=1").location.endswith("/vendors/1#log")
    assert "Silas Brandt" in words(client.get("/log?q=silas"), "#picked")


@pytest.mark.parametrize("typed", ["nobody", "%", "_", "\\", "'; drop table vendors; --", "x" * 5_000])
def test_whoever_is_not_there_can_be_added(client, entry, typed):
    page = client.get("/log", query_string={"q": typed})
    assert page.status_code == 200
    assert "Add a vendor" in words(page)


# Changing


def test_a_change_is_saved_and_its_history_shown(client, entry, inside, business):
    page = client.get(f"/interactions/{entry}/edit")
    answer = client.post(f"/interactions/{entry}", **(as_shown(page) | {"summary": "Free from May.", "minutes": "15"}))
    assert answer.status_code == 303
    assert (now(inside, business, entry).summary, now(inside, business, entry).minutes) == ("Free from May.", 15)
    assert "Free from March." in words(client.get(f"/interactions/{entry}/edit"), ".timeline")


@pytest.mark.parametrize(
    ("typed", "box"),
    [
        ({"occurred_on": "2026-10-06"}, "occurred_on"),
        ({"occurred_on": ""}, "occurred_on"),
        ({"occurred_on": "0000-00-00"}, "occurred_on"),
        ({"kind": "séance"}, "kind"),
        ({"outcome": "perhaps"}, "outcome"),
        ({"outcome": None}, "outcome"),
        ({"initiated_by": "fate"}, "initiated_by"),
        ({"person_id": "987654"}, "person_id"),
        ({"minutes": "99999999999999999999"}, "minutes"),
        ({"summary": "x" * (limits.TEXT_LENGTH + 1)}, "summary"),
    ],
)
def test_a_mistake_is_said_and_nothing_is_saved(client, entry, inside, business, typed, box):
    page = client.get(f"/interactions/{entry}/edit")
    sent = {"summary": "What I typed stays."} | typed
    answer = client.post(f"/interactions/{entry}", **(as_shown(page) | sent))
    assert answer.status_code == 422
    assert soup(answer).select(f".error-summary a[href='#{box}']")
    assert soup(answer).select_one("#summary").text.strip() == sent["summary"]
    assert now(inside, business, entry).summary == "Free from March."


@pytest.mark.parametrize("version", ["x", "", "-1", "1.5", "9" * 40])
def test_a_version_that_was_never_given_out_saves_nothing(client, entry, inside, business, version):
    page = client.get(f"/interactions/{entry}/edit")
    answer = client.post(f"/interactions/{entry}", **(as_shown(page) | {"summary": "New.", "version": version}))
    assert answer.status_code in (409, 422)
    assert now(inside, business, entry).summary == "Free from March."


def test_two_people_at_once_lose_nothing(browser_of, business, entry, inside):
    mine, theirs = browser_of(business.owner), browser_of(business.member)
    page = mine.get(f"/interactions/{entry}/edit")
    changed = {"summary": "Free from April.", "minutes": "30"}
    theirs.post(f"/interactions/{entry}", **(as_shown(theirs.get(f"/interactions/{entry}/edit")) | changed))

    answer = mine.post(f"/interactions/{entry}", **(as_shown(page) | {"summary": "Free from May."}))
    assert answer.status_code == 409
    said = words(answer, ".conflict")
    assert "Milo Member" in said
    assert "Free from April." in said
    assert "Free from May." in said
    assert now(inside, business, entry).summary == "Free from April."

    # Sent again, what was typed is kept, and what was left alone is the colleague's.
    assert mine.post(f"/interactions/{entry}", **as_shown(answer)).status_code == 303
    assert (now(inside, business, entry).summary, now(inside, business, entry).minutes) == ("Free from May.", 30)


# Deleting


def test_a_deletion_can_be_undone(client, entry, inside, business):
    shown = client.follow(client.post(f"/interactions/{entry}/deletion"))
    assert "Free from March." not in words(shown)
    client.post(soup(shown).select_one(".toast form")["action"])
    assert "Free from March." in words(client.get("/vendors/1"))


def test_what_is_gone_is_missing(client, entry):
    shown = client.follow(client.post(f"/interactions/{entry}/deletion"))
    assert client.post(f"/interactions/{entry}/deletion").status_code == 404
    assert client.get(f"/interactions/{entry}/edit").status_code == 404
    undo = soup(shown).select_one(".toast form")["action"]
    assert client.post(undo).status_code == 303
    assert client.post(undo).status_code == 404


def test_others_keep_their_hands_off(browser_of, business, entry):
    stranger, viewer = browser_of(business.stranger), browser_of(business.viewer)
    for act in ("edit", ""):
        assert stranger.get(f"/interactions/{entry}/{act}".rstrip("/")).status_code in (404, 405)
    for act in ("", "/deletion", "/restoration"):
        assert stranger.post(f"/interactions/{entry}{act}").status_code == 404
        assert viewer.post(f"/interactions/{entry}{act}").status_code == 403
