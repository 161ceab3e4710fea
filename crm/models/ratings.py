"""What the business values in those it works with, and how it rates them by it."""

from datetime import date, datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.columns import Base, Owned, Recorded, belongs_to, owned, scoped_index


class Criterion(Owned, Base):
    """An outsourcing value of the business. Its place in the ranking is its position, 0 the most important."""

    __tablename__ = "criteria"
    __table_args__ = owned(scoped_index("position"))

    name: Mapped[str] = mapped_column(String(200))
    position: Mapped[int]
    weight: Mapped[int | None]
    """Ten-thousandths that stand in for the weight of its rank."""
    is_must: Mapped[bool] = mapped_column(default=False)
    """Whether it cannot be traded for anything else."""
    threshold: Mapped[int | None]
    """Of a must-have: the rating, 1 to 5, that it takes."""
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class NeedWeight(Owned, Base):
    """The weight that a criterion has for one need alone."""

    __tablename__ = "need_weights"
    __table_args__ = owned(
        belongs_to("needs", "need_id"),
        belongs_to("criteria", "criterion_id"),
        UniqueConstraint("workspace_id", "need_id", "criterion_id"),
    )

    need_id: Mapped[int]
    criterion_id: Mapped[int]
    weight: Mapped[int]
    """Ten-thousandths."""


class Rating(Owned, Recorded, Base):
    """How somebody found a vendor by one criterion, on an occasion. Whoever made the row is the rater."""

    __tablename__ = "ratings"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("criteria", "criterion_id"),
        belongs_to("delegated_works", "work_id", goes_with_it=False),
        scoped_index("vendor_id", "criterion_id"),
        scoped_index("work_id"),
        by=True,
    )

    vendor_id: Mapped[int]
    criterion_id: Mapped[int]
    value: Mapped[int]
    """1 redone by us, 3 one round of changes, 5 used without change."""
    occasion: Mapped[str] = mapped_column(String(200), default="")
    work_id: Mapped[int | None]
    """The piece of work that was the occasion."""
    rated_on: Mapped[date]
    remark: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
