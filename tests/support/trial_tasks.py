"""Trial tasks as they are once everything has happened with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from crm.core import clock
from crm.core.tenancy import WorkspaceSession, session_of
from crm.models.enums import SentHow, Stage, TrialAdvice, TrialDecisionKind, TrialOutcome
from crm.models.letters import VendorLetter
from crm.models.stages import StageMove
from crm.models.trials import (
    TrialBrief,
    TrialCheck,
    TrialCondition,
    TrialCriterion,
    TrialDecision,
    TrialDeliverable,
    TrialQuestion,
    TrialReview,
    TrialReviewer,
    TrialScore,
    TrialTask,
)
from crm.models.vendors import Attachment, Vendor
from crm.models.workspaces import Membership

Row = TypeVar("Row")

EVERY_KIND = (
    TrialBrief,
    TrialCondition,
    TrialCriterion,
    TrialReviewer,
    TrialTask,
    TrialCheck,
    TrialQuestion,
    TrialDeliverable,
    TrialReview,
    TrialScore,
    TrialDecision,
)
"""Every table of trial tasks."""


@dataclass(frozen=True, slots=True)
class InFull:
    """The ids of a trial task that was extended once, and of what hangs on it."""

    brief_id: int
    trial_id: int
    next_id: int
    attachment_id: int
    deliverable_id: int


def in_full(vendor: Vendor, *, by: Membership, need_id: int | None = None, category_id: int | None = None) -> InFull:
    """Write a vendor's trial task down with a row of every kind: brief, letter, question, file, reviews, decision."""
    session = session_of(vendor)
    today, user_id = by.workspace.today, by.user_id
    brief = _kept(
        session,
        TrialBrief(title="Three pages", need_id=need_id, category_id=category_id),
    )
    condition = _kept(session, TrialCondition(brief_id=brief.id, what="Our words"))
    criterion = _kept(session, TrialCriterion(brief_id=brief.id, name="Quality", counts=3))
    _kept(session, TrialReviewer(brief_id=brief.id, user_id=user_id))
    letter = _kept(
        session, VendorLetter(vendor_id=vendor.id, recipient="a@b.example", subject="Three pages", body="Hello")
    )
    asked = {"vendor_id": vendor.id, "brief_id": brief.id, "what": brief.title, "started_on": today}
    trial = _kept(
        session,
        TrialTask(
            **asked,
            due_on=today,
            original_due_on=today,
            sent_on=today,
            sent_how=SentHow.LETTER,
            letter_id=letter.id,
            delivered_on=today,
            outcome=TrialOutcome.EXTENDED,
            ended_on=today,
        ),
    )
    later = _kept(session, TrialTask(**asked, extends_id=trial.id, extension=1))
    _kept(session, TrialCheck(trial_id=trial.id, condition_id=condition.id, is_met=True, checked_by=user_id))
    _kept(session, TrialQuestion(trial_id=trial.id, body="Which scent?", asked_at=clock.now(), answered_by=user_id))
    file = _kept(
        session,
        Attachment(
            vendor_id=vendor.id,
            name="pages.pdf",
            media_type="application/pdf",
            size=4,
            sha256="0" * 64,
            stored_as=f"{trial.id:032x}",
        ),
    )
    delivered = _kept(session, TrialDeliverable(trial_id=trial.id, attachment_id=file.id, delivered_on=today))
    review = _kept(session, TrialReview(trial_id=trial.id, created_by=user_id, handed_in_at=clock.now()))
    _kept(session, TrialScore(review_id=review.id, criterion_id=criterion.id, value=4))
    move = _kept(
        session,
        StageMove(
            vendor_id=vendor.id,
            from_stage=Stage.TRIAL,
            to_stage=Stage.TRIAL,
            moved_on=today,
            moved_by=user_id,
            before={},
        ),
    )
    _kept(
        session,
        TrialDecision(
            trial_id=trial.id,
            kind=TrialDecisionKind.EXTEND,
            rationale="Nearly",
            advice=TrialAdvice.EXTEND,
            score=3400,
            letter_id=letter.id,
            move_id=move.id,
            next_trial_id=later.id,
            decided_on=today,
            decided_by=user_id,
        ),
    )
    return InFull(brief.id, trial.id, later.id, file.id, delivered.id)


def _kept(session: WorkspaceSession, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row
