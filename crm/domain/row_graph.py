"""Which rows hang on which, as the foreign keys say it: what goes with a row, what points at it, and how rows that are
gone come back with their numbers, those first that others point at."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ForeignKeyConstraint, delete, select, update
from sqlalchemy.exc import IntegrityError

from crm.core.columns import Base
from crm.core.tenancy import WorkspaceSession
from crm.domain import row_changes
from crm.domain.row_changes import Row, Snapshot, slices

_WRITTEN_BY_THE_DATABASE = frozenset({"search_entries"})
"""Triggers keep these true whatever comes and goes."""

Ids = dict[str, set[int]]
"""Rows by their table."""


@dataclass(frozen=True, slots=True)
class Link:
    """A column that points at the rows of a table."""

    table: str
    column: str
    target: str
    is_needed: bool
    """The row cannot be without what it points at."""
    goes_with_it: bool
    """The database deletes the row with what it points at."""


def reach(session: WorkspaceSession, roots: Mapping[str, Collection[int]]) -> tuple[Ids, Ids]:
    """The rows that go when the roots go, roots included; and those that stay, but point at one that goes."""
    going: Ids = defaultdict(set)
    pointing: Ids = defaultdict(set)
    waiting = [(table, set(ids)) for table, ids in roots.items() if ids]
    while waiting:
        table, ids = waiting.pop()
        ids -= going[table]
        going[table] |= ids
        for link in pointing_at(table) if ids else ():
            found = _ids_of(session, link, ids)
            if link.goes_with_it or link.is_needed:
                waiting.append((link.table, found))
            else:
                pointing[link.table] |= found
    return dict(going), {table: left for table, ids in pointing.items() if (left := ids - going[table])}


def remove(session: WorkspaceSession, table: str, row_id: int) -> None:
    """Delete a row and what goes with it; what else points at any of it points at nothing."""
    session.flush()
    going, _pointing = reach(session, {table: [row_id]})
    for name in reversed(_in_order(going)):
        for link in pointing_at(name):
            if not link.goes_with_it and not link.is_needed:
                _loosen(session, link, going[name])
        kind = row_changes.class_of(name)
        for some in slices(sorted(going[name])):
            session.execute(delete(kind).where(kind.id.in_(some)), execution_options={"synchronize_session": False})
    session.expire_all()


def snapshot(session: WorkspaceSession, ids: Mapping[str, Collection[int]]) -> Snapshot:
    """The rows as plain values."""
    found: Snapshot = {}
    for table, wanted in ids.items():
        kind = row_changes.class_of(table)
        rows = found[table] = {}
        for some in slices(sorted(wanted)):
            rows.update(row_changes.snapshot(session, {table: kind.id.in_(some)})[table])
    return found


def bring_back(session: WorkspaceSession, rows: Mapping[str, Iterable[Row]]) -> list[row_changes.Kept]:
    """Insert rows that were deleted, with their numbers. What they pointed at and is not there any more is left out,
    and a row that cannot be without it, or whose place is taken, stays away: both are named."""
    kept: list[row_changes.Kept] = []
    for table in _in_order(rows):
        _bring_back_into(session, table, [dict(row) for row in rows[table]], kept)
    session.expire_all()
    return kept


@cache
def pointing_at(table: str) -> tuple[Link, ...]:
    """The columns of other tables that point at the rows of this one."""
    return tuple(link for name in Base.metadata.tables for link in links_of(name) if link.target == table)


@cache
def links_of(table: str) -> tuple[Link, ...]:
    """The columns of a table that name a row of another by its number; people of the team are no such rows."""
    if table in _WRITTEN_BY_THE_DATABASE or not row_changes.is_of_a_business(table):
        return ()
    found = []
    for constraint in Base.metadata.tables[table].constraints:
        for element in constraint.elements if isinstance(constraint, ForeignKeyConstraint) else ():
            column, target = element.parent, element.column
            if target.name == "id" and column.name != "workspace_id" and target.table.name != "users":
                goes = element.ondelete == "CASCADE"
                found.append(Link(table, column.name, target.table.name, not column.nullable, goes))
    return tuple(sorted(found, key=lambda link: link.column))


def _in_order(tables: Iterable[str]) -> list[str]:
    """Those first that others point at."""
    places = {table.name: place for place, table in enumerate(Base.metadata.sorted_tables)}
    return sorted(tables, key=lambda name: places[name])


def _ids_of(session: WorkspaceSession, link: Link, ids: Collection[int]) -> set[int]:
    kind = row_changes.class_of(link.table)
    column = getattr(kind, link.column)
    found: set[int] = set()
    for some in slices(sorted(ids)):
        found.update(session.scalars(select(kind.id).where(column.in_(some))))
    return found


def _loosen(session: WorkspaceSession, link: Link, ids: Collection[int]) -> None:
    kind = row_changes.class_of(link.table)
    column = getattr(kind, link.column)
    for some in slices(sorted(ids)):
        cleared = update(kind).where(column.in_(some)).values({link.column: None})
        session.execute(cleared, execution_options={"synchronize_session": False})


def _bring_back_into(session: WorkspaceSession, table: str, rows: list[Row], kept: list[row_changes.Kept]) -> None:
    wanted = {row["id"] for row in rows}
    taken = _there(session, table, wanted)
    coming = []
    to_self = [link for link in links_of(table) if link.target == table]
    there = {link: _there(session, link.target, _values(rows, link)) for link in links_of(table)}
    for link in to_self:
        there[link] |= wanted
    for row in rows:
        missing = [link for link, ids in there.items() if row[link.column] is not None and row[link.column] not in ids]
        if row["id"] in taken or any(link.is_needed for link in missing):
            kept.append(row_changes.Kept(table, row["id"]))
            continue
        kept += [row_changes.Kept(table, row["id"], link.column) for link in missing]
        coming.append({**row, **{link.column: None for link in missing}})
    came = _insert(session, table, [{**row, **{link.column: None for link in to_self}} for row in coming], kept)
    for link in to_self:
        pointed = [
            {"id": row["id"], link.column: row[link.column]}
            for row in coming
            if row["id"] in came and row[link.column] in came | there[link] - wanted
        ]
        session.update_many(row_changes.class_of(table), pointed, by=("id",))


def _insert(session: WorkspaceSession, table: str, rows: list[Row], kept: list[row_changes.Kept]) -> set[int]:
    """All at once; where the place of any is taken, one by one, without that."""
    kind = row_changes.class_of(table)
    bare = [{name: value for name, value in _thawed(table, row) if name != "workspace_id"} for row in rows]
    came: set[int] = set()
    for some in _all_or_each(session, kind, bare):
        came |= {row["id"] for row in some}
    kept += [row_changes.Kept(table, row["id"]) for row in rows if row["id"] not in came]
    return came


def _all_or_each(session: WorkspaceSession, kind: type[Any], rows: list[Row]) -> Iterator[list[Row]]:
    for some in (rows, *([row] for row in rows)):
        try:
            with session.begin_nested():
                session.insert_many(kind, some)
        except IntegrityError:
            continue
        yield some
        if some is rows:
            return


def _thawed(table: str, row: Row) -> Iterable[tuple[str, Any]]:
    return row_changes.thawed(table, row).items()


def _values(rows: Iterable[Row], link: Link) -> set[int]:
    return {row[link.column] for row in rows if row[link.column] is not None}


def _there(session: WorkspaceSession, table: str, ids: Collection[int]) -> set[int]:
    """Those of the rows that are there. Tables that are no business's own, such as letters', are asked as they are."""
    column = Base.metadata.tables[table].c.id
    if row_changes.is_of_a_business(table):
        column = row_changes.class_of(table).id
    found: set[int] = set()
    for some in slices(sorted(ids)):
        found.update(session.scalars(select(column).where(column.in_(some))))
    return found
