"""Reading the delegation board of a vendor."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Select, func, or_, select

from crm.core.tenancy import WorkspaceSession
from crm.models.decision_areas import Access, DecisionArea, LevelChange
from crm.models.enums import EXIT_STAGES, Level, Stage
from crm.models.vendors import Vendor
from crm.models.workspaces import User
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


def to_take_back(session: WorkspaceSession, vendor_id: int) -> int:
    """How many accesses of a vendor are to be taken back, because it is active no longer."""
    statement = select(func.count(Access.id)).where(
        Access.vendor_id == vendor_id, Access.revoked_on.is_(None), Access.offboarding_on.is_not(None)
    )
    return session.scalar(statement) or 0


NAMES_OFFERED = 50


def names(session: WorkspaceSession) -> list[str]:
    """Under which names most is handed over in the business, by name."""
    statement = (
        select(DecisionArea.name)
        .where(DecisionArea.closed_at.is_(None))
        .group_by(DecisionArea.name)
        .order_by(func.count(DecisionArea.id).desc(), DecisionArea.name)
        .limit(NAMES_OFFERED)
    )
    return sorted(session.scalars(statement), key=str.casefold)


# Who decides what, over all vendors


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which areas are asked for. ``words`` stand in the name of the area or of the vendor."""

    words: str = ""
    level: Level | None = None
    owner_id: int | None = None
    has_procedure: bool | None = None
    by_vendor: bool = False
    """By vendor, then area; else by area, then vendor."""


@dataclass(frozen=True, slots=True)
class HandedRow:
    """An area with whose it is, and since when it has its level."""

    area: DecisionArea
    vendor_name: str
    stage: Stage
    owner: str
    since: date | None


def handed_count(session: WorkspaceSession, wanted: Wanted) -> int:
    """How many areas the asked-for are. One query."""
    return session.scalar(_handed(select(func.count(DecisionArea.id)), wanted)) or 0


def handed(
    session: WorkspaceSession, wanted: Wanted, *, limit: int | None = None, offset: int = 0, is_dated: bool = True
) -> list[HandedRow]:
    """What is handed over in the business, of vendors that we have not parted with. Two queries; one where nobody asks
    since when."""
    vendor: list[Any] = [Vendor.normal_name, Vendor.id]
    area: list[Any] = [func.lower(DecisionArea.name), DecisionArea.name]
    order = [*vendor, *area] if wanted.by_vendor else [*area, *vendor]
    columns: Any = select(DecisionArea, Vendor.name, Vendor.stage, User.name)
    statement = _handed(columns, wanted).outerjoin(User, User.id == Vendor.owner_id)
    rows = session.execute(statement.order_by(*order, DecisionArea.id).limit(limit).offset(offset)).all()
    since = since_when(session, [area.id for area, *_rest in rows]) if is_dated else {}
    return [HandedRow(area, name, stage, owner or "", since.get(area.id)) for area, name, stage, owner in rows]


def _handed(columns: Select[Any], wanted: Wanted) -> Select[Any]:
    statement = (
        columns.select_from(DecisionArea)
        .join(Vendor, Vendor.id == DecisionArea.vendor_id)
        .where(DecisionArea.closed_at.is_(None), Vendor.stage.not_in(EXIT_STAGES))
        .where(*says(wanted.words, DecisionArea.name, Vendor.name))
    )
    if wanted.level is not None:
        statement = statement.where(DecisionArea.level == wanted.level)
    if wanted.owner_id is not None:
        statement = statement.where(Vendor.owner_id == wanted.owner_id)
    if wanted.has_procedure is not None:
        is_written = DecisionArea.procedure != ""
        statement = statement.where(is_written if wanted.has_procedure else ~is_written)
    return statement


def since_when(session: WorkspaceSession, ids: Sequence[int]) -> dict[int, date]:
    """Since when these areas have their levels: a note on the level that one has changes nothing."""
    found: dict[int, date] = {}
    for some in _batches(ids):
        changed = or_(LevelChange.from_level.is_(None), LevelChange.from_level != LevelChange.to_level)
        statement = select(LevelChange.area_id, LevelChange.changed_on).where(LevelChange.area_id.in_(some), changed)
        rows = session.execute(statement.order_by(LevelChange.changed_on, LevelChange.id))
        found.update((area_id, day) for area_id, day in rows)
    return found


def _batches(ids: Sequence[int], size: int = 500) -> Iterator[Sequence[int]]:
    for first in range(0, len(ids), size):
        yield ids[first : first + size]


def grouped(rows: Iterable[HandedRow], *, by_vendor: bool) -> list[tuple[str, list[HandedRow]]]:
    """Rows in their order under their headings: the vendors, or the names of areas however they are capitalised."""
    groups: list[tuple[str, list[HandedRow]]] = []
    last: object = None
    for row in rows:
        key: object = row.area.vendor_id if by_vendor else row.area.name.casefold()
        if not groups or key != last:
            groups.append((row.vendor_name if by_vendor else row.area.name, []))
            last = key
        groups[-1][1].append(row)
    return groups


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


ACCESS_SORTS = {"id": Along(Access.id), "granted_on": Along(Access.granted_on)}


def listed_accesses(
    session: WorkspaceSession, step: Step, *, words: str = "", is_open: bool | None = None, **exact: Any
) -> Page:
    """One page of the accesses, those taken back too. One query."""
    statement = select(Access).where(*says(words, Access.what), *equal(Access, exact))
    if is_open is not None:
        statement = statement.where(Access.revoked_on.is_(None) if is_open else Access.revoked_on.is_not(None))
    return page(session, statement, Access.id, ACCESS_SORTS, step)
