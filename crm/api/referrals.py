"""Referrals: a vendor recommended to a business that looks for someone."""

from typing import Any

from crm.api.fields import Body, Day, Flag, Instant, Line, Many, Of, Pick, Shown, Text, Whole, asked_number, number
from crm.api.gate import NOTHING, Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.domain import referrals, vendors
from crm.models.enums import Channel, ReferralState
from crm.queries import referrals as reading

noun = Noun("referrals", "A vendor recommended to a business, and how far that has come.")

STEPS = tuple(state for state in ReferralState if state is not ReferralState.IDEA)


class StepShown(Shown):
    """How far it had come, when and how."""

    state = Pick(ReferralState)
    happened_on = Day()
    channel = Pick(Channel, allow_none=True)
    note = Text()
    recorded_at = Instant()
    recorded_by = number()


class ReferralShown(Shown):
    """A vendor recommended to a business."""

    id = number()
    vendor_id = number()
    opening_id = number()
    connector_id = number("Who introduces them: a member.")
    blurb = Text("Why they should meet.")
    terms = Line()
    state = Pick(ReferralState, "That of its latest step.")
    follow_up_on = Day("When to ask how it went.", allow_none=True)
    steps = Many(Of(StepShown))
    version = Whole(least=1)
    created_at = Instant()
    created_by = number(allow_none=True)


class NewReferral(Body):
    """A vendor to recommend."""

    vendor_id = number(required=True)
    opening_id = number(required=True)
    blurb = Text("Why they should meet.")
    terms = Line()


class NewStep(Body):
    """How far it has come."""

    state = Pick(ReferralState, only=STEPS, required=True)
    happened_on = Day("Never ahead; today where it is left out.")
    channel = Pick(Channel, allow_none=True)
    note = Text("In their words.")
    both_said_yes = Flag("For an introduction: the yeses that are not recorded yet were given by phone.")


@noun.get(
    "/referrals",
    asks=asking(
        "Referrals",
        reading.SORTS,
        vendor_id=asked_number(),
        opening_id=asked_number(),
        connector_id=asked_number(),
        state=Pick(ReferralState),
    ),
    gives=several(ReferralShown),
)
def index(call: Call) -> Answer:
    """Lists referrals with their steps."""
    names = ("vendor_id", "opening_id", "connector_id", "state")
    exact = {name: call.asked[name] for name in names if name in call.asked}
    found = reading.listed(call.session, step(call, "referrals"), words=call.asked["q"], **exact)
    return paged(call, "referrals", found, _shown(call, found.rows))


@noun.get("/referrals/<int:referral_id>", gives=ReferralShown)
def show(call: Call, referral_id: int) -> Answer:
    """Shows one referral with its steps."""
    return _one(call, referrals.find(call.session, referral_id))


@noun.post("/referrals", takes=NewReferral, gives=ReferralShown)
def create(call: Call) -> Answer:
    """Recommends a vendor. It begins as an idea; nobody has been asked yet."""
    vendor = vendors.at(call.session, call.body.pop("vendor_id"))
    referral = referrals.refer(vendor, by=call.member, **call.body)
    answer = _one(call, referral)
    answer.location = f"/referrals/{referral.id}"
    return answer


@noun.delete("/referrals/<int:referral_id>")
def destroy(call: Call, referral_id: int) -> Answer:
    """Takes a referral back that was a mistake, with its steps."""
    referral = referrals.find(call.session, referral_id)
    call.expect(referral.version)
    referrals.take_back(referral, by=call.member)
    return NOTHING


@noun.post("/referrals/<int:referral_id>/steps", takes=NewStep, gives=ReferralShown)
def add_step(call: Call, referral_id: int) -> Answer:
    """Writes down how far it has come. Each step is recorded once."""
    referral = referrals.find(call.session, referral_id)
    referrals.record_step(referral, by=call.member, **{"happened_on": call.today, **call.body})
    return _one(call, referral)


@noun.delete("/referrals/<int:referral_id>/steps/latest")
def remove_step(call: Call, referral_id: int) -> Answer:
    """Takes the latest step back."""
    referral = referrals.find(call.session, referral_id)
    call.expect(referral.version)
    referrals.undo_last_step(referral, by=call.member)
    return NOTHING


def _one(call: Call, referral: Any) -> Answer:
    if call.session.writing:
        call.session.flush()
    return Answer(_shown(call, [referral])[0], mark=referral.version)


def _shown(call: Call, rows: list[Any]) -> list[dict[str, Any]]:
    steps = reading.all_steps_of(call.session, [row.id for row in rows])
    names = [name for name in ReferralShown().fields if name != "steps"]
    return [{**{name: getattr(row, name) for name in names}, "steps": steps[row.id]} for row in rows]
