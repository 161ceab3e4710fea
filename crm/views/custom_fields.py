"""A business's own fields: which there are, in which order, and what there is to choose from."""

from typing import Any

from flask import url_for

from crm.core import limits
from crm.core.i18n import _, ngettext
from crm.domain import custom_fields, deletions
from crm.domain.permissions import Act
from crm.forms.custom_fields import FieldForm, NewFieldForm, OptionForm, OptionsForm
from crm.queries import custom_fields as field_queries
from crm.web import undoing
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("custom_fields")


@pages.get("/settings/fields", Act.MANAGE)
def index(visit: Visit) -> AnyReply:
    """The fields, and the questions for one more."""
    return page("custom_fields/index.html", **_listed(visit, NewFieldForm(None)))


@pages.post("/settings/fields", Act.MANAGE)
def create(visit: Visit) -> AnyReply:
    """One more."""
    form = NewFieldForm(typed())

    def define() -> None:
        custom_fields.define(
            visit.session,
            by=visit.member,
            name=form.name.data or "",
            kind=form.kind_chosen,
            help_line=form.help_line.data or "",
            choices=(form.choices.data or "").splitlines(),
        )

    if carries_out(form, define):
        return see("custom_fields.index", toast=_("%(name)s added.", name=form.name.data))
    return refusal("custom_fields/index.html", **_listed(visit, form))


@pages.get("/settings/fields/<int:field_id>/edit", Act.MANAGE)
def edit(visit: Visit, field_id: int) -> AnyReply:
    """Its name, its help, what there is to choose from, and what else can be done with it."""
    return page("custom_fields/edit.html", **_edited(visit, field_id))


@pages.post("/settings/fields/<int:field_id>", Act.MANAGE)
def update(visit: Visit, field_id: int) -> AnyReply:
    """Save name, help and kind."""
    field = custom_fields.at(visit.session, field_id)
    form = FieldForm(typed())
    if not form.kind.raw_data:
        form.kind.data = field.kind.value  # it is no longer asked once values stand in it

    def save() -> None:
        custom_fields.rename(field, by=visit.member, name=form.name.data or "", help_line=form.help_line.data or "")
        custom_fields.change_kind(field, by=visit.member, kind=form.kind_chosen)

    shown = _edited(visit, field_id, form=form)
    if carries_out(form, save):
        return see("custom_fields.index", toast=_("%(name)s saved.", name=form.name.data))
    return refusal("custom_fields/edit.html", **shown)


@pages.post("/settings/fields/<int:field_id>/up", Act.MANAGE)
def up(visit: Visit, field_id: int) -> AnyReply:
    """One place up."""
    custom_fields.move(custom_fields.at(visit.session, field_id), by=visit.member, steps=-1)
    return see("custom_fields.index")


@pages.post("/settings/fields/<int:field_id>/down", Act.MANAGE)
def down(visit: Visit, field_id: int) -> AnyReply:
    """One place down."""
    custom_fields.move(custom_fields.at(visit.session, field_id), by=visit.member, steps=1)
    return see("custom_fields.index")


@pages.post("/settings/fields/<int:field_id>/archive", Act.MANAGE)
def archive(visit: Visit, field_id: int) -> AnyReply:
    """Ask it no longer; its values are kept."""
    field = custom_fields.at(visit.session, field_id)
    custom_fields.archive(field, by=visit.member)
    words = _("%(name)s is put away. What stands in it is kept.", name=field.name)
    return see("custom_fields.index", toast=words, undo=url_for("custom_fields.restore", field_id=field_id))


@pages.post("/settings/fields/<int:field_id>/restore", Act.MANAGE)
def restore(visit: Visit, field_id: int) -> AnyReply:
    """Ask it again."""
    field = custom_fields.at(visit.session, field_id)
    custom_fields.restore(field, by=visit.member)
    return see("custom_fields.index", toast=_("%(name)s is asked again.", name=field.name))


