"""Tags of the business: renaming, merging, deleting. They are made where a vendor is edited."""

from typing import Any

from crm.core.i18n import _
from crm.domain import deletions, tags
from crm.domain.permissions import Act
from crm.forms.tags import MergeForm, TagForm
from crm.queries import tags as tag_queries
from crm.web import undoing
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("tags")


@pages.get("/settings/tags", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """All tags, and how many vendors bear each."""
    return page("tags/index.html", tags=tag_queries.all_tags(visit.session))


@pages.get("/settings/tags/<int:tag_id>/edit", Act.MANAGE)
def edit(visit: Visit, tag_id: int) -> AnyReply:
    """One tag: its name, and another to merge it into."""
    tag = tags.at(visit.session, tag_id)
    return page("tags/edit.html", **_edited(visit, tag))


@pages.post("/settings/tags/<int:tag_id>", Act.MANAGE)
def update(visit: Visit, tag_id: int) -> AnyReply:
    """Give it another name."""
    tag = tags.at(visit.session, tag_id)
    shown = _edited(visit, tag)
    form = TagForm(typed())
    if carries_out(form, lambda: tags.rename(tag, name=form.name.data or "")):
        return see("tags.index", toast=_("%(name)s saved.", name=tag.name))
    return refusal("tags/edit.html", **{**shown, "form": form})


@pages.post("/settings/tags/<int:tag_id>/merge", Act.MANAGE)
def merge(visit: Visit, tag_id: int) -> AnyReply:
    """Let another tag take its place."""
    tag = tags.at(visit.session, tag_id)
    shown = _edited(visit, tag)
    form = MergeForm(typed())
    form.offer(shown["others"])
    if carries_out(form, lambda: tags.merge(tag, into=tags.at(visit.session, int(form.into.data or tag_id)))):
        return see("tags.index", toast=_("%(name)s merged.", name=tag.name))
    return refusal("tags/edit.html", **{**shown, "merging": form})


@pages.post("/settings/tags/<int:tag_id>/delete", Act.MANAGE)
def destroy(visit: Visit, tag_id: int) -> AnyReply:
    """Delete it, and take it off every vendor."""
    item = deletions.of_tag(tags.at(visit.session, tag_id), by=visit.member)
    return see("tags.index", toast=_("%(name)s deleted.", name=item.name), undo=undoing.from_bin(item))


def _edited(visit: Visit, tag: Any) -> dict[str, Any]:
    others = [(each.id, each.name) for each in tag_queries.all_tags(visit.session) if each.id != tag.id]
    merging = MergeForm(None)
    merging.offer(others)
    return {
        "tag_id": tag.id,
        "name": tag.name,
        "form": TagForm(None, data={"name": tag.name}),
        "merging": merging,
        "others": others,
    }
