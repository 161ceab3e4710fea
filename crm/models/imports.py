"""Imports of vendors from files."""

from datetime import datetime

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.columns import Base, Choice, JsonValue, Owned, Recorded, owned, scoped_index
from crm.models.enums import ImportState


class Import(Owned, Recorded, Base):
    """One file on its way into the business: uploaded, matched, run."""

    __tablename__ = "imports"
    __table_args__ = owned(scoped_index("created_at"), by=True)

    file_name: Mapped[str] = mapped_column(String(255))
    stored_as: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[ImportState] = mapped_column(Choice(ImportState), default=ImportState.UPLOADED)
    mapping: Mapped[JsonValue] = mapped_column(JSON, default=dict)
    counts: Mapped[JsonValue] = mapped_column(JSON, default=dict)
    """rows, created, updated, unchanged, failed."""
    failed_as: Mapped[str] = mapped_column(String(64), default="")
    """The stored file of rows left out, each with its reason."""
    error: Mapped[str] = mapped_column(String(500), default="")
    finished_at: Mapped[datetime | None]
    cadence_chosen_at: Mapped[datetime | None]
