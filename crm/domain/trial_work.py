"""What happens while a vendor is on trial: what comes and goes back, what they ask and how fast we answer, what is met.

Each act stands on the timeline. What came is waited for no longer and is ours to look at, until a day that our
reviewers are reminded of; what goes back for changes is waited for again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Any, BinaryIO, Protocol

from sqlalchemy import func, select

from crm.core import clock, limits
from crm.core.dates import OpenDays, add_days
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import attachments, log_dates, open_days, timeline, touches, trial_reviews, trials
from crm.domain.web_addresses import web_address
from crm.models.enums import ReminderKind, TimelineKind
from crm.models.trials import TrialCheck, TrialCondition, TrialDeliverable, TrialQuestion, TrialTask
from crm.models.vendors import Attachment
from crm.models.workspaces import Membership

REVIEW_DAYS = 3
"""So many working days after a delivery we want to have looked at it."""
QUESTIONS_AT_MOST = 200
DELIVERABLES_AT_MOST = 100


class TrialStep(StrEnum):
    """What can happen to a trial task while it is under way."""

    DELIVERED = "delivered"
    SENT_BACK = "sent_back"
    NOTICE = "notice"
    REVIEW_DAY = "review_day"
    PROMISED = "promised"


_CHECKED, _WORDS, _ASKED, _ANSWERED, _CAME = "checked", "words", "asked", "answered", "came"
"""Steps that are written anew instead of taken back: they say how a thing stands."""


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """How fast we answered a vendor's questions: as time that passed, nights and weekends included."""

    middle: timedelta | None
    """The median; None while nothing is answered."""
    answered: int
    waiting: int


class Asked(Protocol):
    """A question: when it came, and when it was answered."""

    @property
    def asked_at(self) -> datetime: ...

    @property
    def answered_at(self) -> datetime | None: ...


def answer_times(questions: Iterable[Asked]) -> AnswerTimes:
    """How fast questions were answered."""
    rows = list(questions)
    lasted = [row.answered_at - row.asked_at for row in rows if row.answered_at is not None]
    middle = timedelta(seconds=median(each.total_seconds() for each in lasted)) if lasted else None
    return AnswerTimes(middle, len(lasted), len(rows) - len(lasted))


def review_day(days: OpenDays, delivered_on: date, today: date) -> date:
    """Until when we look at what came: three working days later, and never a day that has gone."""
    day = delivered_on
    for _each in range(REVIEW_DAYS):
        day = days.next_open_day(add_days(day, 1))
    return max(day, today)


def review_day_of(session: WorkspaceSession, delivered_on: date, *, by: Membership) -> date:
    """:func:`review_day` by the business's calendar."""
    return review_day(open_days.of_business(session, by.workspace), delivered_on, by.workspace.today)


# What comes, and what goes back


def deliver(trial: TrialTask, *, by: Membership, on: date, review_due_on: date | None = None) -> str:
    """It came: the first time, or another round. The first delivery's day stays.

    A delivery is contact: it is logged as a conversation that they began, of that day. ``review_due_on`` is until when
    we look at it, three working days later unless said. Answers with the step to take back. Raises :class:`Refused`.
    """
    trials.check_open(trial)
    if not trial.waits:
        raise Refused(lazy("It has come already."))
    log_dates.require_past(on, by=by, field="delivered_on")
    if on < (trial.delivered_on or trial.started_on):
        raise Refused(lazy("Pick a day after it was given to them, or last came."), field="delivered_on")
    session = session_of(trial)
    review_by = _review_day(review_due_on, by=by) if review_due_on else review_day_of(session, on, by=by)
    touches.end_reminders(session, ReminderKind.TRIAL, trial.id, by=by.user_id)
    first: dict[str, Any] = {} if trial.delivered_on else {"delivered_on": on, "due_when_it_came": trial.due_on}
    to = {**first, "review_due_on": review_by}
    facts: dict[str, Any] = {
        "came": on.isoformat(),
        "late": (on - trial.due_on).days if trial.due_on else None,
        "round": trial.rounds,
        "review_due": review_by.isoformat(),
    }
    step = trials.step(trial, TrialStep.DELIVERED, by=by, on=on, to=to, came_on=on, **facts)
    assert step is not None  # it was waited for, and now it is not
    return step


