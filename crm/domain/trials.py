"""Trial tasks: a small piece of work that shows whether it fits. What, until when, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from crm.core import limits
from crm.core.dates import add_days
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import interactions, steps, timeline, touches, trial_briefs
from crm.models.enums import ReminderKind, TimelineKind, TrialOutcome
from crm.models.log import TimelineEntry
from crm.models.trials import TrialCheck, TrialDeliverable, TrialQuestion, TrialReview, TrialTask
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import trial_decisions

OTHER_DAY = "other_day"
"""The step in which another day was agreed on."""


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
    check_open(trial)
    expect(trial, version)
    if not trial.waits:
        raise Refused(lazy("It has come. Send it back for changes to agree on another day."), field="due_on")
    before = trial.due_on
    if due_on == before:
        return trial
    to = {"due_on": new_day(due_on, by=by)}
    facts: dict[str, Any] = {"due": due_on.isoformat(), "before": before.isoformat() if before else None}
    step(trial, OTHER_DAY, by=by, on=by.workspace.today, to=to, **facts)
    return trial


def step(
    trial: TrialTask,
    sort: str,
    *,
    by: Membership,
    on: date,
    to: Mapping[str, Any],
    body: str = "",
    came_on: date | None = None,
    **facts: Any,
) -> str | None:
    """Change a trial task, and write that on the timeline with what was before, so that it can be taken back.

    Answers with the step's name there; None where nothing changed. ``came_on`` logs the contact that a delivery is.
    """
    session = session_of(trial)
    was, now = steps.change(trial, to)
    if not now:
        return None
    trial.version += 1
    if came_on is not None:
        facts["interaction_id"] = interactions.log_delivery(vendor_of(trial), by=by, on=came_on, what=trial.what).id
    name = f"{sort} {trial.version}"
    timeline.record(
        session,
        trial.vendor_id,
        TimelineKind.TRIAL,
        trial.id,
        step=name,
        on=on,
        by=by.user_id,
        body=body,
        sort=sort,
        what=trial.what,
        was=was,
        now=now,
        **facts,
    )
    _refresh(session, trial)
    return name


def latest_step(trial: TrialTask) -> str | None:
    """The latest step that can be taken back; None where there is none, or it is over."""
    kept = _steps(trial)
    return kept[-1].step if kept and trial.is_open and steps.stands(trial, kept[-1].facts["now"]) else None


def take_back(trial: TrialTask, *, by: Membership, step: str) -> None:
    """Take a step back: what it changed is as it was before, and a delivery that it logged leaves the log.

    Raises :class:`Refused` where what it changed has changed again since.
    """
    check_open(trial)
    session = session_of(trial)
    kept = _steps(trial)
    entry = next((each for each in kept if each.step == step), None)
    if entry is None or _is_overtaken(entry, kept) or not steps.stands(trial, entry.facts["now"]):
        raise Refused(lazy("Something has happened with it since."))
    steps.put_back(trial, entry.facts["was"])
    trial.version += 1
    interaction_id = entry.facts.get("interaction_id")
    timeline.erase(session, TimelineKind.TRIAL, trial.id, step=step)
    if interaction_id is not None:
        interactions.unlog(session, interaction_id, by=by)
    _refresh(session, trial)


def decide(trial: TrialTask, *, by: Membership, outcome: TrialOutcome, note: str = "") -> TrialTask:
    """Say what came of it. Where the vendor stands is a decision of its own."""
    session = session_of(trial)
    check_open(trial)
    close(session, trial, by=by, outcome=outcome, note=note)
    _refresh(session, trial)
    return trial


def close(session: WorkspaceSession, trial: TrialTask, *, by: Membership, outcome: TrialOutcome, note: str) -> None:
    """Write the outcome into the log, for an act that recomputes the next touch itself."""
    today = by.workspace.today
    trial.outcome, trial.outcome_note, trial.ended_on = outcome, note, today
    trial.version += 1
    for kind in (ReminderKind.TRIAL, ReminderKind.REVIEW):  # the recomputation would end them as if nobody had acted
        touches.end_reminders(session, kind, trial.id, by=by.user_id)
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
    """Take the outcome back. Raises :class:`Refused` where a decision stands: that is taken back as a whole."""
    session = session_of(trial)
    if trial.outcome is None:
        raise Refused(lazy("This trial task is open."))
    if trial_decisions.standing(session, trial.id) is not None:
        raise Refused(lazy("A decision stands behind this outcome. Take the decision back instead."))
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

    What hangs on it goes too: a later trial task may get the same number. Raises :class:`Refused` once something has
    come of it.
    """
    if has_begun(session, trial):
        raise Refused(lazy("Something has happened with the trial task since, so it stays."))
    timeline.erase(session, TimelineKind.TRIAL, trial.id)
    for kind in (ReminderKind.TRIAL, ReminderKind.REVIEW):
        touches.forget(session, kind, trial.id)
    session.delete(trial)
    session.flush()
    trial_briefs.drop_unused(session, trial.brief_id)


def has_begun(session: WorkspaceSession, trial: TrialTask) -> bool:
    """Whether anything would be lost with it. Four queries at the most."""
    if trial.sent_on or trial.delivered_on or trial.shared or trial.to_explain:
        return True
    tables = (TrialQuestion, TrialDeliverable, TrialReview, TrialCheck)
    return any(session.scalars(select(table.id).where(table.trial_id == trial.id).limit(1)).first() for table in tables)


def open_trials(session: WorkspaceSession, vendor: Vendor) -> list[TrialTask]:
    """The vendor's trial tasks without an outcome, the oldest first."""
    statement = select(TrialTask).where(TrialTask.vendor_id == vendor.id, TrialTask.outcome.is_(None))
    return list(session.scalars(statement.order_by(TrialTask.id)))


def vendor_of(trial: TrialTask) -> Vendor:
    """The vendor of a trial task, to be changed with it."""
    return session_of(trial).get_one(Vendor, trial.vendor_id, with_for_update=True)


def new_day(day: date, *, by: Membership) -> date:
    """A day from today on, not too far away to be meant. Raises :class:`Refused`."""
    return _due(day, by.workspace.today)


def check_open(trial: TrialTask) -> None:
    """Raises :class:`Refused` once it is over."""
    if trial.outcome is not None:
        raise Refused(lazy("This trial task has its outcome already."))


def expect(trial: TrialTask, version: int) -> None:
    """Raises :class:`Stale` where somebody has changed it since it had this version."""
    if version != trial.version:
        raise Stale(lazy("A colleague has changed this trial task since you opened it."))


def _due(day: date | None, today: date) -> date:
    if day is None:
        raise Refused(lazy("Pick the day it is due."), field="due_on")
    if day < today:
        raise Refused(lazy("Pick a day from today on."), field="due_on")
    if day > add_days(today, limits.EVERY_LARGEST):
        raise Refused(lazy("Pick a day within the next ten years."), field="due_on")
    return day


def _steps(trial: TrialTask) -> list[TimelineEntry]:
    """The entries of what changed it, the earliest first."""
    session, table = session_of(trial), TimelineEntry
    session.flush()
    statement = select(table).where(table.kind == TimelineKind.TRIAL, table.subject_id == trial.id)
    return [entry for entry in session.scalars(statement.order_by(table.id)) if "now" in entry.facts]


def _is_overtaken(entry: TimelineEntry, kept: Sequence[TimelineEntry]) -> bool:
    """Whether a later step changed the same."""
    return any(later.id > entry.id and later.facts["now"].keys() & entry.facts["now"].keys() for later in kept)


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
    touches.refresh(session, vendor_of(trial))
