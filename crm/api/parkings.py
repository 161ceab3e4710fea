"""Parkings: right partner, wrong time."""

from typing import Any

from crm.api.fields import (
    AskedFlag,
    Body,
    Cadence,
    Day,
    Flag,
    Line,
    Pick,
    Shown,
    Text,
    Whole,
    asked_number,
    cadence_shown,
    number,
)
from crm.api.gate import Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core.dates import CadenceUnit
from crm.domain import parkings, stages, touches
from crm.domain.parking_terms import ParkingTerms
from crm.domain.rhythms import Rhythm
from crm.models.enums import ParkingEnd, ParkingReason, TrialOutcome
from crm.queries import parkings as reading

noun = Noun("parkings", "Right partner, wrong time: why, until when, and how to stay in touch meanwhile.")

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
_OWNER: dict[str, Any] = {"owner_id": number("Who looks after them from now on.")}
TERMS: dict[str, Any] = {**_SAID, "reason": Pick(ParkingReason, required=True), **_OWNER}
"""What parking asks for."""
BOXES = {"until": "revisit_on", "every": "cadence", "unit": "cadence"}

ParkingShown = type(
    "Parking",
    (Shown,),
    {
        "id": number(),
        "vendor_id": number(),
        **_SAID,
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
        "outcome": Pick(TrialOutcome, "On leaving the trial stage: how it went, or `why` that is not known."),
        "why": Line(),
    },
)
ParkingChange = type("ParkingChange", (Body,), {**_SAID, **_OWNER, "version": Whole("The one that was read.", least=1)})
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
    return paged(call, "parkings", found, [_shown(parking) for parking in found.rows])


@noun.get("/parkings/<int:parking_id>", gives=ParkingShown)
def show(call: Call, parking_id: int) -> Answer:
    """Shows one parking."""
    parking = parkings.find(call.session, parking_id)
    return Answer(_shown(parking), mark=parking.version)


@noun.post("/parkings", takes=NewParking, gives=ParkingShown, boxes=BOXES)
def create(call: Call) -> Answer:
    """Parks a vendor for later. It is unparked by a stage move."""
    body = call.body
    vendor = stages.find_vendor(call.session, body.pop("vendor_id"))
    why, outcome = body.pop("why", ""), body.pop("outcome", None)
    parkings.park(vendor, by=call.member, why=why, outcome=outcome, **_told(body))
    parking = touches.open_parking(call.session, vendor)
    assert parking is not None  # it has just been made
    return Answer(_shown(parking), mark=parking.version, location=f"/parkings/{parking.id}")


@noun.patch("/parkings/<int:parking_id>", takes=ParkingChange, gives=ParkingShown, boxes=BOXES)
def update(call: Call, parking_id: int) -> Answer:
    """Changes what an open parking says. What is left out stays."""
    parking = parkings.find(call.session, parking_id)
    call.expect(parking.version)
    version = call.version(parking.version)
    present = {name: getattr(parking, name) for name in _SAID if name != "cadence"}
    unit = CadenceUnit(parking.cadence_unit) if parking.cadence_unit else None
    present["cadence"] = Rhythm(parking.cadence_choice, parking.cadence_every, unit)
    parkings.edit(parking, by=call.member, version=version, **_told(present | call.body))
    return Answer(_shown(parking), mark=parking.version)


def terms(said: dict[str, Any]) -> ParkingTerms:
    """The terms of a parking, as the domain takes them."""
    return ParkingTerms(**_told(said))


def _told(said: dict[str, Any]) -> dict[str, Any]:
    names = {"revisit_on": "until", "cadence": "rhythm"}
    return {names.get(name, name): value for name, value in said.items()}


def _shown(parking: Any) -> dict[str, Any]:
    names = (*_SAID, "id", "vendor_id", "parked_on", "parked_by", "ended_on", "ended_how", "version")
    found = {name: getattr(parking, name) for name in names if name != "cadence"}
    cadence = cadence_shown(parking.cadence_choice, parking.cadence_every, parking.cadence_unit)
    return {**found, "cadence": cadence}
