"""Businesses in our network that look for someone, and the vendors we send them."""

from datetime import date, datetime

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core import clock
from crm.core.columns import Base, Choice, Owned, Recorded, belongs_to, belongs_to_member, owned, scoped_index
from crm.models.enums import Channel, ReferralState


class Opening(Owned, Recorded, Base):
    """A business that looks for someone."""

    __tablename__ = "openings"
    __table_args__ = owned(
        belongs_to("categories", "category_id", goes_with_it=False), scoped_index("category_id"), by=True
    )

    business: Mapped[str] = mapped_column(String(200))
    person: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    what_they_need: Mapped[str] = mapped_column(String(500), default="")
    category_id: Mapped[int | None]
    budget_amount: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3), default="")
    until: Mapped[date | None]
    closed_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)


class Referral(Owned, Recorded, Base):
    """A vendor recommended to a business."""

    __tablename__ = "referrals"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("openings", "opening_id", goes_with_it=False),
        belongs_to_member("connector_id"),
        scoped_index("vendor_id"),
        scoped_index("opening_id"),
        by=True,
    )

    vendor_id: Mapped[int]
    opening_id: Mapped[int]
    connector_id: Mapped[int]
    blurb: Mapped[str] = mapped_column(Text, default="")
    terms: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[ReferralState] = mapped_column(Choice(ReferralState), default=ReferralState.IDEA)
    follow_up_on: Mapped[date | None]
    closed_amount: Mapped[int | None] = mapped_column(BigInteger)
    """What the business they closed was worth, in minor units of ``closed_currency``; for admins' eyes."""
    closed_currency: Mapped[str] = mapped_column(String(3), default="")
    version: Mapped[int] = mapped_column(default=1)


class ReferralStep(Owned, Base):
    """How far a referral had come, when, and how."""

    __tablename__ = "referral_steps"
    __table_args__ = owned(
        belongs_to("referrals", "referral_id"),
        belongs_to_member("recorded_by"),
        scoped_index("referral_id", "happened_on"),
    )

    referral_id: Mapped[int]
    state: Mapped[ReferralState] = mapped_column(Choice(ReferralState))
    channel: Mapped[Channel | None] = mapped_column(Choice(Channel))
    note: Mapped[str] = mapped_column(Text, default="")
    happened_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    recorded_by: Mapped[int]
