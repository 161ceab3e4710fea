"""Statements that are put to the database thousands of times, one at a time: for those SQLAlchemy's way to the driver
costs ten times what the answer does.

Each is put together once for each kind of database, and then handed to the driver, which keeps it prepared. Values are
converted as ever. It runs in the transaction that the connection is in, and knows nothing of workspaces: only tables of
the installation may be named.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import TypeEngine

from crm.core.errors import OutsideWorkspace
from crm.core.tenancy import names_owned_table

Convert = Callable[[Any], Any]


class Prepared:
    """One statement with named parameters; no lists among them."""

    def __init__(self, statement: Select[*tuple[Any, ...]] | UpdateBase) -> None:
        self._statement = statement
        self._made: dict[str, _Made] = {}

    def first(self, connection: Connection, **values: Any) -> tuple[Any, ...] | None:
        """The first row of the answer."""
        made = self._made_for(connection)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(made.text, made.parameters(values))
            row = cursor.fetchone()
        finally:
            cursor.close()
        return None if row is None else tuple(map(_converted, made.results, row))

    def change(self, connection: Connection, **values: Any) -> int:
        """Change rows. How many there were."""
        made = self._made_for(connection)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(made.text, made.parameters(values))
            return int(cursor.rowcount)
        finally:
            cursor.close()

    def _made_for(self, connection: Connection) -> "_Made":
        dialect = connection.dialect
        made = self._made.get(dialect.name)
        if made is None:
            if names_owned_table(self._statement):
                raise OutsideWorkspace("A prepared statement names a workspace's table.")
            made = self._made[dialect.name] = _Made(self._statement, dialect)
        return made


class _Made:
    """A statement as one kind of driver takes it."""

    def __init__(self, statement: Select[*tuple[Any, ...]] | UpdateBase, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self.results = [_from_driver(column.type, dialect) for column in statement.exported_columns]
        self._order: list[str] | None = compiled.positiontup
        self._asked: dict[str, Convert | None] = {}
        self._fixed: dict[str, Any] = {}
        for parameter, name in compiled.bind_names.items():
            convert = parameter.type.dialect_impl(dialect).bind_processor(dialect)
            if parameter.required:
                self._asked[name] = convert
            else:
                self._fixed[name] = _converted(convert, parameter.effective_value)

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """The values as the driver takes them, with those that never change. Raises KeyError for a missing one."""
        every = {name: _converted(convert, values[name]) for name, convert in self._asked.items()} | self._fixed
        return every if self._order is None else [every[name] for name in self._order]


def _from_driver(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _converted(convert: Convert | None, value: Any) -> Any:
    return value if convert is None else convert(value)
