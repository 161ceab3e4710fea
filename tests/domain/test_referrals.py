"""A referral: who may be referred, its steps in order, its follow-up, and taking things back."""

from datetime import date

import pytest
from sqlalchemy import select

from crm.core.errors import Refused
from crm.domain import openings, referrals, vendors
from crm.models.enums import Channel, ReferralState, ReminderKind, TimelineKind
from crm.models.log import TimelineEntry
from crm.models.referrals import Referral, ReferralStep
from crm.models.reminders import Reminder
from crm.models.vendors import Vendor


@pytest.fixture
def monday(clock_at):
    clock_at("2026-10-05 09:00", "Europe/London")
    return date(2026, 10, 5)


@pytest.fixture
def referred(monday, business, inside) -> int:
    """Northlight, referred by the member to Harbour Dental on 5 October."""
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio")
        opening = openings.add(session, by=business.owner, business="Harbour Dental")
        return referrals.refer(vendor, by=business.member, opening_id=opening.id, blurb="She is kind.").id


def record(session, business, referral_id: int, state: ReferralState, day: date = date(2026, 10, 5)) -> Referral:
    referral = referrals.find(session, referral_id)
    referrals.record_step(referral, by=business.member, state=state, happened_on=day)
    return referral


def introduce(session, business, referral_id: int, day: date = date(2026, 10, 5)) -> Referral:
    """Both say yes, and are introduced, on one day."""
    for state in (ReferralState.VENDOR_YES, ReferralState.BUSINESS_YES):
        record(session, business, referral_id, state, day)
    return record(session, business, referral_id, ReferralState.INTRODUCED, day)


def open_reminders(session) -> list[tuple[int, date]]:
    rows = session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.REFERRAL, Reminder.ended_at.is_(None)))
    return [(row.user_id, row.due_on) for row in rows]


def states_on_the_timeline(session) -> list[str]:
    rows = session.scalars(
        select(TimelineEntry).where(TimelineEntry.kind == TimelineKind.REFERRAL).order_by(TimelineEntry.id)
    )
    return [row.facts["state"] for row in rows]


def test_it_begins_as_an_idea_that_nobody_is_reminded_of(business, inside, referred) -> None:
    with inside(business) as session:
        referral = referrals.find(session, referred)
        assert (referral.state, referral.follow_up_on) == (ReferralState.IDEA, None)
        assert open_reminders(session) == []
        assert states_on_the_timeline(session) == ["idea"]


def test_an_introduction_is_followed_up_by_who_made_it_after_a_fortnight(business, inside, referred) -> None:
    with inside(business) as session:
        introduce(session, business, referred)
    with inside(business) as session:
        assert open_reminders(session) == [(business.member.user_id, date(2026, 10, 19))]


@pytest.mark.parametrize("state", [ReferralState.WON, ReferralState.LOST, ReferralState.DECLINED])
def test_an_outcome_ends_the_follow_up(business, inside, referred, state) -> None:
    with inside(business) as session:
        introduce(session, business, referred)
        referral = record(session, business, referred, state)
        assert (referral.state, referral.follow_up_on) == (state, None)
    with inside(business) as session:
        assert open_reminders(session) == []


def test_the_latest_step_by_date_says_where_it_stands_whatever_the_order_of_entry(business, inside, referred) -> None:
    with inside(business) as session:
        introduce(session, business, referred, date(2026, 10, 5))
        referral = record(session, business, referred, ReferralState.VENDOR_ASKED, date(2026, 10, 1))
        assert referral.state is ReferralState.INTRODUCED


def test_a_step_from_before_the_idea_was_noted_counts(business, inside, referred) -> None:
    with inside(business) as session:
        referral = record(session, business, referred, ReferralState.VENDOR_YES, date(2026, 9, 30))
        assert (referral.state, referral.follow_up_on) == (ReferralState.VENDOR_YES, date(2026, 10, 7))


def test_no_step_is_recorded_twice_or_ahead(business, inside, referred) -> None:
    with inside(business) as session:
        record(session, business, referred, ReferralState.VENDOR_ASKED)
        with pytest.raises(Refused) as twice:
            record(session, business, referred, ReferralState.VENDOR_ASKED)
        with pytest.raises(Refused) as ahead:
            record(session, business, referred, ReferralState.WON, date(2026, 10, 6))
    assert (twice.value.field, ahead.value.field) == ("state", "happened_on")


