"""What the search box finds. One function, so that a full-text index can take its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func, or_, select

from crm.core import text
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import ContactKind, Stage
from crm.models.vendors import Contact, Person, Vendor
from crm.models.workspaces import Membership

FOUND = 40
LONGEST = 200
"""Of what is typed, so many characters count."""


@dataclass(frozen=True, slots=True)
class Found:
    """A vendor that was found, and the person or address at it that did it."""

    vendor_id: int
    name: str
    what_they_do: str
    stage: Stage
    person: str = ""
    address: str = ""

    @property
    def tint(self) -> int:
        return text.tint(self.name)


def find(session: WorkspaceSession, reader: Membership, typed: str) -> list[Found]:
    """Vendors by name or what they do, people, and e-mail addresses that begin so; the nearest first. Two queries.

    Every word must begin a word of what is found, whatever its case and accents. ``reader`` is who asks: names are
    for all who belong here, and what comes later may not be.
    """
    typed = typed[:LONGEST]
    words = text.folded(typed).split()[:10]
    if not words or reader.workspace_id != session.workspace_id:
        return []
    found = _vendors(session, words)
    seen = {row.vendor_id for row in found}
    found += [row for row in _people(session, words, typed.strip().casefold()) if row.vendor_id not in seen]
    return found[:FOUND]


def _vendors(session: WorkspaceSession, words: Sequence[str]) -> list[Found]:
    whole = " ".join(words)
    rank = case(
        (Vendor.normal_name == whole, 0),
        (_begins(Vendor.search_text, whole), 1),
        (func.lower(Vendor.normal_name).contains(whole, autoescape=True), 2),
        else_=3,
    )
    statement = (
        select(Vendor.id, Vendor.name, Vendor.what_they_do, Vendor.stage)
        .where(*(_has(Vendor.search_text, word) for word in words))
        .order_by(rank, Vendor.normal_name, Vendor.id)
        .limit(FOUND)
    )
    return [Found(*row) for row in session.execute(statement)]


def _people(session: WorkspaceSession, words: Sequence[str], typed: str) -> list[Found]:
    """People, where every word is theirs or their vendor's and one is theirs; and addresses that begin as typed."""
    theirs = or_(*(_has(Person.search_text, word) for word in words))
    by_name = and_(theirs, *(or_(_has(Person.search_text, word), _has(Vendor.search_text, word)) for word in words))
    by_address = or_(
        Contact.normal_value.startswith(typed, autoescape=True),
        Contact.normal_value.contains(f"@{typed.removeprefix('@')}", autoescape=True),
    )
    statement = (
        select(
            Vendor.id,
            Vendor.name,
            Vendor.what_they_do,
            Vendor.stage,
            Person.name,
            case((by_address, Contact.value), else_="").label("address"),
        )
        .select_from(Person)
        .join(Vendor, Vendor.id == Person.vendor_id)
        .outerjoin(
            Contact,
            and_(Contact.person_id == Person.id, Contact.kind == ContactKind.EMAIL, by_address),
        )
        .where(or_(by_name, Contact.id.is_not(None)))
        .order_by(case((by_name, 0), else_=1), Person.normal_name, Person.id, Contact.position)
        .limit(FOUND * 2)
    )
    found: dict[int, Found] = {}
    for row in session.execute(statement):
        found.setdefault(row[0], Found(*row))
    return list(found.values())


def _has(column: Any, word: str) -> Any:
    return column.contains(f" {word}", autoescape=True)


def _begins(column: Any, word: str) -> Any:
    return column.startswith(f" {word}", autoescape=True)
