"""Keeps each vendor's next touch, and the reminders that follow from it, true to the vendor's history.

Whoever changes an input of the next touch calls :func:`refresh` in the same transaction. What is stored then depends
on the history alone: refreshing again changes nothing. The rules themselves are pure, in :mod:`crm.domain.next_touch`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from crm.core import clock
from crm.core.dates import CadenceUnit, OpenDays
from crm.core.tenancy import WorkspaceSession
from crm.domain.cadences import (
    Cadence,
    CadenceDefaults,
    ResolvedCadence,
    Wish,
    defaults_with,
    resolve,
    wish,
)
from crm.domain.next_touch import (
    Candidate,
    Conversation,
    FixedDate,
    History,
    NextTouch,
    Outlook,
    Skip,
    Snooze,
    TouchKey,
    compute,
)
from crm.models import log, reminders, stages
from crm.models.enums import (
    EXIT_STAGES,
    CadenceChoice,
    Outcome,
    PromiseKind,
    PromiseState,
    ReminderEnd,
    ReminderKind,
    Stage,
    Tier,
)
from crm.models.referrals import Opening, Referral
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, Workspace
from crm.queries import members

_PROMISES = {
    PromiseKind.FOLLOW_UP: ReminderKind.FOLLOW_UP,
    PromiseKind.OURS: ReminderKind.PROMISE_OURS,
    PromiseKind.THEIRS: ReminderKind.PROMISE_THEIRS,
}


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What all vendors of a business share."""

    workspace: Workspace
    today: date
    defaults: CadenceDefaults
    active: frozenset[int]
    admins: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A reminder that follows from the history."""

    user_id: int
    kind: ReminderKind
    subject_id: int
    due_on: date
    shown_on: date
    why: dict[str, Any]

    @property
    def key(self) -> tuple[int, ReminderKind, int, date]:
        return (self.user_id, self.kind, self.subject_id, self.due_on)


def refresh(session: WorkspaceSession, vendor: Vendor, *, began_on: date | None = None) -> None:
    """Recompute the vendor's next touch and reminders from its history, and store them.

    A cadence that differs from the one in force begins today, in the business's time zone; ``began_on`` sets another
    day, as undoing a move does.
    """
    _refresh(session, vendor, _surroundings(session), began_on=began_on)


def refresh_many(session: WorkspaceSession, vendors: Iterable[Vendor], *, begins: bool = True) -> None:
    """:func:`refresh` for several vendors. Without ``begins`` a changed cadence keeps the day on which it began:
    a change of the business's defaults begins nothing."""
    surroundings = _surroundings(session)
    for vendor in vendors:
        _refresh(session, vendor, surroundings, began_on=None if begins else vendor.cadence_began_on)


def outlook(session: WorkspaceSession, vendor: Vendor) -> Outlook:
    """All dated things to be in touch about with a vendor, and the next one."""
    surroundings = _surroundings(session)
    parking = open_parking(session, vendor)
    return compute(_history(session, vendor, surroundings, _cadence(vendor, parking, surroundings), parking))


def open_parking(session: WorkspaceSession, vendor: Vendor) -> stages.Parking | None:
    """The parking that a vendor is in."""
    statement = select(stages.Parking).where(stages.Parking.vendor_id == vendor.id, stages.Parking.ended_on.is_(None))
    return session.scalars(statement).first()


def remind(
    session: WorkspaceSession,
    *,
    user_id: int,
    vendor_id: int,
    kind: ReminderKind,
    subject_id: int,
    due_on: date,
    why: dict[str, Any],
) -> None:
    """Remind a person of something that is no date of the vendor's, such as a mention. Asking again changes nothing."""
    wanted = _Wanted(user_id, kind, subject_id, due_on, due_on, why)
    statement = select(reminders.Reminder).where(
        reminders.Reminder.user_id == user_id,
        reminders.Reminder.kind == kind,
        reminders.Reminder.subject_id == subject_id,
    )
    if session.scalars(statement).first() is None:
        session.add(_row(vendor_id, wanted))


