"""The chart of how a vendor's trust came about: its points, the entries that moved it, and where all of it is drawn."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby

from crm.core import formats
from crm.core.dates import add_months
from crm.core.i18n import _
from crm.domain import trust_scores
from crm.domain.trust_scores import Move, Trust
from crm.models.enums import Dimension, Direction, Visibility
from crm.queries.trust_figures import EntryRow, Told
from crm.web.trust_figures import Shown, points, shown

MOST_MARKS = 8
STEPS = 48
SHORTEST_DAYS = 28
GRID = (100, 75, 50, 25, 0)
_LEFT, _RIGHT, _TOP, _BOTTOM = 4.0, 98.0, 6.0, 88.0
_BESIDE = 1.8
_MOST_MONTHS = 10


class Over(StrEnum):
    """How far back a chart goes."""

    ALL = "all"
    SIX_MONTHS = "6"
    THREE_MONTHS = "3"


MONTHS = {Over.SIX_MONTHS: 6, Over.THREE_MONTHS: 3}


@dataclass(frozen=True, slots=True)
class Moved:
    """An entry that moved the figure, by how many points at its time (None: it made the figure known), and to what."""

    entry: EntryRow
    by: int | None
    to: int

    @property
    def strength(self) -> int:
        """By how much it moved; what made the figure known moved it from where nothing is known."""
        return self.to - 50 if self.by is None else self.by


@dataclass(frozen=True, slots=True)
class Point:
    """A day of the chart; ``x`` from left to right and ``y`` values from the top, in percent of its sides."""

    on: date
    x: float
    trust: Trust
    score: Shown | None

    @property
    def y(self) -> float:
        """Where the line is."""
        return height(self.score.points) if self.score else 0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """An entry that moved the figure, with its number and what it says, and where it is drawn."""

    number: int
    moved: Moved
    told: Told
    x: float
    y: float

    @property
    def entry(self) -> EntryRow:
        """The entry."""
        return self.moved.entry

    @property
    def is_up(self) -> bool:
        """Whether it points up: what made the figure known does as the entry itself does."""
        by = self.moved.by
        return self.entry.direction is Direction.POSITIVE if by is None else by > 0

    @property
    def words(self) -> str:
        """What it did."""
        by = self.moved.by
        if by is None:
            return _("figure %(points)s", points=self.moved.to)
        return _("up %(points)s", points=by) if by > 0 else _("down %(points)s", points=-by)

    @property
    def is_private(self) -> bool:
        """Whether not everybody may read it."""
        return self.entry.visibility is not Visibility.TEAM

    @property
    def tip_x(self) -> float:
        """Where its words begin so that they stay within the chart, in percent."""
        return round(min(max(self.x - 25, 0), 50), 2)

    @property
    def tip_y(self) -> int:
        """Above a mark in the lower half of the chart, below one in the upper."""
        return 4 if self.y > 50 else 58


@dataclass(frozen=True, slots=True)
class Chart:
    """How a figure came about. ``pieces`` are the stretches in which it was known."""

    points: list[Point]
    marks: list[Mark]
    months: list[tuple[float, str]]

    @property
    def pieces(self) -> list[list[Point]]:
        """The points with a figure, in stretches without a gap."""
        stretches = groupby(self.points, key=lambda point: point.score is not None)
        return [list(stretch) for is_known, stretch in stretches if is_known]

    @property
    def lines(self) -> list[tuple[str, str]]:
        """For each stretch its wash, as the points of a polygon, and its line, as a path."""
        return [(_wash(piece), _line(piece)) for piece in self.pieces]


def height(value: int) -> float:
    """Where a value out of a hundred stands, in percent from the top."""
    return round(_BOTTOM - (_BOTTOM - _TOP) * value / 100, 2)


def until(entries: Iterable[EntryRow], today: date) -> list[EntryRow]:
    """The entries as they count on a day: what a colleague wrote for whom it is tomorrow already happened today."""
    return [replace(entry, occurred_on=min(entry.occurred_on, today)) for entry in entries]


def first_day(figure_on: date, entries: Sequence[EntryRow], over: Over) -> date:
    """Where a chart begins: with the first entry, or some months ago."""
    if over in MONTHS:
        return add_months(figure_on, -MONTHS[over])
    earliest = min((entry.occurred_on for entry in entries), default=figure_on)
    return min(earliest, figure_on - timedelta(days=SHORTEST_DAYS))


def movers(entries: Iterable[EntryRow], of: Dimension | None, since: date) -> list[Moved]:
    """The entries since a day that moved the figure most, the earliest first."""
    found = [moved for move in trust_scores.moves(entries) if (moved := _moved(move, of)) is not None]
    within = [moved for moved in found if moved.entry.occurred_on >= since]
    strongest = sorted(within, key=lambda moved: (abs(moved.strength), moved.entry.occurred_on), reverse=True)
    return sorted(strongest[:MOST_MARKS], key=within.index)


def _moved(move: Move[EntryRow], of: Dimension | None) -> Moved | None:
    before, after = move.before.known(of), move.after.known(of)
    if after is None:
        return None
    to = points(after.value)
    by = to - points(before.value) if before else None
    return None if by == 0 else Moved(move.entry, by, to)


def days_of(first: date, last: date, moved: Iterable[Moved]) -> list[date]:
    """The days that a chart shows: equal steps, and each day on which something moved it with the day before."""
    span = (last - first).days
    steps = {first + timedelta(days=round(span * step / STEPS)) for step in range(STEPS + 1)}
    turns = {each.entry.occurred_on - timedelta(days=back) for each in moved for back in (0, 1)}
    return sorted(steps | {day for day in turns if first <= day <= last})


def chart(
    entries: Sequence[EntryRow],
    days: Sequence[date],
    moved: Sequence[Moved],
    told: Mapping[int, Told],
    of: Dimension | None,
) -> Chart:
    """The chart of the headline, or of one dimension."""
    first, last = days[0], days[-1]
    found = [
        Point(day, _across(day, first, last), trust, shown(trust.known(of)))
        for day, trust in zip(days, trust_scores.history(entries, days), strict=True)
    ]
    readable = [each for each in moved if each.entry.id in told]
    marks = [
        Mark(number, each, told[each.entry.id], x, height(each.to))
        for number, (each, x) in enumerate(zip(readable, _places(readable, first, last), strict=True), start=1)
    ]
    return Chart(found, marks, list(_months(first, last)))


def _places(moved: Sequence[Moved], first: date, last: date) -> Iterator[float]:
    """Where marks stand from left to right: those of one day beside each other, the last one on the day."""
    for day, each in groupby(moved, key=lambda one: one.entry.occurred_on):
        count = len(list(each))
        for back in reversed(range(count)):
            yield round(_across(day, first, last) - back * _BESIDE, 2)


def by_month(chart: Chart) -> list[Point]:
    """The last point of each month, for the table below a chart."""
    months = groupby(chart.points, key=lambda point: (point.on.year, point.on.month))
    return [list(each)[-1] for _month, each in months]


def _across(day: date, first: date, last: date) -> float:
    share = (day - first).days / max(1, (last - first).days)
    return round(_LEFT + (_RIGHT - _LEFT) * share, 2)


def _wash(piece: Sequence[Point]) -> str:
    known = [(point.x, point.score) for point in piece if point.score]
    upper = [f"{x},{height(score.high)}" for x, score in known]
    lower = [f"{x},{height(score.low)}" for x, score in reversed(known)]
    return " ".join(upper + lower)


def _line(piece: Sequence[Point]) -> str:
    return "M" + " L".join(f"{point.x} {point.y}" for point in piece)


def _months(first: date, last: date) -> Iterator[tuple[float, str]]:
    """Where months begin, with their names; the first and the last day where they do not."""
    starts = [first] if first.day == 1 else []
    day = add_months(first.replace(day=1), 1)
    while day <= last:
        starts.append(day)
        day = add_months(day, 1)
    if len(starts) < 2:
        yield from ((_across(day, first, last), formats.day(day, last)) for day in (first, last))
        return
    for start in starts[:: -(-len(starts) // _MOST_MONTHS)]:
        yield _across(start, first, last), formats.short_month(start)
