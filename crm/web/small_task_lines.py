"""Why a small need suits a parked vendor, in words, and what nobody knows about it."""

from collections.abc import Iterable
from dataclasses import dataclass

from crm.core import formats
from crm.core.i18n import _
from crm.domain.small_task_rules import Budget
from crm.domain.small_tasks import Match
from crm.domain.trigger_rules import Price
from crm.models.enums import Availability
from crm.models.vocabulary import word


@dataclass(frozen=True, slots=True)
class Line:
    """A small need beside a parked vendor: why it suits them, and what is to be found out first, in words."""

    need_id: int
    outcome: str
    vendor_id: int
    vendor: str
    why: str
    unknown: str


def lines(matches: Iterable[Match]) -> list[Line]:
    """The lines of what was found, in its order."""
    return [
        Line(
            match.offer.need_id,
            match.offer.outcome,
            match.offer.vendor_id,
            match.offer.vendor,
            why(match),
            unknown(match),
        )
        for match in matches
    ]


def why(match: Match) -> str:
    """What speaks for it: ``In their niche, Films. £300 reaches their minimum of £250 a project. Has room.``"""
    said = [_("In their niche, %(niche)s.", niche=match.offer.niche)]
    if match.suits.budget is Budget.REACHES:
        said.append(
            _(
                "%(budget)s a month reaches their minimum of %(minimum)s.",
                budget=_money(match.budget),
                minimum=_minimum(match),
            )
        )
    if match.suits.room is not Availability.UNKNOWN:
        said.append(f"{word(match.suits.room)}.")
    return " ".join(said)


def unknown(match: Match) -> str:
    """What is to be found out first; empty where nothing is."""
    said = [_budget(match)] if match.suits.budget is not Budget.REACHES else []
    if match.suits.room is Availability.UNKNOWN:
        said.append(_("Whether they have time is not known."))
    return " ".join(said)


def _budget(match: Match) -> str:
    if match.suits.budget is Budget.NO_BUDGET:
        return _("It has no budget yet.")
    if match.suits.budget is Budget.NO_MINIMUM:
        return _("Their minimum is not known.")
    return _(
        "Its budget is %(budget)s a month, their minimum %(minimum)s: not compared.",
        budget=_money(match.budget),
        minimum=_minimum(match),
    )


def _minimum(match: Match) -> str:
    period = word(match.minimum.period) if match.minimum.period else ""
    return f"{_money(match.minimum)} {period}".rstrip()


def _money(price: Price) -> str:
    return formats.money(price.amount or 0, price.currency)
