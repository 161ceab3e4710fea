"""What happened to a record, step by step, as the timeline of its vendor tells it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import TimelineKind
from crm.models.log import TimelineEntry


@dataclass(frozen=True, slots=True)
class StepRow:
    """Something that happened to a record: the facts that its sentence is made of, and the words said."""

    id: int
    step: str
    happened_on: date
    recorded_at: datetime
    author_id: int | None
    facts: dict[str, Any]
    body: str


def steps_of(session: WorkspaceSession, kind: TimelineKind, subject_id: int) -> list[StepRow]:
    """What happened to a record, the latest first. One query."""
    table = TimelineEntry
    statement = (
        select(table.id, table.step, table.happened_on, table.recorded_at, table.author_id, table.facts, table.body)
        .where(table.kind == kind, table.subject_id == subject_id)
        .order_by(table.id.desc())
    )
    return [StepRow(*row) for row in session.execute(statement)]
