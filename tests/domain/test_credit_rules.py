"""Credit for referrals: earned, used, expired, voided, in whole minor units, and never less than nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.errors import Refused
from crm.domain import credit_rules
from crm.domain.credit_rules import Entry, capped, percentage, statement
from crm.models.enums import CreditKind

TODAY = date(2026, 11, 1)
EARNED, USED, EXPIRED, VOIDED = CreditKind.EARNED, CreditKind.USED, CreditKind.EXPIRED, CreditKind.VOIDED


@pytest.mark.parametrize(
    ("closed", "hundredths", "earned"),
    [
        (100_000, 1_000, 10_000),
        (1_005, 1_000, 101),  # 100.5 is rounded half up
        (1_004, 1_000, 100),
        (333, 250, 8),  # 8.325
        (0, 1_000, 0),
        (1, 10_000, 1),
    ],
)
def test_a_percentage_is_rounded_half_up(closed, hundredths, earned):
    assert percentage(closed, hundredths) == earned


@pytest.mark.parametrize(
    ("amount", "before", "cap", "earned"),
    [(500, 0, None, 500), (500, 0, 400, 400), (500, 300, 400, 100), (500, 400, 400, 0), (500, 900, 400, 0)],
)
def test_terms_end_at_their_cap(amount, before, cap, earned):
    assert capped(amount, earned_before=before, cap=cap) == earned


def test_what_expires_first_is_used_first():
    ledger = [
        Entry(1, EARNED, 500, date(2026, 1, 10), expires_on=date(2027, 1, 9)),
        Entry(2, EARNED, 300, date(2026, 2, 10), expires_on=date(2026, 8, 9)),
        Entry(3, USED, 350, date(2026, 7, 1)),
    ]
    found = statement(ledger, TODAY)
    assert [(line.kind, line.change, line.balance) for line in found.lines] == [
        (EARNED, 500, 500),
        (EARNED, 300, 800),
        (USED, -350, 450),
    ]
    assert (found.balance, found.expired, found.next_expiry) == (450, 0, date(2027, 1, 9))


def test_what_is_left_of_a_lot_goes_after_its_last_day():
    ledger = [
        Entry(1, EARNED, 500, date(2026, 1, 10), expires_on=date(2026, 6, 30)),
        Entry(2, USED, 200, date(2026, 6, 30)),
    ]
    assert statement(ledger, date(2026, 6, 30)).balance == 300
    after = statement(ledger, date(2026, 7, 1))
    assert (after.balance, after.expired) == (0, 300)
    assert after.lines[-1] == credit_rules.Line(1, EXPIRED, date(2026, 6, 30), -300, 0)


def test_a_referral_that_fell_through_takes_what_was_not_used_of_its_credit():
    ledger = [
        Entry(1, EARNED, 500, date(2026, 1, 10)),
        Entry(2, EARNED, 100, date(2026, 1, 11)),
        Entry(3, USED, 200, date(2026, 2, 1)),
        Entry(4, VOIDED, 0, date(2026, 3, 1), lot_id=1),
    ]
    found = statement(ledger, TODAY)
    assert (found.earned, found.used, found.voided, found.balance) == (600, 200, 300, 100)


@pytest.mark.parametrize(
    "spent",
    [
        Entry(9, USED, 501, date(2026, 2, 1)),
        Entry(9, USED, 1, date(2026, 1, 9)),
        Entry(9, USED, 1, date(2026, 7, 1)),
    ],
    ids=["more than there is", "before it was earned", "after it expired"],
)
def test_nobody_uses_what_is_not_there(spent):
    with pytest.raises(Refused) as refused:
        statement([Entry(1, EARNED, 500, date(2026, 1, 10), expires_on=date(2026, 6, 30)), spent], TODAY)
    assert refused.value.field == "amount"


def test_on_one_day_what_is_earned_comes_first():
    ledger = [Entry(1, USED, 100, date(2026, 1, 10)), Entry(2, EARNED, 100, date(2026, 1, 10))]
    assert statement(ledger, TODAY).balance == 0


DAYS = st.integers(0, 400).map(lambda days: date(2026, 1, 1) + timedelta(days=days))
LOTS = st.lists(st.tuples(st.integers(0, 10_000), DAYS, st.none() | st.integers(0, 200)), max_size=6)
USES = st.lists(st.tuples(st.integers(0, 10_000), DAYS), max_size=6)


@given(LOTS, USES, st.lists(st.integers(1, 6), max_size=3), DAYS)
def test_the_balance_is_what_was_earned_less_what_went_and_never_below_nothing(lots, uses, voided, today):
    ledger = [
        Entry(number, EARNED, amount, on, None if keeps is None else on + timedelta(days=keeps))
        for number, (amount, on, keeps) in enumerate(lots, 1)
    ]
    ledger += [Entry(100 + number, VOIDED, 0, today, lot_id=lot) for number, lot in enumerate(voided)]
    for number, (amount, on) in enumerate(uses):
        use = Entry(50 + number, USED, amount, on)
        try:
            statement([*ledger, use], today)
        except Refused:
            continue
        ledger.append(use)
    found = statement(ledger, today)
    assert found.balance == found.earned - found.used - found.expired - found.voided >= 0
    assert all(line.balance >= 0 for line in found.lines)
    assert found.earned == sum(amount for amount, _on, _keeps in lots)
    assert sum(line.change for line in found.lines) == found.balance
