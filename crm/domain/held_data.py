"""All that is held on somebody outside, gathered for the day on which they ask for it.

The reader is one of the team: what only its author may read is not handed over by somebody else, and the file says so.
"""

import json
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from crm.core import clock
from crm.core.settings import Settings
from crm.core.tenancy import WorkspaceSession
from crm.domain import suppressions
from crm.domain.outsiders import Outsider, naming
from crm.models.enums import OutsiderKind
from crm.models.letters import VendorLetter
from crm.models.log import Interaction, Note
from crm.models.outbox import OutboxMessage
from crm.models.referrals import Opening, ReferralConsent, ReferralLetter, StoppedAddress
from crm.models.trust_entries import TrustEntry
from crm.models.vendor_cards import VendorCard
from crm.models.vendors import Person, PersonEdit, Vendor
from crm.models.workspaces import Membership
from crm.queries.visibility import readable

Section = list[dict[str, Any]]


def collect(session: WorkspaceSession, settings: Settings, who: Outsider, *, reader: Membership) -> dict[str, Any]:
    """Section by section, as values that JSON knows. A fixed number of queries."""
    said = _said(session, who, reader)
    return {
        "about": {
            "business": reader.workspace.name,
            "gathered_at": _plain(clock.now()),
            "not_in_here": "Notes that only their author may read, and backups.",
        },
        "details": _details(session, who),
        "earlier_details": _earlier_details(session, who),
        **said,
        "letters": _letters(session, who),
        "introductions": _introductions(session, who),
        "cards": _cards(session, who),
        "mail": _envelopes(session, who, reader.workspace_id),
        "wishes": _wishes(session, settings, who),
    }


def counts(held: dict[str, Any]) -> dict[str, int]:
    """How much there is, by section."""
    return {name: len(rows) for name, rows in held.items() if isinstance(rows, list)}


def as_json(held: dict[str, Any]) -> str:
    """For programs."""
    return json.dumps(held, ensure_ascii=False, indent=2)


def as_text(held: dict[str, Any], titles: dict[str, str]) -> str:
    """For people: the same in lines. ``titles`` are the sections’ headings."""
    lines: list[str] = []
    for name, rows in held.items():
        lines += ["", titles.get(name, name), "=" * len(titles.get(name, name))]
        for row in rows if isinstance(rows, list) else [rows]:
            lines += ["", *(f"{key}: {value}" for key, value in row.items() if value not in (None, ""))]
    return "\n".join(lines).lstrip() + "\n"


def _details(session: WorkspaceSession, who: Outsider) -> Section:
    if who.kind is OutsiderKind.CONTACT:
        opening = session.get_one(Opening, who.id)
        return [_row(opening, "business", "person", "email", "what_they_need", "created_at")]
    person = session.get_one(Person, who.id)
    vendor = session.scalars(select(Vendor.name).where(Vendor.id == person.vendor_id)).one()
    told = _row(person, "name", "role", "preferred_channel", "notes", "created_at", "updated_at")
    return [{"vendor": vendor, **told, "emails": ", ".join(who.emails), "phones": ", ".join(who.phones)}]


def _earlier_details(session: WorkspaceSession, who: Outsider) -> Section:
    """What was said about a person before somebody changed it."""
    if who.kind is OutsiderKind.CONTACT:
        return []
    rows = session.scalars(select(PersonEdit).where(PersonEdit.person_id == who.id).order_by(PersonEdit.id))
    return [{**_row(row, "edited_at"), **{name: _was(says) for name, says in row.changes.items()}} for row in rows]


def _was(says: dict[str, Any]) -> Any:
    before = says["before"]
    return ", ".join(before["names"]) if "names" in before else before["value"]