def end_reminders(session: WorkspaceSession, kind: ReminderKind, subject_id: int, *, by: int | None) -> None:
    """Close a subject's reminders for everyone, because somebody acted on it (``by``) or it is no more (None)."""
    statement = select(reminders.Reminder).where(
        reminders.Reminder.kind == kind,
        reminders.Reminder.subject_id == subject_id,
        reminders.Reminder.ended_at.is_(None),
    )
    for row in session.scalars(statement):
        _end(row, by)


def cadence_defaults(workspace: Workspace) -> CadenceDefaults:
    """The business's cadences by tier and stage: the standard ones with its changes."""
    changes: dict[Tier | Stage, Cadence | None] = {}
    for name, value in workspace.cadence_defaults.items():
        key = Tier(name) if name in list(Tier) else Stage(name)
        changes[key] = Cadence(value["every"], CadenceUnit(value["unit"])) if value else None
    return defaults_with(changes)


def cadence_of(session: WorkspaceSession, vendor: Vendor) -> ResolvedCadence:
    """The cadence that results for a vendor, and whose wish it is."""
    return _cadence(vendor, open_parking(session, vendor), _surroundings(session))


def usual_cadence(session: WorkspaceSession, vendor: Vendor, stage: Stage, *, own: bool = True) -> ResolvedCadence:
    """The cadence that a vendor would have in a stage without a parking's own wish; without ``own`` also without the
    vendor's own."""
    return resolve(
        stage=stage,
        tier=None if stage in EXIT_STAGES else vendor.tier,
        own=wish(vendor.cadence_choice, vendor.cadence_every, vendor.cadence_unit) if own else CadenceChoice.DEFAULT,
        defaults=_surroundings(session).defaults,
    )


def _refresh(session: WorkspaceSession, vendor: Vendor, around: _Surroundings, *, began_on: date | None) -> None:
    session.flush()
    parking = open_parking(session, vendor)
    cadence = _cadence(vendor, parking, around)
    if str(cadence) != vendor.cadence_in_force:
        vendor.cadence_in_force = str(cadence)
        vendor.cadence_began_on = began_on or around.today
    elif began_on is not None:
        vendor.cadence_began_on = began_on
    history = _history(session, vendor, around, cadence, parking)
    found = compute(history)
    vendor.last_contact_on = max((each.day for each in history.conversations if each.two_way), default=None)
    facts = _facts(session, vendor, parking, found)
    _store(vendor, found.next_touch, facts)
    _sync(session, vendor, _wanted(session, vendor, found.candidates, facts, around))


def _surroundings(session: WorkspaceSession) -> _Surroundings:
    workspace = session.get_one(Workspace, session.workspace_id)
    people: Sequence[Membership] = members.members_of(session, workspace.id)
    return _Surroundings(
        workspace=workspace,
        today=workspace.today,
        defaults=cadence_defaults(workspace),
        active=frozenset(member.user_id for member in people),
        admins=tuple(member.user_id for member in members.admins_of(people)),
    )


def _cadence(vendor: Vendor, parking: stages.Parking | None, around: _Surroundings) -> ResolvedCadence:
    own = wish(vendor.cadence_choice, vendor.cadence_every, vendor.cadence_unit)
    parked: Wish = CadenceChoice.DEFAULT
    if parking is not None:
        parked = wish(parking.cadence_choice, parking.cadence_every, parking.cadence_unit)
    return resolve(
        stage=vendor.stage,
        # Off the board a tier asks for nothing: only a wish for this very vendor does.
        tier=None if vendor.stage in EXIT_STAGES else vendor.tier,
        own=own,
        parking=parked,
        defaults=around.defaults,
    )


