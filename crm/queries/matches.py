"""Reading what openings and vendors are matched by: what is known of each, and of the two together.

Which of them match, and why, is :mod:`crm.domain.match_rules`. Read from the side of vendors
(:func:`openings_of`: Today, the digest, letters, a vendor's page) and from the side of openings (:func:`vendors_of`:
their pages), both in a fixed number of statements.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    String,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import Availability, RatePeriod, ReferralState, Stage, StandingLevel
from crm.models.referrals import Opening, Referral, ReferralStep
from crm.models.standings import Standing
from crm.models.vendors import Vendor, VendorCategory
from crm.queries import niches
from crm.queries.niches import Niche
from crm.queries.openings import stands

OFFERED = (Stage.ACTIVE, Stage.PARKED)
"""The stages in which vendors are offered to openings."""
REFERRED_BY = (ReferralState.IDEA, ReferralState.VENDOR_ASKED, ReferralState.INTRODUCED)
"""The steps by which a vendor is recommended to somebody. What follows is not another recommendation."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An opening, as far as it is matched. The budget is in minor units."""

    id: int
    business: str
    what_they_need: str = ""
    budget_amount: int | None = None
    currency: str = ""
    until: date | None = None
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A vendor, as far as it is matched. The minimum is in minor units."""

    id: int
    name: str
    stage: Stage = Stage.ACTIVE
    do_not_contact: bool = False
    availability: Availability = Availability.UNKNOWN
    availability_until: date | None = None
    leave_from: date | None = None
    leave_to: date | None = None
    currency: str = ""
    minimum_amount: int | None = None
    minimum_period: RatePeriod | None = None


@dataclass(frozen=True, slots=True)
class Between:
    """What is known of an opening and a vendor together."""

    niche: str = ""
    """The kind of work that is looked for, where it is theirs; empty where nothing says that it is."""
    standing: StandingLevel | None = None
    """How the vendor stands for that work: the most careful of the standings that cover it."""
    standing_until: date | None = None
    referred_there_on: date | None = None
    """Since when the vendor is recommended to this very business."""
    referred_on: date | None = None
    """When the vendor was last recommended to anybody."""


Facts = tuple[Candidate, Wanted, Between]
PackedRow = tuple[int, str, str, date | None, int | None, str]
"""A row of :func:`packed_for`: id, business, need, until, budget, and what was packed."""

_WANTED = (
    Opening.id,
    Opening.business,
    Opening.what_they_need,
    Opening.budget_amount,
    Opening.currency,
    Opening.until,
    Opening.closed_on,
)
_CANDIDATE = (
    Vendor.id,
    Vendor.name,
    Vendor.stage,
    Vendor.do_not_contact,
    Vendor.availability,
    Vendor.availability_until,
    Vendor.leave_from,
    Vendor.leave_to,
    Vendor.currency,
    Vendor.minimum_amount,
    Vendor.minimum_period,
)


def wanted(opening: Opening) -> Wanted:
    """An opening that is read already."""
    return Wanted(*(getattr(opening, column.key) for column in _WANTED))


def candidate(vendor: Vendor) -> Candidate:
    """A vendor that is read already."""
    return Candidate(*(getattr(vendor, column.key) for column in _CANDIDATE))


# From the side of vendors


def openings_of(session: WorkspaceSession, vendor_ids: Iterable[int], day: date) -> dict[int, list[Facts]]:
    """For each of the vendors the openings in its niche that stand on the day, the newest first. One statement, however
    many vendors."""
    found: dict[int, dict[int, Facts]] = {vendor_id: {} for vendor_id in vendor_ids}
    if found:
        for row in session.rows(_asked_for_many(), {"vendor_ids": list(found), "day": day}):
            vendor, looks = Candidate(*row[: len(_CANDIDATE)]), Wanted(*row[len(_CANDIDATE) : -len(_TOGETHER)])
            _note(found[vendor.id], (vendor, looks, _together(*row[-len(_TOGETHER) :])))
    return {vendor_id: list(pairs.values()) for vendor_id, pairs in found.items()}


@cache
def _asked_for_many() -> Any:
    """Written once and kept: putting it together costs more than its answer."""
    chosen = VendorCategory.vendor_id.in_(bindparam("vendor_ids", expanding=True))
    return _pairs(*_CANDIDATE, *_WANTED, chosen=chosen, day=bindparam("day")).order_by(
        Opening.created_at.desc(), Opening.id.desc()
    )


def packed_for(vendor_id: Any, day: Any) -> Any:
    """The same for one vendor, within another question: the opening's ``id``, ``business``, ``need``, ``until`` and
    ``budget``, and ``packed``, which :func:`unpacked` reads."""
    parts = [Opening.currency, *(func.coalesce(cast(column, String), "") for column in _columns_together())]
    packed: Any = literal("")
    for part in parts:
        packed = packed.concat(part).concat("|")
    return _pairs(
        Opening.id.label("id"),
        Opening.business.label("business"),
        Opening.what_they_need.label("need"),
        Opening.until.label("until"),
        Opening.budget_amount.label("budget"),
        packed.label("packed"),
        chosen=VendorCategory.vendor_id == vendor_id,
        day=day,
        is_packed=True,
    ).subquery()


def unpacked(vendor: Candidate, rows: Iterable[PackedRow]) -> list[Facts]:
    """What the rows of :func:`packed_for` say, the newest opening first."""
    found: dict[int, Facts] = {}
    for opening_id, business, need, until, budget, packed in sorted(rows, key=lambda row: -row[0]):
        currency, standing, there, latest, niche = packed[:-1].split("|", 4)
        looks = Wanted(opening_id, business, need, budget, currency, until)
        _note(found, (vendor, looks, _together(standing, _day(there), _day(latest), niche)))
    return list(found.values())


def _day(words: str) -> date | None:
    return date.fromisoformat(words) if words else None


def _note(found: dict[int, Facts], facts: Facts) -> None:
    """A vendor may offer several things of one niche: what speaks for it most counts."""
    vendor, looks, between = facts
    known = found.get(looks.id)
    if known is None or _rank(between.standing) < _rank(known[2].standing):
        found[looks.id] = (vendor, looks, between)


_LEVELS = tuple(StandingLevel)
_TOGETHER = ("standing", "referred_there_on", "referred_on", "niche")


def _rank(level: StandingLevel | None) -> int:
    return -1 if level is None else _LEVELS.index(level)


def _together(standing: str | None, there: date | None, latest: date | None, niche: str) -> Between:
    level, until = (_LEVELS[int(standing[0])], date.fromisoformat(standing[1:])) if standing else (None, None)
    return Between(niche, level, until, there, latest)


_sought, _offered = niches.Placed("wanted"), niches.Placed("offered")


def _pairs(*columns: Any, chosen: ColumnElement[bool], day: Any, is_packed: bool = False) -> Any:
    together = () if is_packed else _columns_together()
    beside = (
        select(*columns, *together)
        .select_from(Opening)
        .join(_sought.entry, _sought.entry.id == Opening.category_id)
        .join(VendorCategory, chosen)
        .join(Vendor, Vendor.id == VendorCategory.vendor_id)
        .join(_offered.entry, _offered.entry.id == VendorCategory.category_id)
    )
    placed = _offered.with_those_above(_sought.with_those_above(beside))
    return placed.where(stands(day), _sought.matches(_offered))


def _columns_together() -> tuple[Any, ...]:
    """The columns of :data:`_TOGETHER`."""
    return _standing(), _referred(Referral.opening_id == Opening.id, func.min), _referred(), _sought.entry.name


def _standing() -> Any:
    """The most careful standing in force that covers what is looked for, or what the vendor offers of it: its rank, and
    its last day behind that."""
    covering = (place.id for side in (_sought, _offered) for place in (side.entry, side.parent, side.grandparent))
    packed: Any = _rank_of(Standing.level).concat(cast(Standing.valid_until, String))
    return (
        select(func.max(packed))
        .where(
            Standing.workspace_id == Vendor.workspace_id,
            Standing.vendor_id == Vendor.id,
            Standing.ended_at.is_(None),
            or_(Standing.category_id.is_(None), *(Standing.category_id == category for category in covering)),
        )
        .correlate(Vendor, *(place for side in (_sought, _offered) for place in _three(side)))
        .scalar_subquery()
    )


def _three(side: niches.Placed) -> tuple[Any, ...]:
    return side.entry, side.parent, side.grandparent


def _rank_of(level: Any) -> Any:
    ranks = {each.value: str(rank) for rank, each in enumerate(_LEVELS)}
    return cast(case(ranks, value=type_coerce(level, String)), String)


def _referred(where: Any = None, which: Any = func.max) -> Any:
    """The first, or the latest, day on which a vendor was recommended to somebody."""
    found = (
        select(which(ReferralStep.happened_on))
        .join(Referral, Referral.id == ReferralStep.referral_id)
        .where(
            Referral.workspace_id == Vendor.workspace_id,
            Referral.vendor_id == Vendor.id,
            ReferralStep.state.in_(REFERRED_BY),
        )
    )
    return (found if where is None else found.where(where)).correlate(Vendor, Opening).scalar_subquery()


# From the side of openings


@dataclass(frozen=True, slots=True)
class _Standing:
    category_id: int | None
    level: StandingLevel
    until: date


class Vendors:
    """The vendors that openings are held against, with what is known of them."""

    def __init__(
        self,
        places: Mapping[int, Niche],
        candidates: Sequence[tuple[Candidate, Sequence[Niche]]],
        standings: Mapping[int, Sequence[_Standing]],
        referred: Mapping[int, Mapping[int, tuple[date, date]]],
    ) -> None:
        self._places = places
        self._by_category: dict[int, list[tuple[Candidate, list[Niche]]]] = defaultdict(list)
        for vendor, offers in candidates:
            for category_id in dict.fromkeys(offer.category_id for offer in offers):
                of_it = [offer for offer in offers if offer.category_id == category_id]
                self._by_category[category_id].append((vendor, of_it))
        self._standings, self._referred = standings, referred
        self._latest = {vendor_id: max(last for _first, last in of.values()) for vendor_id, of in referred.items()}

    def in_niche_of(self, opening: Opening) -> Iterator[Facts]:
        """Those in an opening's niche: active ones first, then by name. Worked out as they are asked for."""
        place, looks = self._places.get(opening.category_id or 0), wanted(opening)
        if place is None:
            return
        for vendor, offers in self._by_category[place.category_id]:
            matching = [offer for offer in offers if place.matches(offer)]
            if matching:
                yield vendor, looks, self._between(vendor.id, looks.id, place, matching)

    def together(self, vendor: Candidate, opening: Opening, offers: Iterable[int]) -> Between:
        """The same for one of them and any opening, in its niche or not."""
        place = self._places.get(opening.category_id or 0)
        matching = [self._places[each] for each in offers if place is not None and place.matches(self._places[each])]
        return self._between(vendor.id, opening.id, place, matching)

    def _between(self, vendor_id: int, opening_id: int, place: Niche | None, matching: Sequence[Niche]) -> Between:
        first, _last = self._referred.get(vendor_id, {}).get(opening_id, (None, None))
        niche = place.words if place and matching else ""
        found = Between(niche, None, None, first, self._latest.get(vendor_id))
        given = self._standings.get(vendor_id)
        if not given:
            return found
        sought = place.path if place else ()
        each = [_most_careful(given, {*sought, *offer.path}) for offer in matching] or [_most_careful(given, sought)]
        best = min(each, key=lambda one: _rank(one.level if one else None))
        return found if best is None else replace(found, standing=best.level, standing_until=best.until)


