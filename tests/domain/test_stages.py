"""Moving a vendor: what a move asks for, what follows from it, and taking it back."""

from __future__ import annotations

from datetime import date

import pytest

from crm.core.dates import CadenceUnit
from crm.core.errors import Refused
from crm.domain import interactions, parkings, stages, trials, vendors
from crm.domain.parking_terms import ParkingTerms
from crm.domain.rhythms import Rhythm
from crm.domain.trials import TrialTerms
from crm.models.enums import (
    CadenceChoice,
    InteractionKind,
    ParkingEnd,
    ParkingReason,
    ReminderKind,
    Stage,
    TimelineKind,
    TrialOutcome,
)
from crm.models.log import TimelineEntry
from crm.models.stages import Parking
from crm.models.trials import TrialTask
from crm.queries import stages as stage_queries

MONDAY = "2026-10-05 09:00"
REWRITE = TrialTerms("Rewrite one page", date(2026, 10, 12))
FULL = ParkingTerms(ParkingReason.AT_CAPACITY)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at(MONDAY)


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def vendor(session, business):
    return vendors.add(session, by=business.member, name="Northlight Studio")


@pytest.mark.parametrize(
    ("to", "box"),
    [
        (Stage.TRIAL, "what"),
        (Stage.PARKED, "reason"),
        (Stage.ENDED, "why"),
        (Stage.NOT_A_FIT, "why"),
    ],
)
def test_a_move_asks_for_what_makes_it_meaningful(vendor, business, to, box):
    with pytest.raises(Refused) as refused:
        stages.move(vendor, by=business.member, to=to)
    assert refused.value.field == box
    assert vendor.stage is Stage.PROSPECT


@pytest.mark.parametrize(
    ("to", "answer"),
    [
        (Stage.ACTIVE, {}),
        (Stage.TRIAL, {"trial": REWRITE}),
        (Stage.TRIAL, {"why": "We have worked together before"}),
        (Stage.PARKED, {"parking": FULL}),
        (Stage.ENDED, {"why": "The work is done"}),
        (Stage.NOT_A_FIT, {"why": "They only do weddings"}),
    ],
)
def test_a_move_that_is_answered_is_made_and_kept(session, vendor, business, to, answer):
    stages.move(vendor, by=business.member, to=to, **answer)

    assert (vendor.stage, vendor.stage_since) == (to, date(2026, 10, 5))
    [kept] = stage_queries.history(session, vendor.id)
    assert (kept.from_stage, kept.to_stage, kept.moved_by) == (Stage.PROSPECT, to, "Milo Member")
    assert kept.why == answer.get("why", "")


@pytest.mark.parametrize("to", list(Stage))
def test_nobody_moves_to_where_they_are(session, business, to):
    vendor = _in(session, business, to)
    with pytest.raises(Refused):
        stages.move(vendor, by=business.member, to=to, why="Again", trial=REWRITE, parking=FULL)


@pytest.mark.parametrize("here", list(Stage))
@pytest.mark.parametrize("to", list(Stage))
def test_any_move_is_allowed_from_anywhere_and_taken_back(session, business, clock_at, here, to):
    vendor = _in(session, business, here)
    before = _state(session, vendor)
    if here is to:
        return
    clock_at("2026-10-08 09:00")
    move = stages.move(vendor, by=business.member, to=to, why="So it is", trial=REWRITE, parking=FULL)
    assert vendor.stage is to

    stages.undo(move, by=business.member)

    assert _state(session, vendor) == before
    assert [each.to_stage for each in stage_queries.history(session, vendor.id)] == (
        [] if here is Stage.PROSPECT else [here]
    )


def test_only_the_latest_move_is_taken_back(session, vendor, business):
    first = stages.move(vendor, by=business.member, to=Stage.ACTIVE)
    second = stages.move(vendor, by=business.member, to=Stage.PROSPECT)

    with pytest.raises(Refused):
        stages.undo(first, by=business.member)

    stages.undo(second, by=business.member)
    stages.undo(first, by=business.member)
    assert vendor.stage is Stage.PROSPECT
    with pytest.raises(Refused):
        stages.undo(first, by=business.member)


