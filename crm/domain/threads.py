"""The thread of a vendor: a year of contact as a line with knots, from plain dates. Positions are percents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from crm.core.dates import add_days, add_months

PAST_MONTHS, AHEAD_DAYS = 12, 60
LEFT, RIGHT = 1.5, 98.5
APART_DAYS = 3
"""Knots nearer to each other than this would lie on top of each other."""
QUIET_AFTER_DAYS = 60
"""Without a rhythm, a gap longer than this reads as quiet."""


class Piece(StrEnum):
    """How a stretch of the line is drawn."""

    WHOLE = "whole"
    QUIET = "quiet"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Thread:
    """What to draw. ``marks`` are the first days of months, to be named below the line."""

    points: tuple[tuple[float, str], ...]
    pieces: tuple[tuple[float, float, Piece], ...]
    now: float
    next: tuple[float, bool] | None
    flag: float | None
    marks: tuple[tuple[float, date], ...]


def begins_on(today: date) -> date:
    """The first day that the thread shows."""
    return add_months(today, -PAST_MONTHS)


def draw(
    *,
    today: date,
    contacts: Sequence[date],
    gifts: Sequence[date] = (),
    next_on: date | None = None,
    flag_on: date | None = None,
    rhythm_days: int | None = None,
) -> Thread:
    """The thread from the days on which both sides spoke (``contacts``), those of referrals (``gifts``), the next
    check-in, and the day on which something may change. A gap of more than twice the rhythm is drawn as quiet."""
    first, last = begins_on(today), add_days(today, AHEAD_DAYS)
    span = (last - first).days

    def at(day: date) -> float:
        share = (min(max(day, first), last) - first).days / span
        return round(LEFT + share * (RIGHT - LEFT), 2)

    longest = 2 * rhythm_days if rhythm_days else QUIET_AFTER_DAYS
    spoken = _thinned(sorted({day for day in contacts if first <= day <= today}))
    is_late = next_on is not None and next_on < today
    return Thread(
        points=tuple(
            [(at(day), "knot") for day in spoken if day not in gifts]
            + [(at(day), "gift") for day in sorted({day for day in gifts if first <= day <= today})]
        ),
        pieces=tuple(
            (at(start), at(end), _piece(start, end, today, longest, is_late))
            for start, end in _stretches(spoken, today, next_on)
        ),
        now=at(today),
        next=None if next_on is None else (at(next_on), is_late),
        flag=None if flag_on is None else at(flag_on),
        marks=tuple((at(day), day) for day in _months(first, last)),
    )


def _thinned(days: list[date]) -> list[date]:
    """Without those that would be drawn on top of the one after them; the latest stays."""
    kept: list[date] = []
    for day in reversed(days):
        if not kept or (kept[-1] - day).days >= APART_DAYS:
            kept.append(day)
    return kept[::-1]


def _stretches(spoken: list[date], today: date, next_on: date | None) -> list[tuple[date, date]]:
    stops = [*spoken, today] if spoken else []
    stretches = list(pairwise(stops))
    if next_on is not None and next_on > today:
        stretches.append((today, next_on))
    return [(start, end) for start, end in stretches if start < end]


def _piece(start: date, end: date, today: date, longest: int, is_late: bool) -> Piece:
    if start >= today:
        return Piece.QUIET
    if end == today and is_late:
        return Piece.LATE
    return Piece.WHOLE if (end - start).days <= longest else Piece.QUIET


def _months(first: date, last: date) -> list[date]:
    """Every other first day of a month, none too near the ends."""
    days = [add_months(first.replace(day=1), step) for step in range(1, PAST_MONTHS + 3, 2)]
    return [day for day in days if add_days(first, 14) <= day <= add_days(last, -14)]
