"""How vendors were rated by what the business values, and how well they fit."""

from typing import Any

from crm.core.i18n import _, ngettext
from crm.domain import comparisons, criteria, fit, ratings, vendors
from crm.domain.permissions import Act
from crm.domain.ratings import Occasion
from crm.forms import ratings as forms
from crm.forms.ratings import RatingForm
from crm.queries import profiles
from crm.queries import ratings as reading
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("ratings")


@pages.get("/vendors/<int:vendor_id>/ratings", Act.SEE)
def index(visit: Visit, vendor_id: int) -> AnyReply:
    """What a vendor was rated at, how well that fits, and a form for one more occasion."""
    return page("ratings/index.html", **_listed(visit, vendor_id, None))


@pages.post("/vendors/<int:vendor_id>/ratings", Act.WORK)
def create(visit: Visit, vendor_id: int) -> AnyReply:
    """Rate a vendor on an occasion."""
    vendor = vendors.at(visit.session, vendor_id)
    form = _form(visit, typed())
    rated: list[Any] = []

    def rate() -> None:
        occasion = Occasion(
            form.rated_on.data or visit.workspace.today, form.what.data or "", remark=form.remark.data or ""
        )
        rated.extend(ratings.rate(vendor, by=visit.member, given=form.given, occasion=occasion))

    if carries_out(form, rate):
        words = ngettext("One rating noted.", "%(num)s ratings noted.", len(rated))
        return see("ratings.index", vendor_id=vendor_id, toast=words)
    return refusal("ratings/index.html", **_listed(visit, vendor_id, form))


@pages.post("/ratings/<int:rating_id>/removal", Act.WORK)
def remove(visit: Visit, rating_id: int) -> AnyReply:
    """Take a rating away."""
    row = ratings.find(visit.session, rating_id)
    vendor_id = row.vendor_id
    ratings.remove(row, by=visit.member)
    return see("ratings.index", vendor_id=vendor_id, toast=_("Rating taken away."))


def _form(visit: Visit, given: Any) -> RatingForm:
    ranked = [(row.id, row.name) for row in criteria.ranked(visit.session)]
    return forms.asking(ranked)(given, data={"rated_on": visit.workspace.today})


def _listed(visit: Visit, vendor_id: int, form: RatingForm | None) -> dict[str, Any]:
    today = visit.workspace.today
    ranked = criteria.ranked(visit.session)
    weights = fit.weights([row.id for row in ranked], criteria.own_weights(visit.session, None))
    given = reading.by_vendor(visit.session, [vendor_id])[vendor_id]
    values = comparisons.values_of(given, today)
    return {
        "vendor": profiles.vendor(visit.session, vendor_id),
        "form": form or _form(visit, None),
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
