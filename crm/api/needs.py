"""Needs: outcomes that are wanted from outside, whoever will bring them, and what has to come first."""

from collections.abc import Sequence
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
    Text,
    Whole,
    asked_number,
    money,
    number,
)
from crm.api.gate import NOTHING, Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core import limits
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.domain import deletions, needs
from crm.domain.need_rules import Part
from crm.domain.needs import NeedTerms
from crm.models.enums import Importance, NeedStatus
from crm.queries import needs as reading
from crm.queries.needs import PrerequisiteRow

noun = Noun("needs", "Outcomes that are wanted from outside: how far they are defined, and what has to come first.")

_SAID: dict[str, Any] = {
    "outcome": Line('What is to be different afterwards: "20 good enquiries a month", not "SEO".', least=1),
    "category_id": number("Category, niche or sub-niche: the finest that is known.", allow_none=True),
    "deliverables": Text("What they hand over."),
    "volume": Line("How much of it.", most=limits.NAME_LENGTH),
    "budget_amount": money("A month, in minor units of budget_currency.", allow_none=True),
    "budget_currency": Line("ISO 4217; empty without a budget.", most=limits.CURRENCY_LENGTH),
    "starts_from": Day("It could begin from here on.", allow_none=True),
    "starts_by": Day("It has to begin by then.", allow_none=True),
    "acceptance": Text("How we will know that it is done."),
    "importance": Pick(Importance),
    "is_small": Flag("A task small enough to try somebody out with."),
    "owner_id": number("Who looks after it.", allow_none=True),
}
_STATUS: dict[str, Any] = {
    "status": Pick(NeedStatus),
    "filled_by_id": number("The vendor that fills it; asked for with the status `filled`.", allow_none=True),
}
_FIRST: dict[str, Any] = {
    "id": number(),
    "need_id": number("The need that waits."),
    "other_id": number("The need that has to be filled first.", allow_none=True),
    "what": Line("The line to tick off, or the other need's outcome."),
    "is_met": Flag("Ticked off, or filled."),
    "met_at": Instant(allow_none=True),
    "met_by": number(allow_none=True),
}
FirstShown = type("NeedPrerequisite", (Shown,), _FIRST)
NeedShown = type(
    "Need",
    (Shown,),
    {
        "id": number(),
        **_SAID,
        **_STATUS,
        "status_since": Day(),
        "is_defined": Flag("Whether all that makes it a defined need is said."),
        "missing": Many(Pick(Part), "What is not said yet."),
        "prerequisites": Many(Of(FirstShown), "What has to come first."),
        "version": Whole(least=1),
        "created_at": Instant(),
        "created_by": number(allow_none=True),
    },
)
NewNeed = type(
    "NewNeed",
    (Body,),
    {**_SAID, "outcome": Line(_SAID["outcome"].about, least=1, required=True)},
)
NeedChange = type(
    "NeedChange",
    (Body,),
    {
        **_SAID,
        **_STATUS,
        "why": Text("Why the status changes."),
        "version": Whole("The one that was read.", least=1),
    },
)
NewFirst = type(
    "NewNeedPrerequisite",
    (Body,),
    {
        "what": Line("A line to tick off.", least=1),
        "other_id": number("Instead of a line: the need that has to be filled first."),
    },
)
FirstChange = type("NeedPrerequisiteChange", (Body,), {"is_met": Flag("Ticked off, or not.", required=True)})
_FILTERS: dict[str, Any] = {
    "status": Pick(NeedStatus),
    "category_id": asked_number(),
    "owner_id": asked_number(),
    "filled_by_id": asked_number(),
    "importance": Pick(Importance),
    "is_small": AskedFlag(),
    "is_open": AskedFlag("Those that are neither filled nor dropped."),
}


@noun.get("/needs", asks=asking("Needs", reading.SORTS, **_FILTERS), gives=several(NeedShown))
def index(call: Call) -> Answer:
    """Lists needs, those that are filled or dropped too."""
    exact = {name: call.asked[name] for name in _FILTERS if name in call.asked}
    found = reading.listed(call.session, step(call, "needs"), words=call.asked["q"], **exact)
    return paged(call, "needs", found, _all_shown(call, found.rows))


@noun.get("/needs/<int:need_id>", gives=NeedShown)
def show(call: Call, need_id: int) -> Answer:
    """Shows one need."""
    return _one(call, needs.find(call.session, need_id))


