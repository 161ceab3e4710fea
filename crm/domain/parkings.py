"""Parking: right partner, wrong time. Why, until when, how we stay in touch meanwhile, and how it ended."""

from datetime import date

from sqlalchemy import ColumnElement, func, select

from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import news, parking_needs, stages, timeline, touches, triggers
from crm.domain.parking_terms import (
    Figure,
    ParkingTerms,
    check_figure,
    figure_of,
    put_figure,
    revisit,
    side,
    usual_revisit,
)
from crm.domain.rhythms import AS_USUAL, Rhythm
from crm.domain.trials import TrialTerms
from crm.models.enums import ParkingReason, ReminderKind, Stage, TimelineKind, TrialOutcome
from crm.models.log import TimelineEntry
from crm.models.stages import Parking, StageMove
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import needs
from crm.queries.triggers import COUNTED, KEPT

__all__ = [
    "count_up",
    "edit",
    "end",
    "find",
    "keep_parked",
    "of_vendor",
    "park",
    "side",
    "tick",
    "times_kept",
    "undo_count",
    "undo_keep",
    "untick",
]

OFTEN = 3
"""From so many times kept parked in a row on, it is worth asking whether this is still the right partner."""


def park(
    vendor: Vendor,
    *,
    by: Membership,
    reason: ParkingReason,
    until: date | None = None,
    details: str = "",
    condition: str = "",
    figure: Figure | None = None,
    rhythm: Rhythm = AS_USUAL,
    told_vendor: str = "",
    look_for_referrals: bool = True,
    offer_small_tasks: bool = False,
    ask_for_discount: bool = False,
    owner_id: int | None = None,
    need_id: int | None = None,
    why: str = "",
    outcome: TrialOutcome | None = None,
) -> StageMove:
    """Park a vendor for later. Without ``until`` the reason's usual revisit date is taken.

    ``outcome`` and ``why`` answer for a trial task that is left open by it. Raises :class:`Refused`.
    """
    terms = ParkingTerms(
        reason=reason,
        until=until,
        details=details,
        condition=condition,
        figure=figure,
        rhythm=rhythm,
        told_vendor=told_vendor,
        look_for_referrals=look_for_referrals,
        offer_small_tasks=offer_small_tasks,
        ask_for_discount=ask_for_discount,
        owner_id=owner_id,
        need_id=need_id,
    )
    return stages.move(vendor, by=by, to=Stage.PARKED, why=why, outcome=outcome, parking=terms)


def find(session: WorkspaceSession, parking_id: int) -> Parking:
    """A parking of this business, to be acted on. Raises :class:`Missing`."""
    parking = session.get(Parking, parking_id, with_for_update=session.writing)
    if parking is None:
        raise Missing
    return parking


def of_vendor(session: WorkspaceSession, vendor: Vendor) -> Parking:
    """The parking that the vendor is in. Raises :class:`Missing`."""
    parking = touches.open_parking(session, vendor)
    if parking is None:
        raise Missing
    return parking


