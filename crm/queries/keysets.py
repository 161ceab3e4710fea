"""Lists read a page at a time, each page beginning after the last row of the one before.

Unlike counting off rows, this neither repeats nor leaves out a row while others are being added, and the hundredth
page costs what the first one does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, or_

from crm.core.columns import Instant
from crm.core.tenancy import WorkspaceSession


@dataclass(frozen=True, slots=True)
class Along:
    """A column that a list can go along; rows where it ``may_be_empty`` come last, either way."""

    column: Any
    may_be_empty: bool = False


Sorts = Mapping[str, Along]
"""What a list can be sorted by."""


@dataclass(frozen=True, slots=True)
class Step:
    """Which page: sorted by what, after which row, how many. ``at`` holds the last row's value (as JSON) and id."""

    sort: str = "id"
    is_descending: bool = False
    at: tuple[Any, int] | None = None
    size: int = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and after which one the next page begins; None at the end."""

    rows: list[Any]
    after: tuple[Any, int] | None


def page(
    session: WorkspaceSession,
    statement: Select[Any],
    row_id: Any,
    sorts: Sorts,
    step: Step,
    *,
    whole_rows: bool = False,
) -> Page:
    """One page of a statement that selects one thing (or with ``whole_rows`` several). One query."""
    along = sorts[step.sort]
    statement = statement.add_columns(along.column.label("along"), row_id.label("along_id"))
    if step.at is not None:
        statement = statement.where(_after(along, row_id, step))
    towards = along.column.desc() if step.is_descending else along.column.asc()
    if along.may_be_empty:
        towards = towards.nulls_last()
    ties = row_id.desc() if step.is_descending else row_id.asc()
    found = session.execute(statement.order_by(towards, ties).limit(step.size + 1)).all()
    rows = found[: step.size]
    after = (_plain(rows[-1].along), rows[-1].along_id) if len(found) > step.size else None
    return Page([tuple(row[:-2]) if whole_rows else row[0] for row in rows], after)


def _after(along: Along, row_id: Any, step: Step) -> ColumnElement[bool]:
    assert step.at is not None
    value, last_id = step.at
    beyond_id = row_id < last_id if step.is_descending else row_id > last_id
    column = along.column
    if value is None:
        return and_(column.is_(None), beyond_id)
    typed = _typed(column, value)
    beyond = column < typed if step.is_descending else column > typed
    found: ColumnElement[bool] = or_(beyond, and_(column == typed, beyond_id))
    return or_(found, column.is_(None)) if along.may_be_empty else found


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def _typed(column: Any, value: Any) -> Any:
    if isinstance(column.type, Instant):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(column.type, Date) else value


def says(words: str, *columns: Any) -> list[ColumnElement[bool]]:
    """Every word stands somewhere in the columns, whatever its case. Ten words at the most are looked for."""
    return [or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in words.split()[:10]]


def equal(table: Any, exact: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """The columns have these values."""
    return [getattr(table, name) == value for name, value in exact.items()]