def _history(
    session: WorkspaceSession,
    vendor: Vendor,
    around: _Surroundings,
    cadence: ResolvedCadence,
    parking: stages.Parking | None,
) -> History:
    leave = ((vendor.leave_from, vendor.leave_to),) if vendor.leave_from and vendor.leave_to else ()
    return History(
        vendor_id=vendor.id,
        began_on=vendor.cadence_began_on,
        cadence=cadence.cadence,
        conversations=_conversations(session, vendor),
        skips=_skips(session, vendor),
        snoozes=_snoozes(session, vendor),
        fixed_dates=_fixed_dates(session, vendor, parking),
        open_days=OpenDays(weekdays=around.workspace.open_weekdays, closed_ranges=leave),
    )


def _conversations(session: WorkspaceSession, vendor: Vendor) -> tuple[Conversation, ...]:
    statement = select(log.Interaction.occurred_on, log.Interaction.outcome).where(
        log.Interaction.vendor_id == vendor.id, log.Interaction.deleted_at.is_(None)
    )
    return tuple(Conversation(day, outcome is Outcome.TWO_WAY) for day, outcome in session.execute(statement))


def _skips(session: WorkspaceSession, vendor: Vendor) -> tuple[Skip, ...]:
    table = reminders.Skip
    statement = select(table.skipped_on, table.skipped_date).where(
        table.vendor_id == vendor.id, table.undone_at.is_(None)
    )
    return tuple(Skip(made_on=made, skipped_on=skipped) for made, skipped in session.execute(statement))


def _snoozes(session: WorkspaceSession, vendor: Vendor) -> tuple[Snooze, ...]:
    table = reminders.Snooze
    statement = (
        select(table)
        .where(table.vendor_id == vendor.id, table.undone_at.is_(None))
        .order_by(table.snoozed_at, table.id)
    )
    return tuple(
        Snooze(TouchKey(row.kind, row.subject_id), row.own_date, row.until, row.snoozed_on)
        for row in session.scalars(statement)
    )


def _fixed_dates(session: WorkspaceSession, vendor: Vendor, parking: stages.Parking | None) -> tuple[FixedDate, ...]:
    dates = [
        FixedDate(TouchKey(_PROMISES[promise.kind], promise.id), promise.due_on)
        for promise in _open_promises(session, vendor)
    ]
    dates += [
        FixedDate(TouchKey(ReminderKind.TRIAL, trial.id), trial.due_on)
        for trial in _open_trials(session, vendor)
        if trial.due_on
    ]
    if parking is not None:
        dates.append(FixedDate(TouchKey(ReminderKind.REVISIT, parking.id), parking.revisit_on))
    return tuple(dates)


def _open_promises(session: WorkspaceSession, vendor: Vendor) -> Sequence[log.Promise]:
    table = log.Promise
    return session.scalars(
        select(table).where(table.vendor_id == vendor.id, table.state == PromiseState.OPEN).order_by(table.id)
    ).all()


def _open_trials(session: WorkspaceSession, vendor: Vendor) -> Sequence[stages.TrialTask]:
    table = stages.TrialTask
    return session.scalars(
        select(table).where(table.vendor_id == vendor.id, table.outcome.is_(None)).order_by(table.id)
    ).all()


def _facts(
    session: WorkspaceSession, vendor: Vendor, parking: stages.Parking | None, found: Outlook
) -> dict[TouchKey, dict[str, Any]]:
    """What the reason of each candidate needs in order to be worded (:func:`crm.models.vocabulary.why`)."""
    facts: dict[TouchKey, dict[str, Any]] = {}
    for promise in _open_promises(session, vendor):
        kind = _PROMISES[promise.kind]
        facts[TouchKey(kind, promise.id)] = {"kind": kind, "what": promise.what}
    for trial in _open_trials(session, vendor):
        facts[TouchKey(ReminderKind.TRIAL, trial.id)] = {"kind": ReminderKind.TRIAL, "what": trial.what}
    if parking is not None:
        facts[TouchKey(ReminderKind.REVISIT, parking.id)] = {
            "kind": ReminderKind.REVISIT,
            "reason": parking.reason,
            "details": parking.details,
        }
    touch = found.next_touch
    if touch is not None and touch.cadence is not None:
        last = touch.last_conversation_on
        facts[TouchKey(ReminderKind.TOUCH, vendor.id)] = {
            "kind": ReminderKind.TOUCH,
            "every": touch.cadence.every,
            "unit": touch.cadence.unit,
            "last": last.isoformat() if last else None,
            "attempts": touch.attempts,
            "other_channel": touch.other_channel,
        }
    return facts


