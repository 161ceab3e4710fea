"""The need that a parking waits for: to be filled, where it must come first; for its budget, where that lacks."""

from sqlalchemy import select

from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import triggers
from crm.models.enums import NeedStatus, ParkingReason, TriggerKind
from crm.models.needs import Need, ParkingNeed
from crm.models.stages import Parking, ParkingTrigger

WAIT_FOR_ONE = (ParkingReason.PREREQUISITE, ParkingReason.NO_BUDGET)
"""The reasons for which a parking can wait for a need."""


def check(session: WorkspaceSession, reason: ParkingReason, need_id: int | None, *, present: int | None = None) -> None:
    """Raises :class:`Refused` for a need that is not of this business, or filled already; ``present`` may stay."""
    if need_id is None or reason not in WAIT_FOR_ONE or need_id == present:
        return
    need = session.get(Need, need_id)
    if need is None:
        raise Refused(lazy("Choose one of the list."), field="need_id")
    if need.status is NeedStatus.FILLED:
        raise Refused(lazy("That one is filled already: nothing has to be waited for."), field="need_id")


def put(parking: Parking, need_id: int | None) -> None:
    """Let a parking wait for this need, or for none. A parking for another reason waits for none.

    What the need before brought forward, and nobody has answered, goes; whoever calls refreshes the next touch. The
    need's budget of this day is kept: a higher one is what the parking waits for, where the budget lacks.
    """
    session = session_of(parking)
    wanted = need_id if parking.reason in WAIT_FOR_ONE else None
    row = session.scalars(select(ParkingNeed).where(ParkingNeed.parking_id == parking.id)).first()
    if wanted == (row.need_id if row else None):
        return
    if row is not None:
        _withdraw(session, parking, row.need_id)
        session.delete(row)
        session.flush()
    if wanted is not None:
        need = session.get_one(Need, wanted)
        budget = {"amount": need.budget_amount, "currency": need.budget_currency}
        parking.at_parking = {**parking.at_parking, "budget": budget}
        session.add(ParkingNeed(parking_id=parking.id, need_id=wanted))
        session.flush()


def _withdraw(session: WorkspaceSession, parking: Parking, need_id: int) -> None:
    fired = select(ParkingTrigger).where(
        ParkingTrigger.parking_id == parking.id,
        ParkingTrigger.kind.in_([TriggerKind.PREREQUISITE, TriggerKind.BUDGET]),
        ParkingTrigger.cause_id == need_id,
        ParkingTrigger.answered_on.is_(None),
    )
    for trigger in session.scalars(fired).all():
        triggers.withdraw(session, trigger)
