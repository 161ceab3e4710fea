"""Where a referral stands, in words and dots, and what it wants next: for the list and for its own page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from crm.core import clock, formats, text
from crm.core.i18n import _
from crm.domain import referral_rules
from crm.domain.referral_rules import ANSWERED, ASKED, NOES, NOT_NOWS
from crm.models.enums import Channel, ReferralAnswer, ReferralSide, ReferralState
from crm.models.vocabulary import word
from crm.queries.referrals import ReferralRow, Step

NAME_LENGTH = 30
"""So much of a name stands on a button or a tab."""
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


def called(name: str) -> str:
    """How somebody is named in passing, as far as it stands on a button: ``Marta``, ``Dr Price``."""
    return cut(text.short_name(name))


def in_passing(person: str, house: str) -> str:
    """How a side is named in passing: by the person, else by the house."""
    return called(person) if person and person != house else cut(house)


def cut(name: str) -> str:
    """A name as far as it stands on a button or a tab."""
    return text.excerpt(name, NAME_LENGTH)


def of_row(row: ReferralRow, *, reader_id: int, today: date, zone: str) -> Standing:
    """Where a referral of a list stands, seen by a member on that day."""
    names = {ReferralSide.VENDOR: row.vendor, ReferralSide.BUSINESS: row.business}
    short = {
        ReferralSide.VENDOR: cut(row.vendor),
        ReferralSide.BUSINESS: in_passing(row.person, row.business),
    }
    whose = turn(row.connector, is_reader=row.connector_id == reader_id)
    is_due = row.follow_up_on is not None and row.follow_up_on <= today
    leaves = time_of(row.leaves_at, zone) if row.leaves_at else ""
    return standing(row.steps, row.state, names=names, called=short, turn=whose, is_due=is_due, leaves=leaves)


def turn(connector: str, *, is_reader: bool) -> str:
    """Whose turn it is: that of whoever introduces them."""
    return _("Your turn") if is_reader else _("%(name)s’s turn", name=called(connector))


def standing(
    steps: Sequence[ReferralState],
    state: ReferralState,
    *,
    names: Mapping[ReferralSide, str],
    called: Mapping[ReferralSide, str],
    turn: str,
    is_due: bool,
    leaves: str = "",
) -> Standing:
    """Where a referral stands after these steps, the earliest first. ``turn`` says whose turn it is; ``is_due``, that
    it is time to ask after it; ``leaves``, at what time the introduction does, where it waits to."""
    dots = dots_of(steps, state)
    if referral_rules.is_introduced(steps):
        return _afterwards(state, dots, is_due=is_due)
    now = referral_rules.sides(steps)
    if state in NOES or state is ReferralState.DECLINED:
        side = referral_rules.side_of(state)
        return Standing(_("%(name)s said no", name=names[side]) if side else word(state), dots)
    if referral_rules.both_said_yes(steps):
        if leaves:
            return Standing(
                _("Both said yes. The introduction leaves at %(time)s", time=leaves), dots, "", "introduction"
            )
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


@dataclass(frozen=True, slots=True)
class Stop:
    """A stage of an introduction on its page: ``kind`` is done, now, no, or empty for what is to come."""

    kind: str
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """What the stages of one referral are told from."""

    steps: Sequence[Step]
    state: ReferralState
    called: Mapping[ReferralSide, str]
    follow_up_on: date | None
    leaves_at: datetime | None
    """When the introduction goes, where it waits to."""
    today: date
    zone: str

    @property
    def states(self) -> list[ReferralState]:
        return [step.state for step in self.steps]


def stops(course: Course) -> list[Stop]:
    """The stages of an introduction in order, each with what is known of it."""
    is_over = course.state in (*NOES, ReferralState.DECLINED)
    asks = [_ask_stop(course, side, is_over=is_over) for side in ReferralSide]
    rest = [_introduction_stop(course), _outcome_stop(course)]
    if ReferralState.WON in course.states or ReferralState.THANKED in course.states:
        rest.append(_thanks_stop(course))
    return asks + ([] if is_over else rest)


def _ask_stop(course: Course, side: ReferralSide, *, is_over: bool) -> Stop:
    name = course.called[side]
    sides = referral_rules.sides(course.states)
    now, other = sides.get(side), sides.get(_OTHER[side])
    if now is None:
        if referral_rules.is_introduced(course.states):
            return Stop("done", _("Ask %(name)s", name=name), (_("Not recorded."),))
        is_next = other in referral_rules.YESES or (other is None and side is ReferralSide.VENDOR)
        if is_next and not is_over:
            return Stop("now", _("Ask %(name)s", name=name), _reminders(course))
        words = _("Best once %(name)s has said yes: after a no, nobody hears of it.", name=course.called[_OTHER[side]])
        return Stop("", _("Ask %(name)s", name=name), () if is_over else (words,))
    asked = _latest(course, ASKED[side])
    lines = [_when(course, asked, _("Asked"))] if asked else []
    if now is ASKED[side]:
        return Stop("now", _("%(name)s was asked", name=name), (*lines, _("No answer yet."), *_reminders(course)))
    answer = _latest(course, now)
    assert answer is not None  # it stands by this step
    lines.append(_when(course, answer, _("Answered")))
    if answer.note:
        lines.append(_("“%(words)s”", words=answer.note))
    said = referral_rules.answer_of(now)
    if said is ReferralAnswer.YES:
        return Stop("done", _("%(name)s said yes", name=name), tuple(lines))
    if said is ReferralAnswer.NO:
        return Stop("no", _("%(name)s said no", name=name), tuple(lines))
    return Stop("now", _("%(name)s said not now", name=name), (*lines, *_reminders(course)))


def _introduction_stop(course: Course) -> Stop:
    made = _latest(course, ReferralState.INTRODUCED)
    if made is not None or referral_rules.is_introduced(course.states):
        return Stop("done", _("Introduced"), (_when(course, made, _("Introduced")),) if made else ())
    if not referral_rules.both_said_yes(course.states):
        words = _("A letter to each, with the address the other agreed to share.")
        return Stop("", _("Introduce them"), (words,))
    if course.leaves_at is None:
        return Stop("now", _("Introduce them"), (_("Both said yes."),))
    return Stop("now", _("Introduce them"), (_("Leaves at %(time)s.", time=time_of(course.leaves_at, course.zone)),))


def _outcome_stop(course: Course) -> Stop:
    latest = next((step for step in reversed(course.steps) if step.state in _OUTCOMES), None)
    if latest is None:
        if referral_rules.is_introduced(course.states):
            return Stop("now", _("Ask how it went"), _reminders(course))
        first, second = (each.days for each in referral_rules.OUTCOME_ASKED)
        words = _("We remind you after %(first)s days, and again after %(second)s.", first=first, second=second)
        return Stop("", _("Ask how it went"), (words,))
    told = _when(course, latest, word(latest.state))
    if latest.state is ReferralState.TALKING:
        return Stop("now", _("Ask how it went"), (told, *_reminders(course)))
    kind = "done" if latest.state is ReferralState.WON else "no"
    return Stop(kind, word(latest.state), (told,))


def _thanks_stop(course: Course) -> Stop:
    thanked = _latest(course, ReferralState.THANKED)
    if thanked is not None:
        return Stop("done", _("Thanked"), (_when(course, thanked, _("Thanked")),))
    return Stop("now", _("Thank them"), (_("A word of thanks keeps the door open."),))


def _reminders(course: Course) -> tuple[str, ...]:
    """When we ask after it, where we do."""
    if course.follow_up_on is None:
        return ()
    if course.follow_up_on <= course.today:
        return (_("It is time to ask."),)
    return (_("We remind you on %(day)s.", day=formats.day(course.follow_up_on, course.today)),)


def _latest(course: Course, state: ReferralState) -> Step | None:
    return next((step for step in reversed(course.steps) if step.state is state), None)


def _when(course: Course, step: Step, what: str) -> str:
    """``Answered today at 08:12, on their own page``; ``Asked yesterday, Nadia Okafor, phone``."""
    day = formats.ago(step.happened_on, course.today)
    if step.given_at is not None:
        time = time_of(step.given_at, course.zone)
        return _("%(what)s %(day)s at %(time)s, on their own page.", what=what, day=day, time=time)
    if step.channel:
        how = word(Channel(step.channel))
        return _("%(what)s %(day)s. %(how)s, %(name)s.", what=what, day=day, how=how, name=step.recorder)
    return _("%(what)s %(day)s. %(name)s.", what=what, day=day, name=step.recorder)


def time_of(instant: datetime, zone: str) -> str:
    """A time of day by the reader's clock: ``08:12``."""
    local = clock.local(instant, zone)
    return formats.time_of_day(local.hour, local.minute)


_OUTCOMES = (ReferralState.TALKING, ReferralState.WON, ReferralState.LOST, ReferralState.NO_REPLY)
