"""Where a vendor stands. One function moves a vendor, with all that follows from it; one takes the move back.

Nothing else assigns a stage. Any move is allowed from anywhere, but asks for what makes it meaningful.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from crm.core import clock
from crm.core.errors import Missing, Refused
from crm.core.i18n import LazyText, lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import (
    needs,
    news,
    offboarding,
    parking_needs,
    permissions,
    timeline,
    touches,
    trials,
    trigger_rules,
    triggers,
    webhook_events,
)
from crm.domain.parking_terms import ParkingTerms, check_figure, put_figure, revisit
from crm.domain.permissions import Act
from crm.domain.trials import TrialTerms
from crm.models.enums import (
    EXIT_STAGES,
    ParkingEnd,
    ReminderKind,
    Stage,
    TimelineKind,
    TrialOutcome,
    TriggerKind,
    Verdict,
)
from crm.models.stages import Parking, StageMove
from crm.models.trials import TrialTask
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import doubles, members, readiness, trial_decisions

_PARKING_ENDS: dict[Stage, ParkingEnd] = {
    Stage.PROSPECT: ParkingEnd.PROSPECT,
    Stage.TRIAL: ParkingEnd.TRIAL,
    Stage.ACTIVE: ParkingEnd.BROUGHT_ON,
    Stage.ENDED: ParkingEnd.LET_GO,
    Stage.NOT_A_FIT: ParkingEnd.LET_GO,
}

OUTCOMES = (TrialOutcome.PASSED, TrialOutcome.FAILED, TrialOutcome.CALLED_OFF)
"""What a move can say of the trial task that it leaves. One that goes on stays in its stage."""


@dataclass(frozen=True, slots=True)
class Questions:
    """What a move asks for.

    trial    a trial task, or one sentence why there is none.
    parking  the terms of the parking.
    reason   why we part.
    outcome  what came of the trial task being left, or one sentence.
    """

    trial: bool = False
    parking: bool = False
    reason: bool = False
    outcome: bool = False

    @property
    def any(self) -> bool:
        """Whether there is something to ask at all."""
        return self.trial or self.parking or self.reason or self.outcome


def questions(here: Stage, to: Stage, *, undecided: bool) -> Questions:
    """What the move from here asks for. ``undecided``: in its trial stage the vendor has no outcome yet."""
    return Questions(
        trial=to is Stage.TRIAL,
        parking=to is Stage.PARKED,
        reason=to in EXIT_STAGES,
        outcome=here is Stage.TRIAL and undecided,
    )


def is_undecided(session: WorkspaceSession, vendor: Vendor) -> bool:
    """Whether the vendor is in its trial stage without an outcome since it came there."""
    if vendor.stage is not Stage.TRIAL:
        return False
    statement = select(TrialTask.outcome, TrialTask.ended_on).where(TrialTask.vendor_id == vendor.id)
    known = session.execute(statement).all()
    if any(outcome is None for outcome, _ in known):
        return True
    return not any(ended_on >= vendor.stage_since for _, ended_on in known if ended_on)


def find_vendor(session: WorkspaceSession, vendor_id: int) -> Vendor:
    """A vendor of this business, to be moved. Raises :class:`Missing`."""
    vendor = session.get(Vendor, vendor_id, with_for_update=session.writing)
    if vendor is None:
        raise Missing
    return vendor


def find_move(session: WorkspaceSession, move_id: int) -> StageMove:
    """A move of this business, to be taken back. Raises :class:`Missing`."""
    found = session.get(StageMove, move_id, with_for_update=session.writing)
    if found is None:
        raise Missing
    return found


def move(
    vendor: Vendor,
    *,
    by: Membership,
    to: Stage,
    why: str = "",
    trial: TrialTerms | None = None,
    outcome: TrialOutcome | None = None,
    parking: ParkingTerms | None = None,
) -> StageMove:
    """Take a vendor to another stage, with all that follows: an open parking or trial task ends, a new one begins,
    accesses are asked for back or let be, the move is kept, the next touch is computed anew.

    ``why`` is the reason of an exit, or the sentence instead of a trial task or of its outcome. Raises
    :class:`Refused` where what the move asks for is missing.
    """
    session = session_of(vendor)
    asked = questions(vendor.stage, to, undecided=is_undecided(session, vendor))
    _check(vendor, to, asked, why, trial, outcome, parking)
    today = by.workspace.today
    _check_terms(vendor, today, trial=trial, parking=parking)
    row = StageMove(
        vendor_id=vendor.id, from_stage=vendor.stage, to_stage=to, why=why, moved_on=today, moved_by=by.user_id
    )
    before = {
        "stage_since": vendor.stage_since.isoformat(),
        "cadence_began_on": vendor.cadence_began_on.isoformat(),
        "cadence": vendor.cadence_in_force,
        **_leave(session, vendor, to, by=by, why=why, outcome=outcome),
    }
    vendor.stage, vendor.stage_since = to, today
    row.before = {
        **before,
        **_enter(session, vendor, by=by, trial=trial, parking=parking),
        **offboarding.follow(session, vendor, left=row.from_stage),
    }
    session.add(row)
    session.flush()
    timeline.record(
        session,
        vendor.id,
        TimelineKind.STAGE,
        row.id,
        on=today,
        by=by.user_id,
        body=why,
        from_stage=row.from_stage,
        to_stage=row.to_stage,
    )
    webhook_events.stage_moved(row)
    touches.refresh(session, vendor)
    return row


def undo(move: StageMove, *, by: Membership) -> Vendor:
    """Take the vendor's latest move back: the former stage, its day, the cadence's first day, and the parking or
    trial task that the move ended or began.

    Raises :class:`Refused` where another move came after it.
    """
    session = session_of(move)
    vendor = find_vendor(session, move.vendor_id)
    if move.undone_at is not None:
        raise Refused(lazy("This move is taken back already."))
    if trial_decisions.of_move(session, move.id) is not None:
        raise Refused(lazy("This followed from a decision about a trial task. Take the decision back instead."))
    in_the_way = what_came_after(move, vendor)
    if in_the_way is not None:
        raise Refused(in_the_way)
    before = move.before
    _undo_entering(session, vendor, before, by)
    _undo_leaving(session, before)
    vendor.stage, vendor.stage_since = move.from_stage, date.fromisoformat(before["stage_since"])
    offboarding.take_back(session, vendor, before)
    move.undone_at = clock.now()
    timeline.erase(session, TimelineKind.STAGE, move.id)
    session.flush()
    webhook_events.stage_moved(move)
    # Another cadence by now, set since the move, keeps the day on which it began.
    is_former = str(touches.cadence_of(session, vendor)) == before["cadence"]
    touches.refresh(session, vendor, began_on=date.fromisoformat(before["cadence_began_on"]) if is_former else None)
    _catch_up(session, before, by)
    return vendor


def what_came_after(move: StageMove, vendor: Vendor) -> LazyText | None:
    """Why a vendor's move stays: what came after it, as a sentence; None where nothing did. Two queries."""
    session = session_of(move)
    if _latest(session, vendor) != move.id:
        return lazy("%(name)s has moved again since. Take the later move back first.", name=vendor.name)
    if doubles.merged_since(session, vendor.id, move.moved_at):
        return lazy("%(name)s has been merged since. Take the merge back first.", name=vendor.name)
    return None


