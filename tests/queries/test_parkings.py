"""Who is parked, as rows: placed and counted over all of them, and read for one page."""

from __future__ import annotations

from datetime import date

import pytest

from crm.core.dates import add_days
from crm.domain import parkings, vendors
from crm.models.enums import ParkingReason, Stage, TriggerKind
from crm.models.stages import ParkingTrigger
from crm.queries import parkings as reading

TODAY = date(2026, 10, 5)
REASONS = (ParkingReason.OTHER, ParkingReason.AT_CAPACITY, ParkingReason.NO_BUDGET)


@pytest.fixture
def session(inside, business, clock_at):
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        yield session


@pytest.fixture
def park(session, business):
    """Parks a vendor with a next check-in and a last contact so many days from today."""

    def park(name, *, by=None, reason=ParkingReason.OTHER, next_in=None, last=None):
        by = by or business.owner
        vendor = vendors.add(session, by=by, name=name, despite_doubles=True)
        parkings.park(vendor, by=by, reason=reason, owner_id=by.user_id)
        session.flush()
        vendor.next_on = None if next_in is None else add_days(TODAY, next_in)
        vendor.last_contact_on = None if last is None else add_days(TODAY, -last)
        return vendor

    return park


def came_true(session, vendor, *, day, kind=TriggerKind.AVAILABILITY, cause=1, answered=None):
    """Something that a parked vendor waited for."""
    parking = parkings.of_vendor(session, vendor)
    trigger = ParkingTrigger(
        parking_id=parking.id, vendor_id=vendor.id, kind=kind, cause_id=cause, fired_on=day, answered_on=answered
    )
    session.add(trigger)
    session.flush()
    return trigger


def names(found):
    return [row.name for row in found.rows]


def test_by_reason_then_whoever_the_time_looks_right_for_then_by_day_name_and_number(session, park):
    later, sooner = park("Later", next_in=9), park("Sooner", next_in=2)
    for name, next_in in (("never b", None), ("Never A", None), ("Sooner", 2)):
        park(name, next_in=next_in)
    park("Full", reason=ParkingReason.AT_CAPACITY, next_in=30)
    came_true(session, later, day=TODAY)
    found = reading.parked(session, limit=10)
    assert names(found) == ["Full", "Later", "Sooner", "Sooner", "Never A", "never b"]
    assert found.rows[2].vendor_id == sooner.id
    assert [(row.of_reason, row.trigger) for row in found.rows[:2]] == [(1, None), (5, TriggerKind.AVAILABILITY)]


def test_pages_one_after_the_other_are_the_whole_and_all_say_the_same_totals(session, park):
    for number in range(13):
        vendor = park(f"Vendor {number:02}", reason=REASONS[number % 3], next_in=number * 5 % 7)
        if number % 4 == 0:
            came_true(session, vendor, day=TODAY)
    whole = reading.parked(session, limit=50)
    pages = [reading.parked(session, limit=4, offset=offset) for offset in (0, 4, 8, 12)]
    assert [row for page in pages for row in page.rows] == whole.rows
    assert {(page.total, page.ripe) for page in pages} == {(13, 4)}
    assert {row.reason: row.of_reason for row in whole.rows} == {REASONS[0]: 5, REASONS[1]: 4, REASONS[2]: 4}
    assert reading.parked(session, limit=4, offset=16) == reading.Parked([])


def test_counts_are_of_those_that_the_page_is_narrowed_to(session, business, park):
    mine = [park(name, by=business.member) for name in ("One", "Two")]
    theirs = park("Theirs", reason=ParkingReason.AT_CAPACITY)
    for vendor in (mine[0], theirs):
        came_true(session, vendor, day=TODAY)
    of_mine = reading.parked(session, owner_id=business.member.user_id, limit=1)
    assert (names(of_mine), of_mine.total, of_mine.ripe, of_mine.rows[0].of_reason) == (["One"], 2, 1, 2)
    ripe = reading.parked(session, only_ripe=True, limit=1, offset=1)
    assert (names(ripe), ripe.total, ripe.ripe, ripe.rows[0].of_reason) == (["One"], 2, 2, 1)
    both = reading.parked(session, owner_id=business.owner.user_id, only_ripe=True, limit=5)
    assert (names(both), both.total) == (["Theirs"], 1)


def test_the_oldest_thing_that_nobody_has_answered_is_said(session, park):
    vendor, other = park("Northlight"), park("Answered")
    came_true(session, vendor, day=add_days(TODAY, -9), answered=TODAY, cause=1)
    came_true(session, vendor, day=add_days(TODAY, -3), kind=TriggerKind.CONDITION, cause=2)
    came_true(session, vendor, day=TODAY, cause=3)
    came_true(session, other, day=TODAY, answered=TODAY)
    found = {row.name: row for row in reading.parked(session, limit=5).rows}
    assert (found["Northlight"].trigger, found["Northlight"].fired_on) == (
        TriggerKind.CONDITION,
        add_days(TODAY, -3),
    )
    assert found["Answered"].trigger is None


def test_what_came_true_for_an_earlier_parking_says_nothing_of_this_one(session, business, park):
    vendor = park("Twice")
    left_open = came_true(session, vendor, day=TODAY)
    parkings.end(parkings.of_vendor(session, vendor), by=business.owner, to=Stage.PROSPECT)
    left_open.answered_on = None
    parkings.park(vendor, by=business.owner, reason=ParkingReason.NO_BUDGET)
    session.flush()
    found = reading.parked(session, limit=5)
    assert [(row.reason, row.trigger) for row in found.rows] == [(ParkingReason.NO_BUDGET, None)]
    assert (found.total, found.ripe) == (1, 0)


def test_silences_tell_the_latest_contact_or_the_parking_and_the_rhythm_and_find_their_vendors(session, park):
    for name, last, rhythm in (("A", 40, "6 weeks"), ("B", 40, "6 weeks"), ("C", 40, ""), ("D", None, "6 weeks")):
        park(name, last=last).cadence_in_force = rhythm
    session.flush()
    long_ago = add_days(TODAY, -40)
    silences = reading.silences(session)
    assert sorted(silences) == [(long_ago, "", 1), (long_ago, "6 weeks", 2), (TODAY, "6 weeks", 1)]
    quiet = [each for each in silences if each.vendors == 2]
    assert names(reading.parked(session, silences=quiet, limit=9)) == ["A", "B"]
    assert reading.parked(session, silences=quiet, limit=1).total == 2
    assert reading.parked(session, silences=[], limit=9) == reading.Parked([])
