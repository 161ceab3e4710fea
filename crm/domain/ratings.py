"""How somebody of the team found a vendor, by what the business values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from crm.core import limits
from crm.core.errors import Forbidden, Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import criteria, log_dates, replays, timeline
from crm.domain.criteria import LEAST, MOST
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import TimelineKind
from crm.models.log import TimelineEntry
from crm.models.ratings import Rating
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a rating is about: in words, or a piece of work."""

    rated_on: date
    what: str = ""
    work_id: int | None = None
    remark: str = ""


def find(session: WorkspaceSession, rating_id: int) -> Rating:
    """A rating of this business. Raises :class:`Missing`."""
    row = session.get(Rating, rating_id, with_for_update=session.writing or None)
    if row is None:
        raise Missing
    return row


def rate(vendor: Vendor, *, by: Membership, given: Mapping[int, int], occasion: Occasion) -> list[Rating]:
    """Rate a vendor on an occasion: 1 to 5 by criterion. Raises :class:`Refused` with the box that is wrong."""
    session = session_of(vendor)
    if not given:
        raise Refused(lazy("Rate at least one thing."))
    _check(session, vendor, by=by, occasion=occasion)
    for criterion_id, value in given.items():
        if criteria.find(session, criterion_id).archived_at is not None:
            raise Refused(lazy("This one counts no longer."), field=f"value-{criterion_id}")
        _check_value(value, f"value-{criterion_id}")
    rows = [
        Rating(
            vendor_id=vendor.id,
            criterion_id=criterion_id,
            value=value,
            occasion=occasion.what,
            work_id=occasion.work_id,
            rated_on=occasion.rated_on,
            remark=occasion.remark,
            created_by=by.user_id,
        )
        for criterion_id, value in given.items()
    ]
    session.add_all(rows)
    session.flush()
    _record(session, rows)
    return rows


def has_just_rated(vendor: Vendor, *, by: Membership, given: Mapping[int, int], occasion: Occasion) -> bool:
    """Whether this person has said all of this on the same occasion a moment ago: their form has come again."""
    session = session_of(vendor)
    known = select(Rating.criterion_id, Rating.value).where(
        Rating.vendor_id == vendor.id,
        Rating.created_by == by.user_id,
        Rating.created_at >= replays.since(session, by),
        Rating.rated_on == occasion.rated_on,
        Rating.occasion == occasion.what,
        Rating.work_id.is_(None) if occasion.work_id is None else Rating.work_id == occasion.work_id,
        Rating.remark == occasion.remark,
    )
    stands = {(criterion_id, value) for criterion_id, value in session.execute(known)}
    return bool(given) and given.items() <= stands


def remove(row: Rating, *, by: Membership) -> None:
    """Take a rating away. Raises :class:`Forbidden` unless its rater or an admin does."""
    if row.created_by != by.user_id and not by.is_admin:
        raise Forbidden(lazy("Only who gave it and admins can take a rating away."))
    session = session_of(row)
    _take_off(session, row)
    session.delete(row)
    session.flush()


def _check(session: WorkspaceSession, vendor: Vendor, *, by: Membership, occasion: Occasion) -> None:
    log_dates.require_past(occasion.rated_on, by=by, field="rated_on")
    for field, words, most in (
        ("what", occasion.what, limits.NAME_LENGTH),
        ("remark", occasion.remark, limits.TEXT_LENGTH),
    ):
        if len(words) > most:
            raise Refused(lazy("Keep it under %(length)s characters.", length=most), field=field)
    if occasion.work_id is not None:
        work = session.get(DelegatedWork, occasion.work_id)
        if work is None or work.vendor_id != vendor.id:
            raise Refused(lazy("Choose one of the list."), field="work_id")


def _check_value(value: int, field: str) -> None:
    if not LEAST <= value <= MOST:
        raise Refused(lazy("Type a number from 1 to 5."), field=field)


def _record(session: WorkspaceSession, rows: Sequence[Rating]) -> None:
    """One line for an occasion, whatever was rated on it."""
    first = rows[0]
    timeline.record(
        session,
        first.vendor_id,
        TimelineKind.RATING,
        first.id,
        on=first.rated_on,
        by=first.created_by,
        body=first.remark,
        is_new=True,
        occasion=first.occasion,
        given=[
            {"id": row.id, "criterion": criteria.find(session, row.criterion_id).name, "value": row.value}
            for row in rows
        ],
    )


def _take_off(session: WorkspaceSession, row: Rating) -> None:
    """Take a rating off the line of its occasion; the last one takes the line with it."""
    lines = select(TimelineEntry).where(
        TimelineEntry.vendor_id == row.vendor_id,
        TimelineEntry.kind == TimelineKind.RATING,
        TimelineEntry.happened_on == row.rated_on,
    )
    for line in session.scalars(lines):
        left = [each for each in line.facts["given"] if each["id"] != row.id]
        if not left:
            session.delete(line)
        elif len(left) < len(line.facts["given"]):
            line.facts = {**line.facts, "given": left}
