"""Reviews of trial tasks: written in peace, hidden from each other until everybody is in, final once they are open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from crm.core.errors import Refused, Stale
from crm.domain import trial_briefs, trial_reviews, trial_work, trials, vendors
from crm.domain.trial_briefs import BriefTerms, Criterion
from crm.domain.trial_reviews import Given
from crm.domain.trials import TrialTerms
from crm.models.enums import ReminderKind
from crm.models.reminders import Reminder
from crm.models.trials import TrialReview, TrialReviewer, TrialScore

DUE = date(2026, 11, 10)
DELIVERED = date(2026, 11, 9)
LAST_DAY = "2026-11-12 18:00"
AFTER = "2026-11-13 09:00"


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-11-02 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def brief(session, business):
    terms = BriefTerms(
        title="Three rewrites",
        body="Rewrite three pages.",
        criteria=(Criterion("Sounds like us", 3), Criterion("Fits", 2, is_fit=True)),
        reviewer_ids=(business.owner.user_id, business.admin.user_id),
    )
    return trial_briefs.write(session, by=business.owner, terms=terms)


def give(session, business, brief, name, days=None):
    vendor = vendors.add(session, by=business.owner, name=name, owner_id=business.owner.user_id)
    return trials.start(vendor, by=business.owner, terms=TrialTerms(brief.title, DUE, brief_id=brief.id))


@pytest.fixture
def trial(session, business, brief, clock_at):
    """One that came a day early; there are three working days to look at it, until the 12th."""
    trial = give(session, business, brief, "Ines Duarte")
    clock_at("2026-11-09 15:00")
    trial_work.deliver(trial, by=business.owner, on=DELIVERED)
    return trial


@pytest.fixture
def ids(session, brief):
    return [row.id for row in trial_reviews.briefs.criteria_of(session, brief.id)]


def marks(ids, *values, words=""):
    return {number: Given(value, words if value else "") for number, value in zip(ids, values, strict=True)}


def hand_in(trial, by, given, **more):
    row = trial_reviews.reading.own(trial_reviews.session_of(trial), trial.id, by.user_id)
    version = row.version if row else 0
    return trial_reviews.save(trial, by=by, version=version, given=given, hand_in=True, **more)


def result(session, business, trial):
    return trial_reviews.result_of(session, trial, today=business.workspace.today, zone=business.workspace.time_zone)


def names(people):
    return [each.name for each in people]


# Blind


def test_what_one_saw_is_hidden_until_the_other_is_in(session, business, trial, ids):
    hand_in(trial, business.owner, marks(ids, 5, 4, words="Would sign that"), remark="Hire them")
    hidden = result(session, business, trial)
    assert not hidden.is_revealed
    assert (hidden.seen, hidden.means, hidden.score, hidden.fit) == ([], {}, None, None)
    assert names(hidden.handed_in) == ["Olive Owner"]
    assert names(hidden.waiting) == ["Ada Admin"]

    hand_in(trial, business.admin, marks(ids, 4, 2))
    shown = result(session, business, trial)
    assert shown.is_revealed
    assert shown.means == {ids[0]: 4.5, ids[1]: 3}
    assert shown.score == pytest.approx((3 * 4.5 + 2 * 3) / 5)
    assert shown.fit == 3
    assert {each.reviewer.name: each.remark for each in shown.seen} == {"Ada Admin": "", "Olive Owner": "Hire them"}
    assert shown.waiting == []


def test_the_last_day_still_hides_and_the_next_one_opens(session, business, trial, ids, clock_at):
    hand_in(trial, business.owner, marks(ids, 5, 4))
    trial_reviews.save(trial, by=business.admin, version=0, given=marks(ids, 1, 1), remark="A draft")
    clock_at(LAST_DAY)
    assert not result(session, business, trial).is_revealed
    clock_at(AFTER)
    shown = result(session, business, trial)
    assert shown.is_revealed
    assert names([each.reviewer for each in shown.seen]) == ["Olive Owner"]
    assert shown.means == {ids[0]: 5, ids[1]: 4}
    assert names(shown.waiting) == ["Ada Admin"]


def test_a_draft_is_never_shown_nor_counted(session, business, trial, ids, clock_at):
    trial_reviews.save(trial, by=business.owner, version=0, given=marks(ids, 5, 4), remark="Not sure yet")
    clock_at(AFTER)
    assert result(session, business, trial).seen == []
    assert result(session, business, trial).score is None


def test_who_is_late_may_still_hand_in_and_it_says_so(session, business, trial, ids, clock_at):
    hand_in(trial, business.owner, marks(ids, 5, 4))
    clock_at(AFTER)
    hand_in(trial, business.admin, marks(ids, 3, 4))
    shown = result(session, business, trial)
    assert {each.reviewer.name: each.is_late for each in shown.seen} == {"Ada Admin": True, "Olive Owner": False}
    assert shown.means[ids[0]] == 4


def test_each_vendor_is_hidden_by_itself(session, business, brief, trial, ids):
    other = give(session, business, brief, "Copper Lane")
    trial_work.deliver(other, by=business.owner, on=DELIVERED)
    for person in (business.owner, business.admin):
        hand_in(trial, person, marks(ids, 5, 4))
    hand_in(other, business.owner, marks(ids, 1, 1))
    both = trial_reviews.results(session, [trial, other], today=business.workspace.today)
    assert (both[trial.id].is_revealed, both[other.id].is_revealed) == (True, False)
    assert both[other.id].means == {}


def test_whoever_left_is_not_waited_for(session, business, trial, ids):
    hand_in(trial, business.owner, marks(ids, 5, 4))
    admin = session.merge(business.admin, load=True)
    admin.deactivated_at = trial_reviews.clock.now()
    session.flush()
    assert result(session, business, trial).is_revealed


def test_asking_somebody_later_closes_nothing_that_was_read(session, business, brief, trial, ids, clock_at):
    for person in (business.owner, business.admin):
        hand_in(trial, person, marks(ids, 5, 4))
    clock_at("2026-11-10 09:00")
    session.add(TrialReviewer(brief_id=brief.id, user_id=business.member.user_id))
    session.flush()
    assert names(result(session, business, trial).waiting) == ["Milo Member"]
    assert result(session, business, trial).is_revealed
    with pytest.raises(Refused, match="final"):
        hand_in(trial, business.owner, marks(ids, 1, 1))


def asking(session, business, brief, *people, by=None):
    """Saves the brief's form with these reviewers ticked, and another skill."""
    terms = replace(trial_briefs.terms_of(session, brief), reviewer_ids=tuple(each.user_id for each in people))
    trial_briefs.edit(brief, by=by or business.owner, version=brief.version, terms=replace(terms, skill="Tone"))


