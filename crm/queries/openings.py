"""Reading openings: businesses that look for someone, and the vendors who would fit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import Availability, Stage
from crm.models.referrals import Opening, Referral
from crm.models.vendors import Vendor, VendorCategory
from crm.queries import niches
from crm.queries.niches import Niche


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
    """For each of the vendors the openings in its niche to which it was not referred yet. Four statements at most,
    however many vendors."""
    wanted = list(vendor_ids)
    found: dict[int, list[Opening]] = {vendor_id: [] for vendor_id in wanted}
    openings = [opening for opening in open_on(session, day) if opening.category_id] if wanted else []
    if not openings:
        return found
    places = niches.tree(session)
    offers = _offers(session, wanted, places)
    referred = _referred(session, [opening.id for opening in openings])
    for vendor_id in wanted:
        for opening in openings:
            place = places.get(opening.category_id or 0)
            fits = place is not None and any(place.matches(offer) for offer in offers.get(vendor_id, ()))
            if fits and (vendor_id, opening.id) not in referred:
                found[vendor_id].append(opening)
    return found


def fits_for(session: WorkspaceSession, openings: Sequence[Opening]) -> dict[int, list[Fit]]:
    """For each opening the parked or active vendors in its niche who may be contacted, are not full, and were not
    referred to it yet; active ones first, then by name."""
    found: dict[int, list[Fit]] = {opening.id: [] for opening in openings}
    if not any(opening.category_id for opening in openings):
        return found
    places = niches.tree(session)
    vendors = session.execute(
        select(Vendor.id, Vendor.name, Vendor.stage, Vendor.availability, VendorCategory.category_id)
        .join(VendorCategory, VendorCategory.vendor_id == Vendor.id)
        .where(
            Vendor.stage.in_([Stage.ACTIVE, Stage.PARKED]),
            Vendor.do_not_contact.is_(False),
            Vendor.availability != Availability.FULL,
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


def _offers(session: WorkspaceSession, vendor_ids: list[int], places: dict[int, Niche]) -> dict[int, list[Niche]]:
    offers: dict[int, list[Niche]] = {}
    rows = session.execute(
        select(VendorCategory.vendor_id, VendorCategory.category_id).where(VendorCategory.vendor_id.in_(vendor_ids))
    )
    for vendor_id, category_id in rows:
        offers.setdefault(vendor_id, []).append(places[category_id])
    return offers


def _referred(session: WorkspaceSession, opening_ids: list[int]) -> set[tuple[int, int]]:
    rows = session.execute(
        select(Referral.vendor_id, Referral.opening_id).where(Referral.opening_id.in_(opening_ids))
    )
    return {(vendor_id, opening_id) for vendor_id, opening_id in rows}
