"""How ready the business is to hand work over: the check, what it says, and what to do about it."""

from dataclasses import replace
from typing import Any

from flask import request, url_for

from crm.core import formats, limits
from crm.core.errors import Missing, Refused
from crm.core.i18n import _, lazy
from crm.domain import deletions, needs, readiness, readiness_rules
from crm.domain.permissions import Act
from crm.forms.readiness import ReadinessForm
from crm.forms.reminders import until
from crm.models.enums import Statement
from crm.queries import readiness as reading
from crm.web import snoozes, undoing
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.readiness_charts import chart
from crm.web.replies import AnyReply, Reply, page, refusal, see, see_path
from crm.web.ways import page_number, way_back

pages = Pages("readiness")


@pages.get("/readiness", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """What the latest check says and why, what to do, and how it was before."""
    number, size = page_number(), limits.PAGE_ROWS
    checks = reading.history(visit.session)
    rows = checks if number == 1 else reading.history(visit.session, limit=size, offset=_before(number, size))
    tasks = reading.tasks(visit.session, is_done=False)
    done = reading.tasks(visit.session, is_done=True, limit=reading.DONE_ROWS)
    latest = checks[0] if checks else None
    outcome = readiness_rules.outcome(latest.answers) if latest else None
    return page(
        "readiness/index.html",
        latest=latest,
        outcome=outcome,
        is_due=latest is not None and latest.due_on <= visit.workspace.today,
        snoozes=snoozes.from_day(latest.due_on, visit.workspace.today) if latest else [],
        offered=readiness.unlisted(latest, outcome.weak, [*tasks, *done]) if latest and outcome else [],
        tasks=tasks,
        done=done,
        checks=rows,
        outcomes={row.id: readiness_rules.outcome(row.answers) for row in rows},
        chart=chart(checks),
        number=number,
        is_last=len(rows) < (reading.HISTORY if number == 1 else size),
        draft=reading.draft_of(visit.session, visit.member.user_id),
        today=visit.today,
        zone=visit.person.time_zone,
        may_work=visit.may(Act.WORK),
        may_manage=visit.may(Act.MANAGE),
    )


@pages.get("/readiness/new", Act.WORK)
def new(visit: Visit) -> AnyReply:
    """The check, with what its author has answered so far; ``?need=…`` makes it one about a need."""
    if (need := _need(visit)) is not None:
        return page("readiness/new.html", form=ReadinessForm(None), answered=0, need=need)
    draft = reading.draft_of(visit.session, visit.member.user_id)
    said = _said(visit, draft) if draft else {}
    return page("readiness/new.html", form=ReadinessForm(None, data=said), answered=len(said), need=None)


@pages.post("/readiness", Act.WORK)
def create(visit: Visit) -> AnyReply:
    """Conclude the check, or keep it for later. What was answered is kept either way."""
    form = ReadinessForm(typed())
    need = _need(visit)
    if not form.validate():
        return _again(form, need)
    if need is not None:
        return _take_for(visit, need, form)
    if typed().get("act") == "keep":
        readiness.save(visit.session, by=visit.member, answers=form.answers)
        return see("readiness.index", toast=_("Kept. Go on whenever you have a minute."))
    done: list[Any] = []
    if carries_out(form, lambda: done.append(readiness.conclude(visit.session, by=visit.member, answers=form.answers))):
        back = url_for("readiness.take_back", check_id=done[0].id)
        return see("readiness.index", toast=_("Check taken."), undo=back)
    draft = readiness.save(visit.session, by=visit.member, answers=form.answers)
    whole = ReadinessForm(None, data=_said(visit, draft))
    whole.ask_for_the_rest()
    return replace(_again(whole), must_keep=True)


def _take_for(visit: Visit, need: Any, form: Any) -> AnyReply:
    """Conclude a check about a need. It is no draft: what was answered stays on the page until all is."""
    done: list[Any] = []
    if carries_out(
        form, lambda: done.append(readiness.take(visit.session, by=visit.member, answers=form.answers, need=need))
    ):
        back = url_for("readiness.discard", check_id=done[0].id)
        return see("needs.show", need_id=need.id, toast=_("Check taken."), undo=back, _anchor="p-ready")
    form.ask_for_the_rest()
    return _again(form, need)


@pages.post("/readiness/<int:check_id>/discard", Act.WORK)
def discard(visit: Visit, check_id: int) -> AnyReply:
    """A check about a need was taken by mistake."""
    need_id = readiness.discard(readiness.find(visit.session, check_id), by=visit.member)
    return see("needs.show", need_id=need_id, toast=_("Taken back."))


@pages.get("/readiness/<int:check_id>", Act.SEE)
def show(visit: Visit, check_id: int) -> AnyReply:
    """One check with all its answers."""
    row = reading.check(visit.session, check_id)
    if row is None:
        raise Missing
    checks = reading.history(visit.session, row.need_id) if row.need_id is not None else []
    return page(
        "readiness/show.html",
        check=row,
        need=needs.find(visit.session, row.need_id) if row.need_id is not None else None,
        checks=checks,
        outcomes={each.id: readiness_rules.outcome(each.answers) for each in checks},
        chart=chart(checks),
        outcome=readiness_rules.outcome(row.answers),
        asked=readiness_rules.ASKED,
        today=visit.today,
        zone=visit.person.time_zone,
    )


@pages.post("/readiness/<int:check_id>/take-back", Act.WORK)
def take_back(visit: Visit, check_id: int) -> AnyReply:
    """It was concluded too soon."""
    readiness.take_back(readiness.find(visit.session, check_id), by=visit.member)
    return see("readiness.new", toast=_("Taken back. Your answers are still here."))


@pages.post("/readiness/<int:check_id>/snooze", Act.MANAGE)
def snooze(visit: Visit, check_id: int) -> AnyReply:
    """Look again later."""
    check = readiness.find(visit.session, check_id)
    day = readiness.snooze(check, by=visit.member, choice=until(typed().get("until", "")))
    undo = url_for("readiness.undo_snooze", check_id=check_id, back=_back())
    return see_path(_back(), toast=_("Snoozed until %(day)s.", day=formats.day(day, visit.today)), undo=undo)


@pages.post("/readiness/<int:check_id>/snooze/undo", Act.MANAGE)
def undo_snooze(visit: Visit, check_id: int) -> AnyReply:
    """The day as it was."""
    readiness.undo_snooze(readiness.find(visit.session, check_id), by=visit.member)
    return see_path(_back(), toast=_("Taken back."))


@pages.post("/readiness/<int:check_id>/tasks", Act.WORK)
def add_task(visit: Visit, check_id: int) -> AnyReply:
    """Put something to do about a weak answer on the list."""
    check = readiness.find(visit.session, check_id)
    task = readiness.add_task(check, by=visit.member, statement=_statement())
    return _tasks(_("Added."), undo=url_for("readiness.remove_task", task_id=task.id))


@pages.post("/readiness/tasks/<int:task_id>/done", Act.WORK)
def tick(visit: Visit, task_id: int) -> AnyReply:
    """It is done."""
    readiness.tick(readiness.task_at(visit.session, task_id), by=visit.member)
    return _tasks(_("Done."), undo=url_for("readiness.untick", task_id=task_id))


@pages.post("/readiness/tasks/<int:task_id>/done/undo", Act.WORK)
def untick(visit: Visit, task_id: int) -> AnyReply:
    """It is not done after all."""
    readiness.untick(readiness.task_at(visit.session, task_id), by=visit.member)
    return _tasks(_("Taken back. It is on the list again."))


@pages.post("/readiness/tasks/<int:task_id>/remove", Act.WORK)
def remove_task(visit: Visit, task_id: int) -> AnyReply:
    """It is not to be done."""
    item = deletions.of_task(readiness.task_at(visit.session, task_id), by=visit.member)
    return _tasks(_("Taken off the list."), undo=undoing.from_bin(item))


@pages.post("/readiness/tasks/<int:task_id>/put-back", Act.WORK)
def put_back(visit: Visit, task_id: int) -> AnyReply:
    """It is to be done after all."""
    readiness.put_back(readiness.task_at(visit.session, task_id), by=visit.member)
    return _tasks(_("Taken back. It is on the list again."))


def _tasks(toast: str, *, undo: str = "") -> AnyReply:
    return see_path(url_for("readiness.index", _anchor="tasks"), toast=toast, undo=undo)


def _back() -> str:
    return way_back(url_for("readiness.index"))


def _before(number: int, size: int) -> int:
    """How many checks stand on the pages before this one; the first page holds what is drawn."""
    return reading.HISTORY + (number - 2) * size


def _need(visit: Visit) -> Any:
    """The need that the check is about, if the address names one."""
    said = request.args.get("need", type=int)
    return needs.find(visit.session, said) if said is not None and 0 < said < 2**31 else None


def _again(form: Any, need: Any = None) -> Reply:
    return refusal("readiness/new.html", form=form, answered=len(form.answers), need=need)


def _said(visit: Visit, draft: Any) -> dict[str, str]:
    answers = reading.answers_of(visit.session, [draft.id])[draft.id]
    return {statement.value: str(answer.value) for statement, answer in answers.items()}


def _statement() -> Statement:
    try:
        return Statement(request.form.get("statement", ""))
    except ValueError:
        raise Refused(lazy("Choose one of the list."), field="statement") from None
