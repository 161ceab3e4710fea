"""Referrals: a vendor recommended to a business that looks for someone."""

from typing import Any

from crm.api.fields import Body, Day, Flag, Instant, Line, Many, Of, Pick, Shown, Text, Whole, asked_number, number
from crm.api.gate import NOTHING, Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core import limits
from crm.domain import deletions, introductions, referral_rules, referrals, vendors
from crm.models.enums import (
    Channel,
    MailState,
    ReferralAnswer,
    ReferralLetterKind,
    ReferralSide,
    ReferralState,
)
from crm.queries import referral_letters
from crm.queries import referrals as reading
from crm.queries.referral_letters import LetterRow

noun = Noun("referrals", "A vendor recommended to a business, and how far that has come.")

STEPS = tuple(state for state in ReferralState if state is not ReferralState.IDEA)
_OF_A_SIDE = tuple(state for state in ReferralState if referral_rules.side_of(state) is not None)


class StepShown(Shown):
    """How far it had come, when and how."""

    state = Pick(ReferralState)
    happened_on = Day()
    channel = Pick(Channel, allow_none=True)
    note = Text()
    recorded_at = Instant()
    recorded_by = number()
    answered_at = Instant("Where those who were asked answered on their own page: when.", allow_none=True)


class SideShown(Shown):
    """Where one of the two stands: its latest step."""

    state = Pick(ReferralState, only=_OF_A_SIDE)
    answer = Pick(ReferralAnswer, "Null while they have not answered.", allow_none=True)
    happened_on = Day()
    is_their_own = Flag("They answered on their own page, rather than that somebody noted it for them.")


class SidesShown(Shown):
    """Where the two stand; null for one that nobody has asked."""

    vendor = Of(SideShown, allow_none=True)
    business = Of(SideShown, allow_none=True)


class LetterShown(Shown):
    """A letter that was sent from here, to one reader. Its words are for its author alone."""

    id = number()
    kind = Pick(ReferralLetterKind)
    side = Pick(ReferralSide, "Who reads it.")
    state = Pick(MailState, "How it fares in the outbox; null where that is not kept any more.", allow_none=True)
    is_taken_back = Flag()
    leaves_at = Instant("While it waits: not before when it leaves.", allow_none=True)
    subject = Line("Null for everybody but its author.", most=limits.SUBJECT_LENGTH, allow_none=True)
    body = Text("Null for everybody but its author.", allow_none=True)
    created_at = Instant()
    created_by = number(allow_none=True)


class ReferralShown(Shown):
    """A vendor recommended to a business."""

    id = number()
    vendor_id = number()
    opening_id = number()
    connector_id = number("Who introduces them: a member.")
    blurb = Text("Why they should meet.")
    terms = Line()
    state = Pick(ReferralState, "Until the introduction a no outweighs everything, and not now every yes.")
    sides = Of(SidesShown)
    follow_up_on = Day("When to ask how it went.", allow_none=True)
    steps = Many(Of(StepShown))
    letters = Many(Of(LetterShown))
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
    """Lists referrals with their steps and letters."""
    names = ("vendor_id", "opening_id", "connector_id", "state")
    exact = {name: call.asked[name] for name in names if name in call.asked}
    found = reading.listed(call.session, step(call, "referrals"), words=call.asked["q"], **exact)
    return paged(call, "referrals", found, _shown(call, found.rows))


@noun.get("/referrals/<int:referral_id>", gives=ReferralShown)
def show(call: Call, referral_id: int) -> Answer:
    """Shows one referral with its steps and letters."""
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
    """Takes a referral back that was a mistake, with its steps. What waits to leave does not leave.

    Refused once a letter has left, or may have: it stays on record.
    """
    referral = referrals.find(call.session, referral_id)
    call.expect(referral.version)
    introductions.call_off(referral)
    deletions.of_referral(referral, by=call.member)
    return NOTHING


@noun.post("/referrals/<int:referral_id>/steps", takes=NewStep, gives=ReferralShown)
def add_step(call: Call, referral_id: int) -> Answer:
    """Writes down how far it has come. Each step is recorded once, and an answer as often as it changes.

    Where that makes two yeses and somebody was asked from here, the introduction leaves after a quarter of an hour;
    where it unmakes them, it does not.
    """
    referral = referrals.find(call.session, referral_id)
    referrals.record_step(referral, by=call.member, **{"happened_on": call.today, **call.body})
    introductions.follow(referral, by=call.member, settings=call.settings)
    return _one(call, referral)


@noun.delete("/referrals/<int:referral_id>/steps/latest")
def remove_step(call: Call, referral_id: int) -> Answer:
    """Takes the latest step back, and the introduction with it while it waits to leave.

    Refused for an answer that they gave on their own page, and for an introduction whose letters have left.
    """
    referral = referrals.find(call.session, referral_id)
    call.expect(referral.version)
    referrals.undo_last_step(referral, by=call.member)
    introductions.follow(referral, by=call.member, settings=call.settings)
    return NOTHING


def _one(call: Call, referral: Any) -> Answer:
    if call.session.writing:
        call.session.flush()
    return Answer(_shown(call, [referral])[0], mark=referral.version)


_MADE = ("steps", "sides", "letters")


def _shown(call: Call, rows: list[Any]) -> list[dict[str, Any]]:
    ids = [row.id for row in rows]
    steps = reading.all_steps_of(call.session, ids)
    own = reading.own_answers(call.session, ids)
    letters = referral_letters.of_referrals(call.session, ids)
    names = [name for name in ReferralShown().fields if name not in _MADE]
    return [
        {
            **{name: getattr(row, name) for name in names},
            "steps": [_step(step, own) for step in steps[row.id]],
            "sides": _sides(steps[row.id], own),
            "letters": [_letter(letter, call) for letter in letters[row.id]],
        }
        for row in rows
    ]


def _step(step: Any, own: dict[int, Any]) -> dict[str, Any]:
    names = [name for name in StepShown().fields if name != "answered_at"]
    return {**{name: getattr(step, name) for name in names}, "answered_at": own.get(step.id)}


def _sides(steps: list[Any], own: dict[int, Any]) -> dict[str, Any]:
    latest = {referral_rules.side_of(step.state): step for step in steps}
    return {side.value: _side(latest[side], own) if side in latest else None for side in ReferralSide}


def _side(step: Any, own: dict[int, Any]) -> dict[str, Any]:
    return {
        "state": step.state,
        "answer": referral_rules.answer_of(step.state),
        "happened_on": step.happened_on,
        "is_their_own": step.id in own,
    }


def _letter(letter: LetterRow, call: Call) -> dict[str, Any]:
    is_theirs = letter.author_id == call.member.user_id
    waits = letter.state is MailState.WAITING and letter.taken_back_at is None
    return {
        "id": letter.id,
        "kind": letter.kind,
        "side": letter.side,
        "state": letter.state,
        "is_taken_back": letter.taken_back_at is not None,
        "leaves_at": letter.leaves_at if waits else None,
        "subject": letter.subject if is_theirs else None,
        "body": letter.body if is_theirs else None,
        "created_at": letter.created_at,
        "created_by": letter.author_id,
    }
