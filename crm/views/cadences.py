"""How often to be in touch with one vendor."""

from typing import Any

from flask import url_for

from crm.core import formats
from crm.core.errors import Stale
from crm.core.i18n import _
from crm.domain import rhythms as rhythm_acts
from crm.domain import stages, touches
from crm.domain.permissions import Act
from crm.forms.rhythms import RhythmForm, typed_as
from crm.models.enums import CadenceChoice, Stage
from crm.web import rhythms
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see_path
from crm.web.ways import way_back

pages = Pages("cadences")


@pages.get("/vendors/<int:vendor_id>/cadence", Act.WORK)
def edit(visit: Visit, vendor_id: int) -> AnyReply:
    """The rhythm: the usual one, none, or one of the vendor's own."""
    return _edit(visit, vendor_id, None)


@pages.post("/vendors/<int:vendor_id>/cadence", Act.WORK)
def update(visit: Visit, vendor_id: int) -> AnyReply:
    """Save it."""
    return _edit(visit, vendor_id, typed())


def _edit(visit: Visit, vendor_id: int, formdata: object) -> AnyReply:
    vendor = stages.find_vendor(visit.session, vendor_id)
    usual = touches.usual_cadence(visit.session, vendor, vendor.stage, own=False)
    now = typed_as(vendor.cadence_choice, vendor.cadence_every, vendor.cadence_unit)
    form = RhythmForm(
        formdata,
        as_usual=rhythms.as_usual(usual, tier=vendor.tier),
        data={**now, "version": vendor.version},
    )
    parking = touches.open_parking(visit.session, vendor)
    shown: dict[str, Any] = {
        "form": form,
        "vendor": vendor,
        "back": way_back(url_for("profiles.show", vendor_id=vendor_id)),
        "in_force": rhythms.in_words(vendor.cadence_in_force),
        "is_parkings": vendor.stage is Stage.PARKED
        and parking is not None
        and parking.cadence_choice is not CadenceChoice.DEFAULT,
        "is_stale": False,
    }
    if formdata is None:
        return page("cadences/edit.html", **shown)

    def save() -> None:
        rhythm_acts.change(vendor, version=form.version.data or 0, rhythm=form.rhythm_chosen())

    try:
        if carries_out(form, save):
            return see_path(shown["back"], toast=_words(visit, vendor))
    except Stale:
        form.version.data, form.version.raw_data = vendor.version, [str(vendor.version)]
        return refusal("cadences/edit.html", status=409, **{**shown, "is_stale": True})
    return refusal("cadences/edit.html", **shown)


def _words(visit: Visit, vendor: Any) -> str:
    if vendor.next_on is None:
        return _("Rhythm changed. Nothing is planned with %(name)s.", name=vendor.name)
    return _("Rhythm changed. Next: %(day)s.", day=formats.day(vendor.next_on, visit.today))
