"""What is not here says so, and offers a way on: Today to whoever is signed in, the first page to anybody else."""

from __future__ import annotations

import pytest

from crm.domain import deletions, notes, vendors
from crm.models.enums import Visibility
from tests.support.browsing import soup


def way_on(answer) -> tuple[str, str]:
    link = soup(answer).select_one("main a.primary")
    return link.get_text(), link["href"]


@pytest.mark.parametrize("path", ["/nothing/here", "/vendors/999999", "/vendors/nobody"])
def test_whoever_is_signed_in_is_offered_today(business, browser_of, path):
    answer = browser_of(business.viewer).get(path)
    assert answer.status_code == 404
    assert way_on(answer) == ("Go to Today", "/today")


def test_an_act_that_one_may_not_do_offers_today(business, browser_of):
    answer = browser_of(business.viewer).get("/settings/business")
    assert answer.status_code == 403
    assert way_on(answer) == ("Go to Today", "/today")


def test_a_request_of_the_wrong_kind_offers_today(business, browser_of):
    answer = browser_of(business.viewer).get("/settings/profile")
    assert answer.status_code == 405
    assert way_on(answer) == ("Go to Today", "/today")


def test_anybody_else_is_offered_the_first_page(nobody):
    answer = nobody.get("/nothing/here")
    assert answer.status_code == 404
    assert way_on(answer) == ("Go to the first page", "/")


@pytest.fixture
def note(business, inside) -> int:
    """A note of the owner's that a colleague is just rewriting."""
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Wren Bindery")
        return notes.write(vendor, by=business.owner, body="Ring before noon").id


WRITTEN = "Ring *after* noon, <b>never</b> before"


def typed_in(answer) -> list[str]:
    return [line.get_text() for line in soup(answer).select("main .kept li")]


class TestWhatWasTyped:
    """Whoever saves what is gone by now, or was closed to them, gets their words back."""

    def rewrite(self, browser, note_id, **options):
        """Saves the note as the page offered it some minutes ago."""
        return browser.post(f"/notes/{note_id}", body=WRITTEN, visibility="team", version="1", **options)

    def test_into_a_note_that_is_gone_is_shown_again(self, business, browser_of, note, inside):
        with inside(business) as session:
            deletions.of_note(notes.find(session, note, reader=business.owner), by=business.owner)
        answer = self.rewrite(browser_of(business.member), note)
        assert answer.status_code == 404
        assert typed_in(answer) == [f"Note{WRITTEN}"]

    def test_into_a_note_that_was_closed_to_them_looks_the_same(self, business, browser_of, note, inside):
        with inside(business) as session:
            row = notes.find(session, note, reader=business.owner)
            notes.edit(row, by=business.owner, version=row.version, body=row.body, visibility=Visibility.AUTHOR)
        closed, never = (self.rewrite(browser_of(business.member), each) for each in (note, 999_999))
        assert closed.status_code == never.status_code == 404
        assert typed_in(closed) == typed_in(never) == [f"Note{WRITTEN}"]

    def test_takes_the_place_of_the_whole_page_where_a_piece_was_awaited(self, business, browser_of):
        answer = self.rewrite(browser_of(business.member), 999_999, htmx=True)
        assert (answer.headers["HX-Retarget"], answer.headers["HX-Reswap"]) == ("body", "innerHTML")

    def test_comes_back_where_the_role_ended_meanwhile(self, business, browser_of, note):
        answer = self.rewrite(browser_of(business.viewer), note)
        assert answer.status_code == 403
        assert typed_in(answer) == [f"Note{WRITTEN}"]

    def test_is_shown_to_nobody_who_only_looks(self, business, browser_of):
        assert typed_in(browser_of(business.member).get("/notes/999999/edit?body=Words+of+somebody")) == []

    def test_without_the_hidden_token_is_not_echoed(self, business, browser_of):
        answer = self.rewrite(browser_of(business.member), 999_999, csrf_token="forged")
        assert WRITTEN not in soup(answer).get_text()


@pytest.mark.parametrize("path", ["/resets/nothing", "/invitations/nothing", "/email-changes/nothing"])
def test_a_link_that_opens_nothing_says_that_it_is_over(nobody, path):
    answer = nobody.get(path)
    assert answer.status_code == 404
    assert soup(answer).h1.get_text() == "This link is over"
