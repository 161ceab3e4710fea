"""What a trial task asks for: one brief, which one vendor gets, or several."""

from sqlalchemy import select

from crm.core import limits
from crm.core.errors import Missing
from crm.core.i18n import LazyText, lazy
from crm.core.tenancy import WorkspaceSession
from crm.models.trials import TrialBrief, TrialCriterion, TrialReviewer, TrialTask
from crm.models.workspaces import Membership

CRITERIA: tuple[tuple[LazyText, bool], ...] = (
    (lazy("Quality"), False),
    (lazy("Instructions followed"), False),
    (lazy("Turnaround"), False),
    (lazy("Communication"), False),
    (lazy("Problem solving"), False),
    (lazy("Fit"), True),
)
"""What reviewers score unless a brief says otherwise, and whether it tells about fit."""


def find(session: WorkspaceSession, brief_id: int) -> TrialBrief:
    """A brief of this business, to be acted on. Raises :class:`Missing`."""
    row = session.get(TrialBrief, brief_id, with_for_update=session.writing or None)
    if row is None:
        raise Missing
    return row


def jot(session: WorkspaceSession, what: str, by: Membership) -> TrialBrief:
    """The brief of a trial task that is said in one line. Who says it reviews, by what most reviewers score."""
    title = what[: limits.LINE_LENGTH]
    brief = TrialBrief(title=title, body=what if title != what else "", created_by=by.user_id)
    session.add(brief)
    session.flush()
    session.add_all(
        TrialCriterion(brief_id=brief.id, name=str(name), is_fit=is_fit, position=position)
        for position, (name, is_fit) in enumerate(CRITERIA)
    )
    session.add(TrialReviewer(brief_id=brief.id, user_id=by.user_id))
    session.flush()
    return brief


def drop_unused(session: WorkspaceSession, brief_id: int) -> None:
    """Take a brief away that no trial task is about any more."""
    if session.scalar(select(TrialTask.id).where(TrialTask.brief_id == brief_id).limit(1)) is None:
        session.delete(find(session, brief_id))
