"""Giving a small need to a parked vendor as a task."""

from typing import Any

from flask import url_for

from crm.core.i18n import _
from crm.domain import needs, small_tasks
from crm.domain.permissions import Act
from crm.forms.small_tasks import SmallTaskForm
from crm.queries import profiles
from crm.web import small_task_lines
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see
from crm.web.ways import way_back

pages = Pages("small_tasks")


@pages.get("/needs/<int:need_id>/tasks/<int:vendor_id>", Act.WORK)
def new(visit: Visit, need_id: int, vendor_id: int) -> AnyReply:
    """What it is, why it suits them, and by when."""
    need = needs.find(visit.session, need_id)
    form = SmallTaskForm(None, data={"due_on": small_tasks.usual_day(visit.session, need, by=visit.member)})
    return page("small_tasks/new.html", form=form, **_shown(visit, need, vendor_id))


@pages.post("/needs/<int:need_id>/tasks/<int:vendor_id>", Act.WORK)
def create(visit: Visit, need_id: int, vendor_id: int) -> AnyReply:
    """Give it to them; pressed twice, it is given once."""
    need = needs.find(visit.session, need_id)
    vendor = profiles.vendor(visit.session, vendor_id)
    form = SmallTaskForm(typed())
    made: list[Any] = []

    def give() -> None:
        assert form.due_on.data is not None  # the form requires it
        made.append(small_tasks.give(need, vendor, by=visit.member, due_on=form.due_on.data))

    if carries_out(form, give):
        work_id = made[0].id
        words = _("Given to %(name)s, who stays parked. We’ll remind you when it is late.", name=vendor.name)
        undo = url_for("delegated_works.withdraw", work_id=work_id)
        return see("delegated_works.show", work_id=work_id, toast=words, undo=undo)
    return refusal("small_tasks/new.html", form=form, **_shown(visit, need, vendor_id))


def _shown(visit: Visit, need: Any, vendor_id: int) -> dict[str, Any]:
    vendor = profiles.vendor(visit.session, vendor_id)
    matches = small_tasks.for_need(visit.session, need, visit.today)
    found = small_task_lines.lines(each for each in matches if each.offer.vendor_id == vendor_id)
    return {
        "need": need,
        "vendor": vendor,
        "match": found[0] if found else None,
        "back": way_back(url_for("needs.show", need_id=need.id)),
        "today": visit.workspace.today,
    }
