"""How well a vendor fits what a business values: plain figures from plain values.

Ranks become rank-order-centroid weights (Barron and Barrett 1996): of n criteria the i-th weighs the mean of
1/i … 1/n, taken over n. Ratings fade: one a year old counts half.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, pairwise
from statistics import fmean

FADES_BY_HALF_IN_DAYS = 365
ENOUGH_COVERAGE = 0.6
"""From so large a share of the weights on a fit is shown."""
ENOUGH_RATINGS = 3
NAMED_IN_A_TRADE_OFF = 3
_ALIKE = 1e-9
"""Figures that differ by less are the same."""

Weights = Mapping[int, float]
"""By criterion, the most important first; they sum to 1."""
Values = Mapping[int, float]
"""What a vendor is rated at, from 1 to 5, by criterion; without the criteria that nobody rated."""


@dataclass(frozen=True, slots=True)
class Rated:
    """One rating: 1 to 5, by somebody, on a day."""

    criterion_id: int
    rater_id: int
    value: int
    rated_on: date


@dataclass(frozen=True, slots=True)
class Fit:
    """A vendor's fit: ``value`` from 1 to 5, None where nothing that counts is rated.

    ``coverage`` is the share of the weights that it rests on, from 0 to 1, ``ratings`` the number of ratings.
    """

    value: float | None
    coverage: float
    ratings: int

    @property
    def is_shown(self) -> bool:
        """Whether it rests on enough to be shown."""
        return self.value is not None and _reaches(self.coverage, ENOUGH_COVERAGE) and self.ratings >= ENOUGH_RATINGS

    @property
    def is_partial(self) -> bool:
        """Whether something that counts is not rated yet, which is said beside the figure."""
        return not _reaches(self.coverage, 1)


@dataclass(frozen=True, slots=True)
class TradeOff:
    """What one vendor gives over another: differences by criterion, those that matter most first.

    ``unrated`` is how many of the criteria that count are not rated for one of them, or for both.
    """

    better: int
    other: int
    differences: list[tuple[int, float]]
    unrated: int = 0


@dataclass(frozen=True, slots=True)
class Swap:
    """Two neighbours of the ranking whose exchange would put another vendor first, or nobody."""

    raised: int
    """The criterion that would come first of the two."""
    lowered: int
    leader: int | None


def centroid_weights(count: int) -> list[float]:
    """The rank-order-centroid weights of so many criteria, the largest first."""
    return [sum(1 / rank for rank in range(place, count + 1)) / count for place in range(1, count + 1)]


def weights(ranked: Sequence[int], overrides: Mapping[int, float] | None = None) -> dict[int, float]:
    """The weights of ranked criteria. An override stands in for a criterion's own; then all are made to sum to 1."""
    given = overrides or {}
    found = dict(zip(ranked, centroid_weights(len(ranked)), strict=True))
    found = {criterion: max(0.0, given.get(criterion, weight)) for criterion, weight in found.items()}
    total = sum(found.values())
    return {criterion: weight / total for criterion, weight in found.items()} if total else found


def values(ratings: Iterable[Rated], today: date) -> dict[int, float]:
    """What a vendor is rated at by criterion: the mean of each rater's own faded mean."""
    sums: dict[int, dict[int, tuple[float, float]]] = {}
    for each in ratings:
        fresh = 2.0 ** (-max(0, (today - each.rated_on).days) / FADES_BY_HALF_IN_DAYS)
        raters = sums.setdefault(each.criterion_id, {})
        total, counted = raters.get(each.rater_id, (0.0, 0.0))
        raters[each.rater_id] = (total + fresh * each.value, counted + fresh)
    return {
        criterion: fmean(total / counted for total, counted in raters.values()) for criterion, raters in sums.items()
    }


