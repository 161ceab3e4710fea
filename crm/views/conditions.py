"""What has to change before the time is right: how far it has come, and that it has come true."""

from typing import Any

from flask import url_for

from crm.core.errors import Missing, Stale
from crm.core.i18n import _
from crm.domain import parkings, stages
from crm.domain.parking_terms import Figure, figure_of
from crm.domain.permissions import Act
from crm.forms import figures
from crm.forms.figures import CountForm
from crm.models import vocabulary
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see_path
from crm.web.ways import way_back

pages = Pages("conditions")


@pages.get("/vendors/<int:vendor_id>/parking/condition", Act.WORK)
def edit(visit: Visit, vendor_id: int) -> AnyReply:
    """How far has it come?"""
    return _edit(visit, vendor_id, None)


@pages.post("/vendors/<int:vendor_id>/parking/condition", Act.WORK)
def update(visit: Visit, vendor_id: int) -> AnyReply:
    """It has come this far."""
    return _edit(visit, vendor_id, typed())


@pages.post("/vendors/<int:vendor_id>/parking/condition/undo", Act.WORK)
def undo(visit: Visit, vendor_id: int) -> AnyReply:
    """The figure as it was."""
    parking = _parking(visit, vendor_id)
    parkings.undo_count(parking, by=visit.member)
    return see_path(_back(vendor_id), toast=_("Taken back."))


@pages.post("/vendors/<int:vendor_id>/parking/condition/tick", Act.WORK)
def tick(visit: Visit, vendor_id: int) -> AnyReply:
    """It has come true."""
    vendor = stages.find_vendor(visit.session, vendor_id)
    parkings.tick(parkings.of_vendor(visit.session, vendor), by=visit.member)
    words = _("The time looks right for %(name)s.", name=vendor.name)
    undo_url = url_for("conditions.untick", vendor_id=vendor_id, back=_back(vendor_id))
    return see_path(_back(vendor_id), toast=words, undo=undo_url)


@pages.post("/vendors/<int:vendor_id>/parking/condition/untick", Act.WORK)
def untick(visit: Visit, vendor_id: int) -> AnyReply:
    """It has not come true after all."""
    parkings.untick(_parking(visit, vendor_id), by=visit.member)
    return see_path(_back(vendor_id), toast=_("Taken back."))


def _edit(visit: Visit, vendor_id: int, formdata: object) -> AnyReply:
    vendor = stages.find_vendor(visit.session, vendor_id)
    parking = parkings.of_vendor(visit.session, vendor)
    before = figure_of(parking)
    if before is None:
        raise Missing
    form = CountForm(formdata, data={"now": figures.shown(before.now, before.currency)})
    shown: dict[str, Any] = {
        "form": form,
        "vendor": vendor,
        "parking": parking,
        "figure": before,
        "back": _back(vendor_id),
        "is_stale": False,
    }
    if formdata is None:
        return page("conditions/edit.html", **shown)

    def count() -> None:
        now, _currency = figures.read("now", form.now.data or "", before.currency)
        parkings.count_up(parking, by=visit.member, now=now, seen=form.seen_figure())

    try:
        if carries_out(form, count):
            return _counted(visit, vendor, parking, before)
    except Stale:
        return refusal("conditions/edit.html", status=409, **{**shown, "is_stale": True})
    return refusal("conditions/edit.html", **shown)


def _counted(visit: Visit, vendor: Any, parking: Any, before: Figure) -> AnyReply:
    after = figure_of(parking)
    assert after is not None
    back = _back(vendor.id)
    said = vocabulary.figure(after.facts)
    words = _("%(name)s: %(figure)s.", name=vendor.name, figure=said)
    if after.is_reached and not before.is_reached:
        words = _("The time looks right for %(name)s: %(figure)s.", name=vendor.name, figure=said)
    undo_url = url_for("conditions.undo", vendor_id=vendor.id, back=back) if after != before else ""
    return see_path(back, toast=words, undo=undo_url)


def _parking(visit: Visit, vendor_id: int) -> Any:
    return parkings.of_vendor(visit.session, stages.find_vendor(visit.session, vendor_id))


def _back(vendor_id: int) -> str:
    return way_back(url_for("profiles.show", vendor_id=vendor_id))
