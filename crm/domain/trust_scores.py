"""How far a vendor is trusted, from the entries of its trust log: plain figures from plain values.

The beta reputation system (Jøsang and Ismail 2002) with forgetting. Each entry counts by its weight, and half as much
for every 180 days of its age.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import exp, lgamma, log, log1p

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


@dataclass(frozen=True, slots=True)
class Seen:
    """What an entry adds to a score."""

    dimension: Dimension
    direction: Direction
    weight: Weight
    occurred_on: date


@dataclass(frozen=True, slots=True)
class Score:
    """One side of trust: ``value``, ``low`` and ``high`` from 0 to 1; ``evidence`` is what they rest on."""

    value: float
    evidence: float
    low: float
    high: float
    band: Band

    @property
    def is_known(self) -> bool:
        """Whether there is enough evidence for it to say something."""
        return self.band is not Band.NOT_ENOUGH_EVIDENCE


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


def trust(entries: Iterable[Seen], today: date) -> Trust:
    """The scores of a vendor on a day."""
    sums = {dimension: {Direction.POSITIVE: 0.0, Direction.NEGATIVE: 0.0} for dimension in Dimension}
    for entry in entries:
        age = max(0, (today - entry.occurred_on).days)
        sums[entry.dimension][entry.direction] += WEIGHTS[entry.weight] * 0.5 ** (age / HALF_LIFE_DAYS)
    return Trust(
        {dimension: score(each[Direction.POSITIVE], each[Direction.NEGATIVE]) for dimension, each in sums.items()}
    )


def score(positive: float, negative: float) -> Score:
    """The score of so much that speaks for and against."""
    value, evidence = (positive + 1) / (positive + negative + 2), positive + negative
    beside = (1 - CREDIBLE) / 2
    return Score(
        value=value,
        evidence=evidence,
        low=beta_quantile(beside, positive + 1, negative + 1),
        high=beta_quantile(1 - beside, positive + 1, negative + 1),
        band=band(value, evidence),
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


def beta_quantile(share: float, alpha: float, beta: float) -> float:
    """The value below which so large a share of Beta(alpha, beta) lies; exact to ten digits."""
    low, high = 0.0, 1.0
    for _halving in range(50):
        middle = (low + high) / 2
        if beta_share(middle, alpha, beta) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


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
