"""Reading needs, and what has to come first."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import aliased

from crm.core import limits
from crm.core.row_limits import at_most
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import CLOSED_NEEDS, NeedStatus, Stage
from crm.models.needs import CategoryPrerequisite, Need, NeedMove, NeedPrerequisite, ParkingNeed
from crm.models.stages import Parking
from crm.models.trials import TrialBrief
from crm.models.vendors import Vendor, VendorCategory
from crm.queries import niches, search
from crm.queries.keysets import Along, Page, Step, equal, page, says


@dataclass(frozen=True, slots=True)
class PrerequisiteRow:
    """What has to come first: another need with its status, or a line that somebody ticked off or not."""

    id: int
    need_id: int
    other_id: int | None
    what: str
    status: NeedStatus | None
    met_at: datetime | None
    met_by: int | None

    @property
    def is_met(self) -> bool:
        """A need that is filled, or a line that is ticked off."""
        return self.status is NeedStatus.FILLED if self.other_id is not None else self.met_at is not None


@dataclass(frozen=True, slots=True)
class NeedRow:
    """A need in a list."""

    need: Need
    filled_by: str
    """The name of the vendor that fills it."""
    prerequisites: list[PrerequisiteRow] = field(default_factory=list)

    @property
    def unmet(self) -> int:
        """How many prerequisites are not met."""
        return sum(not each.is_met for each in self.prerequisites)


_OPEN_FIRST = case(
    {
        status: place
        for place, status in enumerate(
            (
                NeedStatus.IN_TRIAL,
                NeedStatus.SOURCING,
                NeedStatus.DEFINED,
                NeedStatus.IDEA,
                NeedStatus.ON_HOLD,
                NeedStatus.FILLED,
            )
        )
    },
    value=Need.status,
    else_=9,
)


def opened(session: WorkspaceSession, *, limit: int, offset: int = 0) -> list[NeedRow]:
    """The needs that somebody is still looked for, the furthest first, with what has to come first. Two queries."""
    rows = _in_lines(session, Need.status.not_in(CLOSED_NEEDS), _OPEN_FIRST, limit, offset)
    first = prerequisites(session, [row.need.id for row in rows])
    return [replace(row, prerequisites=first[row.need.id]) for row in rows]


def closed(session: WorkspaceSession, *, limit: int, offset: int = 0) -> list[NeedRow]:
    """The needs that are filled or dropped, the latest first. One query."""
    return _in_lines(session, Need.status.in_(CLOSED_NEEDS), Need.status_since.desc(), limit, offset)


def _in_lines(session: WorkspaceSession, which: Any, order: Any, limit: int, offset: int) -> list[NeedRow]:
    statement = (
        select(Need, Vendor.name)
        .outerjoin(Vendor, Vendor.id == Need.filled_by_id)
        .where(which)
        .order_by(order, Need.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [NeedRow(need, name or "") for need, name in session.execute(statement)]


@dataclass(frozen=True, slots=True)
class FoundNeed:
    """A need that a search found."""

    id: int
    outcome: search.Marked
    snippet: search.Marked
    status: NeedStatus


def found(session: WorkspaceSession, typed: str, *, limit: int, by_outcome: bool = False) -> list[FoundNeed]:
    """The needs that hold all the words, in their outcome alone or in all that is said; nearest first. One query."""
    rows = {row.id: row for row in session.rows(_newest())} if typed else {}
    texts = [
        search.Written(row.id, row.outcome, "" if by_outcome else f"{row.volume} {row.deliverables} {row.acceptance}")
        for row in rows.values()
    ]
    return [
        FoundNeed(each.id, each.title, each.snippet, rows[each.id].status)
        for each in search.among(texts, typed, limit=limit)
    ]


@cache
def _newest() -> Select[*tuple[Any, ...]]:
    """Written once and kept: a search asks it as one types."""
    columns = Need.id, Need.outcome, Need.volume, Need.deliverables, Need.acceptance, Need.status
    return select(*columns).order_by(Need.id.desc()).limit(at_most(limits.NEEDS_MAPPED))


def prerequisites(session: WorkspaceSession, need_ids: Iterable[int]) -> defaultdict[int, list[PrerequisiteRow]]:
    """What has to come first, by need. One query."""
    other = aliased(Need)
    rows = NeedPrerequisite
    statement = (
        select(
            rows.id,
            rows.need_id,
            rows.other_id,
            func.coalesce(other.outcome, rows.what),
            other.status,
            rows.met_at,
            rows.met_by,
        )
        .outerjoin(other, other.id == rows.other_id)
        .where(rows.need_id.in_(list(need_ids)))
        .order_by(rows.position, rows.id)
    )
    found: defaultdict[int, list[PrerequisiteRow]] = defaultdict(list)
    for row in session.execute(statement):
        found[row.need_id].append(PrerequisiteRow(*row))
    return found


def edges(session: WorkspaceSession) -> dict[int, list[int]]:
    """The needs that come first, by need: the whole graph of the business."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    rows = select(NeedPrerequisite.need_id, NeedPrerequisite.other_id).where(NeedPrerequisite.other_id.is_not(None))
    for need_id, other_id in session.execute(rows):
        if other_id is not None:
            found[need_id].append(other_id)
    return dict(found)


