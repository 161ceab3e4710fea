"""Openings: businesses in our network that look for someone."""

from typing import Any

from crm.api.fields import (
    AskedFlag,
    Body,
    Day,
    Flag,
    Instant,
    Line,
    Many,
    Of,
    Pick,
    Shown,
    Whole,
    Word,
    asked_number,
    money,
    number,
)
from crm.api.gate import Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core import limits
from crm.domain import matches, openings
from crm.domain.match_rules import Caution, Exclusion, Match, Reason
from crm.models.enums import Stage
from crm.queries import openings as reading

noun = Noun("openings", "Businesses in our network that look for someone.")

_SAID: dict[str, Any] = {
    "business": Line(most=limits.NAME_LENGTH, least=1),
    "person": Line("Who to talk to there.", most=limits.NAME_LENGTH),
    "email": Line(most=limits.EMAIL_LENGTH),
    "what_they_need": Line(),
    "category_id": number("What kind of work.", allow_none=True),
    "budget_amount": money("In minor units of the currency.", allow_none=True),
    "currency": Line("ISO 4217; the business's own where it is left out.", most=limits.CURRENCY_LENGTH),
    "until": Day("How long they look.", allow_none=True),
}


class MatchShown(Shown):
    """A vendor in the niche of an opening: whether it fits, and why or why not."""

    vendor_id = number()
    name = Line(most=limits.NAME_LENGTH)
    stage = Pick(Stage)
    fits = Flag("Whether they are offered for it.")
    reasons = Many(Pick(Reason), "What speaks for them.")
    exclusions = Many(Pick(Exclusion), "What rules them out; empty where they fit.")
    cautions = Many(Pick(Caution), "What to know first.")


OpeningShown = type(
    "Opening",
    (Shown,),
    {
        "id": number(),
        **_SAID,
        "is_closed": Flag("They have found someone, or look no longer."),
        "closed_on": Day(allow_none=True),
        "version": Whole(least=1),
        "created_at": Instant(),
        "created_by": number(allow_none=True),
        "matches": Many(Of(MatchShown), "Only with include=matches.", metadata={"sometimes": True}),
    },
)
NewOpening = type("NewOpening", (Body,), {**_SAID, "business": Line(most=limits.NAME_LENGTH, least=1, required=True)})
OpeningChange = type(
    "OpeningChange",
    (Body,),
    {
        **_SAID,
        "is_closed": Flag("They have found someone, or look no longer."),
        "version": Whole("The one that was read.", least=1),
    },
)


class OneAsked(Body):
    """What one opening can be asked."""

    include = Word(("matches",), "Add the active and parked vendors in its niche: those who fit first.")


@noun.get(
    "/openings",
    asks=asking(
        "Openings",
        reading.SORTS,
        category_id=asked_number(),
        is_open=AskedFlag("Those that are neither closed nor past their day."),
    ),
    gives=several(OpeningShown),
)
def index(call: Call) -> Answer:
    """Lists openings, closed ones too."""
    exact = {name: call.asked[name] for name in ("category_id", "is_open") if name in call.asked}
    found = reading.listed(call.session, step(call, "openings"), call.today, words=call.asked["q"], **exact)
    return paged(call, "openings", found, [_shown(opening) for opening in found.rows])


@noun.get("/openings/<int:opening_id>", asks=OneAsked, gives=OpeningShown)
def show(call: Call, opening_id: int) -> Answer:
    """Shows one opening, with the vendors in its niche where `include=matches` asks for them."""
    opening = openings.find(call.session, opening_id)
    answer = _one(opening)
    if call.asked.get("include") == "matches":
        found = matches.of_opening(call.session, opening, call.today)
        answer.value["matches"] = [_match(match) for match in (*found.fits, *found.left_out)]
    return answer


@noun.post("/openings", takes=NewOpening, gives=OpeningShown)
def create(call: Call) -> Answer:
    """Notes a business that looks for someone."""
    opening = openings.add(call.session, by=call.member, **call.body)
    answer = _one(opening)
    answer.location = f"/openings/{opening.id}"
    return answer


@noun.patch("/openings/<int:opening_id>", takes=OpeningChange, gives=OpeningShown)
def update(call: Call, opening_id: int) -> Answer:
    """Changes what is known of an opening, closes it, or opens it again. What is left out stays."""
    opening = openings.find(call.session, opening_id)
    call.expect(opening.version)
    version, body = call.version(opening.version), call.body
    is_closed = body.pop("is_closed", None)
    present = {name: getattr(opening, name) for name in _SAID}
    if is_closed is False and opening.closed_on is not None:
        openings.reopen(opening, by=call.member)
        present["until"] = opening.until
    openings.edit(opening, by=call.member, version=version, **(present | body))
    if is_closed is True and opening.closed_on is None:
        openings.close(opening, by=call.member)
    return _one(opening)


def _one(opening: Any) -> Answer:
    return Answer(_shown(opening), mark=opening.version)


def _shown(opening: Any) -> dict[str, Any]:
    names = [name for name in OpeningShown().fields if name not in ("is_closed", "matches")]
    return {**{name: getattr(opening, name) for name in names}, "is_closed": opening.closed_on is not None}


def _match(match: Match) -> dict[str, Any]:
    return {
        "vendor_id": match.vendor.id,
        "name": match.name,
        "stage": match.vendor.stage,
        "fits": match.fits,
        "reasons": match.reasons,
        "exclusions": match.exclusions,
        "cautions": match.cautions,
    }
