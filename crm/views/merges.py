"""Merging two vendors: which is kept, which values stay, and taking it back."""

from dataclasses import asdict
from typing import Any

from flask import request, url_for

from crm.core import text
from crm.core.errors import Missing, Stale
from crm.core.i18n import _
from crm.domain import doubles, merges, vendor_facts
from crm.domain.permissions import Act
from crm.forms.merges import Asked, MergeForm, merge_form
from crm.models import vocabulary
from crm.models.enums import TimelineKind
from crm.queries import doubles as queries
from crm.queries import vendors as vendor_queries
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("merges")

FOUND_AT_MOST = 20


@pages.get("/vendors/<int:vendor_id>/merge", Act.WORK)
def choose(visit: Visit, vendor_id: int) -> AnyReply:
    """Choose whom to merge with a vendor: those that look like it, or any by name."""
    vendor = vendor_queries.vendor(visit.session, vendor_id)
    if vendor is None:
        raise Missing
    asked = text.clean_line(request.args.get("q", ""))[:200]
    words = text.folded(asked).split()[:5]
    found = [
        (other_id, name)
        for other_id, name in queries.with_words(visit.session, words[:1])
        if other_id != vendor_id and all(f" {word}" in text.searchable(name) for word in words)
    ]
    return page(
        "merges/choose.html",
        vendor=vendor,
        asked=asked,
        found=found[:FOUND_AT_MOST],
        alike=doubles.like(visit.session, vendor),
    )


@pages.get("/vendors/<int:vendor_id>/merge/<int:other_id>", Act.WORK)
def new(visit: Visit, vendor_id: int, other_id: int) -> AnyReply:
    """Both side by side, and what differs to choose from."""
    pair = merges.both(visit.session, vendor_id, other_id)
    form = merge_form(_questions(visit, *pair))
    form.looked_at((pair[0].version, pair[1].version))
    return page("merges/new.html", **_shown(visit, *pair, form))


@pages.post("/vendors/<int:vendor_id>/merge/<int:other_id>", Act.WORK)
def create(visit: Visit, vendor_id: int, other_id: int) -> AnyReply:
    """Merge the other one into the vendor. Where somebody saved one of them meanwhile, it is shown and asked again."""
    winner, loser = merges.both(visit.session, vendor_id, other_id)
    form = merge_form(_questions(visit, winner, loser), typed())
    loser_name, made = loser.name, list[Any]()

    def act() -> None:
        made.append(merges.merge(winner, loser, by=visit.member, versions=form.versions(), theirs=form.theirs()))

    status = 422
    try:
        if carries_out(form, act):
            words = _("%(other)s merged into %(name)s.", other=loser_name, name=winner.name)
            undo = url_for("merges.undo", merge_id=made[0].id)
            return see("profiles.show", vendor_id=vendor_id, toast=words, undo=undo)
    except Stale as stale:
        form.form_errors.append(f"{stale.words} {_('What differs now is below; nothing is merged yet.')}")
        form.looked_at((winner.version, loser.version))
        status = 409
    return refusal("merges/new.html", status=status, **_shown(visit, winner, loser, form))


@pages.post("/merges/<int:merge_id>/undo", Act.WORK)
def undo(visit: Visit, merge_id: int) -> AnyReply:
    """Take a merge back."""
    undone = merges.undo(merges.find(visit.session, merge_id), by=visit.member)
    words = _(
        "%(name)s is back. What came in since stays with %(other)s.", name=undone.vendor.name, other=undone.other.name
    )
    if undone.kept:
        kept = ", ".join(vocabulary.vendor_field(field) for field in undone.kept)
        words += " " + _("Changed since, and left as it is: %(what)s.", what=kept)
    return see("profiles.show", vendor_id=undone.vendor.id, toast=words)


def _questions(visit: Visit, winner: Any, loser: Any) -> list[Asked]:
    """Where both have a value, in words."""
    asked = []
    for each in merges.questions(winner, loser):
        if each.is_open:
            ours, theirs = (_said(visit, each.field, values) for values in (each.ours, each.theirs))
            asked.append(Asked(each.field, vocabulary.vendor_field(each.field), ours, theirs, each.suggests_theirs))
    for key, name, ours, theirs in merges.custom_questions(visit.session, winner.id, loser.id):
        asked.append(Asked(key, name, ours, theirs))
    return asked


def _said(visit: Visit, field: str, values: dict[str, Any]) -> str:
    facts = vendor_facts.told(visit.session, field, values)
    return vocabulary.vendor_value(field, facts, visit.today) or _("(empty)")


_COUNTED = (TimelineKind.INTERACTION, TimelineKind.NOTE, TimelineKind.TRUST, TimelineKind.PROMISE, TimelineKind.FILE)


def _shown(visit: Visit, winner: Any, loser: Any, form: MergeForm) -> dict[str, Any]:
    """What the page says besides the questions: what comes together, and what is filled in without a question."""
    filled = [each for each in merges.questions(winner, loser) if not each.is_open and each.suggests_theirs]
    counts = queries.history_counts(visit.session, [winner.id, loser.id], reader=visit.member)
    reached = {row.id: row for row in queries.compared(visit.session, [winner.id, loser.id])}
    return {
        "winner": winner,
        "loser": loser,
        "form": form,
        "filled": [(vocabulary.vendor_field(each.field), _said(visit, each.field, each.theirs)) for each in filled],
        "counted": [(kind, counts[winner.id].get(kind, 0), counts[loser.id].get(kind, 0)) for kind in _COUNTED],
        "same_people": merges.same_people(visit.session, winner.id, loser.id),
        "one": asdict(reached[winner.id]),
        "other": asdict(reached[loser.id]),
    }