def send_back(trial: TrialTask, *, by: Membership, due_on: date, what: str) -> str:
    """Ask for changes, by another day: another round, also beyond those that were agreed. Answers with the step to take
    back. Raises :class:`Refused`."""
    trials.check_open(trial)
    if trial.waits:
        raise Refused(lazy("It has not come yet."))
    if not what:
        raise Refused(lazy("Say what is to change."), field="what")
    _check_words(what, "what")
    session, rounds = session_of(trial), trial.rounds + 1
    to = {"due_on": trials.new_day(due_on, by=by), "review_due_on": None, "rounds": rounds}
    touches.end_reminders(session, ReminderKind.REVIEW, trial.id, by=by.user_id)
    facts: dict[str, Any] = {"due": due_on.isoformat(), "round": rounds}
    step = trials.step(trial, TrialStep.SENT_BACK, by=by, on=by.workspace.today, to=to, body=what, **facts)
    assert step is not None  # one more round
    return step


def note_notice(trial: TrialTask, *, by: Membership, gave_notice: bool = True) -> str | None:
    """Whether they said before the day that it would be late. Answers with the step to take back."""
    trials.check_open(trial)
    return trials.step(trial, TrialStep.NOTICE, by=by, on=by.workspace.today, to={"gave_notice": gave_notice})


def put_review_day(trial: TrialTask, *, by: Membership, day: date, version: int) -> str | None:
    """Look at what came until another day. Answers with the step to take back. Raises :class:`Refused`."""
    trials.check_open(trial)
    trials.expect(trial, version)
    if trial.review_due_on is None:
        raise Refused(lazy("It has not come yet."))
    if trial_reviews.result_of(session_of(trial), trial, today=by.workspace.today).seen:
        raise Refused(lazy("The scores are open already, so the day stays."), field="review_due_on")
    before = trial.review_due_on.isoformat()
    to = {"review_due_on": _review_day(day, by=by)}
    facts: dict[str, Any] = {"due": day.isoformat(), "before": before}
    return trials.step(trial, TrialStep.REVIEW_DAY, by=by, on=by.workspace.today, to=to, **facts)


def say_promised(trial: TrialTask, *, by: Membership, gave_promised: bool | None) -> str | None:
    """Whether we gave them what we had promised; None where nobody says. Answers with the step to take back."""
    trials.check_open(trial)
    return trials.step(trial, TrialStep.PROMISED, by=by, on=by.workspace.today, to={"gave_promised": gave_promised})


def put_words(trial: TrialTask, *, by: Membership, version: int, shared: str, to_explain: str) -> None:
    """What we share with them, and what we must explain. Also of one that is over. Raises :class:`Stale`."""
    trials.expect(trial, version)
    _check_words(shared, "shared")
    _check_words(to_explain, "to_explain")
    if (shared, to_explain) == (trial.shared, trial.to_explain):
        return
    trial.shared, trial.to_explain = shared, to_explain
    trial.version += 1
    if shared or to_explain:
        _record(trial, _WORDS, sort=_WORDS, by=by, body="\n\n".join(filter(None, (shared, to_explain))))
    else:
        timeline.erase(session_of(trial), TimelineKind.TRIAL, trial.id, step=_WORDS)


# What came, piece by piece


def add_deliverable(
    trial: TrialTask, *, by: Membership, on: date, what: str = "", url: str = "", attachment: Attachment | None = None
) -> TrialDeliverable:
    """Keep what came: a link, one of the vendor's files, or a line that says where it is. Raises :class:`Refused`."""
    session = session_of(trial)
    log_dates.require_past(on, by=by, field="delivered_on")
    _require_room(session, TrialDeliverable, trial, DELIVERABLES_AT_MOST)
    _check_words(what, "what", limits.LINE_LENGTH)
    address = _address(url)
    if not (what or address or attachment):
        raise Refused(lazy("Give a link or a file, or say in a line where it is."), field="what")
    row = TrialDeliverable(
        trial_id=trial.id,
        what=what or (attachment.name if attachment else ""),
        url=address,
        attachment_id=attachment.id if attachment else None,
        delivered_on=on,
        created_by=by.user_id,
    )
    session.add(row)
    session.flush()
    facts: dict[str, Any] = {"named": row.what, "url": address, "attachment_id": row.attachment_id}
    _record(trial, f"{_CAME} {row.id}", sort=_CAME, by=by, on=on, **facts)
    return row


