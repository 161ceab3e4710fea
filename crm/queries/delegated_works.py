"""Reading what was handed over: one piece of work, a vendor's works, and how those came out."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from crm.core.tenancy import WorkspaceSession
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import WorkOutcome

DECIDED = (WorkOutcome.ACCEPTED, WorkOutcome.REJECTED)
"""The outcomes that say how it went. What was called off says nothing about it."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A piece of work that was accepted or rejected."""

    id: int
    area_id: int | None
    title: str
    decided_on: date
    outcome: WorkOutcome
    rounds: int
    """How often it went back for changes before that."""
    delivered_on: date
    """When it came first."""
    original_due_on: date
    gave_promised: bool | None
    """Whether we gave them what we had promised for it; None where nobody said."""

    @property
    def was_late(self) -> bool:
        """Whether it came after the day that was agreed on first."""
        return self.delivered_on > self.original_due_on


def decided_of(session: WorkspaceSession, vendor_id: int) -> list[Decided]:
    """A vendor's works that were accepted or rejected, in the order of these decisions, the latest last. One query."""
    statement = (
        select(
            DelegatedWork.id,
            DelegatedWork.area_id,
            DelegatedWork.title,
            DelegatedWork.decided_on,
            DelegatedWork.outcome,
            DelegatedWork.rounds,
            DelegatedWork.delivered_on,
            DelegatedWork.original_due_on,
            DelegatedWork.gave_promised,
        )
        .where(DelegatedWork.vendor_id == vendor_id, DelegatedWork.outcome.in_(DECIDED))
        .order_by(DelegatedWork.decided_on, DelegatedWork.id)
    )
    rows: list[Any] = list(session.execute(statement))
    return [Decided(*row) for row in rows]
