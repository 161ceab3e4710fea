"""Briefs of trial tasks: written in full, edited by two, and kept true to what reviewers have scored."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from crm.core import clock, limits
from crm.core.errors import Missing, Refused, Stale
from crm.domain import brief_giving, needs, trial_briefs, trials, vendors
from crm.domain.needs import NeedTerms
from crm.domain.trial_briefs import BriefTerms, Condition, Criterion
from crm.domain.trials import TrialTerms
from crm.models.enums import ReminderKind, Stage
from crm.models.reminders import Reminder
from crm.models.trials import TrialBrief, TrialCheck, TrialReview, TrialScore
from crm.queries import trial_briefs as reading

DUE = date(2026, 10, 19)
TERMS = BriefTerms(
    title="Three product pages",
    body="Rewrite the pages of the **balm**, the soap and the candle.",
    skill="Whether it sounds like us",
    deliverable="Three texts in one document",
    given="Our style sheet, and the old texts",
    paid_amount=12_000,
    paid_currency="GBP",
    hours=6,
    revision_rounds=1,
    conditions=(Condition("No invented facts"), Condition("Under 120 words each", is_must=False)),
)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def brief(session, business) -> TrialBrief:
    return trial_briefs.write(session, by=business.member, terms=TERMS)


def criteria(session, brief) -> list[tuple[str, int, bool]]:
    return [(row.name, row.counts, row.is_fit) for row in reading.criteria_of(session, brief.id)]


def conditions(session, brief) -> list[tuple[str, bool]]:
    return [(row.what, row.is_must) for row in reading.conditions_of(session, brief.id)]


def given(session, business, brief, name="Bluebell Words"):
    vendor = vendors.add(session, by=business.member, name=name)
    return brief_giving.give(brief, by=business.member, vendor_ids=[vendor.id], due_on=DUE).trials[0]


def scored(session, business, trial, criterion, value=4) -> TrialReview:
    review = TrialReview(trial_id=trial.id, created_by=business.member.user_id)
    session.add(review)
    session.flush()
    session.add(TrialScore(review_id=review.id, criterion_id=criterion.id, value=value))
    session.flush()
    return review


def test_a_brief_begins_with_the_six_usual_criteria_and_its_writer_reviews(session, business, brief):
    usual = ["Quality", "Instructions followed", "Turnaround", "Communication", "Problem solving", "Fit"]
    assert criteria(session, brief) == [(name, 1, name == "Fit") for name in usual]
    assert [row.user_id for row in reading.reviewers_of(session, brief.id)] == [business.member.user_id]
    assert conditions(session, brief) == [("No invented facts", True), ("Under 120 words each", False)]


def test_what_is_read_back_is_what_was_written(session, brief):
    terms = trial_briefs.terms_of(session, brief)
    assert [each.what for each in terms.conditions] == [each.what for each in TERMS.conditions]
    blank = {"conditions": (), "criteria": (), "reviewer_ids": ()}
    assert replace(terms, **blank) == replace(TERMS, **blank)


@pytest.mark.parametrize(
    ("change", "box"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * (limits.LINE_LENGTH + 1)}, "title"),
        ({"body": ""}, "body"),
        ({"body": "x" * (limits.TEXT_LENGTH + 1)}, "body"),
        ({"need_id": 987_654}, "need_id"),
        ({"category_id": 987_654}, "category_id"),
        ({"paid_amount": 0}, "unpaid_why"),
        ({"paid_amount": -1}, "paid_amount"),
        ({"paid_currency": "XXX"}, "paid_currency"),
        ({"hours": 0}, "hours"),
        ({"hours": trial_briefs.HOURS_LARGEST + 1}, "hours"),
        ({"revision_rounds": -1}, "revision_rounds"),
        ({"revision_rounds": trial_briefs.ROUNDS_LARGEST + 1}, "revision_rounds"),
        ({"reviewer_ids": (987_654,)}, "reviewer_ids"),
        ({"criteria": (Criterion("Sounds like us", counts=4),)}, "criterion_None_counts"),
        ({"criteria": (Criterion("Sounds like us"), Criterion("sounds like US"))}, "criterion_None"),
        ({"criteria": tuple(Criterion(str(n)) for n in range(limits.CRITERIA + 1))}, None),
        ({"conditions": tuple(Condition(str(n)) for n in range(limits.TRIAL_CONDITIONS + 1))}, None),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_box(session, business, change, box):
    with pytest.raises(Refused) as refused:
        trial_briefs.write(session, by=business.member, terms=replace(TERMS, **change))
    assert refused.value.field == box


@pytest.mark.parametrize(
    "change",
    [
        {"hours": trial_briefs.HOURS_LARGEST},
        {"revision_rounds": 0},
        {"paid_amount": None, "paid_currency": ""},
        {"paid_amount": 0, "unpaid_why": "They offered it"},
        {"criteria": tuple(Criterion(str(n)) for n in range(limits.CRITERIA))},
        {"conditions": tuple(Condition(str(n)) for n in range(limits.TRIAL_CONDITIONS))},
    ],
)
def test_what_is_unusual_but_possible_is_kept(session, business, change):
    assert trial_briefs.write(session, by=business.member, terms=replace(TERMS, **change)).id


def test_somebody_who_only_reads_cannot_be_asked_to_score(session, business):
    with pytest.raises(Refused) as refused:
        trial_briefs.write(session, by=business.member, terms=replace(TERMS, reviewer_ids=(business.viewer.user_id,)))
    assert refused.value.field == "reviewer_ids"


def test_an_edit_adds_changes_and_takes_away_rows_in_their_order(session, business, brief):
    [facts, short] = reading.conditions_of(session, brief.id)
    [quality, *_others] = reading.criteria_of(session, brief.id)
    terms = replace(
        TERMS,
        conditions=(Condition("Links to the shop"), Condition("No invented facts at all", True, facts.id)),
        criteria=(Criterion("Sounds like us", 3), Criterion("Quality of the text", 2, False, quality.id)),
        reviewer_ids=(business.admin.user_id, business.owner.user_id),
    )
    trial_briefs.edit(brief, by=business.member, version=1, terms=terms)
    assert conditions(session, brief) == [("Links to the shop", True), ("No invented facts at all", True)]
    assert criteria(session, brief) == [("Sounds like us", 3, False), ("Quality of the text", 2, False)]
    assert {row.user_id for row in reading.reviewers_of(session, brief.id)} == {
        business.admin.user_id,
        business.owner.user_id,
    }
    assert facts.id in [row.id for row in reading.conditions_of(session, brief.id)], "the same row, with other words"
    assert short.id not in [row.id for row in reading.conditions_of(session, brief.id)]


def test_saving_the_same_again_changes_nothing_that_is_said(session, business, brief):
    before = trial_briefs.terms_of(session, brief)
    for version in (1, 2):
        trial_briefs.edit(brief, by=business.member, version=version, terms=before)
    assert trial_briefs.terms_of(session, brief) == before


def test_the_second_to_save_is_told(session, business, brief):
    trial_briefs.edit(brief, by=business.member, version=1, terms=TERMS)
    with pytest.raises(Stale):
        trial_briefs.edit(brief, by=business.admin, version=1, terms=TERMS)


def test_what_reviewers_have_scored_stays_and_what_nobody_has_may_go(session, business, brief):
    trial = given(session, business, brief)
    [quality, instructions, *others] = reading.criteria_of(session, brief.id)
    scored(session, business, trial, quality)

    def keeping(*rows):
        kept = tuple(Criterion(row.name, row.counts, row.is_fit, row.id) for row in rows)
        return replace(TERMS, criteria=kept)

    with pytest.raises(Refused, match="Reviewers have scored “Quality” already, so it stays") as refused:
        trial_briefs.edit(brief, by=business.member, version=1, terms=keeping(instructions, *others))
    assert refused.value.field == f"criterion_{quality.id}"
    session.expire(brief)
    trial_briefs.edit(brief, by=business.member, version=brief.version, terms=keeping(quality, *others))
    assert session.scalars(select(TrialScore.value)).all() == [4]
    assert instructions.id not in {row.id for row in reading.criteria_of(session, brief.id)}


@pytest.mark.parametrize("is_handed_in", [False, True])
@pytest.mark.parametrize("change", [{"name": "Sounds like us"}, {"counts": 3}, {"is_fit": True}])
def test_what_was_scored_is_not_made_something_else(session, business, brief, change, is_handed_in):
    review = scored(session, business, given(session, business, brief), reading.criteria_of(session, brief.id)[0])
    review.handed_in_at = clock.now() if is_handed_in else None
    before = criteria(session, brief)
    terms = trial_briefs.terms_of(session, brief)
    quality, instructions, *others = terms.criteria
    altered = replace(terms, criteria=(replace(quality, **change), instructions, *others))
    with pytest.raises(Refused, match="Reviewers have scored “Quality” as it stands") as refused:
        trial_briefs.edit(brief, by=business.owner, version=1, terms=altered)
    assert refused.value.field == f"criterion_{quality.id}"
    assert criteria(session, brief) == before

    session.expire(brief)
    # What nobody has scored may change, another one may be added, and what is scored may move.
    wanted = (replace(instructions, **change), quality, *others, Criterion("Price", 2))
    trial_briefs.edit(brief, by=business.owner, version=brief.version, terms=replace(terms, criteria=wanted))
    now = criteria(session, brief)
    assert (now[1], now[-1]) == (before[0], ("Price", 2, False))
    assert now[0] != before[1]


def test_what_a_delivery_was_held_against_stays(session, business, brief):
    trial = given(session, business, brief)
    [facts, short] = reading.conditions_of(session, brief.id)
    by = business.member.user_id
    session.add(TrialCheck(trial_id=trial.id, condition_id=facts.id, is_met=True, checked_by=by))
    session.flush()
    with pytest.raises(Refused, match="“No invented facts”") as refused:
        trial_briefs.edit(
            brief,
            by=business.member,
            version=1,
            terms=replace(TERMS, conditions=(Condition(short.what, True, short.id),)),
        )
    assert refused.value.field == f"condition_{facts.id}"


def test_whoever_has_scored_stays_a_reviewer(session, business, brief):
    trial = given(session, business, brief)
    scored(session, business, trial, reading.criteria_of(session, brief.id)[0])
    terms = replace(trial_briefs.terms_of(session, brief), reviewer_ids=(business.owner.user_id,))
    with pytest.raises(Refused) as refused:
        trial_briefs.edit(brief, by=business.owner, version=1, terms=terms)
    assert refused.value.field == "reviewer_ids"


def test_another_title_is_what_lists_and_reminders_say(session, business, brief):
    trial = given(session, business, brief)
    own_words = given(session, business, brief, "Copper Lane Copy")
    own_words.what = "One more page"
    trial_briefs.edit(brief, by=business.member, version=1, terms=replace(TERMS, title="Four product pages"))
    assert (trial.what, own_words.what) == ("Four product pages", "One more page")
    asked = select(Reminder.why).where(Reminder.kind == ReminderKind.TRIAL, Reminder.subject_id == trial.id)
    assert [why["what"] for why in session.scalars(asked)] == ["Four product pages"]


def test_a_brief_that_nobody_has_can_be_deleted_and_no_other(session, business, brief):
    other = trial_briefs.write(session, by=business.member, terms=TERMS)
    trial_briefs.remove(other)
    with pytest.raises(Missing):
        trial_briefs.find(session, other.id)
    given(session, business, brief)
    with pytest.raises(Refused):
        trial_briefs.remove(brief)


def test_a_task_said_in_one_line_leaves_no_brief_behind_and_a_written_one_does(session, business, brief):
    vendor = vendors.add(session, by=business.member, name="Pinnock Ads")
    vendor.stage = Stage.TRIAL
    quick = trials.start(vendor, by=business.member, terms=TrialTerms("One campaign", DUE))
    long_line = trials.start(vendor, by=business.member, terms=TrialTerms("One campaign " * 60, DUE))
    full = trials.start(vendor, by=business.member, terms=TrialTerms(brief.title, DUE, brief_id=brief.id))
    for trial in (quick, long_line, full):
        trials.withdraw(session, trial)
    session.flush()
    assert session.scalars(select(TrialBrief.id)).all() == [brief.id]


@pytest.mark.parametrize(("hours", "expected"), [(None, False), (1, False), (8, False), (9, True)])
def test_over_eight_hours_is_more_than_a_trial(hours, expected):
    assert trial_briefs.is_long(hours) is expected


def test_earlier_briefs_come_latest_first_and_leave_out_what_was_said_in_one_line(session, business, brief):
    trial_briefs.jot(session, "One campaign", business.member)
    second = trial_briefs.write(session, by=business.member, terms=replace(TERMS, title="Two films"))
    for name in ("Bluebell Words", "Copper Lane Copy"):
        given(session, business, brief, name)
    found = [(row.id, row.title, row.vendors) for row in reading.earlier(session)]
    assert found == [(second.id, "Two films", 0), (brief.id, "Three product pages", 2)]


def test_a_need_that_a_brief_is_for_is_kept_with_it(session, business):
    need = needs.add(session, by=business.member, terms=NeedTerms(outcome="Pages that sell"))
    assert trial_briefs.write(session, by=business.member, terms=replace(TERMS, need_id=need.id)).need_id == need.id
