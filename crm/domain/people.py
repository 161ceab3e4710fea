"""People at vendors, and how they are reached."""

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select, update

from crm.core import clock, limits, text
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import audit, field_edits
from crm.domain.import_rows import find_emails
from crm.models.enums import AuditKind, Channel, ContactKind
from crm.models.letters import VendorLetter
from crm.models.log import Interaction
from crm.models.referrals import Referral, ReferralConsent, ReferralLetter
from crm.models.trust_entries import TrustEntry
from crm.models.vendor_cards import VendorCard
from crm.models.vendors import Contact, Person, Vendor
from crm.models.workspaces import Membership
from crm.queries import people

PHONE_LENGTH = 60
_FORGOTTEN = "…"
"""Stands where somebody's name or address stood who was deleted."""
_PHONE = re.compile(r"[+(]?[\d(][\d\s()./+\-–]*(?:(?:ext\.?|x|#)\s*\d+)?", re.IGNORECASE)


def add(
    vendor: Vendor,
    *,
    by: Membership,
    name: str,
    role: str = "",
    emails: Iterable[str] = (),
    phones: Iterable[str] = (),
    preferred_channel: Channel | None = None,
    notes: str = "",
) -> Person:
    """Add somebody at a vendor. Raises Refused with the box that is wrong."""
    session = session_of(vendor)
    if len(people.people_of(session, vendor.id)) >= limits.PEOPLE_PER_VENDOR:
        raise Refused(lazy("A vendor has %(most)s people at the most.", most=limits.PEOPLE_PER_VENDOR), field="name")
    person = Person(vendor_id=vendor.id, created_by=by.user_id)
    _say(person, name=name, role=role, preferred_channel=preferred_channel, notes=notes, by=by)
    session.add(person)
    session.flush()
    _write_contacts(session, person, emails, phones)
    return person


def edit(
    person: Person,
    *,
    by: Membership,
    version: int,
    name: str,
    role: str = "",
    emails: Iterable[str] = (),
    phones: Iterable[str] = (),
    preferred_channel: Channel | None = None,
    notes: str = "",
) -> None:
    """Change a person. Raises Stale where somebody saved since ``version``, and Refused with the box that is wrong."""
    if person.version != version:
        raise Stale(lazy("Somebody changed this person while you were typing."))
    session = session_of(person)
    before = field_edits.facts_of_person(person)
    _say(person, name=name, role=role, preferred_channel=preferred_channel, notes=notes, by=by)
    person.version += 1
    _write_contacts(session, person, emails, phones)
    field_edits.keep_person(person, before, by)


def delete_person(person: Person, *, by: Membership) -> None:
    """Delete a person for good. Conversations, letters and trust notes with them stay, without the name of whom.

    Letters about introductions, and what was agreed to by them, stay without the person's name and addresses.
    """
    session = session_of(person)
    vendor = session.get_one(Vendor, person.vendor_id)
    audit.record_here(session, AuditKind.DELETED, by=by.user_id, about=vendor.name, what="person")
    _forget_in_introductions(session, person)
    session.execute(update(Interaction).where(Interaction.person_id == person.id).values(person_id=None))
    session.execute(update(TrustEntry).where(TrustEntry.person_id == person.id).values(person_id=None))
    session.execute(update(VendorLetter).where(VendorLetter.person_id == person.id).values(person_id=None))
    session.execute(update(VendorCard).where(VendorCard.person_id == person.id).values(person_id=None))
    session.delete(person)