def _catch_up(session: WorkspaceSession, before: dict[str, Any], by: Membership) -> None:
    """A parking goes on that was over for a while: what needs have made true of it meanwhile is told now."""
    parking_id, known = before.get("parking_ended"), before.get("needs")
    if parking_id and known is not None:
        since = {(TriggerKind(kind), need_id) for kind, need_id in known}
        needs.catch_up(session, session.get_one(Parking, parking_id), since=since, by=by)


def _check(
    vendor: Vendor,
    to: Stage,
    asked: Questions,
    why: str,
    trial: TrialTerms | None,
    outcome: TrialOutcome | None,
    parking: ParkingTerms | None,
) -> None:
    if to is vendor.stage:
        raise Refused(lazy("%(name)s is there already.", name=vendor.name), field="to")
    if outcome is not None and outcome not in OUTCOMES:
        raise Refused(lazy("Choose one of the list."), field="outcome")
    if asked.outcome and outcome is None and not why:
        raise Refused(lazy("Say how the trial task went, or in one sentence why there is no outcome."), field="outcome")
    if asked.trial and trial is None and not why:
        raise Refused(lazy("Give them a trial task, or say in one sentence why not."), field="what")
    if asked.reason and not why:
        raise Refused(lazy("Say why, in a sentence. You will want to know it one day."), field="why")
    if asked.parking and parking is None:
        raise Refused(lazy("Say why now is the wrong time."), field="reason")


def _check_terms(vendor: Vendor, today: date, *, trial: TrialTerms | None, parking: ParkingTerms | None) -> None:
    """Refuse what makes no sense before anything is changed."""
    if trial is not None:
        trials.check(trial, today)
    if parking is not None:
        revisit(parking.reason, parking.until, today)
        check_figure(parking.figure, parking.condition)
        parking_needs.check(session_of(vendor), parking.reason, parking.need_id)
        if parking.figure is not None and parking.figure.is_reached:
            raise Refused(lazy("That is reached already. Type one that is still to come."), field="goal")
        if parking.owner_id is not None:
            check_member(session_of(vendor), parking.owner_id, field="owner_id", present=vendor.owner_id)


def _leave(
    session: WorkspaceSession, vendor: Vendor, to: Stage, *, by: Membership, why: str, outcome: TrialOutcome | None
) -> dict[str, Any]:
    """End what the stage being left holds open; the facts that undoing needs."""
    left: dict[str, Any] = {}
    parking = touches.open_parking(session, vendor)
    if parking is not None:
        parking.ended_on, parking.ended_how = by.workspace.today, _PARKING_ENDS[to]
        parking.version += 1
        touches.end_reminders(session, ReminderKind.REVISIT, parking.id, by=by.user_id)
        left["parking_ended"] = parking.id
        left["answered"] = triggers.answer(session, parking, by=by)
        left["needs"] = needs.true_of(session, parking)
    if vendor.stage is Stage.TRIAL:
        ended = trials.open_trials(session, vendor)
        for each in ended:
            trials.close(session, each, by=by, outcome=outcome or TrialOutcome.CALLED_OFF, note=why)
        left["trials_ended"] = [each.id for each in ended]
    return left