def reviewers(session, brief):
    return {row.user_id for row in trial_reviews.briefs.reviewers_of(session, brief.id)}


@pytest.mark.parametrize("who", ["owner", "admin"])
def test_nobody_who_is_waited_for_steps_aside_to_read(session, business, brief, trial, ids, who):
    waiting = getattr(business, who)
    first = business.admin if waiting is business.owner else business.owner
    hand_in(trial, first, marks(ids, 5, 4))
    with pytest.raises(Refused, match="wait for yours"):
        trial_reviews.leave(trial, by=waiting)
    with pytest.raises(Refused, match="wait for theirs") as refused:
        asking(session, business, brief, first, business.member, by=waiting)
    assert refused.value.field == "reviewer_ids"
    assert not result(session, business, trial).is_revealed
    assert reviewers(session, brief) == {business.owner.user_id, business.admin.user_id}
    asking(session, business, brief, first, waiting, business.member)
    assert brief.skill == "Tone"
    assert business.member.user_id in reviewers(session, brief), "while nothing is open somebody else may be asked"


def test_whoever_is_waited_for_with_one_vendor_stays_with_all(session, business, brief, trial, ids):
    other = give(session, business, brief, "Copper Lane")
    hand_in(trial, business.owner, marks(ids, 5, 4))
    with pytest.raises(Refused, match="wait for yours"):
        trial_reviews.leave(other, by=business.admin)


def test_before_anything_is_in_reviewers_may_change(session, business, brief, trial, ids):
    trial_reviews.save(trial, by=business.owner, version=0, given=marks(ids, 5, 4))
    asking(session, business, brief, business.owner, business.member)
    trial_reviews.leave(trial, by=business.member)
    assert reviewers(session, brief) == {business.owner.user_id}


def test_who_cannot_review_any_more_may_be_taken_off(session, business, brief, trial, ids):
    hand_in(trial, business.owner, marks(ids, 5, 4))
    asking(session, business, brief, business.owner, business.admin, business.member)
    admin = session.merge(business.admin, load=True)
    admin.deactivated_at = trial_reviews.clock.now()
    session.flush()
    assert not result(session, business, trial).is_revealed
    asking(session, business, brief, business.owner, business.member)
    assert not result(session, business, trial).is_revealed


