"""Follow-ups and promises: made, changed, and said how they ended."""

from datetime import date
from typing import Any

from flask import url_for

from crm.core.errors import Stale
from crm.core.i18n import _
from crm.domain import promises
from crm.domain.permissions import Act
from crm.forms.log_entries import PromiseForm
from crm.models.enums import PromiseKind, PromiseState
from crm.queries import profiles
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("promises")


@pages.get("/vendors/<int:vendor_id>/promises/new", Act.WORK)
def new(visit: Visit, vendor_id: int) -> AnyReply:
    """Note down what is to come."""
    vendor = profiles.vendor(visit.session, vendor_id)
    return page("promises/new.html", vendor=vendor, form=PromiseForm(None))


@pages.post("/vendors/<int:vendor_id>/promises", Act.WORK)
def create(visit: Visit, vendor_id: int) -> AnyReply:
    """Keep it."""
    vendor = profiles.vendor(visit.session, vendor_id)
    form = PromiseForm(typed())
    made: list[int] = []

    def make() -> None:
        kind = PromiseKind(form.kind.data)
        promise = promises.make(vendor, by=visit.member, kind=kind, what=form.what.data, due_on=_due_on(form))
        made.append(promise.id)

    if carries_out(form, make):
        undo = url_for("promises.drop", promise_id=made[0])
        return see("profiles.show", vendor_id=vendor_id, toast=_("Noted."), undo=undo)
    return refusal("promises/new.html", vendor=vendor, form=form)


@pages.get("/promises/<int:promise_id>/edit", Act.WORK)
def edit(visit: Visit, promise_id: int) -> AnyReply:
    """Change its words or its date."""
    promise = promises.find(visit.session, promise_id)
    form = PromiseForm(None, obj=promise)
    form.remember(promise.version)
    return page("promises/edit.html", **_editing(visit, promise, form))


@pages.post("/promises/<int:promise_id>", Act.WORK)
def update(visit: Visit, promise_id: int) -> AnyReply:
    """Save the change."""
    promise = promises.find(visit.session, promise_id)
    form = PromiseForm(typed())
    values = _editing(visit, promise, form)
    try:
        if carries_out(form, lambda: _update(visit, promise, form)):
            return see("profiles.show", vendor_id=promise.vendor_id, toast=_("Saved."))
    except Stale:
        differences = form.meet(PromiseForm(None, obj=promise), promise.version)
        rows = [(each.question, each.theirs, each.yours) for each in differences]
        return refusal("promises/edit.html", status=409, **values, conflict={"rows": rows})
    return refusal("promises/edit.html", **values)


def _update(visit: Visit, promise: Any, form: PromiseForm) -> None:
    promises.change(
        promise,
        by=visit.member,
        version=form.version.data or 0,
        kind=PromiseKind(form.kind.data),
        what=form.what.data,
        due_on=_due_on(form),
    )


@pages.post("/promises/<int:promise_id>/keeping", Act.WORK)
def keep(visit: Visit, promise_id: int) -> AnyReply:
    """It was kept, or the follow-up is done."""
    return _close(visit, promise_id, PromiseState.KEPT)


@pages.post("/promises/<int:promise_id>/breaking", Act.WORK)
def give_up(visit: Visit, promise_id: int) -> AnyReply:
    """It was broken."""
    return _close(visit, promise_id, PromiseState.BROKEN)


@pages.post("/promises/<int:promise_id>/dropping", Act.WORK)
def drop(visit: Visit, promise_id: int) -> AnyReply:
    """It no longer matters."""
    return _close(visit, promise_id, PromiseState.DROPPED)


@pages.post("/promises/<int:promise_id>/reopening", Act.WORK)
def reopen(visit: Visit, promise_id: int) -> AnyReply:
    """Take its end back."""
    promise = promises.find(visit.session, promise_id)
    promises.reopen(promise, by=visit.member)
    return see("profiles.show", vendor_id=promise.vendor_id, toast=_("It’s open again."))


def _close(visit: Visit, promise_id: int, state: PromiseState) -> AnyReply:
    promise = promises.find(visit.session, promise_id)
    promises.close(promise, by=visit.member, state=state)
    words = {PromiseState.KEPT: _("Kept."), PromiseState.BROKEN: _("Broken."), PromiseState.DROPPED: _("Dropped.")}
    said = _("Done.") if promise.kind is PromiseKind.FOLLOW_UP and state is PromiseState.KEPT else words[state]
    undo = url_for("promises.reopen", promise_id=promise.id)
    return see("profiles.show", vendor_id=promise.vendor_id, toast=said, undo=undo)


def _due_on(form: PromiseForm) -> date:
    assert form.due_on.data is not None  # the form requires it
    return form.due_on.data


def _editing(visit: Visit, promise: Any, form: PromiseForm) -> dict[str, Any]:
    return {"form": form, "promise": promise, "vendor": profiles.vendor(visit.session, promise.vendor_id)}
