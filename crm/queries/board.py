"""Reading the board: cards as plain rows, the most urgent first, and what stands in each column."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, union_all

from crm.core import limits, text
from crm.core.row_limits import at_most, written_out
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import BOARD_STAGES, ParkingReason, ReminderKind, Stage
from crm.models.stages import Parking, ParkingTrigger
from crm.models.trials import TrialTask
from crm.models.vendors import AcceptedFlaw, Vendor, VendorCategory
from crm.models.workspaces import Membership, User
from crm.queries.categories import Tree
from crm.queries.trust_figures import any_reader, log_of

FARTHEST = date.max
COUNTED = 100
"""How far the vendors of a category are counted for the menu of categories."""
_KEPT = 32
"""So many statements are kept for as long as they are asked again: to put one together takes longer than its answer."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which vendors the board shows: one person's, those that need attention on a day, those of some categories."""

    owner_id: int | None = None
    due_by: date | None = None
    category_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A vendor on the board.

    flaw       an accepted flaw, empty where there is none.
    trial      what an open trial task is about, empty where there is none.
    attempts   unanswered attempts in a row.
    undecided  the vendor is in its trial stage without an outcome: leaving asks for one.
    is_ripe    something has come true that a parked vendor waited for, and nobody has answered it.
    trust_log  as figures read it, as far as the reader may: :func:`crm.queries.trust_figures.log_of`.
    """

    id: int
    name: str
    what_they_do: str
    stage: Stage
    stage_since: date
    owner: str
    next_on: date | None
    due_kind: ReminderKind | None
    attempts: int
    parked_for: ParkingReason | None
    condition: str
    revisit_on: date | None
    trial: str
    undecided: bool
    flaw: str
    is_ripe: bool
    trust_log: str

    @property
    def tint(self) -> int:
        """The tint of its name."""
        return text.tint(self.name)

    @property
    def owner_tint(self) -> int:
        """The tint of its owner's name."""
        return text.tint(self.owner)

    @property
    def owner_initials(self) -> str:
        return text.initials(self.owner)

    @property
    def ways(self) -> str:
        """The name of its menu: cards with the same one can go the same ways."""
        return f"ways-{self.stage.value}{'-undecided' if self.undecided else ''}"


@dataclass(frozen=True, slots=True)
class Column:
    """A stage: its cards, the most urgent first, and how many there are in all."""

    stage: Stage
    cards: list[Card]
    count: int

    @property
    def hidden(self) -> int:
        """How many are not shown."""
        return self.count - len(self.cards)

    @property
    def patterns(self) -> list[Card]:
        """One card of each kind of :attr:`Card.ways`."""
        return list({card.ways: card for card in self.cards}.values())


@dataclass(frozen=True, slots=True)
class Counts:
    """How many vendors stand in each column under the filters, and how many need attention without that filter."""

    by_stage: Mapping[Stage, int]
    needs_attention: int


def columns(
    session: WorkspaceSession,
    filters: Filters,
    today: date,
    shown: Mapping[Stage, int] | None = None,
    *,
    reader: Membership,
) -> tuple[list[Column], int]:
    """The four columns and how many vendors need attention. Two queries.

    ``shown`` says how many cards of a column to show, ``limits.BOARD_CARDS`` where it says nothing.
    """
    counted = counts(session, filters, today)
    by_stage: dict[Stage, list[Card]] = {stage: [] for stage in BOARD_STAGES}
    for card in _cards(session, filters, shown or {}, reader):
        by_stage[card.stage].append(card)
    found = [Column(stage, cards, counted.by_stage.get(stage, 0)) for stage, cards in by_stage.items()]
    return found, counted.needs_attention


def counts(session: WorkspaceSession, filters: Filters, today: date) -> Counts:
    """How many stand where. One query."""
    rows = session.rows(_counting(filters, today))
    return Counts({stage: int(count) for stage, count, _ in rows}, sum(int(urgent) for *_, urgent in rows))


@lru_cache(maxsize=_KEPT)
def _counting(filters: Filters, today: date) -> Any:
    urgent = case((Vendor.next_on <= today, 1), else_=0)
    within = urgent if filters.due_by else 1
    return (
        select(Vendor.stage, func.sum(within), func.sum(urgent))
        .where(Vendor.stage.in_(BOARD_STAGES), *_conditions(filters, attention=False))
        .group_by(Vendor.stage)
    )


def top_categories(session: WorkspaceSession, tree: Tree, *, most: int = COUNTED) -> list[tuple[int, str, int]]:
    """The categories at the top that have vendors on the board, by name, with how many. One query.

    They are counted up to ``most`` and one more: a menu need not read every vendor of a large business.
    """
    tops = {top.id: top.name for top in tree.children(None)}
    if not tops:
        return []
    counts = session.rows(_counting_under(tuple((top, tuple(tree.below(top))) for top in tops), most))
    return sorted(((top, tops[top], count) for top, count in counts if count), key=lambda found: found[1].casefold())


@lru_cache(maxsize=_KEPT)
def _counting_under(tops: tuple[tuple[int, tuple[int, ...]], ...], most: int) -> Any:
    """How many vendors of the board are filed under each of these categories, or under what is below it."""

    def under(category_ids: tuple[int, ...]) -> Any:
        numbers = [written_out(category_id) for category_id in category_ids]
        # Plus nothing: else SQLite reads all vendors in their order to find each once, instead of the few it needs.
        return (
            select(VendorCategory.vendor_id + 0)
            .join(Vendor, Vendor.id == VendorCategory.vendor_id)
            .where(VendorCategory.category_id.in_(numbers), or_(*(Vendor.stage == stage for stage in BOARD_STAGES)))
            .distinct()
            .limit(at_most(most + 1))
            .subquery()
        )

    counting = [select(literal(top).label("top"), func.count()).select_from(under(ids)) for top, ids in tops]
    return union_all(*counting) if len(counting) > 1 else counting[0]


