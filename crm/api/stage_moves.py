"""Stage moves: where vendors have stood."""

from typing import Any

from crm.api.fields import Body, Day, Flag, Instant, Line, Of, Pick, Shown, Text, asked_number, number
from crm.api.gate import NOTHING, Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.api.parkings import OUTCOME, SAID_BOXES, ParkingSaid, terms
from crm.domain import stages
from crm.domain.trials import TrialTerms
from crm.models.enums import Stage
from crm.queries import stages as reading

noun = Noun("stage-moves", "A vendor went from one stage to another: who, when, why.")


class TrialSaid(Body):
    """A trial task."""

    what = Line(least=1, required=True)
    due_on = Day(required=True)


StageMoveShown = type(
    "StageMove",
    (Shown,),
    {
        "id": number(),
        "vendor_id": number(),
        "from": Pick(Stage),
        "to": Pick(Stage),
        "why": Text(),
        "moved_on": Day(),
        "moved_at": Instant(),
        "moved_by": number(),
        "is_undone": Flag("Whether it was taken back."),
    },
)
NewStageMove = type(
    "NewStageMove",
    (Body,),
    {
        "vendor_id": number(required=True),
        "to": Pick(Stage, required=True),
        "why": Line("The reason of an exit, or why there is no trial task or no outcome."),
        "trial": Of(TrialSaid, "For the trial stage: a trial task, or `why` there is none."),
        "outcome": OUTCOME,
        "parking": Of(ParkingSaid, "For the parked stage: on what terms."),
    },
)


@noun.get(
    "/stage-moves",
    asks=asking("StageMoves", reading.SORTS, vendor_id=asked_number(), moved_by=asked_number()),
    gives=several(StageMoveShown),
)
def index(call: Call) -> Answer:
    """Lists moves, those that were taken back too."""
    exact = {name: call.asked[name] for name in ("vendor_id", "moved_by") if name in call.asked}
    found = reading.listed(call.session, step(call, "stage-moves"), words=call.asked["q"], **exact)
    return paged(call, "stage-moves", found, [_shown(move) for move in found.rows])


@noun.get("/stage-moves/<int:move_id>", gives=StageMoveShown)
def show(call: Call, move_id: int) -> Answer:
    """Shows one move."""
    return Answer(_shown(stages.find_move(call.session, move_id)))


@noun.post(
    "/stage-moves",
    takes=NewStageMove,
    gives=StageMoveShown,
    boxes={"what": "trial/what", "due_on": "trial/due_on", **SAID_BOXES},
)
def create(call: Call) -> Answer:
    """Takes a vendor to another stage, with all that follows. What a move asks for depends on where it leads."""
    body = call.body
    vendor = stages.find_vendor(call.session, body["vendor_id"])
    move = stages.move(
        vendor,
        by=call.member,
        to=body["to"],
        why=body.get("why", ""),
        outcome=body.get("outcome"),
        trial=TrialTerms(**body["trial"]) if "trial" in body else None,
        parking=terms(body["parking"]) if "parking" in body else None,
    )
    return Answer(_shown(move), location=f"/stage-moves/{move.id}")


@noun.delete("/stage-moves/<int:move_id>", matches=False)
def destroy(call: Call, move_id: int) -> Answer:
    """Takes the vendor's latest move back."""
    stages.undo(stages.find_move(call.session, move_id), by=call.member)
    return NOTHING


def _shown(move: Any) -> dict[str, Any]:
    return {
        **{name: getattr(move, name) for name in ("id", "vendor_id", "why", "moved_on", "moved_at", "moved_by")},
        "from": move.from_stage,
        "to": move.to_stage,
        "is_undone": move.undone_at is not None,
    }
