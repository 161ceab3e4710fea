"""What is decided after a trial task, with all that follows from it in one transaction; and taking it back.

The figures recommend, a person decides: nothing here refuses a decision because it goes against the advice. What the
figures said at that moment is kept with the decision.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from crm.core import clock, limits
from crm.core.errors import Missing, Refused
from crm.core.i18n import LazyText, lazy
from crm.core.settings import Settings
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import (
    interactions,
    log_dates,
    needs,
    stages,
    timeline,
    touches,
    trial_briefs,
    trial_reviews,
    trial_rules,
    trials,
    vendor_letters,
    webhook_events,
)
from crm.domain.parking_terms import ParkingTerms
from crm.domain.trial_briefs import BriefTerms, Condition, Criterion
from crm.domain.trial_reviews import Result
from crm.domain.trial_rules import AdviceFacts
from crm.domain.trials import TrialTerms
from crm.domain.vendor_letters import Recipient
from crm.models.enums import (
    EXIT_STAGES,
    MailState,
    NeedStatus,
    Stage,
    TimelineKind,
    TrialAdvice,
    TrialDecisionKind,
    TrialOutcome,
)
from crm.models.letters import VendorLetter
from crm.models.log import Interaction
from crm.models.needs import Need
from crm.models.stages import Parking, StageMove
from crm.models.trials import TrialBrief, TrialCriterion, TrialDecision, TrialTask
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import members, trial_decisions
from crm.queries import trial_briefs as brief_queries
from crm.queries import trials as trial_queries
from crm.queries import vendor_letters as letter_queries
from crm.queries.trials import ConditionRow


@dataclass(frozen=True, slots=True)
class Figures:
    """What speaks for a decision, as far as it may be read: while reviews are hidden, nothing rests on them.

    ``criteria`` are what reviewers score, ``unmet`` the acceptance criteria that are not met, ``musts_open`` how many
    musts nobody has looked at.
    """

    result: Result
    facts: AdviceFacts
    advice: TrialAdvice | None
    criteria: Sequence[TrialCriterion]
    unmet: Sequence[ConditionRow]
    musts_open: int

    @property
    def has_come(self) -> bool:
        """Whether something was delivered, be it only a first round."""
        return self.facts.delivered_on is not None

    def outcome(self, kind: TrialDecisionKind, on: date) -> TrialOutcome:
        """What a decision of this day makes of the trial task."""
        return trial_rules.outcome(kind, replace(self.facts, today=on))


def figures_of(session: WorkspaceSession, trial: TrialTask, *, today: date) -> Figures:
    """What speaks for a decision about a trial task. Six queries."""
    result = trial_reviews.result_of(session, trial, today=today)
    conditions = trial_queries.conditions_of(session, trial)
    unmet = [row for row in conditions if row.is_met is False]
    has_unmet_must = any(row.is_must for row in unmet)
    facts = trial_reviews.facts_of(trial, result, has_unmet_must=has_unmet_must, today=today)
    criteria = brief_queries.criteria_of(session, trial.brief_id)
    musts_open = sum(row.is_must and row.is_met is None for row in conditions)
    return Figures(result, facts, trial_rules.advice(facts), criteria, unmet, musts_open)


@dataclass(frozen=True, slots=True)
class SecondTry:
    """What is asked when a trial goes on: by when, and what the new brief says. Lines are one thing each.

    ``scored`` is what reviewers score; what the former brief scored too counts as often as it did there.
    """

    title: str
    due_on: date | None
    body: str = ""
    musts: Sequence[str] = ()
    shoulds: Sequence[str] = ()
    scored: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class DecisionTerms:
    """What was decided. ``decided_on`` None is today, ``decided_by`` None whoever writes it down.

    ``rationale`` is the reason where somebody is let go. ``fills_need`` says that the vendor who is brought on fills
    the need that the brief names.
    """

    kind: TrialDecisionKind
    rationale: str = ""
    decided_on: date | None = None
    decided_by: int | None = None
    fills_need: bool = False
    second_try: SecondTry | None = None
    parking: ParkingTerms | None = None
    exit_to: Stage = Stage.NOT_A_FIT


@dataclass(frozen=True, slots=True)
class Undone:
    """What taking a decision back could not take back: the letter that has left."""

    trial: TrialTask
    letter_has_left: bool


def find(session: WorkspaceSession, decision_id: int) -> TrialDecision:
    """A decision of this business, to be acted on. Raises :class:`Missing`."""
    row = session.get(TrialDecision, decision_id, with_for_update=session.writing or None)
    if row is None:
        raise Missing
    return row


def decide(trial: TrialTask, *, by: Membership, terms: DecisionTerms) -> TrialDecision:
    """Decide what becomes of a vendor after a trial task.

    Brought on: they are active, and fill the need where that is said. Gone on with: another trial task on a copy of
    the brief. Parked, or let go: the stage says so. Other trial tasks of a vendor whose stage changes are called off.
    The vendor is told nothing. Raises :class:`Refused` with the box that is wrong.
    """
    session = session_of(trial)
    vendor = session.get_one(Vendor, trial.vendor_id, with_for_update=True)
    if trial.outcome is not None:
        raise Refused(lazy("This trial task has its outcome already."))
    decided_on, decided_by = _check(session, trial, vendor, by=by, terms=terms)
    figures = figures_of(session, trial, today=by.workspace.today)
    outcome = figures.outcome(terms.kind, decided_on)
    trials.close(session, trial, by=by, outcome=outcome, note=terms.rationale)
    session.flush()
    is_extended = terms.kind is TrialDecisionKind.EXTEND
    move = None if is_extended else _move(vendor, by=by, terms=terms)
    following = _go_on(session, trial, vendor, by=by, terms=terms) if is_extended else None
    need_move = _fill(session, trial, by=by) if terms.fills_need else None
    decision = TrialDecision(
        trial_id=trial.id,
        kind=terms.kind,
        rationale=terms.rationale,
        advice=figures.advice,
        score=None if figures.facts.score is None else round(figures.facts.score * 1000),
        move_id=move.id if move else None,
        next_trial_id=following.id if following else None,
        decided_on=decided_on,
        decided_by=decided_by,
    )
    session.add(decision)
    session.flush()
    _record(session, trial, decision, by=by, need_move_id=need_move)
    webhook_events.trial_decided(decision, trial)
    touches.refresh(session, vendor)
    return decision


def undo(decision: TrialDecision, *, by: Membership) -> Undone:
    """Take a decision back with all that followed from it, as long as nothing came after.

    A letter that waits is not sent; one that has left stays in the log, which the answer says. Raises
    :class:`Refused` where the vendor, the need or the second trial task went on since.
    """
    session = session_of(decision)
    trial = trials.find(session, decision.trial_id)
    vendor = session.get_one(Vendor, trial.vendor_id, with_for_update=True)
    in_the_way = what_came_after(decision)
    if in_the_way is not None:
        raise Refused(in_the_way)
    need_move_id = trial_decisions.need_move_of(session, trial.id)
    following = session.get(TrialTask, decision.next_trial_id) if decision.next_trial_id else None
    decision.undone_at = clock.now()
    decision.next_trial_id = None
    session.flush()
    if need_move_id is not None:
        needs.undo_move(session, need_move_id, by=by)
    if following is not None:
        _withdraw(session, following)
    move = session.get(StageMove, decision.move_id) if decision.move_id else None
    if move is not None and move.undone_at is None:
        stages.undo(move, by=by)
    trials.open_again(session, trial)
    webhook_events.trial_decided(decision, trial)
    has_left = _stop_letter(session, decision, by=by)
    touches.refresh(session, vendor)
    return Undone(trial, has_left)


def what_came_after(decision: TrialDecision) -> LazyText | None:
    """Why a decision cannot be taken back: what came after it, as a sentence; None where it can. Twelve queries at the
    most."""
    session = session_of(decision)
    if decision.undone_at is not None:
        return lazy("This decision is taken back already.")
    following = session.get(TrialTask, decision.next_trial_id) if decision.next_trial_id else None
    if following is not None:
        return _became_of(session, following)
    need_move_id = trial_decisions.need_move_of(session, decision.trial_id)
    if need_move_id is not None and needs.has_gone_on(session, need_move_id):
        return lazy("The need that they fill has changed since.")
    move = session.get(StageMove, decision.move_id) if decision.move_id else None
    if move is None or move.undone_at is not None:
        return None
    return stages.what_came_after(move, stages.find_vendor(session, move.vendor_id))


def _became_of(session: WorkspaceSession, following: TrialTask) -> LazyText | None:
    """What became of the second trial task, where that keeps it."""
    if not following.is_open:
        return lazy("The trial task that followed has its outcome already. Take that back first.")
    if trials.has_begun(session, following):
        return lazy("Something has happened with the trial task that followed, so it stays.")
    if trial_briefs.is_given(session, following.brief_id, but=following.id):
        return lazy("Another vendor has the brief of the trial task that followed, so it stays.")
    return None


# Telling the vendor


def tell(
    decision: TrialDecision,
    *,
    by: Membership,
    settings: Settings,
    to: Recipient,
    subject: str,
    body: str,
    press: str,
) -> VendorLetter:
    """Send the vendor a letter about it, from here. The same press of the same form sends it once.

    Raises :class:`Refused` where no letter may go, or they were told already.
    """
    session, vendor = session_of(decision), _vendor(decision)
    known = trial_decisions.letter_of(session, decision.letter_id)
    said = (known.subject, known.body, known.recipient) if known is not None else None
    if known is not None and said == (subject, body, to.address) and _is_told(decision):
        return known
    _check_untold(decision)
    letter = vendor_letters.send(vendor, by=by, settings=settings, to=to, subject=subject, body=body, press=press)
    decision.letter_id, decision.message = letter.id, body
    _note_told(session, decision, vendor, by=by)
    return letter


def told_by_hand(
    decision: TrialDecision, *, by: Membership, to: Recipient | None, subject: str, body: str
) -> Interaction | None:
    """They were told by somebody's own mail program, or some other way: it is logged. None where the same was said
    already."""
    session, vendor = session_of(decision), _vendor(decision)
    if decision.message == body and decision.letter_id is None:
        return None
    _check_untold(decision)
    if not body:
        raise Refused(lazy("Type what you want to say."), field="body")
    copy = vendor_letters.log(vendor, by=by, to=to, subject=subject, body=body)
    decision.message = body
    _note_told(session, decision, vendor, by=by)
    return copy


def take_letter_back(decision: TrialDecision, *, by: Membership) -> None:
    """Do not send the letter after all. Raises :class:`Refused` where it may have left."""
    letter = trial_decisions.letter_of(session_of(decision), decision.letter_id)
    if letter is None:
        raise Missing
    vendor_letters.take_back(letter, by=by)
    _note_untold(decision, by=by)


def not_told_by_hand(decision: TrialDecision, copy: Interaction, *, by: Membership) -> None:
    """Take :func:`told_by_hand` back: out of the log, and they count as not told."""
    if decision.letter_id is not None or copy.vendor_id != _vendor(decision).id or copy.deleted_at is not None:
        raise Missing
    interactions.delete(copy, by=by)
    _note_untold(decision, by=by)


def _check_untold(decision: TrialDecision) -> None:
    if decision.undone_at is not None:
        raise Refused(lazy("This decision is taken back already."))
    if _is_told(decision):
        raise Refused(lazy("They were told already. What you wrote is in the timeline."))


def _is_told(decision: TrialDecision) -> bool:
    """Whether they know, as far as anybody can tell: a letter that surely did not leave does not count."""
    session = session_of(decision)
    letter = trial_decisions.letter_of(session, decision.letter_id)
    is_lost = letter is not None and letter_queries.state_of(session, letter) in brief_queries.NOT_SENT_AFTER_ALL
    return bool(decision.message) and not is_lost


def _note_told(session: WorkspaceSession, decision: TrialDecision, vendor: Vendor, *, by: Membership) -> None:
    """What a parked vendor was told belongs to the parking too, unless something is said there."""
    parking = _parking(session, decision, vendor)
    if parking is not None and not parking.told_vendor:
        parking.told_vendor = decision.message
        parking.version += 1
        stages.record_parking(session, parking, by=by)


def _note_untold(decision: TrialDecision, *, by: Membership) -> None:
    session = session_of(decision)
    parking = _parking(session, decision, _vendor(decision))
    if parking is not None and parking.told_vendor == decision.message:
        parking.told_vendor = ""
        parking.version += 1
        stages.record_parking(session, parking, by=by)
    decision.letter_id, decision.message = None, ""


def _parking(session: WorkspaceSession, decision: TrialDecision, vendor: Vendor) -> Parking | None:
    """The parking that the decision began, while it lasts."""
    move = session.get(StageMove, decision.move_id) if decision.move_id else None
    parking = touches.open_parking(session, vendor)
    return parking if parking and move and move.before.get("parking_begun") == parking.id else None


def _stop_letter(session: WorkspaceSession, decision: TrialDecision, *, by: Membership) -> bool:
    """Keep a letter that waits from leaving. Says whether one has left, or may have."""
    letter = trial_decisions.letter_of(session, decision.letter_id)
    if letter is None or letter_queries.state_of(session, letter) is MailState.CANCELLED:
        return False
    try:
        vendor_letters.take_back(letter, by=by)
    except Refused:
        return True
    return False


def _vendor(decision: TrialDecision) -> Vendor:
    session = session_of(decision)
    trial = session.get_one(TrialTask, decision.trial_id)
    return session.get_one(Vendor, trial.vendor_id, with_for_update=True)


# What follows


def _move(vendor: Vendor, *, by: Membership, terms: DecisionTerms) -> StageMove | None:
    to = _to(terms)
    if to is vendor.stage:
        return None
    return stages.move(
        vendor,
        by=by,
        to=to,
        why=terms.rationale if to in EXIT_STAGES else "",
        outcome=TrialOutcome.CALLED_OFF,
        parking=terms.parking if to is Stage.PARKED else None,
    )


def _to(terms: DecisionTerms) -> Stage:
    if terms.kind is TrialDecisionKind.BRING_ON:
        return Stage.ACTIVE
    return Stage.PARKED if terms.kind is TrialDecisionKind.PARK else terms.exit_to


def _go_on(
    session: WorkspaceSession, trial: TrialTask, vendor: Vendor, *, by: Membership, terms: DecisionTerms
) -> TrialTask:
    wanted = terms.second_try
    assert wanted is not None  # it was checked
    before = trial_briefs.terms_of(session, trial_briefs.find(session, trial.brief_id))
    brief = trial_briefs.write(session, by=by, terms=_brief(session, before, wanted, by=by))
    terms_of_next = TrialTerms(wanted.title, wanted.due_on, brief_id=brief.id, extends=trial)
    return trials.add(session, vendor, by=by, terms=terms_of_next)


def _brief(session: WorkspaceSession, before: BriefTerms, wanted: SecondTry, *, by: Membership) -> BriefTerms:
    able = {member.user_id for member in members.workers_of(members.members_of(session, by.workspace_id))}
    known = {each.name.casefold(): each for each in before.criteria}
    scored = (known.get(name.casefold(), Criterion(name)) for name in wanted.scored)
    return replace(
        before,
        title=wanted.title,
        body=wanted.body or wanted.title,
        conditions=(
            *(Condition(what) for what in wanted.musts),
            *(Condition(what, is_must=False) for what in wanted.shoulds),
        ),
        criteria=tuple(replace(each, id=None) for each in scored),
        reviewer_ids=tuple(user_id for user_id in before.reviewer_ids if user_id in able),
    )


def _withdraw(session: WorkspaceSession, following: TrialTask) -> None:
    """The second trial task goes, and the copy of the brief that was made for it."""
    brief_id = following.brief_id
    trials.withdraw(session, following)
    session.flush()
    brief = session.get(TrialBrief, brief_id)
    if brief is not None:
        trial_briefs.remove(brief)


def need_of(session: WorkspaceSession, trial: TrialTask) -> Need | None:
    """The need that a trial task's brief names, unless somebody fills it or nobody wants it any more."""
    brief = session.get_one(TrialBrief, trial.brief_id)
    need = session.get(Need, brief.need_id, with_for_update=session.writing or None) if brief.need_id else None
    return need if need is not None and need.status is not NeedStatus.FILLED else None


