"""Trial tasks: small pieces of work that show whether it fits, from the brief to what was decided."""

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
from crm.api.parkings import SAID_BOXES, ParkingSaid, terms
from crm.api.trust_scores import Figure
from crm.core import clock, limits
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.domain import attachments, brief_giving, trial_briefs, trial_decisions, trial_work, trials
from crm.domain.trial_briefs import HOURS_LARGEST, ROUNDS_LARGEST, BriefTerms, Condition, Criterion
from crm.domain.trial_decisions import DecisionTerms, SecondTry
from crm.domain.trial_reviews import Result
from crm.domain.trial_rules import COUNTS, LEAST, MOST
from crm.domain.trial_work import TrialStep
from crm.models.enums import EXIT_STAGES, SentHow, Stage, TrialAdvice, TrialDecisionKind, TrialOutcome
from crm.queries import trial_briefs as brief_reading
from crm.queries import trial_decisions as decision_reading
from crm.queries import trial_reviews as review_reading
from crm.queries import trial_tasks as reading
from crm.queries import trials as trial_reading

noun = Noun("trial-tasks", "Small pieces of work that show whether it fits, from the brief to what was decided.")

_BRIEF: dict[str, Any] = {
    "title": Line("What it is, in a line.", least=1),
    "body": Text("The brief itself, as the vendor reads it. Markdown."),
    "need_id": number("The need that it is for.", allow_none=True),
    "category_id": number(allow_none=True),
    "skill": Line("What it is to prove."),
    "deliverable": Text("What they hand over."),
    "given": Text("Resources and access that we give."),
    "paid_amount": money("In minor units of paid_currency; 0 is unpaid, null is still to be agreed.", allow_none=True),
    "paid_currency": Line("ISO 4217.", most=limits.CURRENCY_LENGTH),
    "unpaid_why": Line("Asked for where it is unpaid."),
    "hours": Whole("How long it may take them.", least=1, most=HOURS_LARGEST, allow_none=True),
    "revision_rounds": Whole("How many rounds of changes are agreed.", most=ROUNDS_LARGEST, allow_none=True),
}
_COUNTS = "How often it counts: 3, 2 or 1 times."
_CHANGEABLE: dict[str, Any] = {
    "due_on": Day("The day agreed on now; another one from today on."),
    "gave_notice": Flag("Whether they said beforehand that it would be late."),
    "gave_promised": Flag("Whether we gave them what we had promised.", allow_none=True),
    "review_due_on": Day("Until when we look at what came; three working days later where it is left out."),
    "shared": Text("What we share."),
    "to_explain": Text("What we must explain."),
}
_TASK: dict[str, Any] = {
    "id": number(),
    "vendor_id": number(),
    "brief_id": number("What was asked; several vendors may have the same."),
    "what": Text("What lists and reminders call it."),
    **_BRIEF,
    "extends_id": number("The trial task that this one goes on with.", allow_none=True),
    "extension": Whole("0 for the first, 1 and 2 for those that go on with it."),
    "started_on": Day(),
    "original_due_on": Day("The day first agreed on; it is kept.", allow_none=True),
    "sent_on": Day("When they got the brief.", allow_none=True),
    "sent_how": Pick(SentHow, allow_none=True),
    "delivered_on": Day("When it came first.", allow_none=True),
    "waits": Flag("Whether they are to deliver."),
    "rounds": Whole("How often it went back for changes."),
    **_CHANGEABLE,
    "due_on": Day("The day agreed on now.", allow_none=True),
    "review_due_on": Day("Until when we look at what came.", allow_none=True),
    "outcome": Pick(TrialOutcome, allow_none=True),
    "outcome_note": Text(),
    "ended_on": Day(allow_none=True),
    "version": Whole(least=1),
    "created_at": Instant(),
    "created_by": number(allow_none=True),
}
ConditionShown = type(
    "TrialCondition",
    (Shown,),
    {
        "id": number(),
        "what": Line(),
        "is_must": Flag(),
        "is_met": Flag("Null while nobody has looked.", allow_none=True),
    },
)
CriterionShown = type(
    "TrialCriterion",
    (Shown,),
    {
        "id": number(),
        "name": Line(most=limits.NAME_LENGTH),
        "counts": Whole(_COUNTS, least=min(COUNTS), most=max(COUNTS)),
        "is_fit": Flag("Whether it tells about fit rather than about skill."),
        "mean": Figure("Of the reviewers, from 1 to 5; null where nobody scored it, or while hidden.", allow_none=True),
    },
)
ReviewerShown = type(
    "TrialReviewer",
    (Shown,),
    {"user_id": number(), "handed_in_at": Instant("Null while we wait for it.", allow_none=True)},
)
ScoreShown = type(
    "TrialScore",
    (Shown,),
    {"criterion_id": number(), "value": Whole(least=LEAST, most=MOST), "remark": Line()},
)
ReviewShown = type(
    "TrialReview",
    (Shown,),
    {
        "reviewer_id": number(),
        "handed_in_at": Instant("Null while it is being written.", allow_none=True),
        "remark": Text(),
        "scores": Many(Of(ScoreShown)),
    },
)
QuestionShown = type(
    "TrialQuestion",
    (Shown,),
    {
        "id": number(),
        "body": Text(),
        "asked_at": Instant(),
        "answer": Text(),
        "answered_at": Instant(allow_none=True),
    },
)
DeliverableShown = type(
    "TrialDeliverable",
    (Shown,),
    {
        "id": number(),
        "what": Line(),
        "url": Line(most=limits.URL_LENGTH),
        "attachment_id": number("One of the vendor's files.", allow_none=True),
        "delivered_on": Day(),
    },
)
DecisionShown = type(
    "TrialDecision",
    (Shown,),
    {
        "kind": Pick(TrialDecisionKind),
        "rationale": Text(),
        "advice": Pick(TrialAdvice, "What was recommended then.", allow_none=True),
        "score": Figure("The weighted score then.", allow_none=True),
        "message": Text("What the vendor was told."),
        "next_trial_id": number("The trial task that goes on with this one.", allow_none=True),
        "decided_on": Day(),
        "decided_by": number(),
    },
)
TaskShown = type("TrialTask", (Shown,), {**_TASK})
WholeTask = type(
    "TrialTaskInFull",
    (Shown,),
    {
        **_TASK,
        "conditions": Many(Of(ConditionShown), "What has to be true of what comes back."),
        "criteria": Many(Of(CriterionShown), "What reviewers score."),
        "reviewers": Many(Of(ReviewerShown)),
        "is_hidden": Flag("Whether reviews are hidden from each other still; then no figure here rests on them."),
        "reviews": Many(Of(ReviewShown), "The reader's own; once they are not hidden, all that were handed in."),
        "score": Figure("The weighted score, from 1 to 5; null where it is too early to say.", allow_none=True),
        "fit": Figure(allow_none=True),
        "advice": Pick(TrialAdvice, "What the figures recommend.", allow_none=True),
        "questions": Many(Of(QuestionShown)),
        "deliverables": Many(Of(DeliverableShown)),
        "decision": Of(DecisionShown, "The one that stands.", allow_none=True),
    },
)
ConditionSaid = type(
    "NewTrialCondition",
    (Body,),
    {"what": Line(least=1, required=True), "is_must": Flag("Or what it should do.", load_default=True)},
)
CriterionSaid = type(
    "NewTrialCriterion",
    (Body,),
    {
        "name": Line(most=limits.NAME_LENGTH, least=1, required=True),
        "counts": Whole(_COUNTS, least=min(COUNTS), most=max(COUNTS), load_default=1),
        "is_fit": Flag(load_default=False),
    },
)
NewTask = type(
    "NewTrialTask",
    (Body,),
    {
        "vendor_id": number(required=True),
        "due_on": Day("The day that both agreed on.", required=True),
        "brief_id": number("A brief that is there already, instead of what it says."),
        **_BRIEF,
        "conditions": Many(Of(ConditionSaid), "What has to be true of what comes back.", most=limits.TRIAL_CONDITIONS),
        "criteria": Many(Of(CriterionSaid), "What reviewers score; the usual where left out.", most=limits.CRITERIA),
        "reviewer_ids": Many(number(), "Who scores; the token's person where left out.", most=limits.CRITERIA),
    },
)
CheckSaid = type(
    "TrialConditionChange",
    (Body,),
    {"id": number(required=True), "is_met": Flag("Null where nobody has looked.", allow_none=True, required=True)},
)
TaskChange = type(
    "TrialTaskChange",
    (Body,),
    {
        **_CHANGEABLE,
        "delivered_on": Day("It came, on this day. Later rounds are steps."),
        "conditions": Many(Of(CheckSaid), "Which are met; the others stay.", most=limits.TRIAL_CONDITIONS),
        "version": Whole("The one that was read.", least=1),
    },
)
STEPS = (TrialStep.DELIVERED, TrialStep.SENT_BACK)
NewStep = type(
    "NewTrialStep",
    (Body,),
    {
        "step": Pick(TrialStep, only=STEPS, required=True),
        "delivered_on": Day("When it came; today where it is left out."),
        "due_on": Day("For changes: the day agreed on for them."),
        "remark": Text("What is to change."),
    },
)
NewQuestion = type(
    "NewTrialQuestion",
    (Body,),
    {"body": Text("What they asked.", least=1, required=True), "asked_at": Instant("Now where it is left out.")},
)
QuestionChange = type(
    "TrialQuestionChange",
    (Body,),
    {
        "answer": Text("What we answered; it may stay empty."),
        "answered_at": Instant("Now where it is left out; null takes the answer back.", allow_none=True),
    },
)
NewDeliverable = type(
    "NewTrialDeliverable",
    (Body,),
    {
        "what": Line("What it is, or where."),
        "url": Line(most=limits.URL_LENGTH),
        "attachment_id": number("One of the vendor's files."),
        "delivered_on": Day("Never ahead; today where it is left out."),
    },
)
SecondTrySaid = type(
    "SecondTry",
    (Body,),
    {
        "title": Line(least=1, required=True),
        "due_on": Day(required=True),
        "body": Text(),
        "musts": Many(Line(least=1), "What it must do.", most=limits.TRIAL_CONDITIONS),
        "shoulds": Many(Line(least=1), "What it should do.", most=limits.TRIAL_CONDITIONS),
        "scored": Many(
            Line(most=limits.NAME_LENGTH, least=1),
            "What reviewers score; as before where left out.",
            most=limits.CRITERIA,
        ),
    },
)
NewDecision = type(
    "NewTrialDecision",
    (Body,),
    {
        "kind": Pick(TrialDecisionKind, required=True),
        "rationale": Text("Why; asked for where they are let go."),
        "decided_on": Day("Never ahead; today where it is left out."),
        "decided_by": number("The token's person where it is left out."),
        "fills_need": Flag("Whether who is brought on fills the need of the brief."),
        "exit_to": Pick(Stage, "Where they go who are let go.", only=tuple(sorted(EXIT_STAGES))),
        "parking": Of(ParkingSaid, "Of those who are parked: on what terms."),
        "second_try": Of(SecondTrySaid, "Where it goes on: with what."),
    },
)
_FILTERS: dict[str, Any] = {
    "vendor_id": asked_number(),
    "brief_id": asked_number(),
    "need_id": asked_number(),
    "outcome": Pick(TrialOutcome),
    "is_open": AskedFlag("Those of which nothing is decided."),
    "waits": AskedFlag("Those that are to be delivered."),
    "due_before": Day("Those due on this day or before."),
}


