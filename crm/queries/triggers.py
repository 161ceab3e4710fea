"""Reading what has come true for parked vendors, and whom time or a need may concern."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    Date,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    cast,
    exists,
    literal,
    null,
    or_,
    select,
    union_all,
)

from crm.core.errors import Missing
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


def vendor_and_parking(session: WorkspaceSession, vendor_id: int) -> tuple[Vendor, Parked | None]:
    """A vendor of this business, and the parking that it is in with all that happened to it. One query, since it is
    asked at each look at a vendor. Raises :class:`Missing`."""
    rows = session.execute(_vendor_and_parking(), {"vendor_id": vendor_id, "here": session.workspace_id}).all()
    if not rows:
        raise Missing
    vendor, parking = rows[0][:2]
    if parking is None:
        return vendor, None
    steps = [StepRow(row.day, row.person, json.loads(row.facts)) for row in reversed(rows) if row.sort == _STEP]
    return vendor, Parked(
        parking=parking,
        triggers=[_trigger(vendor_id, parking.id, row) for row in rows if row.sort == _TRIGGER],
        times_kept=sum(not step.is_count for step in steps),
        steps=steps[:HISTORY],
    )


_TRIGGER, _STEP = "trigger", "step"


@cache
def _vendor_and_parking() -> Select[Any]:
    fired, entry = ParkingTrigger, TimelineEntry
    here, its_id = bindparam("here", type_=Integer()), bindparam("vendor_id", type_=Integer())
    happened = union_all(
        select(
            literal(_TRIGGER).label("sort"),
            fired.id.label("id"),
            fired.parking_id.label("parking_id"),
            cast(fired.kind, String).label("kind"),
            cast(fired.facts, String).label("facts"),
            fired.fired_on.label("day"),
            fired.fired_by.label("person"),
            fired.answered_on.label("answered_on"),
        ).where(fired.workspace_id == here, fired.vendor_id == its_id),
        select(
            literal(_STEP),
            entry.id,
            entry.subject_id,
            cast(null(), String),
            cast(entry.facts, String),
            entry.happened_on,
            entry.author_id,
            cast(null(), Date),
        ).where(
            entry.workspace_id == here,
            entry.vendor_id == its_id,
            entry.kind == TimelineKind.PARKING,
            or_(entry.step.startswith(KEPT), entry.step.startswith(COUNTED)),
        ),
    ).subquery()
    is_open = and_(Parking.vendor_id == Vendor.id, Parking.ended_on.is_(None))
    return (
        select(Vendor, Parking, *(column for column in happened.c if column.key != "parking_id"))
        .outerjoin(Parking, is_open)
        .outerjoin(happened, happened.c.parking_id == Parking.id)
        .where(Vendor.id == its_id)
        .order_by(happened.c.id)
    )


def _trigger(vendor_id: int, parking_id: int, row: Any) -> TriggerRow:
    return TriggerRow(
        id=row.id,
        parking_id=parking_id,
        vendor_id=vendor_id,
        kind=TriggerKind(row.kind),
        facts=json.loads(row.facts),
        fired_on=row.day,
        fired_by=row.person,
        answered_on=row.answered_on,
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