@pytest.mark.parametrize("opened_by", ["the last one in", "the day"])
def test_nobody_is_added_once_scores_are_open_and_the_rest_of_the_brief_is_kept(
    session, business, brief, trial, ids, clock_at, opened_by
):
    hand_in(trial, business.owner, marks(ids, 5, 4))
    if opened_by == "the day":
        clock_at(AFTER)
    else:
        hand_in(trial, business.admin, marks(ids, 5, 4))
    with pytest.raises(Refused, match="nobody can be added any more") as refused:
        asking(session, business, brief, business.owner, business.admin, business.member)
    assert refused.value.field == "reviewer_ids"
    asking(session, business, brief, business.owner, business.admin)
    assert brief.skill == "Tone"


def test_who_left_after_the_day_does_not_come_back(session, business, brief, trial, ids, clock_at):
    hand_in(trial, business.owner, marks(ids, 5, 4))
    clock_at(AFTER)
    trial_reviews.leave(trial, by=business.admin)
    with pytest.raises(Refused, match="open already"):
        trial_reviews.join(trial, by=business.admin)
    with pytest.raises(Refused, match="open already"):
        asking(session, business, brief, business.owner, business.admin)


def test_who_has_read_about_one_vendor_does_not_join_for_another(session, business, brief, trial, ids):
    other = give(session, business, brief, "Copper Lane")
    for person in (business.owner, business.admin):
        hand_in(trial, person, marks(ids, 5, 4))
    with pytest.raises(Refused, match="open already"):
        trial_reviews.join(other, by=business.member)


def test_where_the_day_passed_and_nobody_scored_somebody_can_still_be_asked(session, business, brief, trial, clock_at):
    clock_at(AFTER)
    asking(session, business, brief, business.owner, business.admin, business.member)
    assert business.member.user_id in reviewers(session, brief)


def test_what_is_open_is_not_closed_by_another_day(session, business, trial, ids, clock_at):
    hand_in(trial, business.owner, marks(ids, 5, 4))
    later = date(2026, 11, 18)
    trial_work.put_review_day(trial, by=business.owner, day=later, version=trial.version)
    clock_at("2026-11-19 09:00")
    with pytest.raises(Refused, match="open already"):
        trial_work.put_review_day(trial, by=business.owner, day=date(2026, 11, 30), version=trial.version)
    assert result(session, business, trial).is_revealed


# Writing


def test_a_draft_grows_into_a_review(session, business, trial, ids):
    first = trial_reviews.save(trial, by=business.owner, version=0, given=marks(ids, 5, None))
    assert first.handed_in_at is None
    again = trial_reviews.save(trial, by=business.owner, version=1, given=marks(ids, None, 4), remark="Fine")
    assert [(s.criterion_id, s.value) for s in session.scalars(select(TrialScore))] == [(ids[1], 4)]
    done = hand_in(trial, business.owner, marks(ids, 4, 4))
    assert (done.id, done.version) == (first.id, 3)
    assert again.handed_in_at is not None


def test_what_is_handed_in_stays_so_and_may_be_changed_while_hidden(session, business, trial, ids):
    moment = hand_in(trial, business.owner, marks(ids, 5, 4)).handed_in_at
    row = trial_reviews.save(trial, by=business.owner, version=1, given=marks(ids, 2, 4))
    assert row.handed_in_at == moment
    hand_in(trial, business.admin, marks(ids, 4, 4))
    assert result(session, business, trial).means[ids[0]] == 3


def test_it_is_final_once_the_others_can_be_read(session, business, trial, ids):
    hand_in(trial, business.owner, marks(ids, 5, 4))
    hand_in(trial, business.admin, marks(ids, 4, 4))
    for person in (business.owner, business.admin):
        with pytest.raises(Refused, match="final"):
            hand_in(trial, person, marks(ids, 1, 1))
    assert result(session, business, trial).means[ids[0]] == 4.5


def test_who_reviews_alone_has_nobody_to_be_blind_for(session, business, clock_at):
    brief = trial_briefs.jot(session, "A logo", business.owner)
    trial = give(session, business, brief, "Bluebell Words")
    trial_work.deliver(trial, by=business.owner, on=date(2026, 11, 2))
    numbers = [row.id for row in trial_reviews.briefs.criteria_of(session, brief.id)]
    hand_in(trial, business.owner, {numbers[0]: Given(5)})
    hand_in(trial, business.owner, {numbers[0]: Given(4)})
    assert result(session, business, trial).score == 4