@noun.get("/trial-tasks", asks=asking("TrialTasks", reading.SORTS, **_FILTERS), gives=several(TaskShown))
def index(call: Call) -> Answer:
    """Lists trial tasks, those that are over too."""
    exact = {name: call.asked[name] for name in _FILTERS if name in call.asked}
    found = reading.listed(call.session, step(call, "trial-tasks"), words=call.asked["q"], **exact)
    return paged(call, "trial-tasks", found, [_shown(task, brief) for task, brief in found.rows])


@noun.get("/trial-tasks/<int:trial_id>", gives=WholeTask)
def show(call: Call, trial_id: int) -> Answer:
    """Shows one trial task, with all that hangs on it.

    Scores, and what rests on them, are hidden until everybody who was asked has handed in, or the day for it has
    passed.
    """
    return _one(call, trials.find(call.session, trial_id))


@noun.post(
    "/trial-tasks",
    takes=NewTask,
    gives=WholeTask,
    boxes={"vendor_ids": "vendor_id", "condition_None": "conditions", "criterion_None": "criteria"},
)
def create(call: Call) -> Answer:
    """Gives a vendor a trial task: the brief that is named, or a new one.

    A vendor who stands elsewhere moves to the trial stage, and a need that is not that far yet is in trial.
    """
    body = call.body
    vendor_id, due_on = body.pop("vendor_id"), body.pop("due_on")
    brief = _brief(call, body)
    [trial] = brief_giving.give(brief, by=call.member, vendor_ids=[vendor_id], due_on=due_on).trials
    return _one(call, trial, location=f"/trial-tasks/{trial.id}")


