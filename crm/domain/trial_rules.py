"""What the reviews of a trial task amount to, who may see them when, and what they recommend: plain figures.

Every figure rests on reviews that were handed in. Whether they may be read yet is :func:`is_revealed`'s to say, and
nobody draws a mean, a total, a best or an advice from what is still hidden.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from statistics import fmean

from crm.models.enums import TrialAdvice, TrialDecisionKind, TrialOutcome

LEAST, MOST = 1, 5
"""What a reviewer can give."""
COUNTS = (3, 2, 1)
"""How often a criterion can count, what matters most first."""
MATTERS_MOST = 3
EXTENSIONS_AT_MOST = 2
ENOUGH_FIT = 3.0
ENOUGH_SCORE = 3.5
LATE_SHARE = 5
"""Late by more than one part in so many of the agreed days tells against somebody."""
_ALIKE = 1e-9
"""Figures that differ by less are the same."""

Means = Mapping[int, float]
"""The mean of the reviewers by criterion; without the criteria that nobody scored."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A criterion: it counts 3, 2 or 1 times, and tells about fit or about skill."""

    id: int
    counts: int
    is_fit: bool


@dataclass(frozen=True, slots=True)
class Scored:
    """A reviewer's 1 to 5 for one criterion."""

    reviewer_id: int
    criterion_id: int
    value: int


@dataclass(frozen=True, slots=True)
class AdviceFacts:
    """What a recommendation rests on.

    ``gave_promised`` is None while nobody has said; ``has_unmet_must`` is for an acceptance criterion that was looked
    at and is not met; ``fit`` and ``score`` are None while too early, or hidden. ``original_due_on`` is the day first
    agreed on, ``due_on`` the one agreed on last.
    """

    gave_promised: bool | None
    has_unmet_must: bool
    fit: float | None
    score: float | None
    started_on: date
    original_due_on: date | None
    due_on: date | None
    delivered_on: date | None
    gave_notice: bool
    extension: int
    today: date


def is_revealed(
    *, asked: Collection[int], handed_in: Collection[int], review_due_on: date | None, today: date, was: bool = False
) -> bool:
    """Whether reviewers' scores may be read: everybody asked has handed in, or the day for it has passed.

    ``asked`` and ``handed_in`` are the reviewers' ids. The day itself still belongs to the reviewers. ``was`` is
    whether the scores had been opened before: asking somebody later closes nothing that was read.
    """
    if was or (review_due_on is not None and today > review_due_on):
        return True
    return bool(handed_in) and set(asked) <= set(handed_in)


def were_all_in(asked: Mapping[int, datetime | None], handed_in: Mapping[int, datetime]) -> bool:
    """Whether there was a moment at which everybody who had been asked by then had handed in.

    ``asked`` says since when each reviewer is asked, None from the beginning; ``handed_in`` when each handed in.
    """
    return any(
        all(each in handed_in and handed_in[each] <= moment for each in _asked_by(asked, moment))
        for moment in handed_in.values()
    )


def means(scored: Iterable[Scored]) -> dict[int, float]:
    """The mean of the reviewers by criterion. A reviewer gives a criterion one value."""
    given: dict[int, list[int]] = {}
    for each in scored:
        given.setdefault(each.criterion_id, []).append(each.value)
    return {criterion: fmean(values) for criterion, values in given.items()}


def score(weighed: Iterable[Weighed], means: Means) -> float | None:
    """The weighted mean over what is rated, from 1 to 5.

    None is too early to say: something that counts 3 times is not rated yet, or nothing is.
    """
    criteria = list(weighed)
    if any(each.counts == MATTERS_MOST and each.id not in means for each in criteria):
        return None
    return _weighted(criteria, means)


def fit(weighed: Iterable[Weighed], means: Means) -> float | None:
    """The weighted mean over what tells about fit; None where nothing of it is rated."""
    return _weighted((each for each in weighed if each.is_fit), means)


