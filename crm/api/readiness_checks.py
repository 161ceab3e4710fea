"""Readiness checks: how ready the business was to hand work over, and why."""

from typing import Any

from crm.api.fields import Body, Day, Instant, Many, Of, Pick, Shown, asked_number, number
from crm.api.gate import Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.domain import needs, readiness, readiness_rules
from crm.models.enums import Answer as HowFar
from crm.models.enums import ReadinessArea, Statement, Verdict
from crm.queries import readiness as reading
from crm.queries.readiness import CheckRow

noun = Noun(
    "readiness-checks",
    "How ready the business is to hand work over. The verdict follows the weakest of eight areas; the latest check "
    "holds: `?sort=-concluded_on&page_size=1`.",
)

_HOW_FAR = "0 not started, 1 in someone's head, 2 partly written, 3 written and used."


def _each(choices: type[Statement] | type[ReadinessArea], **options: Any) -> dict[str, Any]:
    return {choice.value: Pick(HowFar, **options) for choice in choices}


AnswersShown = type("ReadinessAnswers", (Shown,), _each(Statement))
AreasShown = type("ReadinessAreas", (Shown,), _each(ReadinessArea))
AnswersSaid = type("ReadinessAnswersSaid", (Body,), _each(Statement, required=True))
CheckShown = type(
    "ReadinessCheck",
    (Shown,),
    {
        "id": number(),
        "need_id": number("The need that it is about; none for the business.", allow_none=True),
        "verdict": Pick(Verdict),
        "held_by": Many(Pick(ReadinessArea), "The areas that the verdict rests on; none where it is `ready`."),
        "areas": Of(AreasShown, "Each area is the lower of its two answers."),
        "answers": Of(AnswersShown, _HOW_FAR),
        "concluded_on": Day(),
        "concluded_at": Instant(),
        "concluded_by": number(),
        "due_on": Day("When to look again."),
    },
)
NewCheck = type(
    "NewReadinessCheck",
    (Body,),
    {
        "answers": Of(AnswersSaid, _HOW_FAR, required=True),
        "need_id": number("The need that it is about; without one it is about the business.", allow_none=True),
    },
)


@noun.get(
    "/readiness-checks",
    asks=asking("ReadinessChecks", reading.SORTS, need_id=asked_number()),
    gives=several(CheckShown),
)
def index(call: Call) -> Answer:
    """Lists the checks of the business that were concluded, or with `need_id` those about that need."""
    need_id = call.asked.get("need_id")
    found = reading.listed(call.session, step(call, "readiness-checks"), words=call.asked["q"], need_id=need_id)
    return paged(call, "readiness-checks", found, [_shown(row) for row in reading.told(call.session, found.rows)])


@noun.get("/readiness-checks/<int:check_id>", gives=CheckShown)
def show(call: Call, check_id: int) -> Answer:
    """Shows one check."""
    return Answer(_one(call, readiness.find(call.session, check_id)))


@noun.post("/readiness-checks", takes=NewCheck, gives=CheckShown, boxes={each: f"answers/{each}" for each in Statement})
def create(call: Call) -> Answer:
    """Takes a whole check, of the business or about a need. What somebody has begun on the page stays as it is."""
    answers = {Statement(name): answer for name, answer in call.body["answers"].items()}
    check = readiness.take(call.session, by=call.member, answers=answers, need=_need(call))
    return Answer(_one(call, check), location=f"/readiness-checks/{check.id}")


def _need(call: Call) -> Any:
    need_id = call.body.get("need_id")
    try:
        return needs.find(call.session, need_id) if need_id is not None else None
    except Missing:
        raise Refused(lazy("Choose one of the list."), field="need_id") from None


def _one(call: Call, check: Any) -> dict[str, Any]:
    [row] = reading.told(call.session, [check])
    return _shown(row)


def _shown(row: CheckRow) -> dict[str, Any]:
    outcome = readiness_rules.outcome(row.answers)
    names = ("id", "need_id", "concluded_on", "concluded_at", "concluded_by", "due_on")
    return {
        **{name: getattr(row, name) for name in names},
        "verdict": outcome.verdict,
        "held_by": outcome.held_by,
        "areas": {area.value: answer for area, answer in outcome.areas.items()},
        "answers": {statement.value: answer for statement, answer in row.answers.items()},
    }
