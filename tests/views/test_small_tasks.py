"""Small tasks as people meet them: on the vendor's page, the page of the parked, the need's page and the work's."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from crm.domain import categories, needs, parkings, small_tasks, vendors
from crm.domain.needs import NeedTerms
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import Availability, GoodwillKind, ParkingReason, RatePeriod, Stage
from crm.models.goodwill import GoodwillEntry
from crm.models.needs import Need
from crm.models.vendors import Vendor
from crm.queries import small_tasks as reading
from tests.support.browsing import soup, words
from tests.support.forms import as_shown

DUE = date(2026, 10, 19)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def films(inside, business) -> int:
    with inside(business) as session:
        return categories.add(session, name="Films").id


@pytest.fixture
def write(inside, business, films):
    def write(outcome="A film of the new candle", **more) -> int:
        facts = {"category_id": films, "is_small": True, "budget_amount": 40_000, "budget_currency": "GBP"}
        with inside(business) as session:
            return needs.add(session, by=business.owner, terms=NeedTerms(outcome=outcome, **facts | more)).id

    return write


@pytest.fixture
def park(inside, business, films):
    def park(name="Northlight", **more) -> int:
        facts = {"minimum_amount": 25_000, "minimum_period": RatePeriod.PROJECT, "currency": "GBP"}
        with inside(business) as session:
            vendor = vendors.add(session, by=business.owner, name=name, category_ids=[films], **facts | more)
            parkings.park(vendor, by=business.owner, reason=ParkingReason.NO_BUDGET)
            return vendor.id

    return park


def test_it_is_named_with_its_reasons_wherever_one_would_look(client, write, park):
    need_id, vendor_id = write(), park(availability=Availability.OPEN)
    why = "In their niche, Films. £400 a month reaches their minimum of £250 a project. Has room."
    for address, place in ((f"/vendors/{vendor_id}", ".panel"), (f"/needs/{need_id}", "section")):
        shown = client.get(address)
        assert why in words(shown), address
        assert soup(shown).select_one(f'{place} a[href^="/needs/{need_id}/tasks/{vendor_id}?"]'), address
    line = soup(client.get("/parked")).select_one(f"#parked-{vendor_id}")
    assert "A small task: A film of the new candle" in " ".join(line.get_text(" ", strip=True).split())


@pytest.mark.parametrize(
    ("need", "vendor", "sentence"),
    [
        ({"budget_amount": None, "budget_currency": ""}, {}, "It has no budget yet."),
        ({}, {"minimum_amount": None, "minimum_period": None}, "Their minimum is not known."),
        ({}, {"currency": "EUR"}, "Its budget is £400 a month, their minimum €250 a project: not compared."),
        (
            {},
            {"minimum_period": RatePeriod.DAY},
            "Its budget is £400 a month, their minimum £250 a day: not compared.",
        ),
        ({}, {}, "Whether they have time is not known."),
    ],
)
def test_what_is_not_known_is_said(client, write, park, need, vendor, sentence):
    write(**need)
    assert sentence in words(client.get(f"/vendors/{park(**vendor)}"))


def test_more_than_one_is_counted_on_the_page_of_the_parked(client, write, park):
    vendor_id = park()
    for number in range(5):
        write(f"Film {number}")
    assert "and 4 more" in words(client.get("/parked"), f"#parked-{vendor_id}")
    panel = soup(client.get(f"/vendors/{vendor_id}")).select_one("[aria-labelledby=p-small]")
    assert panel.h2.text == "5 small tasks for them"


def test_one_is_given_by_a_form_that_knows_a_day(client, inside, business, write, park):
    need_id, vendor_id = write(), park()
    address = f"/needs/{need_id}/tasks/{vendor_id}"
    form = as_shown(client.get(address))
    assert form["due_on"] == DUE.isoformat()
    given = client.post(address, **form)
    shown = client.get(given.headers["Location"])
    assert "Given to Northlight, who stays parked." in words(shown)
    assert soup(shown).select_one(f'main a[href="/needs/{need_id}"]').text == "A film of the new candle"
    assert client.post(address, **form).headers["Location"] == given.headers["Location"], "pressed twice, given once"
    with inside(business) as session:
        [work] = session.scalars(select(DelegatedWork)).all()
        assert (work.vendor_id, work.due_on) == (vendor_id, DUE)
        assert session.get_one(Vendor, vendor_id).stage is Stage.PARKED
    assert "Given to Northlight" in words(client.get(f"/needs/{need_id}"))
    assert "small task" not in words(client.get(f"/vendors/{vendor_id}"), "aside")


def test_accepting_it_writes_the_good_turn_and_taking_that_back_strikes_it_out(client, inside, business, write, park):
    need_id, vendor_id = write(), park()
    client.post(f"/needs/{need_id}/tasks/{vendor_id}", due_on="2026-10-19")
    with inside(business) as session:
        work_id = session.scalars(select(DelegatedWork.id)).one()
    client.post(f"/works/{work_id}/acceptance", delivered_on="2026-10-05")
    assert "Small task" in words(client.get(f"/vendors/{vendor_id}/goodwill"), "section[aria-labelledby=turns]")
    undo = soup(client.get(f"/works/{work_id}")).select_one('form[action*="/taking-back"]')["action"]
    client.post(undo)
    with inside(business) as session:
        [entry] = session.scalars(select(GoodwillEntry)).all()
        assert (entry.kind, entry.struck_at is None) == (GoodwillKind.SMALL_TASK, False)


@pytest.mark.parametrize(
    ("due_on", "sentence"),
    [("", "Pick the day it is due."), ("2026-10-04", "Pick a day after it was asked for."), ("soon", "Type the day")],
)
def test_a_mistake_is_said(client, write, park, due_on, sentence):
    answer = client.post(f"/needs/{write()}/tasks/{park()}", due_on=due_on)
    assert answer.status_code == 422
    assert sentence in words(answer)


def test_a_need_that_was_dropped_meanwhile_is_not_given(client, inside, business, write, park):
    need_id, vendor_id = write(), park()
    client.post(f"/needs/{need_id}/moves", status="dropped", version="1")
    answer = client.post(f"/needs/{need_id}/tasks/{vendor_id}", due_on="2026-10-19")
    assert answer.status_code == 422
    assert "Nobody is looked for any more." in words(answer)
    with inside(business) as session:
        assert session.scalars(select(DelegatedWork)).all() == []


def test_who_may(browser_of, business, inside, write, park):
    need_id, vendor_id = write(), park()
    address = f"/needs/{need_id}/tasks/{vendor_id}"
    viewer, stranger = browser_of(business.viewer), browser_of(business.stranger)
    assert "A film of the new candle" in words(viewer.get(f"/vendors/{vendor_id}"))
    assert not soup(viewer.get(f"/vendors/{vendor_id}")).select(f'a[href^="{address}"]')
    assert not soup(viewer.get("/parked")).select(f'a[href^="{address}"]')
    assert viewer.get(address).status_code == viewer.post(address, due_on="2026-10-19").status_code == 403
    assert stranger.get(address).status_code == stranger.post(address, due_on="2026-10-19").status_code == 404
    with inside(business.stranger) as theirs:
        assert theirs.get(Need, need_id) is None
        assert reading.for_vendors(theirs, [vendor_id]) == reading.for_need(theirs, need_id) == []
        assert reading.given(theirs, need_id) == []
    member = browser_of(business.member)
    assert member.post(address, due_on="2026-10-19").status_code == 303
    with inside(business.stranger) as theirs:
        assert reading.given(theirs, need_id) == []


def test_the_vendors_page_takes_no_more_statements_however_many_needs_there_are(client, write, park, count_queries):
    vendor_id = park()
    write()
    client.get(f"/vendors/{vendor_id}")
    with count_queries() as few:
        client.get(f"/vendors/{vendor_id}")
    for number in range(20):
        write(f"Film {number}")
    with count_queries() as many:
        client.get(f"/vendors/{vendor_id}")
    assert len(many) == len(few) <= 8, few


def test_nobody_is_named_who_was_unparked(client, inside, business, write, park):
    need_id, vendor_id = write(), park()
    with inside(business) as session:
        vendor = session.get_one(Vendor, vendor_id)
        parkings.end(parkings.of_vendor(session, vendor), by=business.owner, to=Stage.PROSPECT)
        assert small_tasks.for_need(session, session.get_one(Need, need_id), DUE) == []
    assert "small task" not in words(client.get(f"/vendors/{vendor_id}"), "aside")
