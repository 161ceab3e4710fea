"""When a word of thanks or a good turn is due: parts of other questions, for Today and for a vendor's page.

What somebody put off is left out until its day, for everybody.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Date, Integer, Select, String, bindparam, case, cast, func, literal, null, or_, select, union_all

from crm.core.dates import add_months
from crm.core.row_limits import at_most
from crm.models.decision_areas import HintDismissal
from crm.models.enums import BOARD_STAGES, GoodwillSide, Hint, ReferralState
from crm.models.goodwill import GoodwillEntry
from crm.models.referrals import Opening, Referral, ReferralStep
from crm.models.vendors import Vendor

RECEIVED_OFTEN = 2
GIVEN_WITHIN_MONTHS = 6
NAMED = 4
"""So many stand in Today; the next ones follow once these are seen to."""


class NudgeKind(StrEnum):
    """What is due."""

    THANKS = "thanks"
    TURN = "turn"


@dataclass(frozen=True, slots=True)
class Nudge:
    """A word or a good turn that is due to a vendor. For thanks, ``referral_id`` is what was won, with ``business``."""

    kind: NudgeKind
    vendor_id: int
    vendor: str
    referral_id: int | None = None
    business: str = ""


HERE, TODAY, SINCE = (
    bindparam("here", type_=Integer()),
    bindparam("business_day", type_=Date()),
    bindparam("half_a_year_ago", type_=Date()),
)


def values(workspace_id: int, today: date) -> dict[str, Any]:
    """What the parts below are asked with; ``today`` is the business's."""
    return {"here": workspace_id, "business_day": today, "half_a_year_ago": add_months(today, -GIVEN_WITHIN_MONTHS)}


def for_reader(reader_id: Any | None, is_admin: bool) -> Any:
    """What is due to any vendor, the thanks first; with ``reader_id`` only what is for this person to do: thanks from
    whom introduced them, a turn from who looks after the vendor, or, where nobody does, from the admins."""
    thanks, turns = unthanked(), our_turns()
    if reader_id is not None:
        nobodys = Vendor.owner_id.is_(None) if is_admin else literal(False)
        thanks = thanks.where(Referral.connector_id == reader_id)
        turns = turns.where(or_(Vendor.owner_id == reader_id, nobodys))
    both = union_all(thanks, turns).subquery()
    return select(both).order_by(both.c.kind, both.c.referral_id, both.c.vendor_id).limit(at_most(NAMED))


def unthanked(vendor_id: Any | None = None) -> Select[Any]:
    """Referrals that are won, and for which nobody has said thank you."""
    thanked = (
        select(ReferralStep.id)
        .where(
            ReferralStep.workspace_id == HERE,
            ReferralStep.referral_id == Referral.id,
            ReferralStep.state == ReferralState.THANKED,
        )
        .exists()
    )
    return (
        select(*_columns(NudgeKind.THANKS, Referral.id, Opening.business))
        .join(Referral, Referral.vendor_id == Vendor.id)
        .join(Opening, Opening.id == Referral.opening_id)
        .where(Referral.workspace_id == HERE, Referral.state == ReferralState.WON, ~thanked, *_may_be_nudged(vendor_id))
    )


def our_turns(vendor_id: Any | None = None) -> Select[Any]:
    """Vendors from whom we received twice in half a year, and gave nothing: as
    :func:`crm.domain.goodwill_rules.owes_a_turn` says it of one."""
    table = GoodwillEntry
    given = func.sum(case((table.side == GoodwillSide.GIVEN, 1), else_=0))
    owing = (
        select(table.vendor_id)
        .where(
            table.workspace_id == HERE,
            table.struck_at.is_(None),
            table.happened_on > SINCE,
            table.happened_on <= TODAY,
        )
        .group_by(table.vendor_id)
        .having(func.count(table.id) >= RECEIVED_OFTEN, given == 0)
    )
    if vendor_id is not None:
        owing = owing.where(table.vendor_id == vendor_id)
    return select(*_columns(NudgeKind.TURN, null(), literal(""))).where(
        Vendor.id.in_(owing), Vendor.stage.in_(BOARD_STAGES), *_may_be_nudged(vendor_id)
    )


def _columns(kind: NudgeKind, referral_id: Any, business: Any) -> tuple[Any, ...]:
    return (
        literal(kind.value).label("kind"),
        Vendor.id.label("vendor_id"),
        Vendor.name.label("vendor"),
        cast(referral_id, Integer()).label("referral_id"),
        cast(business, String()).label("business"),
    )


def _may_be_nudged(vendor_id: Any | None) -> tuple[Any, ...]:
    put_off = (
        select(HintDismissal.id)
        .where(
            HintDismissal.workspace_id == HERE,
            HintDismissal.vendor_id == Vendor.id,
            HintDismissal.kind == Hint.GOODWILL,
            HintDismissal.until > TODAY,
        )
        .exists()
    )
    of_one = () if vendor_id is None else (Vendor.id == vendor_id,)
    return (Vendor.workspace_id == HERE, Vendor.do_not_contact.is_(False), ~put_off, *of_one)
