"""Reading trial tasks: what is under way, and how the others went."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select

from crm.core import text
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import Stage, TrialOutcome
from crm.models.trials import TrialTask
from crm.models.vendors import Vendor


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A trial task and its vendor."""

    id: int
    vendor_id: int
    name: str
    what_they_do: str
    stage: Stage
    what: str
    due_on: date | None
    original_due_on: date | None
    outcome: TrialOutcome | None
    outcome_note: str
    ended_on: date | None

    @property
    def tint(self) -> int:
        """The tint of the vendor's name."""
        return text.tint(self.name)


def under_way(session: WorkspaceSession, limit: int, offset: int = 0) -> tuple[list[TrialRow], int]:
    """Trial tasks without an outcome, the earliest due first, and how many there are."""
    order = (func.coalesce(TrialTask.due_on, date.max), Vendor.normal_name, TrialTask.id)
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
            Vendor.id,
            Vendor.name,
            Vendor.what_they_do,
            Vendor.stage,
            TrialTask.what,
            TrialTask.due_on,
            TrialTask.original_due_on,
            TrialTask.outcome,
            TrialTask.outcome_note,
            TrialTask.ended_on,
            func.count().over(),
        )
        .join(Vendor, Vendor.id == TrialTask.vendor_id)
        .where(condition)
        .order_by(*order)
        .limit(limit)
        .offset(offset)
    )
    rows: list[Any] = list(session.execute(statement))
    return [TrialRow(*row[:-1]) for row in rows], rows[0][-1] if rows else 0
