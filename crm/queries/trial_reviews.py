"""Reading what reviewers of trial tasks saw. Nothing here knows what is still hidden: only the domain, which says so,
asks for it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import MailState, Role, Stage
from crm.models.letters import VendorLetter
from crm.models.outbox import OutboxMessage
from crm.models.trials import (
    TrialCheck,
    TrialCriterion,
    TrialQuestion,
    TrialReview,
    TrialReviewer,
    TrialScore,
    TrialTask,
)
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, User


@dataclass(frozen=True, slots=True)
class Compared:
    """A trial task of a brief with its vendor, as a column of the comparison.

    ``before_brief_id`` is the brief of the trial task that it goes on with.
    """

    trial: TrialTask
    name: str
    what_they_do: str
    stage: Stage
    before_brief_id: int | None
    letter: MailState | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked to review, since when, and whether they still can."""

    brief_id: int
    user_id: int
    name: str
    asked_at: datetime | None
    is_able: bool


@dataclass(frozen=True, slots=True)
class Review:
    """A review without what it says."""

    id: int
    trial_id: int
    reviewer_id: int
    name: str
    handed_in_at: datetime | None
    remark: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A reviewer's 1 to 5 for one criterion, with a line of remark."""

    review_id: int
    criterion_id: int
    value: int
    remark: str


@dataclass(frozen=True, slots=True)
class Question:
    """When a vendor asked something, and when we answered."""

    asked_at: datetime
    answered_at: datetime | None


def compared(session: WorkspaceSession, brief_id: int) -> list[Compared]:
    """The trial tasks about a brief, in the order of giving. One query."""
    before = aliased(TrialTask)
    statement = (
        select(TrialTask, Vendor.name, Vendor.what_they_do, Vendor.stage, before.brief_id, OutboxMessage.state)
        .join(Vendor, Vendor.id == TrialTask.vendor_id)
        .outerjoin(before, before.id == TrialTask.extends_id)
        .outerjoin(VendorLetter, VendorLetter.id == TrialTask.letter_id)
        .outerjoin(OutboxMessage, OutboxMessage.id == VendorLetter.message_id)
        .where(TrialTask.brief_id == brief_id)
        .order_by(TrialTask.id)
    )
    return [Compared(*row) for row in session.execute(statement)]


def tasks_of(session: WorkspaceSession, brief_id: int) -> Sequence[TrialTask]:
    """The trial tasks about a brief. One query."""
    return session.scalars(select(TrialTask).where(TrialTask.brief_id == brief_id).order_by(TrialTask.id)).all()


def following(session: WorkspaceSession, trial_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """The trial task that goes on with each of these, and its brief. One query."""
    statement = select(TrialTask.extends_id, TrialTask.id, TrialTask.brief_id).where(
        TrialTask.extends_id.in_(list(trial_ids))
    )
    return {before: (trial_id, brief_id) for before, trial_id, brief_id in session.execute(statement) if before}


def criteria(session: WorkspaceSession, brief_ids: Collection[int]) -> Sequence[TrialCriterion]:
    """What reviewers score by these briefs, in the order of each. One query."""
    table = TrialCriterion
    statement = select(table).where(table.brief_id.in_(list(brief_ids)))
    return session.scalars(statement.order_by(table.brief_id, table.position, table.id)).all()


def asked(session: WorkspaceSession, brief_ids: Collection[int]) -> list[Asked]:
    """Who is asked to review what comes back on these briefs, by name. One query."""
    member = Membership
    statement = (
        select(
            TrialReviewer.brief_id,
            TrialReviewer.user_id,
            User.name,
            TrialReviewer.asked_at,
            and_(member.deactivated_at.is_(None), member.role != Role.VIEWER),
        )
        .join(User, User.id == TrialReviewer.user_id)
        .join(member, and_(member.user_id == TrialReviewer.user_id, member.workspace_id == session.workspace_id))
        .where(TrialReviewer.brief_id.in_(list(brief_ids)))
        .order_by(User.name, User.id)
    )
    return [Asked(*row[:4], is_able=bool(row[4])) for row in session.execute(statement)]


def reviews(session: WorkspaceSession, trial_ids: Collection[int]) -> list[Review]:
    """The reviews of these trial tasks, drafts included, by reviewer's name. One query."""
    table = TrialReview
    statement = (
        select(table.id, table.trial_id, table.created_by, User.name, table.handed_in_at, table.remark)
        .join(User, User.id == table.created_by)
        .where(table.trial_id.in_(list(trial_ids)))
        .order_by(User.name, User.id, table.id)
    )
    found: list[Any] = list(session.execute(statement))
    return [Review(*row) for row in found]


def marks(session: WorkspaceSession, review_ids: Collection[int]) -> list[Mark]:
    """What these reviews give, in their order. One query."""
    table = TrialScore
    statement = (
        select(table.review_id, table.criterion_id, table.value, table.remark)
        .where(table.review_id.in_(list(review_ids)))
        .order_by(table.review_id, table.id)
    )
    return [Mark(*row) for row in session.execute(statement)]


def own(session: WorkspaceSession, trial_id: int, user_id: int) -> TrialReview | None:
    """The review that somebody is writing, or has handed in."""
    table = TrialReview
    statement = select(table).where(table.trial_id == trial_id, table.created_by == user_id)
    return session.scalars(statement.with_for_update() if session.writing else statement).first()


def scores(session: WorkspaceSession, review_id: int) -> Sequence[TrialScore]:
    """The scores of a review, to be changed."""
    return session.scalars(select(TrialScore).where(TrialScore.review_id == review_id).order_by(TrialScore.id)).all()


def reviewer(session: WorkspaceSession, brief_id: int, user_id: int) -> TrialReviewer | None:
    """Somebody's being asked to review."""
    table = TrialReviewer
    return session.scalars(select(table).where(table.brief_id == brief_id, table.user_id == user_id)).first()


def has_begun(session: WorkspaceSession, brief_id: int, user_id: int) -> bool:
    """Whether somebody has written anything about what came back on a brief."""
    statement = select(func.count(TrialReview.id)).join(TrialTask, TrialTask.id == TrialReview.trial_id)
    return bool(session.scalar(statement.where(TrialTask.brief_id == brief_id, TrialReview.created_by == user_id)))


def checks(session: WorkspaceSession, trial_ids: Collection[int]) -> dict[tuple[int, int], bool]:
    """Whether what came meets each condition, by trial task and condition; without what nobody looked at. One query."""
    table = TrialCheck
    statement = select(table.trial_id, table.condition_id, table.is_met).where(table.trial_id.in_(list(trial_ids)))
    return {(trial_id, condition_id): is_met for trial_id, condition_id, is_met in session.execute(statement)}


def questions(session: WorkspaceSession, trial_ids: Collection[int]) -> defaultdict[int, list[Question]]:
    """When the vendors asked and we answered, by trial task. One query."""
    table = TrialQuestion
    statement = select(table.trial_id, table.asked_at, table.answered_at).where(table.trial_id.in_(list(trial_ids)))
    found: defaultdict[int, list[Question]] = defaultdict(list)
    for trial_id, asked_at, answered_at in session.execute(statement):
        found[trial_id].append(Question(asked_at, answered_at))
    return found
