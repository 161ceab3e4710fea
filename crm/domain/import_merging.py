"""What a row adds to a vendor: whatever is missing there. Nothing is ever written over.

The same rule serves a vendor that is new (everything is missing) and one that is here already. So importing a file
twice adds nothing the second time.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from crm.core import formats, limits, text
from crm.core.i18n import _
from crm.domain.amounts import Pay
from crm.domain.import_rows import PersonDraft, VendorDraft, web_domain
from crm.models.enums import ContactKind, Tier
from crm.models.vocabulary import word

FIELDS = {
    "kind": "kind",
    "services": "what_they_do",
    "website": "website",
    "location": "location",
    "time_zone": "time_zone",
    "languages": "languages",
    "source": "source",
}
"""A draft's values and the vendor's columns that they fill."""

PAYS = ("rate", "minimum")
"""A draft's prices; of each a vendor has the amount and the period, and one currency for both."""

ContactKey = tuple[ContactKind, str]


def normal_name(name: str) -> str:
    """A name for comparing, as it is stored; for one of points only, the name itself."""
    return text.normal(name)[: limits.NAME_LENGTH] or name.casefold()[: limits.NAME_LENGTH]


@dataclass(slots=True)
class PersonState:
    """Somebody at a vendor: who is there already has an id."""

    id: int | None
    name: str
    role: str
    contacts: set[ContactKey] = field(default_factory=set)
    new_contacts: list[tuple[ContactKind, str, str]] = field(default_factory=list)
    """Kind, value, value for comparing."""
    is_changed: bool = False
    """Whether the name or the role is another than what is stored."""


@dataclass(slots=True)
class VendorState:
    """A vendor while its rows are read: what it has, and what it gets. A new one has no id yet."""

    id: int | None
    fields: dict[str, Any]
    version: int = 1
    people: dict[str, PersonState] = field(default_factory=dict)
    """By name for comparing; of two with one name the first."""
    everyone: list[PersonState] = field(default_factory=list)
    tags: set[int] = field(default_factory=set)
    categories: set[int] = field(default_factory=set)
    notes: set[int] = field(default_factory=set)
    """Hashes of their words."""
    tier: Tier | None = None
    owner_id: int | None = None
    """Who looks after a new vendor, where a row names somebody."""
    holders: dict[ContactKey, PersonState] = field(default_factory=dict)
    custom: set[int] = field(default_factory=set)
    """The business's own fields in which something stands."""

    has_new_fields: bool = False
    new_people: list[PersonState] = field(default_factory=list)
    new_tags: list[int] = field(default_factory=list)
    new_categories: list[int] = field(default_factory=list)
    new_notes: list[str] = field(default_factory=list)
    new_custom: list[tuple[int, str]] = field(default_factory=list)
    """Own fields and what comes into them, in its text form."""

    def add_person(self, person: PersonState) -> None:
        """Somebody who is there already, with what is known of them."""
        self.people.setdefault(normal_name(person.name), person)
        self.everyone.append(person)

    def touched_people(self) -> list[PersonState]:
        """Those who have got something new."""
        return [person for person in self.everyone if person.new_contacts or person.is_changed]

    def add_contact(self, person: PersonState, key: ContactKey) -> None:
        """An address or a number that somebody has already."""
        person.contacts.add(key)
        self.holders.setdefault(key, person)


def new_vendor(name: str) -> VendorState:
    """A vendor of which only the name is known."""
    unpaid = {f"{pay}_{part}": None for pay in PAYS for part in ("amount", "period")}
    said = {"name": name, "web_domain": "", **dict.fromkeys(FIELDS.values(), ""), "kind": None, "currency": ""}
    return VendorState(None, {**said, **unpaid})


def merge(vendor: VendorState, draft: VendorDraft, *, tags: Iterable[int], categories: Iterable[int]) -> bool:
    """Give the vendor what the row says and it lacks. Says whether anything was added."""
    filled = _fill(vendor, draft)
    paid = [_fill_pay(vendor, name, pay) for name, pay in _pays(draft)]
    grown = [_merge_person(vendor, person) for person in draft.people]
    tagged = [_add_tag(vendor, tag) for tag in tags]
    placed = [_add_category(vendor, category) for category in categories]
    noted = bool(draft.notes) and _add_note(vendor, draft.notes)
    answered = bool(draft.custom) and _add_answers(vendor, draft)
    return filled or noted or answered or any(paid) or any(grown) or any(tagged) or any(placed)


