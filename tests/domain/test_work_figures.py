"""What finished work says: on time, turnaround, revisions, each with what it rests on. Tables and properties."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.work_figures import Share, figures
from crm.models.enums import WorkOutcome
from crm.queries.delegated_works import Finished

TODAY = date(2026, 10, 5)
ACCEPTED, REJECTED, CALLED_OFF = WorkOutcome.ACCEPTED, WorkOutcome.REJECTED, WorkOutcome.CALLED_OFF


def ago(days):
    return None if days is None else TODAY - timedelta(days=days)


def piece(asked, due, came=None, outcome=None, rounds=0, decided=None):
    """A piece of work by how many days ago it was asked for, due, delivered and decided."""
    decided = came if decided is None and outcome is not None else decided
    return Finished(ago(asked), ago(due), ago(came), outcome, ago(decided), rounds)


@pytest.mark.parametrize(
    ("works", "on_time", "taken", "revised"),
    [
        ([], (0, 0), None, (0, 0)),
        ([piece(20, 10, 10, ACCEPTED)], (1, 1), None, (0, 1)),
        ([piece(20, 10, 9, ACCEPTED)], (0, 1), None, (0, 1)),
        # what has not come by its first day is late already, and what is not due yet says nothing
        ([piece(20, 1)], (0, 1), None, (0, 0)),
        ([piece(20, 0)], (0, 0), None, (0, 0)),
        # called off before it came, nobody was late; after it came, it came
        ([piece(20, 10, None, CALLED_OFF, decided=5)], (0, 0), None, (0, 0)),
        ([piece(20, 10, 12, CALLED_OFF)], (1, 1), None, (0, 0)),
        # a rejected piece came, and is not among those accepted
        ([piece(20, 10, 12, REJECTED, 2)], (1, 1), None, (0, 0)),
        # three are enough; the middle of an even number lies between two
        ([piece(20, 10, 15), piece(20, 10, 10), piece(20, 10, 5)], (2, 3), 10.0, (0, 0)),
        ([piece(20, 10, 15), piece(20, 10, 10), piece(20, 10, 5), piece(20, 10, 4)], (2, 4), 12.5, (0, 0)),
        # rounds count once, however many
        (
            [piece(20, 10, 15, ACCEPTED, 3), piece(20, 10, 15, ACCEPTED), piece(9, 8, 9, ACCEPTED, 1)],
            (3, 3),
            5.0,
            (2, 3),
        ),
    ],
)
def test_the_table(works, on_time, taken, revised):
    found = figures(works, TODAY)
    assert (found.on_time.count, found.on_time.n) == on_time
    assert found.turnaround.days == taken
    assert (found.revised.count, found.revised.n) == revised


@pytest.mark.parametrize(
    ("came", "counts"),
    [(date(2025, 10, 5), True), (date(2025, 10, 4), False), (TODAY, True), (TODAY + timedelta(days=1), False)],
)
def test_twelve_months_count_with_their_first_and_last_day(came, counts):
    work = Finished(date(2025, 9, 1), date(2025, 10, 1), came, ACCEPTED, came, 0)
    found = figures([work], TODAY)
    assert (found.on_time.n, found.turnaround.n, found.revised.n) == ((1, 1, 1) if counts else (0, 0, 0))


def test_what_is_owed_from_before_the_period_is_late_today_all_the_same():
    assert figures([piece(500, 400)], TODAY).on_time == Share(0, 1)


@pytest.mark.parametrize(
    ("count", "n", "percent"),
    [(2, 2, None), (0, 0, None), (0, 3, 0), (3, 3, 100), (1, 3, 33), (2, 3, 67), (1, 8, 13), (5, 8, 63)],
)
def test_a_share_below_three_says_nothing_and_a_half_is_rounded_up(count, n, percent):
    assert Share(count, n).percent == percent


@st.composite
def pieces(draw):
    asked = draw(st.integers(0, 500))
    due = draw(st.integers(-30, asked))
    came = draw(st.one_of(st.none(), st.integers(0, asked)))
    outcome = draw(st.sampled_from([None, CALLED_OFF] if came is None else [None, *WorkOutcome]))
    decided = draw(st.integers(0, came if came is not None else asked)) if outcome else None
    return Finished(ago(asked), ago(due), ago(came), outcome, ago(decided), draw(st.integers(0, 4)))


@given(st.lists(pieces(), max_size=12), st.randoms())
def test_the_order_does_not_matter(works, random):
    shuffled = list(works)
    random.shuffle(shuffled)
    assert figures(shuffled, TODAY) == figures(works, TODAY)


@given(st.lists(pieces(), max_size=12))
def test_no_share_exceeds_what_it_rests_on(works):
    found = figures(works, TODAY)
    for share in (found.on_time, found.revised):
        assert 0 <= share.count <= share.n
        assert (share.percent is None) == (share.n < 3)
    assert (found.turnaround.days is None) == (found.turnaround.n < 3)


@given(st.lists(pieces(), max_size=12), st.integers(0, 300), st.integers(0, 60))
def test_a_further_piece_on_time_never_lowers_the_share_and_a_late_one_never_raises_it(works, came, taken):
    before = figures(works, TODAY).on_time
    good = figures([*works, piece(came + taken, came, came)], TODAY).on_time
    bad = figures([*works, piece(came + taken + 1, came + 1, came)], TODAY).on_time
    assert good.count * before.n >= before.count * good.n
    assert bad.count * before.n <= before.count * bad.n
