"""How ready the business is to hand work over: checks, what to do about weak answers, and when to look again.

A check is about the business, or about one need: then it is taken in one go, and nothing hangs on it. A check of the
business is a draft of whoever began it until all sixteen answers are there and it is concluded; then it is everyone's,
and its answers stand. It blocks nothing: it says how things are, and brings forward whom we parked for not being ready.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import select

from crm.core import clock
from crm.core.dates import add_days
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import log_dates, permissions, readiness_rules, touches, triggers
from crm.domain.next_touch import SnoozeChoice, snooze_until
from crm.domain.permissions import Act
from crm.models import vocabulary
from crm.models.enums import Answer, Statement, TriggerKind
from crm.models.needs import Need
from crm.models.readiness import NeedCheck, ReadinessAnswer, ReadinessCheck, ReadinessTask
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, Workspace
from crm.queries import readiness

Answers = Mapping[Statement, Answer]

# Checks


def save(session: WorkspaceSession, *, by: Membership, answers: Answers) -> ReadinessCheck:
    """Keep what somebody has answered so far in their draft. What was answered before and is left out now stays."""
    permissions.require(by, Act.WORK)
    draft = readiness.draft_of(session, by.user_id)
    if draft is None:
        draft = ReadinessCheck(created_by=by.user_id)
        session.add(draft)
        session.flush()
    _put(session, draft, answers, by)
    return draft


def conclude(session: WorkspaceSession, *, by: Membership, answers: Answers) -> ReadinessCheck:
    """Conclude somebody's draft together with these answers: the verdict is kept, whom it brings forward is told.

    The same answers sent twice by one person on one day are one check. Raises :class:`Refused` at the first statement
    without an answer; what there is can be kept with :func:`save`.
    """
    permissions.require(by, Act.WORK)
    _one_at_a_time(session)
    draft = readiness.draft_of(session, by.user_id)
    known = readiness.answers_of(session, [draft.id])[draft.id] if draft else {}
    whole = {**known, **answers}
    _require_all(whole)
    if draft is None and (same := _same_today(session, whole, by)) is not None:
        return same
    return _conclude(session, save(session, by=by, answers=answers), whole, by)


def take(session: WorkspaceSession, *, by: Membership, answers: Answers, need: Need | None = None) -> ReadinessCheck:
    """A whole check at once, as programs send it, or about one need; a draft of the same person is left alone.

    The same answers about the same need by one person on one day are one check. Raises :class:`Refused`.
    """
    permissions.require(by, Act.WORK)
    _one_at_a_time(session)
    _require_all(answers)
    if need is not None and (same := _same_today(session, answers, by, need.id)) is not None:
        return same
    check = ReadinessCheck(created_by=by.user_id, concluded_on=by.workspace.today)
    session.add(check)
    session.flush()
    if need is not None:
        session.add(NeedCheck(check_id=check.id, need_id=need.id))
    _put(session, check, answers, by)
    return _conclude(session, check, answers, by)


def discard(check: ReadinessCheck, *, by: Membership) -> int:
    """A check about a need was taken by mistake: it goes. The need that it was about.

    Raises :class:`Missing` for one about the business, which is taken back instead, and :class:`Refused` for another's,
    for one of another day, and where something was to be done about it already.
    """
    session = session_of(check)
    permissions.require(by, Act.WORK)
    row = session.scalars(select(NeedCheck).where(NeedCheck.check_id == check.id)).first()
    if row is None:
        raise Missing
    if check.concluded_by != by.user_id:
        raise Refused(lazy("Only whoever took the check takes it back."))
    if check.concluded_on != by.workspace.today or _has_tasks(session, check):
        raise Refused(lazy("It stands by now. Take a new one instead."))
    need_id = row.need_id
    session.delete(row)
    session.flush()
    session.delete(check)
    session.flush()
    return need_id


def find(session: WorkspaceSession, check_id: int) -> ReadinessCheck:
    """A concluded check of this business. Raises :class:`Missing`; a draft is nobody's but its author's."""
    check = session.get(ReadinessCheck, check_id, with_for_update=session.writing)
    if check is None or check.concluded_on is None:
        raise Missing
    return check


def take_back(check: ReadinessCheck, *, by: Membership) -> ReadinessCheck:
    """The check was concluded too soon: it is its author's draft again, and what it brought forward is not.

    Raises :class:`Refused` for another's, for one of another day, where a later check or a new draft is there, or
    where something was to be done about it already.
    """
    session = session_of(check)
    permissions.require(by, Act.WORK)
    if check.concluded_by != by.user_id or check.created_by != by.user_id:
        raise Refused(lazy("Only whoever took the check takes it back."))
    if check.concluded_on != by.workspace.today or _latest_id(session) != check.id:
        raise Refused(lazy("Only the latest check can be taken back, on its own day. Take a new one instead."))
    if readiness.draft_of(session, by.user_id) is not None:
        raise Refused(lazy("You have begun a new check since."))
    if _has_tasks(session, check):
        raise Refused(lazy("Tasks were added for this check. Take a new one instead."))
    check.concluded_on = check.concluded_at = check.concluded_by = None
    check.verdict = check.recheck_on = None
    check.snoozed_until = check.snoozed_before = check.snoozed_on = check.snoozed_by = None
    session.flush()
    _bring_forward(session, by)
    return check


def _has_tasks(session: WorkspaceSession, check: ReadinessCheck) -> bool:
    found = select(ReadinessTask.id).where(ReadinessTask.check_id == check.id).limit(1)
    return session.scalars(found).first() is not None


def _one_at_a_time(session: WorkspaceSession) -> None:
    """Whoever concludes second sees what the first one did."""
    session.get_one(Workspace, session.workspace_id, with_for_update=True)


def _require_all(answers: Answers) -> None:
    left = readiness_rules.missing(answers)
    if left:
        raise Refused(lazy("Every statement needs an answer."), field=left[0].value)


def _same_today(
    session: WorkspaceSession, answers: Answers, by: Membership, need_id: int | None = None
) -> ReadinessCheck | None:
    latest = readiness.latest(session, need_id)
    if latest is None or latest.concluded_by != by.user_id or latest.concluded_on != by.workspace.today:
        return None
    return latest if readiness.answers_of(session, [latest.id])[latest.id] == dict(answers) else None


def _put(session: WorkspaceSession, check: ReadinessCheck, answers: Answers, by: Membership) -> None:
    rows = session.scalars(select(ReadinessAnswer).where(ReadinessAnswer.check_id == check.id))
    known = {row.statement: row for row in rows}
    for statement, answer in answers.items():
        row = known.get(statement)
        if row is None:
            session.add(ReadinessAnswer(check_id=check.id, statement=statement, answer=answer, answered_by=by.user_id))
        elif row.answer is not answer:
            row.answer, row.answered_at, row.answered_by = answer, clock.now(), by.user_id
    session.flush()


def _conclude(session: WorkspaceSession, check: ReadinessCheck, answers: Answers, by: Membership) -> ReadinessCheck:
    today = by.workspace.today
    check.concluded_on, check.concluded_at, check.concluded_by = today, clock.now(), by.user_id
    check.verdict = readiness_rules.outcome(answers).verdict
    check.recheck_on = add_days(today, readiness_rules.RECHECK_AFTER)
    session.flush()
    _bring_forward(session, by)
    return check


def _bring_forward(session: WorkspaceSession, by: Membership) -> None:
    """Hold whoever is parked because we were not ready against what the latest check says."""
    parked = triggers.waiting_for(session, TriggerKind.VERDICT)
    vendors = [session.get_one(Vendor, parking.vendor_id, with_for_update=True) for parking in parked]
    touches.refresh_many(session, [vendor for vendor in vendors if triggers.settle(session, vendor, by=by)])


def _latest_id(session: WorkspaceSession) -> int | None:
    latest = readiness.latest(session)
    return latest.id if latest else None


# When to look again


def snooze(check: ReadinessCheck, *, by: Membership, choice: SnoozeChoice | date) -> date:
    """Put looking again off: a week or a month, or to a day from tomorrow on. The day that it is put off to.

    Raises :class:`Refused` where a newer check is there, or the day is not one to come.
    """
    session = session_of(check)
    permissions.require(by, Act.MANAGE)
    if check.due_on is None or _latest_id(session) != check.id:
        raise Refused(lazy("There is a newer check already."))
    today = by.workspace.today
    until = snooze_until(choice, today=today, due_on=check.due_on)
    if until <= today:
        raise Refused(lazy("Pick a day from tomorrow on."), field="until")
    log_dates.require_within_reach(until, by=by, field="until")
    if until != check.due_on:
        check.snoozed_before, check.snoozed_until = check.snoozed_until, until
        check.snoozed_on, check.snoozed_by = today, by.user_id
    return until


def undo_snooze(check: ReadinessCheck, *, by: Membership) -> None:
    """The day to look again is the one that it was before the last snooze."""
    permissions.require(by, Act.MANAGE)
    check.snoozed_until, check.snoozed_before = check.snoozed_before, None
    if check.snoozed_until is None:
        check.snoozed_on = check.snoozed_by = None


# What to do


def add_task(check: ReadinessCheck, *, by: Membership, statement: Statement, title: str = "") -> ReadinessTask:
    """Put something to do on the list, about a weak answer of a check; without ``title`` what is usual for it.

    What is on the list already is answered again. Raises :class:`Refused` where the answer is not weak.
    """
    session = session_of(check)
    permissions.require(by, Act.WORK)
    answers = readiness.answers_of(session, [check.id])[check.id]
    if statement not in readiness_rules.outcome(answers).weak:
        raise Refused(lazy("That is written down already: there is nothing to do about it."))
    known = readiness.open_task(session, statement)
    if known is not None:
        return known
    task = ReadinessTask(
        check_id=check.id, statement=statement, title=title or vocabulary.to_do(statement), created_by=by.user_id
    )
    session.add(task)
    session.flush()
    return task


def task_at(session: WorkspaceSession, task_id: int) -> ReadinessTask:
    """Something to do, of this business. Raises :class:`Missing`."""
    task = session.get(ReadinessTask, task_id, with_for_update=session.writing)
    if task is None:
        raise Missing
    return task


def tick(task: ReadinessTask, *, by: Membership) -> None:
    """It is done. Doing it twice changes nothing."""
    permissions.require(by, Act.WORK)
    _require_there(task)
    if task.done_at is None:
        task.done_at, task.done_by = clock.now(), by.user_id


def untick(task: ReadinessTask, *, by: Membership) -> None:
    """It is to do again. Raises :class:`Refused` where the same thing is on the list once more."""
    permissions.require(by, Act.WORK)
    _require_there(task)
    if task.done_at is not None:
        _require_no_other(task)
        task.done_at = task.done_by = None


def remove(task: ReadinessTask, *, by: Membership) -> None:
    """Take it off the list."""
    permissions.require(by, Act.WORK)
    if task.removed_at is None:
        task.removed_at, task.removed_by = clock.now(), by.user_id


def put_back(task: ReadinessTask, *, by: Membership) -> None:
    """It is on the list again. Raises :class:`Refused` where the same thing is there once more."""
    permissions.require(by, Act.WORK)
    if task.removed_at is not None:
        if task.done_at is None:
            _require_no_other(task)
        task.removed_at = task.removed_by = None


def _require_there(task: ReadinessTask) -> None:
    if task.removed_at is not None:
        raise Refused(lazy("This was taken off the list."))


def _require_no_other(task: ReadinessTask) -> None:
    if readiness.open_task(session_of(task), task.statement) is not None:
        raise Refused(lazy("The same is on the list once more."))


def unlisted(
    check: readiness.CheckRow, weak: Iterable[Statement], tasks: Iterable[readiness.TaskRow]
) -> list[Statement]:
    """The weak answers of a check for which nothing is on the list, and nothing was done since."""
    there = {task.statement for task in tasks if task.done_at is None or task.done_at >= check.concluded_at}
    return [statement for statement in weak if statement not in there]
