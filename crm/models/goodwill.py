"""What we and a vendor did for each other, and the credit that referrals earn with them. Lines are only ever added."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.columns import Base, Choice, Owned, Recorded, belongs_to, owned, scoped_index
from crm.models.enums import CreditKind, GoodwillKind, GoodwillSide


class GoodwillEntry(Owned, Recorded, Base):
    """A good turn, given or received. It is never edited: one that was a mistake is struck out and stays."""

    __tablename__ = "goodwill_entries"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("referrals", "referral_id"),
        scoped_index("vendor_id", "happened_on"),
        scoped_index("happened_on"),
        # A referral counts once, however often its step is taken back and recorded again.
        Index(
            "uq_goodwill_entries_referral",
            "workspace_id",
            "referral_id",
            "side",
            unique=True,
            sqlite_where=text("struck_at IS NULL"),
            postgresql_where=text("struck_at IS NULL"),
        ),
        by=True,
    )

    vendor_id: Mapped[int]
    side: Mapped[GoodwillSide] = mapped_column(Choice(GoodwillSide))
    kind: Mapped[GoodwillKind] = mapped_column(Choice(GoodwillKind))
    happened_on: Mapped[date]
    note: Mapped[str] = mapped_column(Text, default="")
    value_amount: Mapped[int | None] = mapped_column(BigInteger)
    """Minor units of ``value_currency``; None where nobody put a price on it."""
    value_currency: Mapped[str] = mapped_column(String(3), default="")
    referral_id: Mapped[int | None]
    """The referral that it is, where one is."""
    struck_at: Mapped[datetime | None]
    struck_why: Mapped[str] = mapped_column(String(500), default="")


class DiscountTerms(Owned, Recorded, Base):
    """What a vendor agreed to give for referrals that are won: a share of the closed business, or an amount each."""

    __tablename__ = "discount_terms"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        # One agreement in force at a time.
        Index(
            "uq_discount_terms_in_force",
            "workspace_id",
            "vendor_id",
            unique=True,
            sqlite_where=text("ended_on IS NULL"),
            postgresql_where=text("ended_on IS NULL"),
        ),
        by=True,
    )

    vendor_id: Mapped[int]
    percent: Mapped[int | None]
    """Hundredths of a percent of the closed business; None where an amount is agreed."""
    amount: Mapped[int | None] = mapped_column(BigInteger)
    """Minor units of ``currency`` for each referral that is won."""
    currency: Mapped[str] = mapped_column(String(3))
    cap: Mapped[int | None] = mapped_column(BigInteger)
    """The most that these terms earn altogether, in minor units."""
    agreed_on: Mapped[date]
    valid_until: Mapped[date | None]
    """Referrals won after this day earn nothing."""
    keeps_days: Mapped[int | None]
    """How long credit can be used; None for ever."""
    evidence: Mapped[str] = mapped_column(String(2000), default="")
    """A link, or where to find what was agreed."""
    ended_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)


class CreditEntry(Owned, Recorded, Base):
    """A line of the credit that a vendor owes us. Expiries are not lines: they follow from the lots' last days."""

    __tablename__ = "credit_entries"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("discount_terms", "terms_id"),
        belongs_to("referrals", "referral_id", goes_with_it=False),
        belongs_to("credit_entries", "lot_id"),
        scoped_index("vendor_id"),
        scoped_index("terms_id"),
        scoped_index("lot_id"),
        # A referral earns once.
        Index(
            "uq_credit_entries_referral",
            "workspace_id",
            "referral_id",
            unique=True,
            sqlite_where=text("kind = 'earned' AND withdrawn_at IS NULL"),
            postgresql_where=text("kind = 'earned' AND withdrawn_at IS NULL"),
        ),
        by=True,
    )

    vendor_id: Mapped[int]
    terms_id: Mapped[int]
    kind: Mapped[CreditKind] = mapped_column(Choice(CreditKind))
    amount: Mapped[int | None] = mapped_column(BigInteger)
    """Minor units of the terms' currency; None while it is to be valued."""
    happened_on: Mapped[date]
    expires_on: Mapped[date | None]
    referral_id: Mapped[int | None]
    lot_id: Mapped[int | None]
    """Of a voiding: the line that was earned."""
    note: Mapped[str] = mapped_column(String(500), default="")
    withdrawn_at: Mapped[datetime | None]
    """When it turned out to be a mistake. It counts for nothing since, and stays."""
