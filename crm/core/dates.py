"""Calendar arithmetic on local dates: months that clamp, open and closed days.

Nothing here asks what day it is. Dates stop at ``FAR_END``, the last one that Python knows: arithmetic that
would go beyond it ends there instead of failing.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

FAR_END = date.max
HORIZON_DAYS = 5 * 366
"""How far, in days, an open day is looked for before giving up."""

MONDAY_TO_FRIDAY = frozenset(range(5))


class CadenceUnit(StrEnum):
    """What an interval is counted in."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


def add_days(day: date, days: int) -> date:
    """The date so many days later (earlier, when negative), between the first and the last possible date."""
    ordinal = day.toordinal() + days
    return date.fromordinal(min(max(ordinal, date.min.toordinal()), FAR_END.toordinal()))


def add_months(anchor: date, months: int) -> date:
    """The same day of the month so many months later, or that month's last day when it is shorter.

    Always count from the anchor, never from the previous result, or 31 January drifts to the 28th for ever:
    31 January plus 1 is 28 February, plus 2 is 31 March.
    """
    year, month_index = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    if year > FAR_END.year:
        return FAR_END
    if year < date.min.year:
        return date.min
    month = month_index + 1
    return date(year, month, min(anchor.day, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class OpenDays:
    """Which days are open: a working weekday (Monday is 0), no holiday, and outside every closed range.

    Ranges are (first closed day, last closed day), both included; one that ends before it begins closes
    nothing.
    """

    weekdays: frozenset[int] = MONDAY_TO_FRIDAY
    holidays: frozenset[date] = frozenset()
    closed_ranges: tuple[tuple[date, date], ...] = ()

    def is_open(self, day: date) -> bool:
        """Whether one can be in touch on this day."""
        return (
            day.weekday() in self.weekdays
            and day not in self.holidays
            and not any(first <= day <= last for first, last in self.closed_ranges)
        )

    def next_open_day(self, day: date) -> date:
        """The day itself when open, else the first open day after it.

        Where ``HORIZON_DAYS`` hold no open day (no working weekday, a leave without a real end), the day
        itself: better a closed day than a date that never comes.
        """
        return self._nearest_open(day, step=1)

    def last_open_day_on_or_before(self, day: date) -> date:
        """The day itself when open, or when no day within that horizon is; else the last open day before."""
        return self._nearest_open(day, step=-1)

    def _nearest_open(self, day: date, *, step: int) -> date:
        for distance in range(HORIZON_DAYS + 1):
            tried = add_days(day, distance * step)
            if self.is_open(tried):
                return tried
        return day
