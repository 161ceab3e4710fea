"""Parking: right partner, wrong time. Why, until when, how we stay in touch meanwhile, and how it ended."""

from datetime import date

from sqlalchemy import func, select

from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import stages, timeline, touches
from crm.domain.parking_terms import ParkingTerms, revisit, side
from crm.domain.rhythms import AS_USUAL, Rhythm
from crm.domain.trials import TrialTerms
from crm.models.enums import ParkingReason, Stage, TimelineKind, TrialOutcome
from crm.models.log import TimelineEntry
from crm.models.stages import Parking, StageMove
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership

__all__ = ["edit", "end", "find", "keep_parked", "of_vendor", "park", "side", "times_kept", "undo_keep"]

_KEPT = "kept"
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
    rhythm: Rhythm = AS_USUAL,
    told_vendor: str = "",
    look_for_referrals: bool = True,
    offer_small_tasks: bool = False,
    ask_for_discount: bool = False,
    owner_id: int | None = None,
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
        rhythm=rhythm,
        told_vendor=told_vendor,
        look_for_referrals=look_for_referrals,
        offer_small_tasks=offer_small_tasks,
        ask_for_discount=ask_for_discount,
        owner_id=owner_id,
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
    rhythm: Rhythm = AS_USUAL,
    told_vendor: str = "",
    look_for_referrals: bool = True,
    offer_small_tasks: bool = False,
    ask_for_discount: bool = False,
    owner_id: int | None = None,
) -> Parking:
    """Change what a parking says. Raises :class:`Stale` where a colleague was quicker, :class:`Refused` for bad input.

    A revisit date that is left alone may have come already.
    """
    session = session_of(parking)
    if parking.ended_on is not None:
        raise Refused(lazy("This parking is over."))
    if version != parking.version:
        raise Stale(lazy("A colleague has changed this parking since you opened it."))
    vendor = session.get_one(Vendor, parking.vendor_id, with_for_update=True)
    if until != parking.revisit_on:
        parking.revisit_on = revisit(reason, until, by.workspace.today)
    if owner_id is not None:
        stages.check_member(session, owner_id, field="owner_id", present=vendor.owner_id)
        vendor.owner_id = owner_id
    parking.reason, parking.details, parking.condition = reason, details, condition
    parking.cadence_choice, parking.cadence_every, parking.cadence_unit = rhythm.choice, rhythm.every, rhythm.unit
    parking.told_vendor, parking.look_for_referrals = told_vendor, look_for_referrals
    parking.offer_small_tasks, parking.ask_for_discount = offer_small_tasks, ask_for_discount
    parking.version += 1
    stages.record_parking(session, parking, by=by)
    touches.refresh(session, vendor)
    return parking


def keep_parked(parking: Parking, *, by: Membership, until: date | None = None) -> Parking:
    """Look again later: on the date that is named, else after the reason's usual time from today on.

    Where that is the date already, as when a button is pressed twice, nothing is done and nothing counted.
    """
    session = session_of(parking)
    if parking.ended_on is not None:
        raise Refused(lazy("This parking is over."))
    today = by.workspace.today
    before = parking.revisit_on
    later = revisit(parking.reason, until, today)
    if later == before:
        return parking
    parking.revisit_on = later
    parking.version += 1
    timeline.record(
        session,
        parking.vendor_id,
        TimelineKind.PARKING,
        parking.id,
        step=f"{_KEPT} {parking.version}",
        on=today,
        by=by.user_id,
        reason=parking.reason,
        until=parking.revisit_on.isoformat(),
        before=before.isoformat(),
    )
    touches.refresh(session, session.get_one(Vendor, parking.vendor_id, with_for_update=True))
    return parking


def times_kept(parking: Parking) -> int:
    """How often it was kept parked in a row, since the vendor was parked."""
    statement = select(func.count(TimelineEntry.id)).where(
        TimelineEntry.kind == TimelineKind.PARKING,
        TimelineEntry.subject_id == parking.id,
        TimelineEntry.step.startswith(_KEPT),
    )
    return session_of(parking).scalar(statement) or 0


def undo_keep(parking: Parking, *, by: Membership) -> Parking:
    """Take the latest *keep parked* back: the former revisit date. Raises :class:`Refused` where there is none."""
    session = session_of(parking)
    entry = session.scalars(
        select(TimelineEntry)
        .where(
            TimelineEntry.kind == TimelineKind.PARKING,
            TimelineEntry.subject_id == parking.id,
            TimelineEntry.step.startswith(_KEPT),
        )
        .order_by(TimelineEntry.id.desc())
    ).first()
    if entry is None or parking.ended_on is not None or parking.revisit_on.isoformat() != entry.facts["until"]:
        raise Refused(lazy("This was changed since, and can't be taken back any more."))
    parking.revisit_on = date.fromisoformat(entry.facts["before"])
    parking.version += 1
    session.delete(entry)
    touches.refresh(session, session.get_one(Vendor, parking.vendor_id, with_for_update=True))
    return parking


def end(parking: Parking, *, by: Membership, to: Stage, why: str = "", trial: TrialTerms | None = None) -> StageMove:
    """Unpark: to Prospect, Trial task or Active, or let go by one of the exits. Asks what that move asks for."""
    session = session_of(parking)
    if parking.ended_on is not None:
        raise Refused(lazy("This parking is over."))
    vendor = session.get_one(Vendor, parking.vendor_id, with_for_update=True)
    return stages.move(vendor, by=by, to=to, why=why, trial=trial)