def wait_for(session: WorkspaceSession, need_id: int) -> list[tuple[int, str, NeedStatus]]:
    """The needs that this one has to come before: id, outcome, status."""
    statement = (
        select(Need.id, Need.outcome, Need.status)
        .join(NeedPrerequisite, NeedPrerequisite.need_id == Need.id)
        .where(NeedPrerequisite.other_id == need_id)
        .order_by(Need.id)
    )
    return [(row.id, row.outcome, row.status) for row in session.execute(statement)]


def moves_of(session: WorkspaceSession, need_id: int) -> Sequence[NeedMove]:
    """How a need came to its status, latest first."""
    statement = select(NeedMove).where(NeedMove.need_id == need_id).order_by(NeedMove.id.desc())
    return session.scalars(statement).all()


def has_briefs(session: WorkspaceSession, need_id: int) -> bool:
    """Whether a trial task's brief was written for it."""
    return session.scalar(select(TrialBrief.id).where(TrialBrief.need_id == need_id).limit(1)) is not None


def usual_prerequisites(session: WorkspaceSession, category_id: int) -> list[str]:
    """What usually comes first for work of this place in the tree: what is said at it or above it."""
    places = niches.tree(session)
    place = places.get(category_id)
    if place is None:
        return []
    return said_to_come_first(session, {category_id, place.category_id, place.niche_id} - {None})


def said_to_come_first(session: WorkspaceSession, category_ids: Collection[int | None]) -> list[str]:
    """What is said to come first at these places of the tree themselves, each once. One query."""
    statement = (
        select(CategoryPrerequisite.what)
        .where(CategoryPrerequisite.category_id.in_(category_ids))
        .order_by(CategoryPrerequisite.category_id, CategoryPrerequisite.position, CategoryPrerequisite.id)
    )
    return list(dict.fromkeys(session.scalars(statement)))


@dataclass(frozen=True, slots=True)
class Offers:
    """What a vendor does, held against a need: whether its niche matches (None where one side has no category), and
    of how many categories it offers work."""

    is_in_niche: bool | None
    categories: int


def offers(session: WorkspaceSession, vendor_ids: Iterable[int], category_id: int | None) -> dict[int, Offers]:
    """What each of these vendors does, held against work of a place in the tree. Two queries."""
    places = niches.tree(session)
    wanted = places.get(category_id) if category_id is not None else None
    done: dict[int, list[niches.Niche]] = {vendor_id: [] for vendor_id in vendor_ids}
    rows = select(VendorCategory.vendor_id, VendorCategory.category_id).where(VendorCategory.vendor_id.in_(list(done)))
    for row in session.execute(rows):
        done[row.vendor_id].append(places[row.category_id])
    return {vendor_id: _offers(wanted, theirs) for vendor_id, theirs in done.items()}


