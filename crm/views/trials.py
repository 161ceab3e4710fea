"""Trial tasks: what is under way, how the others went."""

from typing import Any

from flask import request, url_for

from crm.core import formats, limits
from crm.core.errors import Stale
from crm.core.i18n import _
from crm.domain import stages, trials
from crm.domain.permissions import Act
from crm.forms.trials import DueForm, TrialForm, TrialOutcomeForm
from crm.models.enums import Stage, TrialOutcome
from crm.models.vocabulary import word
from crm.queries import trials as trial_queries
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see_path
from crm.web.ways import page_number, way_back

pages = Pages("trials")


@pages.get("/trials", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """What is under way, and what came of the others."""
    size = limits.PAGE_ROWS
    open_page, number = page_number("open"), page_number()
    open_rows, open_total = trial_queries.under_way(visit.session, size, (open_page - 1) * size)
    past, past_total = trial_queries.over(visit.session, size, (number - 1) * size)
    return page(
        "trials/index.html",
        under_way=open_rows,
        open_total=open_total,
        open_page=open_page,
        past=past,
        past_total=past_total,
        number=number,
        size=size,
        spelled=formats.spelled,
    )


@pages.get("/vendors/<int:vendor_id>/trials/new", Act.WORK)
def new(visit: Visit, vendor_id: int) -> AnyReply:
    """A further trial task; for a vendor elsewhere on the board it begins with the move."""
    vendor = stages.find_vendor(visit.session, vendor_id)
    if vendor.stage is not Stage.TRIAL:
        back = request.args.get("back")
        return see_path(url_for("stages.new", vendor_id=vendor_id, to=Stage.TRIAL.value, back=back))
    return page("trials/new.html", form=TrialForm(formdata=None), vendor=vendor, back=_back(vendor_id))


@pages.post("/vendors/<int:vendor_id>/trials", Act.WORK)
def create(visit: Visit, vendor_id: int) -> AnyReply:
    """Give the vendor a trial task."""
    vendor = stages.find_vendor(visit.session, vendor_id)
    form = TrialForm(typed())
    if carries_out(form, lambda: trials.start(vendor, by=visit.member, terms=form.terms())):
        return see_path(_back(vendor_id), toast=_("Trial task started. We’ll remind you when it is due."))
    return refusal("trials/new.html", form=form, vendor=vendor, back=_back(vendor_id))


@pages.get("/trials/<int:trial_id>/due", Act.WORK)
def edit(visit: Visit, trial_id: int) -> AnyReply:
    """Agree on another day."""
    return _edit(visit, trial_id, None)


@pages.post("/trials/<int:trial_id>/due", Act.WORK)
def update(visit: Visit, trial_id: int) -> AnyReply:
    """Save the other day."""
    return _edit(visit, trial_id, typed())


@pages.get("/trials/<int:trial_id>/outcome", Act.WORK)
def decide(visit: Visit, trial_id: int) -> AnyReply:
    """How did it go?"""
    trial = trials.find(visit.session, trial_id)
    return page("trials/outcome.html", form=TrialOutcomeForm(formdata=None), **_of(visit, trial))


@pages.post("/trials/<int:trial_id>/outcome", Act.WORK)
def close(visit: Visit, trial_id: int) -> AnyReply:
    """Keep the outcome. Where the vendor goes from here is asked on the list of trials."""
    trial = trials.find(visit.session, trial_id)
    form = TrialOutcomeForm(typed())

    def act() -> None:
        trials.decide(trial, by=visit.member, outcome=form.outcome_chosen(), note=form.note.data or "")

    if carries_out(form, act):
        return see_path(
            way_back(url_for("trials.index")),
            toast=_("Outcome noted: %(outcome)s.", outcome=word(trial.outcome)),
            undo=url_for("trials.reopen", trial_id=trial_id, back=request.args.get("back")),
        )
    return refusal("trials/outcome.html", form=form, **_of(visit, trial))


@pages.post("/trials/<int:trial_id>/reopening", Act.WORK)
def reopen(visit: Visit, trial_id: int) -> AnyReply:
    """Take the outcome back."""
    trials.reopen(trials.find(visit.session, trial_id), by=visit.member)
    return see_path(way_back(url_for("trials.index")), toast=_("Taken back. The trial task is open again."))


def _edit(visit: Visit, trial_id: int, formdata: object) -> AnyReply:
    trial = trials.find(visit.session, trial_id)
    form = DueForm(formdata, data={"due_on": trial.due_on, "version": trial.version})
    shown = {"form": form, "is_stale": False, **_of(visit, trial)}
    if formdata is None:
        return page("trials/due.html", **shown)

    def act() -> None:
        assert form.due_on.data is not None  # the form requires it
        trials.change_due(trial, by=visit.member, due_on=form.due_on.data, version=form.version.data or 0)

    try:
        if carries_out(form, act):
            day = formats.day(trial.due_on, visit.today) if trial.due_on else ""
            words = _("The trial task is due on %(day)s now.", day=day)
            return see_path(way_back(url_for("trials.index")), toast=words)
    except Stale:
        form.version.data, form.version.raw_data = trial.version, [str(trial.version)]
        return refusal("trials/due.html", status=409, **{**shown, "is_stale": True})
    return refusal("trials/due.html", **shown)


def _of(visit: Visit, trial: Any) -> dict[str, Any]:
    return {
        "trial": trial,
        "vendor": stages.find_vendor(visit.session, trial.vendor_id),
        "back": way_back(url_for("trials.index")),
        "outcomes": list(TrialOutcome),
    }


def _back(vendor_id: int) -> str:
    return way_back(url_for("profiles.show", vendor_id=vendor_id))
