"""What a person does with a reminder: done, snoozed, skipped, and each of them taken back."""

from dataclasses import dataclass
from datetime import date

from crm.core import clock
from crm.core.dates import OpenDays
from crm.core.errors import Missing, Refused
from crm.core.i18n import LazyText, lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import (
    decision_areas,
    delegated_works,
    interactions,
    log_dates,
    mentions,
    open_days,
    parkings,
    promises,
    referrals,
    standings,
    timeline,
    touches,
    trial_work,
)
from crm.domain.next_touch import Candidate, SnoozeChoice, TouchKey, snooze_until
from crm.models.enums import InteractionKind, PromiseState, ReminderKind, TimelineKind
from crm.models.log import Mention, Promise
from crm.models.referrals import Referral
from crm.models.reminders import Reminder, Skip, Snooze
from crm.models.stages import Parking, ParkingTrigger
from crm.models.standings import Standing
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership

COMPLETED_ELSEWHERE: dict[ReminderKind, LazyText] = {
    ReminderKind.TRIAL: lazy("Say how the trial task went on its own page."),
    ReminderKind.REVIEW: lazy("Hand your review in on the page of the trial task."),
}
"""What needs a page of its own, and the words that say so: Done alone would say too little."""
_ABOUT_A_PARKING = frozenset({ReminderKind.REVISIT, ReminderKind.TRIGGER})
SNOOZED = frozenset(ReminderKind) - {ReminderKind.MENTION, ReminderKind.REFERRAL}


@dataclass(frozen=True, slots=True)
class Completed:
    """What Done did: the vendor's next touch now, and what taking it back needs."""

    vendor: Vendor
    kind: ReminderKind
    subject_id: int
    interaction_id: int | None = None
    kept_until: date | None = None
    """Until when the vendor stays parked, where that is what Done did."""


def find(session: WorkspaceSession, reminder_id: int) -> Reminder:
    """A reminder of this business, to be acted on. Raises :class:`Missing`."""
    reminder = session.get(Reminder, reminder_id, with_for_update=session.writing)
    if reminder is None:
        raise Missing
    return reminder


def complete(session: WorkspaceSession, reminder: Reminder, *, by: Membership) -> Completed:
    """Done. A check-in is logged as a conversation of today, a promise is kept, a mention is seen, a revisit and what
    has come true keep the vendor parked for another while, a referral was asked about, a standing is renewed for
    twelve months, late work came today, an access was taken back today, a question was answered just now.

    Raises :class:`Refused` where it is done already, or needs a decision on a page of its own, and :class:`Missing`
    for somebody else's mention: only who was called can have seen it.
    """
    if reminder.kind is ReminderKind.MENTION and reminder.user_id != by.user_id:
        raise Missing
    if reminder.ended_at is not None:
        raise Refused(lazy("This is done already."))
    if reminder.kind in COMPLETED_ELSEWHERE:
        raise Refused(COMPLETED_ELSEWHERE[reminder.kind])
    vendor = _vendor(session, reminder)
    # First: what the act brings with it would end the reminder as moot, as if nobody had done anything.
    touches.end_reminders(session, reminder.kind, reminder.subject_id, by=by.user_id)
    interaction_id = _act(session, reminder, vendor, by)
    touches.refresh(session, vendor)
    kept_until = _parking(session, reminder).revisit_on if reminder.kind in _ABOUT_A_PARKING else None
    return Completed(vendor, reminder.kind, reminder.subject_id, interaction_id, kept_until)


