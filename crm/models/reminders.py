"""Things to act on, and what a person did with them."""

from datetime import date, datetime

from sqlalchemy import JSON, ColumnElement, UniqueConstraint, case
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from crm.core import clock
from crm.core.columns import (
    Base,
    Choice,
    JsonValue,
    Owned,
    belongs_to,
    belongs_to_member,
    owned,
    scoped_index,
)
from crm.models.enums import ReminderEnd, ReminderKind


class Reminder(Owned, Base):
    """One thing for one person to act on. The database keeps it single, whoever writes it and how often."""

    __tablename__ = "reminders"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to_member("user_id"),
        UniqueConstraint("workspace_id", "user_id", "kind", "subject_id", "due_on"),
        scoped_index("user_id", "ended_at", "shown_on"),
        scoped_index("vendor_id", "ended_at"),
    )

    user_id: Mapped[int]
    vendor_id: Mapped[int]
    kind: Mapped[ReminderKind] = mapped_column(Choice(ReminderKind))
    subject_id: Mapped[int]
    due_on: Mapped[date]
    shown_on: Mapped[date]
    """Its day 0: the due date, or the last open day before where that is closed; of a check-in, the day planned."""
    why: Mapped[JsonValue] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None]
    ended_how: Mapped[ReminderEnd | None] = mapped_column(Choice(ReminderEnd))
    named_on: Mapped[date | None]
    """The local date of the last digest sent that named it."""

    @hybrid_property
    def next_on(self) -> date:
        """The day from which it is late: the later of ``due_on`` and the day planned."""
        return max(self.due_on, self.shown_on)

    @next_on.inplace.expression
    @classmethod
    def _next_on(cls) -> ColumnElement[date]:
        return case((cls.shown_on > cls.due_on, cls.shown_on), else_=cls.due_on)


class Snooze(Owned, Base):
    """A candidate's date put off; ends when the candidate's own date changes."""

    __tablename__ = "snoozes"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"), belongs_to_member("snoozed_by"), scoped_index("vendor_id")
    )

    vendor_id: Mapped[int]
    kind: Mapped[ReminderKind] = mapped_column(Choice(ReminderKind))
    subject_id: Mapped[int]
    own_date: Mapped[date]
    """The candidate's own date when it was put off."""
    until: Mapped[date]
    snoozed_on: Mapped[date]
    snoozed_at: Mapped[datetime] = mapped_column(default=clock.now)
    snoozed_by: Mapped[int]
    undone_at: Mapped[datetime | None]


class Skip(Owned, Base):
    """One check-in left out."""

    __tablename__ = "skips"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"), belongs_to_member("skipped_by"), scoped_index("vendor_id")
    )

    vendor_id: Mapped[int]
    skipped_date: Mapped[date]
    skipped_on: Mapped[date]
    skipped_at: Mapped[datetime] = mapped_column(default=clock.now)
    skipped_by: Mapped[int]
    undone_at: Mapped[datetime | None]
