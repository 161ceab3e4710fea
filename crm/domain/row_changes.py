"""What an act changed in the database, row by row, kept so that it can be taken back exactly.

:func:`snapshot` reads rows as plain values before and after an act; :func:`difference` keeps what lies between, as
JSON; :func:`restore` takes it back later, value by value: what somebody has changed since stays as they left it, and is
named in the answer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Date, ForeignKeyConstraint, delete, select, update

from crm.core.columns import Base, Instant, Owned
from crm.core.tenancy import WorkspaceSession

Row = dict[str, Any]
Snapshot = dict[str, dict[int, Row]]
Changes = dict[str, list[dict[str, Any]]]
"""By table, groups of rows with one change: ``ids``, and the values ``before`` and ``after``. Without ``before`` the
rows are new, without ``after`` they were deleted."""

_AT_A_TIME = 400
_GROWS = "version"
"""Only ever grows, so that an edit begun before the undo is told from one begun after it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A value, or a row where no column is named, that could not be brought back."""

    table: str
    id: int
    column: str = ""


@dataclass(slots=True)
class Restored:
    """What an undo could not bring back, because somebody changed it, or deleted it, in the meantime."""

    kept: list[Kept] = field(default_factory=list)


def class_of(table: str) -> type[Any]:
    """The mapped class of a table of businesses."""
    return _classes()[table]


def is_of_a_business(table: str) -> bool:
    """Whether the rows of a table belong to businesses."""
    return table in _classes()


def tables() -> tuple[str, ...]:
    """The names of all tables of businesses."""
    return tuple(sorted(_classes()))


def snapshot(session: WorkspaceSession, wanted: Mapping[str, ColumnElement[bool]]) -> Snapshot:
    """The rows of each table under its condition."""
    session.flush()
    return {table: _rows(session, table, condition) for table, condition in wanted.items()}


def difference(before: Snapshot, after: Snapshot) -> Changes:
    """What lies between two snapshots of the same conditions."""
    found: Changes = {}
    for table, rows in before.items():
        groups: dict[str, dict[str, Any]] = {}
        later = after[table]
        for row_id in sorted({*rows, *later}):
            change = _change(rows.get(row_id), later.get(row_id))
            if change is not None:
                group = groups.setdefault(repr(change), {"ids": [], "before": change[0], "after": change[1]})
                group["ids"].append(row_id)
        if groups:
            found[table] = list(groups.values())
    return found


def restore(session: WorkspaceSession, changes: Changes, *, first: Sequence[str] = ()) -> Restored:
    """Take the changes back. Rows that were deleted come back, those of the tables named ``first`` before all others,
    as others point at them; what was new goes; then values return."""
    session.flush()
    restored = Restored()
    tables = [*(table for table in first if table in changes), *(table for table in changes if table not in first)]
    groups = [(table, group) for table in tables for group in changes[table]]
    for table, group in groups:
        if group["after"] is None:
            _bring_back(session, table, group, restored)
    for table, group in groups:
        if group["before"] is None:
            _take_away(session, table, group["ids"])
    changed = [(table, group) for table, group in groups if group["before"] and group["after"]]
    # What goes over to another row goes first: under its former one there may be room for one alone.
    for table, group in sorted(changed, key=lambda each: not _is_a_move(*each)):
        _return_values(session, table, group, restored)
    session.expire_all()
    return restored


def _change(before: Row | None, after: Row | None) -> tuple[Row | None, Row | None] | None:
    if before is None or after is None:
        # A new row is known by its number alone; a deleted one is kept whole.
        return before, ({} if after is not None else None)
    differing = [column for column in before if before[column] != after[column]]
    if not differing:
        return None
    return {column: before[column] for column in differing}, {column: after[column] for column in differing}


def _bring_back(session: WorkspaceSession, table: str, group: dict[str, Any], restored: Restored) -> None:
    for row_id in group["ids"]:
        row = _pointing_at_what_is_there(session, table, group["before"])
        if row is None or row_id in _rows(session, table, class_of(table).id == row_id):
            restored.kept.append(Kept(table, row_id))
            continue
        bare = {name: value for name, value in thawed(table, row).items() if name != "workspace_id"}
        session.insert_many(class_of(table), [bare])


def _take_away(session: WorkspaceSession, table: str, ids: Iterable[int]) -> None:
    kind = class_of(table)
    for some in slices(ids):
        session.execute(delete(kind).where(kind.id.in_(some)), execution_options={"synchronize_session": False})


def _return_values(session: WorkspaceSession, table: str, group: dict[str, Any], restored: Restored) -> None:
    kind, before, after = class_of(table), group["before"], group["after"]
    for some in slices(group["ids"]):
        now = _rows(session, table, kind.id.in_(some))
        untouched, touched = [], []
        for row_id in some:
            row = now.get(row_id)
            if row is None:
                restored.kept.append(Kept(table, row_id))
            elif all(row[column] == after[column] for column in after if column != _GROWS):
                untouched.append(row_id)
            else:
                touched.append(row_id)
        _write(session, table, untouched, before, now)
        for row_id in touched:
            row = now[row_id]
            mine = {column: before[column] for column in before if column == _GROWS or row[column] == after[column]}
            restored.kept += [Kept(table, row_id, column) for column in before if column not in mine]
            _write(session, table, [row_id], mine, now)


def _write(session: WorkspaceSession, table: str, ids: Sequence[int], values: Row, now: Mapping[int, Row]) -> None:
    if not ids or not values:
        return
    checked = _pointing_at_what_is_there(session, table, values)
    if checked is None:
        return
    kind, fresh = class_of(table), thawed(table, checked)
    groups: dict[int | None, list[int]] = {}
    for row_id in ids:
        groups.setdefault(now[row_id][_GROWS] + 1 if _GROWS in values else None, []).append(row_id)
    for version, some in groups.items():
        written = fresh if version is None else {**fresh, _GROWS: version}
        statement = update(kind).where(kind.id.in_(some)).values(**written)
        session.execute(statement, execution_options={"synchronize_session": False})


def _pointing_at_what_is_there(session: WorkspaceSession, table: str, row: Row) -> Row | None:
    """The row without references to what has been deleted since; none where it cannot be without it."""
    row = dict(row)
    for column, target in references(table):
        value = row.get(column.name)
        if value is None or target not in _classes():
            continue
        kind = class_of(target)
        if session.scalar(select(kind.id).where(kind.id == value)) is None:
            if not column.nullable:
                return None
            row[column.name] = None
    return row


def _is_a_move(table: str, group: dict[str, Any]) -> bool:
    """Whether it goes over to another row; who did something is no such row."""
    return any(column.name in group["before"] and target in _classes() for column, target in references(table))


def slices(ids: Iterable[int], most: int = _AT_A_TIME) -> Iterator[list[int]]:
    """The numbers, as many at a time as one statement takes."""
    every = list(ids)
    for start in range(0, len(every), most):
        yield every[start : start + most]


@cache
def references(table: str) -> tuple[tuple[Column[Any], str], ...]:
    """The columns of a table that point at a row of a business's table, and at which."""
    found = []
    for constraint in Base.metadata.tables[table].constraints:
        if isinstance(constraint, ForeignKeyConstraint):
            by_number = (each for each in constraint.elements if each.column.name == "id")
            found += [(each.parent, each.column.table.name) for each in by_number]
    return tuple((column, target) for column, target in found if column.name != "workspace_id")


@cache
def _classes() -> dict[str, type[Any]]:
    found: dict[str, type[Any]] = {}
    for mapper in Base.registry.mappers:
        if issubclass(mapper.class_, Owned):
            found[mapper.class_.__tablename__] = mapper.class_  # type: ignore[attr-defined] # every table has one
    return found


def _rows(session: WorkspaceSession, table: str, condition: ColumnElement[bool]) -> dict[int, Row]:
    kind = class_of(table)
    names = [attribute.key for attribute in kind.__mapper__.column_attrs]
    statement = select(*(getattr(kind, name) for name in names)).where(condition).order_by(kind.id)
    rows: Iterator[Row] = (
        {name: frozen(value) for name, value in zip(names, row, strict=True)} for row in session.execute(statement)
    )
    return {row["id"]: row for row in rows}


def frozen(value: Any) -> Any:
    """A value as JSON keeps it."""
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def thawed(table: str, row: Row) -> Row:
    """Values of a table's columns as a row holds them, from what JSON keeps."""
    columns = Base.metadata.tables[table].columns
    return {name: _value_of(columns[name], value) for name, value in row.items()}


def _value_of(column: Column[Any], value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if isinstance(column.type, Instant):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(column.type, Date) else value
