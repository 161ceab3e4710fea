"""What is said of a vendor that is parked, wherever it is said."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for

from crm.core import formats
from crm.core.i18n import _
from crm.domain import parkings, trigger_rules
from crm.domain.trigger_rules import Price
from crm.models import vocabulary
from crm.models.enums import ParkingReason, TriggerKind
from crm.web.gate import Visit
from crm.web.replies import Redirect, see_path


def kept(visit: Visit, vendor: Any, parking: Any, *, until: date | None = None, back: str) -> Redirect:
    """Keep the vendor parked, and say until when; pressed twice, it is done once."""
    version = parking.version
    parkings.keep_parked(parking, by=visit.member, until=until)
    if parking.version == version:
        return see_path(back, toast=stays(visit, vendor, parking.revisit_on))
    words = f"{stays(visit, vendor, parking.revisit_on)} {still_right(parking)}".rstrip()
    return see_path(back, toast=words, undo=url_for("parkings.undo_keep", vendor_id=vendor.id, back=back))


def stays(visit: Visit, vendor: Any, until: date) -> str:
    """Until when a vendor stays parked."""
    day = formats.day(until, visit.today)
    return _("%(name)s stays parked until %(day)s.", name=vendor.name, day=day)


def still_right(parking: Any) -> str:
    """The question that comes up once they were kept parked often enough in a row; else nothing."""
    times = parkings.times_kept(parking)
    if times < parkings.OFTEN:
        return ""
    return _("That makes %(num)s times in a row. Is this still the right partner?", num=times)


@dataclass(frozen=True, slots=True)
class WaitedFor:
    """The need that a parking waits for; ``lacking`` is what its budget lacks, in words, where that is known."""

    id: int
    outcome: str
    lacking: str = ""


def waited_for(reason: ParkingReason, need: tuple[int, str], budget: Price, minimum: Price) -> WaitedFor:
    """What a parking waits for: a need (its id and outcome) to be filled, or its budget to reach their minimum."""
    missing = trigger_rules.lacking(budget, minimum) if trigger_rules.reacts(reason, TriggerKind.BUDGET) else None
    return WaitedFor(*need, lacking="" if missing is None else formats.money(missing, budget.currency))


def not_compared(vendor: Any, parking: Any) -> list[str]:
    """The prices that cannot be held against the day of parking, where they would bring it forward."""
    if not trigger_rules.reacts(parking.reason, TriggerKind.RATE):
        return []
    then, now = trigger_rules.known(parking.at_parking), trigger_rules.known(trigger_rules.snapshot(vendor))
    apart = trigger_rules.compare_prices(then, now).not_compared
    return [vocabulary.not_compared(each.what, each.why, *_ends(each)) for each in apart]


def _ends(apart: trigger_rules.NotCompared) -> tuple[str, str]:
    if apart.why is trigger_rules.Apart.CURRENCY:
        return apart.then.currency, apart.now.currency
    return apart.then.period or "", apart.now.period or ""
