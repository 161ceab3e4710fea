"""Where the chart of trust is drawn: its range, its gaps, its marks and its months."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core import i18n
from crm.domain.trust_scores import trust
from crm.models.enums import Dimension, Direction, Visibility, Weight
from crm.queries.trust_figures import EntryRow, Told
from crm.web import trust_charts
from crm.web.trust_charts import MOST_MARKS, Over
from crm.web.trust_figures import points

TODAY = date(2026, 10, 5)


@pytest.fixture(autouse=True)
def _english():
    with i18n.speaking("en-GB"):
        yield


def entry(number: int, days: int, direction=Direction.POSITIVE, weight=Weight.MINOR) -> EntryRow:
    day = TODAY - timedelta(days=days)
    return EntryRow(number, Dimension.INTEGRITY, direction, weight, Visibility.TEAM, day)


def drawn(entries, over=Over.ALL, of=None):
    first = trust_charts.first_day(TODAY, entries, over)
    moved = trust_charts.movers(entries, of, first)
    days = trust_charts.days_of(first, TODAY, moved)
    told = {each.id: Told(f"Note {each.id}", "Nadia") for each in entries}
    return trust_charts.chart(entries, days, moved, told, of)


def test_a_time_without_enough_evidence_is_a_gap():
    recent = [entry(number, 3 - number) for number in (1, 2, 3)]
    chart = drawn([*(entry(number, 900 + number) for number in (4, 5, 6)), *recent])
    known = [[point.on for point in piece] for piece in chart.pieces]
    assert len(known) == 2
    assert known[-1][-1] == TODAY
    assert len(chart.lines) == 2


def test_only_the_strongest_are_marked_and_in_their_order():
    seen = [entry(number, 400 - 20 * number, Direction(("positive", "negative")[number % 2])) for number in range(18)]
    chart = drawn(seen)
    assert len(chart.marks) == MOST_MARKS
    assert [mark.number for mark in chart.marks] == list(range(1, MOST_MARKS + 1))
    assert [mark.entry.occurred_on for mark in chart.marks] == sorted(mark.entry.occurred_on for mark in chart.marks)


def test_an_entry_whose_words_are_not_to_be_read_has_no_mark():
    seen = [entry(number, 10) for number in (1, 2, 3)]
    days = trust_charts.days_of(TODAY - timedelta(days=30), TODAY, ())
    moved = trust_charts.movers(seen, None, days[0])
    assert trust_charts.chart(seen, days, moved, {}, None).marks == []


def test_what_is_dated_ahead_counts_as_today():
    [moved_here] = trust_charts.until([entry(1, -1)], TODAY)
    assert moved_here.occurred_on == TODAY


@pytest.mark.parametrize(
    ("first", "labels"),
    [
        (date(2026, 9, 7), ["Mon 7 Sept", "Mon 5 Oct"]),
        (date(2026, 7, 5), ["Aug", "Sept", "Oct"]),
        (date(2026, 1, 1), ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct"]),
    ],
)
def test_months_are_named_where_they_begin(first, labels):
    assert [words for _x, words in trust_charts._months(first, TODAY)] == labels


def test_a_long_time_has_no_more_months_than_fit():
    assert len(list(trust_charts._months(date(2019, 3, 4), TODAY))) <= 10


@given(st.lists(st.builds(entry, st.integers(1, 10**6), st.integers(0, 700), st.sampled_from(Direction)), max_size=15))
def test_the_line_ends_in_the_figure_and_stays_within_the_chart(entries):
    chart = drawn(entries)
    last, figure = chart.points[-1], trust(entries, TODAY).known()
    assert (last.score.points if last.score else None) == (points(figure.value) if figure else None)
    for point in chart.points:
        assert 4 <= point.x <= 98
        if point.score:
            assert trust_charts.height(100) <= trust_charts.height(point.score.high) <= point.y
            assert point.y <= trust_charts.height(point.score.low) <= trust_charts.height(0)
