"""Trial tasks: a brief for one or several vendors, how each went about it, what the reviewers saw, what was decided."""

from datetime import date, datetime

from sqlalchemy import BigInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core import clock
from crm.core.columns import (
    Base,
    Choice,
    Owned,
    Recorded,
    belongs_to,
    belongs_to_member,
    owned,
    scoped_index,
)
from crm.models.enums import SentHow, TrialAdvice, TrialDecisionKind, TrialOutcome


class TrialBrief(Owned, Recorded, Base):
    """What is asked for, of one vendor or of several."""

    __tablename__ = "trial_briefs"
    __table_args__ = owned(
        belongs_to("needs", "need_id", goes_with_it=False),
        belongs_to("categories", "category_id", goes_with_it=False),
        scoped_index("need_id"),
        scoped_index("category_id"),
        by=True,
    )

    title: Mapped[str] = mapped_column(String(500))
    need_id: Mapped[int | None]
    category_id: Mapped[int | None]
    skill: Mapped[str] = mapped_column(String(500), default="")
    """What it is to prove."""
    body: Mapped[str] = mapped_column(Text, default="")
    """The brief itself, as the vendor reads it. Markdown."""
    deliverable: Mapped[str] = mapped_column(Text, default="")
    given: Mapped[str] = mapped_column(Text, default="")
    """Resources and access that we give."""
    paid_amount: Mapped[int | None] = mapped_column(BigInteger)
    """Minor units of ``paid_currency``; 0 is unpaid, None not said."""
    paid_currency: Mapped[str] = mapped_column(String(3), default="")
    unpaid_why: Mapped[str] = mapped_column(String(500), default="")
    hours: Mapped[int | None]
    """How long it may take them."""
    revision_rounds: Mapped[int | None]
    """How many rounds of changes are agreed."""
    version: Mapped[int] = mapped_column(default=1)


class TrialCondition(Owned, Base):
    """An acceptance criterion of a brief: a must, or what it should do."""

    __tablename__ = "trial_conditions"
    __table_args__ = owned(belongs_to("trial_briefs", "brief_id"), scoped_index("brief_id"))

    brief_id: Mapped[int]
    what: Mapped[str] = mapped_column(String(500))
    is_must: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)


class TrialCriterion(Owned, Base):
    """What reviewers score from 1 to 5."""

    __tablename__ = "trial_criteria"
    __table_args__ = owned(belongs_to("trial_briefs", "brief_id"), scoped_index("brief_id"))

    brief_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    counts: Mapped[int] = mapped_column(default=1)
    """3, 2 or 1 times."""
    is_fit: Mapped[bool] = mapped_column(default=False)
    """Whether it tells about fit rather than about skill."""
    position: Mapped[int] = mapped_column(default=0)


class TrialReviewer(Owned, Base):
    """Who of the team is asked to score what comes back on a brief."""

    __tablename__ = "trial_reviewers"
    __table_args__ = owned(
        belongs_to("trial_briefs", "brief_id"),
        belongs_to_member("user_id"),
        UniqueConstraint("workspace_id", "brief_id", "user_id"),
        scoped_index("user_id"),
    )

    brief_id: Mapped[int]
    user_id: Mapped[int]
    asked_at: Mapped[datetime | None] = mapped_column(default=clock.now)
    """None where they were asked from the beginning."""


class TrialTask(Owned, Recorded, Base):
    """One vendor at work on a brief."""

    __tablename__ = "trial_tasks"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("trial_briefs", "brief_id", goes_with_it=False),
        belongs_to("trial_tasks", "extends_id", goes_with_it=False),
        belongs_to("vendor_letters", "letter_id", goes_with_it=False),
        scoped_index("vendor_id"),
        scoped_index("brief_id"),
        scoped_index("extends_id"),
        by=True,
    )

    vendor_id: Mapped[int]
    brief_id: Mapped[int]
    what: Mapped[str] = mapped_column(Text)
    """The title of its brief, repeated here for lists and reminders."""
    extends_id: Mapped[int | None]
    """The trial task that this one goes on with."""
    extension: Mapped[int] = mapped_column(default=0)
    """0 for the first, 1 and 2 for those that go on with it."""
    started_on: Mapped[date]
    due_on: Mapped[date | None]
    original_due_on: Mapped[date | None]
    sent_on: Mapped[date | None]
    sent_how: Mapped[SentHow | None] = mapped_column(Choice(SentHow))
    letter_id: Mapped[int | None]
    """The letter that took the brief to the vendor."""
    delivered_on: Mapped[date | None]
    """When it came first; later rounds leave it."""
    due_when_it_came: Mapped[date | None]
    """The day that was agreed on at that moment; what goes back gets another one."""
    gave_notice: Mapped[bool] = mapped_column(default=False)
    """Whether they said beforehand that it would be late."""
    rounds: Mapped[int] = mapped_column(default=0)
    """How often it went back for changes."""
    review_due_on: Mapped[date | None]
    """Until when we want to have looked at what came; None while something is to come from them."""
    gave_promised: Mapped[bool | None]
    """Whether we gave them what we had promised."""
    shared: Mapped[str] = mapped_column(Text, default="")
    """What we share."""
    to_explain: Mapped[str] = mapped_column(Text, default="")
    """What we must explain."""
    outcome: Mapped[TrialOutcome | None] = mapped_column(Choice(TrialOutcome))
    outcome_note: Mapped[str] = mapped_column(Text, default="")
    ended_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)

    @property
    def is_open(self) -> bool:
        return self.outcome is None

    @property
    def waits(self) -> bool:
        """Whether something is to come from them: the first delivery, or what went back for changes."""
        return self.outcome is None and self.review_due_on is None


