"""What brings a parking forward, by tables: which reason reacts to what, whose time and whose price."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.trigger_rules import Apart, Known, Price, compare_prices, has_room, known, lacking, reacts
from crm.models.enums import Availability, ParkingReason, RatePeriod, TriggerKind

PARKED, TODAY = date(2026, 10, 5), date(2026, 11, 9)
OPEN, LIMITED, FULL, UNKNOWN = Availability.OPEN, Availability.LIMITED, Availability.FULL, Availability.UNKNOWN

TABLE = {
    ParkingReason.NO_BUDGET: {TriggerKind.BUDGET},
    ParkingReason.NOTHING_TO_OUTSOURCE: {TriggerKind.NEED},
    ParkingReason.NOT_READY: {TriggerKind.VERDICT},
    ParkingReason.PREREQUISITE: {TriggerKind.PREREQUISITE},
    ParkingReason.AT_CAPACITY: {TriggerKind.AVAILABILITY},
    ParkingReason.PRICE_TOO_HIGH: {TriggerKind.RATE, TriggerKind.CREDIT},
    ParkingReason.ON_LEAVE: set(),
    ParkingReason.SEASON: set(),
    ParkingReason.OTHER: set(),
}


@pytest.mark.parametrize("reason", ParkingReason)
@pytest.mark.parametrize("kind", TriggerKind)
def test_each_reason_reacts_to_what_the_table_says_and_to_its_own_condition(reason, kind):
    assert reacts(reason, kind) is (kind in TABLE[reason] | {TriggerKind.CONDITION})


@pytest.mark.parametrize(
    ("then", "now", "until", "came_true"),
    [
        (FULL, OPEN, None, {"availability": "open"}),
        (FULL, LIMITED, None, {"availability": "limited"}),
        (UNKNOWN, OPEN, None, {"availability": "open"}),
        (LIMITED, OPEN, None, {"availability": "open"}),
        (FULL, FULL, None, None),
        (UNKNOWN, FULL, None, None),
        (OPEN, OPEN, None, None),
        (OPEN, LIMITED, None, None),
        (LIMITED, LIMITED, None, None),
        (FULL, UNKNOWN, None, None),
        (FULL, FULL, date(2026, 11, 8), {"full_until": "2026-11-08"}),
        (FULL, FULL, date(2026, 11, 9), None),  # full until today: from tomorrow on
        (FULL, FULL, date(2026, 10, 5), {"full_until": "2026-10-05"}),
        (FULL, FULL, date(2026, 10, 4), None),  # had passed before they were parked
        (LIMITED, LIMITED, date(2026, 11, 1), {"full_until": "2026-11-01"}),
        (OPEN, OPEN, date(2026, 11, 1), None),  # had room until then
    ],
)
def test_room_is_more_of_it_than_on_the_day_of_parking_or_the_end_of_being_full(then, now, until, came_true):
    assert has_room(then, now, until=until, parked_on=PARKED, today=TODAY) == came_true


HOUR, DAY = RatePeriod.HOUR, RatePeriod.DAY


def asks(rate=None, currency="GBP", period=HOUR, minimum=None, minimum_period=None):
    return Known(
        rate=Price(rate, currency, period if rate is not None else None),
        minimum=Price(minimum, currency, minimum_period),
    )


@pytest.mark.parametrize(
    ("then", "now", "drops"),
    [
        (asks(9000), asks(7000), [("rate", 9000, 7000)]),
        (asks(9000), asks(9000), []),
        (asks(9000), asks(9500), []),
        (asks(minimum=50000), asks(minimum=30000), [("minimum", 50000, 30000)]),
        (asks(9000, minimum=50000), asks(9500, minimum=30000), [("minimum", 50000, 30000)]),
        (asks(9000, minimum=50000), asks(8000, minimum=0), [("rate", 9000, 8000), ("minimum", 50000, 0)]),
        (asks(9000), asks(0), [("rate", 9000, 0)]),
    ],
)
def test_a_price_comes_down(then, now, drops):
    found = compare_prices(then, now)
    assert [(each["what"], each["before"], each["now"]) for each in (found.down or {"drops": []})["drops"]] == drops
    assert found.not_compared == ()


@pytest.mark.parametrize(
    ("then", "now", "why"),
    [
        (asks(9000), asks(7000, period=DAY), Apart.PERIOD),
        (asks(9000), asks(7000, "EUR"), Apart.CURRENCY),
        (asks(9000, "GBP", HOUR), asks(10, "EUR", DAY), Apart.CURRENCY),
        (asks(), asks(7000), Apart.NOT_KNOWN_THEN),
        (asks(9000), asks(), Apart.NOT_KNOWN_NOW),
    ],
)
def test_what_is_in_another_currency_or_period_is_not_compared_and_says_so(then, now, why):
    found = compare_prices(then, now)
    assert found.down is None
    assert [(each.what, each.why) for each in found.not_compared] == [("rate", why)]


def test_a_minimum_compares_where_the_rate_does_not():
    found = compare_prices(asks(9000, minimum=500), asks(70, period=DAY, minimum=400))
    assert [each["what"] for each in found.down["drops"]] == ["minimum"]
    assert [each.what for each in found.not_compared] == ["rate"]


def test_without_any_price_there_is_nothing_to_say():
    assert compare_prices(asks(), asks()).not_compared == ()


PRICES = st.builds(
    Price,
    st.one_of(st.none(), st.integers(0, 10**6)),
    st.sampled_from(("GBP", "EUR")),
    st.sampled_from((None, *RatePeriod)),
)


@given(st.builds(Known, rate=PRICES, minimum=PRICES), st.builds(Known, rate=PRICES, minimum=PRICES))
def test_what_came_down_one_way_has_not_come_down_the_other(then, now):
    there = {each["what"] for each in (compare_prices(then, now).down or {"drops": []})["drops"]}
    back = {each["what"] for each in (compare_prices(now, then).down or {"drops": []})["drops"]}
    assert not there & back
    assert compare_prices(then, then).down is None


def test_a_parking_of_which_nothing_was_kept_compares_with_nothing():
    assert known({}) == Known()


@pytest.mark.parametrize(
    ("budget", "minimum", "missing"),
    [
        (Price(50_000, "GBP"), Price(90_000, "GBP", RatePeriod.MONTH), 40_000),
        (Price(0, "GBP"), Price(1, "GBP", RatePeriod.MONTH), 1),
        (Price(90_000, "GBP"), Price(90_000, "GBP", RatePeriod.MONTH), None),
        (Price(95_000, "GBP"), Price(90_000, "GBP", RatePeriod.MONTH), None),
        (Price(None, ""), Price(90_000, "GBP", RatePeriod.MONTH), None),
        (Price(50_000, "GBP"), Price(None, "GBP", RatePeriod.MONTH), None),
        (Price(50_000, "EUR"), Price(90_000, "GBP", RatePeriod.MONTH), None),
        (Price(50_000, "GBP"), Price(90_000, "GBP", RatePeriod.DAY), None),
        (Price(50_000, "GBP"), Price(90_000, "GBP"), None),
    ],
)
def test_a_budget_lacks_what_is_below_the_minimum_where_both_compare(budget, minimum, missing):
    assert lacking(budget, minimum) == missing