def test_the_last_step_can_be_taken_back_with_its_reminder(business, inside, referred) -> None:
    with inside(business) as session:
        record(session, business, referred, ReferralState.VENDOR_ASKED)
    with inside(business) as session:
        referrals.undo_last_step(referrals.find(session, referred), by=business.member)
    with inside(business) as session:
        assert referrals.find(session, referred).state is ReferralState.IDEA
        assert open_reminders(session) == []
        assert states_on_the_timeline(session) == ["idea"]
        with pytest.raises(Refused):
            referrals.undo_last_step(referrals.find(session, referred), by=business.member)


def test_taking_the_referral_back_leaves_nothing(business, inside, referred) -> None:
    with inside(business) as session:
        introduce(session, business, referred)
    with inside(business) as session:
        referrals.take_back(referrals.find(session, referred), by=business.owner)
    with inside(business) as session:
        assert list(session.scalars(select(Referral.id))) == []
        assert list(session.scalars(select(ReferralStep.id))) == []
        assert states_on_the_timeline(session) == []
        assert open_reminders(session) == []


def test_the_same_two_are_not_referred_twice(business, inside, referred) -> None:
    with inside(business) as session:
        referral = referrals.find(session, referred)
        vendor = session.get_one(Vendor, referral.vendor_id)
        with pytest.raises(Refused) as refused:
            referrals.refer(vendor, by=business.owner, opening_id=referral.opening_id)
    assert "Northlight Studio has been referred to Harbour Dental already." in str(refused.value.words)


def test_who_does_not_want_to_be_contacted_is_not_referred(business, inside, referred) -> None:
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Hollis Print", do_not_contact=True)
        opening = openings.add(session, by=business.owner, business="Peel Cycles")
        with pytest.raises(Refused):
            referrals.refer(vendor, by=business.owner, opening_id=opening.id)


def test_an_opening_of_another_business_is_none_of_ours(business, inside, referred) -> None:
    with inside(business.stranger) as session:
        theirs = openings.add(session, by=business.stranger, business="Theirs").id
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Tidepool Ads")
        with pytest.raises(Refused) as refused:
            referrals.refer(vendor, by=business.owner, opening_id=theirs)
    assert refused.value.field == "opening_id"


def test_a_step_is_taken_back_whatever_day_it_was_on(business, inside, referred) -> None:
    with inside(business) as session:
        referral = record(session, business, referred, ReferralState.VENDOR_ASKED, date(2026, 10, 5))
        later_entered = referrals.record_step(
            referral, by=business.member, state=ReferralState.BUSINESS_ASKED, happened_on=date(2026, 10, 3)
        )
        referrals.undo_step(referral, by=business.member, step_id=later_entered.id)
        assert states_on_the_timeline(session) == ["idea", "vendor_asked"]
        assert referral.state is ReferralState.VENDOR_ASKED


def test_the_idea_is_no_step_to_take_back(business, inside, referred) -> None:
    with inside(business) as session:
        referral = referrals.find(session, referred)
        idea = session.scalars(select(ReferralStep)).one()
        with pytest.raises(Refused):
            referrals.undo_step(referral, by=business.member, step_id=idea.id)


def test_nobody_is_introduced_before_both_have_said_yes(business, inside, referred) -> None:
    with inside(business) as session:
        record(session, business, referred, ReferralState.VENDOR_YES)
        with pytest.raises(Refused) as refused:
            record(session, business, referred, ReferralState.INTRODUCED)
        assert refused.value.field == "state"
        assert states_on_the_timeline(session) == ["idea", "vendor_yes"]


def test_yeses_given_by_phone_are_recorded_with_the_introduction(business, inside, referred) -> None:
    with inside(business) as session:
        referral = record(session, business, referred, ReferralState.VENDOR_YES)
        referrals.record_step(
            referral,
            by=business.member,
            state=ReferralState.INTRODUCED,
            happened_on=date(2026, 10, 5),
            both_said_yes=True,
        )
        assert states_on_the_timeline(session) == ["idea", "vendor_yes", "business_yes", "introduced"]
        channels = {step.state: step.channel for step in session.scalars(select(ReferralStep))}
        assert channels[ReferralState.BUSINESS_YES] is Channel.PHONE
        assert referral.state is ReferralState.INTRODUCED


def test_a_step_of_another_age_is_a_slip(business, inside, referred) -> None:
    with inside(business) as session, pytest.raises(Refused) as refused:
        record(session, business, referred, ReferralState.VENDOR_ASKED, date(1, 1, 1))
    assert refused.value.field == "happened_on"
