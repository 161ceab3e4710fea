"""Hours in which both sides work, by time zones and summer time: tables made by hand, and what always holds."""

import itertools
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core import clock
from crm.domain.shared_hours import Lacks, minutes_on, runs, with_vendor
from crm.domain.working_hours import DAY, NINE_TO_FIVE, Hours, Span, read

MON_TO_FRI = frozenset(range(5))
HOUR = 60
ZONES = ["Europe/London", "America/New_York", "Australia/Sydney", "Asia/Kathmandu", "UTC", "Pacific/Kiritimati"]


def worked(words):
    hours = read(words)
    assert isinstance(hours, Hours)
    return hours


class TestOnADay:
    @pytest.mark.parametrize(
        ("day", "ours", "theirs", "hours"),
        [
            # New York is five hours behind London; four in the weeks after its spring and before its autumn.
            ("2026-03-06", ("9–17", "Europe/London"), ("9–17", "America/New_York"), 3),
            ("2026-03-07", ("9–17", "Europe/London"), ("9–17", "America/New_York"), 3),
            ("2026-03-08", ("9–17", "Europe/London"), ("9–17", "America/New_York"), 4),
            ("2026-03-27", ("9–17", "Europe/London"), ("9–17", "America/New_York"), 4),
            ("2026-03-28", ("9–17", "Europe/London"), ("9–17", "America/New_York"), 4),
            ("2026-03-29", ("9–17", "Europe/London"), ("9–17", "America/New_York"), 3),
            ("2026-10-24", ("9–17", "Europe/London"), ("9–17", "America/New_York"), 3),
            ("2026-10-25", ("9–17", "Europe/London"), ("9–17", "America/New_York"), 4),
            ("2026-10-31", ("9–17", "Europe/London"), ("9–17", "America/New_York"), 4),
            ("2026-11-01", ("9–17", "Europe/London"), ("9–17", "America/New_York"), 3),
            # Sydney is eleven, ten, nine, ten and eleven hours ahead of London in the course of a year.
            ("2026-03-28", ("7–15", "Europe/London"), ("12–20", "Australia/Sydney"), 2),
            ("2026-03-29", ("7–15", "Europe/London"), ("12–20", "Australia/Sydney"), 3),
            ("2026-04-04", ("7–15", "Europe/London"), ("12–20", "Australia/Sydney"), 3),
            ("2026-04-05", ("7–15", "Europe/London"), ("12–20", "Australia/Sydney"), 4),
            ("2026-10-03", ("7–15", "Europe/London"), ("12–20", "Australia/Sydney"), 4),
            ("2026-10-04", ("7–15", "Europe/London"), ("12–20", "Australia/Sydney"), 3),
            ("2026-10-25", ("7–15", "Europe/London"), ("12–20", "Australia/Sydney"), 2),
            # Zones that keep no summer time, of half hours and of quarters.
            ("2026-01-15", ("9–17", "Asia/Tokyo"), ("9–17", "Asia/Singapore"), 7),
            ("2026-07-15", ("9–17", "Asia/Tokyo"), ("9–17", "Asia/Singapore"), 7),
            ("2026-01-15", ("9–17", "Europe/London"), ("9–17", "Asia/Kolkata"), 2.5),
            ("2026-07-15", ("9–17", "Europe/London"), ("9–17", "Asia/Kolkata"), 3.5),
            ("2026-07-15", ("9–17", "UTC"), ("9–17", "Asia/Kathmandu"), 2.25),
            ("2026-07-15", ("9–17", "America/St_Johns"), ("9–17", "America/New_York"), 6.5),
            # Over midnight, and across the date line.
            ("2026-01-15", ("22–6", "Europe/London"), ("9–17", "Australia/Sydney"), 8),
            ("2026-07-15", ("22–6", "Europe/London"), ("9–17", "Australia/Sydney"), 6),
            ("2026-01-15", ("9–17", "Australia/Sydney"), ("22–6", "Europe/London"), 8),
            ("2026-01-15", ("22–6", "Europe/London"), ("22–6", "Europe/Paris"), 7),
            ("2026-01-15", ("9–17", "Pacific/Kiritimati"), ("9–17", "Pacific/Honolulu"), 8),
            ("2026-01-15", ("9–17", "Pacific/Pago_Pago"), ("9–17", "Pacific/Kiritimati"), 7),
            # Two spans; nothing at all.
            ("2026-01-15", ("9–12, 14–18", "Europe/London"), ("11–15", "Europe/London"), 2),
            ("2026-01-15", ("9–17", "Europe/London"), ("9–17", "Australia/Sydney"), 0),
        ],
    )
    def test_is_as_worked_out_by_hand(self, day, ours, theirs, hours):
        found = minutes_on(date.fromisoformat(day), (worked(ours[0]), ours[1]), (worked(theirs[0]), theirs[1]))
        assert found == hours * HOUR

    def test_their_days_are_their_own(self):
        """Our Friday afternoon on the Pacific coast is Saturday in Sydney."""
        ours, theirs = (NINE_TO_FIVE, "America/Los_Angeles"), (worked("Mon–Fri 9–17"), "Australia/Sydney")
        thursday, friday = date(2026, 1, 15), date(2026, 1, 16)
        assert (minutes_on(thursday, ours, theirs), minutes_on(friday, ours, theirs)) == (3 * HOUR, 0)
        sunday = minutes_on(date(2026, 1, 18), ours, theirs)
        assert sunday == 3 * HOUR, "our Sunday afternoon is their Monday"


