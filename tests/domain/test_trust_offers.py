"""What records amount to as trust entries: pure, from a piece of work, a trial task, a promise or a conversation."""

from datetime import date

import pytest

from crm.domain import trust_offers
from crm.domain.trust_offers import QUICK, Quick
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import Dimension, Direction, InteractionKind, RecordKind, TrialOutcome, Weight, WorkOutcome
from crm.models.log import Interaction
from crm.models.trials import TrialTask
from crm.queries.trust_records import Ref

DUE, EARLY, LATE, DECIDED = date(2026, 10, 2), date(2026, 10, 1), date(2026, 10, 3), date(2026, 10, 5)
ACCEPTED, REJECTED, CALLED_OFF = WorkOutcome.ACCEPTED, WorkOutcome.REJECTED, WorkOutcome.CALLED_OFF
ABILITY, INTEGRITY = Dimension.ABILITY, Dimension.INTEGRITY
UP, DOWN = Direction.POSITIVE, Direction.NEGATIVE


def work(outcome, came, rounds=0, gave=None) -> DelegatedWork:
    return DelegatedWork(
        id=7,
        title="Ten pages",
        original_due_on=DUE,
        due_on=LATE,
        delivered_on=came,
        rounds=rounds,
        outcome=outcome,
        decided_on=DECIDED if outcome else None,
        gave_promised=gave,
    )


@pytest.mark.parametrize(
    ("handed", "offered"),
    [
        (work(ACCEPTED, EARLY), (ABILITY, UP, Weight.MINOR, "Delivered on time and used without a change: Ten pages")),
        (work(ACCEPTED, DUE), (ABILITY, UP, Weight.MINOR, "Delivered on time and used without a change: Ten pages")),
        # The day that was agreed on first counts, not the later one.
        (work(ACCEPTED, LATE), (ABILITY, UP, Weight.MINOR, "Used without a change: Ten pages")),
        (work(ACCEPTED, DUE, rounds=1), (INTEGRITY, UP, Weight.MINOR, "Delivered on time: Ten pages")),
        (work(ACCEPTED, LATE, rounds=1), None),
        (work(REJECTED, DUE), (ABILITY, DOWN, Weight.NOTABLE, "Rejected: Ten pages")),
        (work(REJECTED, LATE, gave=True), (ABILITY, DOWN, Weight.NOTABLE, "Rejected: Ten pages")),
        (work(REJECTED, DUE, gave=False), None),
        (work(CALLED_OFF, None), None),
        (work(None, EARLY), None),
    ],
)
def test_a_piece_of_work_amounts_to_what_it_surely_shows(business, handed, offered):
    seen = trust_offers.of_work(handed, by=business.member)
    assert (seen and (seen.dimension, seen.direction, seen.weight, seen.what_happened)) == offered
    if seen is not None:
        assert (seen.expected_on, seen.actual_on, seen.occurred_on) == (DUE, handed.delivered_on, DECIDED)
        assert (seen.record, seen.observer_id) == (Ref(RecordKind.WORK, 7), business.member.user_id)


@pytest.mark.parametrize(
    ("outcome", "direction"),
    [(TrialOutcome.PASSED, UP), (TrialOutcome.FAILED, DOWN), (TrialOutcome.CALLED_OFF, None), (None, None)],
)
def test_a_trial_task_shows_what_they_can_do(business, outcome, direction):
    trial = TrialTask(id=3, what="One\ncampaign", outcome=outcome, ended_on=DECIDED if outcome else None)
    seen = trust_offers.of_record(trial, by=business.member)
    assert (seen and seen.direction) == direction
    if seen is not None:
        assert (seen.dimension, seen.weight) == (ABILITY, Weight.NOTABLE)
        assert seen.what_happened.endswith("a trial task: One campaign")


def test_a_trial_task_that_failed_for_want_of_what_we_promised_shows_nothing(business):
    trial = TrialTask(id=3, what="One campaign", outcome=TrialOutcome.FAILED, ended_on=DECIDED, gave_promised=False)
    assert trust_offers.of_trial(trial, by=business.member) is None


BENEVOLENCE = Dimension.BENEVOLENCE
ON_TIME, LATER = (
    "Delivered a trial task on time: Ten pages",
    "Delivered a trial task late without telling us: Ten pages",
)
MISSED = "Missed the day of a trial task without telling us: Ten pages"
SAID_SO = "Said beforehand that a trial task would be late: Ten pages"


@pytest.mark.parametrize(
    ("came", "changes", "offered"),
    [
        (EARLY, {}, (INTEGRITY, UP, Weight.MINOR, ON_TIME)),
        (DUE, {}, (INTEGRITY, UP, Weight.MINOR, ON_TIME)),
        (LATE, {}, (INTEGRITY, DOWN, Weight.NOTABLE, LATER)),
        (LATE, {"gave_notice": True}, (BENEVOLENCE, UP, Weight.MINOR, SAID_SO)),
        (None, {}, (INTEGRITY, DOWN, Weight.NOTABLE, MISSED)),
        # Another day that was agreed on is the one that counts.
        (LATE, {"due_on": LATE}, (INTEGRITY, UP, Weight.MINOR, ON_TIME)),
        (LATE, {"gave_promised": False}, None),
        (DUE, {"gave_promised": False}, (INTEGRITY, UP, Weight.MINOR, ON_TIME)),
        (None, {"ended_on": DUE}, None),
        (EARLY, {"due_on": None}, None),
        (EARLY, {"outcome": TrialOutcome.CALLED_OFF}, None),
        (EARLY, {"outcome": None, "ended_on": None}, None),
    ],
)
def test_a_trial_task_shows_how_they_keep_a_day(business, came, changes, offered):
    said = {"due_on": DUE, "outcome": TrialOutcome.EXTENDED, "ended_on": DECIDED, "delivered_on": came, **changes}
    seen = trust_offers.of_trial_day(TrialTask(id=3, what="Ten pages", **said), by=business.member)
    assert (seen and (seen.dimension, seen.direction, seen.weight, seen.what_happened)) == offered
    if seen is not None:
        assert (seen.expected_on, seen.actual_on) == (said["due_on"], came)
        assert (seen.occurred_on, seen.record) == (came or DECIDED, Ref(RecordKind.TRIAL, 3))


@pytest.mark.parametrize("quick", list(Quick))
def test_a_tap_beside_a_delivery_is_of_its_day_and_its_person(business, quick):
    said = Interaction(id=5, kind=InteractionKind.DELIVERY, occurred_on=EARLY, person_id=2)
    assert trust_offers.of_record(said, by=business.member) is None
    seen = trust_offers.of_delivery(said, by=business.member, quick=quick)
    assert (seen.occurred_on, seen.person_id, seen.record) == (EARLY, 2, Ref(RecordKind.INTERACTION, 5))
    assert seen.what_happened == str(QUICK[quick].words)


@pytest.mark.parametrize("words", ["", "promise", "promise-", "promise-x", "charm-3", "promise-12345678901", "work-²"])
def test_a_text_that_names_no_record_names_none(words):
    assert Ref.parse(words) is None


def test_a_record_is_named_and_read_again():
    for kind in RecordKind:
        assert Ref.parse(str(Ref(kind, 12))) == Ref(kind, 12)
