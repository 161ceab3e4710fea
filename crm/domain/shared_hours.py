"""The hours in which a vendor and the business both work: by their time zones, day by day, summer time included."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum, auto
from functools import lru_cache
from itertools import groupby
from typing import Protocol

from crm.core import clock
from crm.domain import working_hours
from crm.domain.working_hours import DAY, NINE_TO_FIVE, WEEK, Hours, Span, Unread, joined

LOOKS_AHEAD = timedelta(days=364)
"""So far ahead the changes are looked for where no end is given."""
_NOON = 12
_DAYS_APART = 2
"""Days of one side that may meet a given day of the other: time zones lie 26 hours apart at most, and a span begins
on its own day."""


class Lacks(StrEnum):
    """What is not known, so that nothing can be worked out."""

    THEIR_HOURS = auto()
    THEIR_HOURS_UNREAD = auto()
    THEIR_ZONE = auto()
    OUR_HOURS_UNREAD = auto()


@dataclass(frozen=True, slots=True)
class Week:
    """What is shared on each weekday of ours, Monday first, in minutes of our clock; None on days without any work of
    ours."""

    by_weekday: tuple[tuple[Span, ...] | None, ...]

    @property
    def minutes(self) -> tuple[int | None, ...]:
        """How long on each weekday; None on days without any work of ours."""
        return tuple(None if spans is None else sum(span.minutes for span in spans) for spans in self.by_weekday)


@dataclass(frozen=True, slots=True)
class Run:
    """From one day to another, both included, on which every week is alike."""

    first: date
    last: date
    week: Week

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class SharedHours:
    """What is shared over some days, or why nobody can tell.

    theirs   the vendor's hours as they were read; None where they could not be.
    usual    how it is on most of the days; None where something is lacking.
    changes  the stretches in which it is otherwise, in order.
    unread   the words that nobody understood, of theirs first.
    """

    first: date
    last: date
    lacks: tuple[Lacks, ...]
    theirs: Hours | None
    usual: Run | None = None
    changes: tuple[Run, ...] = ()
    unread: str = ""


class AtWork(Protocol):
    """Whoever works: the business or a vendor."""

    @property
    def time_zone(self) -> str: ...

    @property
    def working_hours(self) -> str: ...


class Business(AtWork, Protocol):
    """The business, with the weekdays that it works on."""

    @property
    def open_weekdays(self) -> frozenset[int]: ...


def with_vendor(vendor: AtWork, business: Business, *, first: date, last: date | None = None) -> SharedHours:
    """What a vendor and the business share from one day to another, for a year at most.

    Asks the database nothing. A business that says no hours works from 9 to 17; a vendor who says none, or no time
    zone, is told among ``lacks``. A vendor who names no days is taken to work on the weekdays that the business works
    on. Public holidays are not looked at.
    """
    last = max(first, min(last or first + LOOKS_AHEAD, first + LOOKS_AHEAD))
    ours = working_hours.read(business.working_hours) if business.working_hours.strip() else NINE_TO_FIVE
    theirs = working_hours.read(vendor.working_hours)
    lacks = tuple(_lacks(ours, theirs, vendor))
    if lacks or isinstance(ours, Unread) or isinstance(theirs, Unread):
        unread = next((each.rest for each in (theirs, ours) if isinstance(each, Unread)), "")
        return SharedHours(first, last, lacks, None if isinstance(theirs, Unread) else theirs, unread=unread)
    if len(theirs.weekdays) == WEEK:
        theirs = theirs.on(business.open_weekdays)
    found = runs((ours, business.time_zone), (theirs, vendor.time_zone), first, last, business.open_weekdays)
    usual = _usual(found)
    return SharedHours(first, last, (), theirs, usual, tuple(run for run in found if run.week != usual.week))


def minutes_on(day: date, ours: tuple[Hours, str], theirs: tuple[Hours, str]) -> int:
    """How many minutes of the hours that begin on our ``day`` are hours of theirs too, each side with its IANA zone.

    The clocks of a day are those of its noon in UTC, for the night in which they change as for any other.
    """
    return sum(span.minutes for span in _shared(ours[0], theirs[0], day.weekday(), _lead(day, ours[1], theirs[1])))


def runs(
    ours: tuple[Hours, str], theirs: tuple[Hours, str], first: date, last: date, weekdays: Collection[int]
) -> list[Run]:
    """The stretches from ``first`` to ``last`` in which every week is alike; ``weekdays`` are those we work on."""
    days = (first + timedelta(days=step) for step in range((last - first).days + 1))

    def week_of(day: date) -> Week:
        return _week(ours[0], theirs[0], _lead(day, ours[1], theirs[1]), frozenset(weekdays))

    found = [(week, list(alike)) for week, alike in groupby(days, week_of)]
    return [Run(alike[0], alike[-1], week) for week, alike in found]


def _lacks(ours: Hours | Unread, theirs: Hours | Unread, vendor: AtWork) -> Iterator[Lacks]:
    if not vendor.working_hours.strip():
        yield Lacks.THEIR_HOURS
    elif isinstance(theirs, Unread):
        yield Lacks.THEIR_HOURS_UNREAD
    if not clock.is_zone(vendor.time_zone):
        yield Lacks.THEIR_ZONE
    if isinstance(ours, Unread):
        yield Lacks.OUR_HOURS_UNREAD


def _usual(found: list[Run]) -> Run:
    """The longest stretch of what holds on most days; the earliest such where two weeks hold equally long."""
    days: dict[Week, int] = {}
    for run in found:
        days[run.week] = days.get(run.week, 0) + run.days
    most = max(days, key=lambda week: days[week])
    return max((run for run in found if run.week == most), key=lambda run: run.days)


def _lead(day: date, our_zone: str, their_zone: str) -> int:
    """By how many minutes their clock is ahead of ours on a day."""
    noon = clock.instant_of(day, _NOON, "UTC")
    offsets = [noon.astimezone(clock.zone(name)).utcoffset() or timedelta() for name in (our_zone, their_zone)]
    return (offsets[1] - offsets[0]) // timedelta(minutes=1)


@lru_cache(maxsize=512)
def _week(ours: Hours, theirs: Hours, lead: int, weekdays: frozenset[int]) -> Week:
    return Week(
        tuple(
            _shared(ours, theirs, weekday, lead) if weekday in weekdays and ours.by_weekday[weekday] else None
            for weekday in range(WEEK)
        )
    )


def _shared(ours: Hours, theirs: Hours, weekday: int, lead: int) -> tuple[Span, ...]:
    """What of our weekday's hours is work of theirs too, by our clock."""
    on_our_clock = [
        Span(span.start + apart * DAY - lead, span.end + apart * DAY - lead)
        for apart in range(-_DAYS_APART, _DAYS_APART + 1)
        for span in theirs.by_weekday[(weekday + apart) % WEEK]
    ]
    meetings = (
        Span(max(mine.start, other.start), min(mine.end, other.end))
        for mine in ours.by_weekday[weekday]
        for other in on_our_clock
    )
    return joined(meeting for meeting in meetings if meeting.start < meeting.end)
