"""Reading how vendors stand with us."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, String, case, exists, func, or_, select, type_coerce
from sqlalchemy.orm import aliased

from crm.core.tenancy import WorkspaceSession
from crm.models.categories import Category
from crm.models.enums import StandingLevel
from crm.models.standings import Standing
from crm.models.vendors import Vendor
from crm.models.workspaces import User
from crm.queries import niches


class Held(StrEnum):
    """How vendors stand, as a filter of lists."""

    PREFERRED = "preferred"
    APPROVED = "approved"
    CONDITIONAL = "conditional"
    SUSPENDED = "suspended"
    REVIEW_DUE = "review_due"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class StandingRow:
    """A standing of a vendor, in force or past."""

    id: int
    vendor_id: int
    category_id: int | None
    category: str
    """The category's own name; empty for everything they do."""
    level: StandingLevel
    reason: str
    valid_until: date
    given_on: date
    given_by: str
    ended_at: datetime | None

    def is_due(self, today: date) -> bool:
        """Whether it reads *review due*: its last day has passed."""
        return self.valid_until < today


def current_of(session: WorkspaceSession, vendor_ids: Collection[int]) -> dict[int, list[StandingRow]]:
    """For each of the vendors the standings in force, by category's name, the one for everything first. One query."""
    found: dict[int, list[StandingRow]] = {vendor_id: [] for vendor_id in vendor_ids}
    if not found:
        return found
    statement = _rows().where(Standing.vendor_id.in_(list(found)), Standing.ended_at.is_(None))
    for row in _made(session.execute(statement)):
        found[row.vendor_id].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (row.category.casefold(), row.id))
    return found


def history_of(session: WorkspaceSession, vendor_id: int) -> list[StandingRow]:
    """All standings that a vendor was given, the latest first. One query."""
    statement = _rows().where(Standing.vendor_id == vendor_id).order_by(Standing.given_at.desc(), Standing.id.desc())
    return _made(session.execute(statement))


def condition(standing: Held, today: date, *, category_ids: Collection[int] = ()) -> ColumnElement[bool]:
    """The vendors that stand so, for any of the categories (and for everything they do), or at all.

    A standing past its last day is *review due* and no longer its level; *suspended* holds until somebody lifts it.
    """
    in_force = select(Standing.vendor_id).where(Standing.ended_at.is_(None))
    if category_ids:
        in_force = in_force.where(or_(Standing.category_id.is_(None), Standing.category_id.in_(category_ids)))
    if standing is Held.NONE:
        return Vendor.id.not_in(in_force)
    if standing is Held.REVIEW_DUE:
        return Vendor.id.in_(in_force.where(Standing.valid_until < today))
    level = StandingLevel(standing.value)
    in_force = in_force.where(Standing.level == level)
    if level is not StandingLevel.SUSPENDED:
        in_force = in_force.where(Standing.valid_until >= today)
    return Vendor.id.in_(in_force)


def is_suspended(vendor_id: Any, offered: niches.Placed) -> ColumnElement[bool]:
    """The condition that a vendor is suspended for everything, for what it offers, or for what that stands below."""
    covering = (offered.entry.id, offered.parent.id, offered.grandparent.id)
    return exists().where(
        Standing.workspace_id == offered.entry.workspace_id,
        Standing.vendor_id == vendor_id,
        Standing.ended_at.is_(None),
        Standing.level == StandingLevel.SUSPENDED,
        or_(Standing.category_id.is_(None), *(Standing.category_id == category for category in covering)),
    )


def sort_key() -> ColumnElement[Any]:
    """What vendors are sorted by: their most careful standing in force (preferred 0 to suspended 3), else NULL."""
    careful = case(
        {level.value: place for place, level in enumerate(StandingLevel)}, value=type_coerce(Standing.level, String)
    )
    return (
        select(func.max(careful))
        .where(
            Standing.workspace_id == Vendor.workspace_id,
            Standing.vendor_id == Vendor.id,
            Standing.ended_at.is_(None),
        )
        .correlate(Vendor)
        .scalar_subquery()
    )


def _rows() -> Any:
    giver = aliased(User)
    return (
        select(
            Standing.id,
            Standing.vendor_id,
            Standing.category_id,
            func.coalesce(Category.name, ""),
            Standing.level,
            Standing.reason,
            Standing.valid_until,
            Standing.given_on,
            func.coalesce(giver.name, ""),
            Standing.ended_at,
        )
        .outerjoin(Category, Category.id == Standing.category_id)
        .outerjoin(giver, giver.id == Standing.given_by)
    )


def _made(rows: Iterable[Any]) -> list[StandingRow]:
    return [StandingRow(*row) for row in rows]
