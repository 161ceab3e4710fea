"""Letters to vendors that leave from here, and the addresses that take none."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core import clock
from crm.core.columns import (
    NUMBERED_ONCE,
    Base,
    Choice,
    Owned,
    Recorded,
    belongs_to,
    owned,
    scoped_index,
)
from crm.models.enums import TouchReason


class VendorLetter(Owned, Recorded, Base):
    """A letter that somebody wrote to a vendor and sent from here. How it fared, the outbox knows."""

    __tablename__ = "vendor_letters"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("people", "person_id", goes_with_it=False),
        belongs_to("interactions", "interaction_id", goes_with_it=False),
        scoped_index("vendor_id"),
        by=True,
    )

    vendor_id: Mapped[int]
    person_id: Mapped[int | None]
    interaction_id: Mapped[int | None]
    """Its copy in the log."""
    reason: Mapped[TouchReason | None] = mapped_column(Choice(TouchReason))
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(500))
    body: Mapped[str] = mapped_column(Text)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_messages.id", ondelete="SET NULL"), index=True)


class Suppression(Base):
    """An address outside that takes no mail from this installation: a keyed hash, so that nobody reads whose it is."""

    __tablename__ = "suppressions"
    __table_args__ = NUMBERED_ONCE

    id: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    how: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