@pages.post("/settings/fields/<int:field_id>/delete", Act.MANAGE)
def destroy(visit: Visit, field_id: int) -> AnyReply:
    """Delete it with all that stands in it, into the bin."""
    field = custom_fields.at(visit.session, field_id)
    gone = custom_fields.value_count(field)
    item = deletions.of_field(field, by=visit.member)
    words = ngettext(
        "%(name)s deleted, with %(num)s value.", "%(name)s deleted, with %(num)s values.", gone, name=item.name
    )
    return see("custom_fields.index", toast=words, undo=undoing.from_bin(item))


@pages.post("/settings/fields/<int:field_id>/options", Act.MANAGE)
def add_options(visit: Visit, field_id: int) -> AnyReply:
    """More to choose from."""
    field = custom_fields.at(visit.session, field_id)
    form = OptionsForm(typed())
    lines = (form.choices.data or "").splitlines()
    shown = _edited(visit, field_id, more=form)
    if carries_out(form, lambda: custom_fields.add_options(field, by=visit.member, names=lines)):
        return see("custom_fields.edit", field_id=field_id, toast=_("Added."))
    return refusal("custom_fields/edit.html", **shown)


@pages.post("/settings/field-options/<int:option_id>", Act.MANAGE)
def rename_option(visit: Visit, option_id: int) -> AnyReply:
    """Another name, wherever it was chosen."""
    option = custom_fields.option_at(visit.session, option_id)
    form = OptionForm(typed())
    shown = _edited(visit, option.field_id, option=(option_id, form))
    if carries_out(form, lambda: custom_fields.rename_option(option, by=visit.member, name=form.option.data or "")):
        return see("custom_fields.edit", field_id=option.field_id, toast=_("Saved."))
    return refusal("custom_fields/edit.html", **shown)


@pages.post("/settings/field-options/<int:option_id>/up", Act.MANAGE)
def option_up(visit: Visit, option_id: int) -> AnyReply:
    """One place up."""
    return _move_option(visit, option_id, -1)


@pages.post("/settings/field-options/<int:option_id>/down", Act.MANAGE)
def option_down(visit: Visit, option_id: int) -> AnyReply:
    """One place down."""
    return _move_option(visit, option_id, 1)


@pages.post("/settings/field-options/<int:option_id>/delete", Act.MANAGE)
def delete_option(visit: Visit, option_id: int) -> AnyReply:
    """Take it away; whoever has it has nothing then."""
    option = custom_fields.option_at(visit.session, option_id)
    field_id = option.field_id
    item = deletions.of_choice(option, by=visit.member)
    words, undo = _("%(name)s deleted.", name=item.name), undoing.from_bin(item)
    return see("custom_fields.edit", field_id=field_id, toast=words, undo=undo)


def _move_option(visit: Visit, option_id: int, steps: int) -> AnyReply:
    option = custom_fields.option_at(visit.session, option_id)
    custom_fields.move_option(option, by=visit.member, steps=steps)
    return see("custom_fields.edit", field_id=option.field_id)


def _listed(visit: Visit, form: NewFieldForm) -> dict[str, Any]:
    known = field_queries.fields(visit.session, archived=True)
    return {
        "asked": [field for field in known if not field.is_archived],
        "archived": [field for field in known if field.is_archived],
        "counts": field_queries.counts(visit.session),
        "form": form,
        "is_full": len(known) >= limits.CUSTOM_FIELDS,
        "most": limits.CUSTOM_FIELDS,
    }


def _edited(
    visit: Visit,
    field_id: int,
    *,
    form: FieldForm | None = None,
    more: OptionsForm | None = None,
    option: tuple[int, OptionForm] | None = None,
) -> dict[str, Any]:
    """The page of one field. Only one of its forms was sent; the others stand as they are kept."""
    row = custom_fields.at(visit.session, field_id)
    field = next(known for known in field_queries.fields(visit.session, archived=True) if known.id == field_id)
    sent = form or more or (option[1] if option else None)
    return {
        "field": field,
        "form": form or FieldForm(None, data={"name": row.name, "kind": row.kind.value, "help_line": row.help}),
        "more": more or OptionsForm(None),
        "option_sent": option,
        "sent": sent,
        "count": field_queries.counts(visit.session).get(field_id, 0),
        "option_counts": field_queries.option_counts(visit.session, field_id),
    }