def _act(session: WorkspaceSession, reminder: Reminder, vendor: Vendor, by: Membership) -> int | None:
    subject = reminder.subject_id
    if reminder.kind is ReminderKind.TOUCH:
        entry = interactions.log(vendor, by=by, kind=InteractionKind.OTHER, occurred_on=by.workspace.today)
        return entry.id
    if reminder.kind is ReminderKind.MENTION:
        mentions.see(session.get_one(Mention, subject), by=by)
    elif reminder.kind in _ABOUT_A_PARKING:
        parkings.keep_parked(_parking(session, reminder), by=by)
    elif reminder.kind is ReminderKind.REFERRAL:
        referrals.was_asked_about(session.get_one(Referral, subject), by.workspace.today)
    elif reminder.kind is ReminderKind.STANDING:
        standings.renew(session.get_one(Standing, subject), by=by)
    elif reminder.kind is ReminderKind.WORK:
        delegated_works.deliver(delegated_works.find(session, subject), by=by, on=by.workspace.today)
    elif reminder.kind is ReminderKind.ACCESS:
        decision_areas.revoke_access(decision_areas.find_access(session, subject), by=by)
    elif reminder.kind is ReminderKind.QUESTION:
        trial_work.answer(trial_work.find_question(session, subject), by=by, answered_at=clock.now())
    else:
        promises.close(session.get_one(Promise, subject), by=by, state=PromiseState.KEPT)
    return None


def undo_complete(
    session: WorkspaceSession, reminder: Reminder, *, by: Membership, interaction_id: int | None = None
) -> Vendor:
    """Take Done back: the conversation it logged leaves the log, a promise is open again, a parking has its former
    date, a mention is unseen, a referral is to be asked about again, a standing ends when it did, work
    has not come, an access stands, a question waits. Raises :class:`Refused` or :class:`Missing`."""
    if reminder.ended_at is None:
        raise Refused(lazy("This is open already."))
    vendor = _vendor(session, reminder)
    _undo_act(session, reminder, vendor, by, interaction_id)
    touches.refresh(session, vendor)
    return vendor


def _undo_act(
    session: WorkspaceSession, reminder: Reminder, vendor: Vendor, by: Membership, interaction_id: int | None
) -> None:
    subject = reminder.subject_id
    if reminder.kind is ReminderKind.TOUCH:
        entry = interactions.find(session, interaction_id or 0)
        if entry.vendor_id != vendor.id:
            raise Missing
        interactions.delete(entry, by=by)
    elif reminder.kind is ReminderKind.MENTION:
        mentions.unsee(mentions.find(session, subject, reader=by))
    elif reminder.kind in _ABOUT_A_PARKING:
        parkings.undo_keep(_parking(session, reminder), by=by)
    elif reminder.kind is ReminderKind.REFERRAL:
        session.get_one(Referral, subject).follow_up_on = reminder.due_on
    elif reminder.kind is ReminderKind.STANDING:
        standings.undo_renewal(session.get_one(Standing, subject), by=by)
    elif reminder.kind is ReminderKind.WORK:
        delegated_works.take_back_delivery(delegated_works.find(session, subject), by=by)
    elif reminder.kind is ReminderKind.ACCESS:
        decision_areas.restore_access(decision_areas.find_access(session, subject))
    elif reminder.kind is ReminderKind.QUESTION:
        trial_work.ask_again(trial_work.find_question(session, subject), by=by)
    else:
        promises.reopen(session.get_one(Promise, subject), by=by)


def snooze(session: WorkspaceSession, reminder: Reminder, *, by: Membership, choice: SnoozeChoice | date) -> Snooze:
    """Put a reminder off: a week or a month (from the later of today and its date), or to a day from tomorrow on."""
    if reminder.ended_at is not None:
        raise Refused(lazy("This is done already."))
    vendor = _vendor(session, reminder)
    today = by.workspace.today
    candidate = _candidate(session, vendor, reminder, today)
    until = snooze_until(choice, today=today, due_on=candidate.due_on)
    if until <= today:
        raise Refused(lazy("Pick a day from tomorrow on."), field="until")
    log_dates.require_within_reach(until, by=by, field="until")
    row = Snooze(
        vendor_id=vendor.id,
        kind=reminder.kind,
        subject_id=reminder.subject_id,
        own_date=candidate.own_on,
        until=until,
        snoozed_on=today,
        snoozed_by=by.user_id,
    )
    session.add(row)
    session.flush()
    timeline.record(
        session,
        vendor.id,
        TimelineKind.SNOOZE,
        row.id,
        on=today,
        by=by.user_id,
        until=until.isoformat(),
        about=reminder.kind,
    )
    touches.refresh(session, vendor)
    return row


