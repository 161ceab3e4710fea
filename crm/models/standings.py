"""How a vendor stands with us for a kind of work: preferred, approved, conditional or suspended."""

from datetime import date, datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core import clock
from crm.core.columns import Base, Choice, Owned, belongs_to, belongs_to_member, owned, scoped_index
from crm.models.enums import StandingLevel


class Standing(Owned, Base):
    """A standing that somebody gave. One of a vendor and category stands at a time; the former ones stay as history."""

    __tablename__ = "standings"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("categories", "category_id"),
        belongs_to_member("given_by"),
        belongs_to_member("ended_by"),
        scoped_index("vendor_id", "ended_at"),
        scoped_index("level", "ended_at"),
        # One that stands for each category, and one for a vendor as a whole, whatever two people click at once.
        Index(
            "uq_standings_category",
            "workspace_id",
            "vendor_id",
            "category_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "uq_standings_whole",
            "workspace_id",
            "vendor_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL AND category_id IS NULL"),
            postgresql_where=text("ended_at IS NULL AND category_id IS NULL"),
        ),
    )

    vendor_id: Mapped[int]
    category_id: Mapped[int | None]
    """Empty: the standing is for everything they do."""
    level: Mapped[StandingLevel] = mapped_column(Choice(StandingLevel))
    reason: Mapped[str] = mapped_column(String(500), default="")
    """Why, or on which conditions."""
    valid_until: Mapped[date]
    """The last day on which it holds; the day after, it is to be reviewed."""
    given_on: Mapped[date]
    given_by: Mapped[int | None]
    given_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]
    """When another took its place, or somebody took it away."""
    ended_by: Mapped[int | None]
