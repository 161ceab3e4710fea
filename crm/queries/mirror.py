"""Reading what the mirror shows: the areas that are handed over, our check-ins, and the hours on both sides."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from crm.core.tenancy import WorkspaceSession
from crm.models.decision_areas import DecisionArea, HintDismissal, InteractionArea, LevelChange
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import Hint, InteractionKind, Level, Side, Stage
from crm.models.log import Interaction
from crm.models.vendors import Vendor
from crm.queries.delegated_works import DECIDED

MOST_AREAS = 500
"""So many areas are looked at, by the vendor's name."""
MOST_CHECK_INS = 10_000
WITH_US = (Stage.PROSPECT, Stage.TRIAL, Stage.ACTIVE)
"""Nobody is looked after too closely once they are parked, or gone."""


@dataclass(frozen=True, slots=True)
class Area:
    """An open area of a vendor that we work with; ``since`` is when it came to its level."""

    id: int
    vendor_id: int
    vendor: str
    name: str
    level: Level
    since: date


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A conversation, or an attempt at one, that we began. ``area_ids`` are those it names."""

    id: int
    vendor_id: int
    kind: InteractionKind
    occurred_on: date
    area_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Hours:
    """Minutes with a vendor: in conversations, and on works whose vendor's minutes are known; ours and theirs.

    ``works`` are those, ``left_out`` the works of the same weeks without the vendor's minutes.
    """

    vendor_id: int
    vendor: str
    talked: int
    ours: int
    theirs: int
    works: int
    left_out: int


def areas(session: WorkspaceSession) -> list[Area]:
    """The open areas of vendors that we work with, by the vendor's name. One query."""
    before, after = LevelChange.from_level, LevelChange.to_level
    since = func.max(case((or_(before.is_(None), before != after), LevelChange.changed_on)))
    statement = (
        select(DecisionArea.id, Vendor.id, Vendor.name, DecisionArea.name, DecisionArea.level, since)
        .join(Vendor, Vendor.id == DecisionArea.vendor_id)
        .join(LevelChange, LevelChange.area_id == DecisionArea.id)
        .where(DecisionArea.closed_at.is_(None), Vendor.stage.in_(WITH_US))
        .group_by(DecisionArea.id, Vendor.id)
        .order_by(Vendor.normal_name, Vendor.id, DecisionArea.name, DecisionArea.id)
        .limit(MOST_AREAS)
    )
    return [Area(*row) for row in session.execute(statement)]


def check_ins(session: WorkspaceSession, vendor_ids: Collection[int], *, first: date, last: date) -> list[CheckIn]:
    """Our check-ins with these vendors from the first day to the last, in their order. One query.

    A delivery is none, whoever logged it: it is their work that came.
    """
    if not vendor_ids:
        return []
    statement = (
        select(
            Interaction.id, Interaction.vendor_id, Interaction.kind, Interaction.occurred_on, InteractionArea.area_id
        )
        .outerjoin(InteractionArea, InteractionArea.interaction_id == Interaction.id)
        .where(
            Interaction.vendor_id.in_(vendor_ids),
            Interaction.deleted_at.is_(None),
            Interaction.initiated_by == Side.US,
            Interaction.kind != InteractionKind.DELIVERY,
            Interaction.occurred_on.between(first, last),
        )
        .order_by(Interaction.occurred_on, Interaction.id)
        .limit(MOST_CHECK_INS)
    )
    found: dict[int, CheckIn] = {}
    for row_id, vendor_id, kind, day, area_id in session.execute(statement):
        named = found[row_id].area_ids if row_id in found else frozenset()
        found[row_id] = CheckIn(row_id, vendor_id, kind, day, named | ({area_id} if area_id else set()))
    return list(found.values())


def hours(session: WorkspaceSession, *, first: date, last: date) -> list[Hours]:
    """The hours with each vendor whose own hours are known for some work decided in these days. One query."""
    is_known = DelegatedWork.vendor_minutes > 0
    talked = (
        select(func.coalesce(func.sum(Interaction.minutes), 0))
        .where(
            Interaction.workspace_id == Vendor.workspace_id,
            Interaction.vendor_id == Vendor.id,
            Interaction.deleted_at.is_(None),
            Interaction.occurred_on.between(first, last),
        )
        .scalar_subquery()
    )
    statement = (
        select(
            Vendor.id,
            Vendor.name,
            talked,
            func.coalesce(func.sum(case((is_known, DelegatedWork.our_minutes))), 0),
            func.sum(case((is_known, DelegatedWork.vendor_minutes))),
            func.count(case((is_known, DelegatedWork.id))),
            func.count(case((or_(DelegatedWork.vendor_minutes.is_(None), ~is_known), DelegatedWork.id))),
        )
        .join(DelegatedWork, DelegatedWork.vendor_id == Vendor.id)
        .where(DelegatedWork.outcome.in_(DECIDED), DelegatedWork.decided_on.between(first, last))
        .group_by(Vendor.id)
        .having(func.count(case((is_known, DelegatedWork.id))) > 0)
        .order_by(Vendor.normal_name, Vendor.id)
        .limit(MOST_AREAS)
    )
    return [
        Hours(vendor_id, name, int(talked), int(ours), int(theirs), works, left_out)
        for vendor_id, name, talked, ours, theirs, works, left_out in session.execute(statement)
    ]


def log_began_on(session: WorkspaceSession) -> date | None:
    """The day of the earliest conversation of the business. One query."""
    return session.scalar(select(func.min(Interaction.occurred_on)).where(Interaction.deleted_at.is_(None)))


def is_due(here: Any, reader_id: Any, today: Any, first: Any) -> ColumnElement[int]:
    """A column of another question: 1 where there is something to look at since ``first`` in the workspace ``here``,
    and the reader has not put it off on that day."""
    vendor = aliased(Vendor)
    old_area = (
        select(DecisionArea.id)
        .join(vendor, vendor.id == DecisionArea.vendor_id)
        .where(
            DecisionArea.workspace_id == here,
            DecisionArea.closed_at.is_(None),
            vendor.stage.in_(WITH_US),
            _came_to_its_level_by(first),
        )
        .exists()
    )
    log = (
        select(Interaction.id)
        .where(Interaction.workspace_id == here, Interaction.deleted_at.is_(None), Interaction.occurred_on <= first)
        .exists()
    )
    is_put_off = select(HintDismissal.id).where(HintDismissal.workspace_id == here, _hides(reader_id, today)).exists()
    return case((and_(old_area, log, ~is_put_off), 1), else_=0)


def put_off(session: WorkspaceSession, *, reader_id: int, today: date) -> HintDismissal | None:
    """The "not this month" of a reader that holds on a day. One query."""
    return session.scalars(select(HintDismissal).where(_hides(reader_id, today)).limit(1)).first()


def _hides(reader_id: Any, today: Any) -> ColumnElement[bool]:
    return and_(HintDismissal.kind == Hint.MIRROR, HintDismissal.dismissed_by == reader_id, HintDismissal.until > today)


def _came_to_its_level_by(first: Any) -> ColumnElement[bool]:
    """Whether an area has its level since a day: it has a history, and none of it is later."""
    changes = select(LevelChange.id).where(
        LevelChange.workspace_id == DecisionArea.workspace_id,
        LevelChange.area_id == DecisionArea.id,
    )
    is_change = or_(LevelChange.from_level.is_(None), LevelChange.from_level != LevelChange.to_level)
    later = changes.where(is_change, LevelChange.changed_on > first)
    return and_(changes.exists(), ~later.exists())