def _enter(
    session: WorkspaceSession, vendor: Vendor, *, by: Membership, trial: TrialTerms | None, parking: ParkingTerms | None
) -> dict[str, Any]:
    """Begin what the new stage asks for; the facts that undoing needs."""
    if vendor.stage is Stage.TRIAL and trial is not None:
        return {"trial_begun": trials.add(session, vendor, by=by, terms=trial).id}
    if vendor.stage is Stage.PARKED and parking is not None:
        return _begin_parking(session, vendor, by=by, terms=parking)
    return {}


def _begin_parking(session: WorkspaceSession, vendor: Vendor, *, by: Membership, terms: ParkingTerms) -> dict[str, Any]:
    today = by.workspace.today
    former_owner = vendor.owner_id
    if terms.owner_id is not None:
        vendor.owner_id = terms.owner_id
        news.hand_vendor(vendor, by=by, former=(former_owner, vendor.backup_id))
    row = Parking(
        vendor_id=vendor.id,
        reason=terms.reason,
        details=terms.details,
        condition=terms.condition,
        revisit_on=revisit(terms.reason, terms.until, today),
        cadence_choice=terms.rhythm.choice,
        cadence_every=terms.rhythm.every,
        cadence_unit=terms.rhythm.unit,
        told_vendor=terms.told_vendor,
        look_for_referrals=terms.look_for_referrals,
        offer_small_tasks=terms.offer_small_tasks,
        ask_for_discount=terms.ask_for_discount,
        at_parking={**trigger_rules.snapshot(vendor), "verdict": _verdict(session)},
        parked_on=today,
        parked_by=by.user_id,
    )
    put_figure(row, terms.figure)
    session.add(row)
    session.flush()
    parking_needs.put(row, terms.need_id)
    record_parking(session, row, by=by)
    return {"parking_begun": row.id, "owner_before": former_owner, "owner_after": vendor.owner_id}


def _verdict(session: WorkspaceSession) -> Verdict | None:
    check = readiness.latest(session)
    return check.verdict if check else None


def record_parking(session: WorkspaceSession, parking: Parking, *, by: Membership) -> None:
    """Write a parking, or what it says now, into the timeline."""
    timeline.record(
        session,
        parking.vendor_id,
        TimelineKind.PARKING,
        parking.id,
        on=parking.parked_on,
        by=by.user_id,
        body=parking.details,
        reason=parking.reason,
        until=parking.revisit_on.isoformat(),
        condition=parking.condition,
        told=parking.told_vendor,
    )


def check_member(session: WorkspaceSession, user_id: int, *, field: str, present: int | None = None) -> None:
    """Raises :class:`Refused` where nobody of the business has this number, or it is somebody who only reads.

    Whoever looks after the vendor at ``present`` may go on with it.
    """
    found = members.membership(session, session.workspace_id, user_id)
    if found is None or not found.is_active:
        raise Refused(lazy("Choose somebody of your team."), field=field)
    if user_id != present and not permissions.may(found, Act.WORK):
        raise Refused(lazy("%(name)s only reads. Choose somebody else.", name=found.user.name), field=field)


def _undo_entering(session: WorkspaceSession, vendor: Vendor, before: dict[str, Any], by: Membership) -> None:
    if trial_id := before.get("trial_begun"):
        trial = session.get(TrialTask, trial_id)
        # An outcome is a fact: it stays, whatever becomes of the move.
        if trial is not None and trial.outcome is None:
            trials.withdraw(session, trial)
    if parking_id := before.get("parking_begun"):
        parking = session.get_one(Parking, parking_id)
        if parking.ended_on is None:
            parking.ended_on, parking.ended_how = by.workspace.today, ParkingEnd.UNDONE
            parking.version += 1
        timeline.erase(session, TimelineKind.PARKING, parking.id)
        if vendor.owner_id == before["owner_after"]:
            vendor.owner_id = before["owner_before"]


def _undo_leaving(session: WorkspaceSession, before: dict[str, Any]) -> None:
    if parking_id := before.get("parking_ended"):
        parking = session.get_one(Parking, parking_id)
        parking.ended_on = parking.ended_how = None
        parking.version += 1
        triggers.ask_again(session, before.get("answered", []))
    for trial_id in before.get("trials_ended", []):
        trial = session.get(TrialTask, trial_id)
        if trial is not None and trial.outcome is not None:
            trials.open_again(session, trial)


def _latest(session: WorkspaceSession, vendor: Vendor) -> int | None:
    statement = (
        select(StageMove.id)
        .where(StageMove.vendor_id == vendor.id, StageMove.undone_at.is_(None))
        .order_by(StageMove.id.desc())
    )
    return session.scalars(statement.limit(1)).first()