@noun.patch("/trial-tasks/<int:trial_id>", takes=TaskChange, gives=WholeTask)
def update(call: Call, trial_id: int) -> Answer:
    """Writes down how it goes: another day, that it came, that they gave notice, what we share and must explain."""
    trial, by = trials.find(call.session, trial_id), call.member
    call.expect(trial.version)
    trials.expect(trial, call.version(trial.version))
    met = {each["id"]: each["is_met"] for each in call.body.pop("conditions", ())}
    changed = {name: value for name, value in call.body.items() if value != getattr(trial, name)}
    if "gave_notice" in changed:
        trial_work.note_notice(trial, by=by, gave_notice=changed["gave_notice"])
    if "due_on" in changed:
        trials.change_due(trial, by=by, due_on=changed["due_on"], version=trial.version)
    if "delivered_on" in changed:
        review_due_on = changed.pop("review_due_on", None)
        trial_work.deliver(trial, by=by, on=changed["delivered_on"], review_due_on=review_due_on)
    if "review_due_on" in changed:
        trial_work.put_review_day(trial, by=by, day=changed["review_due_on"], version=trial.version)
    if "gave_promised" in changed:
        trial_work.say_promised(trial, by=by, gave_promised=changed["gave_promised"])
    words = {name: changed.get(name, getattr(trial, name)) for name in ("shared", "to_explain")}
    trial_work.put_words(trial, by=by, version=trial.version, **words)
    if met:
        trial_work.check(trial, by=by, met=met)
    return _one(call, trial)


