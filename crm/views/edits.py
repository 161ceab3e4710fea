"""How a note or an entry of the log came to say what it says: each edit, with what it took away and put in."""

from typing import Any

from crm.core.i18n import _
from crm.core.text_differences import differences
from crm.domain import interactions, notes
from crm.domain.permissions import Act
from crm.models import vocabulary
from crm.models.enums import InteractionKind, Outcome, Side, Visibility
from crm.queries import edits, people, profiles
from crm.queries.edits import Edit
from crm.web.gate import Pages, Visit
from crm.web.replies import AnyReply, page

pages = Pages("edits")

_CHOICES: dict[str, Any] = {"kind": InteractionKind, "outcome": Outcome, "initiated_by": Side, "visibility": Visibility}
_TEXTS = ("body", "summary")


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


def _shown(visit: Visit, said: Any, names: dict[int, str]) -> dict[str, Any]:
    return {
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
