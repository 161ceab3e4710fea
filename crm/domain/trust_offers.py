"""What records amount to as trust entries, and the entries of one tap: offered with all boxes filled in.

Nothing here writes. :func:`crm.domain.trust_entries.note_once` does, for what comes from a record.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from crm.core.i18n import LazyText, _, lazy
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import (
    Dimension,
    Direction,
    PromiseKind,
    PromiseState,
    RecordKind,
    TrialOutcome,
    Visibility,
    Weight,
    WorkOutcome,
)
from crm.models.log import Interaction, Promise
from crm.models.trials import TrialTask
from crm.models.workspaces import Membership
from crm.queries.trust_records import Ref


@dataclass(frozen=True, slots=True)
class Observation:
    """What an entry says. ``expected_on`` and ``actual_on`` are for what was to be delivered by a day; ``record`` is
    what shows it."""

    occurred_on: date
    dimension: Dimension
    direction: Direction
    weight: Weight
    what_happened: str
    person_id: int | None = None
    evidence: str = ""
    attachment_id: int | None = None
    expected_on: date | None = None
    actual_on: date | None = None
    observer_id: int | None = None
    vendor_told: bool = False
    our_response: str = ""
    visibility: Visibility = Visibility.TEAM
    repairs_id: int | None = None
    record: Ref | None = None


class Quick(StrEnum):
    """What happens so often that one tap writes it down."""

    ON_TIME = "on_time"
    MISSED_SILENTLY = "missed_silently"
    WARNED_EARLY = "warned_early"
    CAUGHT_OUR_MISTAKE = "caught_our_mistake"
    OVERBILLED = "overbilled"
    OWNED_A_MISTAKE = "owned_a_mistake"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a quick entry amounts to."""

    words: LazyText
    dimension: Dimension
    direction: Direction
    weight: Weight


QUICK: dict[Quick, Meaning] = {
    Quick.ON_TIME: Meaning(lazy("Delivered on time"), Dimension.INTEGRITY, Direction.POSITIVE, Weight.MINOR),
    Quick.MISSED_SILENTLY: Meaning(
        lazy("Missed a date without telling us"), Dimension.INTEGRITY, Direction.NEGATIVE, Weight.NOTABLE
    ),
    Quick.WARNED_EARLY: Meaning(lazy("Warned us early"), Dimension.BENEVOLENCE, Direction.POSITIVE, Weight.MINOR),
    Quick.CAUGHT_OUR_MISTAKE: Meaning(
        lazy("Caught our mistake"), Dimension.BENEVOLENCE, Direction.POSITIVE, Weight.NOTABLE
    ),
    Quick.OVERBILLED: Meaning(lazy("Overbilled us"), Dimension.INTEGRITY, Direction.NEGATIVE, Weight.NOTABLE),
    Quick.OWNED_A_MISTAKE: Meaning(lazy("Owned a mistake"), Dimension.INTEGRITY, Direction.POSITIVE, Weight.NOTABLE),
}


def quickly(quick: Quick, *, by: Membership, on: date) -> Observation:
    """What a tap writes down."""
    meaning = QUICK[quick]
    return _seen(meaning.dimension, meaning.direction, meaning.weight, str(meaning.words), by=by, on=on)


def of_delivery(interaction: Interaction, *, by: Membership, quick: Quick) -> Observation:
    """What a tap beside a conversation or a delivery in the log writes down."""
    seen = quickly(quick, by=by, on=interaction.occurred_on)
    return replace(seen, person_id=interaction.person_id, record=Ref(RecordKind.INTERACTION, interaction.id))


def of_promise(promise: Promise, *, by: Membership) -> Observation | None:
    """What a promise of theirs that was kept or broken amounts to; None for any other."""
    if promise.kind is not PromiseKind.THEIRS or promise.closed_on is None:
        return None
    is_kept = promise.state is PromiseState.KEPT
    if is_kept:
        words, weight = _("Kept a promise: %(what)s", what=promise.what), Weight.MINOR
    elif promise.state is PromiseState.BROKEN:
        words, weight = _("Broke a promise: %(what)s", what=promise.what), Weight.NOTABLE
    else:
        return None
    seen = _seen(Dimension.INTEGRITY, _up(is_kept), weight, words, by=by, on=promise.closed_on)
    return replace(
        seen,
        expected_on=promise.due_on,
        actual_on=promise.closed_on if is_kept else None,
        record=Ref(RecordKind.PROMISE, promise.id),
    )


