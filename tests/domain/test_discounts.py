"""Discounts for referrals: what is agreed, what a won referral earns, what is used of it, and taking it all back."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from crm.core.errors import Forbidden, Refused, Stale
from crm.domain import credit as reading
from crm.domain import credit_rules, discounts, openings, parkings, referrals, vendors
from crm.domain.discounts import Terms
from crm.domain.parking_terms import Figure
from crm.models.enums import CreditKind, ParkingReason, ReferralState, TriggerKind
from crm.models.goodwill import CreditEntry
from crm.models.stages import ParkingTrigger

TODAY = date(2026, 10, 5)
EACH = Terms(percent=None, amount=5_000, currency="GBP")
TENTH = Terms(percent=1_000, amount=None, currency="GBP")


@pytest.fixture(autouse=True)
def clock(clock_at):
    clock_at("2026-10-05 09:00", "Europe/London")
    return clock_at


@pytest.fixture
def session(business, inside):
    with inside(business) as opened:
        yield opened


@pytest.fixture
def vendor(session, business):
    return vendors.add(session, by=business.owner, name="Northlight Studio")


@pytest.fixture
def won(session, business, vendor):
    """A way to win a referral: to somebody new, today."""

    def win(name: str = "Harbour Dental"):
        opening = openings.add(session, by=business.owner, business=name)
        referral = referrals.refer(vendor, by=business.member, opening_id=opening.id)
        return referral, step(referral, business, ReferralState.WON)

    return win


def step(referral, business, state):
    return referrals.record_step(referral, by=business.member, state=state, happened_on=TODAY)


def credit(session, business, vendor, currency="GBP"):
    found = reading.statements(session, vendor.id, business.workspace.today)
    return found.get(currency) or credit_rules.statement([], TODAY)


def test_a_won_referral_earns_the_amount_once(session, business, vendor, won):
    discounts.agree(vendor, EACH, by=business.owner)
    referral, last = won()
    step(referral, business, ReferralState.THANKED)
    assert credit(session, business, vendor).balance == 5_000
    referrals.undo_step(referral, by=business.member, step_id=last.id)
    assert credit(session, business, vendor).balance == 0
    step(referral, business, ReferralState.WON)
    found = credit(session, business, vendor)
    assert (found.balance, found.earned, len(found.lines)) == (5_000, 5_000, 1)


def test_without_terms_it_earns_nothing(session, business, vendor, won):
    won()
    assert credit(session, business, vendor).lines == []


def test_a_share_waits_to_be_valued_until_the_closed_business_is_noted(session, business, vendor, won):
    discounts.agree(vendor, TENTH, by=business.owner)
    referral, _step = won()
    assert [row.amount for row in discounts.to_be_valued(session, vendor.id)] == [None]
    assert credit(session, business, vendor).balance == 0
    with pytest.raises(Forbidden):
        referrals.note_closed(referral, by=business.member, amount=100_005, currency="GBP")
    referrals.note_closed(referral, by=business.owner, amount=100_005, currency="GBP")
    assert credit(session, business, vendor).balance == 10_001  # 10,000.5 rounded half up
    assert discounts.to_be_valued(session, vendor.id) == []
    referrals.note_closed(referral, by=business.owner, amount=50_000, currency="GBP")
    assert credit(session, business, vendor).balance == 5_000
    discounts.use(vendor, 4_000, "GBP", on=TODAY, by=business.owner)
    referrals.note_closed(referral, by=business.owner, amount=30_000, currency="GBP")
    assert credit(session, business, vendor).balance == 1_000  # more than that was used by then


def test_closed_business_in_another_currency_is_valued_by_a_person(session, business, vendor, won):
    discounts.agree(vendor, TENTH, by=business.owner)
    referral, _step = won()
    referrals.note_closed(referral, by=business.owner, amount=100_000, currency="EUR")
    [entry] = discounts.to_be_valued(session, vendor.id)
    discounts.value(entry, 8_600, by=business.owner)
    assert credit(session, business, vendor).balance == 8_600
    with pytest.raises(Refused):
        discounts.value(entry, 1, by=business.owner)


def test_terms_end_at_their_cap_and_on_their_last_day(session, business, vendor, won, clock):
    discounts.agree(vendor, Terms(None, 5_000, "GBP", cap=7_000, valid_until=TODAY, keeps_days=30), by=business.owner)
    won("One")
    won("Two")
    won("Three")
    assert [line.change for line in credit(session, business, vendor).lines] == [5_000, 2_000, 0]
    clock("2026-11-04 09:00", "Europe/London")
    assert credit(session, business, vendor).balance == 7_000
    clock("2026-11-05 09:00", "Europe/London")
    found = credit(session, business, vendor)
    assert (found.balance, found.expired) == (0, 7_000)


def test_what_is_used_comes_off_and_never_more_than_there_is(session, business, vendor, won):
    discounts.agree(vendor, EACH, by=business.owner)
    won()
    used = discounts.use(vendor, 3_000, "GBP", on=TODAY, note="Invoice 12", by=business.member)
    for amount, on, box in (
        (2_001, TODAY, "amount"),
        (1, date(2026, 10, 4), "amount"),
        (0, TODAY, "amount"),
        (1, date(2026, 10, 6), "happened_on"),
    ):
        with pytest.raises(Refused) as refused:
            discounts.use(vendor, amount, "GBP", on=on, by=business.member)
        assert refused.value.field == box
    assert credit(session, business, vendor).balance == 2_000
    for _twice in range(2):
        discounts.take_back(used, by=business.member)
        assert credit(session, business, vendor).balance == 5_000
    earned = session.scalars(select(CreditEntry).where(CreditEntry.kind == CreditKind.EARNED)).one()
    with pytest.raises(Refused):
        discounts.take_back(earned, by=business.member)


def test_a_referral_that_falls_through_after_some_was_used_loses_the_rest(session, business, vendor, won):
    discounts.agree(vendor, EACH, by=business.owner)
    referral, _step = won()
    discounts.use(vendor, 3_000, "GBP", on=TODAY, by=business.member)
    lost = step(referral, business, ReferralState.LOST)
    found = credit(session, business, vendor)
    assert (found.balance, found.used, found.voided) == (0, 3_000, 2_000)
    referrals.undo_step(referral, by=business.member, step_id=lost.id)
    assert credit(session, business, vendor).balance == 2_000
    referrals.take_back(referral, by=business.member)
    assert credit(session, business, vendor).balance == 0


def test_new_terms_take_the_place_of_the_old_and_credit_stays(session, business, vendor, won):
    old = discounts.agree(vendor, EACH, by=business.owner)
    won()
    new = discounts.agree(vendor, Terms(None, 100, "GBP"), by=business.owner)
    assert (old.ended_on, discounts.in_force(session, vendor.id)) == (TODAY, new)
    won("Two")
    assert credit(session, business, vendor).balance == 5_100
    with pytest.raises(Refused) as refused:
        discounts.edit(new, Terms(None, 100, "EUR"), version=1, by=business.owner)
    assert refused.value.field == "currency"
    with pytest.raises(Refused):
        discounts.resume(old)
    discounts.end(new, by=business.owner)
    discounts.resume(old)
    session.flush()
    assert discounts.in_force(session, vendor.id) == old


def test_two_people_who_edit_the_terms_are_told(business, vendor):
    row = discounts.agree(vendor, EACH, by=business.owner)
    discounts.edit(row, TENTH, version=1, by=business.owner)
    with pytest.raises(Stale):
        discounts.edit(row, EACH, version=1, by=business.owner)
    assert (row.percent, row.amount) == (1_000, None)


@pytest.mark.parametrize(
    ("terms", "box"),
    [
        (Terms(None, None, "GBP"), "percent"),
        (Terms(1, 1, "GBP"), "percent"),
        (Terms(0, None, "GBP"), "percent"),
        (Terms(10_001, None, "GBP"), "percent"),
        (Terms(None, 0, "GBP"), "amount"),
        (Terms(1, None, "???"), "currency"),
        (Terms(1, None, "GBP", cap=0), "cap"),
        (Terms(1, None, "GBP", keeps_days=0), "keeps_days"),
        (Terms(1, None, "GBP", valid_until=date(2046, 1, 1)), "valid_until"),
        (Terms(1, None, "GBP", evidence="x" * 2_001), "evidence"),
    ],
)
def test_terms_that_make_no_sense_are_refused_beside_their_box(session, business, vendor, terms, box):
    with pytest.raises(Refused) as refused:
        discounts.agree(vendor, terms, by=business.owner)
    assert refused.value.field == box
    assert discounts.in_force(session, vendor.id) is None


def test_credit_in_two_currencies_is_kept_apart(session, business, vendor, won):
    discounts.agree(vendor, EACH, by=business.owner)
    won("One")
    discounts.agree(vendor, Terms(None, 700, "EUR"), by=business.owner)
    won("Two")
    with pytest.raises(Refused):
        discounts.use(vendor, 701, "EUR", on=TODAY, by=business.member)
    discounts.use(vendor, 700, "EUR", on=TODAY, by=business.member)
    balances = {
        code: found.balance for code, found in reading.statements(session, vendor.id, business.workspace.today).items()
    }
    assert balances == {"EUR": 0, "GBP": 5_000}


def fired(session, parking):
    session.flush()
    statement = select(ParkingTrigger).where(ParkingTrigger.parking_id == parking.id)
    return [(row.kind, row.facts) for row in session.scalars(statement)]


@pytest.mark.parametrize(("now", "is_covered"), [(45_000, True), (44_999, False), (40_000, False)])
def test_credit_that_covers_what_is_missing_brings_the_parking_forward(session, business, vendor, won, now, is_covered):
    discounts.agree(vendor, EACH, by=business.owner)
    parkings.park(
        vendor,
        by=business.member,
        reason=ParkingReason.PRICE_TOO_HIGH,
        condition="We can pay what they ask",
        figure=Figure(now, 50_000, "GBP", "a month"),
    )
    parking = parkings.of_vendor(session, vendor)
    assert fired(session, parking) == []
    referral, step_won = won()
    covered = [(TriggerKind.CREDIT, {"gap": 50_000 - now, "currency": "GBP"})] if is_covered else []
    assert fired(session, parking) == covered
    used = discounts.use(vendor, 1, "GBP", on=TODAY, by=business.member)
    assert fired(session, parking) == []
    discounts.take_back(used, by=business.member)
    assert fired(session, parking) == covered
    referrals.undo_step(referral, by=business.member, step_id=step_won.id)
    assert fired(session, parking) == []


def test_credit_does_not_bring_forward_what_waits_for_something_else(session, business, vendor, won):
    discounts.agree(vendor, EACH, by=business.owner)
    figure = Figure(49_999, 50_000, "GBP")
    parkings.park(vendor, by=business.member, reason=ParkingReason.NO_BUDGET, condition="Budget", figure=figure)
    won()
    assert fired(session, parkings.of_vendor(session, vendor)) == []


def test_a_vendor_goes_with_all_its_goodwill_and_credit(session, business, vendor, won, tmp_path):
    discounts.agree(vendor, EACH, by=business.owner)
    referral, _step = won()
    discounts.use(vendor, 1_000, "GBP", on=TODAY, by=business.owner)
    step(referral, business, ReferralState.LOST)
    session.flush()
    vendors.delete_vendor(vendor, by=business.owner, folder=tmp_path)
    session.flush()
    assert not session.scalars(select(CreditEntry)).all()
