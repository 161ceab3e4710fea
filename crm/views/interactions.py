"""Conversations: choosing a vendor to log one with, changing one, deleting it and bringing it back."""

from typing import Any

from flask import request, url_for

from crm.core.errors import Stale
from crm.core.i18n import _
from crm.domain import deletions, interaction_areas, interactions, notes, presences
from crm.domain.permissions import Act
from crm.forms.conflicts import Difference
from crm.forms.log_entries import InteractionForm
from crm.models import vocabulary
from crm.models.enums import InteractionKind, Outcome, Side
from crm.queries import log, people, profiles
from crm.queries.interaction_areas import choices
from crm.web import undoing
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.merging import saves_together, together
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("interactions")

PICKED = 20


@pages.get("/log", Act.WORK)
def new(visit: Visit) -> AnyReply:
    """Whom to log something about: the vendors that fit what was typed, or those spoken to last. The button opens the
    only one that fits; while one types nothing is opened."""
    words = request.args.get("q", "").strip()[:200]
    found = profiles.beginning(visit.session, words, limit=PICKED)
    if words and len(found) == 1 and request.args.get("go"):
        return see("profiles.show", vendor_id=found[0].id, _anchor="log")
    return page("interactions/new.html", words=words, found=found, today=visit.today)


@pages.get("/interactions/<int:interaction_id>/edit", Act.WORK)
def edit(visit: Visit, interaction_id: int) -> AnyReply:
    """Change what an interaction says, with what it said before."""
    entry = interactions.find(visit.session, interaction_id)
    form = _saved(entry)
    values = _editing(visit, entry, form)
    form.remember(entry.version)
    others = presences.others(visit.session, by=visit.member, form=request.path)
    return page("interactions/edit.html", **values, others=others)


@pages.post("/interactions/<int:interaction_id>", Act.WORK)
def update(visit: Visit, interaction_id: int) -> AnyReply:
    """Save the change."""
    entry = interactions.find(visit.session, interaction_id)
    form = InteractionForm(typed())
    values = _editing(visit, entry, form)
    try:
        if carries_out(form, lambda: _update(visit, entry, form)):
            return see("profiles.show", vendor_id=entry.vendor_id, toast=_("Saved."), _anchor=f"interaction-{entry.id}")
    except Stale:
        differences = _met(entry, form)
        if saves_together(form, differences, lambda: _update(visit, entry, form)):
            words = together(differences)
            return see("profiles.show", vendor_id=entry.vendor_id, toast=words, _anchor=f"interaction-{entry.id}")
        return _conflict(entry, differences, values)
    return refusal("interactions/edit.html", **values)


def _update(visit: Visit, entry: Any, form: InteractionForm) -> None:
    assert form.occurred_on.data is not None  # the form requires it
    interactions.edit(
        entry,
        by=visit.member,
        version=form.version.data or 0,
        kind=InteractionKind(form.kind.data),
        outcome=Outcome(form.outcome.data),
        initiated_by=Side(form.initiated_by.data),
        occurred_on=form.occurred_on.data,
        person_id=form.person_id.data,
        summary=form.summary.data,
        minutes=form.minutes.data,
        area_ids=[int(area_id) for area_id in form.area_ids.data or ()],
    )


def _saved(entry: Any) -> InteractionForm:
    """The form with what the entry says."""
    named = [str(area_id) for area_id in interaction_areas.of(entry)]
    return InteractionForm(None, obj=entry, data={"area_ids": named})


@pages.post("/interactions/<int:interaction_id>/deletion", Act.WORK)
def delete(visit: Visit, interaction_id: int) -> AnyReply:
    """Take it out of the log."""
    entry = interactions.find(visit.session, interaction_id)
    item = deletions.of_interaction(entry, by=visit.member)
    return _gone(item.vendor_id, undoing.from_bin(item))


@pages.post("/interactions/<int:interaction_id>/restoration", Act.WORK)
def restore(visit: Visit, interaction_id: int) -> AnyReply:
    """Bring it back."""
    entry = interactions.find(visit.session, interaction_id, deleted=True)
    interactions.restore(entry, by=visit.member)
    return see("profiles.show", vendor_id=entry.vendor_id, toast=_("It’s back."))


@pages.post("/interactions/<int:interaction_id>/deletion/<int:note_id>", Act.WORK)
def delete_with_note(visit: Visit, interaction_id: int, note_id: int) -> AnyReply:
    """Take it out of the log, and with it the note that was kept of it for one's own eyes."""
    entry = interactions.find(visit.session, interaction_id)
    note = notes.find(visit.session, note_id, reader=visit.member)
    interactions.delete(entry, by=visit.member)
    notes.delete(note, by=visit.member)
    return _gone(entry.vendor_id, url_for("interactions.restore_with_note", interaction_id=entry.id, note_id=note.id))


@pages.post("/interactions/<int:interaction_id>/restoration/<int:note_id>", Act.WORK)
def restore_with_note(visit: Visit, interaction_id: int, note_id: int) -> AnyReply:
    """Bring both back."""
    entry = interactions.find(visit.session, interaction_id, deleted=True)
    note = notes.find(visit.session, note_id, reader=visit.member, deleted=True)
    interactions.restore(entry, by=visit.member)
    notes.restore(note, by=visit.member)
    return see("profiles.show", vendor_id=entry.vendor_id, toast=_("It’s back."))


def _gone(vendor_id: int | None, undo: str) -> AnyReply:
    return see("profiles.show", vendor_id=vendor_id, toast=_("Deleted."), undo=undo)


def _editing(visit: Visit, entry: Any, form: InteractionForm) -> dict[str, Any]:
    persons = people.people_of(visit.session, entry.vendor_id)
    areas = choices(visit.session, entry.vendor_id, besides=interaction_areas.of(entry))
    form.offer([(person.id, person.name) for person in persons], areas)
    around = profiles.team(visit.session, reader=visit.member)
    return {
        "form": form,
        "entry": entry,
        "vendor": profiles.vendor(visit.session, entry.vendor_id),
        "revisions": [_said(row, persons) for row in log.revisions_of(visit.session, entry, reader=visit.member)],
        "team": around,
        "names": profiles.names(mate for mate in around.values() if mate.is_active),
        "today": visit.today,
        "zone": visit.person.time_zone,
    }


def _said(revision: Any, persons: Any) -> dict[str, Any]:
    before = revision.before
    names = {person.id: person.name for person in persons}
    return {
        "at": revision.edited_at,
        "by": revision.edited_by,
        "kind": vocabulary.word(InteractionKind(before["kind"])),
        "outcome": vocabulary.word(Outcome(before["outcome"])),
        "on": before["occurred_on"],
        "person": names.get(before["person_id"], ""),
        "minutes": before["minutes"],
        "words": before["summary"],
    }


def _met(entry: Any, form: InteractionForm) -> list[Difference]:
    theirs = _saved(entry)
    theirs.person_id.choices, theirs.area_ids.choices = form.person_id.choices, form.area_ids.choices
    return form.meet(theirs, entry.version)


def _conflict(entry: Any, differences: list[Difference], values: dict[str, Any]) -> AnyReply:
    """Both versions, with the form carrying the newer one: saving it again keeps what was typed."""
    last = values["revisions"][0] if values["revisions"] else None
    return refusal(
        "interactions/edit.html",
        status=409,
        **values,
        conflict={
            "by": last["by"] if last else entry.created_by,
            "at": last["at"] if last else entry.created_at,
            "rows": [(each.question, each.theirs, each.yours) for each in differences],
        },
    )
