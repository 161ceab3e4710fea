"""Scoring what a vendor delivered on a trial task: each reviewer in peace, until everybody is in."""

from typing import Any

from flask import request, url_for

from crm.core.errors import Stale
from crm.core.i18n import _
from crm.domain import stages, trial_briefs, trial_reviews, trials
from crm.domain.permissions import Act
from crm.domain.trial_reviews import Given, Result
from crm.forms import trial_reviews as forms
from crm.forms.trial_reviews import ReviewForm
from crm.queries import trial_reviews as reading
from crm.queries import trials as trial_queries
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see_path
from crm.web.ways import way_back

pages = Pages("trial_reviews")


@pages.get("/trials/<int:trial_id>/review", Act.WORK)
def edit(visit: Visit, trial_id: int) -> AnyReply:
    """Score what came, or read what was scored; whoever was not asked can join."""
    return page("trial_reviews/edit.html", **_shown(visit, trials.find(visit.session, trial_id), None))


@pages.post("/trials/<int:trial_id>/review", Act.WORK)
def update(visit: Visit, trial_id: int) -> AnyReply:
    """Keep it as a draft, or hand it in. Where it was saved in another window since, both versions are shown."""
    trial = trials.find(visit.session, trial_id)
    shown = _shown(visit, trial, typed())
    form: ReviewForm = shown["form"]
    hand_in = request.form.get("act") == "hand_in"

    def act() -> None:
        version, remark = form.version.data or 0, form.remark.data or ""
        trial_reviews.save(trial, by=visit.member, version=version, given=form.given, remark=remark, hand_in=hand_in)

    try:
        if carries_out(form, act):
            return see_path(_done(visit, trial, hand_in), toast=_said(visit, trial, hand_in))
    except Stale:
        review = shown["review"]
        theirs = type(form)(None, data=_boxes(visit, review))
        version = review.version if review else 0
        return refusal("trial_reviews/edit.html", status=409, **shown, conflict=form.met(theirs, version))
    return refusal("trial_reviews/edit.html", **shown)


@pages.post("/trials/<int:trial_id>/review/joining", Act.WORK)
def join(visit: Visit, trial_id: int) -> AnyReply:
    """Review along."""
    trial = trials.find(visit.session, trial_id)
    trial_reviews.join(trial, by=visit.member)
    stays = trial_reviews.why_not_leave(trial, by=visit.member)
    undo = url_for("trial_reviews.leave", trial_id=trial_id) if stays is None else ""
    return see_path(_here(trial_id), toast=_("You review this too. The others wait for you."), undo=undo)


@pages.post("/trials/<int:trial_id>/review/leaving", Act.WORK)
def leave(visit: Visit, trial_id: int) -> AnyReply:
    """Do not review along after all."""
    trial = trials.find(visit.session, trial_id)
    trial_reviews.leave(trial, by=visit.member)
    return see_path(_here(trial_id), toast=_("Taken back. Nobody waits for your scores."))


def _shown(visit: Visit, trial: Any, given: Any) -> dict[str, Any]:
    session, today = visit.session, visit.workspace.today
    brief = trial_briefs.find(session, trial.brief_id)
    result = trial_reviews.result_of(session, trial, today=today, zone=visit.workspace.time_zone)
    review = reading.own(session, trial.id, visit.member.user_id)
    is_asked = _is_asked(visit, trial, result)
    return {
        "trial": trial,
        "brief": brief,
        "vendor": stages.find_vendor(session, trial.vendor_id),
        "deliverables": trial_queries.deliverables_of(session, trial.id),
        "form": _form(visit, brief.id, review, given),
        "review": review,
        "result": result,
        "is_asked": is_asked,
        "closed": None if is_asked else trial_reviews.why_not_join(trial, today),
        "is_final": trial_reviews.is_final(review, result),
        "not_yet": trial_reviews.why_not_yet(trial, today),
        "back": way_back(url_for("trial_comparisons.show", brief_id=brief.id)),
        "today": visit.today,
    }


def _form(visit: Visit, brief_id: int, review: Any, given: Any) -> ReviewForm:
    criteria = [(row.id, row.name, row.counts) for row in reading.criteria(visit.session, [brief_id])]
    form = forms.asking(criteria)(given, data=_boxes(visit, review))
    if given is None:
        form.remember(review.version if review else 0)
    return form


def _boxes(visit: Visit, review: Any) -> dict[str, Any]:
    scores = reading.scores(visit.session, review.id) if review else []
    given = {row.criterion_id: Given(row.value, row.remark) for row in scores}
    return forms.boxes_of(given, review.remark if review else "")


def _is_asked(visit: Visit, trial: Any, result: Result) -> bool:
    known = {each.user_id for each in (*result.waiting, *result.handed_in)}
    return visit.member.user_id in known


def _done(visit: Visit, trial: Any, hand_in: bool) -> str:
    if hand_in:
        return way_back(url_for("trial_comparisons.show", brief_id=trial.brief_id))
    return _here(trial.id)


def _said(visit: Visit, trial: Any, hand_in: bool) -> str:
    if not hand_in:
        return _("Saved.")
    if trial_reviews.result_of(visit.session, trial, today=visit.workspace.today).is_revealed:
        return _("Handed in. The scores are open now.")
    return _("Handed in. It opens once everybody is in.")


def _here(trial_id: int) -> str:
    return url_for("trial_reviews.edit", trial_id=trial_id, back=request.args.get("back"))
