"""What is decided after a trial task: what follows from it in one go, what is kept of it, and taking it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.errors import Refused
from crm.domain import needs, people, stages, trial_briefs, trial_decisions, trials, trust_offers, vendors
from crm.domain.needs import NeedTerms
from crm.domain.parking_terms import ParkingTerms
from crm.domain.trial_briefs import BriefTerms, Condition, Criterion
from crm.domain.trial_decisions import DecisionTerms, SecondTry
from crm.domain.trials import TrialTerms
from crm.domain.vendor_letters import Recipient
from crm.jobs.sender import Sender
from crm.models.enums import (
    NeedStatus,
    ParkingReason,
    Stage,
    TimelineKind,
    TrialAdvice,
    TrialDecisionKind,
    TrialOutcome,
)
from crm.models.letters import VendorLetter
from crm.models.log import Interaction, TimelineEntry
from crm.models.stages import Parking
from crm.models.trials import TrialBrief, TrialCheck, TrialDecision, TrialReview, TrialScore, TrialTask
from crm.models.vendors import Vendor
from crm.models.workspaces import Workspace
from crm.queries import sources as source_queries
from crm.queries import trial_briefs as brief_queries
from crm.queries import trial_decisions as reading

TODAY = date(2026, 10, 5)
DUE = date(2026, 10, 12)
LATER = date(2026, 10, 20)
KINDS = list(TrialDecisionKind)
AGAIN = SecondTry(
    "Rewrite it once more", LATER, "Shorter, for a phone.", ("Fits a phone",), ("A headline",), ("Quality",)
)
TERMS = {
    TrialDecisionKind.BRING_ON: DecisionTerms(TrialDecisionKind.BRING_ON, "The best of the three", fills_need=True),
    TrialDecisionKind.EXTEND: DecisionTerms(TrialDecisionKind.EXTEND, "Nearly there", second_try=AGAIN),
    TrialDecisionKind.PARK: DecisionTerms(
        TrialDecisionKind.PARK, "Good, but not this year", parking=ParkingTerms(ParkingReason.NO_BUDGET)
    ),
    TrialDecisionKind.DECLINE: DecisionTerms(TrialDecisionKind.DECLINE, "Three of five links were broken"),
}


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def need(session, business):
    return needs.add(session, by=business.owner, terms=NeedTerms("A page that sells"))


@pytest.fixture
def brief(session, business, need):
    terms = BriefTerms(
        title="Rewrite one page",
        body="The unscented balm.",
        need_id=need.id,
        deliverable="A text",
        paid_amount=12_000,
        paid_currency="GBP",
        conditions=(Condition("Every ingredient named"), Condition("Under 400 words", is_must=False)),
        criteria=(Criterion("Quality", counts=3), Criterion("Turnaround"), Criterion("Fit", is_fit=True)),
        reviewer_ids=(business.owner.user_id, business.member.user_id),
    )
    return trial_briefs.write(session, by=business.owner, terms=terms)


@pytest.fixture
def given(session, business, brief):
    """given(name) is a vendor's trial task on the brief."""

    def give(name: str = "Bluebell Words") -> TrialTask:
        vendor = vendors.add(session, by=business.owner, name=name)
        stages.move(vendor, by=business.owner, to=Stage.TRIAL, trial=TrialTerms(brief.title, DUE, brief_id=brief.id))
        [trial] = trials.open_trials(session, vendor)
        return trial

    return give


@pytest.fixture
def trial(given):
    return given()


@pytest.fixture
def came(session, trial):
    """Something was delivered, in time."""
    trial.delivered_on, trial.due_when_it_came = TODAY, DUE
    session.flush()


@pytest.fixture
def vendor(session, trial):
    return session.get_one(Vendor, trial.vendor_id)


@pytest.fixture
def decide(business):
    def decide(trial, kind, **changes):
        return trial_decisions.decide(trial, by=business.member, terms=replace(TERMS[kind], **changes))

    return decide


@pytest.fixture
def hand_in(session):
    """hand_in(trial, member, values…) is a review with these values for the criteria of the brief, in order."""

    def hand_in(trial, member, *values):
        review = TrialReview(trial_id=trial.id, created_by=member.user_id, handed_in_at=clock.now())
        session.add(review)
        session.flush()
        for row, value in zip(brief_queries.criteria_of(session, trial.brief_id), values, strict=True):
            session.add(TrialScore(review_id=review.id, criterion_id=row.id, value=value))
        session.flush()

    return hand_in


