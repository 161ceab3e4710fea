"""Reading and writing the vendors of an import in batches: a fixed number of statements each, whatever is in them."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import update

from crm.core import clock, limits, search_index, text
from crm.core.tenancy import WorkspaceSession
from crm.domain import custom_fields
from crm.domain.import_merging import PersonState, VendorState, normal_name
from crm.models.categories import Category
from crm.models.custom_fields import CustomValue
from crm.models.enums import Availability, CadenceChoice, Stage, TimelineKind, Visibility
from crm.models.imports import Import
from crm.models.log import Note, TimelineEntry
from crm.models.vendors import Contact, Person, Tag, Vendor, VendorCategory, VendorTag
from crm.models.workspaces import Membership
from crm.queries import categories, imports, members
from crm.queries.custom_fields import Field


def load(
    session: WorkspaceSession, ids: Sequence[int], *, with_notes: Iterable[int], with_custom: bool = False
) -> dict[int, VendorState]:
    """What these vendors have; their notes only of those in ``with_notes``, the business's own fields on request."""
    if not ids:
        return {}
    found = {
        vendor_id: VendorState(vendor_id, fields, version)
        for vendor_id, version, fields in imports.fields_of(session, ids)
    }
    _load_people(session, found)
    for vendor_id, tag in imports.tags_of(session, ids):
        found[vendor_id].tags.add(tag)
    for vendor_id, category in imports.categories_of(session, ids):
        found[vendor_id].categories.add(category)
    if with_custom:
        for vendor_id, field_id in imports.custom_of(session, ids):
            found[vendor_id].custom.add(field_id)
    if noted := sorted(set(with_notes)):
        for vendor_id, body in imports.notes_of(session, noted):
            found[vendor_id].notes.add(hash(body))
    return found


def _load_people(session: WorkspaceSession, found: dict[int, VendorState]) -> None:
    person: PersonState | None = None
    for vendor_id, person_id, name, role, kind, normal in imports.people_of(session, list(found)):
        if person is None or person.id != person_id:
            person = PersonState(person_id, name, role)
            found[vendor_id].add_person(person)
        if kind is not None:
            found[vendor_id].add_contact(person, (kind, normal))


class Shelves:
    """The business's tags and categories by their names, to which an import adds."""

    def __init__(self, session: WorkspaceSession) -> None:
        self._session = session
        self._tags = imports.tag_ids(session)
        self._categories: dict[str, int] = {}
        tree = categories.tree(session)
        self._room = limits.CATEGORIES - len(tree)
        self._tops = len(tree.children(None))
        for node in sorted(tree, key=lambda node: node.depth):
            self._categories.setdefault(text.normal(node.name), node.id)
            self._categories.setdefault(text.normal(node.words.replace("›", ">")), node.id)

    def make_tags(self, names: Iterable[str]) -> None:
        """Make the tags among the names that do not exist yet. One statement."""
        new = {key: name for name in names if (key := tag_key(name)) and key not in self._tags}
        rows = [{"name": name, "normal_name": key} for key, name in new.items()]
        self._tags.update(zip(new, self._session.insert_numbered(Tag, rows), strict=True))

    def make_categories(self, names: Iterable[str]) -> None:
        """Make the categories among the names that do not exist yet, as far as there is room. One statement."""
        new: dict[str, str] = {}
        for name in names:
            key = text.normal(name)
            if key and key not in self._categories and len(new) < self._room:
                new.setdefault(key, name)
        rows = [
            {"name": name, "parent_id": None, "position": self._tops + place} for place, name in enumerate(new.values())
        ]
        self._categories.update(zip(new, self._session.insert_numbered(Category, rows), strict=True))
        self._room -= len(new)
        self._tops += len(new)

    def tag(self, name: str) -> int | None:
        """The id of a tag."""
        return self._tags.get(tag_key(name))

    def category(self, name: str) -> int | None:
        """The id of a category or niche, by its name or its path (``Design > Logos``)."""
        return self._categories.get(text.normal(name.replace("›", ">")))


def tag_key(name: str) -> str:
    """A tag's name for comparing."""
    return text.normal(name)[: limits.NAME_LENGTH]


class Team:
    """Who can look after a vendor, by name and address."""

    def __init__(self, session: WorkspaceSession) -> None:
        people = members.workers_of(members.members_of(session, session.workspace_id))
        known: dict[str, set[int]] = {}
        for member in people:
            for said in (member.user.name, member.user.email):
                known.setdefault(text.normal(said), set()).add(member.user_id)
        self._known = {said: user_ids.pop() for said, user_ids in known.items() if len(user_ids) == 1}

    def find(self, said: str) -> int | None:
        """Whom a row means; nobody where two have that name."""
        return self._known.get(text.normal(said))


