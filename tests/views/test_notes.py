"""Writing and changing notes on pages."""

from __future__ import annotations

import pytest

from crm.core import limits
from crm.domain import notes, vendors
from crm.models.enums import Visibility
from crm.models.log import Note
from tests.support.browsing import soup, words
from tests.support.forms import as_shown


@pytest.fixture
def vendor(inside, business) -> int:
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Silas Brandt").id


@pytest.fixture
def note(inside, business, vendor) -> int:
    with inside(business) as session:
        row = session.get_one(vendors.Vendor, vendor)
        return notes.write(row, by=business.member, body="Never before ten.").id


def kept(inside, business) -> list[Note]:
    with inside(business) as session:
        return session.query(Note).order_by(Note.id).all()


def test_a_note_is_written_for_those_one_chooses(inside, business, client, vendor):
    page = client.get(f"/vendors/{vendor}/notes/new")
    sent = as_shown(page) | {"body": "Between us.", "visibility": "admins"}
    assert client.post(f"/vendors/{vendor}/notes", **sent).status_code == 303
    assert [(row.body, row.visibility) for row in kept(inside, business)] == [("Between us.", Visibility.ADMINS)]


@pytest.mark.parametrize(
    ("typed", "box"),
    [
        ({"body": ""}, "body"),
        ({"body": "   \n "}, "body"),
        ({"body": "x" * (limits.TEXT_LENGTH + 1)}, "body"),
        ({"visibility": "everybody"}, "visibility"),
    ],
)
def test_a_mistake_is_said_and_nothing_is_kept(inside, business, client, vendor, typed, box):
    answer = client.post(f"/vendors/{vendor}/notes", **({"body": "Stays.", "visibility": "team"} | typed))
    assert answer.status_code == 422
    assert soup(answer).select(f".error-summary a[href='#{box}']")
    assert kept(inside, business) == []


def test_two_people_at_once_lose_nothing(browser_of, business, inside, note):
    mine, theirs = browser_of(business.member), browser_of(business.owner)
    page = mine.get(f"/notes/{note}/edit")
    theirs.post(f"/notes/{note}", **(as_shown(theirs.get(f"/notes/{note}/edit")) | {"body": "Never before eleven."}))
    answer = mine.post(f"/notes/{note}", **(as_shown(page) | {"body": "Never before nine."}))
    assert answer.status_code == 409
    assert "Never before eleven." in words(answer, ".conflict")
    assert "Olive Owner" in words(answer, ".conflict")
    assert kept(inside, business)[0].body == "Never before eleven."
    assert mine.post(f"/notes/{note}", **as_shown(answer)).status_code == 303
    assert kept(inside, business)[0].body == "Never before nine."


def test_a_private_note_is_missing_for_others_in_every_way(browser_of, business, inside, vendor):
    with inside(business) as session:
        row = session.get_one(vendors.Vendor, vendor)
        private = notes.write(row, by=business.member, body="Mine.", visibility=Visibility.AUTHOR).id
    owner = browser_of(business.owner)
    assert owner.get(f"/notes/{private}/edit").status_code == 404
    for act in ("", "/deletion", "/restoration"):
        assert owner.post(f"/notes/{private}{act}", body="Yours.", visibility="team").status_code == 404


def test_a_teammate_reads_a_note_and_does_not_change_it(browser_of, business, inside, vendor):
    with inside(business) as session:
        row = session.get_one(vendors.Vendor, vendor)
        owners = notes.write(row, by=business.owner, body="Pay on Fridays.").id
    member = browser_of(business.member)
    assert "Pay on Fridays." in words(member.get(f"/vendors/{vendor}"))
    assert member.get(f"/notes/{owners}/edit").status_code == 403
    assert member.post(f"/notes/{owners}", body="Never.", visibility="team", version=1).status_code == 403
    assert kept(inside, business)[0].body == "Pay on Fridays."


def test_a_deletion_can_be_undone(client, vendor, note):
    shown = client.follow(client.post(f"/notes/{note}/deletion"))
    assert "Never before ten." not in words(shown)
    client.post(soup(shown).select_one(".toast form")["action"])
    assert "Never before ten." in words(client.get(f"/vendors/{vendor}"))