def state(session, trial, vendor, need):
    """All that a decision can change, as plain values."""
    session.flush()
    tasks = session.execute(
        select(TrialTask.id, TrialTask.outcome, TrialTask.outcome_note, TrialTask.ended_on).order_by(TrialTask.id)
    ).all()
    lines = session.execute(
        select(TimelineEntry.kind, TimelineEntry.subject_id, TimelineEntry.step, TimelineEntry.body).order_by(
            TimelineEntry.kind, TimelineEntry.subject_id, TimelineEntry.step
        )
    ).all()
    return {
        "tasks": [tuple(row) for row in tasks],
        "briefs": list(session.scalars(select(TrialBrief.id).order_by(TrialBrief.id))),
        "vendor": (vendor.stage, vendor.stage_since, vendor.due_on, vendor.due_kind, vendor.cadence_began_on),
        "need": (need.status, need.filled_by_id),
        "lines": [tuple(row) for row in lines],
        "parked": list(session.scalars(select(Parking.id).where(Parking.ended_on.is_(None)))),
    }


class TestWhatFollows:
    def test_brought_on_they_are_active_and_fill_the_need(self, came, trial, vendor, need, decide):
        made = decide(trial, TrialDecisionKind.BRING_ON)
        assert (trial.outcome, trial.outcome_note, trial.ended_on) == (
            TrialOutcome.PASSED,
            "The best of the three",
            TODAY,
        )
        assert (vendor.stage, need.status, need.filled_by_id) == (Stage.ACTIVE, NeedStatus.FILLED, vendor.id)
        assert (made.kind, made.rationale, made.decided_on) == (
            TrialDecisionKind.BRING_ON,
            "The best of the three",
            TODAY,
        )

    def test_the_need_is_left_alone_unless_it_is_said(self, trial, need, decide):
        decide(trial, TrialDecisionKind.BRING_ON, fills_need=False)
        assert need.status is NeedStatus.IDEA

    def test_gone_on_with_there_is_another_task_on_a_copy_of_the_brief(self, session, trial, vendor, brief, decide):
        made = decide(trial, TrialDecisionKind.EXTEND)
        following = session.get_one(TrialTask, made.next_trial_id)
        assert (trial.outcome, vendor.stage) == (TrialOutcome.EXTENDED, Stage.TRIAL)
        assert (following.what, following.due_on, following.original_due_on) == ("Rewrite it once more", LATER, LATER)
        assert (following.extends_id, following.extension, following.is_open) == (trial.id, 1, True)
        assert following.brief_id != brief.id
        now = trial_briefs.terms_of(session, trial_briefs.find(session, following.brief_id))
        assert (now.body, now.deliverable, now.paid_amount, now.need_id) == (
            "Shorter, for a phone.",
            "A text",
            12_000,
            brief.need_id,
        )
        assert [(each.what, each.is_must) for each in now.conditions] == [("Fits a phone", True), ("A headline", False)]
        assert [(each.name, each.counts) for each in now.criteria] == [("Quality", 3)]
        assert len(now.reviewer_ids) == 2

    def test_it_goes_on_twice_at_the_most(self, session, trial, decide):
        once = decide(trial, TrialDecisionKind.EXTEND)
        second = session.get_one(TrialTask, once.next_trial_id)
        twice = decide(second, TrialDecisionKind.EXTEND)
        third = session.get_one(TrialTask, twice.next_trial_id)
        assert third.extension == 2
        with pytest.raises(Refused) as refused:
            decide(third, TrialDecisionKind.EXTEND)
        assert (refused.value.field, third.outcome) == ("kind", None)

    def test_parked_they_wait_for_what_was_missing(self, session, trial, vendor, decide):
        decide(trial, TrialDecisionKind.PARK)
        [parking] = session.scalars(select(Parking))
        assert (trial.outcome, vendor.stage) == (TrialOutcome.CALLED_OFF, Stage.PARKED)
        assert (parking.reason, parking.revisit_on) == (ParkingReason.NO_BUDGET, date(2027, 1, 3))

    @pytest.mark.parametrize("exit_to", [Stage.NOT_A_FIT, Stage.ENDED])
    def test_let_go_they_leave_the_board_for_a_reason(self, session, came, trial, vendor, decide, exit_to):
        made = decide(trial, TrialDecisionKind.DECLINE, exit_to=exit_to)
        assert (trial.outcome, vendor.stage) == (TrialOutcome.FAILED, exit_to)
        assert stages.find_move(session, made.move_id).why == "Three of five links were broken"

    def test_other_trial_tasks_of_the_vendor_are_called_off(self, session, business, came, trial, vendor, decide):
        other = trials.start(vendor, by=business.owner, terms=TrialTerms("One headline", DUE))
        assert reading.others_open(session, trial) == [(other.id, "One headline")]
        decide(trial, TrialDecisionKind.BRING_ON)
        assert (trial.outcome, other.outcome) == (TrialOutcome.PASSED, TrialOutcome.CALLED_OFF)

    def test_going_on_leaves_the_others_alone(self, business, trial, vendor, decide):
        other = trials.start(vendor, by=business.owner, terms=TrialTerms("One headline", DUE))
        decide(trial, TrialDecisionKind.EXTEND)
        assert other.is_open

    @pytest.mark.parametrize("kind", [TrialDecisionKind.BRING_ON, TrialDecisionKind.DECLINE, TrialDecisionKind.PARK])
    def test_who_stands_there_already_is_not_moved(self, session, business, trial, vendor, decide, kind):
        there = {"bring_on": Stage.ACTIVE, "pass": Stage.NOT_A_FIT, "park": Stage.PARKED}[kind]
        parking = ParkingTerms(ParkingReason.OTHER, details="Later") if there is Stage.PARKED else None
        stages.move(vendor, by=business.owner, to=there, why="So it was", parking=parking, outcome=TrialOutcome.PASSED)
        trials.reopen(trial, by=business.owner)
        made = decide(trial, kind, parking=None)
        assert (made.move_id, vendor.stage) == (None, there)


