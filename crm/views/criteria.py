"""What the business values in those it works with: a ranking, must-haves, weights."""

from typing import Any

from flask import request

from crm.core.errors import Refused, Stale
from crm.core.i18n import _, lazy
from crm.domain import criteria, fit
from crm.domain.permissions import Act
from crm.forms.criteria import CriterionForm, NewCriterionForm
from crm.models import vocabulary
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("criteria")


@pages.get("/values", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """The ranking, and a box for one more."""
    return page("criteria/index.html", **_listed(visit, NewCriterionForm(None)))


@pages.post("/values", Act.MANAGE)
def create(visit: Visit) -> AnyReply:
    """One more, at the end."""
    form = NewCriterionForm(typed())
    if carries_out(form, lambda: criteria.add(visit.session, name=form.name.data or "")):
        return see("criteria.index", toast=_("%(name)s added.", name=form.name.data))
    return refusal("criteria/index.html", **_listed(visit, form))


@pages.post("/values/ranking", Act.MANAGE)
def rank(visit: Visit) -> AnyReply:
    """Put them into the order in which the form names them."""
    wanted = _ids(request.form.getlist("order"))
    try:
        criteria.rank(visit.session, wanted, began=_began())
    except Stale:
        return _two_orders(visit, wanted)
    return see("criteria.index", toast=_("Ranking saved."))


@pages.post("/values/<int:criterion_id>/up", Act.MANAGE)
def up(visit: Visit, criterion_id: int) -> AnyReply:
    """One place up."""
    return _moved(visit, criterion_id, steps=-1, button="up")


@pages.post("/values/<int:criterion_id>/down", Act.MANAGE)
def down(visit: Visit, criterion_id: int) -> AnyReply:
    """One place down."""
    return _moved(visit, criterion_id, steps=1, button="down")


def _moved(visit: Visit, criterion_id: int, *, steps: int, button: str) -> AnyReply:
    """Move it, and come back to the very button, so that it can be pressed again."""
    began = _began()
    try:
        row = criteria.move(visit.session, criterion_id, steps=steps, began=began)
    except Stale:
        return _two_orders(visit, criteria.stepped(began, criterion_id, steps=steps))
    words = _("%(name)s is number %(place)s now.", name=row.name, place=row.position + 1)
    return see("criteria.index", toast=words, _anchor=f"{button}-{criterion_id}")


def _began() -> list[int]:
    """The order that the page showed; nothing where the form does not say."""
    return _ids(request.form.get("began", "").split())


def _ids(typed_ids: list[str]) -> list[int]:
    if not all(each.isascii() and each.isdigit() and len(each) < 19 for each in typed_ids):
        raise Refused(lazy("The list has changed. Look at it again."))
    return [int(each) for each in typed_ids]


def _two_orders(visit: Visit, wanted: list[int]) -> AnyReply:
    """The ranking as a colleague saved it, and the one that was sent: it can be saved all the same."""
    listed = _listed(visit, NewCriterionForm(None))
    rows = {row.id: row for row in listed["ranked"]}
    known = [rows[each] for each in dict.fromkeys(wanted) if each in rows]
    mine = [*known, *(row for row in rows.values() if row not in known)]  # what came meanwhile counts least
    return refusal("criteria/index.html", status=409, **listed, mine=mine)


@pages.get("/values/<int:criterion_id>/edit", Act.MANAGE)
def edit(visit: Visit, criterion_id: int) -> AnyReply:
    """What it is called, whether it can be traded, and what it weighs."""
    row = criteria.find(visit.session, criterion_id)
    form = _form_of(row)
    form.remember(row.version)
    return page("criteria/edit.html", form=form, criterion=row)


@pages.post("/values/<int:criterion_id>", Act.MANAGE)
def update(visit: Visit, criterion_id: int) -> AnyReply:
    """Save it. Where a colleague did so first, both versions are shown."""
    row = criteria.find(visit.session, criterion_id)
    form = CriterionForm(typed())

    def save() -> None:
        criteria.edit(
            row,
            version=form.version.data or 0,
            name=form.name.data or "",
            is_must=form.is_must.data,
            threshold=form.least,
            weight=None if form.weight.data is None else form.weight.data * criteria.WHOLE // 100,
        )

    try:
        if carries_out(form, save):
            return see("criteria.index", toast=_("%(name)s saved.", name=row.name))
    except Stale:
        conflict = form.met(_form_of(row), row.version)
        return refusal("criteria/edit.html", status=409, form=form, criterion=row, conflict=conflict)
    return refusal("criteria/edit.html", form=form, criterion=row)


@pages.post("/values/<int:criterion_id>/archiving", Act.MANAGE)
def archive(visit: Visit, criterion_id: int) -> AnyReply:
    """It counts no longer."""
    row = criteria.find(visit.session, criterion_id)
    criteria.archive(row)
    return see("criteria.index", toast=_("%(name)s counts no longer.", name=row.name))


@pages.post("/values/<int:criterion_id>/restoring", Act.MANAGE)
def restore(visit: Visit, criterion_id: int) -> AnyReply:
    """It counts again."""
    row = criteria.find(visit.session, criterion_id)
    criteria.restore(row)
    return see("criteria.index", toast=_("%(name)s counts again.", name=row.name))


def _listed(visit: Visit, form: NewCriterionForm) -> dict[str, Any]:
    ranked = criteria.ranked(visit.session)
    return {
        "form": form,
        "ranked": ranked,
        "archived": criteria.archived(visit.session),
        "weights": fit.weights([row.id for row in ranked], criteria.own_weights(visit.session, None)),
        "anchors": vocabulary.ratings(),
        "may_rank": visit.may(Act.MANAGE),
    }


def _form_of(row: Any) -> CriterionForm:
    return CriterionForm(
        None,
        data={
            "name": row.name,
            "is_must": row.is_must,
            "threshold": str(row.threshold) if row.threshold else None,
            "weight": None if row.weight is None else round(row.weight * 100 / criteria.WHOLE),
        },
    )
