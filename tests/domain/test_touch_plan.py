"""The spread of check-ins: the product's own example, what its wording leaves open, and what holds for every plan."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.dates import CadenceUnit, OpenDays, add_days
from crm.domain.cadences import Cadence
from crm.domain.touch_plan import DueTouch, has_come, keeper, plan, window_days
from crm.models.enums import Tier

WEEKDAYS = OpenDays()
EVERY_DAY = OpenDays(weekdays=frozenset(range(7)))
SIXTY_DAYS = Cadence(60, CadenceUnit.DAYS)
WEDNESDAY = date(2026, 7, 1)
THURSDAY, FRIDAY, SATURDAY, MONDAY = (WEDNESDAY + timedelta(days) for days in (1, 2, 3, 5))


def touch(
    vendor_id: int,
    due_on: date = WEDNESDAY,
    *,
    tier: Tier | None = None,
    window: int = 6,
    planned_on: date | None = None,
    open_days: OpenDays = WEEKDAYS,
) -> DueTouch:
    return DueTouch(vendor_id, due_on, tier, window, open_days, planned_on)


def days_of(found: dict[int, date]) -> Counter[date]:
    return Counter(found.values())


def test_twenty_vendors_of_one_wednesday_are_spread_over_the_six_days_they_may_be_late() -> None:
    touches = [touch(number, window=window_days(SIXTY_DAYS)) for number in range(1, 21)]
    found = plan(touches, today=date(2026, 6, 1), most=5)
    assert days_of(found) == {WEDNESDAY: 5, THURSDAY: 5, FRIDAY: 5, MONDAY: 5}
    assert [found[number] for number in (1, 5, 6, 11, 16, 20)] == [
        WEDNESDAY,
        WEDNESDAY,
        THURSDAY,
        FRIDAY,
        MONDAY,
        MONDAY,
    ]


@pytest.mark.parametrize(
    ("cadence", "days"),
    [
        (Cadence(60, CadenceUnit.DAYS), 6),
        (Cadence(14, CadenceUnit.DAYS), 1),
        (Cadence(9, CadenceUnit.DAYS), 0),
        (Cadence(6, CadenceUnit.WEEKS), 4),
        (Cadence(1, CadenceUnit.MONTHS), 3),
        (Cadence(1, CadenceUnit.WEEKS), 0),
    ],
    ids=str,
)
def test_a_check_in_may_come_a_tenth_of_its_interval_later(cadence: Cadence, days: int) -> None:
    assert window_days(cadence) == days


def test_the_turn_is_by_day_then_tier_then_number() -> None:
    touches = [
        touch(1, tier=None),
        touch(2, tier=Tier.C),
        touch(3, tier=Tier.A),
        touch(4, tier=Tier.A),
        touch(5, WEDNESDAY - timedelta(1), tier=None),
    ]
    found = plan(touches, today=WEDNESDAY, most=1)
    assert sorted(found, key=lambda number: found[number]) == [5, 3, 4, 2, 1]


def test_days_before_today_are_never_used() -> None:
    assert plan([touch(1, date(2026, 6, 29), window=6)], today=WEDNESDAY, most=5) == {1: WEDNESDAY}


def test_a_day_that_has_come_stands_and_takes_no_later_slot() -> None:
    late = [touch(number, date(2026, 6, 22), planned_on=date(2026, 6, 23)) for number in range(1, 6)]
    found = plan([*late, touch(9)], today=WEDNESDAY, most=1)
    assert [found[number] for number in range(1, 6)] == [date(2026, 6, 23)] * 5
    assert found[9] == WEDNESDAY


def test_a_day_planned_for_today_stands_and_takes_its_slot_of_today() -> None:
    assert plan([touch(9, planned_on=WEDNESDAY), touch(1)], today=WEDNESDAY, most=1) == {9: WEDNESDAY, 1: THURSDAY}


def test_a_day_ahead_is_planned_anew() -> None:
    assert plan([touch(1, planned_on=MONDAY)], today=date(2026, 6, 1), most=5) == {1: WEDNESDAY}


def test_a_planned_day_from_before_the_due_day_counts_for_nothing() -> None:
    assert plan([touch(1, planned_on=date(2026, 6, 30))], today=WEDNESDAY, most=5) == {1: WEDNESDAY}


def test_without_room_a_check_in_stays_on_its_day_beyond_the_cap() -> None:
    found = plan([touch(1), touch(2, window=0), touch(3, window=1)], today=date(2026, 6, 1), most=1)
    assert found == {1: WEDNESDAY, 2: WEDNESDAY, 3: THURSDAY}


def test_whose_window_has_passed_is_made_today_beyond_the_cap() -> None:
    touches = [touch(number, date(2026, 6, 1)) for number in (1, 2, 3)]
    assert days_of(plan(touches, today=WEDNESDAY, most=1)) == {WEDNESDAY: 3}


def test_without_room_on_a_closed_day_it_is_the_next_open_one_and_leaves_no_room_there() -> None:
    old = [touch(number, date(2026, 6, 1)) for number in (1, 2)]
    found = plan([*old, touch(3, MONDAY, window=2)], today=SATURDAY, most=2)
    assert found == {1: MONDAY, 2: MONDAY, 3: date(2026, 7, 7)}


def test_a_vendors_leave_is_left_out() -> None:
    away = OpenDays(closed_ranges=((THURSDAY, FRIDAY),))
    found = plan([touch(1), touch(2, open_days=away)], today=date(2026, 6, 1), most=1)
    assert found == {1: WEDNESDAY, 2: MONDAY}


def test_vendors_are_planned_with_those_of_whoever_acts_for_them() -> None:
    active = frozenset({1, 2})
    assert keeper(1, 2, active) == 1
    assert keeper(7, 2, active) == 2
    assert keeper(None, 2, active) == 2
    assert keeper(7, 8, active) is None
    assert keeper(None, None, active) is None


# What holds for every plan

days = st.dates(date(2026, 6, 20), date(2026, 7, 20))
calendars = st.builds(
    OpenDays,
    weekdays=st.sampled_from([frozenset(range(5)), frozenset({1, 3}), frozenset(range(7))]),
    holidays=st.frozensets(days, max_size=6),
    closed_ranges=st.lists(st.tuples(days, days), max_size=1).map(tuple),
)


@st.composite
def due_touches(draw: st.DrawFn) -> list[DueTouch]:
    """Check-ins as the next touch gives them: none is due on a day that is closed for it."""
    calendar = draw(st.lists(calendars, min_size=1, max_size=3))
    found = []
    for number in range(1, draw(st.integers(0, 25)) + 1):
        open_days = draw(st.sampled_from(calendar))
        due_on = open_days.next_open_day(draw(days))
        planned_on = draw(st.none() | days.map(open_days.next_open_day))
        found.append(
            DueTouch(
                number, due_on, draw(st.none() | st.sampled_from(Tier)), draw(st.integers(0, 12)), open_days, planned_on
            )
        )
    return found


most_a_day = st.integers(1, 4)


@given(touches=due_touches(), today=days, most=most_a_day)
def test_every_check_in_has_an_open_day_no_earlier_than_due_and_today(
    touches: list[DueTouch], today: date, most: int
) -> None:
    found = plan(touches, today=today, most=most)
    assert found.keys() == {each.vendor_id for each in touches}
    for each in touches:
        day = found[each.vendor_id]
        if has_come(each, today):
            assert day == each.planned_on
        else:
            assert day >= max(each.due_on, today)
            assert each.open_days.is_open(day)


@given(touches=due_touches(), today=days, most=most_a_day)
def test_the_cap_is_exceeded_only_by_a_check_in_whose_window_was_full_at_its_turn(
    touches: list[DueTouch], today: date, most: int
) -> None:
    found = plan(touches, today=today, most=most)
    standing = [each for each in touches if has_come(each, today)]
    in_turn = sorted(
        (each for each in touches if each not in standing),
        key=lambda each: (each.due_on, each.tier is None, each.tier or "", each.vendor_id),
    )
    taken = days_of({each.vendor_id: found[each.vendor_id] for each in standing})
    for each in in_turn:
        day = found[each.vendor_id]
        last = add_days(each.due_on, each.window_days)
        window = [add_days(each.due_on, days) for days in range(each.window_days + 1)]
        with_room = [one for one in window if one >= today and each.open_days.is_open(one) and taken[one] < most]
        assert day == (with_room[0] if with_room else each.open_days.next_open_day(max(each.due_on, today)))
        assert day <= last or not with_room
        taken[day] += 1


@given(touches=due_touches(), today=days, most=most_a_day, data=st.data())
def test_the_order_in_which_check_ins_are_read_makes_no_difference(
    touches: list[DueTouch], today: date, most: int, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(touches))
    assert plan(shuffled, today=today, most=most) == plan(touches, today=today, most=most)


@given(touches=due_touches(), today=days, most=most_a_day)
def test_to_plan_twice_gives_the_same(touches: list[DueTouch], today: date, most: int) -> None:
    found = plan(touches, today=today, most=most)
    again = [replace(each, planned_on=found[each.vendor_id]) for each in touches]
    assert plan(again, today=today, most=most) == found
