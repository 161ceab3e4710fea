"""Trial tasks: a small piece of work that shows whether it fits. What, until when, and what came of it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from crm.core import limits
from crm.core.dates import add_days
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import timeline, touches, trial_briefs
from crm.models.enums import ReminderKind, TimelineKind, TrialOutcome
from crm.models.trials import TrialTask
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership


@dataclass(frozen=True, slots=True)
class TrialTerms:
    """What a trial task asks for: both are needed, the day may be missing while it is being asked for.

    ``brief_id`` is the brief that the vendor gets; where none is said, one is written from ``what``. ``extends`` is the
    trial task that it goes on with.
    """

    what: str
    due_on: date | None
    brief_id: int | None = None
    extends: TrialTask | None = None


def find(session: WorkspaceSession, trial_id: int) -> TrialTask:
    """A trial task of this business, to be acted on. Raises :class:`Missing`."""
    trial = session.get(TrialTask, trial_id, with_for_update=session.writing)
    if trial is None:
        raise Missing
    return trial


def check(terms: TrialTerms, today: date) -> date:
    """The day on which it is due. Raises :class:`Refused` where the task or a sensible day is missing."""
    if not terms.what:
        raise Refused(lazy("Say what the trial task is."), field="what")
    return _due(terms.due_on, today)


def start(vendor: Vendor, *, by: Membership, terms: TrialTerms) -> TrialTask:
    """Give the vendor a trial task. Their stage stays: :func:`crm.domain.stages.move` takes them into it."""
    session = session_of(vendor)
    trial = add(session, vendor, by=by, terms=terms)
    touches.refresh(session, vendor)
    return trial


def add(session: WorkspaceSession, vendor: Vendor, *, by: Membership, terms: TrialTerms) -> TrialTask:
    """Write a trial task into the log, for an act that recomputes the next touch itself."""
    today = by.workspace.today
    due_on = check(terms, today)
    brief = trial_briefs.find(session, terms.brief_id) if terms.brief_id else trial_briefs.jot(session, terms.what, by)
    trial = TrialTask(
        vendor_id=vendor.id,
        brief_id=brief.id,
        what=terms.what,
        extends_id=terms.extends.id if terms.extends else None,
        extension=terms.extends.extension + 1 if terms.extends else 0,
        started_on=today,
        due_on=due_on,
        original_due_on=due_on,
        created_by=by.user_id,
    )
    session.add(trial)
    session.flush()
    _record(session, trial, step="", on=today, by=by)
    return trial


def change_due(trial: TrialTask, *, by: Membership, due_on: date, version: int) -> TrialTask:
    """Agree on another day; the one first agreed on is kept. Raises :class:`Stale` where a colleague was quicker."""
    session = session_of(trial)
    _check_open(trial)
    if version != trial.version:
        raise Stale(lazy("A colleague has changed this trial task since you opened it."))
    today = by.workspace.today
    before = trial.due_on
    if due_on == before:
        return trial
    trial.due_on = _due(due_on, today)
    trial.version += 1
    timeline.record(
        session,
        trial.vendor_id,
        TimelineKind.TRIAL,
        trial.id,
        step=f"due {trial.version}",
        on=today,
        by=by.user_id,
        what=trial.what,
        due=due_on.isoformat(),
        before=before.isoformat() if before else None,
    )
    _refresh(session, trial)
    return trial


def decide(trial: TrialTask, *, by: Membership, outcome: TrialOutcome, note: str = "") -> TrialTask:
    """Say what came of it. Where the vendor stands is a decision of its own."""
    session = session_of(trial)
    _check_open(trial)
    close(session, trial, by=by, outcome=outcome, note=note)
    _refresh(session, trial)
    return trial


def close(session: WorkspaceSession, trial: TrialTask, *, by: Membership, outcome: TrialOutcome, note: str) -> None:
    """Write the outcome into the log, for an act that recomputes the next touch itself."""
    today = by.workspace.today
    trial.outcome, trial.outcome_note, trial.ended_on = outcome, note, today
    trial.version += 1
    timeline.record(
        session,
        trial.vendor_id,
        TimelineKind.TRIAL,
        trial.id,
        step="outcome",
        on=today,
        by=by.user_id,
        body=note,
        what=trial.what,
        outcome=outcome,
    )


def reopen(trial: TrialTask, *, by: Membership) -> TrialTask:
    """Take the outcome back."""
    session = session_of(trial)
    if trial.outcome is None:
        raise Refused(lazy("This trial task is open."))
    open_again(session, trial)
    _refresh(session, trial)
    return trial


def open_again(session: WorkspaceSession, trial: TrialTask) -> None:
    """Take the outcome out of the log, for an act that recomputes the next touch itself."""
    trial.outcome, trial.outcome_note, trial.ended_on = None, "", None
    trial.version += 1
    timeline.erase(session, TimelineKind.TRIAL, trial.id, step="outcome")


def withdraw(session: WorkspaceSession, trial: TrialTask) -> None:
    """Make as if it had never been given: the move that brought it is taken back.

    What hangs on it goes too: a later trial task may get the same number.
    """
    timeline.erase(session, TimelineKind.TRIAL, trial.id)
    touches.forget(session, ReminderKind.TRIAL, trial.id)
    session.delete(trial)
    session.flush()
    trial_briefs.drop_unused(session, trial.brief_id)


def open_trials(session: WorkspaceSession, vendor: Vendor) -> list[TrialTask]:
    """The vendor's trial tasks without an outcome, the oldest first."""
    statement = select(TrialTask).where(TrialTask.vendor_id == vendor.id, TrialTask.outcome.is_(None))
    return list(session.scalars(statement.order_by(TrialTask.id)))


def _due(day: date | None, today: date) -> date:
    if day is None:
        raise Refused(lazy("Pick the day it is due."), field="due_on")
    if day < today:
        raise Refused(lazy("Pick a day from today on."), field="due_on")
    if day > add_days(today, limits.EVERY_LARGEST):
        raise Refused(lazy("Pick a day within the next ten years."), field="due_on")
    return day


def _check_open(trial: TrialTask) -> None:
    if trial.outcome is not None:
        raise Refused(lazy("This trial task has its outcome already."))


def _record(session: WorkspaceSession, trial: TrialTask, *, step: str, on: date, by: Membership) -> None:
    due = trial.due_on.isoformat() if trial.due_on else None
    timeline.record(
        session,
        trial.vendor_id,
        TimelineKind.TRIAL,
        trial.id,
        step=step,
        on=on,
        by=by.user_id,
        what=trial.what,
        due=due,
    )


def _refresh(session: WorkspaceSession, trial: TrialTask) -> None:
    touches.refresh(session, session.get_one(Vendor, trial.vendor_id, with_for_update=True))