def _cards(
    session: WorkspaceSession, filters: Filters, shown: Mapping[Stage, int], reader: Membership
) -> Iterable[Card]:
    most = tuple(shown.get(stage, limits.BOARD_CARDS) for stage in BOARD_STAGES)
    question = _shown(session.workspace_id, filters, most, reader.is_admin)
    return [_card(row) for row in session.rows(question, {"reader_id": reader.user_id})]


@lru_cache(maxsize=_KEPT)
def _shown(here: int, filters: Filters, most: tuple[int, ...], is_admin: bool) -> Any:
    # One limited question a column, so that each reads no more than it shows, joined into one statement.
    picked = union_all(
        *(
            select(_first(here, stage, filters, count).subquery().c.id)
            for stage, count in zip(BOARD_STAGES, most, strict=True)
        ),
        select(_ripe(here, filters).subquery().c.id),
    ).subquery()
    ripe = _scalar(
        ParkingTrigger.id,
        ParkingTrigger,
        and_(ParkingTrigger.parking_id == Parking.id, ParkingTrigger.answered_on.is_(None)),
        beside=Parking,
    )
    trial = _scalar(TrialTask.what, TrialTask, TrialTask.outcome.is_(None))
    decided = _scalar(TrialTask.id, TrialTask, TrialTask.ended_on >= Vendor.stage_since)
    return (
        select(
            Vendor.id,
            Vendor.name,
            Vendor.what_they_do,
            Vendor.stage,
            Vendor.stage_since,
            User.name.label("owner"),
            Vendor.next_on,
            Vendor.due_kind,
            Vendor.due_why,
            Parking.reason,
            Parking.condition,
            Parking.revisit_on,
            trial.label("trial"),
            decided.label("decided"),
            _scalar(AcceptedFlaw.flaw, AcceptedFlaw, True).label("flaw"),
            ripe.label("ripe"),
            log_of(Vendor.id, Vendor.workspace_id, any_reader(is_admin)).label("trust_log"),
        )
        .outerjoin(User, User.id == Vendor.owner_id)
        .outerjoin(Parking, and_(Parking.vendor_id == Vendor.id, Parking.ended_on.is_(None)))
        .where(Vendor.id.in_(select(picked.c.id)))
        .order_by(case((ripe.is_(None), 1), else_=0), *_urgency())
    )


def _ripe(here: int, filters: Filters) -> Any:
    """Those for whom the time looks right: they stand on the board whatever else is due."""
    return (
        select(Vendor.id)
        .join(Parking, and_(Parking.vendor_id == Vendor.id, Parking.ended_on.is_(None)))
        .join(ParkingTrigger, ParkingTrigger.parking_id == Parking.id)
        .where(Vendor.workspace_id == here, Vendor.stage == Stage.PARKED, ParkingTrigger.answered_on.is_(None))
        .where(*_conditions(filters))
        .order_by(*_urgency())
        .limit(at_most(limits.BOARD_CARDS))
    )


def _first(here: int, stage: Stage, filters: Filters, count: int) -> Any:
    """The first cards of a column: those with a day and those without are each read along the index, which has the
    latter by their names, and only so many of either."""
    of_stage = (
        select(Vendor.id, Vendor.next_on, Vendor.normal_name)
        .where(Vendor.workspace_id == here, Vendor.stage == stage, *_conditions(filters))
        .limit(at_most(count))
    )
    planned = of_stage.where(Vendor.next_on.is_not(None)).order_by(Vendor.next_on, Vendor.normal_name, Vendor.id)
    others = of_stage.where(Vendor.next_on.is_(None)).order_by(Vendor.normal_name, Vendor.id)
    both = union_all(select(planned.subquery()), select(others.subquery())).subquery()
    in_order = func.coalesce(both.c.next_on, FARTHEST), both.c.normal_name, both.c.id
    return select(both.c.id).order_by(*in_order).limit(at_most(count))


def _urgency() -> Sequence[Any]:
    """Overdue, today, planned, nothing planned: by date, nothing last."""
    return func.coalesce(Vendor.next_on, FARTHEST), Vendor.normal_name, Vendor.id


def _conditions(filters: Filters, *, attention: bool = True) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.owner_id is not None:
        found.append(Vendor.owner_id == filters.owner_id)
    if attention and filters.due_by is not None:
        found.append(Vendor.next_on <= filters.due_by)
    if filters.category_ids:
        offers = select(VendorCategory.vendor_id).where(VendorCategory.category_id.in_(filters.category_ids))
        found.append(Vendor.id.in_(offers))
    return found


def _scalar(column: Any, table: Any, condition: Any, *, beside: Any = Vendor) -> Any:
    return (
        select(column)
        .where(table.vendor_id == Vendor.id, table.workspace_id == Vendor.workspace_id, condition)
        .order_by(table.id)
        .limit(at_most(1))
        .correlate(Vendor, beside)
        .scalar_subquery()
    )


def _card(row: Any) -> Card:
    return Card(
        id=row.id,
        name=row.name,
        what_they_do=row.what_they_do,
        stage=row.stage,
        stage_since=row.stage_since,
        owner=row.owner or "",
        next_on=row.next_on,
        due_kind=row.due_kind,
        attempts=(row.due_why or {}).get("attempts", 0),
        parked_for=row.reason,
        condition=row.condition or "",
        revisit_on=row.revisit_on,
        trial=row.trial or "",
        undecided=row.stage is Stage.TRIAL and (row.trial is not None or row.decided is None),
        flaw=row.flaw or "",
        is_ripe=row.ripe is not None,
        trust_log=row.trust_log or "",
    )
