"""Moving a vendor: one address for every stage, which asks for what the move needs."""

from typing import Any

from flask import request, url_for

from crm.core.errors import Missing
from crm.core.i18n import _
from crm.domain import stages, trials
from crm.domain.permissions import Act
from crm.forms.stages import MoveForm
from crm.models.enums import EXIT_STAGES, Stage
from crm.models.vocabulary import word
from crm.queries import stages as stage_queries
from crm.web import taking_back
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, Redirect, Reply, page, refusal, see_path
from crm.web.ways import way_back

pages = Pages("stages")


@pages.get("/vendors/<int:vendor_id>/stage-moves", Act.SEE)
def index(visit: Visit, vendor_id: int) -> AnyReply:
    """Where the vendor has stood: who moved it, when, and why."""
    vendor = stages.find_vendor(visit.session, vendor_id)
    return page("stages/index.html", vendor=vendor, history=stage_queries.history(visit.session, vendor_id))


@pages.get("/vendors/<int:vendor_id>/stage-moves/new", Act.WORK)
def new(visit: Visit, vendor_id: int) -> AnyReply:
    """What the move to ``?to=…`` asks for."""
    to = _stage(request.args.get("to", ""))
    if to is Stage.PARKED:
        return Redirect(url_for("parkings.new", vendor_id=vendor_id, back=request.args.get("back")))
    return _asked(visit, vendor_id, to, None)


@pages.post("/vendors/<int:vendor_id>/stage-moves", Act.WORK)
def move(visit: Visit, vendor_id: int) -> AnyReply:
    """Move the vendor. A move that needs more than was sent shows what it needs, and nothing is saved."""
    to = _stage(typed().get("to") or typed().get("stage") or request.args.get("to", ""))
    if to is Stage.PARKED:
        return Redirect(url_for("parkings.new", vendor_id=vendor_id, back=request.args.get("back")))
    return _asked(visit, vendor_id, to, typed())


@pages.post("/stage-moves/<int:move_id>/undo", Act.WORK)
def undo(visit: Visit, move_id: int) -> AnyReply:
    """Take a move back."""
    vendor = stages.undo(stages.find_move(visit.session, move_id), by=visit.member)
    words = _("Taken back. %(name)s is in %(stage)s again.", name=vendor.name, stage=word(vendor.stage))
    return see_path(way_back(url_for("profiles.show", vendor_id=vendor.id)), toast=words)


def _asked(visit: Visit, vendor_id: int, to: Stage, formdata: object) -> Reply | Redirect:
    vendor = stages.find_vendor(visit.session, vendor_id)
    here = vendor.stage
    asked = stages.questions(here, to, undecided=stages.is_undecided(visit.session, vendor))
    form = MoveForm(formdata, asked=asked)
    back = way_back(url_for("profiles.show", vendor_id=vendor_id))
    shown: dict[str, Any] = {"form": form, "vendor": vendor, "to": to, "asked": asked, "back": back}
    shown["is_exit"] = to in EXIT_STAGES
    shown["open_trials"] = trials.open_trials(visit.session, vendor) if asked.outcome else []
    shown["has_moved"] = formdata is not None and request.values.get("here", here.value) != here.value
    if formdata is None:
        return page("stages/new.html", **shown)
    if shown["has_moved"]:
        # What the old page asked for no longer holds: a parking would end unseen. What was typed stays in the boxes.
        return refusal("stages/new.html", status=409, **shown)
    moved: list[int] = []
    if carries_out(form, lambda: moved.append(stages.move(vendor, by=visit.member, to=to, **form.moved()).id)):
        words = _("%(name)s moved to %(stage)s.", name=vendor.name, stage=word(to))
        undo_url = url_for("stages.undo", move_id=moved[0], back=request.args.get("back"))
        return see_path(back, toast=words, undo=undo_url, more=taking_back.follows(vendor))
    return refusal("stages/new.html", **shown)


def _stage(typed_stage: str) -> Stage:
    try:
        return Stage(typed_stage)
    except ValueError:
        raise Missing from None
