"""Reading what has come true for parked vendors, and whom time or a need may concern."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import exists, select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import Availability, ParkingReason, TriggerKind
from crm.models.stages import Parking, ParkingTrigger
from crm.models.vendors import Vendor, VendorCategory
from crm.queries import niches


@dataclass(frozen=True, slots=True)
class TriggerRow:
    """Something that came true for a parking."""

    id: int
    parking_id: int
    vendor_id: int
    kind: TriggerKind
    facts: dict[str, Any]
    fired_on: date
    fired_by: int | None
    answered_on: date | None

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered it yet."""
        return self.answered_on is None

    @property
    def said(self) -> dict[str, Any]:
        """What :func:`crm.models.vocabulary.trigger` words."""
        return {**self.facts, "trigger": self.kind}


def of_parkings(session: WorkspaceSession, parking_ids: Sequence[int]) -> dict[int, list[TriggerRow]]:
    """What has come true for each of these parkings, the oldest first. One query."""
    found: dict[int, list[TriggerRow]] = {parking_id: [] for parking_id in parking_ids}
    if not found:
        return found
    table = ParkingTrigger
    statement = (
        select(
            table.id,
            table.parking_id,
            table.vendor_id,
            table.kind,
            table.facts,
            table.fired_on,
            table.fired_by,
            table.answered_on,
        )
        .where(table.parking_id.in_(found))
        .order_by(table.id)
    )
    for row in session.execute(statement):
        found[row.parking_id].append(TriggerRow(*row))
    return found


def vendors_whose_time_came(session: WorkspaceSession, today: date, limit: int) -> Sequence[Vendor]:
    """Parked vendors whose last day of being full has passed since they were parked, without anything having come of
    it yet; held for a change."""
    fired = exists().where(
        ParkingTrigger.workspace_id == Parking.workspace_id,
        ParkingTrigger.parking_id == Parking.id,
        ParkingTrigger.kind == TriggerKind.AVAILABILITY,
    )
    statement = (
        select(Vendor)
        .join(Parking, Parking.vendor_id == Vendor.id)
        .where(
            Parking.ended_on.is_(None),
            Parking.reason == ParkingReason.AT_CAPACITY,
            Vendor.availability.in_((Availability.FULL, Availability.LIMITED)),
            Vendor.availability_until >= Parking.parked_on,
            Vendor.availability_until < today,
            ~fired,
        )
        .order_by(Vendor.id)
        .limit(limit)
        .with_for_update(of=Vendor)
    )
    return session.scalars(statement).all()


def parked_for(
    session: WorkspaceSession, reasons: Iterable[ParkingReason], *, category_id: int | None = None
) -> list[Parking]:
    """The open parkings for these reasons; with a category or niche, those of vendors whose niche matches it."""
    statement = select(Parking).where(Parking.ended_on.is_(None), Parking.reason.in_(list(reasons)))
    parkings = list(session.scalars(statement.order_by(Parking.id)))
    if category_id is None:
        return parkings
    places = niches.tree(session)
    wanted = places[category_id]
    offered = select(VendorCategory.vendor_id, VendorCategory.category_id).where(
        VendorCategory.vendor_id.in_([parking.vendor_id for parking in parkings])
    )
    fitting = {vendor_id for vendor_id, place in session.execute(offered) if places[place].matches(wanted)}
    return [parking for parking in parkings if parking.vendor_id in fitting]
