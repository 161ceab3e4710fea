"""Today as rows: whose, in which order, how many, and what was last said."""

from __future__ import annotations

from datetime import date

import pytest

from crm.domain import interactions, notes, openings, parkings, promises, referrals, stages, vendors
from crm.domain.trials import TrialTerms
from crm.models.enums import (
    CadenceChoice,
    InteractionKind,
    Outcome,
    ParkingReason,
    PromiseKind,
    ReferralState,
    ReminderKind,
    Stage,
    Visibility,
)
from crm.queries import news
from crm.queries import reminders as reading

TODAY = date(2026, 10, 5)


@pytest.fixture
def session(inside, business, clock_at):
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        yield session


@pytest.fixture
def by(business):
    return business.member


def add(session, by, name, *days, **fields):
    vendor = vendors.add(session, by=by, name=name, cadence_choice=CadenceChoice.NONE, despite_doubles=True, **fields)
    for day in days:
        promises.make(vendor, by=by, kind=PromiseKind.FOLLOW_UP, due_on=day)
    return vendor


def today(session, reader, *, everyone=False, limit=50, offset=0):
    session.flush()
    return reading.today_rows(session, reader, TODAY, everyone=everyone, limit=limit, offset=offset)


def test_what_is_late_comes_first_and_the_days_ahead_stand_apart(session, by):
    add(session, by, "Ahead", date(2026, 10, 8))
    add(session, by, "Today", TODAY)
    add(session, by, "Late", date(2026, 10, 1))
    add(session, by, "Far ahead", date(2026, 12, 1))
    found = today(session, by)
    assert [row.name for row in found.rows] == ["Late", "Today"]
    assert [row.name for row in found.ahead] == ["Ahead"]


def test_totals_are_of_all_that_is_due_shown_or_not(session, by, clock_at):
    clock_at("2026-09-21 09:00")
    vendors.add(session, by=by, name="Checked in on")  # 14 days later is today
    clock_at("2026-09-14 09:00")
    vendors.add(session, by=by, name="Forgotten")  # 14 days later is a week ago
    clock_at("2026-10-05 09:00")
    for number in range(4):
        add(session, by, f"Promised {number}", date(2026, 10, 1 + number))
    trial = add(session, by, "On trial")
    stages.move(trial, by=by, to=Stage.TRIAL, trial=TrialTerms("One page", TODAY))
    found = today(session, by, limit=3)
    assert len(found.rows) == 3
    totals = found.totals
    assert (totals.late, totals.due, totals.others, totals.trials, totals.all) == (1, 1, 4, 1, 7)
    assert totals.all == news.waiting(session, by, TODAY).todo
    further = [row for offset in (3, 6) for row in today(session, by, limit=3, offset=offset).rows]
    assert len({row.id for row in (*found.rows, *further)}) == 7


def test_each_sees_their_own_and_everyone_means_each_thing_once(session, business, by):
    add(session, by, "Milo’s", TODAY)
    add(session, business.owner, "Olive’s", TODAY)
    add(session, by, "Nobody’s", TODAY, owner_id=None)
    assert [row.name for row in today(session, by).rows] == ["Milo’s"]
    assert sorted(row.name for row in today(session, business.owner).rows) == ["Nobody’s", "Olive’s"]
    everyone = today(session, business.owner, everyone=True)
    assert sorted(row.name for row in everyone.rows) == ["Milo’s", "Nobody’s", "Olive’s"]
    assert everyone.totals.all == 3


def test_a_row_knows_where_the_vendor_stands(session, by):
    vendor = add(session, by, "Northlight Studio", TODAY, what_they_do="Product films")
    parkings.park(vendor, by=by, reason=ParkingReason.AT_CAPACITY, until=date(2027, 3, 1))
    [row] = today(session, by).rows
    assert (row.kind, row.what_they_do, row.stage, row.parked_for, row.revisit_on) == (
        ReminderKind.FOLLOW_UP,
        "Product films",
        Stage.PARKED,
        ParkingReason.AT_CAPACITY,
        date(2027, 3, 1),
    )


