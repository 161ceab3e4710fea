"""What we accept about a vendor."""

from typing import Any

from flask import url_for

from crm.core.errors import Stale
from crm.core.i18n import _
from crm.domain import deletions, flaws, vendors
from crm.domain.permissions import Act
from crm.forms.flaws import FlawForm
from crm.queries import vendors as vendor_queries
from crm.web import undoing
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see, see_path
from crm.web.ways import way_back

pages = Pages("flaws")


@pages.get("/vendors/<int:vendor_id>/flaws", Act.SEE)
def index(visit: Visit, vendor_id: int) -> AnyReply:
    """What we accept, and a box for one more."""
    return page("flaws/index.html", **_listed(visit, vendor_id, FlawForm(None)))


@pages.post("/vendors/<int:vendor_id>/flaws", Act.WORK)
def create(visit: Visit, vendor_id: int) -> AnyReply:
    """Accept a flaw: as it was typed, or with one click where a comparison or a trial task shows it."""
    vendor = vendors.at(visit.session, vendor_id)
    form = FlawForm(typed())
    if carries_out(form, lambda: flaws.accept(vendor, by=visit.member, **form.typed_values())):
        back = way_back(url_for("flaws.index", vendor_id=vendor_id))
        return see_path(back, toast=_("Accepted: %(flaw)s", flaw=form.flaw.data))
    return refusal("flaws/index.html", **_listed(visit, vendor_id, form))


@pages.get("/flaws/<int:flaw_id>/edit", Act.WORK)
def edit(visit: Visit, flaw_id: int) -> AnyReply:
    """The form with what is written down."""
    row = flaws.at(visit.session, flaw_id)
    form = FlawForm(None, obj=row)
    form.remember(row.version)
    return page("flaws/edit.html", flaw=row, form=form)


@pages.post("/flaws/<int:flaw_id>", Act.WORK)
def update(visit: Visit, flaw_id: int) -> AnyReply:
    """Say it otherwise. Where a colleague did so first, both versions are shown."""
    row = flaws.at(visit.session, flaw_id)
    form = FlawForm(typed())

    def save() -> None:
        flaws.edit(row, by=visit.member, version=form.version.data or 0, **form.typed_values())

    try:
        if carries_out(form, save):
            return see("flaws.index", vendor_id=row.vendor_id, toast=_("Saved."))
    except Stale:
        conflict = form.met(FlawForm(None, obj=row), row.version)
        return refusal("flaws/edit.html", status=409, flaw=row, form=form, conflict=conflict)
    return refusal("flaws/edit.html", flaw=row, form=form)


@pages.post("/flaws/<int:flaw_id>/delete", Act.WORK)
def destroy(visit: Visit, flaw_id: int) -> AnyReply:
    """It no longer holds."""
    item = deletions.of_flaw(flaws.at(visit.session, flaw_id), by=visit.member)
    return see("flaws.index", vendor_id=item.vendor_id, toast=_("Taken off."), undo=undoing.from_bin(item))


def _listed(visit: Visit, vendor_id: int, form: FlawForm) -> dict[str, Any]:
    vendor = vendors.at(visit.session, vendor_id)
    return {"vendor": vendor, "panels": vendor_queries.side_panels(visit.session, vendor_id), "form": form}
