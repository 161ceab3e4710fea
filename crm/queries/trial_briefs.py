"""Reading briefs of trial tasks: what they say, who has them, and how they got there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import MailState, SentHow, Stage, TrialOutcome
from crm.models.letters import VendorLetter
from crm.models.outbox import OutboxMessage
from crm.models.trials import (
    TrialBrief,
    TrialCheck,
    TrialCondition,
    TrialCriterion,
    TrialReview,
    TrialReviewer,
    TrialScore,
    TrialTask,
)
from crm.models.vendors import Vendor

NOT_SENT_AFTER_ALL = (MailState.FAILED, MailState.CANCELLED)
"""A letter of these states has surely not reached anybody."""


def conditions_of(session: WorkspaceSession, brief_id: int) -> Sequence[TrialCondition]:
    """What has to be true of what comes back, in the order of the brief."""
    rows = TrialCondition
    return session.scalars(select(rows).where(rows.brief_id == brief_id).order_by(rows.position, rows.id)).all()


def criteria_of(session: WorkspaceSession, brief_id: int) -> Sequence[TrialCriterion]:
    """What reviewers score, in the order of the brief."""
    rows = TrialCriterion
    return session.scalars(select(rows).where(rows.brief_id == brief_id).order_by(rows.position, rows.id)).all()


def reviewers_of(session: WorkspaceSession, brief_id: int) -> Sequence[TrialReviewer]:
    """Who is asked to score it."""
    rows = TrialReviewer
    return session.scalars(select(rows).where(rows.brief_id == brief_id).order_by(rows.id)).all()


def scored_criteria(session: WorkspaceSession, brief_id: int) -> set[int]:
    """The criteria of a brief that somebody has scored already. That they did is all that is told."""
    statement = select(TrialScore.criterion_id).join(TrialCriterion, TrialCriterion.id == TrialScore.criterion_id)
    return set(session.scalars(statement.where(TrialCriterion.brief_id == brief_id).distinct()))


def checked_conditions(session: WorkspaceSession, brief_id: int) -> set[int]:
    """The acceptance criteria of a brief that something was held against already."""
    statement = select(TrialCheck.condition_id).join(TrialCondition, TrialCondition.id == TrialCheck.condition_id)
    return set(session.scalars(statement.where(TrialCondition.brief_id == brief_id).distinct()))


def at_review(session: WorkspaceSession, brief_id: int) -> set[int]:
    """Who has begun to score what came back on a brief, or has handed it in."""
    statement = select(TrialReview.created_by).join(TrialTask, TrialTask.id == TrialReview.trial_id)
    return {user_id for user_id in session.scalars(statement.where(TrialTask.brief_id == brief_id)) if user_id}


@dataclass(frozen=True, slots=True)
class EarlierBrief:
    """A brief to begin another one from."""

    id: int
    title: str
    vendors: int


def earlier(session: WorkspaceSession, *, limit: int = 100) -> list[EarlierBrief]:
    """The briefs that were written in full, the latest first, and how many vendors got each."""
    statement = (
        select(TrialBrief.id, TrialBrief.title, func.count(TrialTask.vendor_id.distinct()))
        .outerjoin(TrialTask, TrialTask.brief_id == TrialBrief.id)
        .where(TrialBrief.body != "")
        .group_by(TrialBrief.id, TrialBrief.title)
        .order_by(TrialBrief.id.desc())
        .limit(limit)
    )
    return [EarlierBrief(*row) for row in session.execute(statement)]


@dataclass(frozen=True, slots=True)
class Holder:
    """A vendor that has a brief, and whether it has reached them."""

    trial_id: int
    vendor_id: int
    name: str
    stage: Stage
    do_not_contact: bool
    due_on: date | None
    outcome: TrialOutcome | None
    delivered_on: date | None
    sent_on: date | None
    sent_how: SentHow | None
    state: MailState | None
    """How its letter stands in the outbox."""

    @property
    def is_open(self) -> bool:
        return self.outcome is None

    @property
    def is_sent(self) -> bool:
        return self.sent_on is not None and self.state not in NOT_SENT_AFTER_ALL

    @property
    def wants_sending(self) -> bool:
        """They have the task here, and know nothing of it yet."""
        return self.is_open and not self.is_sent and self.delivered_on is None


def holders(session: WorkspaceSession, brief_id: int) -> list[Holder]:
    """Who has this brief, in the order in which they got it. One query."""
    statement = (
        select(
            TrialTask.id,
            Vendor.id,
            Vendor.name,
            Vendor.stage,
            Vendor.do_not_contact,
            TrialTask.due_on,
            TrialTask.outcome,
            TrialTask.delivered_on,
            TrialTask.sent_on,
            TrialTask.sent_how,
            OutboxMessage.state,
        )
        .join(Vendor, Vendor.id == TrialTask.vendor_id)
        .outerjoin(VendorLetter, VendorLetter.id == TrialTask.letter_id)
        .outerjoin(OutboxMessage, OutboxMessage.id == VendorLetter.message_id)
        .where(TrialTask.brief_id == brief_id)
        .order_by(TrialTask.id)
    )
    return [Holder(*row) for row in session.execute(statement)]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A vendor that a brief could go to."""

    id: int
    name: str
    stage: Stage
    do_not_contact: bool


def candidates(session: WorkspaceSession, vendor_ids: Sequence[int]) -> list[Candidate]:
    """These vendors, by name; whoever is not of this business is left out."""
    return _candidates(session, vendor_ids=vendor_ids, stages=None, limit=len(vendor_ids))


def everybody(session: WorkspaceSession, stages: Sequence[Stage], *, limit: int = 500) -> list[Candidate]:
    """The vendors of these stages, by name."""
    return _candidates(session, vendor_ids=None, stages=stages, limit=limit)


def _candidates(
    session: WorkspaceSession, *, vendor_ids: Sequence[int] | None, stages: Sequence[Stage] | None, limit: int
) -> list[Candidate]:
    statement = select(Vendor.id, Vendor.name, Vendor.stage, Vendor.do_not_contact)
    if vendor_ids is not None:
        statement = statement.where(Vendor.id.in_(vendor_ids))
    if stages is not None:
        statement = statement.where(Vendor.stage.in_(stages))
    return [Candidate(*row) for row in session.execute(statement.order_by(Vendor.normal_name, Vendor.id).limit(limit))]