def test_last_said_is_the_latest_conversation_in_which_both_spoke(session, by):
    vendor = add(session, by, "Northlight Studio")
    for day, outcome, summary in (
        (date(2026, 9, 1), Outcome.TWO_WAY, "Old"),
        (date(2026, 10, 2), Outcome.TWO_WAY, "**Full** until March"),
        (date(2026, 10, 4), Outcome.ATTEMPT, "Tried the phone"),
    ):
        interactions.log(vendor, by=by, kind=InteractionKind.CALL, occurred_on=day, outcome=outcome, summary=summary)
    session.flush()
    said = reading.last_said(session, [vendor.id])[vendor.id]
    assert (said.on, said.words, said.by) == (date(2026, 10, 2), "Full until March", "Milo Member")


def test_a_deleted_conversation_was_not_said(session, by):
    vendor = add(session, by, "Northlight Studio")
    entry = interactions.log(vendor, by=by, kind=InteractionKind.CALL, occurred_on=date(2026, 10, 2), summary="A slip")
    interactions.delete(entry, by=by)
    session.flush()
    assert reading.last_said(session, [vendor.id]) == {}


def test_what_was_said_is_shortened_at_a_word(session, by):
    vendor = add(session, by, "Northlight Studio")
    interactions.log(
        vendor, by=by, kind=InteractionKind.CALL, occurred_on=date(2026, 10, 2), summary="several words " * 40
    )
    session.flush()
    words = reading.last_said(session, [vendor.id])[vendor.id].words
    assert len(words) <= reading.SAID_LENGTH + 1
    assert words.endswith(("several…", "words…"))


def test_mentions_are_the_readers_own_and_only_what_they_may_read(session, business, by):
    vendor = add(session, by, "Northlight Studio")
    notes.write(vendor, by=business.admin, body="@Milo look")
    notes.write(vendor, by=business.admin, body="@Milo not for you", visibility=Visibility.ADMINS)
    session.flush()
    assert [row.words for row in reading.mentions(session, by)] == ["@Milo look"]
    assert reading.mentions(session, business.owner) == []


def test_a_note_that_became_private_is_not_read_through_its_mention(session, business, by):
    vendor = add(session, by, "Northlight Studio")
    note = notes.write(vendor, by=business.admin, body="@Milo look")
    note.visibility = Visibility.ADMINS
    session.flush()
    assert reading.mentions(session, by) == []


def test_figures_count_the_parked_who_are_late(session, by, clock_at):
    clock_at("2026-06-01 09:00")
    late = vendors.add(session, by=by, name="Late")
    parkings.park(late, by=by, reason=ParkingReason.OTHER, until=date(2027, 3, 1))
    clock_at("2026-10-05 09:00")
    fresh = vendors.add(session, by=by, name="Fresh")
    parkings.park(fresh, by=by, reason=ParkingReason.OTHER)
    session.flush()
    figures = reading.figures(session, TODAY, reader=by)
    assert (figures.parked, figures.parked_late, figures.referrals) == (2, 1, 0)


def test_a_referral_is_given_once_they_are_introduced(session, by, clock_at):
    clock_at("2026-10-05 09:00")
    vendor = vendors.add(session, by=by, name="Northlight Studio")
    opening = openings.add(session, by=by, business="Harbour Dental")
    referral = referrals.refer(vendor, by=by, opening_id=opening.id)
    assert reading.figures(session, TODAY, reader=by).referrals == 0
    day = date(2026, 10, 5)
    referrals.record_step(referral, by=by, state=ReferralState.INTRODUCED, happened_on=day, both_said_yes=True)
    referrals.record_step(referral, by=by, state=ReferralState.LOST, happened_on=day)
    assert reading.figures(session, TODAY, reader=by).referrals == 1


def test_nobody_sees_another_businesss_day(inside, business, session, by):
    add(session, by, "Northlight Studio", TODAY)
    session.commit()
    with inside(business.stranger) as elsewhere:
        found = today(elsewhere, business.stranger, everyone=True)
        assert (found.rows, found.totals.all) == ([], 0)
        assert reading.figures(elsewhere, TODAY, reader=business.stranger).parked == 0