@noun.post("/trial-tasks/<int:trial_id>/steps", takes=NewStep, gives=WholeTask, boxes={"what": "remark"})
def add_step(call: Call, trial_id: int) -> Answer:
    """Writes down that it came, or went back for changes."""
    trial, by, body = trials.find(call.session, trial_id), call.member, call.body
    if body["step"] is TrialStep.DELIVERED:
        trial_work.deliver(trial, by=by, on=body.get("delivered_on", call.today))
    elif "due_on" not in body:
        raise Refused(lazy("Pick the day it is due."), field="due_on")
    else:
        trial_work.send_back(trial, by=by, due_on=body["due_on"], what=body.get("remark", ""))
    return _one(call, trial)


@noun.delete("/trial-tasks/<int:trial_id>/steps/latest")
def remove_step(call: Call, trial_id: int) -> Answer:
    """Takes the latest step back: a delivery, a round of changes, another day."""
    trial = trials.find(call.session, trial_id)
    call.expect(trial.version)
    trials.take_back(trial, by=call.member, step=trials.latest_step(trial) or "")
    return NOTHING


@noun.post(
    "/trial-tasks/<int:trial_id>/questions", takes=NewQuestion, gives=QuestionShown, boxes={"asked_on": "asked_at"}
)
def ask(call: Call, trial_id: int) -> Answer:
    """Writes down what the vendor asked. How long we take to answer is counted from then on."""
    trial = trials.find(call.session, trial_id)
    asked_at = call.body.get("asked_at") or clock.now()
    return _question(trial_work.ask(trial, by=call.member, body=call.body["body"], asked_at=asked_at))