def test_the_rhythm_of_the_new_stage_begins_with_the_move_and_the_former_one_is_back_after_undoing(
    session, vendor, business, clock_at
):
    assert vendor.due_on == date(2026, 10, 19)  # a prospect: 14 days from Monday 5 October

    clock_at("2026-10-08 09:00")
    move = stages.move(vendor, by=business.member, to=Stage.ACTIVE)
    assert vendor.due_on == date(2026, 11, 9)  # 30 days from Thursday: Saturday 7, so the Monday after

    clock_at("2026-10-09 09:00")
    stages.undo(move, by=business.member)
    assert (vendor.due_on, vendor.cadence_began_on) == (date(2026, 10, 19), date(2026, 10, 5))


def test_a_rhythm_chosen_since_the_move_keeps_its_own_first_day(session, vendor, business, clock_at):
    move = stages.move(vendor, by=business.member, to=Stage.ACTIVE)
    clock_at("2026-10-07 09:00")
    vendors.edit(
        vendor,
        by=business.member,
        version=vendor.version,
        cadence_choice=CadenceChoice.OWN,
        cadence_every=10,
        cadence_unit="days",
    )
    clock_at("2026-10-09 09:00")

    stages.undo(move, by=business.member)

    assert vendor.cadence_began_on == date(2026, 10, 7)


def test_leaving_parked_ends_the_parking(session, vendor, business, clock_at):
    stages.move(vendor, by=business.member, to=Stage.PARKED, parking=FULL)
    clock_at("2026-10-20 09:00")

    move = stages.move(vendor, by=business.member, to=Stage.ACTIVE)
    [parking] = session.query(Parking).all()
    assert (parking.ended_on, parking.ended_how) == (date(2026, 10, 20), ParkingEnd.BROUGHT_ON)

    stages.undo(move, by=business.member)
    assert (parking.ended_on, parking.ended_how) == (None, None)
    assert vendor.due_on == date(2026, 12, 4)  # the usual revisit and check-in, both 60 days from 5 October


@pytest.mark.parametrize(
    ("to", "how"),
    [
        (Stage.PROSPECT, ParkingEnd.PROSPECT),
        (Stage.TRIAL, ParkingEnd.TRIAL),
        (Stage.ACTIVE, ParkingEnd.BROUGHT_ON),
        (Stage.ENDED, ParkingEnd.LET_GO),
        (Stage.NOT_A_FIT, ParkingEnd.LET_GO),
    ],
)
def test_a_parking_says_how_it_ended(session, vendor, business, to, how):
    stages.move(vendor, by=business.member, to=Stage.PARKED, parking=FULL)
    parkings.end(parkings.of_vendor(session, vendor), by=business.member, to=to, why="It is time", trial=REWRITE)
    [parking] = session.query(Parking).all()
    assert parking.ended_how is how


def test_leaving_a_trial_asks_how_it_went(session, vendor, business):
    stages.move(vendor, by=business.member, to=Stage.TRIAL, trial=REWRITE)

    with pytest.raises(Refused) as refused:
        stages.move(vendor, by=business.member, to=Stage.ACTIVE)
    assert refused.value.field == "outcome"

    stages.move(vendor, by=business.member, to=Stage.ACTIVE, outcome=TrialOutcome.PASSED)
    [trial] = session.query(TrialTask).all()
    assert (trial.outcome, trial.ended_on) == (TrialOutcome.PASSED, date(2026, 10, 5))


def test_a_sentence_instead_of_an_outcome_calls_the_trial_task_off(session, vendor, business):
    stages.move(vendor, by=business.member, to=Stage.TRIAL, trial=REWRITE)
    stages.move(vendor, by=business.member, to=Stage.ACTIVE, why="We needed them at once")
    [trial] = session.query(TrialTask).all()
    assert (trial.outcome, trial.outcome_note) == (TrialOutcome.CALLED_OFF, "We needed them at once")


def test_a_trial_with_its_outcome_is_left_without_a_question(session, vendor, business):
    stages.move(vendor, by=business.member, to=Stage.TRIAL, trial=REWRITE)
    [trial] = session.query(TrialTask).all()
    trials.decide(trial, by=business.member, outcome=TrialOutcome.FAILED)
    stages.move(vendor, by=business.member, to=Stage.PROSPECT)
    assert vendor.stage is Stage.PROSPECT


def test_an_outcome_from_an_earlier_stay_does_not_answer_for_this_one(session, vendor, business, clock_at):
    stages.move(vendor, by=business.member, to=Stage.TRIAL, trial=REWRITE)
    stages.move(vendor, by=business.member, to=Stage.PROSPECT, outcome=TrialOutcome.FAILED)
    clock_at("2026-11-05 09:00")
    stages.move(vendor, by=business.member, to=Stage.TRIAL, why="They have grown since")
    with pytest.raises(Refused):
        stages.move(vendor, by=business.member, to=Stage.ACTIVE)


