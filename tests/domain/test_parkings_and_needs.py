"""Parked for want of money, of work, of a page: what needs bring forward is told in Today, on the parked page, on the
vendor's own, and in the next morning letter."""

from __future__ import annotations

import pytest

from crm.domain import categories, needs, parkings, readiness, vendors
from crm.domain.needs import NeedTerms
from crm.jobs.sender import Sender
from crm.mail import mime
from crm.models.enums import Answer, NeedStatus, ParkingReason, RatePeriod, Statement
from tests.support.browsing import words
from tests.support.letters import tick


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def parked(inside, business) -> dict[str, int]:
    """Four vendors, each waiting for something of ours; the needs are ideas still."""
    with inside(business) as session:
        films = categories.add(session, name="Films").id
        money = {"currency": "GBP", "minimum_amount": 90_000, "minimum_period": RatePeriod.MONTH}
        page = needs.add(session, by=business.owner, terms=NeedTerms("A page that sells"))
        found = {"page": page.id}
        for name, reason, more in (
            ("Ana Films", ParkingReason.NO_BUDGET, money),
            ("Ben Films", ParkingReason.NOTHING_TO_OUTSOURCE, {}),
            ("Cara Posts", ParkingReason.PREREQUISITE, {}),
            ("Dan Desk", ParkingReason.NOT_READY, {}),
        ):
            vendor = vendors.add(session, by=business.owner, name=name, category_ids=[films], **more)
            need_id = page.id if reason is ParkingReason.PREREQUISITE else None
            parkings.park(vendor, by=business.owner, reason=reason, details="In words", need_id=need_id)
            found[name] = vendor.id
        terms = NeedTerms("Two films a month", category_id=films, budget_amount=50_000, budget_currency="GBP")
        found["films"] = needs.add(session, by=business.owner, terms=terms).id
        found["category"] = films
    return found


@pytest.fixture
def mailing(settings_with, smtp_sink):
    return settings_with(SMTP_URL=smtp_sink.url)


SAID = {
    "Ana Films": "Two films a month",
    "Ben Films": "Two films a month",
    "Cara Posts": "A page that sells",
    "Dan Desk": "Ready",
}


@pytest.fixture
def ripe(parked, inside, business) -> dict[str, int]:
    """The money is there, the need defined, the page built, and we are ready."""
    with inside(business) as session:
        films = needs.find(session, parked["films"])
        terms = NeedTerms("Two films a month", parked["category"], budget_amount=90_000, budget_currency="GBP")
        needs.edit(films, by=business.owner, version=films.version, terms=terms)
        needs.move(films, by=business.owner, to=NeedStatus.DEFINED)
        page = needs.find(session, parked["page"])
        needs.move(page, by=business.owner, to=NeedStatus.FILLED, filled_by_id=parked["Dan Desk"])
        readiness.take(session, by=business.owner, answers=dict.fromkeys(Statement, Answer.WRITTEN_AND_USED))
    return parked


def test_nothing_is_ripe_before_anything_has_changed(client, parked):
    assert "The time looks right" not in words(client.get("/today"))
    assert "The time looks right" not in words(client.get("/parked"))


@pytest.mark.parametrize("name", SAID)
def test_the_time_looks_right_wherever_they_are_looked_at(client, ripe, name):
    for address in ("/today", "/parked", f"/vendors/{ripe[name]}"):
        said = words(client.get(address))
        assert name in said
        assert "he time looks right" in said, address
    assert SAID[name].casefold() in words(client.get(f"/vendors/{ripe[name]}")).casefold()


def test_the_next_letters_name_each_of_them_with_what_came_true(engine, mailing, smtp_sink, ripe, clock_at):
    """A letter names three of them, the one after it the rest."""
    for day in (6, 7):
        clock_at(f"2026-10-0{day} 08:00")
        tick(engine, mailing)
        while Sender(engine, mailing).work_once():
            pass
    letters = [mime.part(each.content, "plain") for each in smtp_sink.letters]
    said = " ".join(" ".join(letters).split()).casefold()
    for name, what in SAID.items():
        assert name.casefold() in said
        assert what.casefold() in said, name
