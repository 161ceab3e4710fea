"""Interactions: conversations with vendors, and attempts at one."""

from collections.abc import Sequence
from typing import Any

from crm.api.fields import Body, Day, Instant, Line, Many, Of, Pick, Shown, Text, Whole, asked_number, number
from crm.api.gate import NOTHING, Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.domain import deletions, interactions, vendors
from crm.domain.interactions import Next
from crm.models.enums import InteractionKind, Outcome, PromiseKind, Side
from crm.queries import interaction_areas, log

noun = Noun("interactions", "Conversations with vendors, and attempts without an answer.")


class FollowUp(Body):
    """What comes next."""

    due_on = Day(required=True)
    kind = Pick(PromiseKind, load_default=PromiseKind.FOLLOW_UP)
    what = Line(load_default="")


_PLAIN: dict[str, Any] = {
    "kind": Pick(InteractionKind),
    "outcome": Pick(Outcome, "An attempt is one without an answer."),
    "initiated_by": Pick(Side),
    "occurred_on": Day("In the business's time zone, never ahead; today where it is left out."),
    "person_id": number("With whom.", allow_none=True),
    "summary": Text("Markdown, in which @name calls a teammate."),
    "minutes": Whole(least=1, most=interactions.MINUTES_A_DAY, allow_none=True),
    "area_ids": Many(number(), "The decision areas of the vendor that it was about."),
}
_READ_ONLY: dict[str, Any] = {
    "id": number(),
    "vendor_id": number(),
    "version": Whole(least=1),
    "created_at": Instant(),
    "created_by": number(allow_none=True),
}
_NEW: dict[str, Any] = {
    "vendor_id": number(required=True),
    "kind": Pick(InteractionKind, required=True),
    "follow_up": Of(FollowUp, "A follow-up, or a promise of ours or theirs."),
}
InteractionShown = type("Interaction", (Shown,), {**_PLAIN, **_READ_ONLY})
NewInteraction = type("NewInteraction", (Body,), {**_PLAIN, **_NEW})
InteractionChange = type("InteractionChange", (Body,), {**_PLAIN, "version": Whole("The one that was read.", least=1)})
InteractionsAsked = asking(
    "Interactions",
    log.INTERACTION_SORTS,
    vendor_id=asked_number(),
    person_id=asked_number(),
    kind=Pick(InteractionKind),
    outcome=Pick(Outcome),
    since=Day("Those on this day or after."),
    until=Day("Those on this day or before."),
)
_EXACT = ("vendor_id", "person_id", "kind", "outcome", "since", "until")


@noun.get("/interactions", asks=InteractionsAsked, gives=several(InteractionShown))
def index(call: Call) -> Answer:
    """Lists interactions."""
    exact = {name: call.asked[name] for name in _EXACT if name in call.asked}
    at = step(call, "interactions")
    found = log.interactions(call.session, at, reader=call.member, words=call.asked["q"], **exact)
    return paged(call, "interactions", found, _shown(call, found.rows))


@noun.get("/interactions/<int:interaction_id>", gives=InteractionShown)
def show(call: Call, interaction_id: int) -> Answer:
    """Shows one interaction."""
    return _one(call, interactions.find(call.session, interaction_id))


@noun.post("/interactions", takes=NewInteraction, gives=InteractionShown, boxes={"due_on": "follow_up/due_on"})
def create(call: Call) -> Answer:
    """Logs a conversation, or an attempt. The vendor's next touch follows from it."""
    vendor = vendors.at(call.session, call.body.pop("vendor_id"))
    said = {"occurred_on": call.today, **call.body}
    follow_up = said.pop("follow_up", None)
    entry = interactions.log(vendor, by=call.member, then=Next(**follow_up) if follow_up else None, **said)
    answer = _one(call, entry)
    answer.location = f"/interactions/{entry.id}"
    return answer


@noun.patch("/interactions/<int:interaction_id>", takes=InteractionChange, gives=InteractionShown)
def update(call: Call, interaction_id: int) -> Answer:
    """Changes what an interaction says; what it said before is kept."""
    entry = interactions.find(call.session, interaction_id)
    call.expect(entry.version)
    version = call.version(entry.version)
    said = {name: getattr(entry, name) for name in _PLAIN if name != "area_ids"} | call.body
    interactions.edit(entry, by=call.member, version=version, **said)
    return _one(call, entry)


@noun.delete("/interactions/<int:interaction_id>")
def destroy(call: Call, interaction_id: int) -> Answer:
    """Takes an interaction out of the log, with what is still open of what was promised in it."""
    entry = interactions.find(call.session, interaction_id)
    call.expect(entry.version)
    deletions.of_interaction(entry, by=call.member)
    return NOTHING


def _one(call: Call, entry: Any) -> Answer:
    if call.session.writing:
        call.session.flush()
    return Answer(_shown(call, [entry])[0], mark=entry.version)


def _shown(call: Call, rows: Sequence[Any]) -> list[dict[str, Any]]:
    areas = interaction_areas.ids_of(call.session, [row.id for row in rows])
    names = [name for name in InteractionShown().fields if name != "area_ids"]
    return [{**{name: getattr(row, name) for name in names}, "area_ids": areas[row.id]} for row in rows]