def snooze_days(vendor: Vendor, due_on: date, *, by: Membership) -> list[tuple[SnoozeChoice, date]]:
    """Each length of a snooze, with the day it leads to: the first that is open for the business and the vendor."""
    days = open_days.for_vendor(open_days.of_business(session_of(vendor), by.workspace), vendor)
    return snooze_dates(days, due_on=due_on, today=by.workspace.today)


def snooze_dates(days: OpenDays, *, due_on: date, today: date) -> list[tuple[SnoozeChoice, date]]:
    """:func:`snooze_days` where a vendor's open days are known."""
    return [(each, days.next_open_day(snooze_until(each, today=today, due_on=due_on))) for each in SnoozeChoice]


def undo_snooze(session: WorkspaceSession, snooze_id: int, *, by: Membership) -> Vendor:
    """Take a snooze back. Raises :class:`Missing`."""
    row = session.get(Snooze, snooze_id)
    if row is None:
        raise Missing
    row.undone_at = clock.now()
    timeline.erase(session, TimelineKind.SNOOZE, row.id)
    vendor = session.get_one(Vendor, row.vendor_id, with_for_update=True)
    touches.refresh(session, vendor)
    return vendor


def skip(session: WorkspaceSession, reminder: Reminder, *, by: Membership) -> Skip:
    """Leave this check-in out and wait for the one after it. Only check-ins are skipped."""
    if reminder.ended_at is not None:
        raise Refused(lazy("This is done already."))
    if reminder.kind is not ReminderKind.TOUCH:
        raise Refused(lazy("Only a check-in can be skipped. Snooze it, or say that it is done."))
    vendor = _vendor(session, reminder)
    today = by.workspace.today
    row = Skip(
        vendor_id=vendor.id,
        skipped_date=_candidate(session, vendor, reminder, today).unsnoozed_on,
        skipped_on=today,
        skipped_by=by.user_id,
    )
    session.add(row)
    session.flush()
    timeline.record(session, vendor.id, TimelineKind.SKIP, row.id, on=today, by=by.user_id)
    touches.refresh(session, vendor)
    return row


def undo_skip(session: WorkspaceSession, skip_id: int, *, by: Membership) -> Vendor:
    """Take a skip back. Raises :class:`Missing`."""
    row = session.get(Skip, skip_id)
    if row is None:
        raise Missing
    row.undone_at = clock.now()
    timeline.erase(session, TimelineKind.SKIP, row.id)
    vendor = session.get_one(Vendor, row.vendor_id, with_for_update=True)
    touches.refresh(session, vendor)
    return vendor


def due_on(session: WorkspaceSession, snooze: Snooze) -> date | None:
    """When what was put off is due now: the day chosen, or the first open day after it."""
    vendor = session.get_one(Vendor, snooze.vendor_id)
    candidate = touches.outlook(session, vendor).candidate(TouchKey(snooze.kind, snooze.subject_id))
    return candidate.due_on if candidate else None


def vendor_of(session: WorkspaceSession, reminder: Reminder) -> Vendor:
    """The vendor that a reminder is about."""
    return _vendor(session, reminder)


def _vendor(session: WorkspaceSession, reminder: Reminder) -> Vendor:
    return session.get_one(Vendor, reminder.vendor_id, with_for_update=True)


def _parking(session: WorkspaceSession, reminder: Reminder) -> Parking:
    if reminder.kind is ReminderKind.REVISIT:
        return session.get_one(Parking, reminder.subject_id)
    return session.get_one(Parking, session.get_one(ParkingTrigger, reminder.subject_id).parking_id)


def _candidate(session: WorkspaceSession, vendor: Vendor, reminder: Reminder, today: date) -> Candidate:
    outlook = touches.outlook(session, vendor)
    candidate = outlook.candidate(TouchKey(reminder.kind, reminder.subject_id))
    if candidate is None or reminder.kind not in SNOOZED:
        raise Refused(lazy("This cannot be put off. Say that it is done instead."))
    # A snooze or skip made on the anchor's own day counts for nothing: say so instead of seeming to work.
    if reminder.kind is ReminderKind.TOUCH and today <= outlook.anchor_on:
        raise Refused(lazy("You were in touch today, or this rhythm began today: there is nothing to put off yet."))
    return candidate
