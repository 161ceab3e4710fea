"""What the fields of a vendor, or of a person there, said before somebody changed them.

An edit keeps facts, not words: whoever reads it later reads it in their own language. Names of people, tags, niches and
own fields are kept as they were then.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select

from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import custom_fields, vendor_facts
from crm.models.categories import Category
from crm.models.enums import ContactKind
from crm.models.vendors import Contact, Person, PersonEdit, Vendor, VendorCategory, VendorEdit
from crm.models.workspaces import Membership
from crm.queries import custom_fields as custom_queries
from crm.queries import tags

Facts = dict[str, dict[str, Any]]
"""By field, what it says."""

OWN = "custom:"
"""Stands before the name of one of the business's own fields."""
_MADE_FROM_OTHERS = frozenset({"normal_name", "web_domain"})
_NOTHING: dict[str, Any] = {}


def columns_of(vendor: Vendor) -> dict[str, Any]:
    """What stands in a vendor's own columns."""
    return {name: getattr(vendor, name) for columns in vendor_facts.FIELDS.values() for name in columns}


def lists_of(vendor: Vendor, fields: Collection[str]) -> Facts:
    """Tags, niches and own fields, as far as ``fields`` (as :func:`crm.domain.vendors.edit` takes them) name them."""
    session = session_of(vendor)
    found: Facts = {}
    if "tags" in fields:
        found["vendor_tags"] = {"names": tags.names_of(session, vendor.id)}
    if "category_ids" in fields:
        found["vendor_categories"] = {"names": _categories(session, vendor.id)}
    if "custom" in fields:
        names = {field.id: field.name for field in custom_queries.fields(session)}
        values = custom_queries.values_of(session, [vendor.id])[vendor.id]
        found |= {OWN + names[key]: {"value": custom_fields.as_text(value)} for key, value in values.items()}
    return found


def keep_vendor(
    vendor: Vendor, columns: Mapping[str, Any], lists: Facts, fields: Collection[str], by: Membership
) -> None:
    """Keep what an edit changed, given what :func:`columns_of` and :func:`lists_of` said before it."""
    session = session_of(vendor)
    before: Facts = {}
    after: Facts = {}
    for field, names in vendor_facts.FIELDS.items():
        was, now = ({name: says[name] for name in names} for says in (columns, columns_of(vendor)))
        if was != now:
            before[field], after[field] = (_told(session, field, values) for values in (was, now))
    changes = _differing(before, after) | _differing(lists, lists_of(vendor, fields))
    if changes:
        session.add(VendorEdit(vendor_id=vendor.id, changes=changes, edited_by=by.user_id))


def facts_of_person(person: Person) -> Facts:
    """What is said about a person."""
    statement = select(Contact.kind, Contact.value).where(Contact.person_id == person.id)
    contacts = session_of(person).execute(statement.order_by(Contact.position, Contact.id)).all()
    return {
        **{name: {"value": getattr(person, name)} for name in ("name", "role", "preferred_channel", "notes")},
        "emails": {"names": [value for kind, value in contacts if kind is ContactKind.EMAIL]},
        "phones": {"names": [value for kind, value in contacts if kind is ContactKind.PHONE]},
    }


def keep_person(person: Person, before: Facts, by: Membership) -> None:
    """Keep what an edit of a person changed, given what :func:`facts_of_person` said before it."""
    changes = _differing(before, facts_of_person(person))
    if changes:
        session_of(person).add(PersonEdit(person_id=person.id, changes=changes, edited_by=by.user_id))


def _categories(session: WorkspaceSession, vendor_id: int) -> list[str]:
    statement = select(Category.name).join(VendorCategory, VendorCategory.category_id == Category.id)
    return list(session.scalars(statement.where(VendorCategory.vendor_id == vendor_id).order_by(Category.name)))


def _told(session: WorkspaceSession, field: str, values: dict[str, Any]) -> dict[str, Any]:
    told = vendor_facts.told(session, field, values)
    return {name: value for name, value in told.items() if name not in _MADE_FROM_OTHERS}


def _differing(before: Facts, after: Facts) -> dict[str, Any]:
    """Each field that says something else than before; one that was not there said nothing."""
    return {
        field: {"before": before.get(field, _NOTHING), "after": after.get(field, _NOTHING)}
        for field in {**before, **after}
        if before.get(field, _NOTHING) != after.get(field, _NOTHING)
    }