@noun.patch(
    "/trial-tasks/<int:trial_id>/questions/<int:question_id>",
    takes=QuestionChange,
    gives=QuestionShown,
    boxes={"answered_on": "answered_at"},
)
def answer(call: Call, trial_id: int, question_id: int) -> Answer:
    """Writes down that we answered, or takes that back."""
    question = _asked(call, trial_id, question_id)
    call.expect(int(question.answered_at is not None))
    answered_at = call.body.get("answered_at", clock.now())
    if answered_at is None:
        trial_work.ask_again(question, by=call.member)
    else:
        trial_work.answer(question, by=call.member, answered_at=answered_at, words=call.body.get("answer", ""))
    return _question(question)


@noun.delete("/trial-tasks/<int:trial_id>/questions/<int:question_id>", matches=False)
def remove_question(call: Call, trial_id: int, question_id: int) -> Answer:
    """Takes a question away that they did not ask."""
    trial_work.drop_question(_asked(call, trial_id, question_id), by=call.member)
    return NOTHING


@noun.post("/trial-tasks/<int:trial_id>/deliverables", takes=NewDeliverable, gives=DeliverableShown)
def add_deliverable(call: Call, trial_id: int) -> Answer:
    """Keeps what came: a link, one of the vendor's files, or a line that says where it is."""
    trial, said = trials.find(call.session, trial_id), call.body
    file = _file(call, trial, said.pop("attachment_id")) if "attachment_id" in said else None
    on = said.pop("delivered_on", call.today)
    return Answer(trial_work.add_deliverable(trial, by=call.member, on=on, attachment=file, **said))


@noun.delete("/trial-tasks/<int:trial_id>/deliverables/<int:deliverable_id>", matches=False)
def remove_deliverable(call: Call, trial_id: int, deliverable_id: int) -> Answer:
    """Takes something away that did not come. Its file stays among the vendor's."""
    row = trial_work.find_deliverable(call.session, deliverable_id)
    if row.trial_id != trial_id:
        raise Missing
    trial_work.drop_deliverable(row)
    return NOTHING


@noun.post(
    "/trial-tasks/<int:trial_id>/decision",
    takes=NewDecision,
    gives=WholeTask,
    boxes={
        **{name: f"second_try/{name}" for name in ("title", "due_on", "scored")},
        **SAID_BOXES,
    },
)
def decide(call: Call, trial_id: int) -> Answer:
    """Decides what becomes of the vendor, with all that follows: the stage, the need, another trial task.

    The vendor is told nothing.
    """
    trial, said = trials.find(call.session, trial_id), dict(call.body)
    if "second_try" in said:
        said["second_try"] = _second_try(call, trial, said["second_try"])
    if "parking" in said:
        said["parking"] = terms(said["parking"])
    trial_decisions.decide(trial, by=call.member, terms=DecisionTerms(**said))
    return _one(call, trial)


@noun.delete("/trial-tasks/<int:trial_id>/decision")
def take_decision_back(call: Call, trial_id: int) -> Answer:
    """Takes the decision back with all that followed, as long as nothing came after it."""
    trial = trials.find(call.session, trial_id)
    call.expect(trial.version)
    decision = decision_reading.standing(call.session, trial_id)
    if decision is None:
        raise Missing
    trial_decisions.undo(decision, by=call.member)
    return NOTHING


