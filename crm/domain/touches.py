"""Keeps each vendor's next touch, and the reminders that follow from it, true to the vendor's history.

Whoever changes an input of the next touch calls :func:`refresh` in the same transaction. What is stored then depends
on the history alone: refreshing again changes nothing. The rules themselves are pure, in :mod:`crm.domain.next_touch`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, delete, or_, select, update

from crm.core import clock, text
from crm.core.dates import CadenceUnit, OpenDays, add_days
from crm.core.tenancy import WorkspaceSession
from crm.domain import notices, open_days
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
    Outlook,
    Skip,
    Snooze,
    TouchKey,
    compute,
)
from crm.domain.responsibility import Team, responsible, team_of
from crm.models import log, reminders, stages
from crm.models.categories import Category
from crm.models.decision_areas import Access
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import (
    EXIT_STAGES,
    CadenceChoice,
    Outcome,
    PromiseKind,
    PromiseState,
    ReferralState,
    ReminderEnd,
    ReminderKind,
    Stage,
    StandingLevel,
    Tier,
)
from crm.models.referrals import Opening, Referral
from crm.models.standings import Standing
from crm.models.trials import TrialQuestion, TrialReview, TrialReviewer, TrialTask
from crm.models.vendors import Vendor
from crm.models.workspaces import Workspace
from crm.queries import members

_AT_ONCE = 200
"""Vendors whose history is read together."""
_EXCERPT = 160
"""So much of a question stands in a reminder."""

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
    open_days: OpenDays
    team: Team


@dataclass(frozen=True, slots=True)
class Wanted:
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


@dataclass(frozen=True, slots=True)
class Expected:
    """What a vendor's history gives, and what therefore is to be stored: columns of :class:`Vendor`, and reminders."""

    cadence_in_force: str
    due_on: date | None
    planned_on: date | None
    due_kind: ReminderKind | None
    due_subject_id: int | None
    due_why: dict[str, Any] | None
    last_contact_on: date | None
    reminders: list[Wanted]


@dataclass(frozen=True, slots=True)
class _Referred:
    """A referral that somebody is to ask about."""

    id: int
    connector_id: int | None
    follow_up_on: date
    business: str
    state: ReferralState


@dataclass(frozen=True, slots=True)
class _Stands:
    """A standing in force that is to be reviewed one day."""

    id: int
    level: StandingLevel
    category: str
    valid_until: date


@dataclass(frozen=True, slots=True)
class _Works:
    """A piece of work that was not delivered yet."""

    id: int
    title: str
    late_on: date
    """The first day on which it is late."""


@dataclass(frozen=True, slots=True)
class _Holds:
    """An access that is to be taken back on a day, and who answers for it."""

    id: int
    what: str
    due_on: date
    owner_id: int | None


@dataclass(frozen=True, slots=True)
class _Reviews:
    """What a vendor on trial delivered, to be looked at until a day."""

    id: int
    what: str
    due_on: date
    missing: tuple[int, ...]
    """Who of those asked has not handed in; nobody where it is for whoever looks after the vendor."""


@dataclass(frozen=True, slots=True)
class _Asks:
    """What a vendor on trial asked and nobody has answered."""

    id: int
    trial_id: int
    what: str
    asked_on: date


@dataclass(frozen=True, slots=True)
class _Known:
    """What the history of several vendors says, by vendor; a vendor without an entry has none."""

    parkings: dict[int, stages.Parking]
    conversations: dict[int, list[Conversation]]
    skips: dict[int, list[Skip]]
    snoozes: dict[int, list[Snooze]]
    promises: dict[int, list[log.Promise]]
    trials: dict[int, list[TrialTask]]
    referrals: dict[int, list[_Referred]]
    standings: dict[int, list[_Stands]]
    triggers: dict[int, list[stages.ParkingTrigger]]
    works: dict[int, list[_Works]]
    accesses: dict[int, list[_Holds]]
    reviews: dict[int, list[_Reviews]]
    questions: dict[int, list[_Asks]]


