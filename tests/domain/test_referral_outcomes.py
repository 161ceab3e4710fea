"""How an introduction went is asked after 14 and 45 days, whatever is recorded in between, until somebody says it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from crm.core.errors import Forbidden, Refused
from crm.domain import openings, referral_outcomes, referral_rules, referrals, reminders, vendors
from crm.models.enums import Channel, ReferralState, ReminderEnd, ReminderKind
from crm.models.referrals import ReferralStep
from crm.models.reminders import Reminder

INTRODUCED, TALKING, WON = ReferralState.INTRODUCED, ReferralState.TALKING, ReferralState.WON
DAY = date(2026, 10, 5)
FIRST, SECOND = DAY + timedelta(days=14), DAY + timedelta(days=45)


def on(days: int, state: ReferralState) -> tuple[ReferralState, date]:
    return state, DAY + timedelta(days=days)


@pytest.mark.parametrize(
    ("steps", "heard_on", "asked_on"),
    [
        ([on(-9, ReferralState.VENDOR_YES), on(-8, ReferralState.BUSINESS_YES)], None, None),
        ([on(-9, ReferralState.VENDOR_YES), on(0, INTRODUCED)], None, FIRST),
        ([on(0, INTRODUCED), on(3, TALKING)], None, FIRST),
        ([on(0, INTRODUCED), on(13, TALKING)], None, FIRST),
        ([on(0, INTRODUCED), on(14, TALKING)], None, SECOND),
        ([on(0, INTRODUCED), on(44, TALKING)], None, SECOND),
        ([on(0, INTRODUCED), on(45, TALKING)], None, None),
        ([on(0, INTRODUCED), on(3, ReferralState.THANKED)], None, FIRST),
        ([on(0, INTRODUCED), on(3, ReferralState.VENDOR_ASKED)], None, FIRST),
        ([on(0, INTRODUCED), on(3, WON)], None, None),
        ([on(0, INTRODUCED), on(3, WON), on(9, ReferralState.THANKED)], None, None),
        ([on(0, INTRODUCED), on(20, ReferralState.LOST)], None, None),
        ([on(0, INTRODUCED), on(20, ReferralState.NO_REPLY)], None, None),
        ([on(0, INTRODUCED), on(20, ReferralState.DECLINED)], None, None),
        ([on(0, INTRODUCED), on(20, ReferralState.LOST), on(25, TALKING)], None, SECOND),
        ([on(0, TALKING)], None, FIRST),
        ([on(0, INTRODUCED)], FIRST - timedelta(days=1), FIRST),
        ([on(0, INTRODUCED)], FIRST, SECOND),
        ([on(0, INTRODUCED), on(3, TALKING)], FIRST, SECOND),
        ([on(0, INTRODUCED)], SECOND, None),
    ],
)
def test_when_it_is_asked(steps, heard_on, asked_on) -> None:
    assert referral_rules.outcome_asked_on(steps, heard_on=heard_on) == asked_on


@given(st.lists(st.integers(0, 80), max_size=6), st.none() | st.integers(0, 80))
def test_it_is_asked_twice_at_most_and_only_on_days_that_nobody_has_answered(talked, heard) -> None:
    steps = [on(0, INTRODUCED), *(on(days, TALKING) for days in sorted(talked))]
    asked = referral_rules.outcome_asked_on(steps, heard_on=on(heard, WON)[1] if heard is not None else None)
    latest = max([0, heard or 0, *talked])
    assert asked == (FIRST if latest < 14 else SECOND if latest < 45 else None)


# With a database


@pytest.fixture
def introduced(business, inside, clock_at) -> int:
    """Northlight, introduced to Harbour Dental by the member on 5 October."""
    clock_at("2026-10-05 09:00", "Europe/London")
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio")
        opening = openings.add(session, by=business.owner, business="Harbour Dental")
        referral = referrals.refer(vendor, by=business.member, opening_id=opening.id)
        referrals.record_step(
            referral,
            by=business.member,
            state=INTRODUCED,
            happened_on=DAY,
            channel=Channel.PHONE,
            both_said_yes=True,
        )
        return referral.id


@pytest.fixture
def say(business, inside, introduced):
    """say(state) answers as the member; say(None) puts it off."""

    def answer(state: ReferralState | None) -> None:
        with inside(business) as session:
            referral = referrals.find(session, introduced)
            if state is None:
                referral_outcomes.ask_later(referral, by=business.member)
            else:
                referral_outcomes.answer(referral, by=business.member, state=state)

    return answer


@pytest.fixture
def asked(business, inside, introduced):
    """asked() is the day of the reminder that stands; None where there is none."""

    def day() -> date | None:
        with inside(business) as session:
            here = Reminder.kind == ReminderKind.REFERRAL, Reminder.ended_at.is_(None)
            days = session.scalars(select(Reminder.due_on).where(*here)).all()
            assert len(days) <= 1
            assert referrals.find(session, introduced).follow_up_on == (days[0] if days else None)
            return days[0] if days else None

    return day


def test_it_is_asked_on_both_days_of_who_introduced_them(business, inside, say, asked, clock_at) -> None:
    assert asked() == FIRST
    with inside(business) as session:
        row = session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.REFERRAL)).one()
        assert (row.user_id, row.why["state"]) == (business.member.user_id, "introduced")
    clock_at("2026-10-08 09:00", "Europe/London")
    say(TALKING)
    assert asked() == FIRST
    clock_at("2026-10-19 09:00", "Europe/London")
    say(TALKING)
    assert asked() == SECOND
    clock_at("2026-11-19 09:00", "Europe/London")
    say(WON)
    assert asked() is None


@pytest.mark.parametrize("state", referral_outcomes.ANSWERS)
def test_the_same_answer_twice_is_one_step(business, inside, introduced, say, asked, clock_at, state) -> None:
    clock_at("2026-10-19 09:00", "Europe/London")
    say(state)
    once = asked()
    say(state)
    assert asked() == once
    with inside(business) as session:
        count = select(func.count(ReferralStep.id)).where(ReferralStep.state == state)
        assert session.scalar(count) == 1


def test_later_is_in_a_week_and_an_answer_then_is_followed_by_the_second_question(say, asked, clock_at) -> None:
    clock_at("2026-10-19 09:00", "Europe/London")
    say(None)
    say(None)
    assert asked() == date(2026, 10, 26)
    clock_at("2026-10-26 09:00", "Europe/London")
    say(TALKING)
    assert asked() == SECOND


def test_done_in_today_answers_the_first_question_alone(business, inside, asked, clock_at) -> None:
    clock_at("2026-10-19 09:00", "Europe/London")
    with inside(business) as session:
        row = session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.REFERRAL)).one()
        reminders.complete(session, row, by=business.member)
    assert asked() == SECOND
    with inside(business) as session:
        here = Reminder.kind == ReminderKind.REFERRAL, Reminder.due_on == FIRST
        row = session.scalars(select(Reminder).where(*here)).one()
        assert (row.ended_by, row.ended_how) == (business.member.user_id, ReminderEnd.DONE)
        reminders.undo_complete(session, row, by=business.member)
    assert asked() == FIRST


def test_another_outcome_is_refused_until_the_first_is_taken_back(business, inside, introduced, say, asked) -> None:
    say(ReferralState.LOST)
    for change in (WON, None, TALKING):
        with pytest.raises(Refused, match="take that step back first"):
            say(change)
    with inside(business) as session:
        referrals.undo_last_step(referrals.find(session, introduced), by=business.member)
    assert asked() == FIRST
    say(WON)
    assert asked() is None


def test_before_the_introduction_there_is_nothing_to_say(business, inside, introduced, say) -> None:
    with inside(business) as session:
        referrals.undo_last_step(referrals.find(session, introduced), by=business.member)
    for change in (WON, None):
        with pytest.raises(Refused, match="not been introduced"):
            say(change)


def test_who_may_only_look_answers_nothing(business, inside, introduced) -> None:
    with inside(business) as session:
        referral = referrals.find(session, introduced)
        with pytest.raises(Forbidden):
            referral_outcomes.answer(referral, by=business.viewer, state=WON)
        with pytest.raises(Forbidden):
            referral_outcomes.ask_later(referral, by=business.viewer)
