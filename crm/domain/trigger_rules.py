"""What brings a parking forward, as plain values: which reason reacts to what, and when it has come true.

What is compared is what was known of the vendor on the day of parking (``Parking.at_parking``) with what is known now.
Whom it concerns, and what follows, is :mod:`crm.domain.triggers`.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from crm.models.enums import Availability, ParkingReason, RatePeriod, TriggerKind
from crm.models.vendors import Vendor

Facts = dict[str, Any]
"""What came true, as JSON; :func:`crm.models.vocabulary.trigger` words it."""

BRINGS_FORWARD: dict[TriggerKind, frozenset[ParkingReason]] = {
    TriggerKind.BUDGET: frozenset({ParkingReason.NO_BUDGET}),
    TriggerKind.NEED: frozenset({ParkingReason.NOTHING_TO_OUTSOURCE}),
    TriggerKind.VERDICT: frozenset({ParkingReason.NOT_READY}),
    TriggerKind.PREREQUISITE: frozenset({ParkingReason.PREREQUISITE}),
    TriggerKind.AVAILABILITY: frozenset({ParkingReason.AT_CAPACITY}),
    TriggerKind.RATE: frozenset({ParkingReason.PRICE_TOO_HIGH}),
    TriggerKind.CREDIT: frozenset({ParkingReason.PRICE_TOO_HIGH}),
    TriggerKind.CONDITION: frozenset(ParkingReason),
}
"""The reasons that each kind brings forward. Leave ends on a date, and a season comes by itself: nothing does."""


def reacts(reason: ParkingReason, kind: TriggerKind) -> bool:
    """Whether a parking for this reason is brought forward by this."""
    return reason in BRINGS_FORWARD[kind]


@dataclass(frozen=True, slots=True)
class Price:
    """What a vendor asks for: minor units of a currency, for a period; no amount where that is not known."""

    amount: int | None = None
    currency: str = ""
    period: RatePeriod | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a vendor, as far as triggers compare it."""

    availability: Availability = Availability.UNKNOWN
    rate: Price = Price()
    minimum: Price = Price()


_COLUMNS = ("availability", "currency", "rate_amount", "rate_period", "minimum_amount", "minimum_period")
COMPARED = frozenset({*_COLUMNS, "availability_until"})
"""The vendor's columns on which triggers hang."""


def snapshot(vendor: Vendor) -> Facts:
    """What is known of a vendor today, as a parking keeps it."""
    return {name: getattr(vendor, name) for name in _COLUMNS}


def known(kept: Facts) -> Known:
    """The same, to be compared; what was not kept was not known."""
    currency = kept.get("currency") or ""

    def price(name: str) -> Price:
        period = kept.get(f"{name}_period")
        return Price(kept.get(f"{name}_amount"), currency, RatePeriod(period) if period else None)

    return Known(
        availability=Availability(kept.get("availability") or Availability.UNKNOWN),
        rate=price("rate"),
        minimum=price("minimum"),
    )


# Their time

_ROOM = {Availability.UNKNOWN: 0, Availability.FULL: 0, Availability.LIMITED: 1, Availability.OPEN: 2}


def has_room(
    then: Availability, now: Availability, *, until: date | None, parked_on: date, today: date
) -> Facts | None:
    """Whether a vendor without capacity has room: more of it than on the day of parking, or the last day of being
    full (``until``) has passed since."""
    if _ROOM[now] > _ROOM[then]:
        return {"availability": now}
    if now in (Availability.FULL, Availability.LIMITED) and until is not None and parked_on <= until < today:
        return {"full_until": until.isoformat()}
    return None


# Their price


def monthly_minimum(minimum: Price, currency: str) -> int | None:
    """A vendor's minimum, where it compares with a need's budget in this currency: for a month, as that is."""
    return minimum.amount if minimum.period is RatePeriod.MONTH and minimum.currency == currency else None


def lacking(budget: Price, minimum: Price) -> int | None:
    """How much a need's budget of a month is below a vendor's minimum, in minor units of its currency.

    None where one of them is not known, they do not compare, or the budget reaches it.
    """
    least = monthly_minimum(minimum, budget.currency)
    if budget.amount is None or least is None or budget.amount >= least:
        return None
    return least - budget.amount


class Apart(StrEnum):
    """Why two prices are not compared."""

    NOT_KNOWN_THEN = "not_known_then"
    NOT_KNOWN_NOW = "not_known_now"
    CURRENCY = "currency"
    PERIOD = "period"


@dataclass(frozen=True, slots=True)
class NotCompared:
    """A price (``what``: "rate" or "minimum") that was something else on the day of parking."""

    what: str
    why: Apart
    then: Price
    now: Price


@dataclass(frozen=True, slots=True)
class Prices:
    """What came down, as facts (None: nothing), and what could not be compared."""

    down: Facts | None
    not_compared: tuple[NotCompared, ...]


def compare_prices(then: Known, now: Known) -> Prices:
    """Whether the rate or the minimum came down. Money compares in one currency and for one period alone."""
    drops, apart = [], []
    for what, before, after in (("rate", then.rate, now.rate), ("minimum", then.minimum, now.minimum)):
        why = _apart(before, after)
        if why is not None:
            apart.append(NotCompared(what, why, before, after))
        elif before.amount is not None and after.amount is not None and after.amount < before.amount:
            drops.append({"what": what, "before": before.amount, "now": after.amount, "period": after.period})
    down = {"drops": drops, "currency": now.rate.currency} if drops else None
    return Prices(down, tuple(apart))


def _apart(then: Price, now: Price) -> Apart | None:
    if then.amount is None:
        return None if now.amount is None else Apart.NOT_KNOWN_THEN
    if now.amount is None:
        return Apart.NOT_KNOWN_NOW
    if then.currency != now.currency:
        return Apart.CURRENCY
    return Apart.PERIOD if then.period is not now.period else None