def refresh(session: WorkspaceSession, vendor: Vendor, *, began_on: date | None = None) -> None:
    """Recompute the vendor's next touch and reminders from its history, and store them.

    A cadence that differs from the one in force begins today, in the business's time zone; ``began_on`` sets another
    day, as undoing a move does.
    """
    session.flush()
    around = _surroundings(session)
    known = _known(session, [vendor.id], around)
    _refresh(session, vendor, known, around, _reminders(session, [vendor.id])[vendor.id], began_on=began_on)


def begin(session: WorkspaceSession, vendor: Vendor) -> None:
    """:func:`refresh` for a vendor that was just added: it has no history that could be read."""
    session.flush()
    _refresh(session, vendor, _nothing_known(), _surroundings(session), (), began_on=None)


def refresh_many(session: WorkspaceSession, vendors: Iterable[Vendor], *, begins: bool = True) -> None:
    """:func:`refresh` for several vendors. Without ``begins`` a changed cadence keeps the day on which it began:
    a change of the business's defaults begins nothing."""
    rows = list(vendors)
    surroundings = _surroundings(session)
    for first in range(0, len(rows), _AT_ONCE):
        some = rows[first : first + _AT_ONCE]
        session.flush()
        ids = [vendor.id for vendor in some]
        known, rows_of = _known(session, ids, surroundings), _reminders(session, ids)
        for vendor in some:
            began_on = None if begins else vendor.cadence_began_on
            _refresh(session, vendor, known, surroundings, rows_of[vendor.id], began_on=began_on)


def expected(session: WorkspaceSession, vendors: Sequence[Vendor]) -> list[Expected]:
    """What :func:`refresh_many` would store of these vendors, a changed cadence keeping its day. Writes nothing; rows
    with the columns of vendors do as well."""
    surroundings = _surroundings(session)
    known = _known(session, [vendor.id for vendor in vendors], surroundings)
    return [_expected(vendor, known, surroundings) for vendor in vendors]


def outlook(session: WorkspaceSession, vendor: Vendor) -> Outlook:
    """All dated things to be in touch about with a vendor, and the next one."""
    surroundings = _surroundings(session)
    known = _known(session, [vendor.id], surroundings)
    return compute(_history(vendor, known, surroundings, _cadence(vendor, known.parkings.get(vendor.id), surroundings)))


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
) -> reminders.Reminder | None:
    """Remind a person of something that is no date of the vendor's, such as a mention. Asking again changes nothing;
    the reminder is answered where it is new."""
    wanted = Wanted(user_id, kind, subject_id, due_on, due_on, why)
    statement = select(reminders.Reminder).where(
        reminders.Reminder.user_id == user_id,
        reminders.Reminder.kind == kind,
        reminders.Reminder.subject_id == subject_id,
    )
    if session.scalars(statement).first() is not None:
        return None
    row = _row(vendor_id, wanted)
    session.add(row)
    return row


def end_reminders(session: WorkspaceSession, kind: ReminderKind, subject_id: int, *, by: int | None) -> None:
    """Close a subject's reminders for everyone, because somebody acted on it (``by``) or it is no more (None)."""
    statement = select(reminders.Reminder).where(
        reminders.Reminder.kind == kind,
        reminders.Reminder.subject_id == subject_id,
        reminders.Reminder.ended_at.is_(None),
    )
    for row in session.scalars(statement):
        _end(row, by)


def forget(session: WorkspaceSession, kind: ReminderKind, subject_id: int) -> None:
    """Make as if nobody had ever been reminded of a subject: what brought it is taken back."""
    session.execute(
        delete(reminders.Reminder).where(reminders.Reminder.kind == kind, reminders.Reminder.subject_id == subject_id)
    )
    session.execute(
        update(reminders.Snooze)
        .where(
            reminders.Snooze.kind == kind,
            reminders.Snooze.subject_id == subject_id,
            reminders.Snooze.undone_at.is_(None),
        )
        .values(undone_at=clock.now())
    )


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


def _refresh(
    session: WorkspaceSession,
    vendor: Vendor,
    known: _Known,
    around: _Surroundings,
    rows: Iterable[reminders.Reminder],
    *,
    began_on: date | None,
) -> None:
    cadence = _cadence(vendor, known.parkings.get(vendor.id), around)
    if str(cadence) != vendor.cadence_in_force:
        vendor.cadence_began_on = began_on or around.today
    elif began_on is not None:
        vendor.cadence_began_on = began_on
    found = _expected(vendor, known, around)
    vendor.cadence_in_force = found.cadence_in_force
    vendor.due_on, vendor.planned_on = found.due_on, found.planned_on
    vendor.due_kind, vendor.due_subject_id, vendor.due_why = found.due_kind, found.due_subject_id, found.due_why
    vendor.last_contact_on = found.last_contact_on
    _sync(session, vendor, rows, found.reminders)


