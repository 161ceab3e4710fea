"""What becomes of a vendor that is parked: asked on the day to look again, and when the time looks right."""

from typing import Any

from flask import url_for

from crm.core.i18n import _
from crm.domain import parkings, stages
from crm.domain.parking_terms import usual_revisit
from crm.domain.permissions import Act
from crm.forms.decisions import Answer, DecisionForm
from crm.models.vocabulary import word
from crm.queries import triggers as trigger_queries
from crm.web import parked, taking_back
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, Redirect, page, refusal, see_path
from crm.web.ways import way_back

pages = Pages("decisions")


@pages.get("/vendors/<int:vendor_id>/parking/decision", Act.WORK)
def new(visit: Visit, vendor_id: int) -> AnyReply:
    """Start a trial task, bring them on, keep them parked, or let them go."""
    return _decide(visit, vendor_id, None)


@pages.post("/vendors/<int:vendor_id>/parking/decision", Act.WORK)
def create(visit: Visit, vendor_id: int) -> AnyReply:
    """Do what was decided."""
    return _decide(visit, vendor_id, typed())


def _decide(visit: Visit, vendor_id: int, formdata: object) -> AnyReply:
    vendor = stages.find_vendor(visit.session, vendor_id)
    parking = parkings.of_vendor(visit.session, vendor)
    today = visit.workspace.today
    usual = max(parking.revisit_on, usual_revisit(parking.reason, today))
    form = DecisionForm(formdata, data={"until": usual})
    back = way_back(url_for("profiles.show", vendor_id=vendor_id))
    shown: dict[str, Any] = {
        "form": form,
        "vendor": vendor,
        "parking": parking,
        "times": parkings.times_kept(parking),
        "often": parkings.OFTEN,
        "came_true": [
            each for each in trigger_queries.of_parkings(visit.session, [parking.id])[parking.id] if each.is_open
        ],
        "back": back,
    }
    if formdata is None:
        return page("decisions/new.html", **shown)
    done: list[Redirect] = []
    if carries_out(form, lambda: done.append(_done(visit, vendor, parking, form, back))):
        return done[0]
    return refusal("decisions/new.html", **shown)


def _done(visit: Visit, vendor: Any, parking: Any, form: DecisionForm, back: str) -> Redirect:
    if form.chosen is Answer.KEEP:
        return parked.kept(visit, vendor, parking, until=form.until.data, back=back)
    move = parkings.end(parking, by=visit.member, to=form.to, **form.moved())
    words = _("%(name)s moved to %(stage)s.", name=vendor.name, stage=word(move.to_stage))
    undo_url = url_for("stages.undo", move_id=move.id, back=back)
    return see_path(back, toast=words, undo=undo_url, more=taking_back.follows(vendor))