def _fill(vendor: VendorState, draft: VendorDraft) -> bool:
    filled = False
    for source, column in FIELDS.items():
        value = getattr(draft, source)
        if value and not vendor.fields[column]:
            vendor.fields[column] = value
            filled = vendor.has_new_fields = True
            if column == "website":
                vendor.fields["web_domain"] = web_domain(value)[:255]
    return filled


def assign(vendor: VendorState, draft: VendorDraft, owner_id: int | None) -> None:
    """Give a new vendor its tier and whoever looks after it; what nobody here is called becomes a note. Of one that is
    here already both were somebody's decision, and an empty tier is one too."""
    vendor.tier = vendor.tier or draft.tier
    vendor.owner_id = vendor.owner_id or owner_id
    if draft.owner and owner_id is None:
        _add_note(vendor, _("Looked after by: %(name)s", name=draft.owner))


def _pays(draft: VendorDraft) -> list[tuple[str, Pay]]:
    return [(name, pay) for name in PAYS if (pay := getattr(draft, name)) is not None]


def _fill_pay(vendor: VendorState, name: str, pay: Pay) -> bool:
    """A price with its currency and what it is for, or a note of it: a vendor asks in one currency."""
    fields = vendor.fields
    if fields[f"{name}_amount"] is not None:
        return False
    has_amount = any(fields[f"{each}_amount"] is not None for each in PAYS)
    if has_amount and fields["currency"] != pay.currency:
        said = pay_in_words(pay)
        return _add_note(
            vendor, _("Rate: %(money)s", money=said) if name == "rate" else _("Minimum: %(money)s", money=said)
        )
    fields |= {f"{name}_amount": pay.amount, f"{name}_period": pay.period, "currency": pay.currency}
    vendor.has_new_fields = True
    return True


def pay_in_words(pay: Pay) -> str:
    """A price with what it is for: ``€60 an hour``."""
    return " ".join([formats.money(pay.amount, pay.currency), *([word(pay.period)] if pay.period else [])])


def _merge_person(vendor: VendorState, draft: PersonDraft) -> bool:
    contacts = _contacts_of(draft)
    if not draft.name and all((kind, normal) in vendor.holders for kind, _value, normal in contacts):
        return False
    person = _person_meant(vendor, draft, contacts)
    if person is None:
        if len(vendor.everyone) >= limits.PEOPLE_PER_VENDOR:
            return _add_note(vendor, _in_words(draft))
        person = PersonState(None, _name_for(vendor, draft), draft.role)
        vendor.add_person(person)
        vendor.new_people.append(person)
        _give(vendor, person, contacts, draft)
        return True
    changed = _give(vendor, person, contacts, draft)
    if draft.name and _is_made_up(person):
        vendor.people.setdefault(normal_name(draft.name), person)
        person.name = draft.name
        changed = person.is_changed = True
    if draft.role and not person.role:
        person.role = draft.role
        changed = person.is_changed = True
    return changed


def _person_meant(
    vendor: VendorState, draft: PersonDraft, contacts: Sequence[tuple[ContactKind, str, str]]
) -> PersonState | None:
    """Who it is: the one of that name. Else who holds the address, if the row names nobody, or we made the name up."""
    named = vendor.people.get(normal_name(_name_for(vendor, draft)))
    held = (vendor.holders.get((kind, normal)) for kind, _value, normal in contacts)
    holder = next((person for person in held if person is not None), None)
    if holder is None or (draft.name and (named is not None or not _is_made_up(holder))):
        return named
    return holder


def _is_made_up(person: PersonState) -> bool:
    """Whether somebody is called by the first part of their address, for want of a name."""
    return any(kind is ContactKind.EMAIL and value.partition("@")[0] == person.name for kind, value in person.contacts)


def _name_for(vendor: VendorState, draft: PersonDraft) -> str:
    if draft.name:
        return draft.name
    name: str = draft.emails[0].partition("@")[0][: limits.NAME_LENGTH] if draft.emails else vendor.fields["name"]
    return name


