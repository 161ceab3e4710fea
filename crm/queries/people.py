"""Reading people at vendors, with how they can be reached."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import Channel, ContactKind
from crm.models.vendors import Contact, Person
from crm.models.workspaces import Membership
from crm.queries import search
from crm.queries.keysets import Along, Page, Step, equal, page


@dataclass(slots=True)
class PersonRow:
    """Somebody at a vendor, as pages show them."""

    id: int
    vendor_id: int
    name: str
    role: str
    preferred_channel: Channel | None
    notes: str
    version: int
    updated_at: datetime
    updated_by: int | None
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)


def people_of(session: WorkspaceSession, vendor_id: int) -> list[PersonRow]:
    """The people of a vendor in the order in which they were added, each with addresses and numbers. One query."""
    return _rows(session.rows(_people_of(), {"vendor_id": vendor_id}))


@cache
def _people_of() -> Select[*tuple[Any, ...]]:
    """Written once and kept: putting it together costs more than its answer."""
    return _with_contacts().where(Person.vendor_id == bindparam("vendor_id", type_=Integer()))


def person(session: WorkspaceSession, person_id: int) -> PersonRow | None:
    """One person, with addresses and numbers."""
    return next(iter(_rows(session.execute(_with_contacts().where(Person.id == person_id)))), None)


def holders_of(session: WorkspaceSession, addresses: Sequence[str]) -> list[int]:
    """The vendors where somebody has one of these e-mail addresses (lower case), oldest first."""
    statement = (
        select(Person.vendor_id)
        .join(Contact, Contact.person_id == Person.id)
        .where(Contact.kind == ContactKind.EMAIL, Contact.normal_value.in_(addresses))
        .distinct()
        .order_by(Person.vendor_id)
        .limit(10)
    )
    return list(session.scalars(statement)) if addresses else []


def _with_contacts() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Person.id,
            Person.vendor_id,
            Person.name,
            Person.role,
            Person.preferred_channel,
            Person.notes,
            Person.version,
            Person.updated_at,
            Person.updated_by,
            Contact.kind,
            Contact.value,
        )
        .outerjoin(Contact, and_(Contact.person_id == Person.id, Contact.workspace_id == Person.workspace_id))
        .order_by(Person.id, Contact.position, Contact.id)
    )


def _rows(found: Iterable[Any]) -> list[PersonRow]:
    people: dict[int, PersonRow] = {}
    for *person, kind, value in found:
        row = people.setdefault(person[0], PersonRow(*person))
        if kind is ContactKind.EMAIL:
            row.emails.append(value)
        elif kind is ContactKind.PHONE:
            row.phones.append(value)
    return list(people.values())


SORTS = {"id": Along(Person.id), "name": Along(Person.normal_name), "updated_at": Along(Person.updated_at)}


def listed(
    session: WorkspaceSession, step: Step, *, reader: Membership, words: str = "", email: str = "", **exact: Any
) -> Page:
    """One page of the people, with addresses and numbers. Words find them as the search box does. Two queries without
    words."""
    conditions = [search.leads_to_person(session, reader, words)] if words else []
    if email:
        holds = select(Contact.person_id).where(
            Contact.kind == ContactKind.EMAIL, Contact.normal_value == email.strip().casefold()
        )
        conditions.append(Person.id.in_(holds))
    found = page(session, select(Person.id).where(*conditions, *equal(Person, exact)), Person.id, SORTS, step)
    rows = {row.id: row for row in _rows(session.execute(_with_contacts().where(Person.id.in_(found.rows))))}
    return Page([rows[person_id] for person_id in found.rows], found.after)


def of_vendors(session: WorkspaceSession, vendor_ids: Sequence[int]) -> dict[int, list[PersonRow]]:
    """The people of several vendors, by vendor. One query."""
    found: dict[int, list[PersonRow]] = {vendor_id: [] for vendor_id in vendor_ids}
    if found:
        for row in _rows(session.execute(_with_contacts().where(Person.vendor_id.in_(vendor_ids)))):
            found[row.vendor_id].append(row)
    return found