def leader(scores: Mapping[int, float | None]) -> int | None:
    """Which of several has the highest score; None where two share it, or fewer than two have one."""
    known = {each: found for each, found in scores.items() if found is not None}
    return next(iter(best(known)), None) if len(known) > 1 and len(best(known)) == 1 else None


def best(values: Mapping[int, float]) -> set[int]:
    """Those with the highest value, to the precision that figures are shown in; nobody where all have the same."""
    shown = {each: round(value, 1) for each, value in values.items()}
    if len(set(shown.values())) < 2:
        return set()
    highest = max(shown.values())
    return {each for each, value in shown.items() if value == highest}


def days_late(due_on: date | None, delivered_on: date | None, today: date) -> int:
    """How many days after the day agreed on last it came, or has still not come; 0 or less: in time."""
    return 0 if due_on is None else ((delivered_on or today) - due_on).days


def advice(facts: AdviceFacts) -> TrialAdvice | None:
    """What the figures recommend: the first reason that applies. None while it is too early to say.

    What we did not give, and a must that is not met, need no scores. Where something was delivered the rest waits for
    them; where nothing came, being late without a word says enough.
    """
    if facts.gave_promised is False:
        return TrialAdvice.INVALID
    if facts.has_unmet_must:
        return TrialAdvice.UNMET
    if facts.score is None:
        speaks = facts.delivered_on is None and _is_late_without_notice(facts)
        return _extend(facts) if speaks else None
    if facts.fit is not None and _below(facts.fit, ENOUGH_FIT):
        return TrialAdvice.TALK
    if _below(facts.score, ENOUGH_SCORE) or _is_late_without_notice(facts):
        return _extend(facts)
    return TrialAdvice.BRING_ON


def outcome(kind: TrialDecisionKind, facts: AdviceFacts) -> TrialOutcome:
    """What a decision makes of the trial task, by what is known on ``facts.today``.

    Only what was delivered can pass; parked, only where the figures that may be read speak for it. Whoever is let go
    has failed by what they delivered, or by a day that passed without it. All else says nothing: it is called off.
    """
    has_come = facts.delivered_on is not None
    match kind:
        case TrialDecisionKind.EXTEND:
            return TrialOutcome.EXTENDED
        case TrialDecisionKind.BRING_ON:
            return TrialOutcome.PASSED if has_come else TrialOutcome.CALLED_OFF
        case TrialDecisionKind.PARK:
            speaks = facts.score is not None and not _below(facts.score, ENOUGH_SCORE)
            return TrialOutcome.PASSED if has_come and speaks else TrialOutcome.CALLED_OFF
        case TrialDecisionKind.DECLINE:
            has_failed = has_come or days_late(facts.due_on, None, facts.today) > 0
            return TrialOutcome.FAILED if has_failed else TrialOutcome.CALLED_OFF


def _asked_by(asked: Mapping[int, datetime | None], moment: datetime) -> list[int]:
    return [each for each, since in asked.items() if since is None or since <= moment]


def _weighted(weighed: Iterable[Weighed], means: Means) -> float | None:
    counted = [(each.counts, means[each.id]) for each in weighed if each.id in means]
    total = sum(counts for counts, _value in counted)
    return sum(counts * value for counts, value in counted) / total if total else None


def _is_late_without_notice(facts: AdviceFacts) -> bool:
    """Late against the day agreed on last, because another day agreed on is a notice; measured by the days that were
    agreed on at first."""
    if facts.gave_notice or facts.original_due_on is None:
        return False
    late = days_late(facts.due_on, facts.delivered_on, facts.today)
    agreed = max(0, (facts.original_due_on - facts.started_on).days)
    return late > 0 and late * LATE_SHARE > agreed


def _extend(facts: AdviceFacts) -> TrialAdvice:
    return TrialAdvice.USED_UP if facts.extension >= EXTENSIONS_AT_MOST else TrialAdvice.EXTEND


def _below(value: float, wanted: float) -> bool:
    return value < wanted - _ALIKE
