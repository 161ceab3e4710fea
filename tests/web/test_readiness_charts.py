"""Readiness checks as places on a drawing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.readiness_rules import outcome
from crm.models.enums import Answer, Statement
from crm.queries.readiness import CheckRow
from crm.web.readiness_charts import LEFT, RIGHT, chart, places

FIRST = date(2026, 1, 5)


def row(day: date, everything: int = 3, **other: int) -> CheckRow:
    answers = {statement: Answer(other.get(statement, everything)) for statement in Statement}
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return CheckRow(1, day, at, 1, outcome(answers).verdict, day, None, "Olive", None, answers)


def test_one_check_alone_shows_no_change() -> None:
    assert chart([]) is chart([row(FIRST)]) is None


def test_each_level_has_a_dot_with_its_areas_and_a_line_joins_the_lowest() -> None:
    drawn = chart([row(FIRST + timedelta(100), 2), row(FIRST, 3, money_budget=0, time_hours=1)])
    assert drawn is not None
    height = dict(drawn.levels)
    assert [(dot.x, dot.y, dot.count, dot.is_lowest) for dot in drawn.dots] == [
        (LEFT, height[Answer(0)], 1, True),
        (LEFT, height[Answer(1)], 1, False),
        (LEFT, height[Answer(3)], 6, False),
        (RIGHT, height[Answer(2)], 8, True),
    ]
    assert drawn.lines == [(LEFT, height[Answer(0)], RIGHT, height[Answer(2)])]
    assert (drawn.first, drawn.last) == (FIRST, FIRST + timedelta(100))


@pytest.mark.parametrize(
    ("days", "shares"),
    [
        ([0, 100], [0, 1]),
        ([0, 40, 100], [0, 0.4, 1]),
        ([0, 1, 100], [0, 0.5, 1]),
        ([0, 0], [0, 1]),
    ],
)
def test_checks_stand_by_the_calendar_where_there_is_room_between_them(days, shares) -> None:
    found = places([FIRST + timedelta(each) for each in days])
    assert found == [round(LEFT + share * (RIGHT - LEFT), 2) for share in shares]


@given(st.lists(st.integers(0, 900), min_size=2, max_size=12).map(sorted))
def test_no_two_checks_stand_on_each_other(days) -> None:
    found = places([FIRST + timedelta(each) for each in days])
    steps = [later - earlier for earlier, later in pairwise(found)]
    assert (found[0], found[-1]) == (LEFT, RIGHT)
    assert min(steps) >= (RIGHT - LEFT) / (len(days) - 1) / 2 - 0.02
