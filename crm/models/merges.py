"""Vendors that turned out to be one, and pairs of which somebody said that they are not."""

from datetime import date, datetime

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core import clock
from crm.core.columns import Base, JsonValue, Owned, belongs_to, belongs_to_member, owned, scoped_index


class Merge(Owned, Base):
    """Two vendors became one: who did it, when, and what taking it back needs.

    The row stays for as long as the vendor that was kept: the old address leads there.
    """

    __tablename__ = "merges"
    __table_args__ = owned(
        belongs_to("vendors", "winner_id"),
        belongs_to_member("merged_by"),
        belongs_to_member("undone_by"),
        scoped_index("winner_id"),
        scoped_index("loser_id"),
        scoped_index("merged_at"),
    )

    winner_id: Mapped[int]
    """Where the vendor is now: another than ``into_id`` once that one was merged in its turn."""
    into_id: Mapped[int]
    """The vendor that was kept."""
    loser_id: Mapped[int]
    """The number of the vendor that is no more."""
    loser_name: Mapped[str] = mapped_column(String(200))
    merged_on: Mapped[date]
    merged_at: Mapped[datetime] = mapped_column(default=clock.now)
    merged_by: Mapped[int]
    changes: Mapped[JsonValue | None] = mapped_column(JSON(none_as_null=True))
    """Every row that the merge changed, as it was before and after; none once it is undone, or 30 days have passed."""
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None]


class DistinctPair(Owned, Base):
    """Two vendors that look like one and are not: somebody looked. The lower number comes first."""

    __tablename__ = "distinct_pairs"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("vendors", "other_id"),
        belongs_to_member("said_by"),
        UniqueConstraint("workspace_id", "vendor_id", "other_id"),
        scoped_index("other_id"),
    )

    vendor_id: Mapped[int]
    other_id: Mapped[int]
    said_by: Mapped[int]
    said_at: Mapped[datetime] = mapped_column(default=clock.now)
