"""Who could bring each need: needs against vendors, with the gaps, and what rests on one vendor alone.

A vendor stands for a need where its niche matches, where it is at work on a trial task for it, or where it fills it.
Those whom we let go stand for nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, union_all

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import BOARD_STAGES, Coverage, NeedStatus, Stage
from crm.models.needs import Need
from crm.models.trials import TrialBrief, TrialTask
from crm.models.vendors import Vendor, VendorCategory
from crm.queries import niches
from crm.queries.categories import Tree


@dataclass(frozen=True, slots=True)
class Bearer:
    """A vendor that could bring a need, or does."""

    id: int
    name: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class Cover:
    """Who could bring a need, by name; ``is_known`` says whether the need tells what kind of work it is."""

    vendors: tuple[Bearer, ...] = ()
    is_known: bool = True

    def of(self, stage: Stage) -> list[Bearer]:
        """Those of a stage."""
        return [each for each in self.vendors if each.stage == stage]

    @property
    def state(self) -> Coverage:
        """How safely the need stands."""
        active, tried = self.of(Stage.ACTIVE), self.of(Stage.TRIAL)
        if active:
            return Coverage.ALONE if len(active) == 1 else Coverage.COVERED
        if tried:
            return Coverage.TRYING
        return Coverage.GAP if self.is_known else Coverage.UNKNOWN

    @property
    def rests_on(self) -> Bearer | None:
        """The one vendor that it rests on."""
        return self.of(Stage.ACTIVE)[0] if self.state is Coverage.ALONE else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A need, as far as coverage asks."""

    id: int
    outcome: str
    status: NeedStatus
    category_id: int | None


def wanted(session: WorkspaceSession, *, limit: int) -> list[Wanted]:
    """The needs that are not dropped, in the order of their words: the ones filled too, for they may rest on one
    vendor alone. One query."""
    statement = (
        select(Need.id, Need.outcome, Need.status, Need.category_id)
        .where(Need.status != NeedStatus.DROPPED)
        .order_by(Need.outcome, Need.id)
        .limit(limit)
    )
    return [Wanted(*row) for row in session.execute(statement)]


def covers(session: WorkspaceSession, needs: Iterable[Wanted | Need], tree: Tree) -> dict[int, Cover]:
    """Who could bring each of these needs, of a business with this tree. Two queries, however many there are."""
    places = niches.places(tree)
    kinds = {need.id: need.category_id for need in needs}
    matching = {
        kind: {entry for entry, place in places.items() if places[kind].matches(place)}
        for kind in {each for each in kinds.values() if each is not None}
    }
    by_kind = _in_niche(session, matching)
    at_work = _at_work(session, kinds)
    usual = {kind: _cover(vendors) for kind, vendors in by_kind.items()} | {None: Cover(is_known=False)}
    return {
        need_id: _cover(by_kind.get(kind, {}) | at_work[need_id], is_known=kind is not None)
        if need_id in at_work
        else usual[kind]
        for need_id, kind in kinds.items()
    }


def _cover(vendors: Mapping[int, Bearer], *, is_known: bool = True) -> Cover:
    return Cover(tuple(sorted(vendors.values(), key=lambda each: (each.name.casefold(), each.id))), is_known)


def _in_niche(session: WorkspaceSession, matching: dict[int, set[int]]) -> dict[int | None, dict[int, Bearer]]:
    """The vendors whose niche matches, by the place in the tree that is wanted."""
    entries = set().union(*matching.values())
    statement = (
        select(VendorCategory.category_id, Vendor.id, Vendor.name, Vendor.stage)
        .join(Vendor, Vendor.id == VendorCategory.vendor_id)
        .where(Vendor.stage.in_(BOARD_STAGES), VendorCategory.category_id.in_(entries))
    )
    offered: defaultdict[int, dict[int, Bearer]] = defaultdict(dict)
    for entry, vendor_id, name, stage in session.execute(statement):
        offered[entry][vendor_id] = Bearer(vendor_id, name, stage)
    found: dict[int | None, dict[int, Bearer]] = {}
    for kind, those in matching.items():
        found[kind] = {}
        for entry in those:
            found[kind] |= offered.get(entry, {})
    return found


def _at_work(session: WorkspaceSession, need_ids: Collection[int]) -> dict[int, dict[int, Bearer]]:
    """Those who fill a need, and those who are at work on a trial task for it, whatever their niche."""
    named, on_board = (Vendor.id, Vendor.name, Vendor.stage), Vendor.stage.in_(BOARD_STAGES)
    filling = (
        select(Need.id.label("need_id"), *named)
        .join(Vendor, Vendor.id == Need.filled_by_id)
        .where(on_board, Need.id.in_(need_ids))
    )
    trying = (
        select(TrialBrief.need_id, *named)
        .join(TrialTask, TrialTask.brief_id == TrialBrief.id)
        .join(Vendor, Vendor.id == TrialTask.vendor_id)
        .where(on_board, TrialBrief.need_id.in_(need_ids), TrialTask.outcome.is_(None))
    )
    found: defaultdict[int, dict[int, Bearer]] = defaultdict(dict)
    rows: Iterable[Any] = session.execute(union_all(filling, trying))
    for row in rows:
        found[row.need_id][row.id] = Bearer(row.id, row.name, row.stage)
    return dict(found)
