"""Parkings: right partner, wrong time."""

from typing import Any

from crm.api.fields import (
    AskedFlag,
    Body,
    Cadence,
    Day,
    Flag,
    Free,
    Line,
    Many,
    Of,
    Pick,
    Shown,
    Text,
    Whole,
    asked_number,
    cadence_shown,
    money,
    number,
)
from crm.api.gate import Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core.dates import CadenceUnit
from crm.core.errors import Refused, Stale
from crm.core.i18n import lazy
from crm.domain import parkings, stages, touches
from crm.domain.parking_terms import UNIT_LENGTH, Figure, ParkingTerms, figure_of
from crm.domain.rhythms import Rhythm
from crm.models import vocabulary
from crm.models.enums import ParkingEnd, ParkingReason, TrialOutcome, TriggerKind
from crm.queries import needs
from crm.queries import parkings as reading
from crm.queries import triggers as trigger_reading
from crm.queries.triggers import TriggerRow

noun = Noun("parkings", "Right partner, wrong time: why, until when, and how to stay in touch meanwhile.")

_FIGURE: dict[str, Any] = {
    "now": money("How far it has come, in minor units where there is a currency."),
    "goal": money("What it has to reach."),
    "currency": Line("Empty for a plain number.", most=3),
    "unit": Line('What is counted: "a month", "orders".', most=UNIT_LENGTH),
}
FigureSaid = type("FigureSaid", (Body,), {**_FIGURE})
FigureShown = type("Figure", (Shown,), {**_FIGURE})
TriggerShown = type(
    "Trigger",
    (Shown,),
    {
        "id": number(),
        "kind": Pick(TriggerKind),
        "fired_on": Day(),
        "fired_by": number("Null where time itself brought it about.", allow_none=True),
        "answered_on": Day("When somebody kept them parked all the same, or unparked them.", allow_none=True),
        "words": Line("What came true."),
        "facts": Free(),
    },
)
_TRUE: dict[str, Any] = {"has_come_true": Flag("Whether the condition has come true; the figure says so by itself.")}

_SAID: dict[str, Any] = {
    "reason": Pick(ParkingReason),
    "details": Text(),
    "condition": Line("What has to change, in words."),
    "revisit_on": Day("When to look again; the reason's usual date where it is left out."),
    "cadence": Cadence('How often to be in touch meanwhile; "default" for the vendor\'s own.'),
    "told_vendor": Text("What we told them."),
    "look_for_referrals": Flag(),
    "offer_small_tasks": Flag(),
    "ask_for_discount": Flag(),
}
_FIRST: dict[str, Any] = {
    "need_id": number(
        "The need that is waited for: filled (`prerequisite`), or with more budget (`no_budget`).", allow_none=True
    )
}
_SAID_OF_THE_FIGURE = {"figure": Of(FigureSaid, "How far the condition has come.", allow_none=True)}
_OWNER: dict[str, Any] = {"owner_id": number("Who looks after them from now on.")}
TERMS: dict[str, Any] = {
    **_SAID,
    **_SAID_OF_THE_FIGURE,
    **_FIRST,
    "reason": Pick(ParkingReason, required=True),
    **_OWNER,
}
"""What parking asks for."""
BOXES = {
    "until": "revisit_on",
    "every": "cadence",
    "unit": "cadence",
    "now": "figure/now",
    "goal": "figure/goal",
    "figure_currency": "figure/currency",
    "figure_unit": "figure/unit",
}

OUTCOME = Pick(
    TrialOutcome, "On leaving the trial stage: how it went, or `why` that is not known.", only=stages.OUTCOMES
)
"""What a move can say of the trial task that it leaves. It goes on through a decision alone."""

ParkingSaid = type("ParkingSaid", (Body,), {**TERMS})
"""Where parking is part of another act."""
SAID_BOXES = {
    **{name: f"parking/{name}" for name in ("reason", "owner_id", "need_id")},
    **{box: f"parking/{name}" for box, name in BOXES.items()},
}

ParkingShown = type(
    "Parking",
    (Shown,),
    {
        "id": number(),
        "vendor_id": number(),
        **_SAID,
        **_FIRST,
        "figure": Of(FigureShown, allow_none=True),
        **_TRUE,
        "triggers": Many(Of(TriggerShown), "What has come true since, the oldest first."),
        "parked_on": Day(),
        "parked_by": number(),
        "ended_on": Day(allow_none=True),
        "ended_how": Pick(ParkingEnd, allow_none=True),
        "version": Whole(least=1),
    },
)
NewParking = type(
    "NewParking",
    (Body,),
    {
        "vendor_id": number(required=True),
        **TERMS,
        "outcome": OUTCOME,
        "why": Line(),
    },
)
ParkingChange = type(
    "ParkingChange",
    (Body,),
    {**_SAID, **_SAID_OF_THE_FIGURE, **_FIRST, **_TRUE, **_OWNER, "version": Whole("The one that was read.", least=1)},
)
ParkingsAsked = asking(
    "Parkings",
    reading.SORTS,
    vendor_id=asked_number(),
    reason=Pick(ParkingReason),
    is_open=AskedFlag("Those that are not over."),
    revisit_before=Day("Those to be looked at on this day or before."),
)


