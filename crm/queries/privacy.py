"""People outside, as whoever answers for what is held on them looks for them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import ContactKind, OutsiderKind
from crm.models.log import TimelineEntry
from crm.models.referrals import Opening
from crm.models.vendors import Contact, Person, Vendor

MOST = 50


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody outside, and where they stand."""

    kind: OutsiderKind
    id: int
    name: str
    place: str
    """Their vendor, or the business that looks for one."""
    since: datetime
    """When somebody last changed what is known of them."""


def search(session: WorkspaceSession, words: str) -> list[Found]:
    """Whom a name, an address or a number fits, the first fifty."""
    people = session.execute(
        select(Person.id, Person.name, Vendor.name, Person.updated_at)
        .join(Vendor, Vendor.id == Person.vendor_id)
        .where(or_(Person.name.icontains(words, autoescape=True), _reached_at(words)))
        .order_by(Person.normal_name, Person.id)
        .limit(MOST)
    )
    contacts = session.execute(
        select(Opening.id, Opening.person, Opening.business, Opening.created_at)
        .where(or_(Opening.person != "", Opening.email != ""))
        .where(or_(Opening.person.icontains(words, autoescape=True), Opening.email.icontains(words, autoescape=True)))
        .order_by(Opening.person, Opening.id)
        .limit(MOST)
    )
    return [Found(OutsiderKind.PERSON, *row) for row in people] + [
        Found(OutsiderKind.CONTACT, *row) for row in contacts
    ]


def untouched(session: WorkspaceSession, before: datetime) -> list[Found]:
    """Those of whom, and of whose vendor, nothing was written since, the longest untouched first; the first fifty."""
    news = exists().where(TimelineEntry.vendor_id == Person.vendor_id, TimelineEntry.recorded_at >= before)
    rows = session.execute(
        select(Person.id, Person.name, Vendor.name, Person.updated_at)
        .join(Vendor, Vendor.id == Person.vendor_id)
        .where(Person.updated_at < before, Vendor.updated_at < before, ~news)
        .order_by(Person.updated_at, Person.id)
        .limit(MOST)
    )
    return [Found(OutsiderKind.PERSON, *row) for row in rows]


def _reached_at(words: str) -> ColumnElement[bool]:
    digits = "".join(letter for letter in words if letter.isdigit())
    fits = [Contact.normal_value.icontains(words, autoescape=True)]
    if len(digits) > 3:
        fits.append((Contact.kind == ContactKind.PHONE) & Contact.normal_value.contains(digits))
    return Person.id.in_(select(Contact.person_id).where(or_(*fits)))