def test_undoing_takes_the_trial_task_of_the_move_with_it(session, vendor, business):
    move = stages.move(vendor, by=business.member, to=Stage.TRIAL, trial=REWRITE)
    stages.undo(move, by=business.member)
    session.flush()
    assert session.query(TrialTask).all() == []
    assert _kinds(session, vendor) == [TimelineKind.ADDED]


def test_an_outcome_stays_whatever_becomes_of_the_move(session, vendor, business):
    move = stages.move(vendor, by=business.member, to=Stage.TRIAL, trial=REWRITE)
    [trial] = session.query(TrialTask).all()
    trials.decide(trial, by=business.member, outcome=TrialOutcome.PASSED)
    stages.undo(move, by=business.member)
    assert [each.outcome for each in session.query(TrialTask)] == [TrialOutcome.PASSED]


def test_undoing_parking_gives_the_vendor_back_to_whoever_looked_after_it(session, vendor, business):
    terms = ParkingTerms(ParkingReason.NO_BUDGET, owner_id=business.admin.user_id)
    move = stages.move(vendor, by=business.member, to=Stage.PARKED, parking=terms)
    assert vendor.owner_id == business.admin.user_id
    stages.undo(move, by=business.member)
    assert vendor.owner_id == business.member.user_id


def test_the_board_knows_which_moves_ask_first():
    assert not stages.questions(Stage.PROSPECT, Stage.ACTIVE, undecided=False).any
    assert stages.questions(Stage.PROSPECT, Stage.TRIAL, undecided=False).trial
    assert stages.questions(Stage.TRIAL, Stage.ACTIVE, undecided=True).outcome
    assert not stages.questions(Stage.TRIAL, Stage.ACTIVE, undecided=False).any
    assert not stages.questions(Stage.ACTIVE, Stage.PROSPECT, undecided=True).any


def test_the_worked_example_holds(session, vendor, business):
    """Parked with a rhythm of six weeks, a call that day: the next touch is six weeks later."""
    terms = ParkingTerms(
        ParkingReason.AT_CAPACITY, until=date(2027, 3, 1), rhythm=Rhythm(CadenceChoice.OWN, 6, CadenceUnit.WEEKS)
    )
    stages.move(vendor, by=business.member, to=Stage.PARKED, parking=terms)
    interactions.log(vendor, by=business.member, kind=InteractionKind.CALL, occurred_on=date(2026, 10, 5))
    assert (vendor.due_on, vendor.due_kind) == (date(2026, 11, 16), ReminderKind.TOUCH)


def _in(session, business, stage):
    vendor = vendors.add(session, by=business.member, name="Northlight Studio")
    if stage is not Stage.PROSPECT:
        stages.move(vendor, by=business.member, to=stage, why="As it is", trial=REWRITE, parking=FULL)
    return vendor


def _state(session, vendor):
    session.flush()
    parking = session.query(Parking).filter(Parking.ended_on.is_(None)).one_or_none()
    return (
        vendor.stage,
        vendor.stage_since,
        vendor.cadence_began_on,
        vendor.cadence_in_force,
        vendor.due_on,
        vendor.due_kind,
        vendor.due_why,
        parking and (parking.reason, parking.revisit_on),
        [(trial.what, trial.due_on, trial.outcome) for trial in session.query(TrialTask)],
        _kinds(session, vendor),
    )


def _kinds(session, vendor):
    entries = session.query(TimelineEntry).filter(TimelineEntry.vendor_id == vendor.id).order_by(TimelineEntry.id)
    return [entry.kind for entry in entries]


@pytest.mark.parametrize(
    "answer",
    [
        {"to": Stage.PARKED, "parking": ParkingTerms(ParkingReason.SEASON, until=date(2026, 10, 1))},
        {"to": Stage.PARKED, "parking": ParkingTerms(ParkingReason.SEASON, owner_id=999_999)},
        {"to": Stage.TRIAL, "trial": TrialTerms("One page", date(2026, 10, 1))},
    ],
)
def test_what_is_refused_changes_nothing(session, vendor, business, answer):
    before = _state(session, vendor)
    with pytest.raises(Refused):
        stages.move(vendor, by=business.member, **answer)
    assert _state(session, vendor) == before