spans = st.tuples(st.integers(0, DAY - 1), st.integers(1, DAY)).map(lambda pair: Span(pair[0], sum(pair)))
daily = spans.map(Hours.daily)
zones = st.sampled_from(ZONES)
days = st.dates(date(2025, 1, 1), date(2027, 12, 31))


class TestAlways:
    @given(daily, zones, daily, zones, days)
    def test_it_is_the_same_from_either_side(self, one, here, other, there, day):
        assert minutes_on(day, (one, here), (other, there)) == minutes_on(day, (other, there), (one, here))

    @given(daily, zones, daily, zones, days)
    def test_it_is_never_more_than_the_shorter_span(self, one, here, other, there, day):
        shorter = min(one.by_weekday[0][0].minutes, other.by_weekday[0][0].minutes)
        assert 0 <= minutes_on(day, (one, here), (other, there)) <= shorter

    @given(daily, daily, zones, zones, days)
    def test_moving_both_to_another_zone_changes_nothing(self, one, other, here, there, day):
        assert minutes_on(day, (one, here), (other, here)) == minutes_on(day, (one, there), (other, there))

    @given(daily, zones, days)
    def test_with_oneself_it_is_the_whole(self, hours, here, day):
        assert minutes_on(day, (hours, here), (hours, here)) == hours.by_weekday[0][0].minutes

    @given(daily, zones, daily, zones, days, st.integers(0, 500))
    def test_a_span_of_days_is_covered_once_and_each_day_as_it_is_alone(self, one, here, other, there, first, more):
        last = first + timedelta(days=more)
        found = runs((one, here), (other, there), first, last, range(7))
        assert found[0].first == first
        assert found[-1].last == last
        assert all(before.last + timedelta(days=1) == after.first for before, after in itertools.pairwise(found))
        for run in found:
            for day in {run.first, run.last}:
                assert run.week.minutes[day.weekday()] == minutes_on(day, (one, here), (other, there))


@pytest.fixture
def business():
    return SimpleNamespace(time_zone="Europe/London", working_hours="", open_weekdays=MON_TO_FRI)


def vendor(hours, zone):
    return SimpleNamespace(working_hours=hours, time_zone=zone)


class TestWithAVendor:
    def test_says_what_is_usual_and_when_it_is_otherwise(self, business):
        found = with_vendor(vendor("Mon–Fri 9–17", "America/New_York"), business, first=date(2026, 1, 1))
        assert found.lacks == ()
        assert found.usual.week.minutes == (180,) * 5 + (None, None)
        assert found.usual.week.by_weekday[0] == (Span(14 * 60, 17 * 60),), "by our clock"
        assert [(run.first, run.last, run.week.minutes[0]) for run in found.changes] == [
            (date(2026, 3, 8), date(2026, 3, 28), 240),
            (date(2026, 10, 25), date(2026, 10, 31), 240),
        ]

    def test_looks_at_a_year_at_most_and_at_the_days_asked_for_only(self, business):
        one = vendor("9–17", "America/New_York")
        assert with_vendor(one, business, first=date(2026, 1, 1), last=date(2026, 3, 6)).changes == ()
        far = with_vendor(one, business, first=date(2026, 1, 1), last=date(2056, 1, 1))
        assert far.last == date(2026, 12, 31)

    def test_takes_whoever_names_no_days_to_work_on_ours(self, business):
        business.open_weekdays = frozenset({0, 1})
        found = with_vendor(vendor("9–17", "Europe/London"), business, first=date(2026, 1, 1))
        assert found.theirs.weekdays == {0, 1}
        assert found.usual.week.minutes == (480, 480, None, None, None, None, None)

    def test_takes_the_business_at_its_word(self, business):
        business.working_hours = "Mon–Thu 8–16"
        found = with_vendor(vendor("9–17", "Europe/London"), business, first=date(2026, 1, 1))
        assert found.usual.week.minutes == (420,) * 4 + (None,) * 3

    @pytest.mark.parametrize(
        ("hours", "zone", "ours", "lacks", "unread"),
        [
            ("", "Europe/Paris", "", (Lacks.THEIR_HOURS,), ""),
            ("9–17", "", "", (Lacks.THEIR_ZONE,), ""),
            ("", "", "", (Lacks.THEIR_HOURS, Lacks.THEIR_ZONE), ""),
            ("9–17", "Mars/Base", "", (Lacks.THEIR_ZONE,), ""),
            ("mornings", "Europe/Paris", "", (Lacks.THEIR_HOURS_UNREAD,), "mornings"),
            ("9–17", "Europe/Paris", "whenever", (Lacks.OUR_HOURS_UNREAD,), "whenever"),
        ],
    )
    def test_says_what_is_lacking(self, business, hours, zone, ours, lacks, unread):
        business.working_hours = ours
        found = with_vendor(vendor(hours, zone), business, first=date(2026, 1, 1))
        assert (found.lacks, found.unread, found.usual) == (lacks, unread, None)


def test_the_zones_of_the_tables_are_known():
    assert all(clock.is_zone(name) for name in ZONES)
