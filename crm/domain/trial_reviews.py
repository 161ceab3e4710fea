"""What reviewers saw in what a vendor delivered: written in peace, handed in, and open once everybody is in.

:func:`results` is the one place that knows whether scores may be read. What is still hidden is not even loaded there,
so that no mean, total, best or advice can be drawn from it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from crm.core import clock, limits
from crm.core.errors import Refused, Stale
from crm.core.i18n import LazyText, lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import touches, trial_blindness, trial_rules, trials
from crm.domain.trial_rules import LEAST, MOST, AdviceFacts, Means, Scored, Weighed
from crm.models.trials import TrialCriterion, TrialReview, TrialReviewer, TrialScore, TrialTask
from crm.models.workspaces import Membership
from crm.queries import trial_briefs as briefs
from crm.queries import trial_reviews as reading
from crm.queries.trial_reviews import Asked, Mark, Review


@dataclass(frozen=True, slots=True)
class Given:
    """What a reviewer gives for one criterion: 1 to 5, and a line of remark. None is not scored."""

    value: int | None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Somebody who reviews."""

    user_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What one reviewer saw, open to the team. ``is_late``: handed in when the others' scores could be read."""

    reviewer: Reviewer
    handed_in_at: datetime
    is_late: bool
    remark: str
    marks: Mapping[int, Mark]
    """By criterion."""


@dataclass(frozen=True, slots=True)
class Result:
    """How the reviews of a trial task stand. While hidden it says who has handed in, and nothing of what they saw."""

    is_revealed: bool
    handed_in: Sequence[Reviewer]
    waiting: Sequence[Reviewer]
    """Who was asked, still can, and has not handed in."""
    seen: Sequence[Seen]
    means: Means
    score: float | None
    """The weighted score from 1 to 5; None while hidden, or too early to say."""
    fit: float | None


def results(
    session: WorkspaceSession, tasks: Sequence[TrialTask], *, today: date, zone: str = "UTC"
) -> dict[int, Result]:
    """How the reviews of trial tasks stand, by trial task. ``today`` and ``zone`` are the business's. Four queries."""
    brief_ids = {task.brief_id for task in tasks}
    criteria = reading.criteria(session, brief_ids)
    asked = reading.asked(session, brief_ids)
    handed_in = _by_trial([each for each in reading.reviews(session, [t.id for t in tasks]) if each.handed_in_at])
    revealed = {
        task.id
        for task in tasks
        if trial_blindness.is_revealed(
            task, [each for each in asked if each.brief_id == task.brief_id], handed_in[task.id], today
        )
    }
    open_ids = [each.id for trial_id in revealed for each in handed_in[trial_id]]
    marks = _by_review(reading.marks(session, open_ids))
    return {
        task.id: _result(
            task,
            [each for each in asked if each.brief_id == task.brief_id],
            handed_in[task.id],
            marks if task.id in revealed else None,
            [row for row in criteria if row.brief_id == task.brief_id],
            zone,
        )
        for task in tasks
    }


def result_of(session: WorkspaceSession, trial: TrialTask, *, today: date, zone: str = "UTC") -> Result:
    """:func:`results` of one."""
    return results(session, [trial], today=today, zone=zone)[trial.id]


def facts_of(trial: TrialTask, result: Result, *, has_unmet_must: bool, today: date) -> AdviceFacts:
    """What a recommendation about a trial task rests on, as far as it may be read."""
    return AdviceFacts(
        gave_promised=trial.gave_promised,
        has_unmet_must=has_unmet_must,
        fit=result.fit,
        score=result.score,
        started_on=trial.started_on,
        original_due_on=trial.original_due_on,
        due_on=trial.due_when_it_came or trial.due_on,
        delivered_on=trial.delivered_on,
        gave_notice=trial.gave_notice,
        extension=trial.extension,
        today=today,
    )


# Writing


def why_not_yet(trial: TrialTask, today: date) -> LazyText | None:
    """Why there is nothing to review yet; None where there is: something came, or the day has passed without."""
    if trial.delivered_on is not None or trial.review_due_on is not None:
        return None
    if trial.due_on is not None and today > trial.due_on:
        return None
    return lazy("Nothing has come yet, and the day has not passed. There is nothing to score.")


