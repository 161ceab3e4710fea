"""Reading what has come true for parked vendors, and whom time or a need may concern."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import exists, or_, select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import Availability, ParkingReason, TimelineKind, TriggerKind
from crm.models.log import TimelineEntry
from crm.models.stages import Parking, ParkingTrigger
from crm.models.vendors import Vendor, VendorCategory
from crm.queries import niches

KEPT, COUNTED = "kept", "counted"
"""How the steps of a parking begin in the timeline: it went on, or its condition's figure changed."""
HISTORY = 12
"""So many decisions and figures of a parking the vendor's page shows."""


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


@dataclass(frozen=True, slots=True)
class StepRow:
    """A time that the vendor was kept parked, or that the condition's figure was changed (``facts`` tell which)."""

    on: date
    by: int | None
    facts: dict[str, Any]

    @property
    def is_count(self) -> bool:
        """Whether it is about the figure."""
        return "goal" in self.facts


@dataclass(frozen=True, slots=True)
class Parked:
    """The parking that a vendor is in: what came true, how often it was kept parked, the latest steps first."""

    parking: Parking
    triggers: list[TriggerRow]
    times_kept: int
    steps: list[StepRow]

    @property
    def waiting(self) -> list[TriggerRow]:
        """What has come true and nobody has answered yet."""
        return [trigger for trigger in self.triggers if trigger.is_open]

    @property
    def of_condition(self) -> TriggerRow | None:
        """That its own condition came true."""
        return next((trigger for trigger in self.triggers if trigger.kind is TriggerKind.CONDITION), None)


def of_vendor(session: WorkspaceSession, vendor_id: int) -> Parked | None:
    """The parking that a vendor is in, with all that happened to it. Three queries."""
    open_one = select(Parking).where(Parking.vendor_id == vendor_id, Parking.ended_on.is_(None))
    parking = session.scalars(open_one).first()
    if parking is None:
        return None
    entries = select(TimelineEntry.happened_on, TimelineEntry.author_id, TimelineEntry.facts).where(
        TimelineEntry.kind == TimelineKind.PARKING,
        TimelineEntry.subject_id == parking.id,
        or_(TimelineEntry.step.startswith(KEPT), TimelineEntry.step.startswith(COUNTED)),
    )
    steps = [StepRow(*row) for row in session.execute(entries.order_by(TimelineEntry.id.desc()))]
    return Parked(
        parking=parking,
        triggers=of_parkings(session, [parking.id])[parking.id],
        times_kept=sum(not step.is_count for step in steps),
        steps=steps[:HISTORY],
    )


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