def _store(vendor: Vendor, found: NextTouch | None, facts: dict[TouchKey, dict[str, Any]]) -> None:
    key = found.candidate.key if found else None
    vendor.due_on = found.candidate.due_on if found else None
    vendor.due_kind = key.kind if key else None
    vendor.due_subject_id = key.subject_id if key else None
    vendor.due_why = facts[key] if key else None


def _wanted(
    session: WorkspaceSession,
    vendor: Vendor,
    candidates: Iterable[Candidate],
    facts: dict[TouchKey, dict[str, Any]],
    around: _Surroundings,
) -> list[_Wanted]:
    wanted = [
        _Wanted(user_id, one.key.kind, one.key.subject_id, one.due_on, one.shown_on, facts[one.key])
        for user_id in responsible(vendor, around.active, around.admins)
        for one in candidates
    ]
    return wanted + _referral_reminders(session, vendor, around)


def responsible(vendor: Vendor, active: frozenset[int], admins: tuple[int, ...]) -> tuple[int, ...]:
    """Who is reminded of a vendor: the owner, else the backup, else the business's admins."""
    for user_id in (vendor.owner_id, vendor.backup_id):
        if user_id in active:
            return (user_id,)
    return admins


def _referral_reminders(session: WorkspaceSession, vendor: Vendor, around: _Surroundings) -> list[_Wanted]:
    statement = (
        select(Referral.id, Referral.connector_id, Referral.follow_up_on, Opening.business)
        .join(Opening, Opening.id == Referral.opening_id)
        .where(Referral.vendor_id == vendor.id, Referral.follow_up_on.is_not(None))
        .order_by(Referral.id)
    )
    wanted = []
    for referral_id, connector_id, day, business in session.execute(statement):
        if day is None:
            continue
        why = {"kind": ReminderKind.REFERRAL, "what": business}
        people = (connector_id,) if connector_id in around.active else around.admins
        wanted += [_Wanted(user_id, ReminderKind.REFERRAL, referral_id, day, day, why) for user_id in people]
    return wanted


def _sync(session: WorkspaceSession, vendor: Vendor, wanted: list[_Wanted]) -> None:
    """Make the vendor's reminders what is wanted: new ones open, the others end, one wanted again opens anew."""
    table = reminders.Reminder
    rows = session.scalars(select(table).where(table.vendor_id == vendor.id, table.kind != ReminderKind.MENTION)).all()
    known = {(row.user_id, row.kind, row.subject_id, row.due_on): row for row in rows}
    for one in wanted:
        row = known.pop(one.key, None)
        if row is None:
            session.add(_row(vendor.id, one))
        else:
            row.shown_on, row.why = one.shown_on, one.why
            row.ended_at = row.ended_by = row.ended_how = None
    for row in known.values():
        if row.ended_at is None:
            _end(row, None)


def _row(vendor_id: int, wanted: _Wanted) -> reminders.Reminder:
    return reminders.Reminder(
        user_id=wanted.user_id,
        vendor_id=vendor_id,
        kind=wanted.kind,
        subject_id=wanted.subject_id,
        due_on=wanted.due_on,
        shown_on=wanted.shown_on,
        why=wanted.why,
    )


def _end(row: reminders.Reminder, by: int | None) -> None:
    row.ended_at, row.ended_by = clock.now(), by
    row.ended_how = ReminderEnd.MOOT if by is None else ReminderEnd.DONE
