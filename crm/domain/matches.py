"""Openings and the vendors who fit them, from either side, with why and why not."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from crm.core.errors import Refused
from crm.core.tenancy import WorkspaceSession
from crm.domain import match_rules
from crm.domain.match_rules import LATELY, Match
from crm.models.referrals import Opening
from crm.models.vendors import Vendor
from crm.queries import matches as reading
from crm.queries.matches import Facts, PackedRow, Wanted

NAMED = 2
"""So many who fit are told apart where only the first is named: one, or more than one."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """Those of a niche: who fits, and who was left out."""

    fits: list[Match] = field(default_factory=list)
    left_out: list[Match] = field(default_factory=list)


def of_opening(session: WorkspaceSession, opening: Opening, today: date, *, entries: Sequence[Any] = ()) -> Sorted:
    """The active and parked vendors in an opening's niche; active ones first, then by name. ``entries`` is the category
    tree where that is read already. Three statements, or two with it."""
    found = reading.vendors_of(session, [opening], today, LATELY, entries=entries)
    return _sorted(_judged(found.in_niche_of(opening), today))


def fits_for(session: WorkspaceSession, openings: Sequence[Opening], today: date) -> dict[int, list[Match]]:
    """For each opening the first who fits, and a second where there are more. Three statements, however many."""
    if not any(opening.category_id for opening in openings):
        return {opening.id: [] for opening in openings}
    found = reading.vendors_of(session, openings, today, LATELY)
    return {
        opening.id: list(islice((each for each in _judged(found.in_niche_of(opening), today) if each.fits), NAMED))
        for opening in openings
    }


def openings_for(session: WorkspaceSession, vendor_ids: Iterable[int], today: date) -> dict[int, list[Wanted]]:
    """For each of the vendors the openings to which it may be referred, the newest first. One statement, however many
    vendors."""
    found = reading.openings_of(session, vendor_ids, today)
    return {
        vendor_id: [match.opening for match in _judged(facts, today) if match.fits]
        for vendor_id, facts in found.items()
    }


def of_vendor(vendor: Vendor, rows: Iterable[PackedRow], today: date) -> Sorted:
    """The openings in a vendor's niche, the newest first, of what its page has read; none for a stage in which nobody
    is offered."""
    if vendor.stage not in reading.OFFERED:
        return Sorted()
    return _sorted(_judged(reading.unpacked(reading.candidate(vendor), rows), today))


def of_pair(session: WorkspaceSession, vendor: Vendor, opening: Opening, today: date) -> Match:
    """One vendor and one opening. Three statements."""
    return match_rules.judge(*reading.pair(session, vendor, opening, today, LATELY), today)


def require(match: Match, *, despite: str) -> None:
    """Raises Refused where the vendor cannot be referred to the opening; and where much speaks against it, unless
    ``despite`` says that this very pair is meant all the same."""
    if match.is_refused or (match.is_weighed and despite != match.key):
        raise Refused(match.why_not, field="vendor_id")


def _judged(facts: Iterable[Facts], today: date) -> Iterator[Match]:
    return (match_rules.judge(*each, today) for each in facts)


def _sorted(found: Iterable[Match]) -> Sorted:
    both = Sorted()
    for match in found:
        (both.fits if match.fits else both.left_out).append(match)
    return both
