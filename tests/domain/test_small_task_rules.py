"""Which small needs suit a parked vendor: the budget against their minimum, their time, and what is not known."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.small_task_rules import Budget, Suits, Time, held, suits
from crm.domain.trigger_rules import Price
from crm.models.enums import Availability, RatePeriod

TODAY = date(2026, 10, 5)
YESTERDAY, TOMORROW = date(2026, 10, 4), date(2026, 10, 6)
BUDGET = Price(30_000, "GBP")
OPEN = Time(Availability.OPEN)


@pytest.mark.parametrize(
    ("budget", "minimum", "stands"),
    [
        (BUDGET, Price(30_000, "GBP", RatePeriod.PROJECT), Budget.REACHES),
        (BUDGET, Price(30_000, "GBP", RatePeriod.MONTH), Budget.REACHES),
        (BUDGET, Price(30_000, "GBP", None), Budget.REACHES),
        (BUDGET, Price(0, "GBP", None), Budget.REACHES),
        (BUDGET, Price(30_001, "GBP", RatePeriod.PROJECT), Budget.BELOW),
        (BUDGET, Price(1, "EUR", RatePeriod.PROJECT), Budget.OTHER_CURRENCY),
        (BUDGET, Price(1, "GBP", RatePeriod.HOUR), Budget.OTHER_PERIOD),
        (BUDGET, Price(90_000, "GBP", RatePeriod.DAY), Budget.OTHER_PERIOD),
        (BUDGET, Price(None, "GBP", RatePeriod.MONTH), Budget.NO_MINIMUM),
        (Price(None, ""), Price(25_000, "GBP", RatePeriod.MONTH), Budget.NO_BUDGET),
        (Price(None, ""), Price(), Budget.NO_BUDGET),
    ],
)
def test_a_budget_is_held_against_the_minimum_where_they_compare(budget, minimum, stands):
    assert held(budget, minimum) is stands


@pytest.mark.parametrize(
    ("time", "room"),
    [
        (Time(Availability.OPEN), Availability.OPEN),
        (Time(Availability.LIMITED, TODAY), Availability.LIMITED),
        (Time(Availability.UNKNOWN), Availability.UNKNOWN),
        (Time(Availability.FULL, YESTERDAY), Availability.UNKNOWN),  # it was full until yesterday: who knows
        (Time(Availability.OPEN, YESTERDAY), Availability.UNKNOWN),
        (Time(Availability.OPEN, None, TOMORROW, TOMORROW), Availability.OPEN),
        (Time(Availability.OPEN, None, None, YESTERDAY), Availability.OPEN),
        (Time(Availability.FULL), None),
        (Time(Availability.FULL, TODAY), None),
        (Time(Availability.OPEN, None, YESTERDAY, TODAY), None),
        (Time(Availability.OPEN, None, YESTERDAY, None), None),
    ],
)
def test_whoever_is_full_or_away_is_not_named(time, room):
    found = suits(BUDGET, Price(), time, TODAY)
    assert (found and found.room) == room


def test_nothing_is_left_to_find_out_only_where_budget_and_time_are_known():
    known = suits(BUDGET, Price(20_000, "GBP", RatePeriod.PROJECT), OPEN, TODAY)
    assert known == Suits(Budget.REACHES, Availability.OPEN)
    assert known.is_sure
    assert not Suits(Budget.NO_MINIMUM, Availability.OPEN).is_sure
    assert not Suits(Budget.REACHES, Availability.UNKNOWN).is_sure


prices = st.builds(
    Price,
    st.none() | st.integers(0, 1_000),
    st.sampled_from(["GBP", "EUR", ""]),
    st.none() | st.sampled_from(RatePeriod),
)


@given(prices, prices)
def test_a_task_is_withheld_for_money_only_where_the_budget_is_known_to_be_too_small(budget, minimum):
    found = suits(budget, minimum, OPEN, TODAY)
    if found is None:
        assert budget.amount < minimum.amount
        assert budget.currency == minimum.currency
    elif found.budget is Budget.REACHES:
        assert budget.amount >= minimum.amount


@given(prices, prices, st.integers(0, 500))
def test_a_larger_budget_never_suits_less(budget, minimum, more):
    larger = Price(None if budget.amount is None else budget.amount + more, budget.currency)
    if suits(budget, minimum, OPEN, TODAY) is not None:
        assert suits(larger, minimum, OPEN, TODAY) is not None
