"""How vendors were rated by what the business values, and how well they fit."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request

from crm.core import limits, text
from crm.core.errors import Missing
from crm.core.i18n import _, ngettext
from crm.domain import comparisons, criteria, delegated_works, deletions, fit, ratings, trial_briefs, trials, vendors
from crm.domain.permissions import Act
from crm.domain.ratings import Occasion
from crm.forms import ratings as forms
from crm.forms.ratings import RatingForm
from crm.queries import profiles
from crm.queries import ratings as reading
from crm.web import undoing
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("ratings")


@pages.get("/vendors/<int:vendor_id>/ratings", Act.SEE)
def index(visit: Visit, vendor_id: int) -> AnyReply:
    """What a vendor was rated at, how well that fits, and a form for one more occasion: ``?work=…`` or ``?trial=…``
    fills the occasion in."""
    return page("ratings/index.html", **_listed(visit, vendor_id, None))


@pages.post("/vendors/<int:vendor_id>/ratings", Act.WORK)
def create(visit: Visit, vendor_id: int) -> AnyReply:
    """Rate a vendor on an occasion."""
    vendor = vendors.at(visit.session, vendor_id)
    form, about = _form(visit, typed()), _about(visit, vendor_id)
    rated: list[Any] = []

    def rate() -> None:
        rated_on, what, remark = form.rated_on.data or about.on, form.what.data or "", form.remark.data or ""
        occasion = Occasion(rated_on, what, work_id=about.work_id, remark=remark)
        if not ratings.has_just_rated(vendor, by=visit.member, given=form.given, occasion=occasion):
            rated.extend(ratings.rate(vendor, by=visit.member, given=form.given, occasion=occasion))

    if carries_out(form, rate):
        words = _("You have just written this down.")
        if rated:
            words = ngettext("One rating noted.", "%(num)s ratings noted.", len(rated))
        return see("ratings.index", vendor_id=vendor_id, toast=words)
    return refusal("ratings/index.html", **_listed(visit, vendor_id, form))


@pages.post("/ratings/<int:rating_id>/removal", Act.WORK)
def remove(visit: Visit, rating_id: int) -> AnyReply:
    """Take a rating away."""
    item = deletions.of_rating(ratings.find(visit.session, rating_id), by=visit.member)
    words, undo = _("Rating taken away."), undoing.from_bin(item)
    return see("ratings.index", vendor_id=item.vendor_id, toast=words, undo=undo)


@dataclass(frozen=True, slots=True)
class About:
    """The occasion that the address names."""

    on: date
    what: str = ""
    work_id: int | None = None
    trial_id: int | None = None


def _about(visit: Visit, vendor_id: int) -> About:
    work_id, trial_id = _number("work"), _number("trial")
    today = visit.workspace.today
    if work_id is not None:
        work = delegated_works.find(visit.session, work_id)
        _require_theirs(work, vendor_id)
        return About(work.decided_on or today, work.title, work_id=work_id)
    if trial_id is not None:
        trial = trials.find(visit.session, trial_id)
        _require_theirs(trial, vendor_id)
        brief = trial_briefs.find(visit.session, trial.brief_id)
        return About(trial.ended_on or today, text.excerpt(brief.title, limits.NAME_LENGTH), trial_id=trial_id)
    return About(today)


def _require_theirs(record: Any, vendor_id: int) -> None:
    if record.vendor_id != vendor_id:
        raise Missing


def _number(name: str) -> int | None:
    said = request.args.get(name, type=int)
    return said if said is not None and 0 < said < 2**31 else None


def _form(visit: Visit, given: Any, about: About | None = None) -> RatingForm:
    ranked = [(row.id, row.name) for row in criteria.ranked(visit.session)]
    data = {"rated_on": about.on, "what": about.what} if about else {"rated_on": visit.workspace.today}
    return forms.asking(ranked)(given, data=data)


def _listed(visit: Visit, vendor_id: int, form: RatingForm | None) -> dict[str, Any]:
    today = visit.workspace.today
    ranked = criteria.ranked(visit.session)
    weights = fit.weights([row.id for row in ranked], criteria.own_weights(visit.session, None))
    given = reading.by_vendor(visit.session, [vendor_id])[vendor_id]
    values = comparisons.values_of(given, today)
    about = _about(visit, vendor_id)
    return {
        "vendor": profiles.vendor(visit.session, vendor_id),
        "form": form or _form(visit, None, about),
        "about": about,
        "lines": reading.lines_of(visit.session, vendor_id),
        "ranked": ranked,
        "weights": weights,
        "values": values,
        "fit": fit.fit(weights, values, ratings=len(given)),
        "missed": comparisons.missed(ranked, values),
        "may_work": visit.may(Act.WORK),
        "me": visit.member,
        "today": visit.today,
    }