@noun.post("/needs", takes=NewNeed, gives=NeedShown)
def create(call: Call) -> Answer:
    """Writes a need down, as an idea."""
    need = needs.add(call.session, by=call.member, terms=NeedTerms(**call.body))
    return _one(call, need, location=f"/needs/{need.id}")


@noun.patch("/needs/<int:need_id>", takes=NeedChange, gives=NeedShown)
def update(call: Call, need_id: int) -> Answer:
    """Changes what is said of a need, or brings it to another status; whoever waited for that is told."""
    need = needs.find(call.session, need_id)
    call.expect(need.version)
    needs.expect(need, call.version(need.version))
    body = call.body
    said = {name: body[name] for name in _SAID if name in body}
    if said:
        terms = {name: getattr(need, name) for name in _SAID} | said
        needs.edit(need, by=call.member, version=need.version, terms=NeedTerms(**terms))
    to, filled_by_id = body.get("status", need.status), body.get("filled_by_id", need.filled_by_id)
    if to is not need.status:
        needs.move(need, by=call.member, to=to, why=body.get("why", ""), filled_by_id=filled_by_id)
    elif filled_by_id != need.filled_by_id:
        needs.hand_on(need, filled_by_id=filled_by_id)
    return _one(call, need)


@noun.delete("/needs/<int:need_id>")
def destroy(call: Call, need_id: int) -> Answer:
    """Deletes a need that was written down by mistake. One that was in use is dropped instead."""
    need = needs.find(call.session, need_id)
    call.expect(need.version)
    deletions.of_need(need, by=call.member)
    return NOTHING


@noun.post("/needs/<int:need_id>/prerequisites", takes=NewFirst, gives=FirstShown, also=200)
def require_first(call: Call, need_id: int) -> Answer:
    """Something has to come first: a line, or another need. What is there already is shown as it is."""
    need = needs.find(call.session, need_id)
    what, other_id = call.body.get("what", ""), call.body.get("other_id")
    if bool(what) is (other_id is not None):
        raise Refused(lazy("Give a line, or another need."), field="what")
    added = needs.require_first(need, by=call.member, other_id=other_id, whats=[what] if what else [])
    rows = reading.prerequisites(call.session, [need_id])[need_id]
    [row] = [row for row in rows if row.other_id == other_id and (other_id or row.what.casefold() == what.casefold())]
    return _first(row, status=None if added else 200)


@noun.patch("/needs/<int:need_id>/prerequisites/<int:prerequisite_id>", takes=FirstChange, gives=FirstShown)
def tick(call: Call, need_id: int, prerequisite_id: int) -> Answer:
    """Ticks a line off, or takes that back. Another need is met once it is filled."""
    found = _found(call, need_id, prerequisite_id)
    if call.body["is_met"]:
        needs.tick(found, by=call.member)
    else:
        needs.untick(found)
    rows = reading.prerequisites(call.session, [need_id])[need_id]
    return _first(next(row for row in rows if row.id == prerequisite_id))


@noun.delete("/needs/<int:need_id>/prerequisites/<int:prerequisite_id>")
def no_longer_first(call: Call, need_id: int, prerequisite_id: int) -> Answer:
    """Takes something off the list: it does not have to come first after all."""
    needs.no_longer_first(_found(call, need_id, prerequisite_id))
    return NOTHING


def _found(call: Call, need_id: int, prerequisite_id: int) -> Any:
    row = needs.find_prerequisite(call.session, prerequisite_id)
    if row.need_id != need_id:
        raise Missing
    call.expect(int(row.met_at is not None))
    return row


def _first(row: PrerequisiteRow, **more: Any) -> Answer:
    return Answer(row, mark=int(row.met_at is not None), **more)


def _one(call: Call, need: Any, **more: Any) -> Answer:
    [shown] = _all_shown(call, [need])
    return Answer(shown, mark=need.version, **more)


def _all_shown(call: Call, rows: Sequence[Any]) -> list[dict[str, Any]]:
    first = reading.prerequisites(call.session, [need.id for need in rows])
    return [_shown(need, first[need.id]) for need in rows]


def _shown(need: Any, first: list[PrerequisiteRow]) -> dict[str, Any]:
    names = [name for name in NeedShown().fields if name not in ("is_defined", "missing", "prerequisites")]
    meter = needs.meter(need)
    return {
        **{name: getattr(need, name) for name in names},
        "is_defined": meter.is_defined,
        "missing": list(meter.missing),
        "prerequisites": first,
    }
