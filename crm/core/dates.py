"""Calendar arithmetic on local dates: months that clamp, open and closed days.

Nothing here asks what day it is. Dates stop at ``FAR_END``, the last one that Python knows: arithmetic that
would go beyond it ends there instead of failing.
"""

import re
from calendar import monthrange
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
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
    holidays: Container[date] = frozenset()
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

    def without(self, first: date | None, last: date | None) -> "OpenDays":
        """The same days but for a range that is closed as well; without both its ends nothing is."""
        if first is None or last is None:
            return self
        return replace(self, closed_ranges=(*self.closed_ranges, (first, last)))

    def _nearest_open(self, day: date, *, step: int) -> date:
        tried = day
        while abs((tried - day).days) <= HORIZON_DAYS:
            if self.is_open(tried):
                return tried
            tried, before = add_days(self._end_of_range(tried, step), step), tried
            if tried == before:
                break
        return day

    def _end_of_range(self, day: date, step: int) -> date:
        """The last day of a range that closes this day, looking that way: a long leave is passed over at once."""
        ends = [last if step > 0 else first for first, last in self.closed_ranges if first <= day <= last]
        return max(ends, default=day) if step > 0 else min(ends, default=day)


# Days as people and programs write them

_YEAR_FIRST = re.compile(r"(?a:(\d{4})-(\d{1,2})-(\d{1,2}))")
_DOTTED = re.compile(r"(?a:(\d{1,2})\.(\d{1,2})\.(\d{4}))")
_SLASHED = re.compile(r"(?a:(\d{1,2})/(\d{1,2})/(\d{4}))")


def read_day(typed: str, *, month_first: bool | None) -> date | None:
    """The day that a text says: ``2026-11-27``, ``27.11.2026``, or divided by slashes; None where it says none.

    Where dots divide, the day comes first. Slashes say nothing by themselves: ``month_first`` does, and without it
    such a text says no day.
    """
    cleaned = typed.strip()
    if (found := _YEAR_FIRST.fullmatch(cleaned)) is not None:
        year, month, day = found.groups()
    elif (found := _DOTTED.fullmatch(cleaned)) is not None:
        day, month, year = found.groups()
    elif month_first is not None and (found := _SLASHED.fullmatch(cleaned)) is not None:
        day, month, year = (found[2], found[1], found[3]) if month_first else found.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def month_comes_first(values: Iterable[str], *, usually: bool) -> bool:
    """How slashes divide the dates of a column: as its days above 12 say, and where none does, as ``usually``."""
    found = [match for value in values if (match := _SLASHED.fullmatch(value.strip())) is not None]
    days_first = sum(int(match[1]) > 12 for match in found)
    months_first = sum(int(match[2]) > 12 for match in found)
    return usually if days_first == months_first else months_first > days_first
