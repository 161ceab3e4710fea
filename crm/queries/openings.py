"""Reading openings: businesses that look for someone, and the vendors who would fit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, exists, or_, select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import Availability, Stage
from crm.models.referrals import Opening, Referral
from crm.models.vendors import Vendor, VendorCategory
from crm.queries import niches
from crm.queries.keysets import Along, Page, Step, equal, page, says
from crm.queries.standings import is_suspended


@dataclass(frozen=True, slots=True)
class Fit:
    """A vendor who would suit an opening."""

    vendor_id: int
    name: str
    stage: Stage
    availability: Availability


def open_on(session: WorkspaceSession, day: date) -> Sequence[Opening]:
    """The openings that stand on a day, newest first."""
    return session.scalars(
        select(Opening)
        .where(Opening.closed_on.is_(None), or_(Opening.until.is_(None), Opening.until >= day))
        .order_by(Opening.created_at.desc(), Opening.id.desc())
    ).all()


def over_on(session: WorkspaceSession, day: date, limit: int) -> Sequence[Opening]:
    """The latest openings that are closed or past their day."""
    return session.scalars(
        select(Opening)
        .where(or_(Opening.closed_on.is_not(None), Opening.until < day))
        .order_by(Opening.created_at.desc(), Opening.id.desc())
        .limit(limit)
    ).all()


def in_niche_of(session: WorkspaceSession, vendor_ids: Iterable[int], day: date) -> dict[int, list[Opening]]:
    """For each of the vendors the openings in its niche to which it was not referred yet, newest first. One
    statement, however many vendors."""
    found: dict[int, list[Opening]] = {vendor_id: [] for vendor_id in vendor_ids}
    if not found:
        return found
    for vendor_id, opening in session.execute(_in_niche(), {"vendor_ids": list(found), "day": day}):
        if opening not in found[vendor_id]:  # a vendor may offer several things of one niche
            found[vendor_id].append(opening)
    return found


@cache
def _in_niche() -> Select[int, Opening]:
    """Written once and kept: putting it together costs more than its answer."""
    wanted, offered = niches.Placed("wanted"), niches.Placed("offered")
    return (
        select(VendorCategory.vendor_id, Opening)
        .select_from(Opening)
        .join(wanted.entry, wanted.entry.id == Opening.category_id)
        .join(VendorCategory, VendorCategory.vendor_id.in_(bindparam("vendor_ids", expanding=True)))
        .join(offered.entry, offered.entry.id == VendorCategory.category_id)
        .outerjoin(wanted.parent, wanted.parent.id == wanted.entry.parent_id)
        .outerjoin(wanted.grandparent, wanted.grandparent.id == wanted.parent.parent_id)
        .outerjoin(offered.parent, offered.parent.id == offered.entry.parent_id)
        .outerjoin(offered.grandparent, offered.grandparent.id == offered.parent.parent_id)
        .where(
            Opening.closed_on.is_(None),
            or_(Opening.until.is_(None), Opening.until >= bindparam("day")),
            wanted.matches(offered),
            ~is_suspended(VendorCategory.vendor_id, offered),
            ~exists().where(
                Referral.workspace_id == Opening.workspace_id,
                Referral.vendor_id == VendorCategory.vendor_id,
                Referral.opening_id == Opening.id,
            ),
        )
        .order_by(Opening.created_at.desc(), Opening.id.desc())
    )


def fits_for(session: WorkspaceSession, openings: Sequence[Opening]) -> dict[int, list[Fit]]:
    """For each opening the parked or active vendors in its niche who may be contacted, are not suspended for it, are
    not full, and were not referred to it yet; active ones first, then by name."""
    found: dict[int, list[Fit]] = {opening.id: [] for opening in openings}
    if not any(opening.category_id for opening in openings):
        return found
    places, offered = niches.tree(session), niches.Placed("offered")
    vendors = session.execute(
        select(Vendor.id, Vendor.name, Vendor.stage, Vendor.availability, VendorCategory.category_id)
        .join(VendorCategory, VendorCategory.vendor_id == Vendor.id)
        .join(offered.entry, offered.entry.id == VendorCategory.category_id)
        .outerjoin(offered.parent, offered.parent.id == offered.entry.parent_id)
        .outerjoin(offered.grandparent, offered.grandparent.id == offered.parent.parent_id)
        .where(
            Vendor.stage.in_([Stage.ACTIVE, Stage.PARKED]),
            Vendor.do_not_contact.is_(False),
            Vendor.availability != Availability.FULL,
            ~is_suspended(Vendor.id, offered),
        )
        .order_by(Vendor.stage, Vendor.name, Vendor.id)
    ).all()
    referred = _referred(session, list(found))
    for opening in openings:
        place = places.get(opening.category_id or 0)
        named: set[int] = set()
        for row in vendors:
            offer = places.get(row.category_id)
            if place is None or offer is None or row.id in named or (row.id, opening.id) in referred:
                continue
            if place.matches(offer):
                named.add(row.id)
                found[opening.id].append(Fit(row.id, row.name, row.stage, row.availability))
    return found


def _referred(session: WorkspaceSession, opening_ids: list[int]) -> set[tuple[int, int]]:
    rows = session.execute(select(Referral.vendor_id, Referral.opening_id).where(Referral.opening_id.in_(opening_ids)))
    return {(vendor_id, opening_id) for vendor_id, opening_id in rows}


SORTS = {"id": Along(Opening.id), "business": Along(Opening.business), "until": Along(Opening.until, may_be_empty=True)}


def listed(
    session: WorkspaceSession, step: Step, day: date, *, words: str = "", is_open: bool | None = None, **exact: Any
) -> Page:
    """One page of the openings; ``is_open`` tells those that stand on the day from the others. One query."""
    statement = select(Opening).where(
        *says(words, Opening.business, Opening.person, Opening.what_they_need), *equal(Opening, exact)
    )
    if is_open is True:
        statement = statement.where(Opening.closed_on.is_(None), or_(Opening.until.is_(None), Opening.until >= day))
    if is_open is False:
        statement = statement.where(or_(Opening.closed_on.is_not(None), Opening.until < day))
    return page(session, statement, Opening.id, SORTS, step)
