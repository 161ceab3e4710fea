"""Reading what the delegation board's suggestions and warnings rest on: for any number of vendors one query."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    Date,
    Integer,
    String,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from crm.core.tenancy import WorkspaceSession
from crm.models.decision_areas import Access, DecisionArea, HintDismissal, LevelChange
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import Hint, Level, Stage, WorkOutcome
from crm.models.trust_entries import TrustEntry
from crm.models.vendors import Vendor, VendorCategory
from crm.models.workspaces import Membership
from crm.queries import niches
from crm.queries.delegated_works import DECIDED
from crm.queries.trust_entries import stands, unmended_breach
from crm.queries.trust_figures import any_reader, log_of
from crm.queries.visibility import readable

WORKS_OF_AN_AREA = 5
"""So many works of each area are looked at, those decided last, and of the open ones those due first: no rule asks for
more."""
_EXCERPT = 200


@dataclass(frozen=True, slots=True)
class Area:
    """An open decision area: since when it has its level, and when that last fell."""

    id: int
    name: str
    level: Level
    since: date | None = None
    lowered_on: date | None = None
    has_procedure: bool = False
    spends_money: bool = False
    """Somebody said so, or a piece of its work had a cost."""
    has_limit: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of work that was accepted or rejected, or that is open."""

    id: int
    area_id: int | None
    title: str
    outcome: WorkOutcome | None
    decided_on: date | None
    original_due_on: date
    delivered_on: date | None
    rounds: int = 0
    gave_promised: bool | None = None
    """Whether we gave what we had promised for it; None where nobody said."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A major mark against their word that nothing has mended, as far as the reader may know."""

    id: int
    what_happened: str
    occurred_on: date


@dataclass(frozen=True, slots=True)
class Held:
    """An access that was not taken back."""

    id: int
    what: str
    granted_on: date


@dataclass(frozen=True, slots=True)
class PutOff:
    """Somebody said "not yet": by whom, and until when; ``about`` are the numbers of what it rested on."""

    id: int
    kind: Hint
    area_id: int | None
    by: int
    until: date
    about: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Board:
    """What is known of one vendor's delegation board. ``trust_log`` is as trust_figures.entries_in reads it."""

    vendor_id: int
    name: str
    stage: Stage
    trust_log: str | None = None
    areas: list[Area] = field(default_factory=list)
    works: list[Work] = field(default_factory=list)
    breaches: list[Breach] = field(default_factory=list)
    accesses: list[Held] = field(default_factory=list)
    put_off: list[PutOff] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Another:
    """Another vendor who does the same kind of work."""

    id: int
    name: str
    stage: Stage


def boards(session: WorkspaceSession, vendor_ids: Collection[int], *, reader: Membership) -> dict[int, Board]:
    """The boards of these vendors, by id, as far as the reader may know of what they rest on. One query."""
    if not vendor_ids:
        return {}
    asked = {"vendor_ids": sorted(vendor_ids), "reader_id": reader.user_id}
    lines = session.rows(_boards(reader.is_admin), asked)
    found = {
        line.vendor_id: Board(line.vendor_id, line.words, Stage(line.kind), line.more)
        for line in lines
        if line.sort == "vendor"
    }
    for line in lines:
        if line.vendor_id in found:
            _put(found[line.vendor_id], line)
    return found


def lines_of(vendor_id: Any) -> Any:
    """What :func:`with_lines` reads, for another question about one vendor: ``id``, ``words``, and all else packed into
    one text. Breaches and the trust log are not among them."""
    ids = [vendor_id]
    lines = union_all(_areas(ids), _works(ids), _accesses(ids), _put_off(ids)).subquery()
    packed: Any = func.coalesce(lines.c.sort, "")
    for name in _PACKED:
        packed = packed.concat("|").concat(func.coalesce(cast(lines.c[name], String), ""))
    return select(lines.c.id, lines.c.words, packed.label("packed")).subquery()


def with_lines(board: Board, lines: Iterable[tuple[int, str, str]]) -> Board:
    """A board with the lines of :func:`lines_of`, each as id, words, and what was packed."""
    for row_id, words, packed in lines:
        sort, *values = packed.split("|")
        said = {name: _unpacked(name, value) for name, value in zip(_PACKED, values, strict=True)}
        _put(board, SimpleNamespace(sort=sort, id=row_id, words=words, **said))
    return board


