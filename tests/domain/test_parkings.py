"""Parking: the usual revisit dates, whose side a reason lies on, keeping parked, changing and ending it."""

from __future__ import annotations

from datetime import date

import pytest

from crm.core.dates import CadenceUnit
from crm.core.errors import Missing, Refused, Stale
from crm.domain import parkings, stages, vendors
from crm.domain.parking_terms import side
from crm.domain.rhythms import Rhythm
from crm.models.enums import CadenceChoice, ParkingReason, ReminderKind, Side, Stage

TODAY = date(2026, 10, 5)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def vendor(session, business):
    return vendors.add(session, by=business.member, name="Northlight Studio")


def park(vendor, business, reason=ParkingReason.AT_CAPACITY, **terms):
    parkings.park(vendor, by=business.member, reason=reason, **terms)
    return parkings.of_vendor(stages.session_of(vendor), vendor)


@pytest.mark.parametrize(
    ("reason", "days", "sides"),
    [
        (ParkingReason.NO_BUDGET, 90, {Side.US}),
        (ParkingReason.NOTHING_TO_OUTSOURCE, 120, {Side.US}),
        (ParkingReason.NOT_READY, 60, {Side.US}),
        (ParkingReason.PREREQUISITE, 60, {Side.US}),
        (ParkingReason.AT_CAPACITY, 60, {Side.THEM}),
        (ParkingReason.PRICE_TOO_HIGH, 120, {Side.THEM}),
        (ParkingReason.ON_LEAVE, 60, {Side.THEM}),
        (ParkingReason.SEASON, 180, {Side.US, Side.THEM}),
        (ParkingReason.OTHER, 90, set()),
    ],
)
def test_each_reason_has_its_side_and_its_usual_time(vendor, business, reason, days, sides):
    assert (park(vendor, business, reason).revisit_on - TODAY).days == days
    assert side(reason) == sides


def test_a_date_that_is_known_counts_instead(vendor, business):
    assert park(vendor, business, until=date(2027, 3, 1)).revisit_on == date(2027, 3, 1)


@pytest.mark.parametrize("until", [date(2026, 10, 5), date(2020, 1, 1), date(2037, 1, 1), date.max])
def test_a_date_that_makes_no_sense_is_refused_and_nothing_moves(vendor, business, until):
    with pytest.raises(Refused) as refused:
        park(vendor, business, until=until)
    assert refused.value.field == "until"


@pytest.mark.parametrize(
    ("every", "unit", "box"),
    [
        (None, CadenceUnit.WEEKS, "every"),
        (0, CadenceUnit.WEEKS, "every"),
        (3_651, CadenceUnit.DAYS, "every"),
        (6, None, "unit"),
    ],
)
def test_a_rhythm_of_ones_own_needs_number_and_unit(every, unit, box):
    with pytest.raises(Refused) as refused:
        Rhythm(CadenceChoice.OWN, every, unit)
    assert refused.value.field == box


def test_other_rhythms_drop_the_number():
    assert Rhythm(CadenceChoice.NONE, 6, CadenceUnit.WEEKS) == Rhythm(CadenceChoice.NONE)


def test_nobody_is_parked_twice(session, vendor, business):
    park(vendor, business)
    with pytest.raises(Refused):
        park(vendor, business)


def test_who_stays_in_touch_is_somebody_of_the_team(vendor, business):
    with pytest.raises(Refused) as refused:
        park(vendor, business, owner_id=business.stranger.user_id)
    assert refused.value.field == "owner_id"


def test_kept_parked_the_usual_time_counts_from_today(session, vendor, business, clock_at):
    parking = park(vendor, business, until=date(2026, 10, 12), rhythm=Rhythm(CadenceChoice.NONE))
    assert (vendor.due_on, vendor.due_kind) == (date(2026, 10, 12), ReminderKind.REVISIT)

    clock_at("2026-10-14 09:00")
    parkings.keep_parked(parking, by=business.member)
    assert parking.revisit_on == date(2026, 12, 13)
    assert vendor.due_on == date(2026, 12, 13)

    parkings.undo_keep(parking, by=business.member)
    assert vendor.due_on == date(2026, 10, 12)


def test_kept_parked_until_a_day(vendor, business):
    parking = parkings.keep_parked(park(vendor, business), by=business.member, until=date(2027, 1, 4))
    assert parking.revisit_on == date(2027, 1, 4)
    with pytest.raises(Refused):
        parkings.keep_parked(parking, by=business.member, until=TODAY)


def test_pressing_keep_parked_again_is_nothing_done(session, vendor, business, clock_at):
    parking = park(vendor, business, until=date(2026, 10, 12))
    clock_at("2026-10-14 09:00")
    for _ in range(4):
        parkings.keep_parked(parking, by=business.member)
    session.flush()
    assert parkings.times_kept(parking) == 1
    parkings.undo_keep(parking, by=business.member)
    assert parking.revisit_on == date(2026, 10, 12)


def test_keeping_parked_is_not_taken_back_over_a_later_change(vendor, business):
    parking = park(vendor, business)
    parkings.keep_parked(parking, by=business.member, until=date(2027, 1, 4))
    edit(parking, business, until=date(2027, 5, 1))
    with pytest.raises(Refused):
        parkings.undo_keep(parking, by=business.member)


def test_a_change_moves_the_next_touch(vendor, business):
    parking = park(vendor, business)
    edit(parking, business, rhythm=Rhythm(CadenceChoice.OWN, 2, CadenceUnit.WEEKS))
    assert (vendor.due_on, vendor.due_kind) == (date(2026, 10, 19), ReminderKind.TOUCH)


def test_a_revisit_date_that_is_left_alone_may_have_come(vendor, business, clock_at):
    parking = park(vendor, business, until=date(2026, 10, 12))
    clock_at("2026-10-20 09:00")
    edit(parking, business, until=date(2026, 10, 12), details="Still full")
    assert (parking.revisit_on, parking.details) == (date(2026, 10, 12), "Still full")


def test_the_second_to_save_is_told(vendor, business):
    parking = park(vendor, business)
    version = parking.version
    edit(parking, business, details="First")
    with pytest.raises(Stale):
        parkings.edit(parking, by=business.admin, version=version, reason=ParkingReason.SEASON)
    assert parking.reason is ParkingReason.AT_CAPACITY


def test_what_is_over_is_not_changed(session, vendor, business):
    parking = park(vendor, business)
    parkings.end(parking, by=business.member, to=Stage.ACTIVE)
    for act in (
        lambda: edit(parking, business),
        lambda: parkings.keep_parked(parking, by=business.member),
        lambda: parkings.end(parking, by=business.member, to=Stage.PROSPECT),
    ):
        with pytest.raises(Refused):
            act()
    with pytest.raises(Missing):
        parkings.of_vendor(session, vendor)


def edit(parking, business, **changes):
    values = {"reason": parking.reason, "until": parking.revisit_on, **changes}
    return parkings.edit(parking, by=business.member, version=parking.version, **values)
