"""Work that was handed to a vendor, from asked to accepted."""

from datetime import date

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.columns import Base, Choice, Owned, Recorded, belongs_to, owned, scoped_index
from crm.models.enums import WorkOutcome


class DelegatedWork(Owned, Recorded, Base):
    """A piece of work. The day that was agreed on first is kept for ever."""

    __tablename__ = "delegated_works"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("decision_areas", "area_id", goes_with_it=False),
        scoped_index("vendor_id", "outcome"),
        scoped_index("area_id"),
        by=True,
    )

    vendor_id: Mapped[int]
    area_id: Mapped[int | None]
    title: Mapped[str] = mapped_column(String(200))
    asked: Mapped[str] = mapped_column(Text, default="")
    """What was asked for. Markdown."""
    asked_on: Mapped[date]
    original_due_on: Mapped[date]
    due_on: Mapped[date]
    delivered_on: Mapped[date | None]
    """When it came first; later rounds leave it."""
    redelivered_on: Mapped[date | None]
    """When its latest round came."""
    waits: Mapped[bool] = mapped_column(default=True)
    """Whether they are to deliver: until it comes, and again from each time it goes back for changes."""
    rounds: Mapped[int] = mapped_column(default=0)
    """How often it went back for changes."""
    outcome: Mapped[WorkOutcome | None] = mapped_column(Choice(WorkOutcome))
    decided_on: Mapped[date | None]
    gave_promised: Mapped[bool | None]
    """Whether we gave them what we had promised for it."""
    our_minutes: Mapped[int | None]
    vendor_minutes: Mapped[int | None]
    cost_amount: Mapped[int | None] = mapped_column(BigInteger)
    """Minor units of ``cost_currency``."""
    cost_currency: Mapped[str] = mapped_column(String(3), default="")
    rating: Mapped[int | None]
    """1 to 5: redone by us, one round of changes, used without change."""
    remark: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
