"""One sentence with an act in it: what would be kind, or useful, to do with a vendor now.

The same vendor gets another sentence the week after, wherever there is more than one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.core.i18n import LazyText, lazy
from crm.domain.referral_rules import AFTERWARDS
from crm.models.enums import ParkingReason, ReferralState, ReminderKind, Stage


@dataclass(frozen=True, slots=True)
class Situation:
    """What a suggestion rests on. ``openings`` are the businesses in the vendor's niche that look for someone."""

    kind: ReminderKind
    stage: Stage
    vendor_id: int
    why: dict[str, Any]
    reason: ParkingReason | None = None
    openings: tuple[str, ...] = ()
    asks_for_discount: bool = False
    offers_small_tasks: bool = False


# What Today and a letter's reason both say, once.
KEEP_PROMISE = lazy("Keep it today, or tell them when you will.")
ASK_ABOUT_PROMISE = lazy("Ask what is in the way before you chase it.")
ASK_HOW_IT_WENT = lazy("Ask both sides how it went, and say thank you.")
OFFER_SMALL_TASK = lazy("Offer a small task that fits your budget.")
ASK_FOR_DISCOUNT = lazy("Remind them what you’d send them in return for a better price: referrals.")
ASK_FOR_ROOM = lazy("Ask when they’ll have room again.")
ASK_WHAT_IS_NEW = lazy("Ask how they are, and what has changed on their side.")


def refer_to(business: str) -> LazyText:
    """To whom they could be recommended."""
    return lazy("Refer them to %(business)s.", business=business)


_PARKED: dict[ParkingReason, tuple[LazyText, ...]] = {
    ParkingReason.NO_BUDGET: (
        lazy("Tell them you haven’t forgotten them, and when you’ll know more about the budget."),
        lazy("Ask what a first small job with them would cost."),
    ),
    ParkingReason.NOTHING_TO_OUTSOURCE: (
        lazy("Ask what they’re working on, and think who else could use them."),
        lazy("Tell them what you have coming up, even if it’s months away."),
    ),
    ParkingReason.NOT_READY: (
        lazy("Ask what they’d want to see written down before they begin."),
        lazy("Tell them how far you’ve come with your preparations."),
    ),
    ParkingReason.PREREQUISITE: (
        lazy("Tell them how far along you are with what has to come first."),
        lazy("Ask what else would have to be in place before they begin."),
    ),
    ParkingReason.AT_CAPACITY: (
        ASK_FOR_ROOM,
        lazy("Ask how their busy season is going, and leave the door open."),
    ),
    ParkingReason.PRICE_TOO_HIGH: (
        lazy("Ask whether there is a smaller package you could begin with."),
        lazy("Think of somebody with the budget for them, and offer to introduce them."),
    ),
    ParkingReason.ON_LEAVE: (
        lazy("Wish them well, and ask when they plan to be back."),
        lazy("Ask how the time off is going. Nothing else today."),
    ),
    ParkingReason.SEASON: (
        lazy("Ask what their next season looks like."),
        lazy("Tell them when yours begins, so that they can plan."),
    ),
    ParkingReason.OTHER: (
        ASK_WHAT_IS_NEW,
        lazy("Tell them one thing that has changed on yours."),
    ),
}
_STAGES: dict[Stage, tuple[LazyText, ...]] = {
    Stage.PROSPECT: (
        lazy("Ask what they’d need to know to quote for a first small task."),
        lazy("Ask which of their pieces of work they’re proudest of."),
        lazy("Agree on a small paid task, or call it a no."),
    ),
    Stage.TRIAL: (
        lazy("Ask whether they have everything they need from you."),
        lazy("Answer what they asked last, if anything is still open."),
    ),
    Stage.ACTIVE: (
        lazy("Ask what is in their way, before you ask how far they are."),
        lazy("Tell them one thing that worked well lately."),
        lazy("Ask what they would hand back, and what they’d rather take over."),
    ),
}
_KINDS: dict[ReminderKind, tuple[LazyText, ...]] = {
    ReminderKind.REVISIT: (lazy("Decide: begin a trial task, bring them on, keep them parked, or let them go."),),
    ReminderKind.PROMISE_OURS: (KEEP_PROMISE,),
    ReminderKind.PROMISE_THEIRS: (ASK_ABOUT_PROMISE,),
    ReminderKind.TRIAL: (lazy("Ask what is in the way, or note that it came."),),
    ReminderKind.REVIEW: (lazy("Look at what they sent, and tell them when they’ll hear from you."),),
    ReminderKind.QUESTION: (lazy("Answer it, or tell them when you will."),),
    ReminderKind.STANDING: (lazy("Renew it, change it, or take it away: think of what they did since."),),
    ReminderKind.WORK: (lazy("Ask where it stands, and agree on a day that holds."),),
    ReminderKind.ACCESS: (lazy("Take it back where it was given, then tick it off here."),),
    ReminderKind.REFERRAL: (ASK_HOW_IT_WENT,),
}
_NOT_INTRODUCED = frozenset(ReferralState) - frozenset(AFTERWARDS)
"""Where there is no outcome yet to ask for; the reason itself says what to do."""


def suggest(about: Situation, today: date) -> LazyText | None:
    """The suggestion for this day; None where there is nothing to add to the reason itself."""
    if about.kind is ReminderKind.REFERRAL and about.why.get("state") in _NOT_INTRODUCED:
        return None
    if about.kind in _KINDS:
        return _in_turn(_KINDS[about.kind], about.vendor_id, today)
    if about.kind is not ReminderKind.TOUCH:
        return None
    if about.why.get("other_channel"):
        return lazy("Try another way to reach them, or call it a no.")
    return _in_turn(_for_check_in(about), about.vendor_id, today)


def _for_check_in(about: Situation) -> Sequence[LazyText]:
    if about.openings:
        return [refer_to(about.openings[0])]
    choices: list[LazyText] = []
    if about.offers_small_tasks:
        choices.append(OFFER_SMALL_TASK)
    if about.asks_for_discount:
        choices.append(ASK_FOR_DISCOUNT)
    if about.stage is Stage.PARKED and about.reason is not None:
        choices.extend(_PARKED[about.reason])
    choices.extend(_STAGES.get(about.stage, ()))
    return choices


def _in_turn(choices: Sequence[LazyText], vendor_id: int, today: date) -> LazyText | None:
    """Another one each week, beginning at another place for each vendor."""
    if not choices:
        return None
    week = today.toordinal() // 7
    return choices[(week + vendor_id) % len(choices)]
