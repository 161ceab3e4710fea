"""Ratings: how somebody of the team found a vendor on an occasion, by what the business values."""

from typing import Any

from crm.api.fields import Body, Day, Instant, Line, Shown, Text, Whole, asked_number, number
from crm.api.gate import NOTHING, Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core import limits
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.domain import criteria, deletions, ratings, vendors
from crm.domain.ratings import Occasion
from crm.queries import ratings as reading

noun = Noun("ratings", "How somebody of the team found a vendor on an occasion, by what the business values.")

_GIVEN: dict[str, Any] = {
    "criterion_id": number("What it is rated by: see `criteria`.", required=True),
    "value": Whole(
        "5 used without change, 4 a word or two changed, 3 one round of changes, 2 several, 1 redone by us.",
        least=criteria.LEAST,
        most=criteria.MOST,
        required=True,
    ),
    "rated_on": Day("Never ahead; today where it is left out."),
    "occasion": Line("What it is about.", most=limits.NAME_LENGTH),
    "work_id": number("The piece of work that was the occasion.", allow_none=True),
    "remark": Text(),
}
RatingShown = type(
    "Rating",
    (Shown,),
    {
        "id": number(),
        "vendor_id": number(),
        **_GIVEN,
        "criterion": Line("What it is called.", most=limits.NAME_LENGTH),
        "created_at": Instant(),
        "created_by": number("Who rated.", allow_none=True),
    },
)
NewRating = type("NewRating", (Body,), {"vendor_id": number(required=True), **_GIVEN})
_FILTERS: dict[str, Any] = {
    "vendor_id": asked_number(),
    "criterion_id": asked_number(),
    "work_id": asked_number(),
    "created_by": asked_number(),
}


@noun.get("/ratings", asks=asking("Ratings", reading.SORTS, **_FILTERS), gives=several(RatingShown))
def index(call: Call) -> Answer:
    """Lists ratings, those by what counts no longer too."""
    exact = {name: call.asked[name] for name in _FILTERS if name in call.asked}
    found = reading.listed(call.session, step(call, "ratings"), words=call.asked["q"], **exact)
    return paged(call, "ratings", found, [_shown(row, name) for row, name in found.rows])


@noun.get("/ratings/<int:rating_id>", gives=RatingShown)
def show(call: Call, rating_id: int) -> Answer:
    """Shows one rating."""
    return _one(call, ratings.find(call.session, rating_id))


@noun.post("/ratings", takes=NewRating, gives=RatingShown, boxes={"what": "occasion"})
def create(call: Call) -> Answer:
    """Rates a vendor by one thing that the business values."""
    body = call.body
    vendor = vendors.at(call.session, body.pop("vendor_id"))
    given = {_counting(call, body.pop("criterion_id")): body.pop("value")}
    occasion = Occasion(
        body.get("rated_on", call.today), body.get("occasion", ""), body.get("work_id"), body.get("remark", "")
    )
    [row] = ratings.rate(vendor, by=call.member, given=given, occasion=occasion)
    return _one(call, row, location=f"/ratings/{row.id}")


@noun.delete("/ratings/<int:rating_id>", matches=False)
def destroy(call: Call, rating_id: int) -> Answer:
    """Takes a rating away; only its rater and admins may."""
    deletions.of_rating(ratings.find(call.session, rating_id), by=call.member)
    return NOTHING


def _counting(call: Call, criterion_id: int) -> int:
    try:
        criterion = criteria.find(call.session, criterion_id)
    except Missing:
        raise Refused(lazy("Choose one of the list."), field="criterion_id") from None
    if criterion.archived_at is not None:
        raise Refused(lazy("This one counts no longer."), field="criterion_id")
    return criterion_id


def _one(call: Call, row: Any, **more: Any) -> Answer:
    return Answer(_shown(row, criteria.find(call.session, row.criterion_id).name), **more)


def _shown(row: Any, criterion: str) -> dict[str, Any]:
    names = [name for name in RatingShown().fields if name != "criterion"]
    return {**{name: getattr(row, name) for name in names}, "criterion": criterion}
