"""Reading the days from the calendar file that a business gave."""

from collections.abc import Sequence
from datetime import date
from functools import cache

from sqlalchemy import Select, bindparam, func, select

from crm.core.tenancy import WorkspaceSession
from crm.models.closed_days import ClosedDay


def days(session: WorkspaceSession) -> frozenset[date]:
    """All of them. One query."""
    return frozenset(day for (day,) in session.rows(_days()))


@cache
def _days() -> Select[date]:
    return select(ClosedDay.day)


def between(session: WorkspaceSession, first: date, last: date) -> Sequence[tuple[date, str]]:
    """Those from the first to the last day, with their names, in order. One query."""
    return [(day, name) for day, name in session.rows(_between(), {"first": first, "last": last})]


@cache
def _between() -> Select[date, str]:
    return (
        select(ClosedDay.day, ClosedDay.name)
        .where(ClosedDay.day >= bindparam("first"), ClosedDay.day <= bindparam("last"))
        .order_by(ClosedDay.day)
    )


def count(session: WorkspaceSession) -> int:
    """How many there are, past ones too. One query."""
    [[found]] = session.rows(_count())
    return int(found)


@cache
def _count() -> Select[int]:
    return select(func.count(ClosedDay.id))
