"""Reading the delegation board of a vendor."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from crm.core.tenancy import WorkspaceSession
from crm.models.decision_areas import Access, DecisionArea, LevelChange
from crm.queries.keysets import Along, Page, Step, equal, page, says


@dataclass(frozen=True, slots=True)
class AreaRow:
    """An area with the history of its level, latest first."""

    area: DecisionArea
    changes: list[LevelChange] = field(default_factory=list)

    @property
    def since(self) -> LevelChange | None:
        """The change that brought the present level."""
        return next((change for change in self.changes if change.from_level != change.to_level), None)


def areas_of(session: WorkspaceSession, vendor_id: int) -> list[AreaRow]:
    """A vendor's areas, the open ones first, by name; with their histories. Two queries."""
    areas = session.scalars(select(DecisionArea).where(DecisionArea.vendor_id == vendor_id)).all()
    rows = {
        area.id: AreaRow(area)
        for area in sorted(areas, key=lambda area: (area.closed_at is not None, area.name.casefold(), area.id))
    }
    changes = select(LevelChange).where(LevelChange.area_id.in_(list(rows)))
    for change in session.scalars(changes.order_by(LevelChange.changed_on.desc(), LevelChange.id.desc())):
        rows[change.area_id].changes.append(change)
    return list(rows.values())


def area_with_history(session: WorkspaceSession, area: DecisionArea) -> AreaRow:
    """One area with its history."""
    statement = (
        select(LevelChange)
        .where(LevelChange.area_id == area.id)
        .order_by(LevelChange.changed_on.desc(), LevelChange.id.desc())
    )
    return AreaRow(area, list(session.scalars(statement)))


def accesses_of(session: WorkspaceSession, vendor_id: int) -> Sequence[Access]:
    """What a vendor has, or had, access to: what stands first, then the latest taken back."""
    rows = session.scalars(select(Access).where(Access.vendor_id == vendor_id).order_by(Access.id.desc())).all()
    return sorted(rows, key=lambda row: (row.revoked_on is not None, -(row.revoked_on or row.granted_on).toordinal()))


SORTS = {"id": Along(DecisionArea.id), "name": Along(DecisionArea.name)}


def listed(
    session: WorkspaceSession, step: Step, *, words: str = "", is_open: bool | None = None, **exact: Any
) -> Page:
    """One page of the areas, closed ones too. One query."""
    statement = select(DecisionArea).where(*says(words, DecisionArea.name), *equal(DecisionArea, exact))
    if is_open is not None:
        closed_at = DecisionArea.closed_at
        statement = statement.where(closed_at.is_(None) if is_open else closed_at.is_not(None))
    return page(session, statement, DecisionArea.id, SORTS, step)
