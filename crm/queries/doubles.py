"""Reading what vendors are compared by, and what is known of pairs and of merges."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from crm.core import text
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import ContactKind, Stage, TimelineKind
from crm.models.log import TimelineEntry
from crm.models.merges import DistinctPair, Merge
from crm.models.vendors import Contact, Person, Vendor
from crm.models.workspaces import Membership, User
from crm.queries.visibility import readable

_AT_A_TIME = 1_000
_LOOKED_AT = 400
"""So many vendors with a word in common are looked at while somebody types."""


@dataclass(slots=True)
class ComparedRow:
    """What a vendor is compared by, and what a page says about it."""

    id: int
    name: str
    website: str
    location: str
    what_they_do: str
    stage: Stage
    created_at: datetime
    import_id: int | None = None
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)

    @property
    def tint(self) -> int:
        return text.tint(self.name)

    @property
    def initial(self) -> str:
        return next((letter.upper() for letter in self.name if letter.isalnum()), "?")


def vendor_count(session: WorkspaceSession) -> int:
    """How many vendors there are to compare."""
    return session.scalar(select(func.count(Vendor.id))) or 0


def compared(session: WorkspaceSession, vendor_ids: Collection[int] | None = None) -> list[ComparedRow]:
    """These vendors, or all of them, oldest first, with the addresses and numbers of their people. Two queries."""
    if vendor_ids is not None and not vendor_ids:
        return []
    vendors = select(
        Vendor.id,
        Vendor.name,
        Vendor.website,
        Vendor.location,
        Vendor.what_they_do,
        Vendor.stage,
        Vendor.created_at,
        Vendor.import_id,
    ).order_by(Vendor.id)
    contacts = select(Person.vendor_id, Contact.kind, Contact.normal_value, Contact.value).join(
        Contact, Contact.person_id == Person.id
    )
    if vendor_ids is not None:
        vendors = vendors.where(Vendor.id.in_(vendor_ids))
        contacts = contacts.where(Person.vendor_id.in_(vendor_ids))
    found = {row[0]: ComparedRow(*row) for row in _streamed(session, vendors)}
    for vendor_id, kind, address, number in _streamed(session, contacts):
        row = found.get(vendor_id)
        if row is not None and kind is ContactKind.EMAIL:
            row.emails.append(address)
        elif row is not None:
            row.phones.append(number)
    return list(found.values())


def sharing(session: WorkspaceSession) -> set[int]:
    """The vendors that share an address, a number, a web domain or an equal name with another. Four queries, each
    answered from an index; for businesses with more vendors than are compared by their names."""
    found: set[int] = set()
    for column in (Vendor.web_domain, Vendor.normal_name):
        again = select(column).where(column != "").group_by(column).having(func.count() > 1).limit(_AT_A_TIME)
        values = list(session.scalars(again))
        found.update(session.scalars(select(Vendor.id).where(column.in_(values))))
    again = (
        select(Contact.normal_value)
        .where(Contact.normal_value != "")
        .group_by(Contact.normal_value)
        .having(func.count() > 1)
        .limit(_AT_A_TIME)
    )
    values = list(session.scalars(again))
    holders = select(Person.vendor_id).join(Contact, Contact.person_id == Person.id)
    found.update(session.scalars(holders.where(Contact.normal_value.in_(values))))
    return found


def with_contacts_ending(session: WorkspaceSession, *, domains: Sequence[str], digits: Sequence[str]) -> list[int]:
    """The vendors where somebody has an e-mail address on one of these domains, or a number that ends with these
    digits, oldest first, ten at the most."""
    ends = {ContactKind.EMAIL: [f"@{domain}" for domain in domains], ContactKind.PHONE: digits}
    ending = [
        and_(Contact.kind == kind, Contact.normal_value.endswith(end, autoescape=True))
        for kind, wanted in ends.items()
        for end in wanted
    ]
    if not ending:
        return []
    statement = select(Person.vendor_id).join(Contact, Contact.person_id == Person.id).where(or_(*ending))
    return list(session.scalars(statement.distinct().order_by(Person.vendor_id).limit(10)))


def with_words(session: WorkspaceSession, beginnings: Sequence[str]) -> list[tuple[int, str]]:
    """Vendors in whose name, or in what they do, one of these begins a word: id and name."""
    if not beginnings:
        return []
    begins = [Vendor.search_text.contains(f" {each}", autoescape=True) for each in beginnings]
    statement = select(Vendor.id, Vendor.name).where(or_(*begins)).order_by(Vendor.id).limit(_LOOKED_AT)
    return [(vendor_id, name) for vendor_id, name in session.execute(statement)]


# Pairs of which somebody said that they are not the same


@dataclass(frozen=True, slots=True)
class DistinctRow:
    """Two vendors that were told apart, by whom and when."""

    vendor_id: int
    name: str
    other_id: int
    other_name: str
    by: str
    at: datetime


def distinct_keys(session: WorkspaceSession) -> set[tuple[int, int]]:
    """Every pair that was told apart, the lower number first."""
    return {(one, other) for one, other in session.execute(select(DistinctPair.vendor_id, DistinctPair.other_id))}


def distinct_rows(session: WorkspaceSession, *, most: int) -> list[DistinctRow]:
    """The pairs told apart last."""
    one, other = aliased(Vendor), aliased(Vendor)
    statement = (
        select(one.id, one.name, other.id, other.name, User.name, DistinctPair.said_at)
        .join(one, one.id == DistinctPair.vendor_id)
        .join(other, other.id == DistinctPair.other_id)
        .join(User, User.id == DistinctPair.said_by)
        .order_by(DistinctPair.said_at.desc(), DistinctPair.id.desc())
        .limit(most)
    )
    return [DistinctRow(*row) for row in session.execute(statement)]


# Merges


@dataclass(frozen=True, slots=True)
class MergeRow:
    """A merge that can still be taken back."""

    id: int
    name: str
    winner_id: int
    winner_name: str
    by: str
    on: date


def open_merges(session: WorkspaceSession, *, since: datetime, most: int) -> list[MergeRow]:
    """The merges that can still be taken back, the latest first."""
    statement = (
        select(Merge.id, Merge.loser_name, Vendor.id, Vendor.name, User.name, Merge.merged_on)
        .join(Vendor, Vendor.id == Merge.winner_id)
        .join(User, User.id == Merge.merged_by)
        .where(Merge.undone_at.is_(None), Merge.changes.is_not(None), Merge.merged_at > since)
        .order_by(Merge.id.desc())
        .limit(most)
    )
    return [MergeRow(*row) for row in session.execute(statement)]


def merged_into(session: WorkspaceSession, vendor_id: int) -> int | None:
    """Where the vendor that had this number is now, if it was merged."""
    statement = select(Merge.winner_id).where(Merge.loser_id == vendor_id, Merge.undone_at.is_(None))
    return session.scalars(statement.order_by(Merge.id.desc()).limit(1)).first()


def merged_since(session: WorkspaceSession, vendor_id: int, instant: datetime) -> bool:
    """Whether another vendor was merged into this one since."""
    statement = select(Merge.id).where(
        Merge.winner_id == vendor_id, Merge.undone_at.is_(None), Merge.merged_at >= instant
    )
    return session.scalars(statement.limit(1)).first() is not None


def history_counts(
    session: WorkspaceSession, vendor_ids: Sequence[int], *, reader: Membership
) -> dict[int, dict[TimelineKind, int]]:
    """For each vendor how many lines of each kind the reader sees in its timeline. One query."""
    statement = (
        select(TimelineEntry.vendor_id, TimelineEntry.kind, func.count(TimelineEntry.subject_id.distinct()))
        .where(
            TimelineEntry.vendor_id.in_(vendor_ids),
            readable(reader, TimelineEntry.visibility, TimelineEntry.author_id),
        )
        .group_by(TimelineEntry.vendor_id, TimelineEntry.kind)
    )
    found: dict[int, dict[TimelineKind, int]] = {vendor_id: {} for vendor_id in vendor_ids}
    for vendor_id, kind, count in session.execute(statement):
        found[vendor_id][kind] = count
    return found


def _streamed(session: WorkspaceSession, statement: Any) -> Iterable[Any]:
    return session.execute(statement, execution_options={"yield_per": _AT_A_TIME})