def test_saving_an_older_version_is_stale(session, business, trial, ids):
    trial_reviews.save(trial, by=business.owner, version=0, given=marks(ids, 5, 4))
    with pytest.raises(Stale):
        trial_reviews.save(trial, by=business.owner, version=0, given=marks(ids, 1, 1))
    assert session.scalars(select(TrialReview)).one().version == 1


@pytest.mark.parametrize(
    ("given_", "remark", "box"),
    [
        (lambda ids: {ids[0]: Given(6)}, "", "value-{0}"),
        (lambda ids: {ids[0]: Given(0)}, "", "value-{0}"),
        (lambda ids: {ids[0]: Given(None, "Words alone")}, "", "value-{0}"),
        (lambda ids: {ids[0]: Given(3, "x" * 501)}, "", "remark-{0}"),
        (lambda ids: {ids[0]: Given(3)}, "x" * 100_001, "remark"),
        (lambda ids: {987: Given(3)}, "", None),
        (lambda ids: {ids[0]: Given(None)}, "Only words", None),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_box(business, trial, ids, given_, remark, box):
    with pytest.raises(Refused) as refused:
        hand_in(trial, business.owner, given_(ids), remark=remark)
    assert refused.value.field == (box.format(ids[0]) if box else None)


def test_there_is_something_to_score_once_it_came_or_its_day_has_passed(session, business, brief, ids, clock_at):
    trial = give(session, business, brief, "Bluebell Words")
    clock_at("2026-11-10 18:00")
    with pytest.raises(Refused, match="Nothing has come yet"):
        hand_in(trial, business.owner, marks(ids, 1, 1))
    clock_at("2026-11-11 09:00")
    hand_in(trial, business.owner, marks(ids, None, 1))
    hand_in(trial, business.admin, marks(ids, None, 2))
    shown = result(session, business, trial)
    assert shown.means == {ids[1]: 1.5}
    assert shown.score is None, "what counts three times is not scored"


# Who


def test_who_was_not_asked_joins_first_and_is_waited_for_then(session, business, trial, ids):
    with pytest.raises(Refused, match="Join first"):
        hand_in(trial, business.member, marks(ids, 3, 3))
    assert trial_reviews.join(trial, by=business.member)
    assert trial_reviews.join(trial, by=business.member) is None, "twice is once"
    hand_in(trial, business.owner, marks(ids, 5, 4))
    hand_in(trial, business.admin, marks(ids, 5, 4))
    assert names(result(session, business, trial).waiting) == ["Milo Member"]
    assert not result(session, business, trial).is_revealed
    hand_in(trial, business.member, marks(ids, 2, 4))
    assert result(session, business, trial).means[ids[0]] == 4


def test_nobody_joins_once_the_scores_are_open(session, business, trial, ids):
    hand_in(trial, business.owner, marks(ids, 5, 4))
    hand_in(trial, business.admin, marks(ids, 5, 4))
    with pytest.raises(Refused, match="open already"):
        trial_reviews.join(trial, by=business.member)


def test_joining_can_be_taken_back_until_something_is_written(session, business, trial, ids):
    trial_reviews.join(trial, by=business.member)
    trial_reviews.leave(trial, by=business.member)
    trial_reviews.leave(trial, by=business.member)
    assert "Milo Member" not in names(result(session, business, trial).waiting)
    trial_reviews.join(trial, by=business.member)
    trial_reviews.save(trial, by=business.member, version=0, given=marks(ids, 3, None))
    with pytest.raises(Refused, match="begun to score"):
        trial_reviews.leave(trial, by=business.member)


def test_a_brief_keeps_one_reviewer(session, business, clock_at):
    brief = trial_briefs.jot(session, "A logo", business.owner)
    trial = give(session, business, brief, "Bluebell Words")
    with pytest.raises(Refused, match="Nobody else"):
        trial_reviews.leave(trial, by=business.owner)


def test_handing_in_ends_the_reminder_of_who_handed_in(session, business, trial, ids):
    def reminded():
        rows = select(Reminder).where(Reminder.kind == ReminderKind.REVIEW, Reminder.ended_at.is_(None))
        return {row.user_id for row in session.scalars(rows)}

    assert reminded() == {business.owner.user_id, business.admin.user_id}
    trial_reviews.save(trial, by=business.owner, version=0, given=marks(ids, 5, None))
    assert business.owner.user_id in reminded(), "a draft is not in"
    hand_in(trial, business.owner, marks(ids, 5, 4))
    assert reminded() == {business.admin.user_id}
