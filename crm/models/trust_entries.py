"""The trust log: observed facts about ability, benevolence and integrity."""

from datetime import date

from sqlalchemy import String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.columns import Base, Choice, Owned, Recorded, belongs_to, belongs_to_member, owned, scoped_index
from crm.models.enums import Dimension, Direction, Visibility, Weight


class TrustEntry(Owned, Recorded, Base):
    """Something that happened and moved trust. Not edited: a correction supersedes, a repair is linked."""

    __tablename__ = "trust_entries"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("people", "person_id", goes_with_it=False),
        belongs_to("attachments", "attachment_id", goes_with_it=False),
        belongs_to("trust_entries", "supersedes_id", goes_with_it=False),
        belongs_to("trust_entries", "repairs_id", goes_with_it=False),
        belongs_to_member("observer_id"),
        scoped_index("vendor_id", "occurred_on"),
        # Few entries correct or mend another, and every question about an entry asks for those.
        scoped_index(
            "supersedes_id",
            sqlite_where=text("supersedes_id IS NOT NULL"),
            postgresql_where=text("supersedes_id IS NOT NULL"),
        ),
        scoped_index(
            "repairs_id", sqlite_where=text("repairs_id IS NOT NULL"), postgresql_where=text("repairs_id IS NOT NULL")
        ),
        by=True,
    )

    vendor_id: Mapped[int]
    person_id: Mapped[int | None]
    occurred_on: Mapped[date]
    dimension: Mapped[Dimension] = mapped_column(Choice(Dimension))
    direction: Mapped[Direction] = mapped_column(Choice(Direction))
    weight: Mapped[Weight] = mapped_column(Choice(Weight))
    what_happened: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(String(2000), default="")
    """A link, or where to find it."""
    attachment_id: Mapped[int | None]
    expected_on: Mapped[date | None]
    actual_on: Mapped[date | None]
    observer_id: Mapped[int | None]
    vendor_told: Mapped[bool] = mapped_column(default=False)
    our_response: Mapped[str] = mapped_column(Text, default="")
    visibility: Mapped[Visibility] = mapped_column(Choice(Visibility), default=Visibility.TEAM)
    supersedes_id: Mapped[int | None]
    repairs_id: Mapped[int | None]


class TrustRecord(Owned, Base):
    """The record that shows what a trust entry says: one piece of work, trial task, promise or conversation."""

    __tablename__ = "trust_records"
    __table_args__ = owned(
        belongs_to("trust_entries", "entry_id"),
        belongs_to("delegated_works", "work_id"),
        belongs_to("trial_tasks", "trial_id"),
        belongs_to("promises", "promise_id"),
        belongs_to("interactions", "interaction_id"),
        UniqueConstraint("workspace_id", "entry_id"),
        scoped_index("work_id"),
        scoped_index("trial_id"),
        scoped_index("promise_id"),
        scoped_index("interaction_id"),
    )

    entry_id: Mapped[int]
    work_id: Mapped[int | None]
    trial_id: Mapped[int | None]
    promise_id: Mapped[int | None]
    interaction_id: Mapped[int | None]
