"""When to be in touch next, and why: computed from a vendor's history alone.

The result depends on nothing but its input: it does not know what day it is, and the order in which things
were entered makes no difference, only their dates do.

How the rules are read where their wording leaves room:

* The *scheduled day* of the check-in is anchor + n intervals, before attempts, snooze and closed days. A
  snooze of the check-in hangs on it: an attempt leaves the snooze in force, anything else that moves it
  ends the snooze.
* A skip raises n until the scheduled day is after both the day on which the skip was made and the day that
  was skipped (the check-in without its snooze: ``Candidate.unsnoozed_on``). Attempts have no part in that,
  so an attempt entered late cannot undo a skip. A skip ends a snooze, because it changes the scheduled day.
* Attempts in a row are those after the anchor's day; two on one day are two. From the third on the pause is
  the interval, but never less than the usual 7 days: with a shorter interval, an attempt entered late would
  turn a second one into a third and so bring the check-in nearer.
* An attempt moves the snooze of the check-in only when it is of a later day than the snooze. On the same
  day the snooze wins: a date that somebody chose is not overruled by what they knew when they chose it.
* What is made on the anchor's day counts for nothing, so a check-in cannot be skipped or snoozed on the day
  of a conversation or on the day its cadence began.
* Of several snoozes of one candidate that are in force, the latest made counts; among those of one day the
  last given. A snooze whose candidate returns to the date for which it was made is in force again.
* A snoozed promise, revisit or trial date goes to the next open day, like any snooze.
* Candidates are compared by the date on which they are due, not by the earlier day on which a closed one is
  shown. On the same date a promise comes first, then a trial date, the revisit, and the check-in.
* A standing to renew, a trigger that fired, what a vendor on trial delivered and what they asked are dates to act on,
  each with its reminder and its snooze, but no reason to be in touch: they are candidates that are never the next
  touch.
* Where no day is open for years (see ``OpenDays``), dates stay as they are, closed or not.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from crm.core.dates import OpenDays, add_days, add_months
from crm.domain.cadences import Cadence
from crm.models.enums import ReminderKind

RETRY_DAYS = 7
OTHER_CHANNEL_FROM = 3
"""From this many unanswered attempts in a row on, another channel is suggested."""

_FIXED_KINDS = (
    ReminderKind.PROMISE_OURS,
    ReminderKind.PROMISE_THEIRS,
    ReminderKind.FOLLOW_UP,
    ReminderKind.TRIAL,
    ReminderKind.REVISIT,
)
_NO_TOUCH = (
    ReminderKind.STANDING,
    ReminderKind.TRIGGER,
    ReminderKind.WORK,
    ReminderKind.ACCESS,
    ReminderKind.REVIEW,
    ReminderKind.QUESTION,
)
_FIRST_ON_THE_SAME_DATE = (*_FIXED_KINDS, ReminderKind.TOUCH, *_NO_TOUCH)


@dataclass(frozen=True, slots=True)
class TouchKey:
    """Names one candidate of a vendor. The subject of a check-in (kind TOUCH) is the vendor itself."""

    kind: ReminderKind
    subject_id: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """An interaction: its local date, and whether both sides spoke (else it is an unanswered attempt)."""

    day: date
    two_way: bool


@dataclass(frozen=True, slots=True)
class Skip:
    """A check-in left out: when that was decided and the day skipped (its ``unsnoozed_on`` at the time)."""

    made_on: date
    skipped_on: date


@dataclass(frozen=True, slots=True)
class Snooze:
    """A candidate put off until a day; ``made_for`` is the ``Candidate.own_on`` that it had at the time."""

    key: TouchKey
    made_for: date
    until: date
    made_on: date


@dataclass(frozen=True, slots=True)
class FixedDate:
    """A date that stays where it is: of an open follow-up or promise, of an open trial task, the revisit of the
    open parking, the last day of a standing, or the day on which a trigger fired. Any other kind is a ValueError.
    """

    key: TouchKey
    on: date

    def __post_init__(self) -> None:
        if self.key.kind not in _FIXED_KINDS + _NO_TOUCH:
            raise ValueError(f"{self.key.kind} has no date of its own in the next touch")


@dataclass(frozen=True, slots=True)
class History:
    """All that the next touch with one vendor depends on.

    The order within a tuple makes no difference, but for snoozes made on the same day: the last counts.
    ``began_on`` is the day on which the cadence in force began. ``open_days`` joins the workspace's working
    days and holidays with the vendor's leave.
    """

    vendor_id: int
    began_on: date
    cadence: Cadence | None = None
    conversations: tuple[Conversation, ...] = ()
    skips: tuple[Skip, ...] = ()
    snoozes: tuple[Snooze, ...] = ()
    fixed_dates: tuple[FixedDate, ...] = ()
    open_days: OpenDays = field(default_factory=OpenDays)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One dated thing to be in touch about.

    own_on        its date by its own rules, for which a snooze is made; a check-in's is its scheduled day.
    unsnoozed_on  when it would be due without its snooze; a skip records this date.
    due_on        when it is due.
    shown_on      its day 0: the last open day before when it is due on a closed day, else the same as due_on.
    snoozed       whether a snooze is in force.
    """

    key: TouchKey
    own_on: date
    unsnoozed_on: date
    due_on: date
    shown_on: date
    snoozed: bool


