"""Saved filters of the list, and the columns that a person likes. They are listed beside the list itself."""

from typing import Any

from flask import request, url_for

from crm.core.errors import Stale
from crm.core.i18n import _
from crm.domain import deletions, saved_filters
from crm.domain.permissions import Act
from crm.forms import vendor_filter
from crm.forms.saved_filters import SavedFilterEditForm, SavedFilterForm
from crm.queries import vendor_lists
from crm.queries.vendor_lists import Sort
from crm.web import list_addresses, undoing
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, Redirect, page, refusal, see, see_path

pages = Pages("saved_filters")


@pages.get("/saved-filters/new", Act.SEE)
def new(visit: Visit) -> AnyReply:
    """Ask for the name; ``?address=`` is the part of the list's address to keep."""
    form = SavedFilterForm(None, data={"address": _written(visit, request.args.get("address", ""))})
    return page("saved_filters/new.html", form=form)


@pages.post("/saved-filters", Act.SEE)
def create(visit: Visit) -> AnyReply:
    """Keep it."""
    form = SavedFilterForm(typed())
    saved: list[Any] = []

    def save() -> None:
        saved.append(
            saved_filters.save(
                visit.session,
                by=visit.member,
                name=form.name.data or "",
                address=_kept(visit, form.address.data or ""),
                is_shared=form.is_shared.data,
                opens=form.opens.data,
            )
        )

    if carries_out(form, save):
        return _listed(saved[0], _("“%(name)s” saved.", name=saved[0].name))
    return refusal("saved_filters/new.html", form=form)


@pages.get("/saved-filters/<int:saved_filter_id>", Act.SEE)
def edit(visit: Visit, saved_filter_id: int) -> AnyReply:
    """Its name, who sees it, and whether the list opens with it."""
    row = saved_filters.find(visit.session, saved_filter_id, by=visit.member)
    opens = saved_filters.opens_with(visit.session, by=visit.member) == row.id
    form = SavedFilterEditForm(
        None, data={"name": row.name, "is_shared": row.is_shared, "opens": opens, "version": row.version}
    )
    return page("saved_filters/edit.html", saved=row, form=form, may_change=saved_filters.may_change(row, visit.member))


@pages.post("/saved-filters/<int:saved_filter_id>", Act.SEE)
def update(visit: Visit, saved_filter_id: int) -> AnyReply:
    """Save the changes. Whether one's own list opens with it is anybody's own choice."""
    row = saved_filters.find(visit.session, saved_filter_id, by=visit.member)
    may_change = saved_filters.may_change(row, visit.member)
    form = SavedFilterEditForm(typed())

    def save() -> None:
        if may_change:
            saved_filters.change(
                row,
                by=visit.member,
                version=form.version.data or 0,
                name=form.name.data or "",
                is_shared=form.is_shared.data,
            )
        opens = saved_filters.opens_with(visit.session, by=visit.member) == row.id
        if form.opens.data and not opens:
            saved_filters.open_with(row, by=visit.member)
        elif opens and not form.opens.data:
            saved_filters.open_as_usual(visit.session, by=visit.member)

    if not may_change:
        form.name.data, form.name.raw_data = row.name, [row.name]
        form.version.data, form.version.raw_data = row.version, [str(row.version)]
    try:
        if carries_out(form, save):
            return _listed(row, _("“%(name)s” saved.", name=row.name))
    except Stale as stale:
        form.version.data, form.version.raw_data = row.version, [str(row.version)]
        form.form_errors.append(str(stale.words))
        return refusal("saved_filters/edit.html", status=409, saved=row, form=form, may_change=may_change)
    return refusal("saved_filters/edit.html", saved=row, form=form, may_change=may_change)


@pages.post("/saved-filters/<int:saved_filter_id>/address", Act.SEE)
def replace(visit: Visit, saved_filter_id: int) -> AnyReply:
    """Keep the list's present address under the same name."""
    row = saved_filters.find(visit.session, saved_filter_id, by=visit.member)
    saved_filters.replace(row, by=visit.member, address=_kept(visit, typed().get("address", "")))
    return _listed(row, _("“%(name)s” saved.", name=row.name))


@pages.post("/saved-filters/<int:saved_filter_id>/delete", Act.SEE)
def destroy(visit: Visit, saved_filter_id: int) -> AnyReply:
    """Delete it; the vendors stay."""
    row = saved_filters.find(visit.session, saved_filter_id, by=visit.member)
    item = deletions.of_filter(row, by=visit.member)
    words, undo = _("“%(name)s” deleted.", name=item.name), undoing.from_bin(item)
    return see("vendors.index", show="all", toast=words, undo=undo)


@pages.post("/list-columns", Act.SEE)
def choose_columns(visit: Visit) -> AnyReply:
    """Keep the columns that the reader likes, in their order, and go back to the list; while one is moved up or down
    among them, to the menu."""
    choices = vendor_lists.filter_choices(visit.session, visit.member.user_id)
    known = vendor_filter.heads(choices.fields)
    chosen = [] if typed().get("usual") else [each for each in typed().getlist("column") if each in known]
    moved = typed().get("up") or typed().get("down") or ""
    if moved in chosen:
        _move(chosen, moved, -1 if typed().get("up") else 1)
    columns = [Sort.NAME.value, *chosen] if chosen else []
    saved_filters.choose_columns(visit.session, by=visit.member, columns=dict.fromkeys(columns))
    listed = list_addresses.read(visit, choices, typed().get("address", ""))
    if moved in chosen:
        return see("vendors.index", **listed.with_(columns=None, add=list_addresses.COLUMNS), _anchor=f"column-{moved}")
    return see("vendors.index", **(listed.with_(columns=None) or {"show": "all"}))


def _move(columns: list[str], moved: str, steps: int) -> None:
    """Move a column among the others; at the end it stays."""
    place = columns.index(moved)
    columns.insert(max(0, place + steps), columns.pop(place))


def _kept(visit: Visit, address: str) -> str:
    """An address as it is kept: only what can be read, with the present columns, own fields by their ids."""
    choices = vendor_lists.filter_choices(visit.session, visit.member.user_id)
    listed = list_addresses.read(visit, choices, address)
    return vendor_filter.lasting(listed.with_columns().address, choices.fields)


def _written(visit: Visit, address: str) -> str:
    choices = vendor_lists.filter_choices(visit.session, visit.member.user_id)
    return list_addresses.read(visit, choices, address).address


def _listed(row: Any, words: str) -> Redirect:
    return see_path(f"{url_for('vendors.index')}?{row.address}&saved={row.id}", toast=words)
