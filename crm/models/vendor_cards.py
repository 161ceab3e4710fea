"""The card of a vendor that is handed to somebody who looks for one."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.columns import Base, Owned, Recorded, belongs_to, owned, scoped_index


class VendorCard(Owned, Recorded, Base):
    """What of a vendor may be shown to anybody who holds the link, and the words that we give along."""

    __tablename__ = "vendor_cards"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("people", "person_id", goes_with_it=False),
        UniqueConstraint("workspace_id", "vendor_id"),
        scoped_index("person_id"),
        by=True,
    )

    vendor_id: Mapped[int]
    parts: Mapped[list[Any]] = mapped_column(JSON, default=list)
    """The values of :class:`crm.models.enums.CardPart` that are marked as shareable."""
    person_id: Mapped[int | None]
    """Whom to ask for there, where that is marked."""
    words: Mapped[str] = mapped_column(Text, default="")
    """Why we recommend them."""
    shared_at: Mapped[datetime | None]
    """Since when the link works; None while there is none."""
    edition: Mapped[int] = mapped_column(default=1)
    """Grows when the link is revoked: links of former editions show nothing."""
    version: Mapped[int] = mapped_column(default=1)