@dataclass(frozen=True, slots=True)
class NextTouch:
    """The earliest candidate, and what its reason in words needs.

    last_conversation_on  the latest two-way interaction, None when there was none.
    attempts              unanswered attempts in a row since the anchor's day.
    other_channel         whether to suggest another channel, from the third such attempt on.
    """

    candidate: Candidate
    last_conversation_on: date | None
    cadence: Cadence | None
    attempts: int
    other_channel: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """Every dated candidate of a vendor, earliest first, and the next touch (None: nothing planned).

    Skips, attempts and snoozes of the check-in count only when made after ``anchor_on``.
    """

    candidates: tuple[Candidate, ...]
    next_touch: NextTouch | None
    anchor_on: date

    def candidate(self, key: TouchKey) -> Candidate | None:
        """The candidate of that key, None when there is none (any more)."""
        return next((each for each in self.candidates if each.key == key), None)


def compute(history: History) -> Outlook:
    """Every dated candidate of a vendor, and the next touch with its reason."""
    last_conversation_on = max((each.day for each in history.conversations if each.two_way), default=None)
    anchor_on = max(history.began_on, last_conversation_on or history.began_on)
    attempts = sorted(each.day for each in history.conversations if not each.two_way and each.day > anchor_on)

    candidates = [_fixed_candidate(history, fixed) for fixed in history.fixed_dates]
    if history.cadence is not None:
        candidates.append(_check_in(history, history.cadence, anchor_on, attempts))
    candidates.sort(key=_order)

    next_touch = None
    first = next((each for each in candidates if each.key.kind not in _NO_TOUCH), None)
    if first is not None:
        next_touch = NextTouch(
            candidate=first,
            last_conversation_on=last_conversation_on,
            cadence=history.cadence,
            attempts=len(attempts),
            other_channel=len(attempts) >= OTHER_CHANNEL_FROM,
        )
    return Outlook(tuple(candidates), next_touch, anchor_on)


def _order(candidate: Candidate) -> tuple[date, int, int]:
    return candidate.due_on, _FIRST_ON_THE_SAME_DATE.index(candidate.key.kind), candidate.key.subject_id


def _check_in(history: History, cadence: Cadence, anchor_on: date, attempts: list[date]) -> Candidate:
    key = TouchKey(ReminderKind.TOUCH, history.vendor_id)
    scheduled_on = _scheduled_day(cadence, anchor_on, history.skips)
    retries = _retries(cadence, attempts)
    unsnoozed_on = history.open_days.next_open_day(max([scheduled_on, *(retry for _, retry in retries)]))

    due_on = unsnoozed_on
    snooze = _snooze_in_force(history.snoozes, key, scheduled_on, made_after=anchor_on)
    if snooze is not None:
        later_retries = [retry for day, retry in retries if day > snooze.made_on]
        due_on = history.open_days.next_open_day(max([snooze.until, *later_retries]))
    return Candidate(
        key=key,
        own_on=scheduled_on,
        unsnoozed_on=unsnoozed_on,
        due_on=due_on,
        shown_on=due_on,
        snoozed=snooze is not None,
    )


def _scheduled_day(cadence: Cadence, anchor_on: date, skips: tuple[Skip, ...]) -> date:
    """Anchor + n intervals: n is 1, or as many as it takes to be later than all that the skips left out."""
    left_out = [max(skip.made_on, skip.skipped_on) for skip in skips if skip.made_on > anchor_on]
    return cadence.first_after(anchor_on, max([anchor_on, *left_out]))


def _retries(cadence: Cadence, attempts: list[date]) -> list[tuple[date, date]]:
    """For each attempt, in order of date: its day, and the day before which the next try is not worth it."""
    retries = []
    for number, day in enumerate(attempts, start=1):
        retry = add_days(day, RETRY_DAYS)
        if number >= OTHER_CHANNEL_FROM:
            retry = max(retry, cadence.plus(day, 1))
        retries.append((day, retry))
    return retries


def _fixed_candidate(history: History, fixed: FixedDate) -> Candidate:
    snooze = _snooze_in_force(history.snoozes, fixed.key, fixed.on)
    due_on = fixed.on if snooze is None else history.open_days.next_open_day(snooze.until)
    return Candidate(
        key=fixed.key,
        own_on=fixed.on,
        unsnoozed_on=fixed.on,
        due_on=due_on,
        shown_on=history.open_days.last_open_day_on_or_before(due_on),
        snoozed=snooze is not None,
    )


def _snooze_in_force(
    snoozes: tuple[Snooze, ...], key: TouchKey, own_on: date, *, made_after: date = date.min
) -> Snooze | None:
    in_force = [each for each in snoozes if each.key == key and each.made_for == own_on and each.made_on > made_after]
    latest = max((each.made_on for each in in_force), default=None)
    return next((each for each in reversed(in_force) if each.made_on == latest), None)


class SnoozeChoice(StrEnum):
    """The lengths offered; a person can also name a date."""

    ONE_WEEK = "one_week"
    ONE_MONTH = "one_month"


def snooze_until(choice: SnoozeChoice | date, *, today: date, due_on: date) -> date:
    """The date until which a snooze lasts, before closed days are looked at.

    A week or a month after the later of today and the date on which the candidate is due now (an earlier
    snooze included), or the very date that was named.
    """
    if isinstance(choice, date):
        return choice
    start = max(today, due_on)
    return add_days(start, 7) if choice is SnoozeChoice.ONE_WEEK else add_months(start, 1)