def why_not_join(trial: TrialTask, today: date) -> LazyText | None:
    """Why nobody can join any more; None where one can. ``today`` is the business's.

    Whoever has read what others saw is not blind any more, not even with another vendor of the same brief: who reviews
    it reviews them all.
    """
    session = session_of(trial)
    is_open = trial_blindness.of_brief(session, trial.brief_id, today=today).is_open
    if is_open or result_of(session, trial, today=today).is_revealed:
        return lazy("The scores are open already, so nobody can join any more.")
    return None


def join(trial: TrialTask, *, by: Membership) -> TrialReviewer | None:
    """Review along although nobody asked. The others' scores wait for this one too; None where they were asked already.

    Raises :class:`Refused` once there are scores of the brief to be read.
    """
    session = session_of(trial)
    if reading.reviewer(session, trial.brief_id, by.user_id):
        return None
    words = why_not_join(trial, by.workspace.today)
    if words is not None:
        raise Refused(words)
    row = TrialReviewer(brief_id=trial.brief_id, user_id=by.user_id)
    session.add(row)
    session.flush()
    _remind(session, trial)
    return row


def why_not_leave(trial: TrialTask, *, by: Membership) -> LazyText | None:
    """Why a reviewer stays one; None where they can leave."""
    session = session_of(trial)
    if reading.has_begun(session, trial.brief_id, by.user_id):
        return lazy("You have begun to score, so you stay a reviewer.")
    if by.user_id in trial_blindness.of_brief(session, trial.brief_id, today=by.workspace.today).waited_for:
        return lazy("Scores are in that wait for yours, so you stay a reviewer.")
    if len(briefs.reviewers_of(session, trial.brief_id)) == 1:
        return lazy("Nobody else reviews this trial task. Ask somebody first.")
    return None


def leave(trial: TrialTask, *, by: Membership) -> None:
    """Take the joining back, as long as nothing was written and nobody's scores wait. Nobody may leave a brief without
    reviewers."""
    session = session_of(trial)
    row = reading.reviewer(session, trial.brief_id, by.user_id)
    if row is None:
        return
    words = why_not_leave(trial, by=by)
    if words is not None:
        raise Refused(words)
    session.delete(row)
    session.flush()
    _remind(session, trial)


def save(
    trial: TrialTask,
    *,
    by: Membership,
    version: int,
    given: Mapping[int, Given],
    remark: str = "",
    hand_in: bool = False,
) -> TrialReview:
    """Keep what a reviewer saw: as a draft that nobody else reads, or handed in. ``version`` is 0 for a new one.

    What was handed in stays so, and may be changed until its reviewer can read somebody else's; then it is final.
    Raises :class:`Stale` where it was saved elsewhere since, :class:`Refused` with the box that is wrong.
    """
    session = session_of(trial)
    row = reading.own(session, trial.id, by.user_id)
    if version != (row.version if row else 0):
        raise Stale(lazy("You have saved this somewhere else since you opened it."))
    _check_may(trial, row, by=by)
    _check(session, trial, given, remark)
    is_handed_in = hand_in or (row is not None and row.handed_in_at is not None)
    if is_handed_in and not any(each.value for each in given.values()):
        raise Refused(lazy("Score at least one thing before you hand it in."))
    if row is None:
        row = TrialReview(trial_id=trial.id, created_by=by.user_id, version=0)
        session.add(row)
    row.remark, row.version = remark, row.version + 1
    if is_handed_in and row.handed_in_at is None:
        row.handed_in_at = clock.now()
    session.flush()
    _put(session, row, given)
    if hand_in:
        _remind(session, trial)
    return row


def is_final(row: TrialReview | None, result: Result) -> bool:
    """Whether a review can be changed no more: it is in, and its reviewer can read somebody else's."""
    if row is None or row.handed_in_at is None:
        return False
    return any(each.reviewer.user_id != row.created_by for each in result.seen)


