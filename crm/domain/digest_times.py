"""When a person's next morning letter goes out."""

from datetime import datetime, timedelta

from crm.core import clock
from crm.models.workspaces import Membership

DAYS_AHEAD = 9
"""The present local date may have passed the time or lie a day behind; any weekday comes within the next seven."""


def next_digest_at(time_zone: str, hour: int, weekdays: str, after: datetime, *, minute: int = 0) -> datetime | None:
    """The first instant after ``after`` that is the time of day of a chosen weekday in the person's time zone.

    ``weekdays`` are digits, Monday is 0. Each local date has exactly one such instant, also where the clock skips
    the time or shows it twice. None where no weekday is chosen.
    """
    today = clock.local(after, time_zone).date()
    for distance in range(-1, DAYS_AHEAD):
        day = today + timedelta(days=distance)
        if str(day.weekday()) not in weekdays:
            continue
        instant = clock.instant_of(day, hour, time_zone, minute=minute)
        if instant > after and clock.local(instant, time_zone).date() == day:
            return instant
    return None


def next_for(member: Membership, after: datetime) -> datetime | None:
    """The same, as a member (with their user) has chosen it."""
    return next_digest_at(
        member.user.time_zone, member.digest_hour, member.digest_weekdays, after, minute=member.digest_minute
    )
