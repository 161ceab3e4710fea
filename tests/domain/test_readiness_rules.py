"""What a readiness check comes to: by the lowest area, not the mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.readiness_rules import ASKED, is_up, missing, outcome
from crm.models.enums import Answer, ReadinessArea, Statement, Verdict

PREPARE, SMALL, READY = Verdict

WHOLE = st.fixed_dictionaries({statement: st.sampled_from(Answer) for statement in Statement})


def answers(everything: int = 3, **other: int) -> dict[Statement, Answer]:
    """The same answer to all statements, but for those named."""
    return {statement: Answer(other.get(statement, everything)) for statement in Statement}


def test_there_are_two_statements_for_each_of_eight_areas():
    assert list(ASKED) == list(ReadinessArea)
    assert len(ASKED) == 8
    assert [statement for pair in ASKED.values() for statement in pair] == list(Statement)
    assert len(Statement) == 16


@pytest.mark.parametrize(
    ("said", "verdict", "held_by"),
    [
        (answers(0), PREPARE, tuple(ReadinessArea)),
        (answers(1), SMALL, tuple(ReadinessArea)),
        (answers(2), READY, ()),
        (answers(3), READY, ()),
        (answers(3, money_budget=2), READY, ()),
        (answers(3, money_budget=1), SMALL, (ReadinessArea.MONEY,)),
        (answers(3, money_paying=0), PREPARE, (ReadinessArea.MONEY,)),
        (answers(3, access_back=1, need_outcome=1), SMALL, (ReadinessArea.NEED, ReadinessArea.ACCESS)),
        # One area that was not started says it, however many are only in somebody's head.
        (answers(1, time_hours=0), PREPARE, (ReadinessArea.TIME,)),
        (answers(3, time_hours=0, process_steps=1), PREPARE, (ReadinessArea.TIME,)),
    ],
)
def test_the_verdict_follows_the_lowest_area_and_names_it(said, verdict, held_by):
    found = outcome(said)
    assert (found.verdict, found.held_by) == (verdict, held_by)


@pytest.mark.parametrize(("one", "other"), [(one, other) for one in Answer for other in Answer])
def test_an_area_is_the_lower_of_its_two_answers(one, other):
    found = outcome(answers(3, process_steps=one, process_examples=other))
    assert found.areas[ReadinessArea.PROCESS] == min(one, other)
    assert {answer for area, answer in found.areas.items() if area is not ReadinessArea.PROCESS} == {3}


def test_something_can_be_done_about_each_answer_of_0_or_1():
    found = outcome(answers(2, money_budget=0, access_own=1, time_hours=3))
    assert found.weak == (Statement.MONEY_BUDGET, Statement.ACCESS_OWN)


@pytest.mark.parametrize("left_out", Statement)
def test_without_all_sixteen_there_is_no_verdict(left_out):
    said = answers(3)
    del said[left_out]
    assert missing(said) == [left_out]
    with pytest.raises(ValueError, match="without all its answers"):
        outcome(said)


@given(WHOLE)
def test_the_verdict_is_a_matter_of_the_lowest_answer_alone(said):
    lowest = min(said.values())
    found = outcome(said)
    assert found.verdict is {0: PREPARE, 1: SMALL, 2: READY, 3: READY}[lowest]
    assert min(found.areas.values()) is lowest
    assert bool(found.held_by) is bool(found.weak) is (found.verdict is not READY)
    assert all(found.areas[area] is lowest for area in found.held_by)


@given(WHOLE, st.sampled_from(Statement), st.sampled_from(Answer))
def test_a_better_answer_never_makes_a_worse_verdict(said, statement, answer):
    better = {**said, statement: max(answer, said[statement])}
    order = list(Verdict)
    assert order.index(outcome(better).verdict) >= order.index(outcome(said).verdict)


@pytest.mark.parametrize(
    ("then", "now", "is_better"),
    [
        (PREPARE, PREPARE, False),
        (PREPARE, SMALL, True),
        (PREPARE, READY, True),
        (SMALL, PREPARE, False),
        (SMALL, SMALL, False),
        (SMALL, READY, True),
        (READY, PREPARE, False),
        (READY, SMALL, False),
        (READY, READY, False),
        (None, PREPARE, False),
        (None, SMALL, False),
        (None, READY, True),
    ],
)
def test_a_verdict_is_up_when_it_is_better_than_on_the_day_of_parking(then, now, is_better):
    assert is_up(then, now) is is_better
