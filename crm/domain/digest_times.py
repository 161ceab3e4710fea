"""When a person's next morning letter goes out: computed from plain values."""

from datetime import datetime, timedelta

from crm.core import clock

DAYS_AHEAD = 9
"""The present local date may have passed its hour or lie a day behind; any weekday comes within the next seven."""


def next_digest_at(time_zone: str, hour: int, weekdays: str, after: datetime) -> datetime | None:
    """The first instant after ``after`` that is the full hour of a chosen weekday in the person's time zone.

    ``weekdays`` are digits, Monday is 0. Each local date has exactly one such instant, also where the clock skips
    the hour or shows it twice. None where no weekday is chosen.
    """
    today = clock.local(after, time_zone).date()
    for distance in range(-1, DAYS_AHEAD):
        day = today + timedelta(days=distance)
        if str(day.weekday()) not in weekdays:
            continue
        instant = clock.instant_of(day, hour, time_zone)
        if instant > after:
            return instant
    return None
