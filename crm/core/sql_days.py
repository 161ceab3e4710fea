"""Days in SQL, the same on both databases: a number of days later, and the day of an instant in UTC."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class days_after(FunctionElement[date]):  # noqa: N801  # named like the functions of SQL
    """The date so many days after another one. The number is part of the statement: it is no parameter."""

    type = Date()
    inherit_cache = True

    def __init__(self, day: ColumnElement[date] | Any, days: int) -> None:
        super().__init__(day, days)


class utc_day(FunctionElement[date]):  # noqa: N801
    """The date of an instant in UTC."""

    type = Date()
    inherit_cache = True

    def __init__(self, instant: ColumnElement[datetime | None] | Any) -> None:
        super().__init__(instant)


@compiles(days_after, "postgresql")
def _days_after(element: days_after, compiler: SQLCompiler, **options: Any) -> str:
    day, days = element.clauses
    return f"({compiler.process(day, **options)} + {compiler.process(days, **options)})"


@compiles(days_after, "sqlite")
def _days_after_on_sqlite(element: days_after, compiler: SQLCompiler, **options: Any) -> str:
    day, days = element.clauses
    return f"date({compiler.process(day, **options)}, {compiler.process(days, **options)} || ' days')"


@compiles(utc_day, "postgresql")
def _utc_day(element: utc_day, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AT TIME ZONE 'UTC' AS DATE)"


@compiles(utc_day, "sqlite")
def _utc_day_on_sqlite(element: utc_day, compiler: SQLCompiler, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)})"