def _most_careful(standings: Iterable[_Standing], covering: Collection[int]) -> _Standing | None:
    found = [one for one in standings if one.category_id is None or one.category_id in covering]
    return max(found, key=lambda one: (_rank(one.level), one.until), default=None)


def vendors_of(
    session: WorkspaceSession, openings: Sequence[Opening], day: date, within: timedelta, *, entries: Sequence[Any] = ()
) -> Vendors:
    """The active and parked vendors in the niche of any of the openings. Referrals count that are not older than
    ``within``, and any to one of these openings.

    ``entries`` is the category tree where that is read already. Three statements, or two with it.
    """
    places = niches.places(entries) if entries else niches.tree(session)
    looked_for = [places[opening.category_id] for opening in openings if opening.category_id in places]
    of_interest = [entry for entry, place in places.items() if any(place.matches(each) for each in looked_for)]
    if not of_interest:
        return Vendors(places, [], {}, {})
    rows = session.rows(_offering(), {"category_ids": of_interest})
    offers: dict[int, list[Niche]] = defaultdict(list)
    for row in rows:
        offers[row[0]].append(places[row[-1]])
    once = {row[0]: row for row in rows}
    candidates = [(Candidate(*row[:-1]), offers[vendor_id]) for vendor_id, row in once.items()]
    return Vendors(places, candidates, *_known(session, of_interest, openings, day - within))