class Writer:
    """Writes what rows added to vendors."""

    def __init__(self, session: WorkspaceSession, row: Import, by: Membership, own: Sequence[Field] = ()) -> None:
        self._session = session
        self._own = {field.id: field for field in own}
        self._currency = by.workspace.currency
        self._import = row
        self._by = by.user_id
        self._today = by.workspace.today
        self._now = clock.now()
        self.people = 0
        self.notes = 0

    def write(self, new: Sequence[VendorState], known: Sequence[VendorState]) -> None:
        """Write a batch; the new vendors have their ids then."""
        self._update_vendors([vendor for vendor in known if vendor.has_new_fields])
        self._renew_people([person for vendor in known for person in vendor.everyone if person.is_changed])
        with search_index.in_bulk(self._session.connection()):
            self._insert_vendors(new)
            self._add(vendors=[*new, *known])

    def _add(self, vendors: Sequence[VendorState]) -> None:
        self._write_people(vendors)
        self._session.insert_many(
            VendorTag, [{"vendor_id": vendor.id, "tag_id": tag} for vendor in vendors for tag in vendor.new_tags]
        )
        self._session.insert_many(
            VendorCategory,
            [{"vendor_id": vendor.id, "category_id": each} for vendor in vendors for each in vendor.new_categories],
        )
        self._write_notes(vendors)
        self._write_custom(vendors)

    def _insert_vendors(self, vendors: Sequence[VendorState]) -> None:
        rows = [
            {
                **vendor.fields,
                "normal_name": normal_name(vendor.fields["name"]),
                "stage": Stage.PROSPECT,
                "stage_since": self._today,
                "cadence_choice": CadenceChoice.NONE,
                "cadence_in_force": "",
                "cadence_began_on": self._today,
                "availability": Availability.UNKNOWN,
                "tier": vendor.tier,
                "owner_id": vendor.owner_id or self._by,
                "import_id": self._import.id,
                "created_at": self._now,
                "created_by": self._by,
                "updated_at": self._now,
            }
            for vendor in vendors
        ]
        for vendor, vendor_id in zip(vendors, self._session.insert_numbered(Vendor, rows), strict=True):
            vendor.id = vendor_id
        facts = {"stage": Stage.PROSPECT, "file": self._import.file_name}
        self._record([(vendor, TimelineKind.ADDED, vendor.id, "", facts) for vendor in vendors])

    def _update_vendors(self, vendors: Sequence[VendorState]) -> None:
        if not vendors:
            return
        rows = [
            {
                "id": vendor.id,
                **{name: vendor.fields[name] for name in imports.FILLABLE if name != "name"},
                "search_text": text.searchable(vendor.fields["name"], vendor.fields["what_they_do"]),
                "version": vendor.version + 1,
                "updated_at": self._now,
                "updated_by": self._by,
            }
            for vendor in vendors
        ]
        self._session.execute(update(Vendor), rows)

    def _write_people(self, vendors: Sequence[VendorState]) -> None:
        new = [(vendor, person) for vendor in vendors for person in vendor.new_people]
        ids = self._session.insert_numbered(
            Person,
            [
                {
                    "vendor_id": vendor.id,
                    "name": person.name,
                    "normal_name": normal_name(person.name),
                    "role": person.role,
                    "created_at": self._now,
                    "created_by": self._by,
                    "updated_at": self._now,
                    "updated_by": self._by,
                }
                for vendor, person in new
            ],
        )
        for (_vendor, person), person_id in zip(new, ids, strict=True):
            person.id, person.is_changed = person_id, False
        people = [person for vendor in vendors for person in vendor.touched_people()]
        self._session.insert_many(
            Contact,
            [
                {"person_id": person.id, "kind": kind, "value": value, "normal_value": normal, "position": place}
                for person in people
                for place, (kind, value, normal) in enumerate(
                    person.new_contacts, start=len(person.contacts) - len(person.new_contacts)
                )
            ],
        )
        self.people += len(new)

    def _renew_people(self, people: Sequence[PersonState]) -> None:
        rows = [
            {
                "id": person.id,
                "name": person.name,
                "normal_name": normal_name(person.name),
                "role": person.role,
                "search_text": text.searchable(person.name, person.role),
                "updated_at": self._now,
                "updated_by": self._by,
            }
            for person in people
            if person.id is not None
        ]
        if rows:
            self._session.execute(update(Person), rows)

    def _write_notes(self, vendors: Sequence[VendorState]) -> None:
        notes = [(vendor, words) for vendor in vendors for words in vendor.new_notes]
        ids = self._session.insert_numbered(
            Note,
            [
                {
                    "vendor_id": vendor.id,
                    "body": words,
                    "visibility": Visibility.TEAM,
                    "created_at": self._now,
                    "created_by": self._by,
                }
                for vendor, words in notes
            ],
        )
        self._record(
            [
                (vendor, TimelineKind.NOTE, note_id, words, {"edited": False})
                for (vendor, words), note_id in zip(notes, ids, strict=True)
            ]
        )
        self.notes += len(notes)

    def _write_custom(self, vendors: Sequence[VendorState]) -> None:
        rows: list[dict[str, Any]] = []
        for vendor in vendors:
            for field_id, said in vendor.new_custom:
                field = self._own.get(field_id)  # none, where it was put away since the file was read
                value = custom_fields.parse(field, said, currency=self._currency) if field else None
                if value is not None:
                    columns = custom_fields.stored_columns(value)
                    rows.append({"vendor_id": vendor.id, "field_id": field_id, **columns})
        self._session.insert_many(CustomValue, rows)

    def _record(self, entries: Sequence[tuple[VendorState, TimelineKind, int | None, str, dict[str, Any]]]) -> None:
        """What :func:`crm.domain.timeline.record` writes, for many subjects that are new."""
        self._session.insert_many(
            TimelineEntry,
            [
                {
                    "vendor_id": vendor.id,
                    "kind": kind,
                    "subject_id": subject_id,
                    "step": "",
                    "happened_on": self._today,
                    "recorded_at": self._now,
                    "author_id": self._by,
                    "visibility": Visibility.TEAM,
                    "facts": facts,
                    "body": body,
                }
                for vendor, kind, subject_id, body, facts in entries
            ],
        )
