"""The vendors of one brief side by side: what the reviewers saw, who is ahead, what the figures recommend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from string import ascii_uppercase

from crm.core.i18n import _
from crm.core.tenancy import WorkspaceSession
from crm.domain import trial_reviews, trial_rules, trial_work
from crm.domain.trial_reviews import Result, Reviewer
from crm.domain.trial_rules import MATTERS_MOST, AdviceFacts
from crm.domain.trial_work import AnswerTimes
from crm.models.enums import Stage, TrialAdvice
from crm.models.trials import TrialBrief, TrialCondition, TrialCriterion, TrialTask
from crm.queries import trial_briefs as briefs
from crm.queries import trial_decisions
from crm.queries import trial_reviews as reading
from crm.queries.trial_briefs import NOT_SENT_AFTER_ALL
from crm.queries.trial_decisions import DecisionRow


@dataclass(frozen=True, slots=True)
class Column:
    """One vendor at work on the brief, as far as it may be shown.

    ``checks`` says by condition whether what came meets it, without what nobody has looked at. ``days_late`` is
    negative for days early, None without a day. ``before_brief_id`` is the brief of the trial task that it goes on
    with, ``next_brief_id`` that of the one that goes on with it.
    """

    trial: TrialTask
    name: str
    what_they_do: str
    stage: Stage
    is_named: bool
    may_be_reviewed: bool
    result: Result
    checks: Mapping[int, bool]
    musts_open: int
    """How many musts nobody has looked at."""
    unmet: Sequence[TrialCondition]
    answers: AnswerTimes
    facts: AdviceFacts
    advice: TrialAdvice | None
    days_late: int | None
    was_sent: bool
    before_brief_id: int | None
    next_brief_id: int | None
    decision: DecisionRow | None

    @property
    def has_come(self) -> bool:
        """Whether something came, be it only a first round."""
        return self.trial.delivered_on is not None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The criteria down, the vendors across. What is best is the best of those whose scores are open."""

    brief: TrialBrief
    criteria: Sequence[TrialCriterion]
    conditions: Sequence[TrialCondition]
    columns: Sequence[Column]
    best: Mapping[int, set[int]]
    """The trial tasks that are best in something, by criterion."""
    leader: Column | None
    leads_most: bool
    """Whether the leader is ahead also in what matters most."""

    @property
    def came(self) -> int:
        """How many have delivered."""
        return sum(each.has_come for each in self.columns)

    @property
    def open_columns(self) -> list[Column]:
        """Those whose scores may be read."""
        return [each for each in self.columns if each.result.is_revealed]

    @property
    def may_be_joined(self) -> bool:
        """Whether somebody who was not asked can still review along: nothing can be read yet."""
        return not any(each.result.seen for each in self.columns)

    @property
    def has_answers(self) -> bool:
        """Whether any vendor asked something."""
        return any(each.answers.answered or each.answers.waiting for each in self.columns)

    @property
    def has_words(self) -> bool:
        """Whether it is said of any vendor what we share, or must explain."""
        return any(each.trial.shared or each.trial.to_explain for each in self.columns)

    @property
    def has_remarks(self) -> bool:
        """Whether any reviewer says something overall that may be read, or was late."""
        return any(seen.remark or seen.is_late for each in self.columns for seen in each.result.seen)

    @property
    def reviewers(self) -> list[Reviewer]:
        """Whose scores are shown."""
        seen = {each.reviewer.user_id: each.reviewer for column in self.columns for each in column.result.seen}
        return sorted(seen.values(), key=lambda each: each.name)

    @property
    def scored_on(self) -> date | None:
        """The day of the latest review that is shown, in universal time."""
        days = [each.handed_in_at.date() for column in self.columns for each in column.result.seen]
        return max(days, default=None)

    @property
    def sent(self) -> tuple[int, set[date]]:
        """To how many it was sent, and on which days."""
        sent = [each.trial.sent_on for each in self.columns if each.was_sent and each.trial.sent_on]
        return len(sent), set(sent)


