"""Businesses in our network that look for someone, and the vendors we send them."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core import clock
from crm.core.columns import Base, Choice, Owned, Recorded, belongs_to, belongs_to_member, owned, scoped_index
from crm.models.enums import Channel, ReferralLetterKind, ReferralSide, ReferralState, StopReason


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
    introduction_subject: Mapped[str] = mapped_column(String(500), default="")
    introduction_body: Mapped[str] = mapped_column(Text, default="")
    """What the connector wants the letter to both to say; empty for the usual words."""
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


class ReferralLetter(Owned, Recorded, Base):
    """A letter of a referral that was sent from here, to one reader. How it fared, the outbox knows."""

    __tablename__ = "referral_letters"
    __table_args__ = owned(
        belongs_to("referrals", "referral_id"), scoped_index("referral_id"), scoped_index("recipient"), by=True
    )

    referral_id: Mapped[int]
    kind: Mapped[ReferralLetterKind] = mapped_column(Choice(ReferralLetterKind))
    side: Mapped[ReferralSide] = mapped_column(Choice(ReferralSide))
    """Who reads it."""
    recipient: Mapped[str] = mapped_column(String(254))
    recipient_name: Mapped[str] = mapped_column(String(200), default="")
    subject: Mapped[str] = mapped_column(String(500))
    body: Mapped[str] = mapped_column(Text)
    disclosure: Mapped[str] = mapped_column(String(1000), default="")
    """What we get for it, as the letter says openly; empty where that is nothing."""
    taken_back_at: Mapped[datetime | None]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_messages.id", ondelete="SET NULL"), index=True)


class ReferralConsent(Owned, Base):
    """That a step is the answer of those who were asked, given by themselves: when, by which letter, in which words."""

    __tablename__ = "referral_consents"
    __table_args__ = owned(
        belongs_to("referral_steps", "step_id"),
        belongs_to("referral_letters", "letter_id"),
        UniqueConstraint("workspace_id", "step_id"),
        scoped_index("letter_id"),
    )

    step_id: Mapped[int]
    letter_id: Mapped[int]
    words: Mapped[str] = mapped_column(Text)
    """What the page said beside the button that they pressed."""
    given_at: Mapped[datetime] = mapped_column(default=clock.now)


class StoppedAddress(Owned, Recorded, Base):
    """An address outside to which a business sends nothing more: somebody there marked it."""

    __tablename__ = "stopped_addresses"
    __table_args__ = owned(UniqueConstraint("workspace_id", "address"), by=True)

    address: Mapped[str] = mapped_column(String(254))
    """As :func:`crm.domain.people.email_address` writes it, in small letters."""
    why: Mapped[StopReason] = mapped_column(Choice(StopReason))
