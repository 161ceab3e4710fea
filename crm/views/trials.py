"""Trial tasks: what is under way, how the others went, and a page for each with what can be done."""

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

from flask import request, url_for

from crm.core import clock, formats, limits
from crm.core.errors import Stale
from crm.core.i18n import _
from crm.domain import attachments, stages, trial_work, trials, trust_entries
from crm.domain.permissions import Act
from crm.forms.trials import (
    AnswerForm,
    CallingOffForm,
    ChecksForm,
    DeliverableForm,
    DueForm,
    PieceForm,
    PromisedForm,
    QuestionForm,
    ReviewDayForm,
    SendingBackForm,
    TrialDeliveryForm,
    TrialForm,
    WordsForm,
    as_choice,
    checks_form,
    yes_or_no,
)
from crm.models.enums import Stage, TimelineKind, TrialOutcome
from crm.queries import profiles, trial_decisions
from crm.queries import trials as trial_queries
from crm.queries.steps import StepRow, steps_of
from crm.queries.trials import ReviewerRow, TrialRow
from crm.web import shared_hours
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see_path
from crm.web.ways import page_number, way_back

pages = Pages("trials")


@pages.get("/trials", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """What is under way, those of one brief together, and what came of the others."""
    size = limits.PAGE_ROWS
    open_page, number = page_number("open"), page_number()
    open_rows, open_total = trial_queries.under_way(visit.session, size, (open_page - 1) * size)
    past, past_total = trial_queries.over(visit.session, size, (number - 1) * size)
    ours, theirs = _by_turn(open_rows)
    return page(
        "trials/index.html",
        ours=ours,
        theirs=theirs,
        open_total=open_total,
        open_page=open_page,
        past=past,
        past_total=past_total,
        number=number,
        size=size,
        spelled=formats.spelled,
    )


def _by_turn(rows: Iterable[TrialRow]) -> tuple[list[list[TrialRow]], list[list[TrialRow]]]:
    """The briefs of which something waits for us, and the others: each with the trial tasks of its vendors."""
    groups = [list(group) for _brief, group in groupby(rows, lambda row: row.brief_id)]
    ours = [group for group in groups if not all(row.waits for row in group)]
    return ours, [group for group in groups if group not in ours]


@pages.get("/trials/<int:trial_id>", Act.SEE)
def show(visit: Visit, trial_id: int) -> AnyReply:
    """How one vendor goes about it: the brief, what came, what they asked, what is met, what happened."""
    return page("trials/show.html", **_shown(visit, trials.find(visit.session, trial_id)))


@pages.get("/vendors/<int:vendor_id>/trials/new", Act.WORK)
def new(visit: Visit, vendor_id: int) -> AnyReply:
    """A further trial task; for a vendor elsewhere on the board it begins with the move."""
    vendor = stages.find_vendor(visit.session, vendor_id)
    if vendor.stage is not Stage.TRIAL:
        back = request.args.get("back")
        return see_path(url_for("stages.new", vendor_id=vendor_id, to=Stage.TRIAL.value, back=back))
    return page("trials/new.html", form=TrialForm(formdata=None), vendor=vendor, back=_back(vendor_id))


@pages.post("/vendors/<int:vendor_id>/trials", Act.WORK)
def create(visit: Visit, vendor_id: int) -> AnyReply:
    """Give the vendor a trial task."""
    vendor = stages.find_vendor(visit.session, vendor_id)
    form = TrialForm(typed())
    if carries_out(form, lambda: trials.start(vendor, by=visit.member, terms=form.terms())):
        return see_path(_back(vendor_id), toast=_("Trial task started. We’ll remind you when it is due."))
    return refusal("trials/new.html", form=form, vendor=vendor, back=_back(vendor_id))


# Its days


@pages.get("/trials/<int:trial_id>/due", Act.WORK)
def edit(visit: Visit, trial_id: int) -> AnyReply:
    """Agree on another day."""
    trial = trials.find(visit.session, trial_id)
    form = DueForm(None, data={"due_on": trial.due_on, "version": trial.version})
    return page("trials/due.html", form=form, is_stale=False, **_of(visit, trial))


@pages.post("/trials/<int:trial_id>/due", Act.WORK)
def update(visit: Visit, trial_id: int) -> AnyReply:
    """Save the other day."""
    trial = trials.find(visit.session, trial_id)
    form = DueForm(typed())

    def act() -> None:
        assert form.due_on.data is not None  # the form requires it
        trials.change_due(trial, by=visit.member, due_on=form.due_on.data, version=form.version.data or 0)

    def toast() -> str:
        day = formats.day(trial.due_on, visit.today) if trial.due_on else ""
        return _("The trial task is due on %(day)s now.", day=day)

    return _save_day(visit, trial, form, act, template="trials/due.html", toast=toast)


@pages.get("/trials/<int:trial_id>/review-day", Act.WORK)
def review_day(visit: Visit, trial_id: int) -> AnyReply:
    """Look at what came by another day."""
    trial = trials.find(visit.session, trial_id)
    form = ReviewDayForm(None, data={"review_due_on": trial.review_due_on, "version": trial.version})
    return page("trials/review_day.html", form=form, is_stale=False, **_of(visit, trial))


@pages.post("/trials/<int:trial_id>/review-day", Act.WORK)
def put_review_day(visit: Visit, trial_id: int) -> AnyReply:
    """Save the other day."""
    trial = trials.find(visit.session, trial_id)
    form = ReviewDayForm(typed())

    def act() -> None:
        assert form.review_due_on.data is not None  # the form requires it
        version = form.version.data or 0
        trial_work.put_review_day(trial, by=visit.member, day=form.review_due_on.data, version=version)

    def toast() -> str:
        day = formats.day(trial.review_due_on, visit.today) if trial.review_due_on else ""
        return _("To be looked at by %(day)s now.", day=day)

    return _save_day(visit, trial, form, act, template="trials/review_day.html", toast=toast)


@pages.post("/trials/<int:trial_id>/notice", Act.WORK)
def notice(visit: Visit, trial_id: int) -> AnyReply:
    """They told us before the day that it will be late, or did not after all."""
    gave = typed().get("gave_notice") == "yes"
    words = _("Noted: they told us beforehand.") if gave else _("Noted: they did not tell us beforehand.")
    return _at_once(
        visit, trial_id, lambda trial: trial_work.note_notice(trial, by=visit.member, gave_notice=gave), words
    )


# What comes, and what goes back


@pages.get("/trials/<int:trial_id>/delivery", Act.WORK)
def delivery(visit: Visit, trial_id: int) -> AnyReply:
    """When did it come, and what is it?"""
    trial = trials.find(visit.session, trial_id)
    today = visit.workspace.today
    review_by = trial_work.review_day_of(visit.session, today, by=visit.member)
    form = TrialDeliveryForm(None, data={"delivered_on": today, "review_due_on": review_by})
    return page("trials/delivery.html", form=form, **_of(visit, trial), **_files())


@pages.post("/trials/<int:trial_id>/delivery", Act.WORK)
def deliver(visit: Visit, trial_id: int) -> AnyReply:
    """It came."""
    form = TrialDeliveryForm(typed())

    def act(trial: Any) -> str:
        assert form.delivered_on.data is not None  # the form requires it
        on = form.delivered_on.data
        step = trial_work.deliver(trial, by=visit.member, on=on, review_due_on=form.review_due_on.data)
        if form.says_something:
            _add_piece(visit, trial, form, on)
        return step

    return _act(visit, trial_id, form, act, template="trials/delivery.html", toast=_("Noted: it came."), **_files())


@pages.get("/trials/<int:trial_id>/changes", Act.WORK)
def changes(visit: Visit, trial_id: int) -> AnyReply:
    """What is to change, and by when?"""
    trial = trials.find(visit.session, trial_id)
    return page(
        "trials/changes.html", form=SendingBackForm(formdata=None), **_of(visit, trial), **_rounds(visit, trial)
    )


@pages.post("/trials/<int:trial_id>/changes", Act.WORK)
def send_back(visit: Visit, trial_id: int) -> AnyReply:
    """Send it back."""
    form = SendingBackForm(typed())
    rounds = _rounds(visit, trials.find(visit.session, trial_id))

    def act(trial: Any) -> str:
        assert form.due_on.data is not None  # the form requires it
        return trial_work.send_back(trial, by=visit.member, due_on=form.due_on.data, what=form.what.data or "")

    toast = _("Sent back for changes. We’ll remind you when it is due.")
    return _act(visit, trial_id, form, act, template="trials/changes.html", toast=toast, **rounds)


@pages.get("/trials/<int:trial_id>/deliverables/new", Act.WORK)
def new_deliverable(visit: Visit, trial_id: int) -> AnyReply:
    """What else came?"""
    trial = trials.find(visit.session, trial_id)
    form = DeliverableForm(None, data={"delivered_on": visit.workspace.today})
    return page("trials/deliverable.html", form=form, **_of(visit, trial), **_files())


@pages.post("/trials/<int:trial_id>/deliverables", Act.WORK)
def add_deliverable(visit: Visit, trial_id: int) -> AnyReply:
    """Keep it."""
    trial = trials.find(visit.session, trial_id)
    form = DeliverableForm(typed())
    made: list[int] = []
    if carries_out(form, lambda: made.append(_add_piece(visit, trial, form, form.delivered_on.data))):
        undo = url_for("trials.drop_deliverable", deliverable_id=made[0])
        return see_path(_here(trial_id), toast=_("Added to what came."), undo=undo)
    return refusal("trials/deliverable.html", form=form, **_of(visit, trial), **_files())


@pages.post("/trial-deliverables/<int:deliverable_id>/removal", Act.WORK)
def drop_deliverable(visit: Visit, deliverable_id: int) -> AnyReply:
    """It does not belong here."""
    row = trial_work.find_deliverable(visit.session, deliverable_id)
    has_file = row.attachment_id is not None
    trial = trial_work.drop_deliverable(row)
    words = _("Taken away. The file stays among the vendor’s files.") if has_file else _("Taken away.")
    return see_path(_here(trial.id), toast=words)


def _add_piece(visit: Visit, trial: Any, form: PieceForm, on: Any) -> int:
    """Keep what came: the file, if there is one, and the link or the line. Answers with the last one's id."""
    what, url = form.what.data or "", form.url.data or ""
    if not form.has_file:
        return trial_work.add_deliverable(trial, by=visit.member, on=on, what=what, url=url).id
    if url:
        trial_work.add_deliverable(trial, by=visit.member, on=on, url=url)
    return trial_work.add_file(
        trial,
        by=visit.member,
        on=on,
        content=form.file.data.stream,
        name=form.file.data.filename or "",
        folder=visit.settings.uploads,
        what=what,
    ).id


# What is met, what is promised, what is said


@pages.post("/trials/<int:trial_id>/checks", Act.WORK)
def check(visit: Visit, trial_id: int) -> AnyReply:
    """Which conditions are met."""
    trial = trials.find(visit.session, trial_id)
    rows = trial_queries.conditions_of(visit.session, trial)
    form = _checks(typed(), rows)
    if carries_out(form, lambda: trial_work.check(trial, by=visit.member, met=form.met)):
        return see_path(_here(trial_id) + "#conditions", toast=_("Saved."))
    return refusal("trials/show.html", **{**_shown(visit, trial), "checks": form})


@pages.post("/trials/<int:trial_id>/promised", Act.WORK)
def promised(visit: Visit, trial_id: int) -> AnyReply:
    """Whether we gave them what we had promised."""
    form = PromisedForm(typed())
    said = yes_or_no(form.gave_promised.data)
    return _at_once(
        visit, trial_id, lambda trial: trial_work.say_promised(trial, by=visit.member, gave_promised=said), _("Saved.")
    )


@pages.get("/trials/<int:trial_id>/words", Act.WORK)
def words(visit: Visit, trial_id: int) -> AnyReply:
    """What we share, and what we must explain."""
    trial = trials.find(visit.session, trial_id)
    form = WordsForm(None, obj=trial)
    form.remember(trial.version)
    return page("trials/words.html", form=form, **_of(visit, trial))


@pages.post("/trials/<int:trial_id>/words", Act.WORK)
def put_words(visit: Visit, trial_id: int) -> AnyReply:
    """Save it. Where a colleague was quicker, both versions are shown."""
    trial = trials.find(visit.session, trial_id)
    form = WordsForm(typed())
    values = {"form": form, **_of(visit, trial)}

    def act() -> None:
        trial_work.put_words(
            trial,
            by=visit.member,
            version=form.version.data or 0,
            shared=form.shared.data or "",
            to_explain=form.to_explain.data or "",
        )

    try:
        if carries_out(form, act):
            return see_path(_here(trial_id), toast=_("Saved."))
    except Stale:
        conflict = form.met(WordsForm(None, obj=trial), trial.version)
        return refusal("trials/words.html", status=409, **values, conflict=conflict)
    return refusal("trials/words.html", **values)


# What they ask


@pages.get("/trials/<int:trial_id>/questions/new", Act.WORK)
def new_question(visit: Visit, trial_id: int) -> AnyReply:
    """What did they ask?"""
    trial = trials.find(visit.session, trial_id)
    now = clock.local(clock.now(), visit.workspace.time_zone)
    form = QuestionForm(None, data={"asked_on": now.date(), "asked_at": now.time()})
    return page("trials/question.html", form=form, **_of(visit, trial))


@pages.post("/trials/<int:trial_id>/questions", Act.WORK)
def ask(visit: Visit, trial_id: int) -> AnyReply:
    """Write it down."""
    trial = trials.find(visit.session, trial_id)
    form = QuestionForm(typed())
    made: list[int] = []

    def act() -> None:
        asked_at = form.instant(visit.workspace.time_zone)
        made.append(trial_work.ask(trial, by=visit.member, body=form.body.data or "", asked_at=asked_at).id)

    if carries_out(form, act):
        toast = _("Written down. We’ll remind you if nobody answers within a working day.")
        undo = url_for("trials.drop_question", question_id=made[0])
        return see_path(_here(trial_id), toast=toast, undo=undo)
    return refusal("trials/question.html", form=form, **_of(visit, trial))


@pages.get("/trial-questions/<int:question_id>/answer", Act.WORK)
def new_answer(visit: Visit, question_id: int) -> AnyReply:
    """What did we answer, and when?"""
    question = trial_work.find_question(visit.session, question_id)
    now = clock.local(clock.now(), visit.workspace.time_zone)
    form = AnswerForm(None, data={"answered_on": now.date(), "answered_at": now.time()})
    return page("trials/answer.html", form=form, question=question, **_of(visit, trial_work.trial_of(question)))


@pages.post("/trial-questions/<int:question_id>/answer", Act.WORK)
def answer(visit: Visit, question_id: int) -> AnyReply:
    """We answered."""
    question = trial_work.find_question(visit.session, question_id)
    form = AnswerForm(typed())

    def act() -> None:
        at = form.instant(visit.workspace.time_zone)
        trial_work.answer(question, by=visit.member, answered_at=at, words=form.answer.data or "")

    if carries_out(form, act):
        undo = url_for("trials.ask_again", question_id=question_id)
        return see_path(way_back(_here(question.trial_id)), toast=_("Noted: answered."), undo=undo)
    values = _of(visit, trial_work.trial_of(question))
    return refusal("trials/answer.html", form=form, question=question, **values)


@pages.post("/trial-questions/<int:question_id>/reopening", Act.WORK)
def ask_again(visit: Visit, question_id: int) -> AnyReply:
    """It is not answered after all."""
    trial = trial_work.ask_again(trial_work.find_question(visit.session, question_id), by=visit.member)
    return see_path(_here(trial.id), toast=_("Taken back. The question waits again."))


@pages.post("/trial-questions/<int:question_id>/removal", Act.WORK)
def drop_question(visit: Visit, question_id: int) -> AnyReply:
    """They did not ask that."""
    trial = trial_work.drop_question(trial_work.find_question(visit.session, question_id), by=visit.member)
    return see_path(_here(trial.id), toast=_("Taken away."))


# How it went


@pages.get("/trials/<int:trial_id>/calling-off", Act.WORK)
def calling_off(visit: Visit, trial_id: int) -> AnyReply:
    """It never came to it: why? What came is decided about instead."""
    trial = trials.find(visit.session, trial_id)
    return page("trials/calling_off.html", form=CallingOffForm(formdata=None), **_of(visit, trial))


@pages.post("/trials/<int:trial_id>/calling-off", Act.WORK)
def call_off(visit: Visit, trial_id: int) -> AnyReply:
    """Call it off. Where the vendor goes from here is asked on the list of trials."""
    trial = trials.find(visit.session, trial_id)
    form = CallingOffForm(typed())

    def act() -> None:
        trials.decide(trial, by=visit.member, outcome=TrialOutcome.CALLED_OFF, note=form.note.data or "")

    if carries_out(form, act):
        return see_path(
            way_back(url_for("trials.index")),
            toast=_("Called off."),
            undo=url_for("trials.reopen", trial_id=trial_id, back=request.args.get("back")),
        )
    return refusal("trials/calling_off.html", form=form, **_of(visit, trial))


@pages.post("/trials/<int:trial_id>/reopening", Act.WORK)
def reopen(visit: Visit, trial_id: int) -> AnyReply:
    """Take the outcome back."""
    trials.reopen(trials.find(visit.session, trial_id), by=visit.member)
    return see_path(way_back(url_for("trials.index")), toast=_("Taken back. The trial task is open again."))


@pages.post("/trials/<int:trial_id>/taking-back", Act.WORK)
def take_back(visit: Visit, trial_id: int) -> AnyReply:
    """Take a step back, which the address names: pressing twice takes one back."""
    trial = trials.find(visit.session, trial_id)
    trials.take_back(trial, by=visit.member, step=request.args.get("step", ""))
    return see_path(way_back(_here(trial_id)), toast=_("Taken back."))


def _act(
    visit: Visit, trial_id: int, form: Any, act: Callable[[Any], str], *, template: str, toast: str, **more: Any
) -> AnyReply:
    """Carry an act out, and go to the trial task's page with the way to take it back."""
    trial = trials.find(visit.session, trial_id)
    steps: list[str] = []
    if carries_out(form, lambda: steps.append(act(trial))):
        return see_path(way_back(_here(trial_id)), toast=toast, undo=_undo(trial_id, steps[0]))
    return refusal(template, form=form, **_of(visit, trial), **more)


def _at_once(visit: Visit, trial_id: int, act: Callable[[Any], str | None], toast: str) -> AnyReply:
    """Carry an act out that asks for nothing."""
    step = act(trials.find(visit.session, trial_id))
    return see_path(way_back(_here(trial_id)), toast=toast, undo=_undo(trial_id, step) if step else "")


def _save_day(
    visit: Visit, trial: Any, form: Any, act: Callable[[], None], *, template: str, toast: Callable[[], str]
) -> AnyReply:
    """Save another day; where a colleague was quicker, it says so and keeps what was typed."""
    before = trial.version
    try:
        if carries_out(form, act):
            step = trials.latest_step(trial) if trial.version != before else None
            return see_path(way_back(_here(trial.id)), toast=toast(), undo=_undo(trial.id, step) if step else "")
    except Stale:
        form.version.data, form.version.raw_data = trial.version, [str(trial.version)]
        return refusal(template, status=409, form=form, is_stale=True, **_of(visit, trial))
    return refusal(template, form=form, is_stale=False, **_of(visit, trial))


def _shown(visit: Visit, trial: Any) -> dict[str, Any]:
    vendor = profiles.vendor(visit.session, trial.vendor_id)
    shown = trial_queries.brief_of(visit.session, trial.brief_id)
    conditions = trial_queries.conditions_of(visit.session, trial)
    questions = trial_queries.questions_of(visit.session, trial.id)
    reviewers = trial_queries.reviewers_of(visit.session, trial)
    steps = steps_of(visit.session, TimelineKind.TRIAL, trial.id)
    decided = trial_decisions.of_trials(visit.session, [trial.id])[trial.id]
    return {
        "trial": trial,
        "vendor": vendor,
        "brief": shown.brief,
        "shown": shown,
        "conditions": conditions,
        "checks": _checks(None, conditions),
        "promised": PromisedForm(None, data={"gave_promised": as_choice(trial.gave_promised)}),
        "questions": questions,
        "times": trial_work.answer_times(questions),
        "deliverables": trial_queries.deliverables_of(visit.session, trial.id),
        "reviewers": reviewers,
        "is_reviewed": _are_all_in(reviewers),
        "decision": next((row for row in decided if row.stands), None),
        "taken_back": [row for row in decided if not row.stands],
        "offers": trust_entries.offers_of_trial(visit.session, trial, by=visit.member) if trial.outcome else [],
        "steps": steps,
        "days": _days(steps),
        "latest": trials.latest_step(trial),
        "team": profiles.team(visit.session, reader=visit.member),
        "hours": shared_hours.line(
            vendor.id, vendor, visit.workspace, today=visit.today, first=trial.started_on, last=trial.due_on
        ),
        "may_work": visit.may(Act.WORK),
        "may_manage": visit.may(Act.MANAGE),
        "today": visit.today,
    }


def _are_all_in(reviewers: Iterable[ReviewerRow]) -> bool:
    """Whether somebody has handed in, and nobody is waited for."""
    waited_for = [row.handed_in_at is not None for row in reviewers if row.is_able or row.handed_in_at]
    return bool(waited_for) and all(waited_for)


def _days(steps: Iterable[StepRow]) -> list[StepRow]:
    """The steps in which another day was agreed on, the earliest first."""
    return [step for step in reversed(list(steps)) if step.facts.get("due") and (step.step and _is_day(step))]


def _is_day(step: StepRow) -> bool:
    # Before each step said what it is, only another day had one before it.
    return step.facts.get("sort", trials.OTHER_DAY) in (trials.OTHER_DAY, trial_work.TrialStep.SENT_BACK)


def _checks(sent: Any, rows: Iterable[Any]) -> ChecksForm:
    return checks_form(sent, [(row.id, row.what, row.is_met) for row in rows])


def _rounds(visit: Visit, trial: Any) -> dict[str, Any]:
    """How many rounds of changes were agreed."""
    return {"agreed_rounds": trial_queries.brief_of(visit.session, trial.brief_id).brief.revision_rounds}


def _files() -> dict[str, Any]:
    return {"accepted": attachments.ACCEPTED, "most": limits.FILE_BYTES}


def _of(visit: Visit, trial: Any) -> dict[str, Any]:
    return {
        "trial": trial,
        "vendor": stages.find_vendor(visit.session, trial.vendor_id),
        "back": way_back(_here(trial.id)),
        "outcomes": list(TrialOutcome),
    }


def _here(trial_id: int) -> str:
    return url_for("trials.show", trial_id=trial_id)


def _undo(trial_id: int, step: str) -> str:
    return url_for("trials.take_back", trial_id=trial_id, step=step)


def _back(vendor_id: int) -> str:
    return way_back(url_for("profiles.show", vendor_id=vendor_id))