class TestWhatItCountsAs:
    """A verdict needs something that was delivered, or a day that passed without it; all else is called off."""

    @pytest.mark.parametrize("kind", [TrialDecisionKind.BRING_ON, TrialDecisionKind.PARK])
    def test_what_never_came_is_no_pass(self, session, business, trial, vendor, clock_at, decide, kind):
        """Not even a day after it was due: neither a note about trust follows from it, nor a pass of the source."""
        clock_at("2026-10-13 09:00")
        decide(trial, kind)
        assert trial.outcome is TrialOutcome.CALLED_OFF
        assert trust_offers.all_of_trial(trial, by=business.owner) == []
        session.flush()
        [tried] = source_queries.tried(session)
        assert (tried.vendor_id, tried.has_passed, tried.has_failed) == (vendor.id, False, False)

    @pytest.mark.parametrize(
        ("now", "decided_on", "wanted"),
        [
            ("2026-10-12 09:00", None, TrialOutcome.CALLED_OFF),
            ("2026-10-13 09:00", None, TrialOutcome.FAILED),
            ("2026-10-13 09:00", DUE, TrialOutcome.CALLED_OFF),
        ],
    )
    def test_let_go_without_a_delivery_they_failed_by_the_day(self, trial, clock_at, decide, now, decided_on, wanted):
        clock_at(now)
        decide(trial, TrialDecisionKind.DECLINE, decided_on=decided_on)
        assert trial.outcome is wanted

    @pytest.mark.parametrize(("value", "wanted"), [(4, TrialOutcome.PASSED), (3, TrialOutcome.CALLED_OFF)])
    def test_parked_it_passes_by_its_scores(self, business, came, trial, decide, hand_in, value, wanted):
        hand_in(trial, business.owner, value, value, value)
        hand_in(trial, business.member, value, value, value)
        decide(trial, TrialDecisionKind.PARK)
        assert trial.outcome is wanted

    def test_hidden_scores_let_nobody_pass(self, business, came, trial, decide, hand_in):
        hand_in(trial, business.owner, 5, 5, 5)
        decide(trial, TrialDecisionKind.PARK)
        assert trial.outcome is TrialOutcome.CALLED_OFF


