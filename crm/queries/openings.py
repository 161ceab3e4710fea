"""Reading openings: businesses that look for someone. Who would fit them, :mod:`crm.queries.matches` reads."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select

from crm.core.tenancy import WorkspaceSession
from crm.models.referrals import Opening
from crm.queries.keysets import Along, Page, Step, equal, page, says


def open_on(session: WorkspaceSession, day: date) -> Sequence[Opening]:
    """The openings that stand on a day, newest first."""
    return session.scalars(
        select(Opening).where(stands(day)).order_by(Opening.created_at.desc(), Opening.id.desc())
    ).all()


def open_and_over(session: WorkspaceSession, day: date, limit: int) -> tuple[list[Opening], list[Opening]]:
    """The openings that stand on a day, and the latest ``limit`` of those that are over; the newest first. One
    statement."""
    latest = select(Opening.id).where(~stands(day)).order_by(Opening.created_at.desc(), Opening.id.desc()).limit(limit)
    statement = (
        select(Opening, case((stands(day), 1), else_=0))
        .where(or_(stands(day), Opening.id.in_(select(latest.subquery().c.id))))
        .order_by(Opening.created_at.desc(), Opening.id.desc())
    )
    both: tuple[list[Opening], list[Opening]] = ([], [])
    for opening, is_open in session.execute(statement):
        both[0 if is_open else 1].append(opening)
    return both


def stands(day: Any) -> ColumnElement[bool]:
    """That an opening is neither closed nor past its last day."""
    return and_(Opening.closed_on.is_(None), or_(Opening.until.is_(None), Opening.until >= day))


SORTS = {"id": Along(Opening.id), "business": Along(Opening.business), "until": Along(Opening.until, may_be_empty=True)}


def listed(
    session: WorkspaceSession, step: Step, day: date, *, words: str = "", is_open: bool | None = None, **exact: Any
) -> Page:
    """One page of the openings; ``is_open`` tells those that stand on the day from the others. One query."""
    statement = select(Opening).where(
        *says(words, Opening.business, Opening.person, Opening.what_they_need), *equal(Opening, exact)
    )
    if is_open is True:
        statement = statement.where(stands(day))
    if is_open is False:
        statement = statement.where(~stands(day))
    return page(session, statement, Opening.id, SORTS, step)
