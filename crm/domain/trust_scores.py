"""How far a vendor is trusted, from the entries of its trust log: plain figures from plain values.

The beta reputation system (Jøsang and Ismail 2002) with forgetting. Each entry counts by its weight, and half as much
for every 180 days of its age.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from math import exp, fsum, lgamma, log, log1p, sqrt
from statistics import NormalDist
from typing import Generic, Protocol, TypeVar

from crm.models.enums import Dimension, Direction, Weight

WEIGHTS: dict[Weight, int] = {Weight.MINOR: 1, Weight.NOTABLE: 2, Weight.MAJOR: 4}
HALF_LIFE_DAYS = 180
ENOUGH = 2.0
"""From so much evidence on a score says something."""
CREDIBLE = 0.8
"""The share of the belief that lies between ``low`` and ``high``, as much being left out below as above."""


class Band(StrEnum):
    """A score in words."""

    NOT_ENOUGH_EVIDENCE = "not_enough_evidence"
    LOW = "low"
    MIXED = "mixed"
    GOOD = "good"
    HIGH = "high"


class Weighed(Protocol):
    """What a score takes from an entry. Only those that stand and that the reader may read are handed in."""

    @property
    def dimension(self) -> Dimension: ...
    @property
    def direction(self) -> Direction: ...
    @property
    def weight(self) -> Weight: ...
    @property
    def occurred_on(self) -> date: ...


E = TypeVar("E", bound=Weighed)


@dataclass(frozen=True, slots=True)
class Seen:
    """What an entry adds to a score."""

    dimension: Dimension
    direction: Direction
    weight: Weight
    occurred_on: date


@dataclass(frozen=True, slots=True)
class Score:
    """One side of trust, from so much that speaks for and against. ``value``, ``low`` and ``high`` go from 0 to 1."""

    positive: float
    negative: float

    @property
    def value(self) -> float:
        """What is to be expected of the next time."""
        return (self.positive + 1) / (self.positive + self.negative + 2)

    @property
    def evidence(self) -> float:
        """What the value rests on."""
        return self.positive + self.negative

    @property
    def low(self) -> float:
        """The lower end of the credible interval."""
        return beta_quantile((1 - CREDIBLE) / 2, self.positive + 1, self.negative + 1)

    @property
    def high(self) -> float:
        """The upper end of the credible interval."""
        return beta_quantile((1 + CREDIBLE) / 2, self.positive + 1, self.negative + 1)

    @property
    def band(self) -> Band:
        """The score in words."""
        return band(self.value, self.evidence)

    @property
    def is_known(self) -> bool:
        """Whether there is enough evidence for it to say something."""
        return self.evidence >= ENOUGH


@dataclass(frozen=True, slots=True)
class Trust:
    """The scores by dimension; the headline is the lowest one that is known, if any is."""

    by_dimension: dict[Dimension, Score]

    @property
    def weakest(self) -> Dimension | None:
        """The dimension that gives the headline."""
        known = [dimension for dimension, score in self.by_dimension.items() if score.is_known]
        return min(known, key=lambda dimension: self.by_dimension[dimension].value, default=None)

    @property
    def headline(self) -> float | None:
        """The lowest value among the dimensions with enough evidence; None where none has."""
        return None if self.weakest is None else self.by_dimension[self.weakest].value

    @property
    def unknown(self) -> list[Dimension]:
        """The dimensions without enough evidence."""
        return [dimension for dimension, score in self.by_dimension.items() if not score.is_known]

    def known(self, dimension: Dimension | None = None) -> Score | None:
        """The score of a dimension, of the weakest where none is named; None without enough evidence."""
        wanted = dimension or self.weakest
        score = self.by_dimension[wanted] if wanted else None
        return score if score is not None and score.is_known else None


@dataclass(frozen=True, slots=True)
class Move(Generic[E]):
    """What an entry did at its time: the trust right before it and right after it."""

    entry: E
    before: Trust
    after: Trust


_SIDES = [(dimension, direction) for dimension in Dimension for direction in Direction]


def trust(entries: Iterable[Weighed], today: date) -> Trust:
    """The scores of a vendor on a day."""
    parts: dict[tuple[Dimension, Direction], list[float]] = {side: [] for side in _SIDES}
    for entry in entries:
        kept = _left_of(max(0, (today - entry.occurred_on).days))
        parts[entry.dimension, entry.direction].append(WEIGHTS[entry.weight] * kept)
    # An exact sum, so that the order of the entries decides nothing, not even the last digit.
    return _trust({side: fsum(each) for side, each in parts.items()})


def history(entries: Sequence[Weighed], days: Iterable[date]) -> list[Trust]:
    """The scores as they stood on each day: an entry counts from the day on which it happened."""
    return [trust([entry for entry in entries if entry.occurred_on <= day], day) for day in days]


def moves(entries: Iterable[E]) -> list[Move[E]]:
    """What each entry did at its time, the earliest first; those of one day in the order they are handed in."""
    sums = dict.fromkeys(_SIDES, 0.0)
    before, day, found = _trust(sums), date.min, []
    for entry in sorted(entries, key=lambda entry: entry.occurred_on):
        if entry.occurred_on != day:
            kept = _left_of((entry.occurred_on - day).days)
            sums, day = {side: each * kept for side, each in sums.items()}, entry.occurred_on
            before = _trust(sums)
        sums[entry.dimension, entry.direction] += WEIGHTS[entry.weight]
        after = _trust(sums)
        found.append(Move(entry, before, after))
        before = after
    return found


def score(positive: float, negative: float) -> Score:
    """The score of so much that speaks for and against."""
    return Score(positive, negative)


def _left_of(age: int) -> float:
    """What is left of an entry's weight after so many days."""
    left: float = 0.5 ** (age / HALF_LIFE_DAYS)
    return left


