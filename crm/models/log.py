"""The log: what was said and done with a vendor, and what was promised."""

from datetime import date, datetime

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
from crm.models.enums import (
    InteractionKind,
    Outcome,
    PromiseKind,
    PromiseState,
    Side,
    TimelineKind,
    Visibility,
)


class Interaction(Owned, Recorded, Base):
    """A conversation, or an attempt at one. Dated in the business's time zone, never ahead."""

    __tablename__ = "interactions"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("people", "person_id", goes_with_it=False),
        scoped_index("vendor_id", "occurred_on"),
        by=True,
    )

    vendor_id: Mapped[int]
    kind: Mapped[InteractionKind] = mapped_column(Choice(InteractionKind))
    outcome: Mapped[Outcome] = mapped_column(Choice(Outcome), default=Outcome.TWO_WAY)
    initiated_by: Mapped[Side] = mapped_column(Choice(Side), default=Side.US)
    occurred_on: Mapped[date]
    person_id: Mapped[int | None]
    summary: Mapped[str] = mapped_column(Text, default="")
    """Markdown."""
    minutes: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)
    deleted_at: Mapped[datetime | None]


class Note(Owned, Recorded, Base):
    """What somebody wants the team, the admins or themselves to know."""

    __tablename__ = "notes"
    __table_args__ = owned(belongs_to("vendors", "vendor_id"), scoped_index("vendor_id"), by=True)

    vendor_id: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    """Markdown."""
    visibility: Mapped[Visibility] = mapped_column(Choice(Visibility), default=Visibility.TEAM)
    version: Mapped[int] = mapped_column(default=1)
    deleted_at: Mapped[datetime | None]


class Revision(Owned, Base):
    """What an interaction or a note said before it was edited."""

    __tablename__ = "revisions"
    __table_args__ = owned(
        belongs_to("notes", "note_id"),
        belongs_to("interactions", "interaction_id"),
        belongs_to_member("edited_by"),
        scoped_index("note_id"),
        scoped_index("interaction_id"),
    )

    note_id: Mapped[int | None]
    interaction_id: Mapped[int | None]
    before: Mapped[JsonValue] = mapped_column(JSON)
    edited_at: Mapped[datetime] = mapped_column(default=clock.now)
    edited_by: Mapped[int]


class Mention(Owned, Base):
    """``@name`` in a note or an interaction calls a teammate."""

    __tablename__ = "mentions"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("notes", "note_id"),
        belongs_to("interactions", "interaction_id"),
        belongs_to_member("user_id"),
        belongs_to_member("mentioned_by"),
        scoped_index("user_id", "seen_at"),
        UniqueConstraint("workspace_id", "note_id", "user_id"),
        UniqueConstraint("workspace_id", "interaction_id", "user_id"),
    )

    vendor_id: Mapped[int]
    note_id: Mapped[int | None]
    interaction_id: Mapped[int | None]
    user_id: Mapped[int]
    mentioned_by: Mapped[int]
    mentioned_at: Mapped[datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[datetime | None]


class Promise(Owned, Recorded, Base):
    """A follow-up, or a promise of ours or theirs, with a date."""

    __tablename__ = "promises"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("interactions", "interaction_id", goes_with_it=False),
        scoped_index("vendor_id", "state"),
        by=True,
    )

    vendor_id: Mapped[int]
    interaction_id: Mapped[int | None]
    kind: Mapped[PromiseKind] = mapped_column(Choice(PromiseKind))
    what: Mapped[str] = mapped_column(String(500), default="")
    due_on: Mapped[date]
    state: Mapped[PromiseState] = mapped_column(Choice(PromiseState), default=PromiseState.OPEN)
    closed_on: Mapped[date | None]
    closed_by: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)


class TimelineEntry(Owned, Base):
    """One line of what happened with a vendor, as facts; a template makes its sentence.

    It repeats what its subject says, so that a page of the timeline is one query. Whoever changes the subject
    records it again in the same transaction (:mod:`crm.domain.timeline`).
    """

    __tablename__ = "timeline_entries"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to_member("author_id"),
        UniqueConstraint("workspace_id", "kind", "subject_id", "step"),
        scoped_index("vendor_id", "happened_on", "id"),
    )

    vendor_id: Mapped[int]
    kind: Mapped[TimelineKind] = mapped_column(Choice(TimelineKind))
    subject_id: Mapped[int]
    step: Mapped[str] = mapped_column(String(32), default="")
    """Tells apart several entries of one subject: a promise made and kept, for example."""
    happened_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    author_id: Mapped[int | None]
    visibility: Mapped[Visibility] = mapped_column(Choice(Visibility), default=Visibility.TEAM)
    facts: Mapped[JsonValue] = mapped_column(JSON, default=dict)
    body: Mapped[str] = mapped_column(Text, default="")
    """Markdown."""
