"""Who fits an opening: what speaks for a vendor, what rules them out, and what to know before they are referred.

Pure: plain facts of a vendor, an opening and the two together. All words about it are made here, by :func:`say`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from crm.core import formats
from crm.core.i18n import _
from crm.domain import small_task_rules
from crm.domain.small_task_rules import Budget, Time
from crm.domain.trigger_rules import Price
from crm.models import vocabulary
from crm.models.enums import Availability, Stage, StandingLevel
from crm.queries.matches import OFFERED, Between, Candidate, Wanted

LATELY = timedelta(days=30)
"""So long after a vendor was recommended to somebody, others come first."""


class Reason(StrEnum):
    """What speaks for a vendor."""

    NICHE = "niche"
    STANDING = "standing"
    BUDGET = "budget"
    ROOM = "room"


class Exclusion(StrEnum):
    """What rules a vendor out, the most final first."""

    OVER = "over"
    DO_NOT_CONTACT = "do_not_contact"
    SUSPENDED = "suspended"
    REFERRED_THERE = "referred_there"
    STAGE = "stage"
    FULL = "full"
    REFERRED_LATELY = "referred_lately"
    BUDGET = "budget_below"


class Caution(StrEnum):
    """What to know before a vendor is referred."""

    OTHER_WORK = "other_work"
    CONDITIONAL = "conditional"
    REVIEW_DUE = "review_due"
    AWAY = "away"
    ROOM_NOT_KNOWN = "room_not_known"
    BUDGET_NOT_KNOWN = "budget_not_known"
    NOT_COMPARED = "not_compared"


FINAL = frozenset({Exclusion.OVER, Exclusion.DO_NOT_CONTACT, Exclusion.SUSPENDED, Exclusion.REFERRED_THERE})
"""What no choice sets aside. All else is a person's to decide."""
WEIGHED = frozenset({Exclusion.FULL, Exclusion.REFERRED_LATELY, Exclusion.BUDGET})
"""What a person is told first who refers a vendor all the same."""

Point = Reason | Exclusion | Caution


@dataclass(frozen=True, slots=True)
class Match:
    """A vendor held against an opening, on a day."""

    vendor: Candidate
    opening: Wanted
    between: Between
    today: date
    reasons: tuple[Reason, ...]
    exclusions: tuple[Exclusion, ...]
    cautions: tuple[Caution, ...]

    @property
    def fits(self) -> bool:
        """Whether the vendor is offered for the opening."""
        return Reason.NICHE in self.reasons and not self.exclusions

    @property
    def is_refused(self) -> bool:
        """Whether the vendor cannot be referred to it at all."""
        return any(exclusion in FINAL for exclusion in self.exclusions)

    @property
    def is_weighed(self) -> bool:
        """Whether somebody who refers the vendor all the same is told first why it is not offered."""
        return not self.is_refused and any(exclusion in WEIGHED for exclusion in self.exclusions)

    @property
    def key(self) -> str:
        """Which vendor and which opening, for a form that says so."""
        return f"{self.vendor.id}-{self.opening.id}"

    @property
    def name(self) -> str:
        """The vendor's."""
        return self.vendor.name

    @property
    def why(self) -> str:
        """What speaks for the vendor, as sentences in one line."""
        return self._said(self.reasons)

    @property
    def to_know(self) -> str:
        """What to know before the vendor is referred, as sentences in one line."""
        return self._said(self.cautions)

    @property
    def why_not(self) -> str:
        """What rules the vendor out, as sentences in one line."""
        return self._said(self.exclusions)

    def _said(self, points: Iterable[Point]) -> str:
        return " ".join(say(point, self) for point in points)


def judge(vendor: Candidate, opening: Wanted, between: Between, today: date) -> Match:
    """Hold a vendor against an opening."""
    time, budget = time_of(vendor), small_task_rules.held(_budget(opening), _minimum(vendor))
    room = time.room(today)
    return Match(
        vendor,
        opening,
        between,
        today,
        tuple(_reasons(between, room, budget, today)),
        tuple(_exclusions(vendor, opening, between, room, budget, today)),
        tuple(_cautions(vendor, between, time, budget, today)),
    )


def _reasons(between: Between, room: Availability, budget: Budget, today: date) -> Iterable[Reason]:
    if between.niche:
        yield Reason.NICHE
    if between.standing in _GOOD and not _is_due(between, today):
        yield Reason.STANDING
    if budget is Budget.REACHES:
        yield Reason.BUDGET
    if room in (Availability.OPEN, Availability.LIMITED):
        yield Reason.ROOM


_GOOD = (StandingLevel.PREFERRED, StandingLevel.APPROVED)


def _exclusions(
    vendor: Candidate, opening: Wanted, between: Between, room: Availability, budget: Budget, today: date
) -> Iterable[Exclusion]:
    if opening.closed_on is not None or (opening.until is not None and opening.until < today):
        yield Exclusion.OVER
    if vendor.do_not_contact:
        yield Exclusion.DO_NOT_CONTACT
    if between.standing is StandingLevel.SUSPENDED:
        yield Exclusion.SUSPENDED
    if between.referred_there_on is not None:
        yield Exclusion.REFERRED_THERE
    if vendor.stage not in OFFERED:
        yield Exclusion.STAGE
    if room is Availability.FULL:
        yield Exclusion.FULL
    if between.referred_there_on is None and between.referred_on is not None and between.referred_on > today - LATELY:
        yield Exclusion.REFERRED_LATELY
    if budget is Budget.BELOW:
        yield Exclusion.BUDGET