def _said(session: WorkspaceSession, who: Outsider, reader: Membership) -> dict[str, Section]:
    interactions = session.scalars(
        select(Interaction)
        .where(Interaction.deleted_at.is_(None), _theirs(who, Interaction, Interaction.summary))
        .order_by(Interaction.occurred_on, Interaction.id)
    ).all()
    notes = session.scalars(
        select(Note)
        .where(Note.deleted_at.is_(None), _theirs(who, Note, Note.body))
        .where(readable(reader, Note.visibility, Note.created_by))
        .order_by(Note.id)
    ).all()
    trust = session.scalars(
        select(TrustEntry)
        .where(_theirs(who, TrustEntry, TrustEntry.what_happened, TrustEntry.our_response))
        .where(readable(reader, TrustEntry.visibility, TrustEntry.created_by))
        .order_by(TrustEntry.occurred_on, TrustEntry.id)
    ).all()
    pattern = naming(who.known_by)
    return {
        "conversations": [
            _row(row, "occurred_on", "kind", "summary")
            for row in interactions
            if _is_theirs(row, who) or pattern.search(row.summary)
        ],
        "notes": [_row(row, "created_at", "body") for row in notes if pattern.search(row.body)],
        "trust_notes": [
            _row(row, "occurred_on", "dimension", "direction", "what_happened", "our_response")
            for row in trust
            if _is_theirs(row, who) or pattern.search(f"{row.what_happened}\n{row.our_response}")
        ],
    }


def _is_theirs(row: Any, who: Outsider) -> bool:
    return who.kind is OutsiderKind.PERSON and row.person_id == who.id


def _theirs(who: Outsider, kind: Any, *columns: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Rows that point at them; rows that name them at their vendor, or give their address anywhere."""
    points = kind.person_id == who.id if who.kind is OutsiderKind.PERSON and hasattr(kind, "person_id") else false()
    anywhere = [column.icontains(words, autoescape=True) for column in columns for words in (*who.emails, *who.phones)]
    named = [column.icontains(who.name, autoescape=True) for column in columns if who.name]
    here = and_(kind.vendor_id == who.vendor_id, or_(*named)) if named and who.vendor_id is not None else false()
    return or_(points, here, *anywhere)


def _letters(session: WorkspaceSession, who: Outsider) -> Section:
    points = VendorLetter.person_id == who.id if who.kind is OutsiderKind.PERSON else false()
    statement = select(VendorLetter).where(or_(points, VendorLetter.recipient.in_(who.emails)))
    rows = session.scalars(statement.order_by(VendorLetter.id))
    return [_row(row, "created_at", "recipient", "subject", "body") for row in rows]


def _introductions(session: WorkspaceSession, who: Outsider) -> Section:
    statement = (
        select(ReferralLetter, ReferralConsent)
        .outerjoin(ReferralConsent, ReferralConsent.letter_id == ReferralLetter.id)
        .where(ReferralLetter.recipient.in_(who.emails))
        .order_by(ReferralLetter.id, ReferralConsent.id)
    )
    found = []
    for letter, consent in session.execute(statement):
        told = _row(letter, "created_at", "kind", "recipient", "subject", "body", "disclosure")
        if consent is not None:
            told |= {"answered_at": _plain(consent.given_at), "the_page_said": consent.words}
        found.append(told)
    return found


def _cards(session: WorkspaceSession, who: Outsider) -> Section:
    points = VendorCard.person_id == who.id if who.kind is OutsiderKind.PERSON else false()
    return [_row(row, "words", "shared_at") for row in session.scalars(select(VendorCard).where(points))]


def _envelopes(session: WorkspaceSession, who: Outsider, workspace_id: int) -> Section:
    rows = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.workspace_id == workspace_id, OutboxMessage.recipient.in_(who.emails))
        .order_by(OutboxMessage.id)
    )
    return [_row(row, "created_at", "recipient", "subject", "state", "settled_at") for row in rows]


def _wishes(session: WorkspaceSession, settings: Settings, who: Outsider) -> Section:
    stopped = session.scalars(select(StoppedAddress).where(StoppedAddress.address.in_(who.emails)))
    marked = [_row(row, "address", "why", "created_at") for row in stopped]
    opted_out = sorted(suppressions.among(session, settings, who.emails))
    return marked + [{"address": address, "why": "opted_out"} for address in opted_out]


def _row(row: Any, *columns: str) -> dict[str, Any]:
    return {column: _plain(getattr(row, column)) for column in columns}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, (date, datetime)) else value
