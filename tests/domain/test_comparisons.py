"""Rating vendors, and vendors side by side."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.core.errors import Forbidden, Missing, Refused
from crm.domain import comparisons, criteria, ratings, vendors
from crm.domain.fit import Swap
from crm.domain.ratings import Occasion
from crm.models.enums import TimelineKind
from crm.models.log import TimelineEntry
from crm.models.ratings import Rating

TODAY = date(2026, 10, 5)
GIVEN = {"Ana": (5, 4, 2, 3, 3), "Ben": (3, 4, 5, 4, 4), "Cara": (3, 3, 4, 4, 3)}


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def ranked(session):
    """Quality, communication, turnaround, cost, breadth: the ranking of the worked example."""
    by_name = {row.name: row for row in criteria.ranked(session)}
    criteria.archive(by_name["Reliability"])
    order = [by_name[name] for name in ("Quality", "Communication", "Turnaround", "Cost", "Breadth")]
    criteria.rank(session, [row.id for row in order])
    return order


@pytest.fixture
def three(session, business, ranked):
    found = []
    for name, values in GIVEN.items():
        vendor = vendors.add(session, by=business.member, name=name)
        given = {row.id: value for row, value in zip(ranked, values, strict=True)}
        ratings.rate(vendor, by=business.member, given=given, occasion=Occasion(TODAY, "The first month"))
        found.append(vendor)
    return found


def test_the_worked_example_from_what_was_rated(session, ranked, three):
    ana, ben, cara = three
    quality, communication, turnaround, cost, _breadth = ranked
    found = comparisons.compare(session, [ana.id, ben.id, cara.id], today=TODAY)
    assert [(each.name, round(each.fit.value or 0, 3)) for each in found.vendors] == [
        ("Ana", 4.013),
        ("Ben", 3.7),
        ("Cara", 3.247),
    ]
    assert [each.dominated_by for each in found.vendors] == [[], [], [ben.id]]
    assert found.leader == ana.id
    assert found.swaps == [Swap(raised=communication.id, lowered=quality.id, leader=ben.id)]
    assert found.trade_offs[0].differences == [(quality.id, 2.0), (turnaround.id, -3.0), (cost.id, -1.0)]


def test_a_must_have_that_is_missed_or_unknown_is_named(session, business, ranked, three):
    turnaround = ranked[2]
    criteria.edit(turnaround, version=turnaround.version, name="Turnaround", is_must=True, threshold=4)
    new = vendors.add(session, by=business.member, name="Dora")
    found = comparisons.compare(session, [three[0].id, three[1].id, new.id], today=TODAY)
    assert [[(each.criterion, each.threshold, each.value) for each in one.missed] for one in found.vendors] == [
        [("Turnaround", 4, 2.0)],
        [],
        [("Turnaround", 4, None)],
    ]
    assert not found.vendors[2].fit.is_shown


@pytest.mark.parametrize("count", [0, 1, 5])
def test_two_to_four_are_compared(session, business, count):
    ids = [vendors.add(session, by=business.member, name=f"Vendor {number}").id for number in range(count)]
    with pytest.raises(Refused):
        comparisons.compare(session, ids, today=TODAY)


def test_one_of_another_business_is_not_there(session, three):
    with pytest.raises(Missing):
        comparisons.compare(session, [three[0].id, 987_654], today=TODAY)


def test_the_number_of_questions_does_not_depend_on_how_much_was_rated(session, business, ranked, three, count_queries):
    ids = [vendor.id for vendor in three]
    with count_queries(session.get_bind()) as few:
        comparisons.compare(session, ids, today=TODAY)
    for number in range(9):
        occasion = Occasion(TODAY - timedelta(days=number))
        ratings.rate(three[0], by=business.admin, given={ranked[0].id: 4}, occasion=occasion)
    session.flush()
    with count_queries(session.get_bind()) as many:
        comparisons.compare(session, ids, today=TODAY)
    assert len(many) == len(few)


# Rating


def test_an_occasion_is_one_line_of_the_timeline_until_its_last_rating_is_taken_away(session, business, ranked, three):
    ana = three[0]
    of_ana = select(TimelineEntry).where(TimelineEntry.kind == TimelineKind.RATING, TimelineEntry.vendor_id == ana.id)
    [line] = session.scalars(of_ana).all()
    assert line.facts["occasion"] == "The first month"
    assert [(each["criterion"], each["value"]) for each in line.facts["given"]][:2] == [
        ("Quality", 5),
        ("Communication", 4),
    ]
    rows = session.scalars(select(Rating).where(Rating.vendor_id == ana.id).order_by(Rating.id)).all()
    ratings.remove(rows[0], by=business.member)
    [line] = session.scalars(of_ana).all()
    assert [each["criterion"] for each in line.facts["given"]] == ["Communication", "Turnaround", "Cost", "Breadth"]
    for row in rows[1:]:
        ratings.remove(row, by=business.member)
    assert session.scalars(of_ana).all() == []


def test_only_who_gave_it_and_admins_take_a_rating_away(session, business, ranked, three):
    [row] = ratings.rate(three[0], by=business.owner, given={ranked[0].id: 1}, occasion=Occasion(TODAY))
    with pytest.raises(Forbidden):
        ratings.remove(row, by=business.member)
    ratings.remove(row, by=business.admin)


def test_what_cannot_be_rated_is_refused_at_its_box(session, business, ranked, three):
    quality = ranked[0]
    for given, occasion, box in (
        ({}, Occasion(TODAY), None),
        ({quality.id: 0}, Occasion(TODAY), f"value-{quality.id}"),
        ({quality.id: 6}, Occasion(TODAY), f"value-{quality.id}"),
        ({quality.id: 3}, Occasion(TODAY + timedelta(days=1)), "rated_on"),
        ({quality.id: 3}, Occasion(TODAY, work_id=987_654), "work_id"),
    ):
        with pytest.raises(Refused) as refused:
            ratings.rate(three[0], by=business.member, given=given, occasion=occasion)
        assert refused.value.field == box


def test_what_no_longer_counts_is_not_rated_and_its_ratings_are_left_out(session, business, ranked, three):
    quality = ranked[0]
    criteria.archive(quality)
    with pytest.raises(Refused):
        ratings.rate(three[0], by=business.member, given={quality.id: 3}, occasion=Occasion(TODAY))
    found = comparisons.compare(session, [three[0].id, three[1].id], today=TODAY)
    assert quality.id not in found.vendors[0].values
    assert sum(found.weights.values()) == pytest.approx(1)