def _fill(session: WorkspaceSession, trial: TrialTask, *, by: Membership) -> int | None:
    need = need_of(session, trial)
    if need is None:
        return None
    return needs.move(need, by=by, to=NeedStatus.FILLED, filled_by_id=trial.vendor_id).id


def _record(
    session: WorkspaceSession, trial: TrialTask, decision: TrialDecision, *, by: Membership, need_move_id: int | None
) -> None:
    """In the log the decision stands in the place of the bare outcome."""
    timeline.record(
        session,
        trial.vendor_id,
        TimelineKind.TRIAL,
        trial.id,
        step="outcome",
        on=by.workspace.today,
        by=by.user_id,
        body=decision.rationale,
        what=trial.what,
        outcome=trial.outcome,
        decision=decision.kind,
        decided_on=decision.decided_on.isoformat(),
        decided_by=decision.decided_by,
        need_move=need_move_id,
    )


# Looking it through


def _check(
    session: WorkspaceSession, trial: TrialTask, vendor: Vendor, *, by: Membership, terms: DecisionTerms
) -> tuple[date, int]:
    """The day and the person of the decision. Refuses what makes no sense before anything is changed."""
    if len(terms.rationale) > limits.TEXT_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.TEXT_LENGTH), field="rationale")
    decided_on = terms.decided_on or by.workspace.today
    log_dates.require_past(decided_on, by=by, field="decided_on")
    if decided_on < trial.started_on:
        raise Refused(lazy("The trial task had not begun then."), field="decided_on")
    decided_by = terms.decided_by or by.user_id
    stages.check_member(session, decided_by, field="decided_by", present=by.user_id)
    if terms.kind is TrialDecisionKind.EXTEND:
        _check_second_try(trial, terms.second_try, by.workspace.today)
    elif terms.kind is TrialDecisionKind.DECLINE:
        if terms.exit_to not in EXIT_STAGES:
            raise Refused(lazy("Choose one of the list."), field="exit_to")
        if not terms.rationale:
            raise Refused(lazy("Say why, in a sentence. You will want to know it one day."), field="rationale")
    elif terms.kind is TrialDecisionKind.PARK and terms.parking is None and vendor.stage is not Stage.PARKED:
        raise Refused(lazy("Say why now is the wrong time."), field="reason")
    return decided_on, decided_by


def _check_second_try(trial: TrialTask, wanted: SecondTry | None, today: date) -> None:
    if not may_go_on(trial):
        words = lazy("It went on twice already. Bring them on, park them, or part ways.")
        raise Refused(words, field="kind")
    if wanted is None or not wanted.title:
        raise Refused(lazy("Say what the trial task is."), field="title")
    if not wanted.scored:
        raise Refused(lazy("Say what reviewers score."), field="scored")
    trials.check(TrialTerms(wanted.title, wanted.due_on), today)


def may_go_on(trial: TrialTask) -> bool:
    """Whether another trial task may follow: twice at the most."""
    return trial.extension < trial_rules.EXTENSIONS_AT_MOST