def _brief(call: Call, said: dict[str, Any]) -> Any:
    """The brief that is named, or one of what is said."""
    if "brief_id" not in said:
        said["conditions"] = tuple(Condition(**each) for each in said.pop("conditions", ()))
        said["criteria"] = tuple(Criterion(**each) for each in said.pop("criteria", ()))
        said["reviewer_ids"] = tuple(said.pop("reviewer_ids", ()))
        return trial_briefs.write(call.session, by=call.member, terms=BriefTerms(**{"title": "", "body": "", **said}))
    if len(said) > 1:
        raise Refused(lazy("Name a brief, or give what it says."), field="brief_id")
    try:
        return trial_briefs.find(call.session, said["brief_id"])
    except Missing:
        raise Refused(lazy("Choose one of the list."), field="brief_id") from None


def _asked(call: Call, trial_id: int, question_id: int) -> Any:
    question = trial_work.find_question(call.session, question_id)
    if question.trial_id != trial_id:
        raise Missing
    return question


def _question(row: Any) -> Answer:
    return Answer(row, mark=int(row.answered_at is not None))


def _file(call: Call, trial: Any, attachment_id: int) -> Any:
    """One of the vendor's files."""
    try:
        file = attachments.file_at(call.session, attachment_id)
    except Missing:
        file = None
    if file is None or file.vendor_id != trial.vendor_id:
        raise Refused(lazy("Choose one of the list."), field="attachment_id")
    return file


def _second_try(call: Call, trial: Any, said: dict[str, Any]) -> SecondTry:
    scored = [row.name for row in brief_reading.criteria_of(call.session, trial.brief_id)]
    return SecondTry(**{"scored": scored, **said})


def _one(call: Call, trial: Any, **more: Any) -> Answer:
    session = call.session
    session.flush()
    figures = trial_decisions.figures_of(session, trial, today=call.today)
    result = figures.result
    decision = decision_reading.standing(session, trial.id)
    shown = {
        **_shown(trial, trial_briefs.find(session, trial.brief_id)),
        "conditions": trial_reading.conditions_of(session, trial),
        "criteria": [_criterion(row, result) for row in figures.criteria],
        "reviewers": trial_reading.reviewers_of(session, trial),
        "is_hidden": not result.is_revealed,
        "reviews": _reviews(call, trial, result),
        "score": result.score,
        "fit": result.fit,
        "advice": figures.advice,
        "questions": trial_reading.questions_of(session, trial.id),
        "deliverables": trial_reading.deliverables_of(session, trial.id),
        "decision": _decision(decision) if decision else None,
    }
    return Answer(shown, mark=trial.version, **more)


def _criterion(row: Any, result: Result) -> dict[str, Any]:
    names = [name for name in CriterionShown().fields if name != "mean"]
    return {**{name: getattr(row, name) for name in names}, "mean": result.means.get(row.id)}


def _reviews(call: Call, trial: Any, result: Result) -> list[dict[str, Any]]:
    """What others saw, where it may be read, after what the reader saw, which may be a draft."""
    reader = call.member.user_id
    own = review_reading.own(call.session, trial.id, reader)
    found = [_review(own, reader, review_reading.scores(call.session, own.id))] if own else []
    others = [each for each in result.seen if each.reviewer.user_id != reader]
    return [*found, *(_review(each, each.reviewer.user_id, list(each.marks.values())) for each in others)]


def _review(row: Any, reviewer_id: int, scores: Any) -> dict[str, Any]:
    return {"reviewer_id": reviewer_id, "handed_in_at": row.handed_in_at, "remark": row.remark, "scores": scores}


def _shown(trial: Any, brief: Any) -> dict[str, Any]:
    return {name: getattr(brief if name in _BRIEF else trial, name) for name in _TASK}


def _decision(row: Any) -> dict[str, Any]:
    score = None if row.score is None else row.score / 1000
    return {**{name: getattr(row, name) for name in DecisionShown().fields if name != "score"}, "score": score}