def _expected(vendor: Vendor, known: _Known, around: _Surroundings) -> Expected:
    cadence = _cadence(vendor, known.parkings.get(vendor.id), around)
    history = _history(vendor, known, around, cadence)
    found = compute(history)
    facts = _facts(vendor, known, found)
    candidate = found.next_touch.candidate if found.next_touch else None
    planned_on = _planned_on(vendor, candidate)
    return Expected(
        cadence_in_force=str(cadence),
        due_on=candidate.due_on if candidate else None,
        planned_on=planned_on,
        due_kind=candidate.key.kind if candidate else None,
        due_subject_id=candidate.key.subject_id if candidate else None,
        due_why=facts[candidate.key] if candidate else None,
        last_contact_on=max((each.day for each in history.conversations if each.two_way), default=None),
        reminders=_wanted(vendor, known, found.candidates, facts, around, planned_on),
    )


def _planned_on(vendor: Vendor, next_touch: Candidate | None) -> date | None:
    """The planned day stands while its check-in is the next touch, on the day for which it was planned."""
    if next_touch is None or next_touch.key.kind is not ReminderKind.TOUCH or next_touch.due_on != vendor.due_on:
        return None
    return vendor.planned_on if vendor.planned_on and vendor.planned_on >= next_touch.due_on else None


