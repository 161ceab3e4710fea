"""What hangs on a vendor, in a fixed number of queries."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.domain import flaws, people, vendors
from crm.models.enums import Availability, Stage, Tier, VendorKind
from crm.models.vendors import Vendor
from crm.queries import vendors as vendor_queries
from crm.queries.categories import tree

pytestmark = pytest.mark.usefixtures("database")

TODAY = date(2026, 10, 5)


@pytest.fixture
def five(clock_at, inside, business):
    """Five vendors, and one of another business that would fit every filter."""
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        film = tree(session).children(None)[3]
        niche = tree(session).children(film.id)[1]

        def add(name: str, due: int | None, **said):
            vendor = vendors.add(session, by=business.owner, name=name, **said)
            vendor.due_on = None if due is None else TODAY + timedelta(days=due)

        add("Ann", -3, tier=Tier.B, tags=["Beauty"], what_they_do="Product films", category_ids=[niche.id])
        add("bob", 0, tier=Tier.A, stage=Stage.ACTIVE, kind=VendorKind.AGENCY, owner_id=business.member.user_id)
        add("Çelik", 7, availability=Availability.FULL, tags=["beauty", "Leeds"], category_ids=[film.id])
        add("Dana", 8, availability=Availability.OPEN, owner_id=business.admin.user_id)
        add("Åsa", None, owner_id=None)
    with inside(business.stranger) as session:
        vendors.add(session, by=business.stranger, name="Ann", tags=["Beauty"], what_they_do="Product films")
    return film.id, niche.id


def test_side_panels_take_two_queries_whatever_hangs_there(five, inside, business, count_queries, engine):
    with inside(business) as session:
        vendor = session.scalars(select(Vendor).where(Vendor.name == "Ann")).one()
        for number in range(5):
            people.add(vendor, by=business.owner, name=f"P{number}", emails=["a@b.example", "c@d.example"])
            flaws.accept(vendor, by=business.owner, flaw=f"F{number}")
        vendor_id = vendor.id
    with inside(business) as session, count_queries(engine) as statements:
        panels = vendor_queries.side_panels(session, vendor_id)

    assert len(statements) == 2, statements
    assert [len(person.emails) for person in panels.people] == [2] * 5
    assert [flaw.flaw for flaw in panels.flaws] == [f"F{number}" for number in range(5)]
    assert [category.path[-1] for category in panels.categories] == ["Product films"]


def test_side_panels_of_another_business_are_empty(five, inside, business):
    with inside(business) as session:
        vendor_id = session.scalars(select(Vendor.id).where(Vendor.name == "Ann")).one()
    with inside(business.stranger) as session:
        panels = vendor_queries.side_panels(session, vendor_id)
        assert panels == vendor_queries.SidePanels(people=[])


def test_who_recommended_a_vendor_is_named(five, inside, business):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Emil", referred_by="Dana")
        recommender = vendor_queries.side_panels(session, vendor.id).recommender
        assert recommender is not None
        assert recommender.name == "Dana"
