"""Money as people and files write it: prices, what they are in, and what they are for."""

from __future__ import annotations

import pytest

from crm.core import limits
from crm.domain.amounts import Pay, currency_in, pay_in, period_in
from crm.models.enums import RatePeriod

HOUR, DAY = RatePeriod.HOUR, RatePeriod.DAY


@pytest.mark.parametrize(
    ("said", "pay"),
    [
        ("60", Pay(6_000, "GBP")),
        ("60.50", Pay(6_050, "GBP")),
        ("€60", Pay(6_000, "EUR")),
        ("60 EUR", Pay(6_000, "EUR")),
        ("eur 1,200.50", Pay(120_050, "EUR")),
        ("1.200,50 €", Pay(120_050, "EUR")),
        ("12,5 EUR", Pay(1_250, "EUR")),
        ("€60/h", Pay(6_000, "EUR", HOUR)),
        ("60 EUR per hour", Pay(6_000, "EUR", HOUR)),
        ("450 pro Tag", Pay(45_000, "GBP", DAY)),
        ("£38 an hr.", Pay(3_800, "GBP", HOUR)),
        ("6000 JPY", Pay(6_000, "JPY")),
        ("0", Pay(0, "GBP")),
    ],
)
def test_a_price_is_read(said, pay):
    assert pay_in(said, "GBP") == pay


@pytest.mark.parametrize(
    "said", ["", "a lot", "-5", "60.505", "60.50 JPY", "60 XYZ", "60 DEM", "hour", "1e9", "40-60", f"{10**18}"]
)
def test_what_is_no_price_is_none(said):
    assert pay_in(said, "GBP") is None


def test_the_largest_price_and_the_next_one():
    most = limits.MONEY_LARGEST
    assert pay_in(f"{most} JPY", "GBP") == Pay(most, "JPY")
    assert pay_in(f"{most + 1} JPY", "GBP") is None


@pytest.mark.parametrize(("said", "code"), [("EUR", "EUR"), ("€", "EUR"), (" usd ", "USD"), ("DEM", None), ("x", None)])
def test_a_currency_is_named_by_its_code_or_its_sign(said, code):
    assert currency_in(said) == code


@pytest.mark.parametrize(
    ("said", "period"),
    [("hour", HOUR), ("per day", DAY), ("/ month", RatePeriod.MONTH), ("Projekt", RatePeriod.PROJECT), ("year", None)],
)
def test_what_a_price_is_for(said, period):
    assert period_in(said) == period
