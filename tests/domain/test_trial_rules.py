"""What reviews of a trial task amount to, who may see them when, and what they recommend."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain import trial_rules
from crm.domain.trial_rules import AdviceFacts, Scored, Weighed
from crm.models.enums import TrialAdvice, TrialDecisionKind, TrialOutcome

TODAY = date(2026, 11, 23)
VOICE, CHEMISTRY, MANNERS, TIME, PRICE = range(1, 6)
WEIGHED = [
    Weighed(VOICE, 3, is_fit=True),
    Weighed(CHEMISTRY, 3, is_fit=False),
    Weighed(MANNERS, 2, is_fit=True),
    Weighed(TIME, 2, is_fit=False),
    Weighed(PRICE, 1, is_fit=False),
]
NADIA, PRIYA, TOM = 10, 20, 30

weighing = st.lists(st.tuples(st.sampled_from((3, 2, 1)), st.booleans()), max_size=8).map(
    lambda drawn: [Weighed(number, *each) for number, each in enumerate(drawn)]
)
values = st.dictionaries(st.integers(0, 7), st.floats(1, 5), max_size=8)
people = st.sets(st.integers(1, 6))


# Figures


def test_a_criterion_has_the_mean_of_its_reviewers():
    scored = [Scored(NADIA, VOICE, 5), Scored(PRIYA, VOICE, 4), Scored(NADIA, TIME, 2)]
    assert trial_rules.means(scored) == {VOICE: 4.5, TIME: 2}
    assert trial_rules.means([]) == {}


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        ((5, 4, 5, 5, 3), 50 / 11),
        ((3, 5, 4, 4, 2), 42 / 11),
        ((5, 4, None, None, None), 27 / 6),
        ((None, 5, 4, 4, 2), None),
        ((None, None, 2, 1, 4), None),
        ((None, None, None, None, None), None),
    ],
)
def test_the_score_waits_for_everything_that_counts_three_times(given_, wanted):
    rated = {number: value for number, value in enumerate(given_, 1) if value is not None}
    found = trial_rules.score(WEIGHED, rated)
    assert found == (None if wanted is None else pytest.approx(wanted))


def test_where_nothing_counts_three_times_one_rating_is_a_score():
    assert trial_rules.score([Weighed(1, 1, is_fit=False), Weighed(2, 2, is_fit=False)], {2: 4}) == 4
    assert trial_rules.score([Weighed(1, 1, is_fit=False)], {}) is None
    assert trial_rules.score([], {}) is None


def test_fit_is_the_weighted_mean_of_what_tells_about_it():
    assert trial_rules.fit(WEIGHED, {VOICE: 5, MANNERS: 2.5, PRICE: 1}) == pytest.approx((15 + 5) / 5)
    assert trial_rules.fit(WEIGHED, {PRICE: 1}) is None


@given(weighing, values)
def test_a_score_lies_between_the_lowest_and_the_highest_mean(weighed, rated):
    counted = [rated[each.id] for each in weighed if each.id in rated]
    for found in (trial_rules.score(weighed, rated), trial_rules.fit(weighed, rated)):
        assert found is None or min(counted) - 1e-9 <= found <= max(counted) + 1e-9


@given(weighing, values, st.data())
def test_a_better_mark_never_lowers_the_score(weighed, rated, data):
    before = trial_rules.score(weighed, rated)
    if before is None:
        return
    raised = data.draw(st.sampled_from(sorted(rated)))
    after = trial_rules.score(weighed, {**rated, raised: 5.0})
    assert after is not None
    assert after >= before - 1e-9


@given(weighing, values, st.randoms())
def test_the_order_of_the_criteria_says_nothing(weighed, rated, random):
    shuffled = random.sample(weighed, len(weighed))
    first, second = trial_rules.score(weighed, rated), trial_rules.score(shuffled, rated)
    assert first == (None if second is None else pytest.approx(second))


@pytest.mark.parametrize(
    ("scores", "wanted"),
    [
        ({1: 4.5, 2: 3.8, 3: None}, 1),
        ({1: 4.5, 2: 4.5}, None),
        ({1: 4.52, 2: 4.48}, None),
        ({1: 4.5, 2: None}, None),
        ({1: 4.5}, None),
        ({}, None),
    ],
)
def test_somebody_leads_who_is_alone_on_top_of_others(scores, wanted):
    assert trial_rules.leader(scores) == wanted


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [({1: 5, 2: 3}, {1}), ({1: 4, 2: 4, 3: 1}, {1, 2}), ({1: 4, 2: 4}, set()), ({1: 4}, set()), ({}, set())],
)
def test_the_best_are_named_where_somebody_is_not(given_, wanted):
    assert trial_rules.best(given_) == wanted


# Blindness


DEADLINE = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("handed_in", "today", "wanted"),
    [
        ((), TODAY, False),
        ((NADIA,), TODAY, False),
        ((NADIA, PRIYA), TODAY, True),
        ((NADIA, PRIYA, TOM), TODAY, True),
        ((PRIYA, TOM), TODAY, False),
        ((NADIA,), DEADLINE, False),
        ((NADIA,), DEADLINE + timedelta(days=1), True),
        ((), DEADLINE + timedelta(days=1), True),
    ],
)
def test_scores_open_when_everybody_asked_is_in_or_the_day_has_passed(handed_in, today, wanted):
    asked = (NADIA, PRIYA)
    assert trial_rules.is_revealed(asked=asked, handed_in=handed_in, review_due_on=DEADLINE, today=today) is wanted


def test_without_a_day_they_open_when_everybody_is_in():
    far = date(2036, 1, 1)
    assert not trial_rules.is_revealed(asked=(NADIA, PRIYA), handed_in=(NADIA,), review_due_on=None, today=far)
    assert trial_rules.is_revealed(asked=(NADIA,), handed_in=(NADIA,), review_due_on=None, today=far)
    assert not trial_rules.is_revealed(asked=(), handed_in=(), review_due_on=None, today=far)


@given(people, people, st.integers(-3, 3))
def test_they_stay_hidden_exactly_while_somebody_is_missing_and_the_day_is_not_over(asked, handed_in, ahead):
    revealed = trial_rules.is_revealed(
        asked=asked, handed_in=handed_in, review_due_on=TODAY + timedelta(days=ahead), today=TODAY
    )
    is_missing = bool(asked - handed_in) or not handed_in
    assert revealed is (ahead < 0 or not is_missing)


@given(people, people)
def test_what_was_open_stays_open(asked, handed_in):
    assert trial_rules.is_revealed(asked=asked, handed_in=handed_in, review_due_on=None, today=TODAY, was=True)


@pytest.mark.parametrize(
    ("asked", "handed_in", "wanted"),
    [
        ({NADIA: None, PRIYA: None}, {NADIA: 1, PRIYA: 2}, True),
        ({NADIA: None, PRIYA: None}, {NADIA: 1}, False),
        ({NADIA: None, PRIYA: None, TOM: 3}, {NADIA: 1, PRIYA: 2}, True),
        ({NADIA: None, PRIYA: None, TOM: 1}, {NADIA: 1, PRIYA: 2}, False),
        ({NADIA: 0, PRIYA: 5, TOM: 5}, {NADIA: 4}, True),
        ({NADIA: 0, PRIYA: 5}, {NADIA: 6}, False),
        ({}, {TOM: 1}, True),
        ({}, {}, False),
    ],
)
def test_who_is_asked_after_everybody_was_in_changes_nothing_about_it(asked, handed_in, wanted):
    def at(hour):
        return None if hour is None else datetime(2026, 11, 20, hour, tzinfo=UTC)

    since = {each: at(hour) for each, hour in asked.items()}
    assert trial_rules.were_all_in(since, {each: at(hour) for each, hour in handed_in.items()}) is wanted


@given(people, people)
def test_where_all_were_asked_from_the_beginning_it_is_whether_all_are_in(asked, handed_in):
    moment = datetime(2026, 11, 20, 9, tzinfo=UTC)
    found = trial_rules.were_all_in(dict.fromkeys(asked), dict.fromkeys(handed_in, moment))
    assert found is (bool(handed_in) and asked <= handed_in)


# Advice


GOOD = AdviceFacts(
    gave_promised=True,
    has_unmet_must=False,
    fit=4.0,
    score=4.2,
    started_on=date(2026, 11, 2),
    original_due_on=date(2026, 11, 12),
    due_on=date(2026, 11, 12),
    delivered_on=date(2026, 11, 12),
    gave_notice=False,
    extension=0,
    today=TODAY,
)
"""Ten days were agreed on."""


def day(number: int) -> date:
    return date(2026, 11, number)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, TrialAdvice.BRING_ON),
        ({"gave_promised": None}, TrialAdvice.BRING_ON),
        ({"gave_promised": False}, TrialAdvice.INVALID),
        ({"gave_promised": False, "has_unmet_must": True, "fit": 1.0, "score": 1.0}, TrialAdvice.INVALID),
        ({"gave_promised": False, "score": None, "fit": None}, TrialAdvice.INVALID),
        ({"gave_promised": False, "extension": 2}, TrialAdvice.INVALID),
        ({"has_unmet_must": True}, TrialAdvice.UNMET),
        ({"has_unmet_must": True, "fit": 1.0, "score": None}, TrialAdvice.UNMET),
        ({"fit": 2.9}, TrialAdvice.TALK),
        ({"fit": 2.9, "score": 2.0}, TrialAdvice.TALK),
        ({"fit": 3.0}, TrialAdvice.BRING_ON),
        ({"fit": None}, TrialAdvice.BRING_ON),
        ({"score": 3.4}, TrialAdvice.EXTEND),
        ({"score": 3.5}, TrialAdvice.BRING_ON),
        ({"score": 3.4, "extension": 1}, TrialAdvice.EXTEND),
        ({"score": 3.4, "extension": 2}, TrialAdvice.USED_UP),
        ({"score": 3.5, "extension": 2}, TrialAdvice.BRING_ON),
        ({"score": None}, None),
        ({"score": None, "fit": 1.0}, None),
    ],
)
def test_the_first_reason_that_applies_is_the_advice(change, wanted):
    assert trial_rules.advice(replace(GOOD, **change)) == wanted


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"delivered_on": day(14)}, TrialAdvice.BRING_ON),
        ({"delivered_on": day(15)}, TrialAdvice.EXTEND),
        ({"delivered_on": day(15), "extension": 2}, TrialAdvice.USED_UP),
        ({"delivered_on": day(15), "gave_notice": True}, TrialAdvice.BRING_ON),
        ({"delivered_on": day(15), "due_on": day(14)}, TrialAdvice.BRING_ON),
        ({"delivered_on": day(17), "due_on": day(14)}, TrialAdvice.EXTEND),
        ({"delivered_on": day(15), "due_on": None}, TrialAdvice.BRING_ON),
        ({"delivered_on": day(15), "original_due_on": None}, TrialAdvice.BRING_ON),
        ({"delivered_on": day(3), "original_due_on": day(2), "due_on": day(2)}, TrialAdvice.EXTEND),
        ({"delivered_on": day(2), "original_due_on": day(2), "due_on": day(2)}, TrialAdvice.BRING_ON),
        ({"delivered_on": day(15), "fit": 2.0}, TrialAdvice.TALK),
        ({"delivered_on": day(15), "score": None}, None),
    ],
)
def test_late_without_a_word_by_more_than_a_fifth_of_the_agreed_days_tells_against_them(change, wanted):
    assert trial_rules.advice(replace(GOOD, **change)) == wanted


@pytest.mark.parametrize(
    ("today", "change", "wanted"),
    [
        (day(12), {}, None),
        (day(14), {}, None),
        (day(15), {}, TrialAdvice.EXTEND),
        (day(15), {"extension": 2}, TrialAdvice.USED_UP),
        (day(15), {"gave_notice": True}, None),
    ],
)
def test_where_nothing_came_only_lateness_speaks(today, change, wanted):
    nothing = replace(GOOD, delivered_on=None, fit=None, score=None, today=today, **change)
    assert trial_rules.advice(nothing) == wanted


@given(
    st.floats(1, 5),
    st.floats(1, 5),
    st.integers(-10, 60),
    st.integers(0, 2),
    st.booleans(),
    st.sampled_from((None, True)),
)
def test_once_there_is_a_score_there_is_always_an_advice(fit, score, late, extension, gave_notice, gave_promised):
    facts = replace(
        GOOD,
        fit=fit,
        score=score,
        delivered_on=GOOD.due_on + timedelta(days=late),
        extension=extension,
        gave_notice=gave_notice,
        gave_promised=gave_promised,
    )
    found = trial_rules.advice(facts)
    assert found is not None
    assert (found is TrialAdvice.BRING_ON) == (fit >= 3 and score >= 3.5 and (gave_notice or late <= 2))
    if extension == trial_rules.EXTENSIONS_AT_MOST:
        assert found is not TrialAdvice.EXTEND


@given(st.floats(3, 5), st.floats(3.5, 5), st.integers(-10, 60))
def test_being_earlier_never_tells_against_them(fit, score, late):
    def of(days: int) -> TrialAdvice | None:
        delivered_on = GOOD.due_on + timedelta(days=days)
        return trial_rules.advice(replace(GOOD, fit=fit, score=score, delivered_on=delivered_on))

    if of(late) is TrialAdvice.BRING_ON:
        assert of(late - 1) is TrialAdvice.BRING_ON


# What a decision makes of it

CAME, DUE = date(2026, 11, 20), date(2026, 11, 20)
PASSED, FAILED, CALLED_OFF = TrialOutcome.PASSED, TrialOutcome.FAILED, TrialOutcome.CALLED_OFF


@pytest.mark.parametrize(
    ("delivered_on", "due_on", "score", "wanted"),
    [
        # brought on, parked, let go
        (CAME, DUE, 4.0, (PASSED, PASSED, FAILED)),
        (CAME, DUE, 3.5, (PASSED, PASSED, FAILED)),
        (CAME, DUE, 3.4, (PASSED, CALLED_OFF, FAILED)),
        (CAME, DUE, None, (PASSED, CALLED_OFF, FAILED)),
        (None, DUE, None, (CALLED_OFF, CALLED_OFF, FAILED)),
        (None, DUE, 4.0, (CALLED_OFF, CALLED_OFF, FAILED)),
        (None, TODAY, None, (CALLED_OFF, CALLED_OFF, CALLED_OFF)),
        (None, None, None, (CALLED_OFF, CALLED_OFF, CALLED_OFF)),
    ],
)
def test_only_what_came_passes_and_only_it_or_a_day_that_passed_fails(delivered_on, due_on, score, wanted):
    facts = replace(GOOD, score=score, due_on=due_on, delivered_on=delivered_on, today=TODAY)
    kinds = (TrialDecisionKind.BRING_ON, TrialDecisionKind.PARK, TrialDecisionKind.DECLINE)
    assert tuple(trial_rules.outcome(kind, facts) for kind in kinds) == wanted
    assert trial_rules.outcome(TrialDecisionKind.EXTEND, facts) is TrialOutcome.EXTENDED
