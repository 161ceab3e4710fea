"""Reading what was handed over: one piece of work, a vendor's works, and how those came out."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, case, func, or_, select

from crm.core.tenancy import WorkspaceSession
from crm.models.decision_areas import DecisionArea
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import WorkOutcome
from crm.queries.keysets import Along, Page, Step, equal, page, says

DECIDED = (WorkOutcome.ACCEPTED, WorkOutcome.REJECTED)
"""The outcomes that say how it went. What was called off says nothing about it."""


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A piece of work in a list."""

    id: int
    title: str
    area: str
    """What they look after that it belongs to; empty where it belongs to nothing in particular."""
    asked_on: date
    original_due_on: date
    due_on: date
    delivered_on: date | None
    waits: bool
    rounds: int
    outcome: WorkOutcome | None
    decided_on: date | None
    rating: int | None


@dataclass(frozen=True, slots=True)
class Finished:
    """What a piece of work says for the figures (:mod:`crm.domain.work_figures`)."""

    asked_on: date
    original_due_on: date
    delivered_on: date | None
    outcome: WorkOutcome | None
    decided_on: date | None
    rounds: int


def works_of(session: WorkspaceSession, vendor_id: int, limit: int, offset: int = 0) -> tuple[list[WorkRow], int]:
    """A vendor's works, and how many there are: what is open first, the earliest due; then the latest decided."""
    table = DelegatedWork
    statement = (
        select(*_row(), func.count().over())
        .outerjoin(DecisionArea, DecisionArea.id == table.area_id)
        .where(table.vendor_id == vendor_id)
        .order_by(
            table.outcome.is_not(None),
            case((table.outcome.is_(None), table.due_on)),
            table.decided_on.desc(),
            table.id.desc(),
        )
    )
    rows: list[Any] = list(session.execute(statement.limit(limit).offset(offset)))
    return [WorkRow(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


def all_of(session: WorkspaceSession, vendor_id: int) -> list[tuple[DelegatedWork, str]]:
    """All works of a vendor, each with its area's name, in the order in which they were asked for."""
    table = DelegatedWork
    statement = (
        select(table, func.coalesce(DecisionArea.name, ""))
        .outerjoin(DecisionArea, DecisionArea.id == table.area_id)
        .where(table.vendor_id == vendor_id)
        .order_by(table.asked_on, table.id)
    )
    return [(work, area) for work, area in session.execute(statement)]


def finished_of(session: WorkspaceSession, vendor_id: int, *, since: date) -> list[Finished]:
    """What a vendor's works since a day say for the figures, with all that has not come. One query."""
    table = DelegatedWork
    statement = select(
        table.asked_on, table.original_due_on, table.delivered_on, table.outcome, table.decided_on, table.rounds
    ).where(counted(vendor_id, since))
    return [Finished(*row) for row in session.execute(statement)]


def counted(vendor_id: Any, since: Any) -> Any:
    """The condition on works of a vendor that figures since a day may rest on."""
    table = DelegatedWork
    is_owed = and_(table.delivered_on.is_(None), table.outcome.is_(None))
    return and_(table.vendor_id == vendor_id, or_(table.delivered_on >= since, table.decided_on >= since, is_owed))


SORTS = {
    "id": Along(DelegatedWork.id),
    "asked_on": Along(DelegatedWork.asked_on),
    "due_on": Along(DelegatedWork.due_on),
}


def listed(
    session: WorkspaceSession,
    step: Step,
    *,
    words: str = "",
    is_open: bool | None = None,
    **exact: Any,
) -> Page:
    """One page of the works. One query."""
    table = DelegatedWork
    statement = select(table).where(*says(words, table.title, table.asked, table.remark), *equal(table, exact))
    if is_open is not None:
        statement = statement.where(table.outcome.is_(None) if is_open else table.outcome.is_not(None))
    return page(session, statement, table.id, SORTS, step)


def _row() -> tuple[Any, ...]:
    table = DelegatedWork
    return (
        table.id,
        table.title,
        func.coalesce(DecisionArea.name, ""),
        table.asked_on,
        table.original_due_on,
        table.due_on,
        table.delivered_on,
        table.waits,
        table.rounds,
        table.outcome,
        table.decided_on,
        table.rating,
    )
