"""What follows from the steps of a referral: where each of the two stands, and where all of it stands.

The steps are a log: an answer that is changed is another step, and the latest one of each side holds.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from crm.models.enums import ReferralAnswer, ReferralSide, ReferralState

ASKED = {
    ReferralSide.VENDOR: ReferralState.VENDOR_ASKED,
    ReferralSide.BUSINESS: ReferralState.BUSINESS_ASKED,
}
ANSWERED = {
    (ReferralSide.VENDOR, ReferralAnswer.YES): ReferralState.VENDOR_YES,
    (ReferralSide.VENDOR, ReferralAnswer.NOT_NOW): ReferralState.VENDOR_NOT_NOW,
    (ReferralSide.VENDOR, ReferralAnswer.NO): ReferralState.VENDOR_NO,
    (ReferralSide.BUSINESS, ReferralAnswer.YES): ReferralState.BUSINESS_YES,
    (ReferralSide.BUSINESS, ReferralAnswer.NOT_NOW): ReferralState.BUSINESS_NOT_NOW,
    (ReferralSide.BUSINESS, ReferralAnswer.NO): ReferralState.BUSINESS_NO,
}
YESES = (ReferralState.VENDOR_YES, ReferralState.BUSINESS_YES)
"""Nobody is introduced to anybody before both have said so."""
NOES = (ReferralState.VENDOR_NO, ReferralState.BUSINESS_NO)
NOT_NOWS = (ReferralState.VENDOR_NOT_NOW, ReferralState.BUSINESS_NOT_NOW)
AFTERWARDS = (
    ReferralState.INTRODUCED,
    ReferralState.TALKING,
    ReferralState.WON,
    ReferralState.LOST,
    ReferralState.NO_REPLY,
    ReferralState.THANKED,
)
"""From the introduction on nothing is asked or answered any more."""
OUTCOMES = (ReferralState.WON, ReferralState.LOST, ReferralState.NO_REPLY)
OUTCOME_ASKED = (timedelta(days=14), timedelta(days=45))
"""So long after the introduction it is asked how it went, whatever is recorded in between."""

_ANSWER_OF = {state: answer for (_side, answer), state in ANSWERED.items()}
_SIDE_OF = {
    **{state: side for side, state in ASKED.items()},
    **{state: side for (side, _answer), state in ANSWERED.items()},
}


def side_of(state: ReferralState) -> ReferralSide | None:
    """Whom a step is about; None for those that are about both."""
    return _SIDE_OF.get(state)


def answer_of(state: ReferralState) -> ReferralAnswer | None:
    """What a step answers; None for one that is no answer."""
    return _ANSWER_OF.get(state)


def sides(steps: Sequence[ReferralState]) -> dict[ReferralSide, ReferralState]:
    """Where each side stands after these steps, the earliest first: its latest step. A side that nobody has asked is
    not among them."""
    return {side: state for state in steps if (side := side_of(state)) is not None}


def both_said_yes(steps: Sequence[ReferralState]) -> bool:
    """Whether both stand by a yes."""
    return set(sides(steps).values()).issuperset(YESES)


def is_introduced(steps: Sequence[ReferralState]) -> bool:
    """Whether they have been introduced, by letter or otherwise."""
    return any(state in AFTERWARDS for state in steps)


def state_of(steps: Sequence[ReferralState]) -> ReferralState:
    """Where a referral stands after these steps, the earliest first.

    A no outweighs everything, and "not now" every yes, until the introduction; from then on the latest step counts.
    """
    if is_introduced(steps) or ReferralState.DECLINED in steps:
        return steps[-1]
    now = sides(steps).values()
    for states in (NOES, NOT_NOWS):
        if held := [state for state in now if state in states]:
            return held[-1]
    return steps[-1]


def is_new(steps: Sequence[ReferralState], state: ReferralState) -> bool:
    """Whether a step says anything that is not recorded already. Each is recorded once, but those of a side as often as
    it changes."""
    side = side_of(state)
    return state not in steps if side is None else sides(steps).get(side) is not state


def is_outcome_open(steps: Sequence[ReferralState]) -> bool:
    """Whether they were introduced and nobody has said yet what came of it."""
    tells = (ReferralState.INTRODUCED, ReferralState.TALKING, ReferralState.DECLINED, *OUTCOMES)
    latest = next((state for state in reversed(steps) if state in tells), None)
    return is_introduced(steps) and latest not in (ReferralState.DECLINED, *OUTCOMES)


def outcome_asked_on(steps: Sequence[tuple[ReferralState, date]], *, heard_on: date | None = None) -> date | None:
    """When it is to be asked how it went, after these steps and their days, the earliest first; None where it is known,
    or was asked as often as it is.

    That they talk answers every question up to that day, and so does asking without news on ``heard_on``.
    """
    if not is_outcome_open([state for state, _day in steps]):
        return None
    introduced_on = min(day for state, day in steps if state in AFTERWARDS)
    talked_on = [day for state, day in steps if state is ReferralState.TALKING]
    known_on = max([introduced_on, *talked_on, *([heard_on] if heard_on else [])])
    return next((introduced_on + after for after in OUTCOME_ASKED if introduced_on + after > known_on), None)
