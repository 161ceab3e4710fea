"""The thread of a vendor: what is drawn of a year of contact."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crm.domain import threads
from crm.domain.threads import LEFT, RIGHT, Piece

TODAY = date(2026, 10, 5)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def kinds(drawn: threads.Thread) -> list[Piece]:
    return [kind for _start, _end, kind in drawn.pieces]


def test_without_contact_there_is_only_today_and_what_comes():
    drawn = threads.draw(today=TODAY, contacts=[], next_on=date(2026, 10, 19))
    assert (drawn.points, kinds(drawn)) == ((), [Piece.QUIET])
    assert drawn.next is not None
    assert drawn.next[0] > drawn.now


def test_it_is_whole_while_the_rhythm_is_kept_and_quiet_where_it_was_not():
    drawn = threads.draw(today=TODAY, contacts=[ago(150), ago(70), ago(30)], rhythm_days=30)
    assert kinds(drawn) == [Piece.QUIET, Piece.WHOLE, Piece.WHOLE]


def test_twice_the_rhythm_is_still_whole_and_a_day_more_is_not():
    assert kinds(threads.draw(today=TODAY, contacts=[ago(60)], rhythm_days=30)) == [Piece.WHOLE]
    assert kinds(threads.draw(today=TODAY, contacts=[ago(61)], rhythm_days=30)) == [Piece.QUIET]


def test_what_is_late_says_so():
    drawn = threads.draw(today=TODAY, contacts=[ago(40)], next_on=ago(10), rhythm_days=30)
    assert kinds(drawn) == [Piece.LATE]
    assert drawn.next == (drawn.next[0], True)


def test_a_referral_is_a_gift_in_the_place_of_a_knot():
    drawn = threads.draw(today=TODAY, contacts=[ago(40), ago(10)], gifts=[ago(10)])
    assert [kind for _x, kind in drawn.points] == ["knot", "gift"]


def test_what_is_older_than_a_year_is_left_out():
    assert threads.draw(today=TODAY, contacts=[ago(400)]).points == ()


def test_what_would_lie_on_top_of_each_other_is_drawn_once():
    drawn = threads.draw(today=TODAY, contacts=[ago(days) for days in range(365)], rhythm_days=30)
    assert len(drawn.points) == 122
    assert drawn.points[-1] == (drawn.now, "knot")
    assert set(kinds(drawn)) == {Piece.WHOLE}


def test_months_are_named_every_other_time():
    marks = [day for _x, day in threads.draw(today=TODAY, contacts=[]).marks]
    assert marks == [date(2025, 11, 1), *(date(2026, month, 1) for month in (1, 3, 5, 7, 9, 11))]


days = st.dates(min_value=date(2, 1, 1), max_value=date(9998, 1, 1))


@given(today=days, contacts=st.lists(days, max_size=20), next_on=st.none() | st.dates(), flag_on=st.none() | st.dates())
def test_everything_stays_on_the_page(today, contacts, next_on, flag_on):
    near = [today - timedelta(days=abs((day - today).days) % 500) for day in contacts if today.year > 3]
    drawn = threads.draw(today=today, contacts=near, gifts=near[:3], next_on=next_on, flag_on=flag_on, rhythm_days=30)
    places = [x for x, _kind in drawn.points] + [drawn.now, *(x for x, _day in drawn.marks)]
    places += [x for start, end, _kind in drawn.pieces for x in (start, end)]
    places += [drawn.next[0]] if drawn.next else []
    assert all(LEFT <= x <= RIGHT for x in places)
    assert all(start <= end for start, end, _kind in drawn.pieces)
