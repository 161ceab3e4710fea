"""Where a referral stands, in words and dots, and what it wants next: for the list and for its own page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from crm.core import text
from crm.core.i18n import _
from crm.domain import referral_rules
from crm.domain.referral_rules import ANSWERED, ASKED, NOES, NOT_NOWS
from crm.models.enums import ReferralAnswer, ReferralSide, ReferralState
from crm.models.vocabulary import word
from crm.queries.referrals import ReferralRow

NAME_LENGTH = 30
"""So much of a name stands on a button or a tab."""
_TITLES = frozenset({"dr", "prof", "professor", "mr", "mrs", "ms", "miss", "mx", "sir", "dame", "rev", "herr", "frau"})
_OTHER = {ReferralSide.VENDOR: ReferralSide.BUSINESS, ReferralSide.BUSINESS: ReferralSide.VENDOR}
_ENDS = {ReferralState.WON: "d", ReferralState.THANKED: "d", ReferralState.LOST: "x", ReferralState.NO_REPLY: "x"}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where it stands: a sentence, four dots (done, now, waiting, said no), and the act that is next, which stands
    with the letter of that name. No act where there is nothing to do but to wait."""

    words: str
    dots: str
    act: str = ""
    letter: str = ""


def short_name(name: str) -> str:
    """How somebody is called in passing: the first name, or the title with the last: ``Marta``, ``Dr Price``."""
    parts = name.split() or [name]
    is_titled = len(parts) > 1 and parts[0].rstrip(".").casefold() in _TITLES
    return text.excerpt(f"{parts[0]} {parts[-1]}" if is_titled else parts[0], NAME_LENGTH)


def of_row(row: ReferralRow, *, reader_id: int, today: date) -> Standing:
    """Where a referral of a list stands, seen by a member on that day."""
    names = {ReferralSide.VENDOR: row.vendor, ReferralSide.BUSINESS: row.business}
    called = {
        ReferralSide.VENDOR: text.excerpt(row.vendor, NAME_LENGTH),
        ReferralSide.BUSINESS: short_name(row.person) if row.person else text.excerpt(row.business, NAME_LENGTH),
    }
    turn = _("Your turn") if row.connector_id == reader_id else _("%(name)s’s turn", name=short_name(row.connector))
    is_due = row.follow_up_on is not None and row.follow_up_on <= today
    return standing(row.steps, row.state, names=names, called=called, turn=turn, is_due=is_due)


def standing(
    steps: Sequence[ReferralState],
    state: ReferralState,
    *,
    names: Mapping[ReferralSide, str],
    called: Mapping[ReferralSide, str],
    turn: str,
    is_due: bool,
) -> Standing:
    """Where a referral stands after these steps, the earliest first. ``turn`` says whose turn it is; ``is_due``, that
    it is time to ask after it."""
    dots = dots_of(steps, state)
    if referral_rules.is_introduced(steps):
        return _afterwards(state, dots, is_due=is_due)
    now = referral_rules.sides(steps)
    if state in NOES or state is ReferralState.DECLINED:
        side = referral_rules.side_of(state)
        return Standing(_("%(name)s said no", name=names[side]) if side else word(state), dots)
    if referral_rules.both_said_yes(steps):
        return Standing(_("Both said yes. %(turn)s", turn=turn), dots, _("Introduce them"), "introduction")
    if state in NOT_NOWS:
        side = referral_rules.side_of(state)
        assert side is not None  # each of them is somebody's answer
        act = _("Ask again") if is_due else ""
        return Standing(_("%(name)s said not now", name=names[side]), dots, act, side.value)
    return _asking(now, dots, names=names, called=called, turn=turn, is_due=is_due)


def dots_of(steps: Sequence[ReferralState], state: ReferralState) -> str:
    """One for each of the two who are asked, one for the introduction, one for what came of it."""
    if referral_rules.is_introduced(steps):
        return "ddd" + _ENDS.get(state, "n")
    if state is ReferralState.DECLINED:
        return "xwww"
    now = referral_rules.sides(steps)
    asked = "".join(_dot(now.get(side)) for side in ReferralSide)
    return asked + ("n" if asked == "dd" else "w") + "w"


def _dot(state: ReferralState | None) -> str:
    if state in referral_rules.YESES:
        return "d"
    if state in NOES:
        return "x"
    return "n" if state in ASKED.values() else "w"


def _afterwards(state: ReferralState, dots: str, *, is_due: bool) -> Standing:
    if state in (ReferralState.INTRODUCED, ReferralState.TALKING) and is_due:
        return Standing(_("%(state)s. How is it going?", state=word(state)), dots, _("Say how"))
    if state is ReferralState.WON:
        return Standing(word(state), dots, _("Thank them"), "thanks")
    return Standing(word(state), dots)


def _asking(
    now: Mapping[ReferralSide, ReferralState],
    dots: str,
    *,
    names: Mapping[ReferralSide, str],
    called: Mapping[ReferralSide, str],
    turn: str,
    is_due: bool,
) -> Standing:
    """Before both have answered."""
    waiting = [side for side in ReferralSide if now.get(side) is ASKED[side]]
    if len(waiting) == len(ReferralSide):
        return Standing(_("Waiting for both"), dots, _("Nudge") if is_due else "", waiting[0].value)
    if waiting:
        words = _("Waiting for %(name)s", name=names[waiting[0]])
        return Standing(words, dots, _("Nudge") if is_due else "", waiting[0].value)
    for side in ReferralSide:
        if now.get(side) is ANSWERED[side, ReferralAnswer.YES]:
            words = _("%(name)s said yes. %(turn)s", name=names[side], turn=turn)
            other = _OTHER[side]
            return Standing(words, dots, _("Ask %(name)s", name=called[other]), other.value)
    return Standing(_("Nobody was asked yet"), dots, _("Finish"), ReferralSide.VENDOR.value)