def edit(
    parking: Parking,
    *,
    by: Membership,
    version: int,
    reason: ParkingReason,
    until: date | None = None,
    details: str = "",
    condition: str = "",
    figure: Figure | None = None,
    rhythm: Rhythm = AS_USUAL,
    told_vendor: str = "",
    look_for_referrals: bool = True,
    offer_small_tasks: bool = False,
    ask_for_discount: bool = False,
    owner_id: int | None = None,
    need_id: int | None = None,
) -> Parking:
    """Change what a parking says. Raises :class:`Stale` where a colleague was quicker, :class:`Refused` for bad input.

    A revisit date that is left alone may have come already. Triggers go on comparing with the day of parking; another
    condition has its own turn to come true.
    """
    session = session_of(parking)
    _check_open(parking)
    if version != parking.version:
        raise Stale(lazy("A colleague has changed this parking since you opened it."))
    check_figure(figure, condition)
    parking_needs.check(session, reason, need_id, present=needs.first_of(session, [parking.id]).get(parking.id))
    vendor = session.get_one(Vendor, parking.vendor_id, with_for_update=True)
    if until != parking.revisit_on:
        parking.revisit_on = revisit(reason, until, by.workspace.today)
    if owner_id is not None:
        stages.check_member(session, owner_id, field="owner_id", present=vendor.owner_id)
        former, vendor.owner_id = vendor.owner_id, owner_id
        news.hand_vendor(vendor, by=by, former=(former, vendor.backup_id))
    is_another, before = _is_another_condition(parking, condition, figure), figure_of(parking)
    parking.reason, parking.details, parking.condition = reason, details, condition
    put_figure(parking, figure)
    parking_needs.put(parking, need_id)
    parking.cadence_choice, parking.cadence_every, parking.cadence_unit = rhythm.choice, rhythm.every, rhythm.unit
    parking.told_vendor, parking.look_for_referrals = told_vendor, look_for_referrals
    parking.offer_small_tasks, parking.ask_for_discount = offer_small_tasks, ask_for_discount
    parking.version += 1
    stages.record_parking(session, parking, by=by)
    if before and figure and before.now != figure.now and before.goal == figure.goal:
        _record_count(parking, before, figure, by)
    if is_another and (trigger := triggers.of_condition(session, parking)) is not None:
        triggers.withdraw(session, trigger)
    triggers.settle(session, vendor, by=by)
    touches.refresh(session, vendor)
    return parking


def count_up(parking: Parking, *, by: Membership, now: int, seen: int | None = None) -> Parking:
    """Say how far the condition has come. Reaching the goal brings the parking forward; falling short of it again
    takes that back, as long as nobody has answered it.

    ``seen`` is the figure that the person looked at: raises :class:`Stale` where it is another one by now.
    """
    _check_open(parking)
    before = figure_of(parking)
    if before is None:
        raise Refused(lazy("This parking has no figure."))
    if now == before.now:
        return parking
    if seen is not None and seen != before.now:
        raise Stale(lazy("A colleague has changed this figure since you opened it."))
    after = Figure(now, before.goal, before.currency, before.unit)
    _put_count(parking, after, by)
    _record_count(parking, before, after, by)
    return parking


def undo_count(parking: Parking, *, by: Membership) -> Parking:
    """Take the latest figure back. Raises :class:`Refused` where there is none, or it is another one by now."""
    session = session_of(parking)
    entry, before = _latest(parking, COUNTED), figure_of(parking)
    if entry is None or before is None or parking.ended_on is not None or entry.facts["now"] != before.now:
        raise Refused(lazy("This was changed since, and can’t be taken back any more."))
    session.delete(entry)
    _put_count(parking, Figure(entry.facts["was"], before.goal, before.currency, before.unit), by)
    return parking


def _record_count(parking: Parking, before: Figure, after: Figure, by: Membership) -> None:
    timeline.record(
        session_of(parking),
        parking.vendor_id,
        TimelineKind.PARKING,
        parking.id,
        step=f"{COUNTED} {parking.version}",
        on=by.workspace.today,
        by=by.user_id,
        condition=parking.condition,
        was=before.now,
        **after.facts,
    )


def _put_count(parking: Parking, figure: Figure, by: Membership) -> None:
    session = session_of(parking)
    vendor = session.get_one(Vendor, parking.vendor_id, with_for_update=True)
    put_figure(parking, figure)
    parking.version += 1
    triggers.settle(session, vendor, by=by)
    touches.refresh(session, vendor)


def tick(parking: Parking, *, by: Membership) -> Parking:
    """The condition has come true: somebody says so. Saying it again changes nothing."""
    session = session_of(parking)
    _check_open(parking)
    if not parking.condition:
        raise Refused(lazy("Say first what has to change."))
    vendor = session.get_one(Vendor, parking.vendor_id, with_for_update=True)
    if triggers.tick(session, parking, by=by):
        parking.version += 1
        touches.refresh(session, vendor)
    return parking