def _unpacked(name: str, value: str) -> Any:
    if not value or name == "kind":
        return value or None
    return date.fromisoformat(value) if _SHAPE[name] is Date else int(value)


def _put(board: Board, line: Any) -> None:
    if line.sort in _READ:
        name, read = _READ[line.sort]
        getattr(board, name).append(read(line))


def others_of_the_niche(session: WorkspaceSession, vendor_id: int, *, limit: int) -> list[Another]:
    """Others who do the same kind of work and may be written to: the parked ones first, then by name. One query."""
    own, theirs, mine = niches.Placed("own"), niches.Placed("theirs"), aliased(VendorCategory)
    is_parked = case((Vendor.stage == Stage.PARKED, 0), else_=1)
    statement = (
        select(Vendor.id, Vendor.name, Vendor.stage)
        .join(VendorCategory, VendorCategory.vendor_id == Vendor.id)
        .join(theirs.entry, theirs.entry.id == VendorCategory.category_id)
        .outerjoin(theirs.parent, theirs.parent.id == theirs.entry.parent_id)
        .outerjoin(theirs.grandparent, theirs.grandparent.id == theirs.parent.parent_id)
        .join(mine, mine.vendor_id == vendor_id)
        .join(own.entry, own.entry.id == mine.category_id)
        .outerjoin(own.parent, own.parent.id == own.entry.parent_id)
        .outerjoin(own.grandparent, own.grandparent.id == own.parent.parent_id)
        .where(
            Vendor.id != vendor_id,
            Vendor.stage.in_((Stage.PARKED, Stage.PROSPECT, Stage.TRIAL, Stage.ACTIVE)),
            Vendor.do_not_contact.is_(False),
            own.matches(theirs),
        )
        .group_by(Vendor.id, Vendor.name, Vendor.stage, Vendor.normal_name)
        .order_by(is_parked, Vendor.normal_name, Vendor.id)
        .limit(limit)
    )
    return [Another(*row) for row in session.execute(statement)]


# The one statement


@cache
def _boards(is_admin: bool) -> Any:
    """Made once for admins and once for the others: to make it takes longer than to run it."""
    reader: Any = any_reader(is_admin)
    ids: Any = bindparam("vendor_ids", expanding=True)
    arms = [_vendors(ids, reader), _areas(ids), _works(ids), _breaches(ids, reader), _accesses(ids), _put_off(ids)]
    return union_all(*arms).order_by("vendor_id", "sort", "place", "id")


def _arm(sort: str, vendor_id: Any, row_id: Any, **columns: Any) -> Any:
    """One of the lists, brought into the shape that all of them share."""
    labels: list[Any] = [literal(sort).label("sort"), vendor_id.label("vendor_id"), row_id.label("id")]
    for name, shape in _SHAPE.items():
        value = columns.pop(name, None)
        if shape is Date:  # a cast to a date would make a number of it in SQLite
            labels.append((cast(null(), Date()) if value is None else value).label(name))
        else:
            labels.append(cast(null() if value is None else value, shape()).label(name))
    assert not columns
    return select(*labels)


_SHAPE: dict[str, Any] = {
    "words": Text,
    "more": Text,
    "kind": String,
    "area_id": Integer,
    "day": Date,
    "other_day": Date,
    "third_day": Date,
    "number": Integer,
    "flag": Integer,
    "other_flag": Integer,
    "third_flag": Integer,
    "place": Integer,
}


_PACKED = ("area_id", "kind", "day", "other_day", "third_day", "number", "flag", "other_flag", "third_flag")


def _yes(condition: Any) -> Any:
    return case((condition, 1), else_=0)


def _vendors(ids: Any, reader: Any) -> Any:
    log = log_of(Vendor.id, Vendor.workspace_id, reader)
    return _arm("vendor", Vendor.id, Vendor.id, words=Vendor.name, more=log, kind=Vendor.stage).where(
        Vendor.id.in_(ids)
    )


