"""Vendors that may be the same as another: found while one is typed, at saving, and among all; never merged unasked.

How alike two are is decided in one place, :mod:`crm.domain.matching`; here are the vendors that are held against it,
and what people said about pairs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select

from crm.core import limits, text
from crm.core.errors import Missing, Refused
from crm.core.i18n import LazyText, lazy, ngettext
from crm.core.tenancy import WorkspaceSession
from crm.domain import matching, permissions
from crm.domain.matching import Evidence, Pair, Profile, Sign, Verdict
from crm.domain.permissions import Act
from crm.models.merges import DistinctPair
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import doubles as queries
from crm.queries import people, vendors
from crm.queries.doubles import ComparedRow

SHOWN = 5
BEGINS_LIKE = 4
"""From so many letters on, a name whose beginning is typed is shown."""

_FOUND_BY: dict[Sign, LazyText] = {
    Sign.EMAIL: lazy("has the same e-mail address"),
    Sign.DOMAIN: lazy("has the same web domain"),
    Sign.PHONE: lazy("has the same phone number"),
    Sign.SAME_NAME: lazy("has almost the same name"),
    Sign.NEAR_NAME: lazy("has almost the same name"),
}


@dataclass(frozen=True, slots=True)
class Double:
    """A vendor that may be the same, and what speaks for it."""

    vendor_id: int
    name: str
    why: LazyText


class FoundDoubles(Refused):
    """The vendor may be here already. The person looks, and may add it all the same."""

    def __init__(self, doubles: Sequence[Double]) -> None:
        super().__init__(
            ngettext(
                "A vendor like this is here already. Look at it, or add this one as a second vendor.",
                "Vendors like this are here already. Look at them, or add this one as a further vendor.",
                len(doubles),
            )
        )
        self.doubles = list(doubles)


def find(
    session: WorkspaceSession,
    *,
    name: str,
    website: str = "",
    emails: Iterable[str] = (),
    phones: Iterable[str] = (),
    but_not: int | None = None,
    begins: bool = False,
) -> list[Double]:
    """Vendors with the same e-mail address, web domain or phone number, or a near-identical name; the likeliest first.

    With ``begins`` the name is still being typed: vendors whose name begins so are told too.
    """
    typed = matching.profile(0, name=name, website=website, emails=emails, phones=phones)
    met = set(people.holders_of(session, sorted(typed.emails)))
    met |= {row.id for row in vendors.with_domains(session, sorted(typed.domains))}
    met |= set(queries.with_contacts_ending(session, domains=sorted(typed.domains), digits=sorted(typed.tails)))
    met |= {vendor_id for vendor_id, other in _by_words(session, typed) if _may_be_named(typed, other, begins=begins)}
    found = []
    for row in queries.compared(session, met - {but_not}):
        verdict = matching.compare(typed, profile_of(row))
        why = next((_FOUND_BY[each.sign] for each in verdict.evidence if each.sign in _FOUND_BY), None)
        if why is None and begins:
            why = lazy("has a name that begins like this")
        if why is not None:
            found.append((verdict.score, Double(row.id, row.name, why)))
    found.sort(key=lambda each: (-each[0], each[1].vendor_id))
    return [double for _score, double in found[:SHOWN]]


def like(session: WorkspaceSession, vendor: Vendor) -> list[Double]:
    """The vendors that may be the same as one that is here."""
    [row] = queries.compared(session, [vendor.id])
    return find(session, name=row.name, website=row.website, emails=row.emails, phones=row.phones, but_not=vendor.id)


# Among all


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two vendors that look like one, the older first, and why."""

    one: ComparedRow
    other: ComparedRow
    verdict: Verdict

    @property
    def reasons(self) -> list[Evidence]:
        """What speaks for it, the weightiest first."""
        return [each for each in self.verdict.evidence if each.speaks_for]

    @property
    def doubts(self) -> list[Evidence]:
        """What speaks against it."""
        return [each for each in self.verdict.evidence if not each.speaks_for and each.sign is not Sign.OTHER_NAME]


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at all vendors found."""

    likenesses: list[Likeness]
    vendors: int
    is_whole: bool
    """Whether names were compared too; beyond ``limits.DOUBLES_COMPARED`` vendors only what is equal is."""


def among_all(session: WorkspaceSession) -> Looked:
    """Every pair of vendors that look like one and were not told apart, the likeliest first. At most eight queries."""
    count = queries.vendor_count(session)
    is_whole = count <= limits.DOUBLES_COMPARED
    rows = queries.compared(session, None if is_whole else sorted(queries.sharing(session)))
    by_id = {row.id: row for row in rows}
    apart = queries.distinct_keys(session)
    pairs = [pair for pair in matching.pairs([profile_of(row) for row in rows]) if (pair.one, pair.other) not in apart]
    return Looked([_likeness(pair, by_id) for pair in pairs], count, is_whole)


def of_import(session: WorkspaceSession, import_id: int) -> list[Likeness] | None:
    """The pairs of which an import brought one or both; None where there are too many vendors to look in passing."""
    if queries.vendor_count(session) > limits.DOUBLES_IN_PASSING:
        return None
    return [each for each in among_all(session).likenesses if import_id in (each.one.import_id, each.other.import_id)]


def profile_of(row: ComparedRow) -> Profile:
    """A stored vendor as it is compared."""
    return matching.profile(
        row.id, name=row.name, website=row.website, emails=row.emails, phones=row.phones, location=row.location
    )


def tell_apart(session: WorkspaceSession, one_id: int, other_id: int, *, by: Membership) -> DistinctPair:
    """Say that two vendors are not the same; they are not shown as doubles any more. Raises Missing, Refused."""
    permissions.require(by, Act.WORK)
    if one_id == other_id:
        raise Refused(lazy("That is the same vendor."))
    lower, higher = sorted((one_id, other_id))
    if len(vendors.named(session, [lower, higher])) != 2:
        raise Missing
    row = session.scalars(_pair(lower, higher)).first()
    if row is None:
        row = DistinctPair(vendor_id=lower, other_id=higher, said_by=by.user_id)
        session.add(row)
        session.flush()
    return row


def take_back(session: WorkspaceSession, one_id: int, other_id: int, *, by: Membership) -> None:
    """Two vendors may be the same after all. Raises Missing where nobody had told them apart."""
    permissions.require(by, Act.WORK)
    lower, higher = sorted((one_id, other_id))
    row = session.scalars(_pair(lower, higher)).first()
    if row is None:
        raise Missing
    session.delete(row)


def _pair(lower: int, higher: int) -> Select[DistinctPair]:
    return select(DistinctPair).where(DistinctPair.vendor_id == lower, DistinctPair.other_id == higher)


def _likeness(pair: Pair, by_id: dict[int, ComparedRow]) -> Likeness:
    return Likeness(by_id[pair.one], by_id[pair.other], pair.verdict)


def _by_words(session: WorkspaceSession, typed: Profile) -> list[tuple[int, str]]:
    """Vendors with a word of the name: by the first letters of its first and of its longest word."""
    words = text.folded(typed.name).split()
    if not words:
        return []
    chosen = {words[0][: BEGINS_LIKE - 1], max(words, key=len)[:BEGINS_LIKE]}
    return queries.with_words(session, sorted(each for each in chosen if len(each) > 1 or len(words) == 1))


def _may_be_named(typed: Profile, other: str, *, begins: bool) -> bool:
    plain = matching.plain_name(other)
    if begins and len(typed.name) >= BEGINS_LIKE and plain.startswith(typed.name):
        return True
    return matching.likeness(typed.name, plain) >= matching.NAME_NEAR