def _forget_in_introductions(session: WorkspaceSession, person: Person) -> None:
    kinds = Contact.person_id == person.id, Contact.kind == ContactKind.EMAIL
    addresses = session.scalars(select(Contact.value).where(*kinds)).all()
    theirs = re.compile(
        "|".join(rf"(?<!\w){re.escape(words)}(?!\w)" for words in (*addresses, person.name)), re.IGNORECASE
    )
    letters = select(ReferralLetter).join(Referral, Referral.id == ReferralLetter.referral_id)
    for letter in session.scalars(letters.where(Referral.vendor_id == person.vendor_id)).all():
        letter.subject, letter.body = theirs.sub(_FORGOTTEN, letter.subject), theirs.sub(_FORGOTTEN, letter.body)
        if letter.recipient in addresses:
            letter.recipient = letter.recipient_name = ""
            for consent in session.scalars(select(ReferralConsent).where(ReferralConsent.letter_id == letter.id)):
                consent.words = theirs.sub(_FORGOTTEN, consent.words)


def at(session: WorkspaceSession, person_id: int) -> Person:
    """The person, held for a change. Raises Missing."""
    person = session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise Missing
    return person


def email_address(typed: str) -> str:
    """An e-mail address as it is kept, in lower case. Raises Refused for what is none."""
    found = find_emails(typed)
    if len(found) != 1 or found[0] != typed.strip().casefold():
        raise Refused(lazy("Type an e-mail address with an @, like ann@wren.example."), field="emails")
    return found[0]


def phone_number(typed: str) -> str:
    """A phone number as it was typed. Raises Refused for what has no digits, or more than a number has."""
    number = text.clean_line(typed)
    digits = re.sub(r"\D", "", number)
    if len(number) > PHONE_LENGTH or not 2 <= len(digits) <= 25 or not _PHONE.fullmatch(number):
        raise Refused(lazy("Type a phone number in digits, like +44 113 496 0000."), field="phones")
    return number


def email_addresses(typed: Iterable[str]) -> list[str]:
    """The addresses among the lines, each once. Raises Refused for one that is none, or for too many."""
    return _few([email_address(line) for line in typed if line.strip()], "emails")


def phone_numbers(typed: Iterable[str]) -> list[str]:
    """The numbers among the lines, each once. Raises Refused for one that is none, or for too many."""
    return _few([phone_number(line) for line in typed if line.strip()], "phones")


def _few(values: Sequence[str], box: str) -> list[str]:
    each_once = list(dict.fromkeys(values))
    if len(each_once) > limits.CONTACTS_PER_PERSON:
        raise Refused(lazy("Keep it to %(most)s lines.", most=limits.CONTACTS_PER_PERSON), field=box)
    return each_once


def _say(
    person: Person, *, name: str, role: str, preferred_channel: Channel | None, notes: str, by: Membership
) -> None:
    name, role, notes = text.clean_line(name), text.clean_line(role), text.clean_text(notes)
    if not name:
        raise Refused(lazy("Type the person’s name."), field="name")
    for box, value, most in (
        ("name", name, limits.NAME_LENGTH),
        ("role", role, limits.NAME_LENGTH),
        ("notes", notes, limits.TEXT_LENGTH),
    ):
        if len(value) > most:
            raise Refused(lazy("Keep it under %(length)s characters.", length=most), field=box)
    person.name, person.normal_name, person.role = name, text.normal(name)[: limits.NAME_LENGTH], role
    person.preferred_channel, person.notes = preferred_channel, notes
    person.updated_at, person.updated_by = clock.now(), by.user_id


def _write_contacts(session: WorkspaceSession, person: Person, emails: Iterable[str], phones: Iterable[str]) -> None:
    wanted = [
        *((ContactKind.EMAIL, value, value) for value in email_addresses(emails)),
        *((ContactKind.PHONE, value, re.sub(r"\D", "", value)) for value in phone_numbers(phones)),
    ]
    standing = list(
        session.scalars(select(Contact).where(Contact.person_id == person.id).order_by(Contact.position, Contact.id))
    )
    if [(row.kind, row.value, row.normal_value) for row in standing] == wanted:
        return
    session.execute(delete(Contact).where(Contact.person_id == person.id))
    session.insert_many(
        Contact,
        [
            {"person_id": person.id, "kind": kind, "value": value, "normal_value": normal, "position": position}
            for position, (kind, value, normal) in enumerate(wanted)
        ],
    )