class TestWhatIsKept:
    def test_the_timeline_tells_it_once_with_its_reason(self, session, business, came, trial, decide):
        decide(trial, TrialDecisionKind.BRING_ON, decided_by=business.owner.user_id, decided_on=TODAY)
        rows = select(TimelineEntry).where(
            TimelineEntry.kind == TimelineKind.TRIAL, TimelineEntry.subject_id == trial.id, TimelineEntry.step != ""
        )
        [entry] = session.scalars(rows)
        assert (entry.body, entry.facts["decision"], entry.facts["outcome"]) == (
            "The best of the three",
            "bring_on",
            "passed",
        )
        assert (entry.author_id, entry.facts["decided_by"]) == (business.member.user_id, business.owner.user_id)

    def test_the_figures_of_the_moment_stay_with_it(self, session, business, trial, decide, hand_in):
        hand_in(trial, business.owner, 4, 3, 5)
        hand_in(trial, business.member, 5, 3, 4)
        made = decide(trial, TrialDecisionKind.DECLINE)
        # (3 × 4.5 + 3 + 4.5) / 5
        assert (made.score, made.advice) == (4200, TrialAdvice.BRING_ON)
        [row] = reading.of_trials(session, [trial.id])[trial.id]
        assert (row.score, row.decider, row.stands) == (4.2, business.member.user.name, True)

    def test_hidden_reviews_leave_no_figure_behind(self, business, trial, decide, hand_in):
        hand_in(trial, business.owner, 1, 1, 1)
        made = decide(trial, TrialDecisionKind.BRING_ON)
        assert (made.score, made.advice) == (None, None)

    def test_an_unmet_must_is_the_advice_whether_or_not_reviews_are_in(self, session, business, trial, brief, decide):
        [must, _should] = brief_queries.conditions_of(session, brief.id)
        session.add(
            TrialCheck(trial_id=trial.id, condition_id=must.id, is_met=False, checked_by=business.owner.user_id)
        )
        assert decide(trial, TrialDecisionKind.BRING_ON).advice is TrialAdvice.UNMET

    def test_the_day_and_the_person_can_be_others(self, clock_at, business, trial, decide):
        clock_at("2026-10-07 09:00")
        made = decide(trial, TrialDecisionKind.BRING_ON, decided_on=TODAY, decided_by=business.owner.user_id)
        assert (made.decided_on, made.decided_by) == (TODAY, business.owner.user_id)


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("kind", "changes", "box"),
        [
            (TrialDecisionKind.DECLINE, {"rationale": ""}, "rationale"),
            (TrialDecisionKind.DECLINE, {"exit_to": Stage.ACTIVE}, "exit_to"),
            (TrialDecisionKind.PARK, {"parking": None}, "reason"),
            (TrialDecisionKind.PARK, {"parking": ParkingTerms(ParkingReason.OTHER, until=TODAY)}, "until"),
            (TrialDecisionKind.EXTEND, {"second_try": None}, "title"),
            (TrialDecisionKind.EXTEND, {"second_try": replace(AGAIN, due_on=None)}, "due_on"),
            (TrialDecisionKind.EXTEND, {"second_try": replace(AGAIN, due_on=date(2026, 10, 4))}, "due_on"),
            (TrialDecisionKind.EXTEND, {"second_try": replace(AGAIN, scored=())}, "scored"),
            (TrialDecisionKind.BRING_ON, {"decided_on": date(2026, 10, 6)}, "decided_on"),
            (TrialDecisionKind.BRING_ON, {"decided_on": date(2026, 10, 4)}, "decided_on"),
            (TrialDecisionKind.BRING_ON, {"decided_by": 987_654}, "decided_by"),
            (TrialDecisionKind.BRING_ON, {"rationale": "x" * 100_001}, "rationale"),
        ],
    )
    def test_what_makes_no_sense_is_refused_at_its_box(self, trial, vendor, decide, kind, changes, box):
        with pytest.raises(Refused) as refused:
            decide(trial, kind, **changes)
        assert (refused.value.field, vendor.stage) == (box, Stage.TRIAL)

    @pytest.mark.parametrize("kind", KINDS)
    def test_it_is_decided_once(self, session, trial, decide, kind):
        decide(trial, kind)
        with pytest.raises(Refused):
            decide(trial, kind)
        assert len(session.scalars(select(TrialDecision)).all()) == 1

    def test_a_move_cannot_say_that_a_trial_goes_on(self, business, trial, vendor):
        with pytest.raises(Refused) as refused:
            stages.move(vendor, by=business.owner, to=Stage.ACTIVE, outcome=TrialOutcome.EXTENDED)
        assert (refused.value.field, trial.outcome) == ("outcome", None)


