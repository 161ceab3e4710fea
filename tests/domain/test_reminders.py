"""What a person does with a reminder: done, put off, left out, and each of them taken back."""

from __future__ import annotations

from datetime import date

import pytest

from crm.core.dates import CadenceUnit
from crm.core.errors import Missing, Refused
from crm.domain import interactions, notes, openings, parkings, promises, referrals, reminders, stages, vendors
from crm.domain.next_touch import SnoozeChoice
from crm.domain.rhythms import Rhythm
from crm.domain.trials import TrialTerms
from crm.models.enums import (
    CadenceChoice,
    InteractionKind,
    ParkingReason,
    PromiseKind,
    ReminderEnd,
    ReminderKind,
    Stage,
)
from crm.models.log import Interaction, Mention
from crm.models.reminders import Reminder

DUE = date(2026, 10, 19)
"""A Monday: 14 days after the vendor was added."""


@pytest.fixture
def session(inside, business, clock_at):
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        yield session


@pytest.fixture
def vendor(session, business):
    return vendors.add(session, by=business.member, name="Northlight Studio")


@pytest.fixture
def by(business):
    return business.member


def only(session, vendor, kind=ReminderKind.TOUCH):
    session.flush()
    rows = session.query(Reminder).filter(
        Reminder.vendor_id == vendor.id, Reminder.kind == kind, Reminder.ended_at.is_(None)
    )
    return rows.one()


def test_a_check_in_that_is_done_is_logged_and_the_next_one_is_worked_out(session, vendor, by, clock_at):
    clock_at("2026-10-19 09:00")
    reminder = only(session, vendor)

    completed = reminders.complete(session, reminder, by=by)

    [entry] = session.query(Interaction).all()
    assert (completed.interaction_id, entry.occurred_on, entry.kind) == (entry.id, DUE, InteractionKind.OTHER)
    assert vendor.due_on == date(2026, 11, 2)
    assert (reminder.ended_how, reminder.ended_by) == (ReminderEnd.DONE, by.user_id)

    reminders.undo_complete(session, reminder, by=by, interaction_id=completed.interaction_id)
    assert vendor.due_on == DUE
    assert only(session, vendor).id == reminder.id


def test_a_check_in_is_done_once(session, vendor, by, clock_at):
    clock_at("2026-10-19 09:00")
    reminder = only(session, vendor)
    reminders.complete(session, reminder, by=by)
    with pytest.raises(Refused):
        reminders.complete(session, reminder, by=by)
    assert session.query(Interaction).count() == 1


def test_an_act_closes_it_for_everyone(session, business, by, clock_at):
    vendor = vendors.add(session, by=by, name="Nobody’s", owner_id=None)
    clock_at("2026-10-19 09:00")
    session.flush()
    mine, theirs = session.query(Reminder).filter(Reminder.vendor_id == vendor.id).order_by(Reminder.id)
    reminders.complete(session, mine, by=business.admin)
    assert (mine.ended_at is not None, theirs.ended_at is not None) == (True, True)


def test_undoing_needs_the_conversation_of_that_very_vendor(session, vendor, by, clock_at):
    other = vendors.add(session, by=by, name="Pixelmill")
    entry = interactions.log(other, by=by, kind=InteractionKind.CALL, occurred_on=date(2026, 10, 5))
    clock_at("2026-10-19 09:00")
    reminder = only(session, vendor)
    reminders.complete(session, reminder, by=by)
    for wrong in (None, entry.id, 999_999):
        with pytest.raises(Missing):
            reminders.undo_complete(session, reminder, by=by, interaction_id=wrong)


@pytest.mark.parametrize("kind", list(PromiseKind))
def test_a_promise_that_is_done_is_kept(session, vendor, by, kind):
    promises.make(vendor, by=by, kind=kind, what="Send the list", due_on=date(2026, 10, 8))
    reminder = only(session, vendor, vendor.due_kind)
    reminders.complete(session, reminder, by=by)
    assert vendor.due_on == DUE
    reminders.undo_complete(session, reminder, by=by)
    assert vendor.due_on == date(2026, 10, 8)


def test_a_revisit_that_is_done_keeps_them_parked(session, vendor, by, clock_at):
    parkings.park(
        vendor, by=by, reason=ParkingReason.NO_BUDGET, until=date(2026, 10, 12), rhythm=Rhythm(CadenceChoice.NONE)
    )
    clock_at("2026-10-12 09:00")
    reminder = only(session, vendor, ReminderKind.REVISIT)
    reminders.complete(session, reminder, by=by)
    assert vendor.due_on == date(2027, 1, 10)
    reminders.undo_complete(session, reminder, by=by)
    assert vendor.due_on == date(2026, 10, 12)


def test_a_trial_task_is_decided_on_its_own_page(session, vendor, by):
    stages.move(vendor, by=by, to=Stage.TRIAL, trial=TrialTerms("One page", date(2026, 10, 7)))
    with pytest.raises(Refused):
        reminders.complete(session, only(session, vendor, ReminderKind.TRIAL), by=by)