def _offers(wanted: niches.Niche | None, theirs: list[niches.Niche]) -> Offers:
    is_in_niche = None if wanted is None or not theirs else any(wanted.matches(each) for each in theirs)
    return Offers(is_in_niche, len({each.category_id for each in theirs}))


def active_vendors(session: WorkspaceSession, *, limit: int = 200) -> list[tuple[int, str]]:
    """Those we work with, by name."""
    statement = select(Vendor.id, Vendor.name).where(Vendor.stage == Stage.ACTIVE).order_by(Vendor.name, Vendor.id)
    return [(vendor_id, name) for vendor_id, name in session.execute(statement.limit(limit))]


def parkings_waiting(session: WorkspaceSession, need_id: int) -> list[Parking]:
    """The open parkings that wait for this need: to be filled, or for its budget."""
    statement = (
        select(Parking)
        .join(ParkingNeed, ParkingNeed.parking_id == Parking.id)
        .where(ParkingNeed.need_id == need_id, Parking.ended_on.is_(None))
        .order_by(Parking.id)
    )
    return list(session.scalars(statement))


def in_their_niche(session: WorkspaceSession, vendor_id: int) -> list[Need]:
    """The open needs for work that a vendor does. Three queries."""
    places = niches.tree(session)
    offered = session.scalars(select(VendorCategory.category_id).where(VendorCategory.vendor_id == vendor_id))
    theirs = [places[category_id] for category_id in offered]
    matching = [entry for entry, place in places.items() if any(place.matches(each) for each in theirs)]
    statement = select(Need).where(Need.status.not_in(CLOSED_NEEDS), Need.category_id.in_(matching))
    return list(session.scalars(statement.order_by(Need.id)))


@dataclass(frozen=True, slots=True)
class Choice:
    """A need to choose."""

    id: int
    outcome: str


def first_of(session: WorkspaceSession, parking_ids: Iterable[int]) -> dict[int, int]:
    """The need that is waited for, by parking. One query."""
    statement = select(ParkingNeed.parking_id, ParkingNeed.need_id).where(ParkingNeed.parking_id.in_(list(parking_ids)))
    return {row.parking_id: row.need_id for row in session.execute(statement)}


def waited_for(session: WorkspaceSession, parking_id: int) -> Choice | None:
    """The need that a parking waits for."""
    statement = (
        select(Need.id, Need.outcome)
        .join(ParkingNeed, ParkingNeed.need_id == Need.id)
        .where(ParkingNeed.parking_id == parking_id)
    )
    row = session.execute(statement).first()
    return Choice(*row) if row else None


def to_choose_from(session: WorkspaceSession, *, limit: int = 1_000) -> list[Choice]:
    """The needs that nobody fills yet, the furthest first."""
    statement = (
        select(Need.id, Need.outcome).where(Need.status.not_in(CLOSED_NEEDS)).order_by(_OPEN_FIRST, Need.id.desc())
    )
    return [Choice(*row) for row in session.execute(statement.limit(limit))]


SORTS = {"id": Along(Need.id), "created_at": Along(Need.created_at), "status_since": Along(Need.status_since)}


def listed(
    session: WorkspaceSession, step: Step, *, words: str = "", is_open: bool | None = None, **exact: Any
) -> Page:
    """One page of the needs; the open ones are those that somebody is still looked for. One query."""
    statement = select(Need).where(*says(words, Need.outcome, Need.deliverables), *equal(Need, exact))
    if is_open is not None:
        statement = statement.where(Need.status.not_in(CLOSED_NEEDS) if is_open else Need.status.in_(CLOSED_NEEDS))
    return page(session, statement, Need.id, SORTS, step)
