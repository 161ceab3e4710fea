"""The mirror's sums: what counts, for which area, against what the level means."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain import mirror_rules as rules
from crm.domain.mirror_rules import Weeks, reflect, share_out
from crm.models.enums import InteractionKind, Level
from crm.queries.mirror import Area, CheckIn, Hours

MONDAY = date(2026, 10, 5)
FIRST, LAST = date(2026, 9, 7), date(2026, 10, 4)
LONG_AGO = date(2026, 1, 5)


def area(number: int = 1, level: int = 5, *, vendor: int = 1, since: date = LONG_AGO) -> Area:
    return Area(number, vendor, f"Vendor {vendor}", f"Area {number}", Level(level), since)


def check_ins(count: int, *areas: int, vendor: int = 1, first_id: int = 1) -> list[CheckIn]:
    days = [FIRST + timedelta(days=number % 28) for number in range(count)]
    return [
        CheckIn(first_id + number, vendor, InteractionKind.CALL, day, frozenset(areas))
        for number, day in enumerate(days)
    ]


def mirror(areas: list[Area], made: list[CheckIn], *, began: date | None = LONG_AGO, today: date = MONDAY, hours=()):
    return reflect(areas, made, hours, log_began_on=began, today=today)


@pytest.mark.parametrize("days", range(7))
def test_weeks_are_whole_and_begin_on_monday(days):
    assert rules.weeks_before(MONDAY + timedelta(days=days)) == Weeks(FIRST, LAST)
    assert rules.weeks_before(MONDAY - timedelta(days=1)) != Weeks(FIRST, LAST)


@pytest.mark.parametrize(("level", "most"), [(1, None), (2, None), (3, 12), (4, 12), (5, 4), (6, 1), (7, 1)])
def test_what_a_level_means(level, most):
    assert rules.allowed(Level(level)) == most
    if most is not None:
        [fits] = mirror([area(1, level)], check_ins(most)).reflections
        [over] = mirror([area(1, level)], check_ins(most + 1)).reflections
        assert (fits.is_over, over.is_over) == (False, True)


@pytest.mark.parametrize("level", [1, 2])
def test_where_we_tell_or_sell_any_number_goes(level):
    [shown] = mirror([area(1, level)], check_ins(100)).reflections
    assert not shown.is_over


@pytest.mark.parametrize(
    ("count", "board", "weeks"),
    [
        (13, 5, 1),
        (12, 5, 3),
        (5, 5, 3),
        (4, 5, 5),
        (4, 6, 5),
        (2, 6, 5),
        (0, 5, 5),
        (13, 4, 1),
        (2, 7, 5),
        (5, 6, 3),
        (1, 6, 6),
        (0, 1, 1),
    ],
)
def test_the_board_says_one_level_and_the_weeks_another(count, board, weeks):
    [shown] = mirror([area(1, board)], check_ins(count)).reflections
    assert shown.lived == weeks
    assert shown.is_over == (weeks != board)


def test_a_check_in_counts_for_what_it_names():
    areas = [area(1, 3), area(2, 6)]
    assert {number: len(each) for number, each in share_out(areas, check_ins(5, 2)).items()} == {1: 0, 2: 5}


def test_one_that_names_two_counts_for_both():
    areas = [area(1, 3), area(2, 6)]
    assert {number: len(each) for number, each in share_out(areas, check_ins(5, 1, 2)).items()} == {1: 5, 2: 5}


def test_one_that_names_nothing_counts_for_the_lowest_level():
    areas = [area(1, 6), area(2, 3), area(3, 3, vendor=2)]
    assert {number: len(each) for number, each in share_out(areas, check_ins(5)).items()} == {1: 0, 2: 5, 3: 0}


def test_where_areas_share_the_lowest_level_they_share_the_check_ins():
    areas = [area(1, 5), area(2, 5), area(3, 7)]
    made = check_ins(3, 1) + check_ins(5, first_id=10)
    assert {number: len(each) for number, each in share_out(areas, made).items()} == {1: 4, 2: 4, 3: 0}


def test_one_that_names_what_is_closed_now_counts_for_nothing_else():
    assert share_out([area(1, 5)], check_ins(3, 99)) == {1: []}


def test_a_vendor_to_whom_nothing_is_handed_over_shows_nothing():
    assert share_out([area(1)], check_ins(3, vendor=2)) == {1: []}


@pytest.mark.parametrize(
    ("since", "day"),
    [
        (date(2026, 9, 7), date(2026, 10, 5)),  # a Monday
        (date(2026, 9, 8), date(2026, 10, 12)),
        (date(2026, 9, 13), date(2026, 10, 12)),
        (date(2026, 9, 14), date(2026, 10, 12)),
    ],
)
def test_four_whole_weeks_come_first(since, day):
    assert rules.ready_on(since) == day
    for began, level_since in ((since, LONG_AGO), (LONG_AGO, since)):
        areas = [area(since=level_since)]
        before = mirror(areas, [], began=began, today=day - timedelta(days=1))
        assert (before.reflections, before.ready_on) == ([], day)
        assert len(mirror(areas, [], began=began, today=day).reflections) == 1


def test_without_a_log_or_an_area_there_is_no_day_to_name():
    assert mirror([area()], [], began=None).ready_on is None
    assert mirror([], []).ready_on is None


def test_a_young_level_waits_beside_the_others():
    shown = mirror([area(1), area(2, since=date(2026, 9, 28))], check_ins(9, 2))
    assert [each.area.id for each in shown.reflections] == [1]
    assert [each.id for each, _day in shown.waiting] == [2]
    assert shown.ready_on is None


def test_the_furthest_is_named_first():
    areas = [area(1, 5, vendor=1), area(2, 7, vendor=2), area(3, 5, vendor=3)]
    made = check_ins(5, 1) + check_ins(13, 2, vendor=2, first_id=50) + check_ins(2, 3, vendor=3, first_id=90)
    assert [each.area.id for each in mirror(areas, made).over] == [2, 1]


@pytest.mark.parametrize(
    ("hours", "share"),
    [
        ([], None),
        ([(60, 60, 240)], 0.5),
        ([(0, 0, 240)], 0.0),
        ([(300, 0, 60)], 5.0),
        ([(60, 0, 60), (0, 0, 60)], 0.5),
    ],
)
def test_overhead_is_our_hours_for_each_of_theirs(hours, share):
    given_hours = [Hours(1, "Silas", talked, ours, theirs, 1, 0) for talked, ours, theirs in hours]
    assert rules.overhead(given_hours) == share


def test_hours_wait_for_four_weeks_of_a_log_too():
    hours = [Hours(1, "Silas", 60, 0, 60, 1, 0)]
    assert mirror([], [], began=date(2026, 9, 8), hours=hours).hours == []
    assert mirror([], [], began=date(2026, 9, 7), hours=hours).hours == hours


numbers = st.frozensets(st.integers(1, 4), max_size=3)


@given(st.lists(st.integers(1, 7), min_size=1, max_size=4), st.lists(numbers, max_size=40))
def test_each_counts_as_often_as_it_names_areas_else_once(levels, named):
    areas = [area(number + 1, level) for number, level in enumerate(levels)]
    made = [CheckIn(number, 1, InteractionKind.CALL, FIRST, each) for number, each in enumerate(named)]
    known = {each.id for each in areas}
    counted = share_out(areas, made)
    assert sum(map(len, counted.values())) == sum(len(each & known) if each else 1 for each in named)


@given(st.integers(1, 7), st.integers(0, 60))
def test_one_more_never_makes_us_look_less_close(level, count):
    [fewer] = mirror([area(1, level)], check_ins(count)).reflections
    [more] = mirror([area(1, level)], check_ins(count + 1)).reflections
    assert more.lived <= fewer.lived <= level
    assert fewer.is_over <= more.is_over
