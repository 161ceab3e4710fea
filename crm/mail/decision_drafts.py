"""Letters that tell a vendor what was decided after a trial task: warm, honest, and ready to be changed.

They name the work, say why as far as the vendor can use it, and what comes next. They say thanks for what came; where
nothing did, they neither thank for it nor praise it. What we noted for ourselves, scores and remarks are in none of
them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from crm.core import formats, text
from crm.core.i18n import LazyText, _, lazy
from crm.mail import drafts
from crm.mail.drafts import Draft
from crm.models.enums import ParkingReason, TrialDecisionKind

WORK_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Decided:
    """What a letter may know of a decision.

    has_come    whether something was delivered, be it only a first round.
    unmet       the acceptance criteria of the brief that were not met, in the brief's own words.
    gave_all    False where we had not given what we promised.
    is_paid     whether the trial task is paid.
    next_work   what comes next where it goes on, with ``next_due_on``.
    reason      why they are parked, with ``revisit_on``, and whether we look for people to refer to them.
    """

    kind: TrialDecisionKind
    work: str
    today: date
    has_come: bool = True
    unmet: Sequence[str] = ()
    gave_all: bool = True
    is_paid: bool = False
    next_work: str = ""
    next_due_on: date | None = None
    reason: ParkingReason | None = None
    revisit_on: date | None = None
    looks_for_referrals: bool = False


_WRONG_TIME: dict[ParkingReason, LazyText] = {
    ParkingReason.NO_BUDGET: lazy("It’s the budget that is missing on our side for now."),
    ParkingReason.NOTHING_TO_OUTSOURCE: lazy("We have nothing to give out just now."),
    ParkingReason.NOT_READY: lazy("We aren’t ready for it on our side yet."),
    ParkingReason.PREREQUISITE: lazy("Something else has to come first on our side."),
    ParkingReason.AT_CAPACITY: lazy("You’re full at the moment, and we’d rather wait for you."),
    ParkingReason.PRICE_TOO_HIGH: lazy("Your price is more than we can pay for it now."),
    ParkingReason.ON_LEAVE: lazy("You’re away for a while, and we’d rather wait for you."),
    ParkingReason.SEASON: lazy("It isn’t the season for it."),
    ParkingReason.OTHER: lazy("It just isn’t the right time on our side."),
}


def draft(decided: Decided, *, to: str, address: str, sender: str) -> Draft:
    """The letter to a person by their first name."""
    words = _WORDS if decided.has_come else _WORDS_WITHOUT
    paragraphs = [drafts.greeting(to), _opening(decided), *words[decided.kind](decided), sender]
    subjects = _SUBJECTS if decided.has_come else {**_SUBJECTS, **_SUBJECTS_WITHOUT}
    addresses = (address,) if address else ()
    return Draft(addresses, str(subjects[decided.kind]), drafts.join(paragraphs))


_SUBJECTS: dict[TrialDecisionKind, LazyText] = {
    TrialDecisionKind.BRING_ON: lazy("Let’s go on together"),
    TrialDecisionKind.EXTEND: lazy("One more try?"),
    TrialDecisionKind.PARK: lazy("Good work, wrong time"),
    TrialDecisionKind.DECLINE: lazy("Thank you for your trial task"),
}
_SUBJECTS_WITHOUT: dict[TrialDecisionKind, LazyText] = {
    TrialDecisionKind.PARK: lazy("Not the right time"),
    TrialDecisionKind.DECLINE: lazy("About the trial task"),
}


def _opening(decided: Decided) -> str:
    work = _short(decided.work)
    if not decided.has_come:
        return _("I’m writing to you about “%(work)s”.", work=work)
    return _("Thank you for the work that you put into “%(work)s”.", work=work)


# What came


def _bring_on(decided: Decided) -> list[str]:
    return [_("It showed us what we hoped for, and we’d love to go on with you."), _first_work()]


def _first_work() -> str:
    return _(
        "Next I’d like to agree on the first piece of work, and on how we stay in touch. When would a short call"
        " suit you?"
    )


def _extend(decided: Decided) -> list[str]:
    paid = _("It’s paid again, of course.") if decided.is_paid else ""
    return [_not_yet(decided), _again(decided), paid, _("Does that suit you?")]


def _again(decided: Decided) -> str:
    work = _short(decided.next_work)
    if decided.next_due_on is None:
        return _("I’d like to try once more: %(work)s. The brief follows.", work=work)
    day = formats.day(decided.next_due_on, decided.today)
    return _("I’d like to try once more: %(work)s, by %(day)s. The brief follows.", work=work, day=day)


def _not_yet(decided: Decided) -> str:
    if not decided.gave_all:
        return _("We didn’t give you all that we had promised, so it would not be fair to judge by it.")
    if decided.unmet:
        return _("Some of it isn’t there yet: %(what)s.", what=_all(decided.unmet))
    return _("There is much to like in it, and we aren’t quite sure yet.")


def _park(decided: Decided) -> list[str]:
    return [_("We like what you made. %(why)s", why=_wrong_time(decided)), *_later(decided)]


def _wrong_time(decided: Decided) -> str:
    return str(_WRONG_TIME[decided.reason or ParkingReason.OTHER])


def _later(decided: Decided) -> list[str]:
    day = formats.day(decided.revisit_on, decided.today) if decided.revisit_on else ""
    return [
        _("I’ll come back to you around %(day)s, or sooner if that changes.", day=day) if day else "",
        _("Until then, if I hear of somebody who could use you, I’ll think of you.")
        if decided.looks_for_referrals
        else "",
    ]


def _decline(decided: Decided) -> list[str]:
    if decided.unmet:
        why = _("It didn’t have all that we had asked for: %(what)s.", what=_all(decided.unmet))
    else:
        why = _("It wasn’t quite what we need for this.")
    paid = _("You’ll be paid for it as we agreed, of course.") if decided.is_paid else ""
    return [_no(why), paid, _more()]


def _no(why: str) -> str:
    return _("%(why)s So we won’t go on with it, and I wanted to tell you soon rather than late.", why=why)


def _more() -> str:
    return _("If it helps you to know more about what we looked for, ask me.")


# Nothing came


def _bring_on_without(decided: Decided) -> list[str]:
    return [_("We’ve decided without waiting for it: we’d love to work with you."), _first_work()]


def _extend_without(decided: Decided) -> list[str]:
    paid = _("It’s paid, of course.") if decided.is_paid else ""
    return [_nothing_yet(), _sorry(decided), _again(decided), paid, _("Does that suit you?")]


def _park_without(decided: Decided) -> list[str]:
    rest = _("It hasn’t come so far, and you can let it rest. %(why)s", why=_wrong_time(decided))
    return [rest, _begun(decided), *_later(decided)]


def _decline_without(decided: Decided) -> list[str]:
    return [_sorry(decided), _no(_nothing_yet()), _begun(decided), _more()]


def _nothing_yet() -> str:
    return _("It hasn’t come so far.")


def _sorry(decided: Decided) -> str:
    if decided.gave_all:
        return ""
    return _("We didn’t give you all that we had promised for it, and I’m sorry about that.")


def _begun(decided: Decided) -> str:
    return _("If you have begun, tell me how far you are, so that we can settle the pay.") if decided.is_paid else ""


_WORDS = {
    TrialDecisionKind.BRING_ON: _bring_on,
    TrialDecisionKind.EXTEND: _extend,
    TrialDecisionKind.PARK: _park,
    TrialDecisionKind.DECLINE: _decline,
}
_WORDS_WITHOUT = {
    TrialDecisionKind.BRING_ON: _bring_on_without,
    TrialDecisionKind.EXTEND: _extend_without,
    TrialDecisionKind.PARK: _park_without,
    TrialDecisionKind.DECLINE: _decline_without,
}


def _all(whats: Sequence[str]) -> str:
    return "; ".join(what.rstrip(" .!") for what in whats)


def _short(words: str) -> str:
    return text.excerpt(words, WORK_LENGTH).rstrip(" .!")
