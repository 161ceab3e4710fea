"""The goodwill ledger: two columns of a year, struck lines, introductions that count once, and when a turn is due."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from crm.core.errors import Refused
from crm.domain import goodwill, goodwill_rules, openings, referrals, vendors
from crm.domain.goodwill import Turn
from crm.domain.goodwill_rules import Column, Favour
from crm.models.enums import GoodwillKind, GoodwillSide, ReferralState
from crm.models.goodwill import GoodwillEntry

TODAY = date(2026, 10, 5)
GIVEN, RECEIVED = GoodwillSide.GIVEN, GoodwillSide.RECEIVED
ADVICE = GoodwillKind.ADVICE


@pytest.fixture(autouse=True)
def monday(clock_at):
    clock_at("2026-10-05 09:00", "Europe/London")


@pytest.fixture
def session(business, inside):
    with inside(business) as opened:
        yield opened


@pytest.fixture
def vendor(session, business):
    return vendors.add(session, by=business.owner, name="Northlight Studio")


def lines(session) -> list[GoodwillEntry]:
    return list(session.scalars(select(GoodwillEntry).order_by(GoodwillEntry.id)))


def test_each_side_is_counted_for_twelve_months_and_never_weighed_against_the_other():
    favours = [
        Favour(GIVEN, GoodwillKind.REFERRAL, date(2026, 10, 5)),
        Favour(GIVEN, ADVICE, date(2025, 10, 6), 5_000, "GBP"),
        Favour(GIVEN, ADVICE, date(2025, 10, 5), 9_999, "GBP"),  # a year and a day ago
        Favour(GIVEN, ADVICE, date(2026, 10, 6)),  # tomorrow
        Favour(RECEIVED, GoodwillKind.DISCOUNT, date(2026, 3, 1), 2_000, "EUR"),
        Favour(RECEIVED, GoodwillKind.DISCOUNT, date(2026, 4, 1), 3_000, "EUR"),
    ]
    assert goodwill_rules.column(favours, GIVEN, TODAY) == Column(
        2, {GoodwillKind.REFERRAL: 1, ADVICE: 1}, {"GBP": 5_000}
    )
    assert goodwill_rules.column(favours, RECEIVED, TODAY) == Column(2, {GoodwillKind.DISCOUNT: 2}, {"EUR": 5_000})


@pytest.mark.parametrize(
    ("received", "given", "is_due"),
    [
        ([date(2026, 9, 1), date(2026, 5, 1)], [], True),
        ([date(2026, 9, 1)], [], False),
        ([date(2026, 9, 1), date(2026, 5, 1)], [date(2026, 4, 6)], False),
        ([date(2026, 9, 1), date(2026, 5, 1)], [date(2026, 4, 5)], True),  # six months ago does not count
        ([date(2026, 9, 1), date(2026, 4, 5)], [], False),
    ],
)
def test_a_turn_is_due_after_receiving_twice_and_giving_nothing_for_six_months(received, given, is_due):
    favours = [Favour(RECEIVED, ADVICE, day) for day in received] + [Favour(GIVEN, ADVICE, day) for day in given]
    assert goodwill_rules.owes_a_turn(favours, TODAY) is is_due


def test_a_good_turn_is_written_down_and_a_mistaken_one_is_struck_out_but_stays(session, business, vendor):
    entry = goodwill.record(
        vendor, Turn(RECEIVED, ADVICE, TODAY, "An hour on pricing", 6_000, "GBP"), by=business.member
    )
    goodwill.strike(entry, why="That was another vendor")
    first = entry.struck_at
    goodwill.strike(entry)
    assert [(row.struck_at, row.struck_why) for row in lines(session)] == [(first, "That was another vendor")]
    goodwill.restore(entry)
    assert (entry.struck_at, entry.struck_why) == (None, "")


@pytest.mark.parametrize(
    ("turn", "box"),
    [
        (Turn(GIVEN, ADVICE, date(2026, 10, 6)), "happened_on"),
        (Turn(GIVEN, ADVICE, TODAY, value_amount=-1, value_currency="GBP"), "value_amount"),
        (Turn(GIVEN, ADVICE, TODAY, value_amount=1, value_currency="???"), "value_currency"),
        (Turn(GIVEN, ADVICE, TODAY, note="x" * 100_001), "note"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_box(session, business, vendor, turn, box):
    with pytest.raises(Refused) as refused:
        goodwill.record(vendor, turn, by=business.member)
    assert refused.value.field == box
    assert not lines(session)


def test_an_introduction_counts_once_as_a_turn_given_by_its_connector(session, business, vendor):
    opening = openings.add(session, by=business.owner, business="Harbour Dental")
    referral = referrals.refer(vendor, by=business.member, opening_id=opening.id)
    for _round in range(2):
        step = referrals.record_step(
            referral,
            by=business.owner,
            state=ReferralState.INTRODUCED,
            happened_on=date(2026, 10, 1),
            both_said_yes=True,
        )
        [entry] = [row for row in lines(session) if row.struck_at is None]
        assert (entry.side, entry.kind, entry.happened_on) == (GIVEN, GoodwillKind.REFERRAL, date(2026, 10, 1))
        assert (entry.referral_id, entry.created_by) == (referral.id, business.member.user_id)
        with pytest.raises(Refused):
            goodwill.strike(entry)
        referrals.undo_step(referral, by=business.owner, step_id=step.id)
        assert all(row.struck_at for row in lines(session))
    referrals.take_back(referral, by=business.owner)
    session.flush()
    assert not lines(session)
