"""Reading where a vendor has stood."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import Stage
from crm.models.stages import StageMove
from crm.models.workspaces import User
from crm.queries.keysets import Along, Page, Step, equal, page, says


@dataclass(frozen=True, slots=True)
class MoveRow:
    """One move: who, when, from, to, why."""

    id: int
    from_stage: Stage
    to_stage: Stage
    why: str
    moved_on: date
    moved_at: datetime
    moved_by: str


def history(session: WorkspaceSession, vendor_id: int) -> list[MoveRow]:
    """The vendor's moves that stand, the latest first. One query."""
    table = StageMove
    statement = (
        select(table.id, table.from_stage, table.to_stage, table.why, table.moved_on, table.moved_at, User.name)
        .join(User, User.id == table.moved_by)
        .where(table.vendor_id == vendor_id, table.undone_at.is_(None))
        .order_by(table.id.desc())
    )
    return [MoveRow(*row) for row in session.execute(statement)]


SORTS = {"id": Along(StageMove.id), "moved_at": Along(StageMove.moved_at)}


def listed(session: WorkspaceSession, step: Step, *, words: str = "", **exact: Any) -> Page:
    """One page of the moves, those that were taken back too. One query."""
    statement = select(StageMove).where(*says(words, StageMove.why), *equal(StageMove, exact))
    return page(session, statement, StageMove.id, SORTS, step)
