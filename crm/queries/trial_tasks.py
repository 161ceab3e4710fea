"""Reading trial tasks for programs: page by page, each with its brief."""

from datetime import date
from typing import Any

from sqlalchemy import select

from crm.core.tenancy import WorkspaceSession
from crm.models.trials import TrialBrief, TrialTask
from crm.queries.keysets import Along, Page, Step, equal, page, says

SORTS = {
    "id": Along(TrialTask.id),
    "started_on": Along(TrialTask.started_on),
    "due_on": Along(TrialTask.due_on, may_be_empty=True),
}


def listed(
    session: WorkspaceSession,
    step: Step,
    *,
    words: str = "",
    is_open: bool | None = None,
    waits: bool | None = None,
    need_id: int | None = None,
    due_before: date | None = None,
    **exact: Any,
) -> Page:
    """One page of the trial tasks, each with its brief. One query."""
    task, brief = TrialTask, TrialBrief
    statement: Any = (
        select(task, brief)
        .join(brief, brief.id == task.brief_id)
        .where(*says(words, task.what, brief.title, brief.body), *equal(task, exact))
    )
    if is_open is not None:
        statement = statement.where(task.outcome.is_(None) if is_open else task.outcome.is_not(None))
    if waits is not None:
        is_owed = task.outcome.is_(None) & task.review_due_on.is_(None)
        statement = statement.where(is_owed if waits else ~is_owed)
    if need_id is not None:
        statement = statement.where(brief.need_id == need_id)
    if due_before is not None:
        statement = statement.where(task.due_on <= due_before)
    return page(session, statement, task.id, SORTS, step, whole_rows=True)
