"""Mentions on pages: seen by their person, and by nobody else."""

from __future__ import annotations

import pytest

from crm.domain import notes, vendors
from crm.queries import log as history
from tests.support.browsing import soup, words


@pytest.fixture
def mention(inside, business) -> int:
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Silas Brandt")
        notes.write(vendor, by=business.owner, body="@Milo could you send the list?")
        session.flush()
        return history.unseen_mentions(session, business.member, 1)[0].id


def test_it_reaches_its_persons_today(browser_of, business, mention):
    assert "could you send the list?" in words(browser_of(business.member).get("/today"))
    assert "could you send the list?" not in words(browser_of(business.owner).get("/today"))


def test_seeing_it_is_undone_from_the_toast(browser_of, business, inside, mention):
    browser = browser_of(business.member)
    shown = browser.follow(browser.post(f"/mentions/{mention}/seeing"))
    with inside(business) as session:
        assert history.unseen_mentions(session, business.member, 1) == []
    browser.post(soup(shown).select_one(".toast form")["action"])
    with inside(business) as session:
        assert len(history.unseen_mentions(session, business.member, 1)) == 1


def test_nobody_else_sees_to_it(browser_of, business, mention):
    for who in (business.owner, business.stranger):
        assert browser_of(who).post(f"/mentions/{mention}/seeing").status_code == 404
