"""On what terms a vendor is parked: whose side the reason lies on, when to look again, how to stay in touch meanwhile.

Plain values and rules; who is parked, and what follows from it, is :mod:`crm.domain.parkings` and
:mod:`crm.domain.stages`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.core import formats, limits
from crm.core.dates import add_days
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.domain.rhythms import AS_USUAL, Rhythm
from crm.models.enums import ParkingReason, Side
from crm.models.stages import Parking

REVISIT_DAYS: dict[ParkingReason, int] = {
    ParkingReason.NO_BUDGET: 90,
    ParkingReason.NOTHING_TO_OUTSOURCE: 120,
    ParkingReason.NOT_READY: 60,
    ParkingReason.PREREQUISITE: 60,
    ParkingReason.AT_CAPACITY: 60,
    ParkingReason.PRICE_TOO_HIGH: 120,
    ParkingReason.ON_LEAVE: 60,
    ParkingReason.SEASON: 180,
    ParkingReason.OTHER: 90,
}
"""In how many days to look again where no date is known."""

_SIDES: dict[ParkingReason, frozenset[Side]] = {
    ParkingReason.NO_BUDGET: frozenset({Side.US}),
    ParkingReason.NOTHING_TO_OUTSOURCE: frozenset({Side.US}),
    ParkingReason.NOT_READY: frozenset({Side.US}),
    ParkingReason.PREREQUISITE: frozenset({Side.US}),
    ParkingReason.AT_CAPACITY: frozenset({Side.THEM}),
    ParkingReason.PRICE_TOO_HIGH: frozenset({Side.THEM}),
    ParkingReason.ON_LEAVE: frozenset({Side.THEM}),
    ParkingReason.SEASON: frozenset({Side.US, Side.THEM}),
    ParkingReason.OTHER: frozenset(),
}


def side(reason: ParkingReason) -> frozenset[Side]:
    """Whose side the reason lies on: ours, theirs, both, or nobody's in particular."""
    return _SIDES[reason]


def usual_revisit(reason: ParkingReason, today: date) -> date:
    """When to look again where nobody knows a better date."""
    return add_days(today, REVISIT_DAYS[reason])


def revisit(reason: ParkingReason, until: date | None, today: date) -> date:
    """The revisit date: the one that was named, else the reason's usual one.

    Raises :class:`Refused` for a date that has come already or is further off than ten years.
    """
    if until is None:
        return usual_revisit(reason, today)
    if until <= today:
        raise Refused(lazy("Pick a day from tomorrow on."), field="until")
    if until > add_days(today, limits.EVERY_LARGEST):
        raise Refused(lazy("Pick a day within the next ten years."), field="until")
    return until


UNIT_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Figure:
    """How far a condition has come: ``now`` of ``goal``, minor units of a currency where one is given, else a count.

    ``unit`` says what is counted: "a month", "orders". Raises :class:`Refused` where it makes no sense.
    """

    now: int
    goal: int
    currency: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.now <= limits.MONEY_LARGEST:
            raise Refused(lazy("Type a number from 0 up."), field="now")
        if not 0 < self.goal <= limits.MONEY_LARGEST:
            raise Refused(lazy("Type a number above 0."), field="goal")
        if len(self.unit) > UNIT_LENGTH:
            raise Refused(lazy("Keep it under %(length)s characters.", length=UNIT_LENGTH), field="figure_unit")
        if self.currency and not formats.is_currency(self.currency):
            raise Refused(lazy("Choose one of the list."), field="figure_currency")

    @property
    def is_reached(self) -> bool:
        """Whether it has come true."""
        return self.now >= self.goal

    @property
    def facts(self) -> dict[str, Any]:
        """The figure as JSON."""
        return {"now": self.now, "goal": self.goal, "currency": self.currency, "unit": self.unit}


def figure_of(parking: Parking) -> Figure | None:
    """The figure that a parking's condition has, if any."""
    if parking.condition_goal is None:
        return None
    return Figure(
        parking.condition_now or 0, parking.condition_goal, parking.condition_currency, parking.condition_unit
    )


def put_figure(parking: Parking, figure: Figure | None) -> None:
    """Give a parking's condition its figure, or none."""
    parking.condition_now = figure.now if figure else None
    parking.condition_goal = figure.goal if figure else None
    parking.condition_currency = figure.currency if figure else ""
    parking.condition_unit = figure.unit if figure else ""


def check_figure(figure: Figure | None, condition: str) -> None:
    """Raises :class:`Refused` for a figure that belongs to no condition."""
    if figure is not None and not condition:
        raise Refused(lazy("Say in words what has to happen."), field="condition")


@dataclass(frozen=True, slots=True)
class ParkingTerms:
    """What parking asks for. ``until`` None stands for the reason's usual date; ``owner_id`` None changes nothing."""

    reason: ParkingReason
    until: date | None = None
    details: str = ""
    condition: str = ""
    figure: Figure | None = None
    rhythm: Rhythm = AS_USUAL
    told_vendor: str = ""
    look_for_referrals: bool = True
    offer_small_tasks: bool = False
    ask_for_discount: bool = False
    owner_id: int | None = None
    need_id: int | None = None
    """Where something must come first: the need that has to be filled."""