def add_file(
    trial: TrialTask, *, by: Membership, on: date, content: BinaryIO, name: str, folder: Any, what: str = ""
) -> TrialDeliverable:
    """Keep a file that came among the vendor's files. Raises :class:`Refused` for one that is not taken."""
    row = attachments.attach(trials.vendor_of(trial), by=by, content=content, name=name, folder=folder)
    return add_deliverable(trial, by=by, on=on, what=what, attachment=row)


def find_deliverable(session: WorkspaceSession, deliverable_id: int) -> TrialDeliverable:
    """Something that came, to be acted on. Raises :class:`Missing`."""
    row = session.get(TrialDeliverable, deliverable_id, with_for_update=session.writing or None)
    if row is None:
        raise Missing
    return row


def drop_deliverable(row: TrialDeliverable) -> TrialTask:
    """It did not come, or not here. Its file stays among the vendor's."""
    session = session_of(row)
    timeline.erase(session, TimelineKind.TRIAL, row.trial_id, step=f"{_CAME} {row.id}")
    session.delete(row)
    return trials.find(session, row.trial_id)


# What is met


def check(trial: TrialTask, *, by: Membership, met: Mapping[int, bool | None]) -> None:
    """Whether what came meets the conditions of the brief, by condition; None for one that nobody has looked at.

    Conditions that are not named stay as they are. Raises :class:`Refused` for one of another brief.
    """
    trials.check_open(trial)
    session = session_of(trial)
    conditions = {
        row.id: row for row in session.scalars(select(TrialCondition).where(TrialCondition.brief_id == trial.brief_id))
    }
    if not met.keys() <= conditions.keys():
        raise Refused(lazy("Choose from the list."))
    known = {
        row.condition_id: row for row in session.scalars(select(TrialCheck).where(TrialCheck.trial_id == trial.id))
    }
    changed = [(number, said) for number, said in met.items() if said != _said(known.get(number))]
    for number, said in changed:
        _put_check(session, trial, number, said, known, by)
    if changed:
        session.flush()
        _record_checks(trial, conditions, known, by=by)


def _said(row: TrialCheck | None) -> bool | None:
    return row.is_met if row else None


def _put_check(
    session: WorkspaceSession,
    trial: TrialTask,
    condition_id: int,
    said: bool | None,
    known: dict[int, TrialCheck],
    by: Membership,
) -> None:
    row = known.get(condition_id)
    if said is None:
        session.delete(known.pop(condition_id))
    elif row is None:
        known[condition_id] = TrialCheck(
            trial_id=trial.id, condition_id=condition_id, is_met=said, checked_by=by.user_id
        )
        session.add(known[condition_id])
    else:
        row.is_met, row.checked_by, row.checked_at = said, by.user_id, clock.now()


def _record_checks(
    trial: TrialTask, conditions: Mapping[int, TrialCondition], known: Mapping[int, TrialCheck], *, by: Membership
) -> None:
    """One entry says how all of them stand."""
    if not known:
        timeline.erase(session_of(trial), TimelineKind.TRIAL, trial.id, step=_CHECKED)
        return
    unmet = [conditions[number].what for number, row in sorted(known.items()) if not row.is_met]
    facts: dict[str, Any] = {"met": len(known) - len(unmet), "of": len(conditions), "unmet": unmet}
    _record(trial, _CHECKED, sort=_CHECKED, by=by, **facts)


# What they ask


def find_question(session: WorkspaceSession, question_id: int) -> TrialQuestion:
    """A question, to be acted on. Raises :class:`Missing`."""
    row = session.get(TrialQuestion, question_id, with_for_update=session.writing or None)
    if row is None:
        raise Missing
    return row


def trial_of(question: TrialQuestion) -> TrialTask:
    """The trial task that a question is about."""
    return trials.find(session_of(question), question.trial_id)


