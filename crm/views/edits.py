"""How notes, entries of the log, vendors and people came to say what they say: what each edit took away and put in."""

from datetime import date
from typing import Any

from flask import request, url_for

from crm.core.errors import Missing
from crm.core.i18n import _
from crm.core.text_differences import differences
from crm.domain import field_edits, interactions, notes
from crm.domain.permissions import Act
from crm.models import vocabulary
from crm.models.enums import Channel, InteractionKind, Outcome, Side, Visibility
from crm.queries import edits, people, profiles
from crm.queries.edits import AT_ONCE, Edit, FieldEdit
from crm.web.gate import LARGEST_ID, Pages, Visit
from crm.web.replies import AnyReply, page

pages = Pages("edits")

_CHOICES: dict[str, Any] = {"kind": InteractionKind, "outcome": Outcome, "initiated_by": Side, "visibility": Visibility}
_TEXTS = ("body", "summary")
_LONG = "notes"


@pages.get("/notes/<int:note_id>/edits", Act.SEE)
def of_note(visit: Visit, note_id: int) -> AnyReply:
    """What a note said before each of its edits, as far as the reader might have read it."""
    note = notes.find(visit.session, note_id, reader=visit.member)
    return page("edits/show.html", **_shown(visit, note, {}), anchor=f"note-{note.id}")


@pages.get("/interactions/<int:interaction_id>/edits", Act.SEE)
def of_interaction(visit: Visit, interaction_id: int) -> AnyReply:
    """What an entry of the log said before each of its edits."""
    entry = interactions.find(visit.session, interaction_id)
    names = {person.id: person.name for person in people.people_of(visit.session, entry.vendor_id)}
    return page("edits/show.html", **_shown(visit, entry, names), anchor=f"interaction-{entry.id}")


@pages.get("/vendors/<int:vendor_id>/edits", Act.SEE)
def of_vendor(visit: Visit, vendor_id: int) -> AnyReply:
    """What the fields of a vendor said before each edit."""
    found = edits.of_vendor(visit.session, vendor_id, before=_before())
    lines = [_vendor_line(each, visit.today) for each in found[:AT_ONCE]]
    return page("edits/show.html", **_fields_shown(visit, vendor_id, found), person=None, edits=lines)


@pages.get("/people/<int:person_id>/edits", Act.SEE)
def of_person(visit: Visit, person_id: int) -> AnyReply:
    """What was said about a person before each edit."""
    person = people.person(visit.session, person_id)
    if person is None:
        raise Missing
    found = edits.of_person(visit.session, person_id, before=_before())
    lines = [_person_line(each) for each in found[:AT_ONCE]]
    return page("edits/show.html", **_fields_shown(visit, person.vendor_id, found), edits=lines, person=person)


def _before() -> int | None:
    """Edits older than this one are asked for."""
    said = request.args.get("before", type=int)
    return said if said is not None and 0 < said <= LARGEST_ID else None


def _fields_shown(visit: Visit, vendor_id: int, found: list[FieldEdit]) -> dict[str, Any]:
    vendor = profiles.vendor(visit.session, vendor_id)
    if vendor is None:
        raise Missing
    arguments = dict(request.view_args or {})
    earlier = found[AT_ONCE - 1].id if len(found) > AT_ONCE else None
    return {
        "vendor": vendor,
        "anchor": None,
        "team": profiles.team(visit.session, reader=visit.member),
        "zone": visit.person.time_zone,
        "earlier": url_for(str(request.endpoint), **arguments, before=earlier) if earlier else None,
    }


def _vendor_line(edit: FieldEdit, today: date) -> dict[str, Any]:
    changed = [
        (_field_name(field), *(_field_words(field, says[when], today) for when in ("before", "after")))
        for field, says in edit.changes.items()
    ]
    return {"at": edit.at, "by": edit.by, "changed": changed, "pieces": []}


def _field_name(field: str) -> str:
    return field.removeprefix(field_edits.OWN) if field.startswith(field_edits.OWN) else vocabulary.vendor_field(field)


def _field_words(field: str, facts: dict[str, Any], today: date) -> str:
    return vocabulary.vendor_value(field, facts, today) if facts else ""


def _person_line(edit: FieldEdit) -> dict[str, Any]:
    """What is written about somebody may be long: its differences are shown, not both versions."""
    changed = [
        (_person_question(field), *(_person_words(field, says[when]) for when in ("before", "after")))
        for field, says in edit.changes.items()
        if field != _LONG
    ]
    notes_said = edit.changes.get(_LONG)
    pieces = differences(*(notes_said[when]["value"] for when in ("before", "after"))) if notes_said else []
    return {"at": edit.at, "by": edit.by, "changed": changed, "pieces": pieces}


def _person_question(field: str) -> str:
    return {
        "name": _("Name"),
        "role": _("Role"),
        "preferred_channel": _("Best reached by"),
        "emails": _("E-mail addresses"),
        "phones": _("Phone numbers"),
    }.get(field, field)


def _person_words(field: str, facts: dict[str, Any]) -> str:
    if "names" in facts:
        return ", ".join(facts["names"])
    value = facts["value"]
    return str(vocabulary.word(Channel(value))) if field == "preferred_channel" and value else value or ""


def _shown(visit: Visit, said: Any, names: dict[int, str]) -> dict[str, Any]:
    return {
        "person": None,
        "earlier": None,
        "vendor": profiles.vendor(visit.session, said.vendor_id),
        "said": said,
        "edits": [_line(each, names) for each in edits.of(visit.session, said, reader=visit.member)],
        "team": profiles.team(visit.session, reader=visit.member),
        "zone": visit.person.time_zone,
    }


def _line(edit: Edit, names: dict[int, str]) -> dict[str, Any]:
    """An edit as the page shows it: the boxes that changed, and the text with its differences."""
    changed = [
        (_question(name), _words(name, edit.before[name], names), _words(name, edit.after[name], names))
        for name in edit.before
        if name not in _TEXTS and name in edit.after and edit.before[name] != edit.after[name]
    ]
    text = next((name for name in _TEXTS if name in edit.before and edit.before[name] != edit.after.get(name)), None)
    pieces = differences(edit.before[text], edit.after[text]) if text else []
    return {"at": edit.at, "by": edit.by, "changed": changed, "pieces": pieces}


def _question(name: str) -> str:
    return {
        "kind": _("What kind"),
        "outcome": _("How it went"),
        "initiated_by": _("Who got in touch"),
        "occurred_on": _("On which day"),
        "person_id": _("With whom"),
        "minutes": _("Minutes"),
        "visibility": _("Who may read it"),
    }.get(name, name)


def _words(name: str, value: Any, names: dict[int, str]) -> str:
    if value is None:
        return ""
    if name in _CHOICES:
        return str(vocabulary.word(_CHOICES[name](value)))
    return names.get(value, _("Somebody")) if name == "person_id" else str(value)