def _areas(ids: Any) -> Any:
    before, after, day = LevelChange.from_level, LevelChange.to_level, LevelChange.changed_on
    cost = select(DelegatedWork.id).where(
        DelegatedWork.workspace_id == DecisionArea.workspace_id,
        DelegatedWork.area_id == DecisionArea.id,
        DelegatedWork.cost_amount > 0,
    )
    return (
        _arm(
            "area",
            DecisionArea.vendor_id,
            DecisionArea.id,
            words=DecisionArea.name,
            number=DecisionArea.level,
            day=func.max(case((or_(before.is_(None), before != after), day))),
            third_day=func.max(case((after < before, day))),
            flag=_yes(func.trim(DecisionArea.procedure) != ""),
            other_flag=_yes(or_(DecisionArea.spends_money, cost.exists())),
            third_flag=_yes(DecisionArea.limit_amount.is_not(None)),
        )
        .outerjoin(LevelChange, LevelChange.area_id == DecisionArea.id)
        .where(DecisionArea.vendor_id.in_(ids), DecisionArea.closed_at.is_(None))
        .group_by(DecisionArea.id)
    )


def _works(ids: Any) -> Any:
    table = DelegatedWork
    # Of the undecided ones those that were due first: they are the late ones, if any is.
    is_open = table.outcome.is_(None)
    latest = (table.decided_on.desc(), case((is_open, table.original_due_on)), table.original_due_on.desc())
    place = func.row_number().over(
        partition_by=(table.vendor_id, table.area_id, _yes(is_open)), order_by=(*latest, table.id.desc())
    )
    known = (
        select(
            table.vendor_id,
            table.id,
            table.area_id,
            table.title,
            table.outcome,
            table.decided_on,
            table.original_due_on,
            table.delivered_on,
            table.rounds,
            table.gave_promised,
            place.label("place"),
        )
        .where(table.vendor_id.in_(ids), or_(table.outcome.in_(DECIDED), is_open))
        .subquery()
    )
    return _arm(
        "work",
        known.c.vendor_id,
        known.c.id,
        words=known.c.title,
        kind=known.c.outcome,
        area_id=known.c.area_id,
        day=known.c.decided_on,
        other_day=known.c.original_due_on,
        third_day=known.c.delivered_on,
        number=known.c.rounds,
        flag=known.c.gave_promised,
        place=known.c.place,
    ).where(known.c.place <= WORKS_OF_AN_AREA)


def _breaches(ids: Any, reader: Any) -> Any:
    what = func.substr(TrustEntry.what_happened, 1, _EXCERPT)
    return _arm("breach", TrustEntry.vendor_id, TrustEntry.id, words=what, day=TrustEntry.occurred_on).where(
        TrustEntry.vendor_id.in_(ids),
        readable(reader, TrustEntry.visibility, TrustEntry.created_by),
        stands(),
        unmended_breach(reader),
    )


def _accesses(ids: Any) -> Any:
    return _arm("access", Access.vendor_id, Access.id, words=Access.what, day=Access.granted_on).where(
        Access.vendor_id.in_(ids), Access.revoked_on.is_(None)
    )


def _put_off(ids: Any) -> Any:
    table = HintDismissal
    return _arm(
        "put_off",
        table.vendor_id,
        table.id,
        words=table.about,
        kind=table.kind,
        area_id=table.area_id,
        number=table.dismissed_by,
        day=table.until,
    ).where(table.vendor_id.in_(ids))


def _area(line: Any) -> Area:
    return Area(
        id=line.id,
        name=line.words,
        level=Level(line.number),
        since=line.day,
        lowered_on=line.third_day,
        has_procedure=bool(line.flag),
        spends_money=bool(line.other_flag),
        has_limit=bool(line.third_flag),
    )


def _work(line: Any) -> Work:
    return Work(
        id=line.id,
        area_id=line.area_id,
        title=line.words,
        outcome=WorkOutcome(line.kind) if line.kind else None,
        decided_on=line.day,
        original_due_on=line.other_day,
        delivered_on=line.third_day,
        rounds=line.number,
        gave_promised=None if line.flag is None else bool(line.flag),
    )


def _dismissal(line: Any) -> PutOff:
    return PutOff(line.id, Hint(line.kind), line.area_id, line.number, line.day, numbers(line.words))


_READ: dict[str, tuple[str, Any]] = {
    "area": ("areas", _area),
    "work": ("works", _work),
    "breach": ("breaches", lambda line: Breach(line.id, line.words, line.day)),
    "access": ("accesses", lambda line: Held(line.id, line.words, line.day)),
    "put_off": ("put_off", _dismissal),
}


def numbers(about: str) -> frozenset[int]:
    """What :attr:`HintDismissal.about` says."""
    return frozenset(int(each) for each in about.split())