class TestTakingItBack:
    @pytest.mark.parametrize("kind", KINDS)
    def test_everything_is_as_it_was(self, session, business, trial, vendor, need, decide, kind):
        other = trials.start(vendor, by=business.owner, terms=TrialTerms("One headline", DUE))
        before = state(session, trial, vendor, need)
        made = decide(trial, kind)
        assert state(session, trial, vendor, need) != before
        undone = trial_decisions.undo(made, by=business.member)
        assert state(session, trial, vendor, need) == before
        assert (undone.letter_has_left, trial.is_open, other.is_open) == (False, True, True)
        assert reading.standing(session, trial.id) is None

    def test_it_can_be_decided_anew_and_both_are_kept(self, session, business, trial, decide):
        trial_decisions.undo(decide(trial, TrialDecisionKind.DECLINE), by=business.member)
        decide(trial, TrialDecisionKind.BRING_ON)
        rows = reading.of_trials(session, [trial.id])[trial.id]
        assert [(row.kind, row.stands) for row in rows] == [
            (TrialDecisionKind.BRING_ON, True),
            (TrialDecisionKind.DECLINE, False),
        ]

    def test_taken_back_is_taken_back_once(self, business, trial, decide):
        made = decide(trial, TrialDecisionKind.BRING_ON)
        trial_decisions.undo(made, by=business.member)
        with pytest.raises(Refused):
            trial_decisions.undo(made, by=business.member)

    def test_the_move_alone_cannot_be_taken_back(self, session, business, trial, vendor, decide):
        made = decide(trial, TrialDecisionKind.BRING_ON)
        with pytest.raises(Refused, match="decision"):
            stages.undo(stages.find_move(session, made.move_id), by=business.owner)
        assert vendor.stage is Stage.ACTIVE

    def test_not_once_the_vendor_has_moved_on(self, business, trial, vendor, decide):
        made = decide(trial, TrialDecisionKind.BRING_ON)
        stages.move(vendor, by=business.owner, to=Stage.ENDED, why="The work is done")
        with pytest.raises(Refused):
            trial_decisions.undo(made, by=business.member)

    def test_not_once_the_need_has_gone_on(self, session, business, trial, need, decide):
        made = decide(trial, TrialDecisionKind.BRING_ON)
        needs.move(need, by=business.owner, to=NeedStatus.DROPPED)
        with pytest.raises(Refused):
            trial_decisions.undo(made, by=business.member)

    def test_not_once_the_second_try_is_under_way(self, session, business, trial, decide):
        made = decide(trial, TrialDecisionKind.EXTEND)
        session.get_one(TrialTask, made.next_trial_id).delivered_on = TODAY
        with pytest.raises(Refused, match="happened"):
            trial_decisions.undo(made, by=business.member)

    @pytest.mark.parametrize("kind", KINDS)
    def test_what_came_after_is_known_before_it_is_tried(
        self, session, business, given, brief, vendor, trial, need, decide, kind
    ):
        """Whatever refuses to be taken back says so beforehand, and nothing is changed by trying."""
        made = decide(trial, kind)
        assert trial_decisions.what_came_after(made) is None
        if kind is TrialDecisionKind.EXTEND:
            decide(session.get_one(TrialTask, made.next_trial_id), kind)
            said = "The trial task that followed has its outcome already. Take that back first."
        elif kind is TrialDecisionKind.BRING_ON:
            needs.move(need, by=business.owner, to=NeedStatus.DROPPED)
            said = "The need that they fill has changed since."
        else:
            stages.move(vendor, by=business.owner, to=Stage.PROSPECT)
            said = "Bluebell Words has moved again since. Take the later move back first."
        before = state(session, trial, vendor, need)
        assert str(trial_decisions.what_came_after(made)) == said
        with pytest.raises(Refused, match=said):
            trial_decisions.undo(made, by=business.member)
        assert (state(session, trial, vendor, need), made.undone_at) == (before, None)

    def test_not_once_another_vendor_has_the_second_brief(self, session, business, trial, decide):
        made = decide(trial, TrialDecisionKind.EXTEND)
        following = session.get_one(TrialTask, made.next_trial_id)
        other = vendors.add(session, by=business.owner, name="Copper Lane")
        trials.start(other, by=business.owner, terms=TrialTerms("The same", LATER, brief_id=following.brief_id))
        assert "Another vendor" in str(trial_decisions.what_came_after(made))
        with pytest.raises(Refused, match="Another vendor"):
            trial_decisions.undo(made, by=business.member)
        assert (following.extends_id, made.undone_at) == (trial.id, None)

    def test_two_second_tries_are_taken_back_from_the_last(self, session, business, trial, decide):
        first = decide(trial, TrialDecisionKind.EXTEND)
        last = decide(session.get_one(TrialTask, first.next_trial_id), TrialDecisionKind.EXTEND)
        for made in (last, first):
            assert trial_decisions.what_came_after(made) is None
            trial_decisions.undo(made, by=business.member)
        assert trial.is_open
        assert "taken back" in str(trial_decisions.what_came_after(first))