@noun.get("/parkings", asks=ParkingsAsked, gives=several(ParkingShown))
def index(call: Call) -> Answer:
    """Lists parkings, those that are over too."""
    exact = {n: call.asked[n] for n in ("vendor_id", "reason", "is_open", "revisit_before") if n in call.asked}
    found = reading.listed(call.session, step(call, "parkings"), words=call.asked["q"], **exact)
    return paged(call, "parkings", found, _all_shown(call, found.rows))


@noun.get("/parkings/<int:parking_id>", gives=ParkingShown)
def show(call: Call, parking_id: int) -> Answer:
    """Shows one parking."""
    return _answer(call, parkings.find(call.session, parking_id))


@noun.post("/parkings", takes=NewParking, gives=ParkingShown, boxes=BOXES)
def create(call: Call) -> Answer:
    """Parks a vendor for later. It is unparked by a stage move."""
    body = call.body
    vendor = stages.find_vendor(call.session, body.pop("vendor_id"))
    why, outcome = body.pop("why", ""), body.pop("outcome", None)
    parkings.park(vendor, by=call.member, why=why, outcome=outcome, **_told(body))
    parking = touches.open_parking(call.session, vendor)
    assert parking is not None  # it has just been made
    return _answer(call, parking, location=f"/parkings/{parking.id}")


@noun.patch("/parkings/<int:parking_id>", takes=ParkingChange, gives=ParkingShown, boxes=BOXES)
def update(call: Call, parking_id: int) -> Answer:
    """Changes what an open parking says, its figure too, or ticks its condition. What is left out stays."""
    parking = parkings.find(call.session, parking_id)
    call.expect(parking.version)
    version = call.version(parking.version)
    said = dict(call.body)
    has_come_true = said.pop("has_come_true", None)
    if said or has_come_true is None:
        _edit(call, parking, version, said)
    elif version != parking.version:
        raise Stale(lazy("A colleague has changed this parking since you opened it."))
    if has_come_true is not None:
        (parkings.tick if has_come_true else parkings.untick)(parking, by=call.member)
    return _answer(call, parking)


def _edit(call: Call, parking: Any, version: int, said: dict[str, Any]) -> None:
    present = {name: getattr(parking, name) for name in _SAID if name != "cadence"}
    unit = CadenceUnit(parking.cadence_unit) if parking.cadence_unit else None
    present["cadence"] = Rhythm(parking.cadence_choice, parking.cadence_every, unit)
    present["need_id"] = needs.first_of(call.session, [parking.id]).get(parking.id)
    figure = figure_of(parking)
    present["figure"] = figure.facts if figure else None
    if said.get("figure") and figure:
        said["figure"] = {**figure.facts, **said["figure"]}
    parkings.edit(parking, by=call.member, version=version, **_told(present | said))


def terms(said: dict[str, Any]) -> ParkingTerms:
    """The terms of a parking, as the domain takes them."""
    return ParkingTerms(**_told(said))


def _told(said: dict[str, Any]) -> dict[str, Any]:
    names = {"revisit_on": "until", "cadence": "rhythm"}
    told = {names.get(name, name): value for name, value in said.items()}
    return {**told, "figure": _figure(said.get("figure"))}


def _figure(said: dict[str, Any] | None) -> Figure | None:
    if said is None:
        return None
    if "goal" not in said:
        raise Refused(lazy("Type what it has to reach."), field="goal")
    return Figure(said.get("now", 0), said["goal"], said.get("currency", ""), said.get("unit", ""))


def _answer(call: Call, parking: Any, **more: Any) -> Answer:
    [shown] = _all_shown(call, [parking])
    return Answer(shown, mark=parking.version, **more)


def _all_shown(call: Call, rows: Any) -> list[dict[str, Any]]:
    triggers = trigger_reading.of_parkings(call.session, [parking.id for parking in rows])
    first = needs.first_of(call.session, [parking.id for parking in rows])
    return [{**_shown(call, parking, triggers[parking.id]), "need_id": first.get(parking.id)} for parking in rows]


def _shown(call: Call, parking: Any, triggers: list[TriggerRow]) -> dict[str, Any]:
    names = (*_SAID, "id", "vendor_id", "parked_on", "parked_by", "ended_on", "ended_how", "version")
    found = {name: getattr(parking, name) for name in names if name != "cadence"}
    cadence = cadence_shown(parking.cadence_choice, parking.cadence_every, parking.cadence_unit)
    figure = figure_of(parking)
    return {
        **found,
        "cadence": cadence,
        "figure": figure.facts if figure else None,
        "has_come_true": any(trigger.kind is TriggerKind.CONDITION for trigger in triggers),
        "triggers": [_trigger(call, trigger) for trigger in triggers],
    }


def _trigger(call: Call, trigger: TriggerRow) -> dict[str, Any]:
    return {
        "id": trigger.id,
        "kind": trigger.kind,
        "fired_on": trigger.fired_on,
        "fired_by": trigger.fired_by,
        "answered_on": trigger.answered_on,
        "words": vocabulary.trigger(trigger.said, call.member.workspace.today),
        "facts": trigger.facts,
    }
