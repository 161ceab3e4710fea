"""Readiness checks over time, as places on a drawing. All positions are percent of its width and height."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from crm.domain import readiness_rules
from crm.models.enums import Answer
from crm.queries.readiness import CheckRow

LEFT, RIGHT = 40.0, 96.0
"""Between these the checks are drawn; before them stand the words of the levels."""
_HEIGHTS = {
    Answer.WRITTEN_AND_USED: 14.0,
    Answer.PARTLY_WRITTEN: 37.0,
    Answer.IN_A_HEAD: 60.0,
    Answer.NOT_STARTED: 83.0,
}
_APART = 0.5
"""So far apart two checks stand at the least, as a share of even steps; else all stand in even steps."""


@dataclass(frozen=True, slots=True)
class Dot:
    """So many areas of a check were so far. The lowest is what its verdict rests on."""

    x: float
    y: float
    count: int
    is_lowest: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Levels with their heights, a dot for each level of each check, and the line that joins the lowest."""

    levels: list[tuple[Answer, float]]
    dots: list[Dot]
    lines: list[tuple[float, float, float, float]]
    first: date
    last: date


def chart(checks: Sequence[CheckRow]) -> Chart | None:
    """The drawing of concluded checks, given the latest first; None for fewer than two, which show no change."""
    if len(checks) < 2:
        return None
    rows = list(reversed(checks))
    dots: list[Dot] = []
    lowest: list[tuple[float, float]] = []
    for row, x in zip(rows, places([each.concluded_on for each in rows]), strict=True):
        levels = Counter(readiness_rules.outcome(row.answers).areas.values())
        least = min(levels)
        dots += [Dot(x, _HEIGHTS[level], count, level is least) for level, count in sorted(levels.items())]
        lowest.append((x, _HEIGHTS[least]))
    lines = [(*start, *end) for start, end in pairwise(lowest)]
    return Chart(list(_HEIGHTS.items()), dots, lines, rows[0].concluded_on, rows[-1].concluded_on)


def places(days: Sequence[date]) -> list[float]:
    """Where days stand, the earliest first: by the calendar, or in even steps where two would stand on each other."""
    steps = len(days) - 1
    whole = (days[-1] - days[0]).days
    even = [step / steps for step in range(len(days))]
    true = [(day - days[0]).days / whole for day in days] if whole else even
    is_tight = any(later - earlier < _APART / steps for earlier, later in pairwise(true))
    return [round(LEFT + share * (RIGHT - LEFT), 2) for share in (even if is_tight else true)]