def test_a_mention_is_seen_and_unseen(session, vendor, business):
    notes.write(vendor, by=business.admin, body="@Milo look at this")
    reminder = only(session, vendor, ReminderKind.MENTION)
    reminders.complete(session, reminder, by=business.member)
    [mention] = session.query(Mention).all()
    assert mention.seen_at is not None
    reminders.undo_complete(session, reminder, by=business.member)
    assert (mention.seen_at, reminder.ended_at) == (None, None)


def test_a_mention_is_seen_by_nobody_but_whom_it_calls(session, vendor, business):
    notes.write(vendor, by=business.admin, body="@Milo look at this")
    reminder = only(session, vendor, ReminderKind.MENTION)
    with pytest.raises(Missing):
        reminders.complete(session, reminder, by=business.owner)
    [mention] = session.query(Mention).all()
    assert (mention.seen_at, reminder.ended_at) == (None, None)


def test_a_referral_that_was_asked_about_is_done_and_undone(session, vendor, by):
    opening = openings.add(
        session, by=by, business="Harbour Dental", person="", email="", what_they_need="", category_id=None,
        budget_amount=None, currency="", until=None,
    )  # fmt: skip
    referral = referrals.refer(vendor, by=by, opening_id=opening.id, blurb="", terms="")
    referral.follow_up_on = date(2026, 10, 5)
    reminders.touches.refresh(session, vendor)
    reminder = only(session, vendor, ReminderKind.REFERRAL)
    reminders.complete(session, reminder, by=by)
    assert referral.follow_up_on is None
    reminders.undo_complete(session, reminder, by=by)
    assert referral.follow_up_on == date(2026, 10, 5)


@pytest.mark.parametrize(
    ("choice", "until"),
    [
        (SnoozeChoice.ONE_WEEK, date(2026, 10, 28)),  # counted from today, which is later than the date
        (SnoozeChoice.ONE_MONTH, date(2026, 11, 23)),  # 21 November is a Saturday
        (date(2026, 10, 24), date(2026, 10, 26)),  # so is this
    ],
)
def test_a_check_in_is_put_off(session, vendor, by, clock_at, choice, until):
    clock_at("2026-10-21 09:00")
    row = reminders.snooze(session, only(session, vendor), by=by, choice=choice)
    assert vendor.due_on == until
    assert reminders.due_on(session, row) == until
    reminders.undo_snooze(session, row.id, by=by)
    assert vendor.due_on == DUE


@pytest.mark.parametrize("day", [date(2026, 10, 21), date(2020, 1, 1)])
def test_nothing_is_put_off_to_a_day_that_has_come(session, vendor, by, clock_at, day):
    clock_at("2026-10-21 09:00")
    with pytest.raises(Refused) as refused:
        reminders.snooze(session, only(session, vendor), by=by, choice=day)
    assert refused.value.field == "until"


def test_a_check_in_is_left_out(session, vendor, by, clock_at):
    clock_at("2026-10-19 09:00")
    row = reminders.skip(session, only(session, vendor), by=by)
    assert vendor.due_on == date(2026, 11, 2)
    reminders.undo_skip(session, row.id, by=by)
    assert vendor.due_on == DUE


def test_only_check_ins_are_left_out(session, vendor, by):
    promises.make(vendor, by=by, kind=PromiseKind.OURS, what="Send the list", due_on=date(2026, 10, 8))
    with pytest.raises(Refused):
        reminders.skip(session, only(session, vendor, ReminderKind.PROMISE_OURS), by=by)


def test_on_the_day_of_a_conversation_there_is_nothing_to_put_off(session, vendor, by, clock_at):
    clock_at("2026-10-19 09:00")
    interactions.log(vendor, by=by, kind=InteractionKind.CALL, occurred_on=DUE)
    for act in (
        reminders.skip,
        lambda *given, **named: reminders.snooze(*given, **named, choice=SnoozeChoice.ONE_WEEK),
    ):
        with pytest.raises(Refused):
            act(session, only(session, vendor), by=by)


def test_a_stranger_finds_nothing(inside, business, session, vendor):
    number = only(session, vendor).id
    session.commit()
    with inside(business.stranger) as elsewhere:
        for act in (
            lambda: reminders.find(elsewhere, number),
            lambda: reminders.undo_snooze(elsewhere, 1, by=business.stranger),
            lambda: reminders.undo_skip(elsewhere, 1, by=business.stranger),
        ):
            with pytest.raises(Missing):
                act()


def test_six_weeks_are_six_weeks(session, vendor, by, clock_at):
    rhythm = Rhythm(CadenceChoice.OWN, 6, CadenceUnit.WEEKS)
    parkings.park(vendor, by=by, reason=ParkingReason.AT_CAPACITY, until=date(2027, 3, 1), rhythm=rhythm)
    interactions.log(vendor, by=by, kind=InteractionKind.CALL, occurred_on=date(2026, 10, 5))
    assert only(session, vendor).due_on == date(2026, 11, 16)
    clock_at("2026-11-16 08:00", "Europe/Berlin")
    reminders.complete(session, only(session, vendor), by=by)
    assert only(session, vendor).due_on == date(2026, 12, 28)
