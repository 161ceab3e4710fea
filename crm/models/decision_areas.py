"""The delegation board: who decides what, within which limits, with what access."""

from datetime import date, datetime

from sqlalchemy import BigInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core import clock
from crm.core.columns import (
    Base,
    Choice,
    Number,
    Owned,
    Recorded,
    belongs_to,
    belongs_to_member,
    owned,
    scoped_index,
)
from crm.models.enums import Hint, Level, Maturity


class DecisionArea(Owned, Recorded, Base):
    """Something a vendor decides or does for us, and how far that goes."""

    __tablename__ = "decision_areas"
    __table_args__ = owned(belongs_to("vendors", "vendor_id"), scoped_index("vendor_id"), by=True)

    vendor_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    level: Mapped[Level] = mapped_column(Number(Level))
    wished_level: Mapped[Level | None] = mapped_column(Number(Level))
    wished_by: Mapped[date | None]
    spends_money: Mapped[bool] = mapped_column(default=False)
    """Whether they spend our money in it."""
    limit_amount: Mapped[int | None] = mapped_column(BigInteger)
    """Money a month, in minor units of ``limit_currency``."""
    limit_currency: Mapped[str] = mapped_column(String(3), default="")
    limit_scope: Mapped[str] = mapped_column(String(500), default="")
    procedure: Mapped[str] = mapped_column(Text, default="")
    """Text or a link."""
    maturity: Mapped[Maturity | None] = mapped_column(Choice(Maturity))
    rhythm_every: Mapped[int | None]
    rhythm_unit: Mapped[str | None] = mapped_column(String(8))
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class LevelChange(Owned, Base):
    """A level was agreed or changed, and why."""

    __tablename__ = "level_changes"
    __table_args__ = owned(
        belongs_to("decision_areas", "area_id"), belongs_to_member("changed_by"), scoped_index("area_id")
    )

    area_id: Mapped[int]
    from_level: Mapped[Level | None] = mapped_column(Number(Level))
    to_level: Mapped[Level] = mapped_column(Number(Level))
    why: Mapped[str] = mapped_column(Text, default="")
    changed_on: Mapped[date]
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    changed_by: Mapped[int]


class Access(Owned, Recorded, Base):
    """Access that a vendor has been given. Never a password."""

    __tablename__ = "accesses"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("decision_areas", "area_id", goes_with_it=False),
        belongs_to_member("owner_id"),
        scoped_index("vendor_id"),
        by=True,
    )

    vendor_id: Mapped[int]
    area_id: Mapped[int | None]
    what: Mapped[str] = mapped_column(String(200))
    owner_id: Mapped[int | None]
    granted_on: Mapped[date]
    offboarding_on: Mapped[date | None]
    """The day on which the vendor stopped being active, which asks for it back."""
    revoke_on: Mapped[date | None]
    revoked_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)


class InteractionArea(Owned, Base):
    """A decision area that an interaction was about."""

    __tablename__ = "interaction_areas"
    __table_args__ = owned(
        belongs_to("interactions", "interaction_id"),
        belongs_to("decision_areas", "area_id"),
        UniqueConstraint("workspace_id", "interaction_id", "area_id"),
        scoped_index("area_id"),
    )

    interaction_id: Mapped[int]
    area_id: Mapped[int]


class HintDismissal(Owned, Base):
    """Somebody has said "not yet" to a suggestion or a warning, which hides it for a while."""

    __tablename__ = "hint_dismissals"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("decision_areas", "area_id"),
        belongs_to_member("dismissed_by"),
        scoped_index("vendor_id"),
    )

    kind: Mapped[Hint] = mapped_column(Choice(Hint))
    vendor_id: Mapped[int | None]
    """None for what is about the whole business."""
    area_id: Mapped[int | None]
    dismissed_by: Mapped[int]
    dismissed_on: Mapped[date]
    until: Mapped[date]
    """The first day on which it shows again."""
    about: Mapped[str] = mapped_column(Text, default="")
    """The numbers of what it rested on, with blanks between: what comes on top of these shows it again."""


class AgreementLink(Owned, Recorded, Base):
    """An address under which the agreement with a vendor can be read without an account, until it is revoked."""

    __tablename__ = "agreement_links"
    __table_args__ = owned(belongs_to("vendors", "vendor_id"), scoped_index("vendor_id"), by=True)

    vendor_id: Mapped[int]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[int | None]
