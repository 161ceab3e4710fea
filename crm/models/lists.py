"""The list of vendors as people keep it: filters with a name, columns chosen, and acts on many vendors at once."""

from datetime import datetime

from sqlalchemy import JSON, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core import clock
from crm.core.columns import (
    Base,
    Choice,
    JsonValue,
    Owned,
    Recorded,
    belongs_to,
    belongs_to_member,
    owned,
    scoped_index,
)
from crm.models.enums import BulkItemState, BulkKind, BulkState


class SavedFilter(Owned, Recorded, Base):
    """An address of the list under a name, for whoever saved it or for the whole team."""

    __tablename__ = "saved_filters"
    __table_args__ = owned(scoped_index("created_by"), by=True)

    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(Text)
    """The part of the list's address after the question mark: filters, order, and columns where they were chosen."""
    is_shared: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)


class ListPreference(Owned, Base):
    """How one person likes the list: its columns, and the saved filter that it opens with."""

    __tablename__ = "list_preferences"
    __table_args__ = owned(
        belongs_to_member("user_id"),
        belongs_to("saved_filters", "opens_with_id", goes_with_it=False),
        UniqueConstraint("workspace_id", "user_id"),
    )

    user_id: Mapped[int]
    columns: Mapped[str] = mapped_column(Text, default="")
    """Names with commas between them; empty for the usual ones."""
    opens_with_id: Mapped[int | None]


class BulkAct(Owned, Recorded, Base):
    """One act on many vendors, worked off in slices, and taken back at most once. An export is kept here as well."""

    __tablename__ = "bulk_acts"
    __table_args__ = owned(scoped_index("state"), scoped_index("created_by", "created_at"), by=True)

    kind: Mapped[BulkKind] = mapped_column(Choice(BulkKind))
    terms: Mapped[JsonValue] = mapped_column(JSON, default=dict)
    """What was asked for, as JSON: the tags, the stage with its reason, the file's format."""
    state: Mapped[BulkState] = mapped_column(Choice(BulkState), default=BulkState.WAITING)
    total: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(500), default="")
    """Why the act stopped before its end."""
    lease_owner: Mapped[str] = mapped_column(String(64), default="")
    lease_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None]


class BulkItem(Owned, Base):
    """One vendor of an act: whether it is done, why not, and what undoing restores."""

    __tablename__ = "bulk_items"
    __table_args__ = owned(
        belongs_to("bulk_acts", "act_id"),
        belongs_to("vendors", "vendor_id"),
        scoped_index("act_id", "state"),
        scoped_index("vendor_id"),
    )

    act_id: Mapped[int]
    vendor_id: Mapped[int]
    state: Mapped[BulkItemState] = mapped_column(Choice(BulkItemState), default=BulkItemState.WAITING)
    reason: Mapped[str] = mapped_column(String(500), default="")
    before: Mapped[JsonValue] = mapped_column(JSON, default=dict)
