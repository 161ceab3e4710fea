"""Delegated works: pieces of work that were handed to a vendor, from asked to accepted."""

from typing import Any

from crm.api.fields import (
    AskedFlag,
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
from crm.api.gate import NOTHING, Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core import limits
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.domain import delegated_works, vendors
from crm.domain.delegated_works import MINUTES_LARGEST, Verdict, Wanted, WorkStep
from crm.models.enums import WorkOutcome
from crm.queries import delegated_works as reading

noun = Noun("delegated-works", "Pieces of work that were handed to a vendor, from asked to accepted.")

STEPS = tuple(each for each in WorkStep if each not in (WorkStep.CHANGED, WorkStep.OTHER_DAY))

_WANTED: dict[str, Any] = {
    "title": Line(most=limits.NAME_LENGTH, least=1),
    "asked": Text("What was asked for. Markdown."),
    "area_id": number("The decision area that it belongs to.", allow_none=True),
}
_VERDICT: dict[str, Any] = {
    "remark": Text("What was seen; of a rejection, why."),
    "rating": Whole(
        "5 used without a change, 3 one round of changes, 1 redone by us.", least=1, most=5, allow_none=True
    ),
    "our_minutes": Whole(most=MINUTES_LARGEST, allow_none=True),
    "vendor_minutes": Whole(most=MINUTES_LARGEST, allow_none=True),
    "cost_amount": money("In minor units of cost_currency.", allow_none=True),
    "cost_currency": Line("ISO 4217.", most=limits.CURRENCY_LENGTH),
    "gave_promised": Flag("Whether we gave them what we had promised for it.", allow_none=True),
}
WorkShown = type(
    "DelegatedWork",
    (Shown,),
    {
        "id": number(),
        "vendor_id": number(),
        **_WANTED,
        "asked_on": Day(),
        "original_due_on": Day("The day first agreed on; it is kept."),
        "due_on": Day("The day agreed on now."),
        "delivered_on": Day("When it came first.", allow_none=True),
        "redelivered_on": Day("When its latest round came.", allow_none=True),
        "waits": Flag("Whether they are to deliver."),
        "rounds": Whole("How often it went back for changes.", least=0),
        "outcome": Pick(WorkOutcome, allow_none=True),
        "decided_on": Day(allow_none=True),
        **_VERDICT,
        "version": Whole(least=1),
        "created_at": Instant(),
        "created_by": number(allow_none=True),
    },
)
NewWork = type(
    "NewDelegatedWork",
    (Body,),
    {
        "vendor_id": number(required=True),
        **_WANTED,
        "title": Line(most=limits.NAME_LENGTH, least=1, required=True),
        "due_on": Day("The day that both agreed on.", required=True),
        "asked_on": Day("Never ahead; today where it is left out."),
    },
)
WorkChange = type(
    "DelegatedWorkChange",
    (Body,),
    {
        **_WANTED,
        "due_on": Day("Another day that was agreed on, from today on."),
        "version": Whole("The one that was read.", least=1),
    },
)
NewWorkStep = type(
    "NewDelegatedWorkStep",
    (Body,),
    {
        "step": Pick(WorkStep, only=STEPS, required=True),
        "delivered_on": Day(
            "When it came; today where it is left out. With a verdict on work that has not come yet, too."
        ),
        "due_on": Day("For changes: the day agreed on for them."),
        **_VERDICT,
        "remark": Text("What was seen, what is to change, or why."),
    },
)


@noun.get(
    "/delegated-works",
    asks=asking(
        "DelegatedWorks",
        reading.SORTS,
        vendor_id=asked_number(),
        area_id=asked_number(),
        outcome=Pick(WorkOutcome),
        is_open=AskedFlag(),
        waits=AskedFlag(),
    ),
    gives=several(WorkShown),
)
def index(call: Call) -> Answer:
    """Lists works, those that are over too."""
    names = ("vendor_id", "area_id", "outcome", "is_open", "waits")
    exact = {name: call.asked[name] for name in names if name in call.asked}
    found = reading.listed(call.session, step(call, "delegated-works"), words=call.asked["q"], **exact)
    return paged(call, "delegated-works", found, found.rows)


@noun.get("/delegated-works/<int:work_id>", gives=WorkShown)
def show(call: Call, work_id: int) -> Answer:
    """Shows one piece of work."""
    return _one(delegated_works.find(call.session, work_id))


@noun.post("/delegated-works", takes=NewWork, gives=WorkShown)
def create(call: Call) -> Answer:
    """Hands a piece of work to a vendor."""
    body = call.body
    vendor = vendors.at(call.session, body.pop("vendor_id"))
    due_on, asked_on = body.pop("due_on"), body.pop("asked_on", call.today)
    work = delegated_works.hand_out(vendor, by=call.member, wanted=Wanted(**body), due_on=due_on, asked_on=asked_on)
    answer = _one(work)
    answer.location = f"/delegated-works/{work.id}"
    return answer


@noun.patch("/delegated-works/<int:work_id>", takes=WorkChange, gives=WorkShown)
def update(call: Call, work_id: int) -> Answer:
    """Changes what a piece of work is, or the day that is agreed on now; the first one is kept."""
    work = delegated_works.find(call.session, work_id)
    call.expect(work.version)
    version, body = call.version(work.version), call.body
    wanted = {name: body.get(name, getattr(work, name)) for name in _WANTED}
    delegated_works.change(work, by=call.member, version=version, wanted=Wanted(**wanted))
    if "due_on" in body:
        delegated_works.agree_day(work, by=call.member, due_on=body["due_on"], version=work.version)
    return _one(work)


@noun.delete("/delegated-works/<int:work_id>")
def destroy(call: Call, work_id: int) -> Answer:
    """Takes a piece of work back that was handed out by mistake, as long as nothing has happened with it."""
    work = delegated_works.find(call.session, work_id)
    call.expect(work.version)
    delegated_works.withdraw(work)
    return NOTHING


@noun.post(
    "/delegated-works/<int:work_id>/steps",
    takes=NewWorkStep,
    gives=WorkShown,
    boxes={"what": "remark", "why": "remark"},
)
def add_step(call: Call, work_id: int) -> Answer:
    """Writes down what happened: it came, went back for changes, was accepted, rejected or called off."""
    work = delegated_works.find(call.session, work_id)
    body, by = call.body, call.member
    taken = body.pop("step")
    on, due_on = body.pop("delivered_on", None), body.pop("due_on", None)
    if taken is WorkStep.DELIVERED:
        delegated_works.deliver(work, by=by, on=on or call.today)
    elif taken is WorkStep.SENT_BACK:
        if due_on is None:
            raise Refused(lazy("Pick the day it is due."), field="due_on")
        delegated_works.send_back(work, by=by, due_on=due_on, what=body.get("remark", ""))
    elif taken is WorkStep.CALLED_OFF:
        delegated_works.call_off(work, by=by, why=body.get("remark", ""))
    else:
        decide = delegated_works.accept if taken is WorkStep.ACCEPTED else delegated_works.reject
        decide(work, by=by, verdict=Verdict(**body), delivered_on=on)
    return _one(work)


@noun.delete("/delegated-works/<int:work_id>/steps/latest")
def remove_step(call: Call, work_id: int) -> Answer:
    """Takes the latest step back."""
    work = delegated_works.find(call.session, work_id)
    call.expect(work.version)
    delegated_works.take_back(work, by=call.member, step=delegated_works.latest_step(work) or "")
    return NOTHING


def _one(work: Any) -> Answer:
    return Answer(work, mark=work.version)