def _cautions(vendor: Candidate, between: Between, time: Time, budget: Budget, today: date) -> Iterable[Caution]:
    if not between.niche:
        yield Caution.OTHER_WORK
    if between.standing is StandingLevel.CONDITIONAL:
        yield Caution.CONDITIONAL
    if _is_due(between, today) and between.standing is not StandingLevel.SUSPENDED:
        yield Caution.REVIEW_DUE
    if time.is_away(today):
        yield Caution.AWAY
    if time.room(today) is Availability.UNKNOWN:
        yield Caution.ROOM_NOT_KNOWN
    if budget is Budget.NO_BUDGET and vendor.minimum_amount is not None:
        yield Caution.BUDGET_NOT_KNOWN
    if budget in (Budget.OTHER_CURRENCY, Budget.OTHER_PERIOD):
        yield Caution.NOT_COMPARED


def time_of(vendor: Candidate) -> Time:
    """What is known of a vendor's time."""
    return Time(vendor.availability, vendor.availability_until, vendor.leave_from, vendor.leave_to)


def _is_due(between: Between, today: date) -> bool:
    return between.standing_until is not None and between.standing_until < today


def _budget(opening: Wanted) -> Price:
    return Price(opening.budget_amount, opening.currency)


def _minimum(vendor: Candidate) -> Price:
    return Price(vendor.minimum_amount, vendor.currency, vendor.minimum_period)


# Words


def say(point: Point, match: Match) -> str:
    """A point of a match, as a sentence."""
    return _WORDS[point](match)


def _day(value: date | None, match: Match) -> str:
    return formats.day(value, match.today) if value else ""


def _money(match: Match) -> dict[str, str]:
    """The opening's budget and the vendor's minimum."""
    vendor, opening = match.vendor, match.opening
    period = vocabulary.word(vendor.minimum_period) if vendor.minimum_period else ""
    least = formats.money(vendor.minimum_amount, vendor.currency) if vendor.minimum_amount is not None else ""
    budget = formats.money(opening.budget_amount, opening.currency) if opening.budget_amount is not None else ""
    return {"budget": budget, "minimum": f"{least} {period}".strip()}


def _full(match: Match) -> str:
    until = match.vendor.availability_until
    return _("Full until %(day)s.", day=_day(until, match)) if until else _("Full at the moment.")


def _room_not_known(match: Match) -> str:
    until = match.vendor.availability_until
    if match.vendor.availability is Availability.UNKNOWN or until is None:
        return _("You don’t know whether they have room.")
    said = vocabulary.word(match.vendor.availability)
    return _("Their time was “%(said)s” until %(day)s.", said=said, day=_day(until, match))


def _stage(match: Match) -> str:
    if match.vendor.stage in (Stage.ENDED, Stage.NOT_A_FIT):
        return _("You don’t work with them any more.")
    return _("You haven’t worked with them yet.")


def _away(match: Match) -> str:
    until = match.vendor.leave_to
    return _("On leave until %(day)s.", day=_day(until, match)) if until else _("On leave.")


_WORDS: dict[Point, Callable[[Match], str]] = {
    Reason.NICHE: lambda match: _("In their niche: %(niche)s.", niche=match.between.niche),
    Reason.STANDING: lambda match: _(
        "In good standing: %(level)s.", level=vocabulary.word(match.between.standing or StandingLevel.APPROVED)
    ),
    Reason.BUDGET: lambda match: _("The budget of %(budget)s reaches their minimum of %(minimum)s.", **_money(match)),
    Reason.ROOM: lambda match: _("%(room)s.", room=vocabulary.word(match.vendor.availability)),
    Exclusion.OVER: lambda match: _("%(business)s is not looking any more.", business=match.opening.business),
    Exclusion.DO_NOT_CONTACT: lambda match: _("They asked to be left alone."),
    Exclusion.SUSPENDED: lambda match: _("Suspended for this kind of work."),
    Exclusion.REFERRED_THERE: lambda match: _(
        "Referred to %(business)s already, on %(day)s.",
        business=match.opening.business,
        day=_day(match.between.referred_there_on, match),
    ),
    Exclusion.STAGE: _stage,
    Exclusion.FULL: _full,
    Exclusion.REFERRED_LATELY: lambda match: _(
        "Referred lately, on %(day)s: give others a turn until %(again)s.",
        day=_day(match.between.referred_on, match),
        again=_day(match.between.referred_on and match.between.referred_on + LATELY, match),
    ),
    Exclusion.BUDGET: lambda match: _(
        "The budget of %(budget)s is below their minimum of %(minimum)s.", **_money(match)
    ),
    Caution.OTHER_WORK: lambda match: _("Nothing says that this kind of work is theirs."),
    Caution.CONDITIONAL: lambda match: _("Their standing is conditional: look at the conditions first."),
    Caution.REVIEW_DUE: lambda match: _(
        "Their standing is to be reviewed since %(day)s.", day=_day(match.between.standing_until, match)
    ),
    Caution.AWAY: _away,
    Caution.ROOM_NOT_KNOWN: _room_not_known,
    Caution.BUDGET_NOT_KNOWN: lambda match: _(
        "Their minimum is %(minimum)s, and no budget is noted.", minimum=_money(match)["minimum"]
    ),
    Caution.NOT_COMPARED: lambda match: _(
        "The budget is %(budget)s and their minimum %(minimum)s: not compared.", **_money(match)
    ),
}