class TestTheWeightedScore:
    def test_too_early_while_what_matters_most_is_not_rated(self, session, business, trial, brief, hand_in):
        assert not trial_decisions.figures_of(session, trial, today=TODAY).result.is_revealed
        trial.review_due_on = date(2026, 10, 1)
        figures = trial_decisions.figures_of(session, trial, today=TODAY)
        assert (figures.result.is_revealed, figures.facts.score, figures.advice) == (True, None, None)


HELLO = {"subject": "Your trial task", "body": "Hi Ana,\n\nThank you.\n\nMilo"}


class TestTelling:
    @pytest.fixture
    def settings(self, settings_with, smtp_sink):
        return settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="Good Terms <goodterms@crm.example.org>")

    @pytest.fixture
    def to(self, session, business, vendor):
        person = people.add(vendor, by=business.owner, name="Ana Ruiz", emails=["ana@bluebell.example"])
        session.get_one(Workspace, business.workspace.id).postal_address = "12 Fern Lane\nLeeds LS1 1AA"
        session.flush()
        return Recipient(person.id, person.name, "ana@bluebell.example")

    @pytest.fixture
    def tell(self, business, settings, to):
        def tell(decision, **changes):
            said = {"press": "one", **HELLO, **changes}
            return trial_decisions.tell(decision, by=business.member, settings=settings, to=to, **said)

        return tell

    def test_a_decision_tells_the_vendor_nothing(self, session, trial, decide):
        made = decide(trial, TrialDecisionKind.BRING_ON)
        assert (made.message, made.letter_id) == ("", None)
        assert session.scalars(select(VendorLetter)).all() == []

    def test_a_letter_goes_once_however_often_it_is_pressed(self, session, trial, decide, tell):
        made = decide(trial, TrialDecisionKind.BRING_ON)
        assert tell(made).id == tell(made).id == made.letter_id
        assert made.message == HELLO["body"]
        assert len(session.scalars(select(Interaction)).all()) == 1
        with pytest.raises(Refused, match="told already"):
            tell(made, body="Hi Ana,\n\nSomething else.")

    def test_what_they_were_told_stands_with_the_parking(self, session, business, trial, decide, tell):
        made = decide(trial, TrialDecisionKind.PARK)
        tell(made)
        [parking] = session.scalars(select(Parking))
        assert parking.told_vendor == HELLO["body"]
        trial_decisions.take_letter_back(made, by=business.member)
        assert (parking.told_vendor, made.message, made.letter_id) == ("", "", None)

    def test_by_hand_it_is_logged_once(self, session, business, trial, to, decide):
        made = decide(trial, TrialDecisionKind.DECLINE)
        copy = trial_decisions.told_by_hand(made, by=business.member, to=to, **HELLO)
        assert trial_decisions.told_by_hand(made, by=business.member, to=to, **HELLO) is None
        assert (made.message, made.letter_id) == (HELLO["body"], None)
        trial_decisions.not_told_by_hand(made, copy, by=business.member)
        assert (made.message, copy.deleted_at is None) == ("", False)

    def test_taken_back_in_time_the_letter_does_not_leave(self, session, business, trial, decide, tell):
        made = decide(trial, TrialDecisionKind.BRING_ON)
        tell(made)
        assert not trial_decisions.undo(made, by=business.owner).letter_has_left
        [copy] = session.scalars(select(Interaction))
        assert copy.deleted_at is not None

    def test_a_letter_that_left_stays_and_is_named(
        self, engine, inside, business, settings, smtp_sink, clock_at, brief, session, trial, decide, tell
    ):
        made = decide(trial, TrialDecisionKind.BRING_ON)
        tell(made)
        decision_id = made.id
        session.commit()
        clock_at("2026-10-05 09:01")
        assert Sender(engine, settings).work_once() == 1
        with inside(business) as later:
            undone = trial_decisions.undo(trial_decisions.find(later, decision_id), by=business.owner)
            assert (undone.letter_has_left, undone.trial.is_open) == (True, True)
        assert len(smtp_sink.letters) == 1
