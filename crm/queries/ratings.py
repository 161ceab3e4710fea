"""Reading how vendors were rated."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import exists, or_, select

from crm.core.tenancy import WorkspaceSession
from crm.models.delegated_works import DelegatedWork
from crm.models.ratings import Criterion, Rating
from crm.models.vendors import Vendor
from crm.models.workspaces import User
from crm.queries.keysets import Along, Page, Step, equal, page, says


@dataclass(frozen=True, slots=True)
class RatingRow:
    """A rating by a criterion that counts."""

    vendor_id: int
    criterion_id: int
    rater_id: int
    value: int
    rated_on: date


@dataclass(frozen=True, slots=True)
class RatingLine:
    """A rating with all that it says, for a list."""

    rating: Rating
    criterion: str
    rater: str
    work: str


def by_vendor(session: WorkspaceSession, vendor_ids: Iterable[int]) -> defaultdict[int, list[RatingRow]]:
    """The ratings of vendors by the criteria that count, in one query."""
    statement = (
        select(Rating.vendor_id, Rating.criterion_id, Rating.created_by, Rating.value, Rating.rated_on)
        .join(Criterion, Criterion.id == Rating.criterion_id)
        .where(Rating.vendor_id.in_(list(vendor_ids)), Criterion.archived_at.is_(None))
    )
    found: defaultdict[int, list[RatingRow]] = defaultdict(list)
    for vendor_id, criterion_id, rater_id, value, rated_on in session.execute(statement):
        found[vendor_id].append(RatingRow(vendor_id, criterion_id, rater_id or 0, value, rated_on))
    return found


def lines_of(session: WorkspaceSession, vendor_id: int, *, limit: int = 200) -> list[RatingLine]:
    """The ratings of a vendor, latest first."""
    statement = (
        select(Rating, Criterion.name, User.name, DelegatedWork.title)
        .join(Criterion, Criterion.id == Rating.criterion_id)
        .outerjoin(User, User.id == Rating.created_by)
        .outerjoin(DelegatedWork, DelegatedWork.id == Rating.work_id)
        .where(Rating.vendor_id == vendor_id)
        .order_by(Rating.rated_on.desc(), Rating.id.desc())
        .limit(limit)
    )
    return [
        RatingLine(rating, name, rater or "", work or "") for rating, name, rater, work in session.execute(statement)
    ]


def rated_vendors(session: WorkspaceSession, *, also: Iterable[int] = (), limit: int = 50) -> list[tuple[int, str]]:
    """The vendors that were rated, by name, and those asked for besides."""
    is_rated = exists().where(Rating.vendor_id == Vendor.id, Rating.workspace_id == Vendor.workspace_id)
    statement = (
        select(Vendor.id, Vendor.name)
        .where(or_(is_rated, Vendor.id.in_(list(also))))
        .order_by(Vendor.id.not_in(list(also)), Vendor.name, Vendor.id)
        .limit(limit)
    )
    return [(vendor_id, name) for vendor_id, name in session.execute(statement)]


def is_rated(session: WorkspaceSession, work_id: int, rater_id: int) -> bool:
    """Whether somebody has rated the vendor by this piece of work already."""
    rated = select(Rating.id).where(Rating.work_id == work_id, Rating.created_by == rater_id).limit(1)
    return session.scalars(rated).first() is not None


SORTS = {"id": Along(Rating.id), "rated_on": Along(Rating.rated_on)}


def listed(session: WorkspaceSession, step: Step, *, words: str = "", **exact: Any) -> Page:
    """One page of the ratings; words are of the occasion and the remark. One query."""
    chosen: Any = select(Rating, Criterion.name).join(Criterion, Criterion.id == Rating.criterion_id)
    statement = chosen.where(*says(words, Rating.occasion, Rating.remark), *equal(Rating, exact))
    return page(session, statement, Rating.id, SORTS, step, whole_rows=True)


CRITERIA_SORTS = {"id": Along(Criterion.id), "position": Along(Criterion.position)}


def listed_criteria(session: WorkspaceSession, step: Step, *, words: str = "", is_open: bool | None = None) -> Page:
    """One page of what the business values; the open ones are those that count. One query."""
    statement = select(Criterion).where(*says(words, Criterion.name))
    if is_open is not None:
        archived = Criterion.archived_at
        statement = statement.where(archived.is_(None) if is_open else archived.is_not(None))
    return page(session, statement, Criterion.id, CRITERIA_SORTS, step)
