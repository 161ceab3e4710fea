"""Questions that pages put again and again. SQLAlchemy's way to the driver costs more than most of their answers do:
the statement is looked up by all its parts, its parameters are gathered anew, lists in it are written out each time.

What is put a second time is taken down as the driver takes it, and from then on handed to the driver itself. Values
and rows are converted as ever. The long way stays for what differs from one run to the next, for whoever listens to
what the database is asked, and for whatever the driver refuses: SQLAlchemy words that.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, Row
from sqlalchemy.engine import CursorResult, Dialect, IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.sql.compiler import SQLCompiler

Convert = Callable[[Any], Any]
Question = Any  # a SelectBase: its type says neither that it is executed nor what its rows are
Rows = Sequence[Row[*tuple[Any, ...]]]


class KeptQuestion:
    """A question for columns that somebody keeps."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._ways: dict[str, _ShortWay | None] = {}
        self._asked: set[str] = set()

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> Rows:
        """The answer, asked within the transaction that the connection is in."""
        way = self._ways.get(connection.dialect.name)
        if way is None or way.names != values.keys() or connection.dispatch.before_cursor_execute:
            return self._long_way(connection, values)
        try:
            return way.rows(connection, values)
        except connection.dialect.loaded_dbapi.Error:
            return self._long_way(connection, values)

    def _long_way(self, connection: Connection, values: Mapping[str, Any]) -> Rows:
        result: CursorResult[*tuple[Any, ...]] = connection.execute(self._question, values)
        dialect = connection.dialect
        if dialect.name in self._asked and dialect.name not in self._ways:
            self._ways[dialect.name] = _short_way(self._question, dialect, values, result)
        self._asked.add(dialect.name)
        return result.all()


class _ShortWay:
    """A question in the words of one kind of driver."""

    def __init__(
        self,
        compiled: SQLCompiler,
        names: Mapping[str, Any],
        columns: Sequence[str],
        converted: list[tuple[int, Convert]],
    ) -> None:
        state = compiled.construct_expanded_state(dict(names))
        converts = {**_converts(compiled), **state.processors}  # the latter for lists alone
        self.names = names.keys()
        self._text = state.statement
        self._order = state.positiontup
        self._given = [(name, converts.get(name)) for name in self.names if name in state.parameters]
        self._fixed = {
            name: _as_given(converts.get(name), value)
            for name, value in state.parameters.items()
            if name not in self.names
        }
        self._columns = SimpleResultMetaData(columns)
        self._converted = converted

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> Rows:
        """The answer. Raises the driver's own errors."""
        parameters = {**self._fixed, **{name: _as_given(convert, values[name]) for name, convert in self._given}}
        given = parameters if self._order is None else [parameters[name] for name in self._order]
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._text, given)
            found = cursor.fetchall()
        finally:
            cursor.close()
        return IteratorResult(self._columns, map(self._as_meant, found)).all()

    def _as_meant(self, row: Sequence[Any]) -> Sequence[Any]:
        values = list(row)
        for place, convert in self._converted:
            values[place] = convert(values[place])
        return tuple(values)


def _short_way(
    question: Question, dialect: Dialect, values: Mapping[str, Any], result: CursorResult[*tuple[Any, ...]]
) -> _ShortWay | None:
    """The question taken down, with what its answer looks like. None where each run is a statement of its own."""
    compiled = question.compile(dialect=dialect)
    if not isinstance(compiled, SQLCompiler) or result.cursor is None or any(map(_differs, compiled.bind_names)):
        return None
    converted: list[tuple[int, Convert]] = []
    for place, (column, described) in enumerate(zip(question.exported_columns, result.cursor.description, strict=True)):
        convert = column.type.dialect_impl(dialect).result_processor(dialect, described[1])
        if convert is not None:
            converted.append((place, convert))
    return _ShortWay(compiled, values, list(result.keys()), converted)


def _converts(compiled: SQLCompiler) -> dict[str, Convert | None]:
    """How the value of each parameter is made what the driver takes."""
    dialect = compiled.dialect
    return {name: part.type.dialect_impl(dialect).bind_processor(dialect) for part, name in compiled.bind_names.items()}


def _differs(parameter: BindParameter[Any]) -> bool:
    """Whether a parameter changes the words of the statement from one run to the next, or is made for each."""
    return parameter.callable is not None or (parameter.required and (parameter.expanding or parameter.literal_execute))


def _as_given(convert: Convert | None, value: Any) -> Any:
    return value if convert is None else convert(value)
