"""Reading trial tasks: one with all that belongs to it, what is under way, and how the others went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from crm.core import text
from crm.core.tenancy import WorkspaceSession
from crm.models.categories import Category
from crm.models.enums import Role, Stage, TrialOutcome
from crm.models.needs import Need
from crm.models.trials import (
    TrialBrief,
    TrialCheck,
    TrialCondition,
    TrialDeliverable,
    TrialQuestion,
    TrialReview,
    TrialReviewer,
    TrialTask,
)
from crm.models.vendors import Attachment, Vendor
from crm.models.workspaces import Membership, User

_IS_ABLE = and_(Membership.deactivated_at.is_(None), Membership.role != Role.VIEWER)


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A trial task in a list, with its vendor.

    on_brief   how many vendors have its brief, this one included.
    questions  how many of their questions wait for an answer.
    asked      how many reviewers are waited for or have handed in, and ``handed_in`` how many have.
    """

    id: int
    brief_id: int
    vendor_id: int
    name: str
    what_they_do: str
    stage: Stage
    what: str
    brief: str
    due_on: date | None
    original_due_on: date | None
    rounds: int
    review_due_on: date | None
    outcome: TrialOutcome | None
    outcome_note: str
    ended_on: date | None
    on_brief: int
    questions: int
    asked: int
    handed_in: int

    @property
    def tint(self) -> int:
        """The tint of the vendor's name."""
        return text.tint(self.name)

    @property
    def waits(self) -> bool:
        """Whether something is to come from them."""
        return self.outcome is None and self.review_due_on is None

    @property
    def is_reviewed(self) -> bool:
        """Whether everybody who was asked has looked at what came."""
        return 0 < self.asked == self.handed_in


@dataclass(frozen=True, slots=True)
class BriefShown:
    """A brief as it was given, with what it is for."""

    brief: TrialBrief
    need: str
    category: str
    vendors: int
    """How many vendors have it."""


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """An acceptance criterion; ``is_met`` is None while nobody has looked."""

    id: int
    what: str
    is_must: bool
    is_met: bool | None
    checked_by: str


@dataclass(frozen=True, slots=True)
class ReviewerRow:
    """Who is asked to look at it, and whether they have. What they saw is told elsewhere."""

    user_id: int
    name: str
    is_able: bool
    """Whoever left, or only reads now, is not waited for."""
    handed_in_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """What they asked, and when we answered."""

    id: int
    body: str
    asked_at: datetime
    answer: str
    answered_at: datetime | None
    answered_by: str


@dataclass(frozen=True, slots=True)
class DeliverableRow:
    """What came: a link, a file, or a line."""

    id: int
    what: str
    url: str
    attachment_id: int | None
    file_name: str
    size: int
    delivered_on: date


def brief_of(session: WorkspaceSession, brief_id: int) -> BriefShown:
    """The brief of a trial task. One query."""
    vendors = select(func.count(TrialTask.vendor_id.distinct())).where(
        TrialTask.workspace_id == session.workspace_id, TrialTask.brief_id == TrialBrief.id
    )
    statement = (
        select(TrialBrief, func.coalesce(Need.outcome, ""), func.coalesce(Category.name, ""), vendors.scalar_subquery())
        .outerjoin(Need, Need.id == TrialBrief.need_id)
        .outerjoin(Category, Category.id == TrialBrief.category_id)
        .where(TrialBrief.id == brief_id)
    )
    return BriefShown(*session.execute(statement).one())


def conditions_of(session: WorkspaceSession, trial: TrialTask) -> list[ConditionRow]:
    """What has to be true of what comes back, and whether it is. One query."""
    table, check = TrialCondition, TrialCheck
    statement = (
        select(table.id, table.what, table.is_must, check.is_met, func.coalesce(User.name, ""))
        .outerjoin(check, and_(check.condition_id == table.id, check.trial_id == trial.id))
        .outerjoin(User, User.id == check.checked_by)
        .where(table.brief_id == trial.brief_id)
        .order_by(table.position, table.id)
    )
    return [ConditionRow(*row) for row in session.execute(statement)]


def reviewers_of(session: WorkspaceSession, trial: TrialTask) -> list[ReviewerRow]:
    """Who is asked to look at what comes, by name. One query."""
    asked, review = TrialReviewer, TrialReview
    statement = (
        select(asked.user_id, User.name, _IS_ABLE, review.handed_in_at)
        .join(User, User.id == asked.user_id)
        .join(Membership, and_(Membership.user_id == asked.user_id, Membership.workspace_id == session.workspace_id))
        .outerjoin(review, and_(review.trial_id == trial.id, review.created_by == asked.user_id))
        .where(asked.brief_id == trial.brief_id)
        .order_by(User.name, User.id)
    )
    return [ReviewerRow(user_id, name, bool(able), at) for user_id, name, able, at in session.execute(statement)]


