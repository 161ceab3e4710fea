"""Whether a small need suits a parked vendor, why, and what nobody knows: plain answers from plain values.

That the kind of work is theirs, and that they may be asked at all, whoever calls has seen to. A need's budget is a
month's: it is held against what they ask for at the least for a month, for a project, or for nothing in particular. A
minimum for an hour or a day tells nothing about the size of a task.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from crm.domain.trigger_rules import Price
from crm.models.enums import Availability, RatePeriod

_COMPARED = (RatePeriod.MONTH, RatePeriod.PROJECT, None)


class Budget(StrEnum):
    """How a need's budget stands to a vendor's minimum. All but the first two say why that is not known."""

    REACHES = "reaches"
    BELOW = "below"
    NO_BUDGET = "no_budget"
    NO_MINIMUM = "no_minimum"
    OTHER_CURRENCY = "other_currency"
    OTHER_PERIOD = "other_period"


@dataclass(frozen=True, slots=True)
class Time:
    """What is known of a vendor's time: ``until`` is the last day for which ``availability`` was said."""

    availability: Availability = Availability.UNKNOWN
    until: date | None = None
    leave_from: date | None = None
    leave_to: date | None = None

    def room(self, today: date) -> Availability:
        """How much room they have on a day; what was said until an earlier one says nothing any more."""
        is_over = self.until is not None and self.until < today
        return Availability.UNKNOWN if is_over else self.availability

    def is_away(self, today: date) -> bool:
        """Whether they are on leave on a day."""
        if self.leave_from is None and self.leave_to is None:
            return False
        return (self.leave_from or today) <= today <= (self.leave_to or today)


@dataclass(frozen=True, slots=True)
class Suits:
    """Why a small need suits a vendor: how its budget stands to their minimum, and how much room they have."""

    budget: Budget
    room: Availability

    @property
    def is_sure(self) -> bool:
        """Whether nothing is left to be found out."""
        return self.budget is Budget.REACHES and self.room is not Availability.UNKNOWN


def held(budget: Price, minimum: Price) -> Budget:
    """How a need's budget stands to what a vendor asks for at the least."""
    if minimum.amount is None:
        return Budget.NO_MINIMUM if budget.amount is not None else Budget.NO_BUDGET
    if budget.amount is None:
        return Budget.NO_BUDGET
    if budget.currency != minimum.currency:
        return Budget.OTHER_CURRENCY
    if minimum.period not in _COMPARED:
        return Budget.OTHER_PERIOD
    return Budget.REACHES if budget.amount >= minimum.amount else Budget.BELOW


def suits(budget: Price, minimum: Price, time: Time, today: date) -> Suits | None:
    """Why a small need in their niche suits a vendor; None where it does not: the budget is below their minimum, or
    they have no time."""
    stands, room = held(budget, minimum), time.room(today)
    if stands is Budget.BELOW or room is Availability.FULL or time.is_away(today):
        return None
    return Suits(stands, room)
