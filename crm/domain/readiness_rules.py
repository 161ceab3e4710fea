"""What the answers of a readiness check come to, computed from plain values.

An area is the lower of its two answers, and the verdict follows the lowest area, never the mean: seven strong areas
do not make up for a budget that nobody has set.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from crm.models.enums import Answer, ReadinessArea, Statement, Verdict

RECHECK_AFTER = 90
"""Days after a check on which it is time to look again."""

ASKED: dict[ReadinessArea, tuple[Statement, Statement]] = {
    ReadinessArea.NEED: (Statement.NEED_OUTCOME, Statement.NEED_DONE),
    ReadinessArea.MONEY: (Statement.MONEY_BUDGET, Statement.MONEY_PAYING),
    ReadinessArea.TIME: (Statement.TIME_HOURS, Statement.TIME_ANSWERS),
    ReadinessArea.PROCESS: (Statement.PROCESS_STEPS, Statement.PROCESS_EXAMPLES),
    ReadinessArea.DELEGATION: (Statement.DELEGATION_DECISIONS, Statement.DELEGATION_MISTAKES),
    ReadinessArea.PROJECTS: (Statement.PROJECTS_PLACE, Statement.PROJECTS_CHANGES),
    ReadinessArea.COMMUNICATION: (Statement.COMMUNICATION_RHYTHM, Statement.COMMUNICATION_FEEDBACK),
    ReadinessArea.ACCESS: (Statement.ACCESS_OWN, Statement.ACCESS_BACK),
}
"""The two statements of each area."""

Answers = Mapping[Statement, Answer]

_BY_LOWEST = {
    Answer.NOT_STARTED: Verdict.PREPARE_FIRST,
    Answer.IN_A_HEAD: Verdict.START_SMALL,
    Answer.PARTLY_WRITTEN: Verdict.READY,
    Answer.WRITTEN_AND_USED: Verdict.READY,
}
_ORDER = tuple(Verdict)
_WEAK = (Answer.NOT_STARTED, Answer.IN_A_HEAD)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a whole check comes to.

    areas   how far each area is, in the order of the page.
    held_by the areas that the verdict rests on: the lowest, unless we are ready.
    weak    the statements that something could be done about.
    """

    verdict: Verdict
    areas: dict[ReadinessArea, Answer]
    held_by: tuple[ReadinessArea, ...]
    weak: tuple[Statement, ...]


def missing(answers: Answers) -> list[Statement]:
    """The statements without an answer, in the order of the page."""
    return [statement for statement in Statement if statement not in answers]


def outcome(answers: Answers) -> Outcome:
    """What sixteen answers come to. Raises :class:`ValueError` where one is missing."""
    if missing(answers):
        raise ValueError("A check without all its answers has no verdict.")
    areas = {area: min(answers[statement] for statement in pair) for area, pair in ASKED.items()}
    lowest = min(areas.values())
    verdict = _BY_LOWEST[lowest]
    held_by = tuple(area for area, answer in areas.items() if answer is lowest and verdict is not Verdict.READY)
    weak = tuple(statement for statement in Statement if answers[statement] in _WEAK)
    return Outcome(verdict, areas, held_by, weak)


def is_up(then: Verdict | None, now: Verdict) -> bool:
    """Whether a verdict is better than the one on the day of parking.

    Where there was none that day, only *ready* is: the parking itself says that we were not.
    """
    if then is None:
        return now is Verdict.READY
    return _ORDER.index(now) > _ORDER.index(then)
