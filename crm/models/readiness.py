"""How ready the business is to hand work over: checks with their answers, and what they gave to do."""

from datetime import date, datetime

from sqlalchemy import Index, String, UniqueConstraint, text
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
from crm.models.enums import Answer, Statement, Verdict


class ReadinessCheck(Owned, Recorded, Base):
    """Somebody answered how ready we are. Until it is concluded it is a draft of whoever began it."""

    __tablename__ = "readiness_checks"
    __table_args__ = owned(
        belongs_to_member("concluded_by"),
        belongs_to_member("snoozed_by"),
        scoped_index("concluded_on"),
        # One draft for a person, however many pages they have open.
        Index(
            "uq_readiness_checks_draft",
            "workspace_id",
            "created_by",
            unique=True,
            sqlite_where=text("concluded_on IS NULL"),
            postgresql_where=text("concluded_on IS NULL"),
        ),
        by=True,
    )

    concluded_on: Mapped[date | None]
    concluded_at: Mapped[datetime | None]
    concluded_by: Mapped[int | None]
    verdict: Mapped[Verdict | None] = mapped_column(Choice(Verdict))
    """What the answers came to when it was concluded; they do not change afterwards."""
    recheck_on: Mapped[date | None]
    """When to look again."""
    snoozed_until: Mapped[date | None]
    """The day that was chosen instead of ``recheck_on``."""
    snoozed_before: Mapped[date | None]
    """The day that had been chosen before that one: what undoing restores."""
    snoozed_on: Mapped[date | None]
    snoozed_by: Mapped[int | None]

    @property
    def due_on(self) -> date | None:
        """When to look again, as it stands."""
        return self.snoozed_until or self.recheck_on


class NeedCheck(Owned, Base):
    """The need that a check is about. A check without one is about the business."""

    __tablename__ = "need_checks"
    __table_args__ = owned(
        belongs_to("readiness_checks", "check_id"),
        belongs_to("needs", "need_id", goes_with_it=False),
        UniqueConstraint("workspace_id", "check_id"),
        scoped_index("need_id"),
    )

    check_id: Mapped[int]
    need_id: Mapped[int]


class ReadinessAnswer(Owned, Base):
    """How far one statement was true at a check."""

    __tablename__ = "readiness_answers"
    __table_args__ = owned(
        belongs_to("readiness_checks", "check_id"),
        belongs_to_member("answered_by"),
        UniqueConstraint("workspace_id", "check_id", "statement"),
    )

    check_id: Mapped[int]
    statement: Mapped[Statement] = mapped_column(Choice(Statement))
    answer: Mapped[Answer] = mapped_column(Number(Answer))
    answered_at: Mapped[datetime] = mapped_column(default=clock.now)
    answered_by: Mapped[int]


class ReadinessTask(Owned, Recorded, Base):
    """Something to do about a weak answer."""

    __tablename__ = "readiness_tasks"
    __table_args__ = owned(
        belongs_to("readiness_checks", "check_id"),
        belongs_to_member("done_by"),
        belongs_to_member("removed_by"),
        scoped_index("check_id"),
        # The same thing is to be done once, whatever two people click at once.
        Index(
            "uq_readiness_tasks_open",
            "workspace_id",
            "statement",
            unique=True,
            sqlite_where=text("done_at IS NULL AND removed_at IS NULL"),
            postgresql_where=text("done_at IS NULL AND removed_at IS NULL"),
        ),
        by=True,
    )

    check_id: Mapped[int]
    statement: Mapped[Statement] = mapped_column(Choice(Statement))
    title: Mapped[str] = mapped_column(String(200))
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None]
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[int | None]


class ReadinessReminder(Owned, Base):
    """Somebody is told by letter that it is time to look again. The database keeps it single for a person and date."""

    __tablename__ = "readiness_reminders"
    __table_args__ = owned(
        belongs_to("readiness_checks", "check_id"),
        belongs_to_member("user_id"),
        UniqueConstraint("workspace_id", "user_id", "check_id", "due_on"),
        scoped_index("check_id"),
    )

    check_id: Mapped[int]
    user_id: Mapped[int]
    due_on: Mapped[date]
    named_on: Mapped[date | None]
    """The local date of the last letter sent that named it."""
