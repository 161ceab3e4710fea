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
        "Pacific/Apia",
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
MINUTES = st.integers(0, 59)
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


@pytest.mark.parametrize(
    ("zone", "at", "day", "first", "shown"),
    [
        # Where the clock skips it, right after the gap.
        ("Europe/Berlin", (2, 30), "2026-03-29", "2026-03-29 01:00", "03:00"),
        ("America/New_York", (2, 30), "2027-03-14", "2027-03-14 07:00", "03:00"),
        ("Australia/Lord_Howe", (2, 15), "2026-10-04", "2026-10-03 15:30", "02:30"),
        ("Australia/Lord_Howe", (2, 30), "2026-10-04", "2026-10-03 15:30", "02:30"),
        ("Africa/Cairo", (0, 0), "2026-04-24", "2026-04-23 22:00", "01:00"),
        # Where the clock shows it twice, the first time.
        ("Europe/Berlin", (2, 30), "2026-10-25", "2026-10-25 00:30", "02:30"),
        ("America/New_York", (1, 30), "2028-11-05", "2028-11-05 05:30", "01:30"),
        ("Australia/Lord_Howe", (1, 45), "2026-04-05", "2026-04-04 14:45", "01:45"),
        ("Australia/Lord_Howe", (2, 15), "2026-04-05", "2026-04-04 15:45", "02:15"),
        # Elsewhere it is what it is.
        ("Asia/Kathmandu", (8, 0), "2026-03-29", "2026-03-29 02:15", "08:00"),
        ("Pacific/Kiritimati", (0, 0), "2026-03-29", "2026-03-28 10:00", "00:00"),
        ("Pacific/Pago_Pago", (23, 59), "2026-03-29", "2026-03-30 10:59", "23:59"),
    ],
)
def test_a_time_of_day_has_one_instant_on_each_date(zone, at, day, first, shown):
    hour, minute = at
    begin = datetime.fromisoformat(f"{day} 12:00").replace(tzinfo=UTC) - timedelta(days=1, hours=2)
    found = begin
    while clock.local(found, zone).date() < date.fromisoformat(day):
        found = next_digest_at(zone, hour, EVERY_DAY, found, minute=minute)
    assert found == datetime.fromisoformat(first).replace(tzinfo=UTC)
    assert clock.local(found, zone).strftime("%H:%M") == shown
    following = next_digest_at(zone, hour, EVERY_DAY, found, minute=minute)
    assert clock.local(following, zone).date() == date.fromisoformat(day) + timedelta(days=1)


def test_a_date_that_a_place_skipped_has_no_letter():
    """Samoa had no 30 December in 2011."""
    after = datetime(2011, 12, 29, 12, tzinfo=UTC)
    dates = []
    for _letter in range(4):
        after = next_digest_at("Pacific/Apia", 8, EVERY_DAY, after)
        dates.append(clock.local(after, "Pacific/Apia").strftime("%d %H:%M"))
    assert dates == ["29 08:00", "31 08:00", "01 08:00", "02 08:00"]


@given(MOMENTS, HOURS, MINUTES, WEEKDAYS, ZONES)
def test_it_lies_ahead_within_eight_days_on_a_chosen_weekday(after, hour, minute, weekdays, zone):
    found = next_digest_at(zone, hour, weekdays, after, minute=minute)
    assert found is not None
    assert after < found <= after + timedelta(days=8)
    assert str(clock.local(found, zone).weekday()) in weekdays


@given(MOMENTS, HOURS, MINUTES, WEEKDAYS, ZONES)
def test_going_on_from_each_letter_gives_each_chosen_date_exactly_once(after, hour, minute, weekdays, zone):
    dates = []
    for _letter in range(15):
        after = next_digest_at(zone, hour, weekdays, after, minute=minute)
        assert after is not None
        dates.append(clock.local(after, zone).date())
    first, last = dates[0], dates[-1]
    span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert dates == [day for day in span if str(day.weekday()) in weekdays]


@given(MOMENTS, HOURS, MINUTES, WEEKDAYS, ZONES, st.integers(1, 86_400))
def test_asking_later_never_gives_an_earlier_letter(after, hour, minute, weekdays, zone, seconds):
    first = next_digest_at(zone, hour, weekdays, after, minute=minute)
    later = next_digest_at(zone, hour, weekdays, after + timedelta(seconds=seconds), minute=minute)
    assert first is not None
    assert later is not None
    assert first <= later


@given(MOMENTS, HOURS, MINUTES, ZONES)
def test_it_is_the_first_minute_of_its_date_that_shows_the_time_or_a_later_one(after, hour, minute, zone):
    found = next_digest_at(zone, hour, EVERY_DAY, after, minute=minute)
    assert found is not None
    shown = clock.local(found, zone)
    assert shown.time() >= time(hour, minute)
    for minutes in (1, 15, 30, 60, 90, 120):
        before = clock.local(found - timedelta(minutes=minutes), zone)
        assert before.date() < shown.date() or before.time() < time(hour, minute)