def _trust(sums: dict[tuple[Dimension, Direction], float]) -> Trust:
    return Trust(
        {
            dimension: Score(sums[dimension, Direction.POSITIVE], sums[dimension, Direction.NEGATIVE])
            for dimension in Dimension
        }
    )


def band(value: float, evidence: float) -> Band:
    """The score in words. Values are compared as they are shown, with two decimals."""
    if evidence < ENOUGH:
        return Band.NOT_ENOUGH_EVIDENCE
    shown = round(value, 2)
    if shown < 0.4:
        return Band.LOW
    if shown < 0.6:
        return Band.MIXED
    return Band.GOOD if shown < 0.8 else Band.HIGH


@lru_cache(maxsize=4096)
def beta_quantile(share: float, alpha: float, beta: float) -> float:
    """The value below which so large a share of Beta(alpha, beta) lies; exact to ten digits. Both are 1 or more.

    Newton's way from where a normal distribution would have it, which takes a handful of steps; where one would leave
    what is known to hold the value, the middle of that is taken instead. Kept, because pages ask for the same ones.
    """
    low, high, mean = 0.0, 1.0, alpha / (alpha + beta)
    spread = sqrt(mean * (1 - mean) / (alpha + beta + 1))
    value = min(max(mean + spread * NormalDist().inv_cdf(share), mean / 10), (9 + mean) / 10)
    scale = lgamma(alpha + beta) - lgamma(alpha) - lgamma(beta)
    for _step in range(60):
        found = beta_share(value, alpha, beta)
        low, high = (value, high) if found < share else (low, value)
        slope = exp(scale + (alpha - 1) * log(value) + (beta - 1) * log1p(-value))
        step = value - (found - share) / slope if slope else low
        following = step if low < step < high else (low + high) / 2
        if abs(following - value) < 1e-10:
            break
        value = following
    return value


def beta_share(value: float, alpha: float, beta: float) -> float:
    """The share of Beta(alpha, beta) that lies below a value: the regularised incomplete beta function."""
    if value <= 0:
        return 0.0
    if value >= 1:
        return 1.0
    if value > (alpha + 1) / (alpha + beta + 2):  # the fraction converges fast on the other side of the middle alone
        return 1 - beta_share(1 - value, beta, alpha)
    front = exp(lgamma(alpha + beta) - lgamma(alpha) - lgamma(beta) + alpha * log(value) + beta * log1p(-value))
    return front * _fraction(value, alpha, beta) / alpha


def _fraction(value: float, alpha: float, beta: float) -> float:
    """The continued fraction of the incomplete beta function, from the front (Lentz's way)."""
    tiny = 1e-300
    upper, lower, found = 1.0, 1 - (alpha + beta) * value / (alpha + 1), 0.0
    lower = 1 / (lower if abs(lower) > tiny else tiny)
    found = lower
    for step in range(1, 1_000):
        for term in (
            step * (beta - step) * value / ((alpha + 2 * step - 1) * (alpha + 2 * step)),
            -(alpha + step) * (alpha + beta + step) * value / ((alpha + 2 * step) * (alpha + 2 * step + 1)),
        ):
            lower = 1 + term * lower
            lower = 1 / (lower if abs(lower) > tiny else tiny)
            upper = 1 + term / upper
            upper = upper if abs(upper) > tiny else tiny
            found *= lower * upper
        if abs(lower * upper - 1) < 1e-14:
            break
    return found