def pair(session: WorkspaceSession, vendor: Vendor, opening: Opening, day: date, within: timedelta) -> Facts:
    """What is known of one vendor and one opening, in its niche or not. Three statements."""
    places = niches.tree(session)
    rows = session.rows(_offers_of(), {"vendor_id": vendor.id})
    offers = [row[0] for row in rows]
    known = Vendors(places, [], *_known(session, offers, [opening], day - within, vendor_id=vendor.id))
    found = candidate(vendor)
    return found, wanted(opening), known.together(found, opening, offers)


@cache
def _offers_of() -> Any:
    return select(VendorCategory.category_id).where(VendorCategory.vendor_id == bindparam("vendor_id"))


@cache
def _offering() -> Any:
    return (
        select(*_CANDIDATE, VendorCategory.category_id)
        .join(VendorCategory, VendorCategory.vendor_id == Vendor.id)
        .where(Vendor.stage.in_(OFFERED), VendorCategory.category_id.in_(bindparam("category_ids", expanding=True)))
        .order_by(Vendor.stage, Vendor.normal_name, Vendor.id)
    )


def _known(
    session: WorkspaceSession,
    category_ids: Sequence[int],
    openings: Sequence[Opening],
    since: date,
    *,
    vendor_id: int | None = None,
) -> tuple[dict[int, list[_Standing]], dict[int, dict[int, tuple[date, date]]]]:
    """The standings and the referrals, in one statement."""
    values = {
        "category_ids": list(category_ids),
        "opening_ids": [opening.id for opening in openings],
        "since": since,
        "vendor_id": vendor_id,
    }
    standings: dict[int, list[_Standing]] = defaultdict(list)
    referred: dict[int, dict[int, tuple[date, date]]] = defaultdict(dict)
    for sort, of_vendor, other, level, day, latest in session.rows(_knowledge(vendor_id is not None), values):
        if sort == "standing":
            standings[of_vendor].append(_Standing(other, StandingLevel(level), day))
        else:
            referred[of_vendor][other] = (day, latest)
    return standings, referred