def _contacts_of(draft: PersonDraft) -> list[tuple[ContactKind, str, str]]:
    emails = [(ContactKind.EMAIL, email, email) for email in draft.emails]
    return emails + [(ContactKind.PHONE, phone, re.sub(r"\D", "", phone)) for phone in draft.phones]


def _give(
    vendor: VendorState,
    person: PersonState,
    contacts: Sequence[tuple[ContactKind, str, str]],
    draft: PersonDraft,
) -> bool:
    """Add the addresses and numbers that the person lacks; what is beyond the limit becomes a note."""
    added = False
    for kind, value, normal in contacts:
        if (kind, normal) in (person.contacts if draft.name else vendor.holders):
            continue
        if _of_kind(person, kind) >= limits.CONTACTS_PER_PERSON:
            added |= _add_note(vendor, _in_words(draft))
            continue
        vendor.add_contact(person, (kind, normal))
        person.new_contacts.append((kind, value, normal))
        added = True
    return added


def _of_kind(person: PersonState, kind: ContactKind) -> int:
    return sum(1 for each, _normal in person.contacts if each is kind)


def _in_words(draft: PersonDraft) -> str:
    return " · ".join(part for part in (draft.name, draft.role, *draft.emails, *draft.phones) if part)


def _add_tag(vendor: VendorState, tag: int) -> bool:
    if tag in vendor.tags or len(vendor.tags) >= limits.TAGS_PER_VENDOR:
        return False
    vendor.tags.add(tag)
    vendor.new_tags.append(tag)
    return True


def _add_category(vendor: VendorState, category: int) -> bool:
    if category in vendor.categories:
        return False
    vendor.categories.add(category)
    vendor.new_categories.append(category)
    return True


def _add_note(vendor: VendorState, words: str) -> bool:
    if hash(words) in vendor.notes:
        return False
    vendor.notes.add(hash(words))
    vendor.new_notes.append(words)
    return True


def _add_answers(vendor: VendorState, draft: VendorDraft) -> bool:
    new = [(field_id, value) for field_id, value in draft.custom if field_id not in vendor.custom]
    vendor.custom.update(field_id for field_id, _value in new)
    vendor.new_custom += new
    vendor.has_new_fields = vendor.has_new_fields or bool(new)  # whoever edits the vendor meanwhile is told
    return bool(new)


# Showing


@dataclass(frozen=True, slots=True)
class Compared:
    """One fact of a vendor that is here and of a row that looks like it."""

    field: str
    have: str
    theirs: str
    verdict: str
    """``same``, ``new`` (it is filled in) or ``other`` (ours stays)."""


def compare(vendor: VendorState, draft: VendorDraft) -> list[Compared]:
    """What a vendor has and what a row says, fact by fact, before they are merged."""
    found = [_compared("name", vendor.fields["name"], draft.name, same=vendor.fields["name"] == draft.name)]
    for source, column in FIELDS.items():
        have, theirs = vendor.fields[column] or "", getattr(draft, source) or ""
        if theirs:
            found.append(_compared(source, have, theirs, same=have == theirs))
    for name, pay in _pays(draft):
        ours = vendor.fields[f"{name}_amount"]
        kept = None if ours is None else Pay(ours, vendor.fields["currency"], vendor.fields[f"{name}_period"])
        found.append(_compared(name, pay_in_words(kept) if kept else "", pay_in_words(pay), same=kept == pay))
    people = [person for person in draft.people if person.name]
    if people:
        here = [person.name for person in vendor.people.values()]
        all_here = all(normal_name(person.name) in vendor.people for person in people)
        found.append(_added("person", here, [person.name for person in people], same=all_here))
    if draft.emails:
        here = [normal for kind, normal in vendor.holders if kind is ContactKind.EMAIL]
        found.append(_added("email", here, draft.emails, same=set(draft.emails) <= set(here)))
    return found


def _compared(name: str, have: str, theirs: str, *, same: bool) -> Compared:
    verdict = "same" if same else "other" if have else "new"
    return Compared(name, _cut(have), _cut(theirs), verdict)


def _added(name: str, have: Sequence[str], theirs: Sequence[str], *, same: bool) -> Compared:
    return Compared(name, _cut(", ".join(have)), _cut(", ".join(theirs)), "same" if same else "new")


def _cut(words: str) -> str:
    return words if len(words) <= 120 else words[:119] + "…"
