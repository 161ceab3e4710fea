"""Whether reviewers' scores may be read, and who may therefore still begin or cease to review a brief.

Whoever could leave, read and come back would not be blind: who is waited for stays, and nobody comes once there is
something to read.
"""

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date

from crm.core.i18n import LazyText, lazy
from crm.core.tenancy import WorkspaceSession
from crm.domain import trial_rules
from crm.models.trials import TrialTask
from crm.queries import trial_reviews as reading
from crm.queries.trial_reviews import Asked, Review

STAYS = lazy("Scores are in that wait for theirs, so whoever has not scored yet stays a reviewer.")
CLOSED = lazy("Scores are open already, so nobody can be added any more.")


@dataclass(frozen=True, slots=True)
class Blindness:
    """How far the scores on a brief can be read, all its vendors together.

    ``waited_for`` are the reviewers for whom scores wait that were handed in and are hidden.
    """

    is_open: bool
    """Whether scores can be read, be it only of one vendor."""
    waited_for: Set[int]

    @property
    def words(self) -> list[LazyText]:
        """What it means for who reviews."""
        return [words for words, applies in ((STAYS, self.waited_for), (CLOSED, self.is_open)) if applies]


def of_brief(session: WorkspaceSession, brief_id: int, *, today: date) -> Blindness:
    """How far the scores on a brief can be read. ``today`` is the business's. Three queries."""
    tasks = reading.tasks_of(session, brief_id)
    asked = reading.asked(session, [brief_id])
    handed_in: defaultdict[int, list[Review]] = defaultdict(list)
    for each in reading.reviews(session, [task.id for task in tasks]):
        if each.handed_in_at:
            handed_in[each.trial_id].append(each)
    scored = [task for task in tasks if handed_in[task.id]]
    hidden = [task for task in scored if not is_revealed(task, asked, handed_in[task.id], today)]
    able = {each.user_id for each in asked if each.is_able}
    waited_for = {one for task in hidden for one in able - {each.reviewer_id for each in handed_in[task.id]}}
    return Blindness(is_open=len(hidden) < len(scored), waited_for=waited_for)


def is_revealed(trial: TrialTask, asked: Sequence[Asked], handed_in: Sequence[Review], today: date) -> bool:
    """Whether the scores of a trial task may be read. ``asked`` are the reviewers of its brief, ``handed_in`` its
    reviews that are in. Whoever cannot review any more, because they left or only read now, is not waited for."""
    since = {each.user_id: each.asked_at for each in asked if each.is_able}
    at = {each.reviewer_id: each.handed_in_at for each in handed_in if each.handed_in_at}
    return trial_rules.is_revealed(
        asked=since,
        handed_in=at,
        review_due_on=trial.review_due_on,
        today=today,
        was=trial_rules.were_all_in(since, at),
    )
