"""When the next morning letter goes out."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core import clock
from crm.domain.digest_times import next_digest_at

EVERY_DAY = "0123456"
ZONES = st.sampled_from(
    [
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Kiritimati",
        "Pacific/Pago_Pago",
        "Europe/London",
        "America/New_York",
        "America/Santiago",
        "Africa/Casablanca",
    ]
)
MOMENTS = st.datetimes(
    datetime.combine(date(2020, 1, 1), time()), datetime.combine(date(2037, 12, 31), time()), timezones=st.just(UTC)
)
HOURS = st.integers(0, 23)
WEEKDAYS = st.sets(st.sampled_from(EVERY_DAY), min_size=1).map(lambda days: "".join(sorted(days)))


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.zone("Europe/London"))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-11-24 07:59", "2026-11-24 08:00"),
        ("2026-11-24 08:00", "2026-11-25 08:00"),
        ("2026-11-27 09:00", "2026-11-30 08:00"),
        ("2026-11-28 07:00", "2026-11-30 08:00"),
    ],
)
def test_the_next_working_morning_at_eight(after, expected):
    assert next_digest_at("Europe/London", 8, "01234", london(after)) == london(expected)


def test_one_weekday_comes_once_a_week():
    assert next_digest_at("Europe/London", 8, "2", london("2026-11-25 08:00")) == london("2026-12-02 08:00")


def test_no_weekday_is_never():
    assert next_digest_at("Europe/London", 8, "", london("2026-11-25 08:00")) is None


def test_a_skipped_hour_comes_right_after_the_gap():
    assert next_digest_at("Europe/London", 1, EVERY_DAY, london("2026-03-28 12:00")) == london("2026-03-29 02:00")


def test_an_hour_that_comes_twice_counts_once():
    first = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    assert next_digest_at("Europe/London", 1, EVERY_DAY, first - timedelta(minutes=1)) == first
    second = next_digest_at("Europe/London", 1, EVERY_DAY, first)
    assert second is not None
    assert clock.local(second, "Europe/London").day == 26


@given(MOMENTS, HOURS, WEEKDAYS, ZONES)
def test_it_lies_ahead_within_eight_days_on_a_chosen_weekday(after, hour, weekdays, zone):
    found = next_digest_at(zone, hour, weekdays, after)
    assert found is not None
    assert after < found <= after + timedelta(days=8)
    assert str(clock.local(found, zone).weekday()) in weekdays


@given(MOMENTS, HOURS, WEEKDAYS, ZONES)
def test_going_on_from_each_letter_gives_each_chosen_date_exactly_once(after, hour, weekdays, zone):
    dates = []
    for _letter in range(15):
        after = next_digest_at(zone, hour, weekdays, after)
        assert after is not None
        dates.append(clock.local(after, zone).date())
    first, last = dates[0], dates[-1]
    span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert dates == [day for day in span if str(day.weekday()) in weekdays]


@given(MOMENTS, HOURS, WEEKDAYS, ZONES, st.integers(1, 86_400))
def test_asking_later_never_gives_an_earlier_letter(after, hour, weekdays, zone, seconds):
    first = next_digest_at(zone, hour, weekdays, after)
    later = next_digest_at(zone, hour, weekdays, after + timedelta(seconds=seconds))
    assert first is not None
    assert later is not None
    assert first <= later
