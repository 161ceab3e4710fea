"""Somebody outside whom the business holds something on: at a vendor, or at a business that looks for one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from crm.core.errors import Missing
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import ContactKind, OutsiderKind
from crm.models.referrals import Opening
from crm.models.vendors import Contact, Person


@dataclass(frozen=True, slots=True)
class Outsider:
    """Who it is: the row's number, and what they are known by."""

    kind: OutsiderKind
    id: int
    name: str
    emails: tuple[str, ...]
    phones: tuple[str, ...] = ()
    vendor_id: int | None = None

    @property
    def known_by(self) -> tuple[str, ...]:
        """All that tells them from others, as written."""
        return tuple(words for words in (self.name, *self.emails, *self.phones) if words)


def find(session: WorkspaceSession, kind: OutsiderKind, row_id: int) -> Outsider:
    """Raises :class:`Missing` where there is nobody, or nobody any more."""
    return _person(session, row_id) if kind is OutsiderKind.PERSON else _contact(session, row_id)


def naming(words: Iterable[str]) -> re.Pattern[str]:
    """Finds these words as whole words. A single short word counts in its own capitals only: Will is no *will*."""
    return re.compile("|".join(_as_pattern(each) for each in sorted(words, key=len, reverse=True)) or r"(?!)")


def _as_pattern(words: str) -> str:
    exact = rf"(?<!\w){re.escape(words)}(?!\w)"
    return exact if words.isalpha() else f"(?i:{exact})"


def _person(session: WorkspaceSession, person_id: int) -> Outsider:
    person = session.get(Person, person_id)
    if person is None:
        raise Missing
    rows = session.execute(select(Contact.kind, Contact.value).where(Contact.person_id == person_id)).all()
    return Outsider(
        OutsiderKind.PERSON,
        person_id,
        person.name,
        tuple(row.value for row in rows if row.kind is ContactKind.EMAIL),
        tuple(row.value for row in rows if row.kind is ContactKind.PHONE),
        person.vendor_id,
    )


def _contact(session: WorkspaceSession, opening_id: int) -> Outsider:
    opening = session.get(Opening, opening_id)
    if opening is None or not (opening.person or opening.email):
        raise Missing
    return Outsider(OutsiderKind.CONTACT, opening_id, opening.person, (opening.email,) if opening.email else ())
