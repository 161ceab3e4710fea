"""Reading readiness checks: the latest, all of them, what they gave to do, and when to look again.

A check that is not concluded is nobody's but its author's; only :func:`draft_of` finds it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, exists, func, select
from sqlalchemy.orm import aliased

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import Answer, Statement, Verdict
from crm.models.readiness import NeedCheck, ReadinessAnswer, ReadinessCheck, ReadinessTask
from crm.models.workspaces import User
from crm.queries.keysets import Along, Page, Step, page, says

HISTORY = 12
"""So many checks are drawn: three years, looked at every 90 days."""
DONE_ROWS = 20

_CONCLUDED = ReadinessCheck.concluded_on.is_not(None)
_its_need = (
    select(NeedCheck.need_id)
    .where(NeedCheck.workspace_id == ReadinessCheck.workspace_id, NeedCheck.check_id == ReadinessCheck.id)
    .correlate(ReadinessCheck)
    .scalar_subquery()
)
"""The need that a check is about; nothing for one about the business."""
_NEWEST = (ReadinessCheck.concluded_on.desc(), ReadinessCheck.concluded_at.desc(), ReadinessCheck.id.desc())


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A concluded check with its answers, and who concluded it."""

    id: int
    concluded_on: date
    concluded_at: datetime
    concluded_by: int
    verdict: Verdict
    due_on: date
    snoozed_until: date | None
    by: str
    need_id: int | None
    """The need that it is about; None for the business."""
    answers: dict[Statement, Answer]


@dataclass(frozen=True, slots=True)
class TaskRow:
    """Something to do about a weak answer, with who added it and who did it."""

    id: int
    check_id: int
    statement: Statement
    title: str
    created_at: datetime
    added_by: str
    done_at: datetime | None
    done_by: str | None


def latest(session: WorkspaceSession, need_id: int | None = None) -> ReadinessCheck | None:
    """The check that holds for the business, or for a need: the one concluded last."""
    statement = select(ReadinessCheck).where(_CONCLUDED, _about(need_id)).order_by(*_NEWEST)
    return session.scalars(statement.limit(1)).first()


def _about(need_id: int | None) -> ColumnElement[bool]:
    return _its_need.is_(None) if need_id is None else _its_need == need_id


def draft_of(session: WorkspaceSession, user_id: int) -> ReadinessCheck | None:
    """What a person has begun and not concluded."""
    statement = select(ReadinessCheck).where(
        ReadinessCheck.created_by == user_id, ReadinessCheck.concluded_on.is_(None)
    )
    return session.scalars(statement).first()


def answers_of(session: WorkspaceSession, check_ids: Iterable[int]) -> dict[int, dict[Statement, Answer]]:
    """What was answered at each of these checks, in the order of the page. One query."""
    found: dict[int, dict[Statement, Answer]] = {check_id: {} for check_id in check_ids}
    table = ReadinessAnswer
    statement = select(table.check_id, table.statement, table.answer).where(table.check_id.in_(list(found)))
    order = list(Statement)
    for check_id, asked, answer in sorted(session.execute(statement), key=lambda row: order.index(row[1])):
        found[check_id][asked] = answer
    return found


def history(
    session: WorkspaceSession, need_id: int | None = None, *, limit: int = HISTORY, offset: int = 0
) -> list[CheckRow]:
    """The concluded checks of the business or of a need with their answers, the latest first. Two queries."""
    return _rows(session, _told().where(_about(need_id)).order_by(*_NEWEST).limit(limit).offset(offset))


def has_checks(session: WorkspaceSession, need_id: int) -> bool:
    """Whether a check was ever about this need."""
    return session.scalars(select(NeedCheck.id).where(NeedCheck.need_id == need_id).limit(1)).first() is not None


def check(session: WorkspaceSession, check_id: int) -> CheckRow | None:
    """One concluded check. Two queries."""
    return next(iter(_rows(session, _told().where(ReadinessCheck.id == check_id))), None)


def _told() -> Select[*tuple[Any, ...]]:
    by = User.id == ReadinessCheck.concluded_by
    return select(ReadinessCheck, User.name, _its_need).join(User, by).where(_CONCLUDED)


def told(session: WorkspaceSession, checks: Iterable[ReadinessCheck]) -> list[CheckRow]:
    """These checks with their answers, in their order. Two queries."""
    ids = [each.id for each in checks]
    rows = {row.id: row for row in _rows(session, _told().where(ReadinessCheck.id.in_(ids)))}
    return [rows[check_id] for check_id in ids]


def _rows(session: WorkspaceSession, statement: Select[*tuple[Any, ...]]) -> list[CheckRow]:
    found = session.execute(statement).all()
    answers = answers_of(session, [each.id for each, _name, _need in found])
    return [
        CheckRow(
            id=each.id,
            concluded_on=each.concluded_on,
            concluded_at=each.concluded_at,
            concluded_by=each.concluded_by,
            verdict=each.verdict,
            due_on=each.due_on,
            snoozed_until=each.snoozed_until,
            by=name,
            need_id=need_id,
            answers=answers[each.id],
        )
        for each, name, need_id in found
    ]


def tasks(session: WorkspaceSession, *, is_done: bool, limit: int | None = None) -> list[TaskRow]:
    """What is to do, in the order of the page, or what was done, the latest first. One query."""
    task, added, done = ReadinessTask, aliased(User), aliased(User)
    statement = (
        select(
            task.id,
            task.check_id,
            task.statement,
            task.title,
            task.created_at,
            added.name,
            task.done_at,
            done.name,
        )
        .join(added, added.id == task.created_by)
        .outerjoin(done, done.id == task.done_by)
        .where(task.removed_at.is_(None), task.done_at.is_not(None) if is_done else task.done_at.is_(None))
        .order_by(task.done_at.desc(), task.id.desc())
        .limit(limit)
    )
    rows = [TaskRow(*row) for row in session.execute(statement)]
    order = list(Statement)
    return rows if is_done else sorted(rows, key=lambda row: order.index(row.statement))


def open_task(session: WorkspaceSession, statement: Statement) -> ReadinessTask | None:
    """What is to do about a statement already."""
    task = ReadinessTask
    found = select(task).where(task.statement == statement, task.done_at.is_(None), task.removed_at.is_(None))
    return session.scalars(found).first()


def due_of_latest(workspace_id: ColumnElement[int]) -> tuple[ScalarSelect[int | None], ScalarSelect[date | None]]:
    """The latest check's number and the day to look again, as parts of another question; nothing without a check."""
    table = ReadinessCheck
    is_of_need = exists().where(NeedCheck.workspace_id == table.workspace_id, NeedCheck.check_id == table.id)
    of_latest = [table.workspace_id == workspace_id, _CONCLUDED, ~is_of_need]

    def part(column: Any) -> Any:
        return select(column).where(*of_latest).order_by(*_NEWEST).limit(1).correlate(None).scalar_subquery()

    return part(table.id), part(func.coalesce(table.snoozed_until, table.recheck_on))


SORTS = {"id": Along(ReadinessCheck.id), "concluded_on": Along(ReadinessCheck.concluded_on)}


def listed(session: WorkspaceSession, step: Step, *, words: str = "", need_id: int | None = None) -> Page:
    """One page of the concluded checks of the business, or of a need; words are of who concluded it. One query."""
    statement = select(ReadinessCheck).join(User, User.id == ReadinessCheck.concluded_by).where(_about(need_id))
    return page(session, statement.where(_CONCLUDED, *says(words, User.name)), ReadinessCheck.id, SORTS, step)
