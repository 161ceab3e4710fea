"""How vendors stand with us for each kind of work: given, renewed, taken away; the history stays.

A standing is for one of the vendor's categories, or for everything they do. Nothing changes by itself: past its last
day it reads *review due*, and a suspension holds until somebody lifts it.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, or_, select

from crm.core import clock, limits, text
from crm.core.dates import add_months
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import permissions, timeline, touches
from crm.domain.permissions import Act
from crm.models.categories import Category
from crm.models.enums import StandingLevel, TimelineKind
from crm.models.standings import Standing
from crm.models.vendors import Vendor, VendorCategory
from crm.models.workspaces import Membership
from crm.queries import categories

VALID_MONTHS = 12
LAST_DAY = date(2199, 12, 31)
ENDED = "ended"
"""The step of the timeline's entry which says that a standing was taken away."""


def usual_end(today: date) -> date:
    """Until when a standing holds, unless somebody says otherwise: twelve months from today."""
    return add_months(today, VALID_MONTHS)


def give(
    vendor: Vendor,
    *,
    by: Membership,
    level: StandingLevel,
    category_id: int | None = None,
    valid_until: date | None = None,
    reason: str = "",
    instead_of: int | None = None,
) -> Standing:
    """Say how the vendor stands for a category, or for everything they do (None). It takes the former one's place.

    ``reason`` says why, or on which conditions; a suspension asks for one. ``instead_of`` is the standing that the
    reader saw in that place: Stale, where another has it by now. None does not look. Raises Refused with the box that
    is wrong.
    """
    permissions.require(by, Act.WORK)
    session = session_of(vendor)
    today = by.workspace.today
    until = valid_until or usual_end(today)
    kept_reason = _reason(reason, level)
    if not today <= until <= LAST_DAY:
        raise Refused(lazy("Pick a day from today on."), field="valid_until")
    category = _category(session, vendor, category_id)
    former = _in_force(session, vendor.id, category_id)
    if instead_of is not None and (former is None or former.id != instead_of):
        raise Stale(lazy("Somebody changed this standing while you were typing."))
    now = clock.now()
    if former is not None:
        former.ended_at, former.ended_by = now, by.user_id
        session.flush()  # the database allows one in force at a time
    standing = Standing(
        vendor_id=vendor.id,
        category_id=category_id,
        level=level,
        reason=kept_reason,
        valid_until=until,
        given_on=today,
        given_by=by.user_id,
        given_at=now,
    )
    session.add(standing)
    session.flush()
    timeline.record(
        session,
        vendor.id,
        TimelineKind.STANDING,
        standing.id,
        on=today,
        by=by.user_id,
        level=level,
        category=category.name if category else "",
        until=until.isoformat(),
        before=former.level if former else None,
        body=kept_reason,
    )
    touches.refresh(session, vendor)
    return standing


def renew(standing: Standing, *, by: Membership) -> Standing:
    """It still holds: the same again, for twelve months from today. Raises Stale where it is in force no more."""
    vendor = vendor_of(standing)
    if standing.ended_at is not None:
        raise Stale(lazy("Somebody changed this standing meanwhile."))
    return give(
        vendor,
        by=by,
        level=standing.level,
        category_id=standing.category_id,
        reason=standing.reason,
        instead_of=standing.id,
    )


def undo_renewal(standing: Standing, *, by: Membership) -> None:
    """Take back what took the place of a standing, so that it is in force again. Raises Refused where it cannot."""
    successors = _in_place(standing.vendor_id, standing.category_id).where(
        Standing.given_at == standing.ended_at, Standing.id > standing.id
    )
    found = session_of(standing).scalars(successors.order_by(Standing.id)).first()
    if found is None:
        raise Refused(lazy("This can no longer be taken back."))
    take_back(found, by=by)


def take_back(standing: Standing, *, by: Membership) -> Standing | None:
    """Undo the giving of a standing: it was never given, and the one whose place it took is in force again.

    Answers with that one. Raises Refused where the standing is in force no more.
    """
    permissions.require(by, Act.WORK)
    session, vendor = session_of(standing), vendor_of(standing)
    if standing.ended_at is not None:
        raise Refused(lazy("Another standing has taken its place since."))
    formers = _in_place(standing.vendor_id, standing.category_id).where(
        Standing.ended_at == standing.given_at, Standing.id < standing.id
    )
    former = session.scalars(formers.order_by(Standing.id.desc())).first()
    timeline.erase(session, TimelineKind.STANDING, standing.id)
    session.delete(standing)
    session.flush()
    if former is not None:
        former.ended_at = former.ended_by = None
    touches.refresh(session, vendor)
    return former


def remove(standing: Standing, *, by: Membership) -> None:
    """Take a standing away; nothing takes its place. Doing it again changes nothing."""
    permissions.require(by, Act.WORK)
    if standing.ended_at is not None:
        return
    session, vendor = session_of(standing), vendor_of(standing)
    standing.ended_at, standing.ended_by = clock.now(), by.user_id
    category = session.get(Category, standing.category_id) if standing.category_id else None
    timeline.record(
        session,
        vendor.id,
        TimelineKind.STANDING,
        standing.id,
        on=by.workspace.today,
        by=by.user_id,
        step=ENDED,
        level=standing.level,
        category=category.name if category else "",
    )
    touches.refresh(session, vendor)


