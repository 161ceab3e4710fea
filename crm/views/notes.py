"""Notes: writing one, changing it, deleting it and bringing it back."""

from typing import Any

from flask import request, url_for

from crm.core.errors import Stale
from crm.core.i18n import _
from crm.domain import deletions, notes, presences
from crm.domain.permissions import Act
from crm.forms.conflicts import Difference
from crm.forms.log_entries import NoteForm
from crm.models import vocabulary
from crm.models.enums import Visibility
from crm.queries import log, profiles
from crm.web import undoing
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.merging import saves_together, together
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("notes")


@pages.get("/vendors/<int:vendor_id>/notes/new", Act.WORK)
def new(visit: Visit, vendor_id: int) -> AnyReply:
    """Write a note about a vendor."""
    return page("notes/new.html", **_writing(visit, vendor_id, NoteForm(None)))


@pages.post("/vendors/<int:vendor_id>/notes", Act.WORK)
def create(visit: Visit, vendor_id: int) -> AnyReply:
    """Keep it."""
    form = NoteForm(typed())
    vendor = profiles.vendor(visit.session, vendor_id)
    written: list[int] = []

    def write() -> None:
        visibility = Visibility(form.visibility.data)
        written.append(notes.write(vendor, by=visit.member, body=form.body.data, visibility=visibility).id)

    if carries_out(form, write):
        undo = url_for("notes.delete", note_id=written[0])
        return see("profiles.show", vendor_id=vendor_id, toast=_("Note added."), undo=undo)
    return refusal("notes/new.html", **_writing(visit, vendor_id, form))


@pages.get("/notes/<int:note_id>/edit", Act.WORK)
def edit(visit: Visit, note_id: int) -> AnyReply:
    """Change a note, with what it said before."""
    note = notes.find(visit.session, note_id, reader=visit.member)
    notes.require_may_change(note, visit.member)
    form = NoteForm(None, obj=note)
    form.remember(note.version)
    others = presences.others(visit.session, by=visit.member, form=request.path)
    return page("notes/edit.html", **_editing(visit, note, form), others=others)


@pages.post("/notes/<int:note_id>", Act.WORK)
def update(visit: Visit, note_id: int) -> AnyReply:
    """Save the change."""
    note = notes.find(visit.session, note_id, reader=visit.member)
    notes.require_may_change(note, visit.member)
    form = NoteForm(typed())
    values = _editing(visit, note, form)
    try:
        if carries_out(form, lambda: _update(visit, note, form)):
            return see("profiles.show", vendor_id=note.vendor_id, toast=_("Saved."), _anchor=f"note-{note.id}")
    except Stale:
        differences = form.meet(NoteForm(None, obj=note), note.version)
        if saves_together(form, differences, lambda: _update(visit, note, form)):
            words = together(differences)
            return see("profiles.show", vendor_id=note.vendor_id, toast=words, _anchor=f"note-{note.id}")
        return _conflict(note, differences, values)
    return refusal("notes/edit.html", **values)


def _update(visit: Visit, note: Any, form: NoteForm) -> None:
    notes.edit(
        note,
        by=visit.member,
        version=form.version.data or 0,
        body=form.body.data,
        visibility=Visibility(form.visibility.data),
    )


@pages.post("/notes/<int:note_id>/deletion", Act.WORK)
def delete(visit: Visit, note_id: int) -> AnyReply:
    """Take it away."""
    note = notes.find(visit.session, note_id, reader=visit.member)
    item = deletions.of_note(note, by=visit.member)
    return see("profiles.show", vendor_id=item.vendor_id, toast=_("Deleted."), undo=undoing.from_bin(item))


@pages.post("/notes/<int:note_id>/restoration", Act.WORK)
def restore(visit: Visit, note_id: int) -> AnyReply:
    """Bring it back."""
    note = notes.find(visit.session, note_id, reader=visit.member, deleted=True)
    notes.restore(note, by=visit.member)
    return see("profiles.show", vendor_id=note.vendor_id, toast=_("It’s back."))


def _writing(visit: Visit, vendor_id: int, form: NoteForm) -> dict[str, Any]:
    team = profiles.team(visit.session, reader=visit.member)
    return {
        "form": form,
        "vendor": profiles.vendor(visit.session, vendor_id),
        "names": profiles.names(mate for mate in team.values() if mate.is_active),
    }


def _editing(visit: Visit, note: Any, form: NoteForm) -> dict[str, Any]:
    team = profiles.team(visit.session, reader=visit.member)
    return {
        **_writing(visit, note.vendor_id, form),
        "note": note,
        "team": team,
        "revisions": [_said(row) for row in log.revisions_of(visit.session, note, reader=visit.member)],
        "zone": visit.person.time_zone,
    }


def _said(revision: Any) -> dict[str, Any]:
    before = revision.before
    return {
        "at": revision.edited_at,
        "by": revision.edited_by,
        "visibility": vocabulary.word(Visibility(before["visibility"])),
        "words": before["body"],
    }


def _conflict(note: Any, differences: list[Difference], values: dict[str, Any]) -> AnyReply:
    """Both versions, with the form carrying the newer one: saving it again keeps what was typed."""
    rows = [(each.question, each.theirs, each.yours) for each in differences]
    last = values["revisions"][0] if values["revisions"] else {"by": note.created_by, "at": note.created_at}
    return refusal("notes/edit.html", status=409, **values, conflict={**last, "rows": rows})