@cache
def _knowledge(is_one: bool) -> Any:
    offering = select(VendorCategory.vendor_id).where(
        VendorCategory.category_id.in_(bindparam("category_ids", expanding=True))
    )

    def concerned(column: Any) -> Any:
        return column == bindparam("vendor_id", type_=Integer()) if is_one else column.in_(offering)

    there = Referral.opening_id.in_(bindparam("opening_ids", expanding=True))
    return union_all(
        select(
            literal("standing").label("sort"),
            Standing.vendor_id.label("vendor_id"),
            Standing.category_id.label("other_id"),
            cast(Standing.level, String).label("level"),
            Standing.valid_until.label("day"),
            cast(null(), Date()).label("latest"),
        ).where(Standing.ended_at.is_(None), concerned(Standing.vendor_id)),
        select(
            literal("referral"),
            Referral.vendor_id,
            Referral.opening_id,
            cast(null(), String),
            func.min(ReferralStep.happened_on),
            func.max(ReferralStep.happened_on),
        )
        .join(ReferralStep, ReferralStep.referral_id == Referral.id)
        .where(concerned(Referral.vendor_id), ReferralStep.state.in_(REFERRED_BY))
        .group_by(Referral.vendor_id, Referral.opening_id)
        .having(or_(there, func.max(ReferralStep.happened_on) >= bindparam("since", type_=Date()))),
    )