def untick(parking: Parking, *, by: Membership) -> Parking:
    """It has not come true after all: what was ticked by mistake is as if it had never been."""
    session = session_of(parking)
    _check_open(parking)
    vendor = session.get_one(Vendor, parking.vendor_id, with_for_update=True)
    trigger = triggers.of_condition(session, parking)
    if trigger is None:
        return parking
    if not trigger.facts.get("ticked"):
        raise Refused(lazy("The figure says that it has come true. Change the figure instead."))
    triggers.withdraw(session, trigger)
    parking.version += 1
    triggers.settle(session, vendor, by=by)
    touches.refresh(session, vendor)
    return parking


def _is_another_condition(parking: Parking, condition: str, figure: Figure | None) -> bool:
    """Whether what has to change is something else from now on, and has not come true."""
    if figure is not None:
        before = figure_of(parking)
        is_same = before is not None and (before.goal, before.currency) == (figure.goal, figure.currency)
        return not is_same and not figure.is_reached
    return condition != parking.condition or parking.condition_goal is not None


def _check_open(parking: Parking) -> None:
    if parking.ended_on is not None:
        raise Refused(lazy("This parking is over."))


def keep_parked(parking: Parking, *, by: Membership, until: date | None = None) -> Parking:
    """Look again later: on the date that is named, else after the reason's usual time from today on, and never earlier
    than planned. What had come true is answered by it.

    Where that is the date already, as when a button is pressed twice, nothing is done and nothing counted.
    """
    session = session_of(parking)
    _check_open(parking)
    today = by.workspace.today
    before = parking.revisit_on
    later = revisit(parking.reason, until, today) if until else max(before, usual_revisit(parking.reason, today))
    answered = triggers.answer(session, parking, by=by)
    if later == before and not answered:
        return parking
    touches.end_reminders(session, ReminderKind.REVISIT, parking.id, by=by.user_id)
    parking.revisit_on = later
    parking.version += 1
    timeline.record(
        session,
        parking.vendor_id,
        TimelineKind.PARKING,
        parking.id,
        step=f"{KEPT} {parking.version}",
        on=today,
        by=by.user_id,
        reason=parking.reason,
        until=parking.revisit_on.isoformat(),
        before=before.isoformat(),
        answered=answered,
    )
    touches.refresh(session, session.get_one(Vendor, parking.vendor_id, with_for_update=True))
    return parking


def times_kept(parking: Parking) -> int:
    """How often it was kept parked in a row, since the vendor was parked."""
    return session_of(parking).scalar(select(func.count(TimelineEntry.id)).where(*_entries(parking, KEPT))) or 0


def undo_keep(parking: Parking, *, by: Membership) -> Parking:
    """Take the latest *keep parked* back: the former revisit date. Raises :class:`Refused` where there is none."""
    session = session_of(parking)
    entry = _latest(parking, KEPT)
    if entry is None or parking.ended_on is not None or parking.revisit_on.isoformat() != entry.facts["until"]:
        raise Refused(lazy("This was changed since, and can’t be taken back any more."))
    parking.revisit_on = date.fromisoformat(entry.facts["before"])
    parking.version += 1
    triggers.ask_again(session, entry.facts.get("answered", []))
    session.delete(entry)
    touches.refresh(session, session.get_one(Vendor, parking.vendor_id, with_for_update=True))
    return parking


def _latest(parking: Parking, step: str) -> TimelineEntry | None:
    statement = select(TimelineEntry).where(*_entries(parking, step)).order_by(TimelineEntry.id.desc())
    return session_of(parking).scalars(statement.limit(1)).first()


def _entries(parking: Parking, step: str) -> tuple[ColumnElement[bool], ...]:
    return (
        TimelineEntry.kind == TimelineKind.PARKING,
        TimelineEntry.subject_id == parking.id,
        TimelineEntry.step.startswith(step),
    )


def end(parking: Parking, *, by: Membership, to: Stage, why: str = "", trial: TrialTerms | None = None) -> StageMove:
    """Unpark: to Prospect, Trial task or Active, or let go by one of the exits. Asks what that move asks for."""
    session = session_of(parking)
    _check_open(parking)
    vendor = session.get_one(Vendor, parking.vendor_id, with_for_update=True)
    return stages.move(vendor, by=by, to=to, why=why, trial=trial)
