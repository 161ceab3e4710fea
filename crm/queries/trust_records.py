"""The records that show what trust entries say: pieces of work, trial tasks, promises and conversations."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Date, Integer, String, cast, func, literal, null, select, union_all

from crm.core.row_limits import at_most
from crm.core.tenancy import WorkspaceSession
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import InteractionKind, PromiseState, RecordKind, TimelineKind
from crm.models.log import Interaction, Promise, TimelineEntry
from crm.models.trials import TrialTask
from crm.models.trust_entries import TrustRecord
from crm.queries.timelines import Place

OF_A_KIND = 15
"""So many records of each kind can be chosen as evidence, the latest ones."""
EXCERPT = 80


@dataclass(frozen=True, slots=True)
class Ref:
    """Which record: its kind and its id. As text ``promise-7``."""

    kind: RecordKind
    id: int

    def __str__(self) -> str:
        return f"{self.kind.value}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Ref | None":
        """The record that a text names; None where it names none."""
        kind, _, number = text.partition("-")
        is_id = number.isascii() and number.isdigit() and len(number) < 10
        return cls(RecordKind(kind), int(number)) if is_id and kind in list(RecordKind) else None


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record as it is named to people: the day it is about, its words, and of a conversation how it was held."""

    ref: Ref
    on: date | None
    words: str
    way: InteractionKind | None


COLUMNS: dict[RecordKind, Any] = {
    RecordKind.WORK: TrustRecord.work_id,
    RecordKind.TRIAL: TrustRecord.trial_id,
    RecordKind.PROMISE: TrustRecord.promise_id,
    RecordKind.INTERACTION: TrustRecord.interaction_id,
}
TABLES: dict[RecordKind, Any] = {
    RecordKind.WORK: DelegatedWork,
    RecordKind.TRIAL: TrialTask,
    RecordKind.PROMISE: Promise,
    RecordKind.INTERACTION: Interaction,
}
_LINES = {
    RecordKind.WORK: TimelineKind.WORK,
    RecordKind.TRIAL: TimelineKind.TRIAL,
    RecordKind.PROMISE: TimelineKind.PROMISE,
    RecordKind.INTERACTION: TimelineKind.INTERACTION,
}


def of_entries(session: WorkspaceSession, entry_ids: Collection[int]) -> dict[int, Ref]:
    """The record of each of these entries that has one. One query."""
    statement = select(TrustRecord.entry_id, *COLUMNS.values()).where(TrustRecord.entry_id.in_(entry_ids))
    found: Iterable[Any] = session.execute(statement) if entry_ids else ()
    return {row[0]: _ref(row[1:]) for row in found}


def _ref(ids: Iterable[int | None]) -> Ref:
    return next(Ref(kind, number) for kind, number in zip(COLUMNS, ids, strict=True) if number is not None)


def recent(session: WorkspaceSession, vendor_id: int) -> list[RecordRow]:
    """What can be chosen as evidence: the vendor's latest records of each kind, the latest first. One query."""
    arms = [
        _arm(kind)
        .where(TABLES[kind].vendor_id == vendor_id, *_settled(kind))
        .order_by(_day(kind).desc(), TABLES[kind].id.desc())
        .limit(at_most(OF_A_KIND))
        for kind in RecordKind
    ]
    return sorted(_rows(session, arms), key=lambda row: (row.on or date.min, row.ref.id), reverse=True)


def rows_of(session: WorkspaceSession, refs: Collection[Ref]) -> dict[Ref, RecordRow]:
    """What these records are called; none for a conversation that was taken out of the log. One query."""
    arms = [
        _arm(kind).where(TABLES[kind].id.in_([ref.id for ref in refs if ref.kind is kind]))
        for kind in sorted({ref.kind for ref in refs})
    ]
    return {row.ref: row for row in _rows(session, arms)} if arms else {}


def _rows(session: WorkspaceSession, arms: list[Any]) -> list[RecordRow]:
    found: Iterable[Any] = session.execute(union_all(*(select(arm.subquery()) for arm in arms)))
    return [
        RecordRow(Ref(RecordKind(kind), number), on, words, InteractionKind(way) if way else None)
        for kind, number, on, words, way in found
    ]


def _arm(kind: RecordKind) -> Any:
    table = TABLES[kind]
    if kind is RecordKind.WORK:
        words = table.title
    elif kind is RecordKind.PROMISE:
        words = table.what
    else:
        text = table.what if kind is RecordKind.TRIAL else table.summary
        words = func.substr(text, 1, EXCERPT)
    way = cast(table.kind, String) if kind is RecordKind.INTERACTION else cast(null(), String)
    arm = select(
        literal(kind.value).label("record_kind"),
        cast(table.id, Integer).label("id"),
        _day(kind).label("day"),
        cast(words, String).label("words"),
        way.label("way"),
    )
    return arm.where(table.deleted_at.is_(None)) if kind is RecordKind.INTERACTION else arm


def _day(kind: RecordKind) -> Any:
    """The day that a record is about: when it was settled, else when it is due."""
    table = TABLES[kind]
    days = {
        RecordKind.WORK: ("decided_on", "delivered_on", "due_on"),
        RecordKind.TRIAL: ("ended_on", "due_on"),
        RecordKind.PROMISE: ("closed_on", "due_on"),
        RecordKind.INTERACTION: ("occurred_on",),
    }[kind]
    columns = [getattr(table, day) for day in days]
    return func.coalesce(*columns, type_=Date()) if len(columns) > 1 else columns[0]


def _settled(kind: RecordKind) -> tuple[Any, ...]:
    """Of what can be chosen: a promise that was dropped shows nothing."""
    return (Promise.state != PromiseState.DROPPED,) if kind is RecordKind.PROMISE else ()


@dataclass(frozen=True, slots=True)
class Line:
    """Where on the vendor's timeline a record stands."""

    before: Place
    anchor: str


def line_of(session: WorkspaceSession, ref: Ref) -> Line | None:
    """The latest line of a record on the timeline; None where it has none."""
    table, kind = TimelineEntry, _LINES[ref.kind]
    statement = (
        select(table.id, table.happened_on, table.step)
        .where(table.kind == kind, table.subject_id == ref.id)
        .order_by(table.id.desc())
        .limit(1)
    )
    row = session.execute(statement).first()
    if row is None:
        return None
    anchor = f"{kind.value}-{ref.id}" + (f"-{row.id}" if row.step else "")
    return Line(Place(row.happened_on, row.id + 1), anchor)
