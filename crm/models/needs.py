"""What the business needs done, and what has to come first."""

from datetime import date, datetime

from sqlalchemy import BigInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core import clock
from crm.core.columns import (
    Base,
    Choice,
    Owned,
    Recorded,
    belongs_to,
    belongs_to_member,
    owned,
    scoped_index,
)
from crm.models.enums import Importance, NeedStatus


class Need(Owned, Recorded, Base):
    """An outcome that is wanted from outside, whoever will bring it."""

    __tablename__ = "needs"
    __table_args__ = owned(
        belongs_to("categories", "category_id", goes_with_it=False),
        belongs_to("vendors", "filled_by_id", goes_with_it=False),
        belongs_to_member("owner_id"),
        scoped_index("status"),
        scoped_index("category_id"),
        scoped_index("filled_by_id"),
        by=True,
    )

    outcome: Mapped[str] = mapped_column(String(500))
    """What is to be different afterwards, rather than a trade: twenty good enquiries a month."""
    category_id: Mapped[int | None]
    """Category, niche or sub-niche: the finest that is known."""
    deliverables: Mapped[str] = mapped_column(Text, default="")
    volume: Mapped[str] = mapped_column(String(200), default="")
    budget_amount: Mapped[int | None] = mapped_column(BigInteger)
    """A month, in minor units of ``budget_currency``."""
    budget_currency: Mapped[str] = mapped_column(String(3), default="")
    starts_from: Mapped[date | None]
    starts_by: Mapped[date | None]
    acceptance: Mapped[str] = mapped_column(Text, default="")
    """How we will know that it is done."""
    importance: Mapped[Importance] = mapped_column(Choice(Importance), default=Importance.USEFUL)
    is_small: Mapped[bool] = mapped_column(default=False)
    """A task small enough to try somebody out with, or to give to a parked vendor."""
    owner_id: Mapped[int | None]
    status: Mapped[NeedStatus] = mapped_column(Choice(NeedStatus), default=NeedStatus.IDEA)
    status_since: Mapped[date]
    filled_by_id: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)


class NeedMove(Owned, Base):
    """A need came to another status, and why."""

    __tablename__ = "need_moves"
    __table_args__ = owned(belongs_to("needs", "need_id"), belongs_to_member("moved_by"), scoped_index("need_id"))

    need_id: Mapped[int]
    from_status: Mapped[NeedStatus | None] = mapped_column(Choice(NeedStatus))
    to_status: Mapped[NeedStatus] = mapped_column(Choice(NeedStatus))
    why: Mapped[str] = mapped_column(Text, default="")
    moved_on: Mapped[date]
    moved_at: Mapped[datetime] = mapped_column(default=clock.now)
    moved_by: Mapped[int]


class NeedPrerequisite(Owned, Recorded, Base):
    """What has to come first: another need, or a line to tick off."""

    __tablename__ = "need_prerequisites"
    __table_args__ = owned(
        belongs_to("needs", "need_id"),
        belongs_to("needs", "other_id"),
        belongs_to_member("met_by"),
        UniqueConstraint("workspace_id", "need_id", "other_id"),
        scoped_index("other_id"),
        by=True,
    )

    need_id: Mapped[int]
    other_id: Mapped[int | None]
    what: Mapped[str] = mapped_column(String(500), default="")
    """The line; empty where another need stands here."""
    position: Mapped[int] = mapped_column(default=0)
    met_at: Mapped[datetime | None]
    met_by: Mapped[int | None]


class CategoryPrerequisite(Owned, Base):
    """What usually has to come first for work of a category; offered when such a need is written down."""

    __tablename__ = "category_prerequisites"
    __table_args__ = owned(belongs_to("categories", "category_id"), scoped_index("category_id"))

    category_id: Mapped[int]
    what: Mapped[str] = mapped_column(String(500))
    position: Mapped[int] = mapped_column(default=0)


class ParkingNeed(Owned, Base):
    """The need that a parking waits for: to be filled, or for its budget."""

    __tablename__ = "parking_needs"
    __table_args__ = owned(
        belongs_to("parkings", "parking_id"),
        belongs_to("needs", "need_id"),
        UniqueConstraint("workspace_id", "parking_id"),
        scoped_index("need_id"),
    )

    parking_id: Mapped[int]
    need_id: Mapped[int]
