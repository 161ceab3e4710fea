"""What finished work says of a vendor: how often it came on time, how long it took, how often it came back.

Each figure stands with how many pieces of work it rests on and since when; below three it says nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Protocol

from crm.core.dates import add_months
from crm.models.enums import WorkOutcome

MONTHS = 12
ENOUGH = 3
"""So many pieces of work make a figure."""


class Piece(Protocol):
    """What a piece of work says."""

    @property
    def asked_on(self) -> date: ...
    @property
    def original_due_on(self) -> date: ...
    @property
    def delivered_on(self) -> date | None: ...
    @property
    def outcome(self) -> WorkOutcome | None: ...
    @property
    def decided_on(self) -> date | None: ...
    @property
    def rounds(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: int
    n: int

    @property
    def is_enough(self) -> bool:
        """Whether it rests on enough to be said."""
        return self.n >= ENOUGH

    @property
    def percent(self) -> int | None:
        """In whole percent, a half rounded up; None below enough."""
        return (200 * self.count + self.n) // (2 * self.n) if self.is_enough else None


@dataclass(frozen=True, slots=True)
class Turnaround:
    """The median of the days from asking to the first delivery."""

    days: float | None
    """None below enough."""
    n: int


@dataclass(frozen=True, slots=True)
class WorkFigures:
    """What the work of a period says. Its days count in, the first as well as the last."""

    since: date
    until: date
    on_time: Share
    turnaround: Turnaround
    revised: Share

    @property
    def says_something(self) -> bool:
        """Whether there is anything to rest a figure on, enough or not."""
        return bool(self.on_time.n or self.turnaround.n or self.revised.n)


def begins_on(today: date, months: int = MONTHS) -> date:
    """The first day of the period that ends today."""
    return add_months(today, -months)


def figures(works: Iterable[Piece], today: date, months: int = MONTHS) -> WorkFigures:
    """The figures of the period that ends today.

    On time: of the works that first came in the period, and those that have not come although the day first agreed on
    has passed, the ones that came on that day or before. A day agreed on later changes nothing. What was called off
    before it came is nobody's delay.

    Turnaround: the days from asking to the first delivery, of the works that first came in the period.

    Revised: of the works accepted in the period, the ones that went back for changes once or more before that.
    """
    since = begins_on(today, months)
    rows = list(works)
    came = [(row, day) for row in rows if (day := row.delivered_on) is not None and since <= day <= today]
    owed = sum(1 for row in rows if _is_owed(row, today))
    accepted = [row for row in rows if row.outcome is WorkOutcome.ACCEPTED and _within(row.decided_on, since, today)]
    taken = [(day - row.asked_on).days for row, day in came]
    return WorkFigures(
        since=since,
        until=today,
        on_time=Share(sum(1 for row, day in came if day <= row.original_due_on), len(came) + owed),
        turnaround=Turnaround(float(median(taken)) if len(taken) >= ENOUGH else None, len(taken)),
        revised=Share(sum(1 for row in accepted if row.rounds > 0), len(accepted)),
    )


def _is_owed(row: Piece, today: date) -> bool:
    """Whether it has not come although its first day has passed."""
    return row.delivered_on is None and row.outcome is None and row.original_due_on < today


def _within(day: date | None, since: date, until: date) -> bool:
    return day is not None and since <= day <= until
