"""Where vendors have stood: moves between stages, parkings."""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core import clock
from crm.core.columns import (
    Base,
    Choice,
    JsonValue,
    Owned,
    belongs_to,
    belongs_to_member,
    owned,
    scoped_index,
)
from crm.models.enums import CadenceChoice, ParkingEnd, ParkingReason, Stage, TriggerKind


class StageMove(Owned, Base):
    """A vendor went from one stage to another: who, when, why."""

    __tablename__ = "stage_moves"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"), belongs_to_member("moved_by"), scoped_index("vendor_id", "moved_at")
    )

    vendor_id: Mapped[int]
    from_stage: Mapped[Stage] = mapped_column(Choice(Stage))
    to_stage: Mapped[Stage] = mapped_column(Choice(Stage))
    why: Mapped[str] = mapped_column(Text, default="")
    moved_on: Mapped[date]
    moved_at: Mapped[datetime] = mapped_column(default=clock.now)
    moved_by: Mapped[int]
    before: Mapped[JsonValue] = mapped_column(JSON, default=dict)
    """What undoing the move restores: stage_since and cadence_began_on."""
    undone_at: Mapped[datetime | None]


class Parking(Owned, Base):
    """Right partner, wrong time: why, until when, and how we stay in touch meanwhile."""

    __tablename__ = "parkings"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to_member("parked_by"),
        scoped_index("vendor_id"),
        # One open parking for a vendor, whatever two people click at once.
        Index(
            "uq_parkings_open",
            "workspace_id",
            "vendor_id",
            unique=True,
            sqlite_where=text("ended_on IS NULL"),
            postgresql_where=text("ended_on IS NULL"),
        ),
    )

    vendor_id: Mapped[int]
    reason: Mapped[ParkingReason] = mapped_column(Choice(ParkingReason))
    details: Mapped[str] = mapped_column(Text, default="")
    condition: Mapped[str] = mapped_column(String(500), default="")
    """What has to change, in words."""
    condition_now: Mapped[int | None] = mapped_column(BigInteger)
    """How far it has come; in minor units where ``condition_currency`` is given, as is ``condition_goal``."""
    condition_goal: Mapped[int | None] = mapped_column(BigInteger)
    condition_currency: Mapped[str] = mapped_column(String(3), default="")
    condition_unit: Mapped[str] = mapped_column(String(40), default="")
    """What the figure counts, in words: "a month", "orders"."""
    at_parking: Mapped[JsonValue] = mapped_column(JSON, default=dict)
    """What triggers compare with: the vendor's availability, rate and minimum, and our own readiness, on that day."""
    revisit_on: Mapped[date]
    cadence_choice: Mapped[CadenceChoice] = mapped_column(Choice(CadenceChoice), default=CadenceChoice.DEFAULT)
    cadence_every: Mapped[int | None]
    cadence_unit: Mapped[str | None] = mapped_column(String(8))
    told_vendor: Mapped[str] = mapped_column(Text, default="")
    look_for_referrals: Mapped[bool] = mapped_column(default=True)
    offer_small_tasks: Mapped[bool] = mapped_column(default=False)
    ask_for_discount: Mapped[bool] = mapped_column(default=False)
    parked_on: Mapped[date]
    parked_by: Mapped[int]
    ended_on: Mapped[date | None]
    ended_how: Mapped[ParkingEnd | None] = mapped_column(Choice(ParkingEnd))
    version: Mapped[int] = mapped_column(default=1)


class ParkingTrigger(Owned, Base):
    """Something came true that brings a parking forward. The database keeps it single for a parking and its cause."""

    __tablename__ = "parking_triggers"
    __table_args__ = owned(
        belongs_to("parkings", "parking_id"),
        belongs_to("vendors", "vendor_id"),
        belongs_to_member("fired_by"),
        UniqueConstraint("workspace_id", "parking_id", "kind", "cause_id"),
        scoped_index("vendor_id"),
    )

    parking_id: Mapped[int]
    vendor_id: Mapped[int]
    kind: Mapped[TriggerKind] = mapped_column(Choice(TriggerKind))
    cause_id: Mapped[int]
    """The record that caused it: a need, a check, the vendor itself, or the parking for its own condition."""
    facts: Mapped[JsonValue] = mapped_column(JSON, default=dict)
    """What came true, as facts; ``crm/models/vocabulary.py`` words them."""
    fired_on: Mapped[date]
    fired_at: Mapped[datetime] = mapped_column(default=clock.now)
    fired_by: Mapped[int | None]
    """Who ticked it or made the change; None where time itself did."""
    answered_on: Mapped[date | None]
    """When somebody decided to keep the vendor parked all the same. Until then it brings the parking forward."""