def of_trial(trial: TrialTask, *, by: Membership) -> Observation | None:
    """What a trial task's outcome amounts to: it shows what they can do. None while it is open, or was called off, or
    goes on; nor where it failed and we had not given what we promised."""
    if trial.ended_on is None or trial.outcome not in (TrialOutcome.PASSED, TrialOutcome.FAILED):
        return None
    if trial.outcome is TrialOutcome.FAILED and trial.gave_promised is False:
        return None
    what = _short(trial.what)
    has_passed = trial.outcome is TrialOutcome.PASSED
    words = (
        _("Passed a trial task: %(what)s", what=what) if has_passed else _("Failed a trial task: %(what)s", what=what)
    )
    seen = _seen(Dimension.ABILITY, _up(has_passed), Weight.NOTABLE, words, by=by, on=trial.ended_on)
    return replace(seen, record=Ref(RecordKind.TRIAL, trial.id))


def of_trial_day(trial: TrialTask, *, by: Membership) -> Observation | None:
    """What coming on time, or late, amounts to in a trial task; None where it says nothing for sure.

    By the day agreed on last: they kept their word. Later, but they said so beforehand: they looked out for us. Later
    without a word, or not at all: they broke it; nothing, where we had not given what we promised.
    """
    if trial.due_on is None or trial.ended_on is None or trial.outcome is TrialOutcome.CALLED_OFF:
        return None
    what, day = _short(trial.what), trial.delivered_on
    if day is not None and day <= trial.due_on:
        words = _("Delivered a trial task on time: %(what)s", what=what)
        found = Dimension.INTEGRITY, Direction.POSITIVE, Weight.MINOR, words
    elif day is None and trial.ended_on <= trial.due_on:
        return None
    elif trial.gave_notice:
        words = _("Said beforehand that a trial task would be late: %(what)s", what=what)
        found = Dimension.BENEVOLENCE, Direction.POSITIVE, Weight.MINOR, words
    elif trial.gave_promised is False:
        return None
    else:
        said = _("Delivered a trial task late without telling us: %(what)s", what=what)
        words = said if day is not None else _("Missed the day of a trial task without telling us: %(what)s", what=what)
        found = Dimension.INTEGRITY, Direction.NEGATIVE, Weight.NOTABLE, words
    seen = _seen(*found, by=by, on=day or trial.ended_on)
    return replace(seen, expected_on=trial.due_on, actual_on=day, record=Ref(RecordKind.TRIAL, trial.id))


def all_of_trial(trial: TrialTask, *, by: Membership) -> list[Observation]:
    """All that a trial task amounts to: what it shows of their skill, and of keeping a day."""
    return [seen for seen in (of_trial(trial, by=by), of_trial_day(trial, by=by)) if seen is not None]


def of_work(work: DelegatedWork, *, by: Membership) -> Observation | None:
    """What a piece of work that was accepted or rejected amounts to; None where it says nothing for sure.

    Used without a change: it shows what they can do, a little; by the day that was agreed on first, the words say so.
    Accepted after changes, but by that day: they kept their word. Accepted after changes and late: nothing; whether
    being late was a breach depends on whether they warned us, which a quick entry says. Rejected: they could not do
    it, this time; nothing, where we had not given what we promised for it. Work that was called off says nothing.
    """
    if work.decided_on is None:
        return None
    day, is_rejected = work.delivered_on, work.outcome is WorkOutcome.REJECTED
    is_on_time = day is not None and day <= work.original_due_on
    if is_rejected and work.gave_promised is not False:
        found = Dimension.ABILITY, Weight.NOTABLE, _("Rejected: %(title)s", title=work.title)
    elif work.outcome is WorkOutcome.ACCEPTED and not work.rounds:
        words = _("Used without a change: %(title)s", title=work.title)
        if is_on_time:
            words = _("Delivered on time and used without a change: %(title)s", title=work.title)
        found = Dimension.ABILITY, Weight.MINOR, words
    elif work.outcome is WorkOutcome.ACCEPTED and is_on_time:
        found = Dimension.INTEGRITY, Weight.MINOR, _("Delivered on time: %(title)s", title=work.title)
    else:
        return None
    dimension, weight, said = found
    seen = _seen(dimension, _up(not is_rejected), weight, said, by=by, on=work.decided_on)
    return replace(seen, expected_on=work.original_due_on, actual_on=day, record=Ref(RecordKind.WORK, work.id))


def of_record(row: Promise | TrialTask | DelegatedWork | Interaction, *, by: Membership) -> Observation | None:
    """What a record amounts to by itself; None where a person has to say so, as for any conversation."""
    match row:
        case Promise():
            return of_promise(row, by=by)
        case TrialTask():
            return of_trial(row, by=by)
        case DelegatedWork():
            return of_work(row, by=by)
    return None


def _up(is_good: bool) -> Direction:
    return Direction.POSITIVE if is_good else Direction.NEGATIVE


def _seen(
    dimension: Dimension, direction: Direction, weight: Weight, words: str, *, by: Membership, on: date
) -> Observation:
    return Observation(on, dimension, direction, weight, words, observer_id=by.user_id)


_EXCERPT = 200


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _EXCERPT else f"{line[:_EXCERPT].rstrip()}…"
