"""The need that has to be filled first, where something must come first: which one a parking waits for."""

from sqlalchemy import select

from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import triggers
from crm.models.enums import NeedStatus, ParkingReason, TriggerKind
from crm.models.needs import Need, ParkingNeed
from crm.models.stages import Parking, ParkingTrigger


def check(session: WorkspaceSession, reason: ParkingReason, need_id: int | None, *, present: int | None = None) -> None:
    """Raises :class:`Refused` for a need that is not of this business, or filled already; ``present`` may stay."""
    if need_id is None or reason is not ParkingReason.PREREQUISITE or need_id == present:
        return
    need = session.get(Need, need_id)
    if need is None:
        raise Refused(lazy("Choose one of the list."), field="need_id")
    if need.status is NeedStatus.FILLED:
        raise Refused(lazy("That one is filled already: nothing has to be waited for."), field="need_id")


def put(parking: Parking, need_id: int | None) -> None:
    """Let a parking wait for this need, or for none. A parking for another reason waits for none.

    What the need before brought forward, and nobody has answered, goes; whoever calls refreshes the next touch.
    """
    session = session_of(parking)
    wanted = need_id if parking.reason is ParkingReason.PREREQUISITE else None
    row = session.scalars(select(ParkingNeed).where(ParkingNeed.parking_id == parking.id)).first()
    if wanted == (row.need_id if row else None):
        return
    if row is not None:
        _withdraw(session, parking, row.need_id)
        session.delete(row)
        session.flush()
    if wanted is not None:
        session.add(ParkingNeed(parking_id=parking.id, need_id=wanted))
        session.flush()


def _withdraw(session: WorkspaceSession, parking: Parking, need_id: int) -> None:
    fired = select(ParkingTrigger).where(
        ParkingTrigger.parking_id == parking.id,
        ParkingTrigger.kind == TriggerKind.PREREQUISITE,
        ParkingTrigger.cause_id == need_id,
        ParkingTrigger.answered_on.is_(None),
    )
    for trigger in session.scalars(fired).all():
        triggers.withdraw(session, trigger)
