"""Decision areas: what a vendor decides or does for us, and how far that goes."""

from typing import Any

from crm.api.fields import (
    AskedFlag,
    AskedWhole,
    Body,
    Day,
    Flag,
    Instant,
    Line,
    Pick,
    Shown,
    Text,
    Whole,
    asked_number,
    money,
    number,
)
from crm.api.gate import Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core import limits
from crm.core.dates import CadenceUnit
from crm.domain import decision_areas, vendors
from crm.domain.decision_areas import Agreement
from crm.models.enums import Level, Maturity
from crm.queries import decision_areas as reading

noun = Noun("decision-areas", "What a vendor decides or does for us, at which of the seven levels of delegation.")

_AGREED: dict[str, Any] = {
    "name": Line(most=limits.NAME_LENGTH, least=1),
    "wished_level": Pick(Level, "How far we would like it to go.", allow_none=True),
    "wished_by": Day(allow_none=True),
    "spends_money": Flag("Whether they spend our money in it."),
    "limit_amount": money("What they may spend a month, in minor units of limit_currency.", allow_none=True),
    "limit_currency": Line("ISO 4217.", most=limits.CURRENCY_LENGTH),
    "limit_scope": Line("What it does not include."),
    "procedure": Text("How it is done, as text or a link."),
    "maturity": Pick(Maturity, "How well they know this work.", allow_none=True),
    "rhythm_every": Whole("How often to look at it together.", least=1, most=limits.EVERY_LARGEST, allow_none=True),
    "rhythm_unit": Pick(CadenceUnit, allow_none=True),
}
_LEVEL: dict[str, Any] = {"level": Pick(Level, "1 Tell, 2 Sell, 3 Consult, 4 Agree, 5 Advise, 6 Inquire, 7 Delegate.")}
AreaShown = type(
    "DecisionArea",
    (Shown,),
    {
        "id": number(),
        "vendor_id": number(),
        **_LEVEL,
        **_AGREED,
        "is_closed": Flag("Whether they no longer look after it."),
        "closed_at": Instant(allow_none=True),
        "version": Whole(least=1),
        "created_at": Instant(),
        "created_by": number(allow_none=True),
    },
)
NewArea = type(
    "NewDecisionArea",
    (Body,),
    {
        "vendor_id": number(required=True),
        **_AGREED,
        "name": Line(most=limits.NAME_LENGTH, least=1, required=True),
        "level": Pick(Level, required=True),
        "why": Text("Why so far."),
    },
)
AreaChange = type(
    "DecisionAreaChange",
    (Body,),
    {
        **_LEVEL,
        "why": Text("Why the level changes."),
        **_AGREED,
        "is_closed": Flag("Whether they no longer look after it."),
        "version": Whole("The one that was read.", least=1),
    },
)


@noun.get(
    "/decision-areas",
    asks=asking(
        "DecisionAreas", reading.SORTS, vendor_id=asked_number(), level=AskedWhole(least=1, most=7), is_open=AskedFlag()
    ),
    gives=several(AreaShown),
)
def index(call: Call) -> Answer:
    """Lists decision areas, closed ones too."""
    exact: dict[str, Any] = {name: call.asked[name] for name in ("vendor_id", "is_open") if name in call.asked}
    if "level" in call.asked:
        exact["level"] = Level(call.asked["level"])
    found = reading.listed(call.session, step(call, "decision-areas"), words=call.asked["q"], **exact)
    return paged(call, "decision-areas", found, [_shown(area) for area in found.rows])


@noun.get("/decision-areas/<int:area_id>", gives=AreaShown)
def show(call: Call, area_id: int) -> Answer:
    """Shows one decision area."""
    return _one(decision_areas.find(call.session, area_id))


@noun.post("/decision-areas", takes=NewArea, gives=AreaShown)
def create(call: Call) -> Answer:
    """Hands something over to a vendor, at a level."""
    body = call.body
    vendor = vendors.at(call.session, body.pop("vendor_id"))
    level, why = body.pop("level"), body.pop("why", "")
    area = decision_areas.hand_over(vendor, by=call.member, level=level, agreed=Agreement(**body), why=why)
    answer = _one(area)
    answer.location = f"/decision-areas/{area.id}"
    return answer


@noun.patch("/decision-areas/<int:area_id>", takes=AreaChange, gives=AreaShown)
def update(call: Call, area_id: int) -> Answer:
    """Changes what is agreed, moves the area to another level, closes it, or opens it again."""
    area = decision_areas.find(call.session, area_id)
    call.expect(area.version)
    version, body = call.version(area.version), call.body
    if body.get("is_closed") is False and area.closed_at is not None:
        decision_areas.reopen(area)
        version += 1
    agreed = {name: getattr(area, name) for name in _AGREED} | {n: body[n] for n in _AGREED if n in body}
    decision_areas.agree(area, by=call.member, version=version, agreed=Agreement(**agreed))
    if "level" in body and body["level"] is not area.level:
        decision_areas.move_to(area, by=call.member, level=body["level"], why=body.get("why", ""))
    if body.get("is_closed") is True:
        decision_areas.close(area, by=call.member)
    return _one(area)


def _one(area: Any) -> Answer:
    return Answer(_shown(area), mark=area.version)


def _shown(area: Any) -> dict[str, Any]:
    names = [name for name in AreaShown().fields if name != "is_closed"]
    return {**{name: getattr(area, name) for name in names}, "is_closed": area.closed_at is not None}