def _check_may(trial: TrialTask, row: TrialReview | None, *, by: Membership) -> None:
    session, today = session_of(trial), by.workspace.today
    words = why_not_yet(trial, today)
    if words is not None:
        raise Refused(words)
    if reading.reviewer(session, trial.brief_id, by.user_id) is None:
        raise Refused(lazy("You are not asked to review this. Join first."))
    if is_final(row, result_of(session, trial, today=today)):
        raise Refused(lazy("You can read what the others saw, so yours is final."))


def _check(session: WorkspaceSession, trial: TrialTask, given: Mapping[int, Given], remark: str) -> None:
    if len(remark) > limits.TEXT_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.TEXT_LENGTH), field="remark")
    if not given.keys() <= {row.id for row in briefs.criteria_of(session, trial.brief_id)}:
        raise Refused(lazy("Choose from the list."))
    for criterion_id, each in given.items():
        if each.value is not None and not LEAST <= each.value <= MOST:
            raise Refused(lazy("Type a number from 1 to 5."), field=f"value-{criterion_id}")
        if each.value is None and each.remark:
            raise Refused(lazy("Give it a score too, from 1 to 5."), field=f"value-{criterion_id}")
        if len(each.remark) > limits.LINE_LENGTH:
            words = lazy("Keep it under %(length)s characters.", length=limits.LINE_LENGTH)
            raise Refused(words, field=f"remark-{criterion_id}")


def _put(session: WorkspaceSession, row: TrialReview, given: Mapping[int, Given]) -> None:
    known = {score.criterion_id: score for score in reading.scores(session, row.id)}
    for criterion_id, each in given.items():
        score = known.get(criterion_id)
        if each.value is None:
            if score is not None:
                session.delete(score)
            continue
        if score is None:
            score = TrialScore(review_id=row.id, criterion_id=criterion_id)
            session.add(score)
        score.value, score.remark = each.value, each.remark
    session.flush()


def _remind(session: WorkspaceSession, trial: TrialTask) -> None:
    """Whoever has handed in is not reminded any more, whoever joined is."""
    touches.refresh(session, trials.vendor_of(trial))


# Reading


def _result(
    trial: TrialTask,
    asked: Sequence[Asked],
    handed_in: Sequence[Review],
    marks: Mapping[int, Sequence[Mark]] | None,
    criteria: Sequence[TrialCriterion],
    zone: str,
) -> Result:
    """``marks`` None: they are hidden."""
    are_in = {each.reviewer_id for each in handed_in}
    given = [(review, marks.get(review.id, ())) for review in handed_in] if marks is not None else []
    scored = [
        Scored(review.reviewer_id, mark.criterion_id, mark.value) for review, of_review in given for mark in of_review
    ]
    weighed = [Weighed(row.id, row.counts, row.is_fit) for row in criteria]
    means = trial_rules.means(scored)
    return Result(
        is_revealed=marks is not None,
        handed_in=[Reviewer(each.reviewer_id, each.name) for each in handed_in],
        waiting=[Reviewer(each.user_id, each.name) for each in asked if each.is_able and each.user_id not in are_in],
        seen=[_seen(trial, review, of_review, zone) for review, of_review in given],
        means=means,
        score=trial_rules.score(weighed, means),
        fit=trial_rules.fit(weighed, means),
    )


def _seen(trial: TrialTask, review: Review, marks: Sequence[Mark], zone: str) -> Seen:
    assert review.handed_in_at is not None  # others are not read
    on = clock.local(review.handed_in_at, zone).date()
    return Seen(
        reviewer=Reviewer(review.reviewer_id, review.name),
        handed_in_at=review.handed_in_at,
        is_late=trial.review_due_on is not None and on > trial.review_due_on,
        remark=review.remark,
        marks={mark.criterion_id: mark for mark in marks},
    )


def _by_trial(rows: Sequence[Review]) -> defaultdict[int, list[Review]]:
    found: defaultdict[int, list[Review]] = defaultdict(list)
    for each in rows:
        found[each.trial_id].append(each)
    return found


def _by_review(rows: Sequence[Mark]) -> defaultdict[int, list[Mark]]:
    found: defaultdict[int, list[Mark]] = defaultdict(list)
    for each in rows:
        found[each.review_id].append(each)
    return found