def fit(weighing: Weights, rated: Values, *, ratings: int) -> Fit:
    """The weighted mean over what is rated, and the share of the weights that this is."""
    counted = [(weight, rated[criterion]) for criterion, weight in weighing.items() if criterion in rated]
    coverage = sum(weight for weight, _value in counted)
    if coverage <= _ALIKE:
        return Fit(None, 0.0, ratings)
    return Fit(sum(weight * value for weight, value in counted) / coverage, coverage, ratings)


def dominates(one: Values, other: Values) -> bool:
    """Whether one vendor is at least as good in everything that either is rated for, and better in something.

    Where one of them is not rated, nobody knows.
    """
    if one.keys() != other.keys() or not one:
        return False
    differences = [one[criterion] - other[criterion] for criterion in one]
    return min(differences) > -_ALIKE and max(differences) > _ALIKE


def trade_offs(weighing: Weights, rated: Mapping[int, Values]) -> list[TradeOff]:
    """What each vendor gives over each other one, the better of a pair first. Criteria that only one of them is
    rated for tell nothing, so a pair without one in common is left out."""
    ranked = _by_fit(weighing, rated)
    pairs = [
        TradeOff(
            better,
            other,
            _differences(weighing, rated[better], rated[other]),
            _unrated(weighing, rated[better], rated[other]),
        )
        for better, other in combinations(ranked, 2)
    ]
    return [pair for pair in pairs if pair.unrated < len(weighing)]


def leader(weighing: Weights, rated: Mapping[int, Values], ratings: Mapping[int, int]) -> int | None:
    """The vendor with the highest of the fits that are shown; None where two share it, or none is shown.

    ``ratings`` is how many each vendor has.
    """
    known = _shown(weighing, rated, ratings)
    if not known:
        return None
    best = max(known.values())
    first = [vendor for vendor, found in known.items() if found > best - _ALIKE]
    return first[0] if len(first) == 1 else None


def swaps(weighing: Weights, rated: Mapping[int, Values], ratings: Mapping[int, int]) -> list[Swap]:
    """The neighbours of the ranking whose exchange would take the lead from who has it; none: the lead is robust.

    Whoever's fit is not shown as the ranking stands takes no part.
    """
    first = leader(weighing, rated, ratings)
    if first is None:
        return []
    placed = {vendor: rated[vendor] for vendor in _shown(weighing, rated, ratings)}
    found = []
    for higher, lower in pairwise(weighing):
        exchanged = {**weighing, higher: weighing[lower], lower: weighing[higher]}
        then = leader(exchanged, placed, ratings)
        if then != first:
            found.append(Swap(raised=lower, lowered=higher, leader=then))
    return found


def _shown(weighing: Weights, rated: Mapping[int, Values], ratings: Mapping[int, int]) -> dict[int, float]:
    fits = {vendor: fit(weighing, each, ratings=ratings.get(vendor, 0)) for vendor, each in rated.items()}
    return {vendor: found.value for vendor, found in fits.items() if found.value is not None and found.is_shown}


def _by_fit(weighing: Weights, rated: Mapping[int, Values]) -> list[int]:
    return sorted(rated, key=lambda vendor: -(fit(weighing, rated[vendor], ratings=0).value or 0.0))


def _differences(weighing: Weights, one: Values, other: Values) -> list[tuple[int, float]]:
    both = [
        (criterion, one[criterion] - other[criterion])
        for criterion in weighing
        if criterion in one and criterion in other
    ]
    telling = [(criterion, difference) for criterion, difference in both if abs(difference) > _ALIKE]
    telling.sort(key=lambda each: -abs(weighing[each[0]] * each[1]))
    return telling[:NAMED_IN_A_TRADE_OFF]


def _unrated(weighing: Weights, one: Values, other: Values) -> int:
    counting = [criterion for criterion, weight in weighing.items() if weight > _ALIKE]
    return sum(criterion not in one or criterion not in other for criterion in counting)


def _reaches(share: float, wanted: float) -> bool:
    return share > wanted - _ALIKE