def _surroundings(session: WorkspaceSession) -> _Surroundings:
    workspace = session.get_one(Workspace, session.workspace_id)
    today = workspace.today
    return _Surroundings(
        workspace=workspace,
        today=today,
        defaults=cadence_defaults(workspace),
        open_days=open_days.of_business(session, workspace),
        team=team_of(members.members_of(session, workspace.id), today),
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


def _history(vendor: Vendor, known: _Known, around: _Surroundings, cadence: ResolvedCadence) -> History:
    return History(
        vendor_id=vendor.id,
        began_on=vendor.cadence_began_on,
        # Whoever asked to be left alone is not checked in on; the rhythm is kept, should they come back.
        cadence=None if vendor.do_not_contact else cadence.cadence,
        conversations=tuple(known.conversations[vendor.id]),
        skips=tuple(known.skips[vendor.id]),
        snoozes=tuple(known.snoozes[vendor.id]),
        fixed_dates=_fixed_dates(vendor, known, around.open_days),
        open_days=open_days.for_vendor(around.open_days, vendor),
    )


def _fixed_dates(vendor: Vendor, known: _Known, days: OpenDays) -> tuple[FixedDate, ...]:
    dates = [
        FixedDate(TouchKey(_PROMISES[promise.kind], promise.id), promise.due_on)
        for promise in known.promises[vendor.id]
    ]
    dates += [
        FixedDate(TouchKey(ReminderKind.TRIAL, trial.id), trial.due_on)
        for trial in known.trials[vendor.id]
        if trial.due_on and trial.waits
    ]
    parking = known.parkings.get(vendor.id)
    if parking is not None:
        dates.append(FixedDate(TouchKey(ReminderKind.REVISIT, parking.id), parking.revisit_on))
    dates += [
        FixedDate(TouchKey(ReminderKind.TRIGGER, trigger.id), trigger.fired_on) for trigger in known.triggers[vendor.id]
    ]
    if vendor.stage not in EXIT_STAGES:  # whoever we let go keeps a standing, and nobody has to review it
        dates += [
            FixedDate(TouchKey(ReminderKind.STANDING, standing.id), standing.valid_until)
            for standing in known.standings[vendor.id]
        ]
    dates += [FixedDate(TouchKey(ReminderKind.WORK, work.id), work.late_on) for work in known.works[vendor.id]]
    dates += [
        FixedDate(TouchKey(ReminderKind.ACCESS, access.id), access.due_on) for access in known.accesses[vendor.id]
    ]
    dates += [FixedDate(TouchKey(ReminderKind.REVIEW, each.id), each.due_on) for each in known.reviews[vendor.id]]
    dates += [
        # Our working days, not theirs: it is we who are waited for.
        FixedDate(TouchKey(ReminderKind.QUESTION, each.id), days.next_open_day(add_days(each.asked_on, 1)))
        for each in known.questions[vendor.id]
    ]
    return tuple(dates)


# Reading what is known of several vendors at once: the number of questions does not depend on how many they are


def _known(session: WorkspaceSession, ids: Sequence[int], around: _Surroundings) -> _Known:
    parking = stages.Parking
    open_parkings = select(parking).where(parking.vendor_id.in_(ids), parking.ended_on.is_(None))
    parkings = {row.vendor_id: row for row in session.scalars(open_parkings)}
    trials = _open_trials(session, ids)
    on_trial = [trial.id for rows in trials.values() for trial in rows]
    return _Known(
        parkings=parkings,
        conversations=_conversations(session, ids),
        skips=_skips(session, ids),
        snoozes=_snoozes(session, ids),
        promises=_open_promises(session, ids),
        trials=trials,
        referrals=_referrals(session, ids),
        standings=_standings(session, ids),
        triggers=_triggers(session, [row.id for row in parkings.values()]),
        works=_open_works(session, ids),
        accesses=_open_accesses(session, ids),
        reviews=_missing_reviews(session, on_trial, around.team),
        questions=_open_questions(session, on_trial, around.workspace.time_zone),
    )


def _nothing_known() -> _Known:
    nothing: defaultdict[int, Any] = defaultdict(list)
    return _Known(**{each.name: {} if each.name == "parkings" else nothing for each in fields(_Known)})


def _conversations(session: WorkspaceSession, ids: Sequence[int]) -> dict[int, list[Conversation]]:
    table = log.Interaction
    is_two_way = table.outcome == Outcome.TWO_WAY  # of hundreds of thousands at night, each step counts
    statement = select(table.vendor_id, table.occurred_on, is_two_way).where(
        table.vendor_id.in_(ids), table.deleted_at.is_(None)
    )
    found: defaultdict[int, list[Conversation]] = defaultdict(list)
    for vendor_id, day, two_way in session.execute(statement):
        found[vendor_id].append(Conversation(day, bool(two_way)))
    return found


def _skips(session: WorkspaceSession, ids: Sequence[int]) -> dict[int, list[Skip]]:
    table = reminders.Skip
    statement = select(table.vendor_id, table.skipped_on, table.skipped_date).where(
        table.vendor_id.in_(ids), table.undone_at.is_(None)
    )
    found: defaultdict[int, list[Skip]] = defaultdict(list)
    for vendor_id, made, skipped in session.execute(statement):
        found[vendor_id].append(Skip(made_on=made, skipped_on=skipped))
    return found


def _snoozes(session: WorkspaceSession, ids: Sequence[int]) -> dict[int, list[Snooze]]:
    table = reminders.Snooze
    statement = (
        select(table).where(table.vendor_id.in_(ids), table.undone_at.is_(None)).order_by(table.snoozed_at, table.id)
    )
    found: defaultdict[int, list[Snooze]] = defaultdict(list)
    for row in session.scalars(statement):
        key = TouchKey(row.kind, row.subject_id)
        found[row.vendor_id].append(Snooze(key, row.own_date, row.until, row.snoozed_on))
    return found


def _open_promises(session: WorkspaceSession, ids: Sequence[int]) -> dict[int, list[log.Promise]]:
    table = log.Promise
    statement = select(table).where(table.vendor_id.in_(ids), table.state == PromiseState.OPEN).order_by(table.id)
    found: defaultdict[int, list[log.Promise]] = defaultdict(list)
    for row in session.scalars(statement):
        found[row.vendor_id].append(row)
    return found


def _open_trials(session: WorkspaceSession, ids: Sequence[int]) -> dict[int, list[TrialTask]]:
    table = TrialTask
    statement = select(table).where(table.vendor_id.in_(ids), table.outcome.is_(None)).order_by(table.id)
    found: defaultdict[int, list[TrialTask]] = defaultdict(list)
    for row in session.scalars(statement):
        found[row.vendor_id].append(row)
    return found


def _referrals(session: WorkspaceSession, ids: Sequence[int]) -> dict[int, list[_Referred]]:
    statement = (
        select(
            Referral.vendor_id,
            Referral.id,
            Referral.connector_id,
            Referral.follow_up_on,
            Opening.business,
            Referral.state,
        )
        .join(Opening, Opening.id == Referral.opening_id)
        .where(Referral.vendor_id.in_(ids), Referral.follow_up_on.is_not(None))
        .order_by(Referral.id)
    )
    found: defaultdict[int, list[_Referred]] = defaultdict(list)
    for vendor_id, referral_id, connector_id, day, business, state in session.execute(statement):
        if day is not None:
            found[vendor_id].append(_Referred(referral_id, connector_id, day, business, state))
    return found


def _standings(session: WorkspaceSession, ids: Sequence[int]) -> dict[int, list[_Stands]]:
    statement = (
        select(Standing.vendor_id, Standing.id, Standing.level, Category.name, Standing.valid_until)
        .outerjoin(Category, Category.id == Standing.category_id)
        .where(Standing.vendor_id.in_(ids), Standing.ended_at.is_(None))
        .order_by(Standing.id)
    )
    found: defaultdict[int, list[_Stands]] = defaultdict(list)
    for vendor_id, standing_id, level, category, valid_until in session.execute(statement):
        found[vendor_id].append(_Stands(standing_id, level, category or "", valid_until))
    return found


def _triggers(session: WorkspaceSession, parking_ids: Sequence[int]) -> dict[int, list[stages.ParkingTrigger]]:
    """What has come true and waits for an answer."""
    table = stages.ParkingTrigger
    found: defaultdict[int, list[stages.ParkingTrigger]] = defaultdict(list)
    if parking_ids:
        waiting = select(table).where(table.parking_id.in_(parking_ids), table.answered_on.is_(None))
        for row in session.scalars(waiting.order_by(table.id)):
            found[row.vendor_id].append(row)
    return found


def _open_works(session: WorkspaceSession, ids: Sequence[int]) -> dict[int, list[_Works]]:
    """Work that waits for its delivery; what came is ours to look at, and no longer late."""
    table = DelegatedWork
    statement = select(table.vendor_id, table.id, table.title, table.due_on).where(
        table.vendor_id.in_(ids), table.outcome.is_(None), table.waits
    )
    found: defaultdict[int, list[_Works]] = defaultdict(list)
    for vendor_id, work_id, title, due_on in session.execute(statement.order_by(table.id)):
        found[vendor_id].append(_Works(work_id, title, add_days(due_on, 1)))
    return found


def _open_accesses(session: WorkspaceSession, ids: Sequence[int]) -> dict[int, list[_Holds]]:
    """Accesses with a day on which to take them back: the one agreed on, or the one that off-boarding asks for."""
    table = Access
    statement = select(
        table.vendor_id, table.id, table.what, table.revoke_on, table.offboarding_on, table.owner_id
    ).where(
        table.vendor_id.in_(ids),
        table.revoked_on.is_(None),
        or_(table.revoke_on.is_not(None), table.offboarding_on.is_not(None)),
    )
    found: defaultdict[int, list[_Holds]] = defaultdict(list)
    for vendor_id, access_id, what, revoke_on, offboarding_on, owner_id in session.execute(
        statement.order_by(table.id)
    ):
        due_on = min(day for day in (revoke_on, offboarding_on) if day is not None)
        found[vendor_id].append(_Holds(access_id, what, due_on, owner_id))
    return found


def _missing_reviews(session: WorkspaceSession, trial_ids: Sequence[int], team: Team) -> dict[int, list[_Reviews]]:
    """What came and not everybody who was asked has looked at; those who left cannot any more. What nobody is left to
    look at, and nobody has, is for whoever looks after the vendor."""
    found: defaultdict[int, list[_Reviews]] = defaultdict(list)
    if not trial_ids:
        return found
    asked: defaultdict[int, list[tuple[int, bool]]] = defaultdict(list)
    heads: dict[int, tuple[int, str, date]] = {}
    for trial_id, vendor_id, what, due_on, user_id, handed_in_at in session.execute(_asked_to_review(trial_ids)):
        heads[trial_id] = (vendor_id, what, due_on)
        if user_id is not None:
            asked[trial_id].append((user_id, handed_in_at is not None))
    for trial_id, (vendor_id, what, due_on) in heads.items():
        missing = tuple(user_id for user_id, is_in in asked[trial_id] if not is_in and user_id in team.active)
        if missing or not any(is_in for _user_id, is_in in asked[trial_id]):
            found[vendor_id].append(_Reviews(trial_id, what, due_on, missing))
    return found


def _asked_to_review(trial_ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    trial, asked, review = TrialTask, TrialReviewer, TrialReview
    return (
        select(trial.id, trial.vendor_id, trial.what, trial.review_due_on, asked.user_id, review.handed_in_at)
        .outerjoin(asked, asked.brief_id == trial.brief_id)
        .outerjoin(review, and_(review.trial_id == trial.id, review.created_by == asked.user_id))
        .where(trial.id.in_(trial_ids), trial.review_due_on.is_not(None))
        .order_by(trial.id, asked.user_id)
    )


def _open_questions(session: WorkspaceSession, trial_ids: Sequence[int], zone: str) -> dict[int, list[_Asks]]:
    found: defaultdict[int, list[_Asks]] = defaultdict(list)
    if not trial_ids:
        return found
    table = TrialQuestion
    statement = (
        select(TrialTask.vendor_id, table.id, table.trial_id, table.body, table.asked_at)
        .join(TrialTask, TrialTask.id == table.trial_id)
        .where(table.trial_id.in_(trial_ids), table.answered_at.is_(None))
        .order_by(table.id)
    )
    for vendor_id, question_id, trial_id, body, asked_at in session.execute(statement):
        asked_on = clock.local(asked_at, zone).date()
        found[vendor_id].append(_Asks(question_id, trial_id, text.excerpt(body, _EXCERPT), asked_on))
    return found


def _reminders(session: WorkspaceSession, ids: Sequence[int]) -> dict[int, list[reminders.Reminder]]:
    table = reminders.Reminder
    statement = select(table).where(table.vendor_id.in_(ids), table.kind != ReminderKind.MENTION)
    found: defaultdict[int, list[reminders.Reminder]] = defaultdict(list)
    for row in session.scalars(statement):
        found[row.vendor_id].append(row)
    return found


# What follows


def _facts(vendor: Vendor, known: _Known, found: Outlook) -> dict[TouchKey, dict[str, Any]]:
    """What the reason of each candidate needs in order to be worded (:func:`crm.models.vocabulary.why`)."""
    facts: dict[TouchKey, dict[str, Any]] = {}
    for promise in known.promises[vendor.id]:
        kind = _PROMISES[promise.kind]
        facts[TouchKey(kind, promise.id)] = {"kind": kind, "what": promise.what}
    for trial in known.trials[vendor.id]:
        facts[TouchKey(ReminderKind.TRIAL, trial.id)] = {"kind": ReminderKind.TRIAL, "what": trial.what}
    parking = known.parkings.get(vendor.id)
    if parking is not None:
        facts[TouchKey(ReminderKind.REVISIT, parking.id)] = {
            "kind": ReminderKind.REVISIT,
            "reason": parking.reason,
            "details": parking.details,
        }
    for trigger in known.triggers[vendor.id]:
        facts[TouchKey(ReminderKind.TRIGGER, trigger.id)] = {
            **trigger.facts,
            "kind": ReminderKind.TRIGGER,
            "trigger": trigger.kind,
            "name": vendor.name,
        }
    for standing in known.standings[vendor.id]:
        facts[TouchKey(ReminderKind.STANDING, standing.id)] = {
            "kind": ReminderKind.STANDING,
            "level": standing.level,
            "category": standing.category,
        }
    facts |= _handed_facts(vendor, known)
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


def _handed_facts(vendor: Vendor, known: _Known) -> dict[TouchKey, dict[str, Any]]:
    """Of what was handed over to a vendor, or is tried with one."""
    facts: dict[TouchKey, dict[str, Any]] = {}
    for work in known.works[vendor.id]:
        facts[TouchKey(ReminderKind.WORK, work.id)] = {"kind": ReminderKind.WORK, "what": work.title}
    for access in known.accesses[vendor.id]:
        facts[TouchKey(ReminderKind.ACCESS, access.id)] = {"kind": ReminderKind.ACCESS, "what": access.what}
    for review in known.reviews[vendor.id]:
        facts[TouchKey(ReminderKind.REVIEW, review.id)] = {"kind": ReminderKind.REVIEW, "what": review.what}
    for question in known.questions[vendor.id]:
        facts[TouchKey(ReminderKind.QUESTION, question.id)] = {
            "kind": ReminderKind.QUESTION,
            "what": question.what,
            "trial_id": question.trial_id,
        }
    return facts


def _wanted(
    vendor: Vendor,
    known: _Known,
    candidates: Iterable[Candidate],
    facts: dict[TouchKey, dict[str, Any]],
    around: _Surroundings,
    planned_on: date | None,
) -> list[Wanted]:
    # Whoever answers for an access takes it back; all else is for whoever looks after the vendor.
    owners = {
        TouchKey(ReminderKind.ACCESS, access.id): access.owner_id
        for access in known.accesses[vendor.id]
        if access.owner_id is not None
    }
    reviewers = {TouchKey(ReminderKind.REVIEW, each.id): each.missing for each in known.reviews[vendor.id]}
    wanted = []
    for one in candidates:
        asked = _Asked(one.key.kind, one.key.subject_id, one.due_on, _shown_on(one, planned_on), facts[one.key])
        if people := reviewers.get(one.key):  # nobody can look at it in their place
            wanted += [_wanted_of(asked, user_id, asked.why) for user_id in people]
        else:
            wanted += _for_each(asked, owners.get(one.key, vendor.owner_id), vendor.backup_id, around)
    return wanted + _referral_reminders(vendor, known.referrals[vendor.id], around)


def _shown_on(candidate: Candidate, planned_on: date | None) -> date:
    """Day 0 of a candidate: of a check-in that is planned, the day planned."""
    if candidate.key.kind is ReminderKind.TOUCH and planned_on is not None:
        return planned_on
    return candidate.shown_on


@dataclass(frozen=True, slots=True)
class _Asked:
    """A thing to act on, whoever is reminded of it."""

    kind: ReminderKind
    subject_id: int
    due_on: date
    shown_on: date
    why: dict[str, Any]


def _for_each(asked: _Asked, owner_id: int | None, backup_id: int | None, around: _Surroundings) -> Iterator[Wanted]:
    """One reminder for each person who is told."""
    told = responsible(owner_id, backup_id, around.team, days=(around.today - asked.shown_on).days)
    for user_id in told.people:
        yield _wanted_of(asked, user_id, told.why(asked.why, user_id))


def _wanted_of(asked: _Asked, user_id: int, why: dict[str, Any]) -> Wanted:
    return Wanted(user_id, asked.kind, asked.subject_id, asked.due_on, asked.shown_on, why)


def _referral_reminders(vendor: Vendor, referrals: Iterable[_Referred], around: _Surroundings) -> list[Wanted]:
    """Whoever introduced them asks how it went; in their place the vendor's backup, as for anything else."""
    return [
        each
        for one in referrals
        for each in _for_each(
            _Asked(
                ReminderKind.REFERRAL,
                one.id,
                one.follow_up_on,
                one.follow_up_on,
                {"kind": ReminderKind.REFERRAL, "what": one.business, "state": one.state},
            ),
            one.connector_id,
            vendor.backup_id,
            around,
        )
    ]


def _sync(session: WorkspaceSession, vendor: Vendor, rows: Iterable[reminders.Reminder], wanted: list[Wanted]) -> None:
    """Make the vendor's reminders what is wanted: new ones open, the others end, one wanted again opens anew."""
    known = {(row.user_id, row.kind, row.subject_id, row.due_on): row for row in rows}
    for one in wanted:
        row = known.pop(one.key, None)
        if row is None:
            session.add(new := _row(vendor.id, one))
            if one.kind is ReminderKind.TRIGGER:
                notices.tell_at_once(session, new)
        else:
            row.shown_on, row.why = one.shown_on, one.why
            row.ended_at = row.ended_by = row.ended_how = None
    for row in known.values():
        if row.ended_at is None:
            _end(row, None)


def _row(vendor_id: int, wanted: Wanted) -> reminders.Reminder:
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