def questions_of(session: WorkspaceSession, trial_id: int) -> list[QuestionRow]:
    """What they asked, in the order of asking. One query."""
    table = TrialQuestion
    statement = (
        select(table.id, table.body, table.asked_at, table.answer, table.answered_at, func.coalesce(User.name, ""))
        .outerjoin(User, User.id == table.answered_by)
        .where(table.trial_id == trial_id)
        .order_by(table.asked_at, table.id)
    )
    return [QuestionRow(*row) for row in session.execute(statement)]


def deliverables_of(session: WorkspaceSession, trial_id: int) -> list[DeliverableRow]:
    """What came, in the order of coming. One query."""
    table = TrialDeliverable
    statement = (
        select(
            table.id,
            table.what,
            table.url,
            table.attachment_id,
            func.coalesce(Attachment.name, ""),
            func.coalesce(Attachment.size, 0),
            table.delivered_on,
        )
        .outerjoin(Attachment, Attachment.id == table.attachment_id)
        .where(table.trial_id == trial_id)
        .order_by(table.delivered_on, table.id)
    )
    return [DeliverableRow(*row) for row in session.execute(statement)]


def under_way(session: WorkspaceSession, limit: int, offset: int = 0) -> tuple[list[TrialRow], int]:
    """Trial tasks without an outcome, and how many there are: those of one brief together, what waits for us first,
    then the earliest due."""
    brief = TrialTask.brief_id
    theirs = case((TrialTask.review_due_on.is_(None), 1), else_=0)
    day = func.coalesce(TrialTask.review_due_on, TrialTask.due_on, date.max)
    order = (
        func.min(theirs).over(partition_by=brief),
        func.min(day).over(partition_by=brief),
        brief,
        theirs,
        day,
        Vendor.normal_name,
        TrialTask.id,
    )
    return _rows(session, TrialTask.outcome.is_(None), order, limit, offset)


def over(session: WorkspaceSession, limit: int, offset: int = 0) -> tuple[list[TrialRow], int]:
    """Trial tasks with an outcome, the latest first, and how many there are."""
    order = (TrialTask.ended_on.desc(), TrialTask.id.desc())
    return _rows(session, TrialTask.outcome.is_not(None), order, limit, offset)


def _rows(
    session: WorkspaceSession, condition: ColumnElement[bool], order: tuple[Any, ...], limit: int, offset: int
) -> tuple[list[TrialRow], int]:
    statement = (
        select(
            TrialTask.id,
            TrialTask.brief_id,
            Vendor.id,
            Vendor.name,
            Vendor.what_they_do,
            Vendor.stage,
            TrialTask.what,
            TrialBrief.title,
            TrialTask.due_on,
            TrialTask.original_due_on,
            TrialTask.rounds,
            TrialTask.review_due_on,
            TrialTask.outcome,
            TrialTask.outcome_note,
            TrialTask.ended_on,
            *_counts(session),
            func.count().over(),
        )
        .join(Vendor, Vendor.id == TrialTask.vendor_id)
        .join(TrialBrief, TrialBrief.id == TrialTask.brief_id)
        .where(condition)
        .order_by(*order)
        .limit(limit)
        .offset(offset)
    )
    rows: list[Any] = list(session.execute(statement))
    return [TrialRow(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


def _counts(session: WorkspaceSession) -> Sequence[Any]:
    """The four counts of a line."""
    here, other, asked = session.workspace_id, aliased(TrialTask), TrialReviewer
    has_handed_in = (
        exists()
        .where(
            TrialReview.workspace_id == here,
            TrialReview.trial_id == TrialTask.id,
            TrialReview.created_by == asked.user_id,
            TrialReview.handed_in_at.is_not(None),
        )
        .correlate(TrialTask, asked)  # said, because it stands two deep: else it would ask about any trial task
    )
    of_them = (Membership.workspace_id == here, Membership.user_id == asked.user_id)
    is_able = exists().where(*of_them, _IS_ABLE).correlate(asked)
    of_brief = (asked.workspace_id == here, asked.brief_id == TrialTask.brief_id)
    return (
        select(func.count(other.vendor_id.distinct()))
        .where(other.workspace_id == here, other.brief_id == TrialTask.brief_id)
        .scalar_subquery(),
        select(func.count(TrialQuestion.id))
        .where(
            TrialQuestion.workspace_id == here,
            TrialQuestion.trial_id == TrialTask.id,
            TrialQuestion.answered_at.is_(None),
        )
        .scalar_subquery(),
        select(func.count(asked.id))
        .where(*of_brief, or_(is_able, has_handed_in))
        .correlate(TrialTask)
        .scalar_subquery(),
        select(func.count(asked.id)).where(*of_brief, has_handed_in).correlate(TrialTask).scalar_subquery(),
    )
