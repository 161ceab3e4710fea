"""Reading what was decided after trial tasks."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import TimelineKind, TrialAdvice, TrialDecisionKind
from crm.models.letters import VendorLetter
from crm.models.log import TimelineEntry
from crm.models.trials import (
    TrialBrief,
    TrialDecision,
    TrialTask,
)
from crm.models.workspaces import User


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision as it is told: what, why, by whom, and what the figures said then.

    ``score`` is the weighted score then, from 1 to 5; None where it was too early to say, or hidden.
    """

    id: int
    trial_id: int
    kind: TrialDecisionKind
    rationale: str
    advice: TrialAdvice | None
    score: float | None
    message: str
    next_trial_id: int | None
    decided_on: date
    decider: str
    undone_at: datetime | None

    @property
    def stands(self) -> bool:
        """Whether it was not taken back."""
        return self.undone_at is None

    @property
    def was_told(self) -> bool:
        """Whether the vendor was written to about it."""
        return bool(self.message)


def of_trials(session: WorkspaceSession, trial_ids: Iterable[int]) -> defaultdict[int, list[DecisionRow]]:
    """All decisions about these trial tasks, the latest first, by trial task. One query."""
    table = TrialDecision
    statement = (
        select(
            table.id,
            table.trial_id,
            table.kind,
            table.rationale,
            table.advice,
            table.score,
            table.message,
            table.next_trial_id,
            table.decided_on,
            User.name,
            table.undone_at,
        )
        .join(User, User.id == table.decided_by)
        .where(table.trial_id.in_(list(trial_ids)))
        .order_by(table.id.desc())
    )
    found: defaultdict[int, list[DecisionRow]] = defaultdict(list)
    for row in session.execute(statement):
        thousandths = row.score
        score = None if thousandths is None else thousandths / 1000
        found[row.trial_id].append(DecisionRow(*row[:5], score, *row[6:]))
    return found


def standing(session: WorkspaceSession, trial_id: int) -> TrialDecision | None:
    """The decision about a trial task that stands; None where nothing was decided, or it was taken back."""
    statement = select(TrialDecision).where(TrialDecision.trial_id == trial_id, TrialDecision.undone_at.is_(None))
    return session.scalars(statement.order_by(TrialDecision.id.desc()).limit(1)).first()


def of_move(session: WorkspaceSession, move_id: int) -> int | None:
    """The decision that stands and moved a vendor so, if a decision did."""
    table = TrialDecision
    return session.scalar(select(table.id).where(table.move_id == move_id, table.undone_at.is_(None)).limit(1))


def of_letter(session: WorkspaceSession, letter_id: int) -> TrialDecision | None:
    """The decision that a letter told the vendor of."""
    return session.scalars(select(TrialDecision).where(TrialDecision.letter_id == letter_id).limit(1)).first()


def letter_of(session: WorkspaceSession, letter_id: int | None) -> VendorLetter | None:
    """The letter that went out about a decision."""
    return session.get(VendorLetter, letter_id) if letter_id is not None else None


def others_open(session: WorkspaceSession, trial: TrialTask) -> list[tuple[int, str]]:
    """The vendor's other trial tasks without an outcome, the oldest first: id and what they are about."""
    table = TrialTask
    statement = (
        select(table.id, table.what)
        .where(table.vendor_id == trial.vendor_id, table.id != trial.id, table.outcome.is_(None))
        .order_by(table.id)
    )
    return [(trial_id, what) for trial_id, what in session.execute(statement)]


def open_on_need(session: WorkspaceSession, need_id: int, *, but: int) -> int:
    """How many other trial tasks for a need have no outcome yet."""
    statement = (
        select(func.count(TrialTask.id))
        .join(TrialBrief, TrialBrief.id == TrialTask.brief_id)
        .where(TrialBrief.need_id == need_id, TrialTask.id != but, TrialTask.outcome.is_(None))
    )
    return session.scalar(statement) or 0


def need_move_of(session: WorkspaceSession, trial_id: int) -> int | None:
    """The change of a need's status that the decision about a trial task made, as its line of the log says."""
    table = TimelineEntry
    statement = select(table.facts).where(
        table.kind == TimelineKind.TRIAL, table.subject_id == trial_id, table.step == "outcome"
    )
    facts = session.scalars(statement).first()
    found: int | None = facts.get("need_move") if facts else None
    return found
