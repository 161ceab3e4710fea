"""Many rows into one table at once. SQLAlchemy looks at each value of each row, which takes longer than the database
does; here each column is looked at once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlalchemy.engine import Dialect

Convert = Callable[[Any], Any]


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, Iterable[Any]]
) -> None:
    """Insert rows that all name the same columns; ``columns`` are further ones, each with a value for every row.

    Columns that nobody names take their defaults.
    """
    named = {name: [row[name] for row in rows] for name in rows[0]}
    named |= {name: list(values) for name, values in columns.items()}
    shape = _shape(table, tuple(named), connection.dialect)
    for name, default in shape.defaults.items():
        named[name] = [default(_Row(row)) for row in rows] if callable(default) else [default] * len(rows)
    values = [_converted(convert, named[name]) for name, convert in shape.order]
    given: list[Any] = list(zip(*values, strict=True))
    if not shape.is_positional:
        names = [name for name, _convert in shape.order]
        given = [dict(zip(names, row, strict=True)) for row in given]
    connection.exec_driver_sql(shape.text, given)


@dataclass(frozen=True, slots=True)
class _Shape:
    """An INSERT as one kind of driver takes it."""

    text: str
    is_positional: bool
    order: list[tuple[str, Convert | None]]
    """The columns in their order, and how their values are converted for the driver."""
    defaults: dict[str, Any]
    """For columns that the rows do not name: the value, or what computes it."""


class _Row:
    """What a default that is computed from its row asks for."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self._row = row

    def get_current_parameters(self) -> Mapping[str, Any]:
        return self._row


_SHAPES: dict[tuple[str, str, tuple[str, ...]], _Shape] = {}


def _shape(table: Table, names: tuple[str, ...], dialect: Dialect) -> _Shape:
    key = (dialect.name, table.name, names)
    known = _SHAPES.get(key)
    if known is None:
        known = _SHAPES[key] = _made(table, names, dialect)
    return known


def _made(table: Table, names: tuple[str, ...], dialect: Dialect) -> _Shape:
    defaults = {
        column.name: column.default.arg  # type: ignore[attr-defined]
        for column in table.columns
        if column.name not in names and column.default is not None
    }
    compiled = insert(table).compile(dialect=dialect, column_keys=[*names, *defaults])
    order = compiled.positiontup or list(compiled.bind_names.values())
    converts = [table.columns[name].type.dialect_impl(dialect).bind_processor(dialect) for name in order]
    is_positional = compiled.positiontup is not None
    return _Shape(str(compiled), is_positional, list(zip(order, converts, strict=True)), defaults)


def _converted(convert: Convert | None, values: list[Any]) -> list[Any]:
    if convert is None:
        return values
    first = values[0]
    if all(value is first for value in values):
        return [convert(first)] * len(values)
    return [convert(value) for value in values]