def put_back(standing: Standing, *, by: Membership) -> None:
    """Undo :func:`remove`. Raises Refused where another standing has the place by now."""
    permissions.require(by, Act.WORK)
    session, vendor = session_of(standing), vendor_of(standing)
    if standing.ended_at is None:
        return
    if _in_force(session, vendor.id, standing.category_id) is not None:
        raise Refused(lazy("Another standing has taken its place since."))
    standing.ended_at = standing.ended_by = None
    timeline.erase(session, TimelineKind.STANDING, standing.id, step=ENDED)
    touches.refresh(session, vendor)


def is_suspended(session: WorkspaceSession, vendor_id: int, category_id: int | None = None) -> bool:
    """Whether a vendor is suspended: for everything, or for the category or what that stands below.

    Without a category any suspension counts. A suspension past its last day holds still.
    """
    statement = select(Standing.id).where(
        Standing.vendor_id == vendor_id,
        Standing.level == StandingLevel.SUSPENDED,
        Standing.ended_at.is_(None),
    )
    if category_id is not None:
        covering = _covering(session, category_id)
        statement = statement.where(or_(Standing.category_id.is_(None), Standing.category_id.in_(covering)))
    return session.scalars(statement.limit(1)).first() is not None


def move_category(session: WorkspaceSession, category_id: int, *, to: int | None) -> None:
    """A category goes: its standings go to the one that takes its place, unless the vendor has one there already;
    without an heir they go with it."""
    rows = session.scalars(select(Standing).where(Standing.category_id == category_id).order_by(Standing.id)).all()
    if not rows:
        return
    in_force_there = select(Standing.vendor_id).where(Standing.category_id == to, Standing.ended_at.is_(None))
    taken = set(session.scalars(in_force_there))
    vendors = session.scalars(select(Vendor).where(Vendor.id.in_({row.vendor_id for row in rows}))).all()
    for row in rows:
        if to is None:
            timeline.erase(session, TimelineKind.STANDING, row.id)
            session.delete(row)
            continue
        if row.ended_at is None and row.vendor_id in taken:
            row.ended_at = clock.now()
            session.flush()
        row.category_id = to
    session.flush()
    touches.refresh_many(session, vendors, begins=False)


def say_again(session: WorkspaceSession, category_id: int) -> None:
    """A category has another name: the reminders of its standings say so."""
    in_force = select(Standing.vendor_id).where(Standing.category_id == category_id, Standing.ended_at.is_(None))
    vendors = session.scalars(select(Vendor).where(Vendor.id.in_(in_force))).all()
    if vendors:
        touches.refresh_many(session, vendors, begins=False)


def at(session: WorkspaceSession, standing_id: int) -> Standing:
    """The standing, held for a change. Raises Missing."""
    standing = session.get(Standing, standing_id, with_for_update=True if session.writing else None)
    if standing is None:
        raise Missing
    return standing


def vendor_of(standing: Standing) -> Vendor:
    """The vendor that a standing is of."""
    session = session_of(standing)
    return session.get_one(Vendor, standing.vendor_id, with_for_update=True if session.writing else None)


def _in_force(session: WorkspaceSession, vendor_id: int, category_id: int | None) -> Standing | None:
    return session.scalars(_in_place(vendor_id, category_id).where(Standing.ended_at.is_(None))).first()


def _in_place(vendor_id: int, category_id: int | None) -> Select[Standing]:
    is_there = Standing.category_id.is_(None) if category_id is None else Standing.category_id == category_id
    return select(Standing).where(Standing.vendor_id == vendor_id, is_there)


def _category(session: WorkspaceSession, vendor: Vendor, category_id: int | None) -> Category | None:
    """The category, if the vendor works in it, or has a standing for it already."""
    if category_id is None:
        return None
    works_in = select(VendorCategory.id).where(
        VendorCategory.vendor_id == vendor.id, VendorCategory.category_id == category_id
    )
    if session.scalars(works_in).first() is None and _in_force(session, vendor.id, category_id) is None:
        raise Refused(lazy("Choose one of the list."), field="category_id")
    return session.get_one(Category, category_id)


def _covering(session: WorkspaceSession, category_id: int) -> Sequence[int]:
    """A category and those that it stands below."""
    tree = categories.tree(session)
    found: list[int] = []
    node = tree.node(category_id)
    while node is not None:
        found.append(node.id)
        node = tree.node(node.parent_id)
    return found


def _reason(typed: str, level: StandingLevel) -> str:
    reason = text.clean_line(typed)
    if len(reason) > limits.LINE_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.LINE_LENGTH), field="reason")
    if level is StandingLevel.SUSPENDED and not reason:
        raise Refused(lazy("Say why they are suspended."), field="reason")
    return reason
