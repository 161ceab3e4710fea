"""What was deleted, for 30 days. The rows themselves are gone, so that nothing can show them, and lie here whole."""

from datetime import datetime

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.core import clock
from crm.core.columns import Base, Choice, JsonValue, Owned, belongs_to_member, owned, scoped_index
from crm.models.enums import BinKind, Visibility


class BinItem(Owned, Base):
    """One thing that was deleted, with all that went with it."""

    __tablename__ = "bin_items"
    __table_args__ = owned(
        belongs_to_member("author_id"),
        belongs_to_member("deleted_by"),
        scoped_index("deleted_at"),
        scoped_index("vendor_id"),
    )

    kind: Mapped[BinKind] = mapped_column(Choice(BinKind))
    subject_id: Mapped[int]
    """The number it had, and has again when it is put back."""
    vendor_id: Mapped[int | None]
    """Its vendor, who may be gone too."""
    name: Mapped[str] = mapped_column(String(300))
    visibility: Mapped[Visibility] = mapped_column(Choice(Visibility), default=Visibility.TEAM)
    author_id: Mapped[int | None]
    """Who wrote it, where that decides who may read it."""
    rows: Mapped[JsonValue] = mapped_column(JSON, default=dict)
    """Table to its rows, and what pointed at them."""
    deleted_at: Mapped[datetime] = mapped_column(default=clock.now)
    deleted_by: Mapped[int]
