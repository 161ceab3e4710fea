"""How often a vendor is to hear from us: the interval, and which of several wishes for it counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from crm.core.dates import FAR_END, CadenceUnit, add_days, add_months
from crm.models.enums import CadenceChoice, Stage, Tier

_MOST_DAYS_IN = {CadenceUnit.DAYS: 1, CadenceUnit.WEEKS: 7, CadenceUnit.MONTHS: 31}


@dataclass(frozen=True, slots=True)
class Cadence:
    """An interval such as "every 6 weeks". ``every`` is at least 1, else ValueError.

    As text it is "6 weeks": for storing and comparing, not for reading.
    """

    every: int
    unit: CadenceUnit

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(f"a cadence repeats every 1 or more {self.unit}, not {self.every}")

    def __str__(self) -> str:
        return f"{self.every} {self.unit}"

    def plus(self, anchor: date, n: int) -> date:
        """The date n intervals after the anchor. Months count from the anchor, clamped to the month's end."""
        count = self.every * n
        match self.unit:
            case CadenceUnit.DAYS:
                return add_days(anchor, count)
            case CadenceUnit.WEEKS:
                return add_days(anchor, 7 * count)
            case CadenceUnit.MONTHS:
                return add_months(anchor, count)

    def first_after(self, anchor: date, day: date) -> date:
        """The first of anchor + 1 interval, anchor + 2 intervals, … that is later than the day.

        ``FAR_END`` when there is none.
        """
        # No interval is longer than this, so the count it gives can be too low, never too high.
        most_days = self.every * _MOST_DAYS_IN[self.unit]
        n = max(1, (day - anchor).days // most_days)
        while (found := self.plus(anchor, n)) <= day and found < FAR_END:
            n += 1
        return found


class CadenceSource(StrEnum):
    """Whose wish the cadence in force is."""

    PARKING = "parking"
    NONE = "none"
    OWN = "own"
    TIER = "tier"
    STAGE = "stage"


@dataclass(frozen=True, slots=True)
class CadenceDefaults:
    """A workspace's cadences by tier and by stage.

    A tier or stage mapped to None is never checked in on; a tier that is absent leaves it to the stage, and a
    stage that is absent, as the two exits are to begin with, has none.
    """

    by_tier: Mapping[Tier, Cadence | None]
    by_stage: Mapping[Stage, Cadence | None]


STANDARD_DEFAULTS = CadenceDefaults(
    by_tier=MappingProxyType(
        {
            Tier.A: Cadence(30, CadenceUnit.DAYS),
            Tier.B: Cadence(60, CadenceUnit.DAYS),
            Tier.C: Cadence(90, CadenceUnit.DAYS),
        }
    ),
    by_stage=MappingProxyType(
        {
            Stage.PROSPECT: Cadence(14, CadenceUnit.DAYS),
            Stage.TRIAL: Cadence(7, CadenceUnit.DAYS),
            Stage.ACTIVE: Cadence(30, CadenceUnit.DAYS),
            Stage.PARKED: Cadence(60, CadenceUnit.DAYS),
        }
    ),
)
"""What a workspace has until its settings say otherwise."""


def defaults_with(changes: Mapping[Tier | Stage, Cadence | None]) -> CadenceDefaults:
    """The standard defaults with a workspace's changes; None means no check-ins for that tier or stage."""
    by_tier = {tier: cadence for tier, cadence in changes.items() if isinstance(tier, Tier)}
    by_stage = {stage: cadence for stage, cadence in changes.items() if isinstance(stage, Stage)}
    return CadenceDefaults(
        by_tier=MappingProxyType({**STANDARD_DEFAULTS.by_tier, **by_tier}),
        by_stage=MappingProxyType({**STANDARD_DEFAULTS.by_stage, **by_stage}),
    )


Wish = Cadence | Literal[CadenceChoice.DEFAULT, CadenceChoice.NONE]
"""What a vendor or a parking asks for: an interval of its own, what is usual for it, or no check-ins."""


def wish(choice: CadenceChoice, every: int | None, unit: str | None) -> Wish:
    """A wish from the three values in which a vendor or a parking keeps it.

    ValueError when an own interval is chosen but missing, below 1 or of an unknown unit.
    """
    if choice is not CadenceChoice.OWN:
        return choice
    if every is None or unit is None:
        raise ValueError("an own cadence needs its interval")
    return Cadence(every, CadenceUnit(unit))


@dataclass(frozen=True, slots=True)
class ResolvedCadence:
    """The cadence in force, None for no check-ins, and whose wish it is.

    As text it is the cadence's text, or empty for none: equal texts mean that nothing begins anew.
    """

    cadence: Cadence | None
    source: CadenceSource

    def __str__(self) -> str:
        return "" if self.cadence is None else str(self.cadence)


def resolve(
    *,
    stage: Stage,
    tier: Tier | None = None,
    own: Wish = CadenceChoice.DEFAULT,
    parking: Wish = CadenceChoice.DEFAULT,
    defaults: CadenceDefaults = STANDARD_DEFAULTS,
) -> ResolvedCadence:
    """The cadence that counts for a vendor: while parked the parking's, if given; else an explicit none; else
    its own interval; else its tier's; else its stage's.

    ``own`` is the vendor's wish, ``parking`` that of its open parking, ignored outside the parked stage.
    A parking may also wish for none. Imported vendors wish for none until a cadence is chosen.
    """
    if stage is Stage.PARKED and parking is not CadenceChoice.DEFAULT:
        return ResolvedCadence(_interval(parking), CadenceSource.PARKING)
    if own is CadenceChoice.NONE:
        return ResolvedCadence(None, CadenceSource.NONE)
    if own is not CadenceChoice.DEFAULT:
        return ResolvedCadence(own, CadenceSource.OWN)
    if tier is not None and tier in defaults.by_tier:
        return ResolvedCadence(defaults.by_tier[tier], CadenceSource.TIER)
    return ResolvedCadence(defaults.by_stage.get(stage), CadenceSource.STAGE)


def _interval(parking: Cadence | Literal[CadenceChoice.NONE]) -> Cadence | None:
    return None if parking is CadenceChoice.NONE else parking
