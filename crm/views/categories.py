"""The tree of what vendors do."""

from typing import Any

from crm.core.errors import Stale
from crm.core.i18n import _
from crm.domain import categories, deletions
from crm.domain.permissions import Act
from crm.forms.categories import CategoryForm, DeletionForm
from crm.queries import categories as category_queries
from crm.queries import needs
from crm.web import undoing
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("categories")


@pages.get("/settings/categories", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """The tree, and a box for one more."""
    return page("categories/index.html", **_listed(visit))


@pages.post("/settings/categories", Act.MANAGE)
def create(visit: Visit) -> AnyReply:
    """Add a category or niche."""
    form = CategoryForm(typed())
    form.offer(category_queries.tree(visit.session), deepest=categories.DEEPEST)
    if carries_out(form, lambda: categories.add(visit.session, name=form.name.data or "", parent_id=form.parent)):
        return see("categories.index", toast=_("%(name)s added.", name=form.name.data))
    return refusal("categories/index.html", **_listed(visit, form))


@pages.get("/settings/categories/<int:category_id>/edit", Act.MANAGE)
def edit(visit: Visit, category_id: int) -> AnyReply:
    """The form with its name and place."""
    category = categories.at(visit.session, category_id)
    form = _form_of(visit, category)
    shown = _edited(visit, category, form)
    form.remember(category.version)
    return page("categories/edit.html", **shown)


@pages.post("/settings/categories/<int:category_id>", Act.MANAGE)
def update(visit: Visit, category_id: int) -> AnyReply:
    """Rename it, and put it where it belongs. Where a colleague did so first, both versions are shown."""
    category = categories.at(visit.session, category_id)
    form = CategoryForm(typed())
    shown = _edited(visit, category, form)

    def save() -> None:
        name, version = form.name.data or "", form.version.data or 0
        categories.edit(category, version=version, name=name, parent_id=form.parent, come_first=form.lines)

    try:
        if carries_out(form, save):
            return see("categories.index", toast=_("%(name)s saved.", name=form.name.data))
    except Stale:
        theirs = _form_of(visit, category)
        theirs.parent_id.choices = form.parent_id.choices
        conflict = form.met(theirs, category.version)
        return refusal("categories/edit.html", status=409, **shown, conflict=conflict)
    return refusal("categories/edit.html", **shown)


@pages.post("/settings/categories/<int:category_id>/up", Act.MANAGE)
def up(visit: Visit, category_id: int) -> AnyReply:
    """One place up among its neighbours."""
    categories.move(categories.at(visit.session, category_id), steps=-1)
    return see("categories.index", _anchor=f"up-{category_id}")


@pages.post("/settings/categories/<int:category_id>/down", Act.MANAGE)
def down(visit: Visit, category_id: int) -> AnyReply:
    """One place down among its neighbours."""
    categories.move(categories.at(visit.session, category_id), steps=1)
    return see("categories.index", _anchor=f"down-{category_id}")


@pages.post("/settings/categories/<int:category_id>/delete", Act.MANAGE)
def destroy(visit: Visit, category_id: int) -> AnyReply:
    """Delete it; those who stand in it go where the form says."""
    category = categories.at(visit.session, category_id)
    shown = _edited(visit, category, _form_of(visit, category))
    form = DeletionForm(typed())
    form.offer(category_queries.tree(visit.session), but_not=category_id)
    binned: list[Any] = []

    def delete() -> None:
        binned.append(deletions.of_category(category, by=visit.member, instead=form.heir))

    if carries_out(form, delete):
        [item] = binned
        return see("categories.index", toast=_("%(name)s deleted.", name=item.name), undo=undoing.from_bin(item))
    return refusal("categories/edit.html", **{**shown, "deletion": form})


def _listed(visit: Visit, form: CategoryForm | None = None) -> dict[str, Any]:
    tree = category_queries.tree(visit.session)
    form = form or CategoryForm(None)
    form.offer(tree, deepest=categories.DEEPEST)
    return {"tree": tree, "uses": category_queries.uses(visit.session), "form": form}


def _form_of(visit: Visit, category: Any) -> CategoryForm:
    parent = None if category.parent_id is None else str(category.parent_id)
    first = "\n".join(needs.said_to_come_first(visit.session, [category.id]))
    return CategoryForm(None, data={"name": category.name, "parent_id": parent, "come_first": first})


def _edited(visit: Visit, category: Any, form: CategoryForm) -> dict[str, Any]:
    tree = category_queries.tree(visit.session)
    form.offer(tree, deepest=categories.DEEPEST, but_not=frozenset(tree.below(category.id)))
    deletion = DeletionForm(None)
    deletion.offer(tree, but_not=category.id)
    return {
        "category_id": category.id,
        "name": category.name,
        "form": form,
        "deletion": deletion,
        "has_below": bool(tree.children(category.id)),
        "used": category_queries.uses(visit.session).get(category.id, 0),
    }