def compare(
    session: WorkspaceSession, brief: TrialBrief, *, today: date, zone: str, hides_names: bool = False
) -> Comparison:
    """The comparison of a brief's vendors. ``today`` and ``zone`` are the business's.

    The best in front; with the names hidden in an order that says nothing, the same each time. A trial task that
    another one of the same brief goes on with is left out. Ten queries.
    """
    found = reading.compared(session, brief.id)
    goes_on = {each.trial.extends_id for each in found}
    rows = [each for each in found if each.trial.id not in goes_on]
    tasks = [each.trial for each in rows]
    ids = [task.id for task in tasks]
    criteria = reading.criteria(session, [brief.id])
    conditions = briefs.conditions_of(session, brief.id)
    results = trial_reviews.results(session, tasks, today=today, zone=zone)
    checks, questions = reading.checks(session, ids), reading.questions(session, ids)
    following, decisions = reading.following(session, ids), trial_decisions.of_trials(session, ids)
    columns = []
    for row in rows:
        trial, result = row.trial, results[row.trial.id]
        said = {number: is_met for (trial_id, number), is_met in checks.items() if trial_id == trial.id}
        unmet = [each for each in conditions if said.get(each.id) is False]
        is_unmet = any(each.is_must for each in unmet)
        facts = trial_reviews.facts_of(trial, result, has_unmet_must=is_unmet, today=today)
        column = Column(
            trial=trial,
            name=row.name,
            what_they_do=row.what_they_do,
            stage=row.stage,
            is_named=True,
            may_be_reviewed=trial_reviews.why_not_yet(trial, today) is None,
            result=result,
            checks=said,
            musts_open=sum(each.is_must and each.id not in said for each in conditions),
            unmet=unmet,
            answers=trial_work.answer_times(questions[trial.id]),
            facts=facts,
            advice=trial_rules.advice(facts),
            days_late=_days_late(trial, today),
            was_sent=trial.sent_on is not None and row.letter not in NOT_SENT_AFTER_ALL,
            before_brief_id=row.before_brief_id,
            next_brief_id=following[trial.id][1] if trial.id in following else None,
            decision=next((each for each in decisions[trial.id] if each.stands), None),
        )
        columns.append(column)
    ordered = _without_names(columns) if hides_names else sorted(columns, key=_by_score)
    return _compared(brief, criteria, conditions, ordered)


def _compared(
    brief: TrialBrief,
    criteria: Sequence[TrialCriterion],
    conditions: Sequence[TrialCondition],
    columns: Sequence[Column],
) -> Comparison:
    first = trial_rules.leader({each.trial.id: each.result.score for each in columns})
    most = [row.id for row in criteria if row.counts == MATTERS_MOST]
    return Comparison(
        brief=brief,
        criteria=criteria,
        conditions=conditions,
        columns=columns,
        best={row.id: trial_rules.best(_means(columns, row.id)) for row in criteria},
        leader=next((each for each in columns if each.trial.id == first), None),
        leads_most=first is not None and trial_rules.leader(_over(columns, most)) == first,
    )


def _means(columns: Sequence[Column], criterion_id: int) -> dict[int, float]:
    return {each.trial.id: each.result.means[criterion_id] for each in columns if criterion_id in each.result.means}


def _over(columns: Sequence[Column], criterion_ids: Sequence[int]) -> dict[int, float | None]:
    """The plain mean over some criteria, by trial task; None where one of them is not rated."""
    found: dict[int, float | None] = {}
    for column in columns:
        values = [column.result.means.get(each) for each in criterion_ids]
        rated = [value for value in values if value is not None]
        found[column.trial.id] = sum(rated) / len(rated) if rated and len(rated) == len(values) else None
    return found


def _days_late(trial: TrialTask, today: date) -> int | None:
    """Of what went back for changes: how it stands to the day agreed on for that."""
    if trial.due_on is None:
        return None
    until = trial.ended_on or today
    return trial_rules.days_late(trial.due_on, None if trial.waits else trial.delivered_on, until)


def _by_score(column: Column) -> tuple[float, int]:
    return -(column.result.score or 0.0), column.trial.id


def _without_names(columns: Sequence[Column]) -> list[Column]:
    """Vendor A, B, C: in an order that follows from nothing one could know, and stays."""

    def place(column: Column) -> str:
        return sha256(f"{column.trial.brief_id}:{column.trial.id}".encode()).hexdigest()

    return [
        replace(column, name=_("Vendor %(letter)s", letter=_letter(number)), what_they_do="", is_named=False)
        for number, column in enumerate(sorted(columns, key=place))
    ]


def _letter(number: int) -> str:
    """A to Z, then AA."""
    rest, place = divmod(number, len(ascii_uppercase))
    return (_letter(rest - 1) if rest else "") + ascii_uppercase[place]