def ask(trial: TrialTask, *, by: Membership, body: str, asked_at: datetime) -> TrialQuestion:
    """Write down what the vendor asked. We are reminded of it from the next working day on. Raises :class:`Refused`."""
    trials.check_open(trial)
    session = session_of(trial)
    if not body:
        raise Refused(lazy("Type what they asked."), field="body")
    _check_words(body, "body")
    _require_past(asked_at, by=by, field="asked_on")
    _require_room(session, TrialQuestion, trial, QUESTIONS_AT_MOST)
    row = TrialQuestion(trial_id=trial.id, body=body, asked_at=asked_at, created_by=by.user_id)
    session.add(row)
    session.flush()
    on = clock.local(asked_at, by.workspace.time_zone).date()
    _record(trial, f"{_ASKED} {row.id}", sort=_ASKED, by=by, on=on, body=body)
    _refresh(trial)
    return row


def drop_question(question: TrialQuestion, *, by: Membership) -> TrialTask:
    """They did not ask that. Raises :class:`Refused` once it is answered: take the answer back first."""
    if question.answered_at is not None:
        raise Refused(lazy("It is answered. Take the answer back first."))
    session, trial = session_of(question), trial_of(question)
    timeline.erase(session, TimelineKind.TRIAL, trial.id, step=f"{_ASKED} {question.id}")
    touches.forget(session, ReminderKind.QUESTION, question.id)
    session.delete(question)
    _refresh(trial)
    return trial


def answer(question: TrialQuestion, *, by: Membership, answered_at: datetime, words: str = "") -> TrialTask:
    """We answered; ``words`` may say what. Raises :class:`Refused`."""
    if question.answered_at is not None:
        raise Refused(lazy("It is answered already."))
    _check_words(words, "answer")
    _require_past(answered_at, by=by, field="answered_on")
    if answered_at < question.asked_at:
        raise Refused(lazy("That is before they asked."), field="answered_on")
    session, trial = session_of(question), trial_of(question)
    question.answer, question.answered_at, question.answered_by = words, answered_at, by.user_id
    touches.end_reminders(session, ReminderKind.QUESTION, question.id, by=by.user_id)
    on = clock.local(answered_at, by.workspace.time_zone).date()
    seconds = int((answered_at - question.asked_at).total_seconds())
    _record(trial, f"{_ANSWERED} {question.id}", sort=_ANSWERED, by=by, on=on, body=words, seconds=seconds)
    _refresh(trial)
    return trial


def ask_again(question: TrialQuestion, *, by: Membership) -> TrialTask:
    """Take the answer back: it still waits. Raises :class:`Refused`."""
    if question.answered_at is None:
        raise Refused(lazy("This question is open."))
    session, trial = session_of(question), trial_of(question)
    question.answer, question.answered_at, question.answered_by = "", None, None
    timeline.erase(session, TimelineKind.TRIAL, trial.id, step=f"{_ANSWERED} {question.id}")
    _refresh(trial)
    return trial


def _record(
    trial: TrialTask, step: str, *, sort: str, by: Membership, on: date | None = None, body: str = "", **facts: Any
) -> None:
    timeline.record(
        session_of(trial),
        trial.vendor_id,
        TimelineKind.TRIAL,
        trial.id,
        step=step,
        on=on or by.workspace.today,
        by=by.user_id,
        body=body,
        sort=sort,
        what=trial.what,
        **facts,
    )


def _refresh(trial: TrialTask) -> None:
    touches.refresh(session_of(trial), trials.vendor_of(trial))


def _address(url: str) -> str:
    try:
        return web_address(url)
    except Refused as refused:
        raise Refused(refused.words, field="url") from None


def _review_day(day: date, *, by: Membership) -> date:
    try:
        return trials.new_day(day, by=by)
    except Refused as refused:
        raise Refused(refused.words, field="review_due_on") from None


def _require_past(instant: datetime, *, by: Membership, field: str) -> None:
    if instant > clock.now():
        raise Refused(lazy("That is still to come."), field=field)
    log_dates.require_past(clock.local(instant, by.workspace.time_zone).date(), by=by, field=field)


def _require_room(
    session: WorkspaceSession, table: type[TrialDeliverable] | type[TrialQuestion], trial: TrialTask, most: int
) -> None:
    if (session.scalar(select(func.count(table.id)).where(table.trial_id == trial.id)) or 0) >= most:
        raise Refused(lazy("A trial task has %(most)s of them at the most.", most=most))


def _check_words(words: str, field: str, most: int = limits.TEXT_LENGTH) -> None:
    if len(words) > most:
        raise Refused(lazy("Keep it under %(length)s characters.", length=most), field=field)