class TrialCheck(Owned, Base):
    """Whether what a vendor delivered meets an acceptance criterion."""

    __tablename__ = "trial_checks"
    __table_args__ = owned(
        belongs_to("trial_tasks", "trial_id"),
        belongs_to("trial_conditions", "condition_id"),
        belongs_to_member("checked_by"),
        UniqueConstraint("workspace_id", "trial_id", "condition_id"),
        scoped_index("condition_id"),
    )

    trial_id: Mapped[int]
    condition_id: Mapped[int]
    is_met: Mapped[bool]
    checked_by: Mapped[int]
    checked_at: Mapped[datetime] = mapped_column(default=clock.now)


class TrialQuestion(Owned, Recorded, Base):
    """What the vendor asked, and how fast we answered."""

    __tablename__ = "trial_questions"
    __table_args__ = owned(
        belongs_to("trial_tasks", "trial_id"), belongs_to_member("answered_by"), scoped_index("trial_id"), by=True
    )

    trial_id: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None]


class TrialDeliverable(Owned, Recorded, Base):
    """What came back: a link, a file of the vendor's, or a line that says where it is."""

    __tablename__ = "trial_deliverables"
    __table_args__ = owned(
        belongs_to("trial_tasks", "trial_id"),
        belongs_to("attachments", "attachment_id", goes_with_it=False),
        scoped_index("trial_id"),
        scoped_index("attachment_id"),
        by=True,
    )

    trial_id: Mapped[int]
    what: Mapped[str] = mapped_column(String(500), default="")
    url: Mapped[str] = mapped_column(String(2000), default="")
    attachment_id: Mapped[int | None]
    delivered_on: Mapped[date]


class TrialReview(Owned, Recorded, Base):
    """What one reviewer saw in what one vendor delivered. ``created_by`` is the reviewer."""

    __tablename__ = "trial_reviews"
    __table_args__ = owned(
        belongs_to("trial_tasks", "trial_id"),
        UniqueConstraint("workspace_id", "trial_id", "created_by"),
        by=True,
    )

    trial_id: Mapped[int]
    remark: Mapped[str] = mapped_column(Text, default="")
    handed_in_at: Mapped[datetime | None]
    """None while it is being written."""
    version: Mapped[int] = mapped_column(default=1)


class TrialScore(Owned, Base):
    """A reviewer's 1 to 5 for one criterion."""

    __tablename__ = "trial_scores"
    __table_args__ = owned(
        belongs_to("trial_reviews", "review_id"),
        belongs_to("trial_criteria", "criterion_id"),
        UniqueConstraint("workspace_id", "review_id", "criterion_id"),
        scoped_index("criterion_id"),
    )

    review_id: Mapped[int]
    criterion_id: Mapped[int]
    value: Mapped[int]
    remark: Mapped[str] = mapped_column(String(500), default="")


class TrialDecision(Owned, Base):
    """What was decided after a trial task, by whom and why, and what the figures said at that moment."""

    __tablename__ = "trial_decisions"
    __table_args__ = owned(
        belongs_to("trial_tasks", "trial_id"),
        belongs_to("trial_tasks", "next_trial_id", goes_with_it=False),
        belongs_to("stage_moves", "move_id", goes_with_it=False),
        belongs_to("vendor_letters", "letter_id", goes_with_it=False),
        belongs_to_member("decided_by"),
        scoped_index("trial_id"),
        scoped_index("next_trial_id"),
        scoped_index("move_id"),
    )

    trial_id: Mapped[int]
    kind: Mapped[TrialDecisionKind] = mapped_column(Choice(TrialDecisionKind))
    rationale: Mapped[str] = mapped_column(Text, default="")
    advice: Mapped[TrialAdvice | None] = mapped_column(Choice(TrialAdvice))
    """What was recommended then."""
    score: Mapped[int | None]
    """The weighted score then, in thousandths."""
    message: Mapped[str] = mapped_column(Text, default="")
    """What the vendor is told."""
    letter_id: Mapped[int | None]
    move_id: Mapped[int | None]
    next_trial_id: Mapped[int | None]
    decided_on: Mapped[date]
    decided_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int]
    undone_at: Mapped[datetime | None]
