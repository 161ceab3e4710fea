"""Giving a brief to vendors: to several at once, by a letter from here or by hand, and taking it back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from crm.core import formats, limits
from crm.core.errors import Refused
from crm.core.i18n import LazyText, _, lazy, ngettext
from crm.core.settings import Settings
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import interactions, need_rules, needs, stages, touches, trials, vendor_letters
from crm.domain.need_rules import Concern
from crm.domain.permissions import Act, require
from crm.domain.trial_briefs import BriefTerms
from crm.domain.trials import TrialTerms
from crm.domain.vendor_letters import Recipient
from crm.mail import drafts
from crm.mail.drafts import Draft
from crm.models.enums import Importance, NeedStatus, SentHow, Stage
from crm.models.letters import VendorLetter
from crm.models.log import Interaction
from crm.models.needs import Need, NeedMove
from crm.models.stages import StageMove
from crm.models.trials import TrialBrief, TrialTask
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import needs as need_queries
from crm.queries import vendor_letters as letter_queries
from crm.queries.trial_briefs import NOT_SENT_AFTER_ALL

_BEFORE_A_TRIAL = (NeedStatus.IDEA, NeedStatus.DEFINED, NeedStatus.SOURCING)


@dataclass(frozen=True, slots=True)
class Giving:
    """What giving a brief brought about: a trial task for each vendor, a step of the need, and who had it already."""

    trials: list[TrialTask]
    has_it: list[str]
    need_move: NeedMove | None


def give(brief: TrialBrief, *, by: Membership, vendor_ids: Iterable[int], due_on: date | None) -> Giving:
    """Give it to these vendors, due on the day that was agreed. Whoever stands elsewhere on the board moves to Trial
    task; a need that is not that far yet is in trial from now on. Who has an open task of this brief is left out.

    Raises :class:`Refused` where nobody is left, or the day makes no sense.
    """
    session = session_of(brief)
    wanted = sorted(set(vendor_ids))  # in one order, so that two people at it do not wait for each other
    if not wanted:
        raise Refused(lazy("Choose who gets it."), field="vendor_ids")
    if len(wanted) > limits.TRIAL_VENDORS:
        raise Refused(lazy("Give it to %(most)s at once at the most.", most=limits.TRIAL_VENDORS), field="vendor_ids")
    vendors = [stages.find_vendor(session, vendor_id) for vendor_id in wanted]
    there = _at_work_on(session, brief)
    left = [vendor for vendor in vendors if vendor.id not in there]
    if not left:
        words = lazy("%(names)s has this brief already.", names=", ".join(vendor.name for vendor in vendors))
        raise Refused(words, field="vendor_ids")
    terms = TrialTerms(brief.title, due_on, brief_id=brief.id)
    given = [_give_one(session, vendor, by=by, terms=terms) for vendor in left]
    has_it = [vendor.name for vendor in vendors if vendor.id in there]
    return Giving(given, has_it, _bring_need_into_trial(session, brief, by=by))


def take_back(brief: TrialBrief, *, by: Membership, trial_ids: Sequence[int], need_move_id: int | None = None) -> None:
    """Take a giving back: the tasks go, the vendors and the need stand where they stood.

    Raises :class:`Refused` where it is taken back already, or something has come of it.
    """
    session = session_of(brief)
    rows = select(TrialTask).where(TrialTask.brief_id == brief.id, TrialTask.id.in_(trial_ids))
    given = session.scalars(rows.order_by(TrialTask.id.desc()).with_for_update()).all()
    if not given:
        raise Refused(lazy("It is taken back already."))
    if any(trial.sent_on or trial.delivered_on or not trial.is_open for trial in given):
        raise Refused(lazy("It has gone on since. Decide about each trial task instead."))
    for trial in given:
        _take_one_back(session, trial, by=by)
    if need_move_id is not None and not _at_work_on(session, brief):
        _bring_need_back(session, brief, need_move_id, by=by)


def _give_one(session: WorkspaceSession, vendor: Vendor, *, by: Membership, terms: TrialTerms) -> TrialTask:
    if vendor.stage is Stage.TRIAL:
        return trials.start(vendor, by=by, terms=terms)
    move = stages.move(vendor, by=by, to=Stage.TRIAL, trial=terms)
    return trials.find(session, move.before["trial_begun"])


def _take_one_back(session: WorkspaceSession, trial: TrialTask, *, by: Membership) -> None:
    vendor = stages.find_vendor(session, trial.vendor_id)
    moves = select(StageMove).where(StageMove.vendor_id == vendor.id, StageMove.undone_at.is_(None))
    latest = session.scalars(moves.order_by(StageMove.id.desc()).limit(1)).first()
    if latest is not None and latest.before.get("trial_begun") == trial.id:
        stages.undo(latest, by=by)
        return
    trials.withdraw(session, trial)
    touches.refresh(session, vendor)


def _at_work_on(session: WorkspaceSession, brief: TrialBrief) -> set[int]:
    rows = select(TrialTask.vendor_id).where(TrialTask.brief_id == brief.id, TrialTask.outcome.is_(None))
    return set(session.scalars(rows))


def _bring_need_into_trial(session: WorkspaceSession, brief: TrialBrief, *, by: Membership) -> NeedMove | None:
    need = needs.find(session, brief.need_id) if brief.need_id is not None else None
    if need is None or need.status not in _BEFORE_A_TRIAL:
        return None
    return needs.move(need, by=by, to=NeedStatus.IN_TRIAL)


def _bring_need_back(session: WorkspaceSession, brief: TrialBrief, need_move_id: int, *, by: Membership) -> None:
    need = session.get(Need, brief.need_id) if brief.need_id is not None else None
    latest = next(iter(need_queries.moves_of(session, need.id)), None) if need is not None else None
    # Somebody may have brought the need further since: that stays.
    if latest is not None and latest.id == need_move_id and latest.to_status is NeedStatus.IN_TRIAL:
        needs.undo_move(session, latest.id, by=by)


def concerns_about(
    session: WorkspaceSession, vendor_ids: Iterable[int], *, need: Need | None, category_id: int | None
) -> dict[int, list[Concern]]:
    """What is worth a plain word before one of these vendors gets the brief, by vendor: held against the need, or
    against the kind of work where there is none. It never stands in the way. Two queries at most."""
    if need is not None:
        return needs.concerns_about(session, need, vendor_ids)
    if category_id is None:
        return {}
    return {
        vendor_id: need_rules.concerns(
            is_defined=True, unmet=0, importance=Importance.USEFUL, is_in_niche=offered.is_in_niche
        )
        for vendor_id, offered in need_queries.offers(session, vendor_ids, category_id).items()
    }


# How it gets there


def draft(terms: BriefTerms, *, to: str, address: str, due_on: date | None, sender: str, today: date) -> Draft:
    """The letter that takes a brief to a vendor. What it is to prove and what we score stay with us."""
    paragraphs = [
        drafts.greeting(to),
        _("Here is the brief for a small piece of work: %(title)s.", title=terms.title),
        terms.body,
        _under(_("What you hand over"), terms.deliverable),
        _under(_("What it has to be"), _lines(one.what for one in terms.conditions if one.is_must)),
        _under(_("What would be even better"), _lines(one.what for one in terms.conditions if not one.is_must)),
        _under(_("What you get from us"), terms.given),
        _under(_("What we agree on"), _lines(_agreed(terms, due_on, today))),
        _("If anything is unclear, ask: answer this letter, and we answer soon."),
        sender,
    ]
    return Draft((address,) if address else (), _subject(terms.title), drafts.join(paragraphs))


def send(
    trial: TrialTask, *, by: Membership, settings: Settings, to: Recipient, subject: str, body: str, press: str
) -> VendorLetter:
    """Send the brief to its vendor by a letter from here. The same letter goes once, however often it is sent.

    Raises :class:`Refused` where they have it already, or no letter may go (:func:`vendor_letters.send`).
    """
    session = session_of(trial)
    before = session.get(VendorLetter, trial.letter_id) if trial.letter_id is not None else None
    if is_sent(session, trial):
        if before is None or (before.created_by, before.recipient, before.subject, before.body) != (
            by.user_id,
            to.address,
            subject,
            body,
        ):
            raise Refused(_has_it())
        return before
    _check_open(trial)
    vendor = stages.find_vendor(session, trial.vendor_id)
    letter = vendor_letters.send(vendor, by=by, settings=settings, to=to, subject=subject, body=body, press=press)
    _note(trial, SentHow.LETTER, by=by, letter_id=letter.id)
    return letter


def note_sent(
    trial: TrialTask, *, by: Membership, to: Recipient | None, subject: str, body: str, keeps_copy: bool
) -> Interaction | None:
    """It was sent by one's own mail program, or handed over; with a copy for the log, if wanted.

    Raises :class:`Refused` where they have it already.
    """
    require(by, Act.WORK)
    session = session_of(trial)
    if is_sent(session, trial):
        raise Refused(_has_it())
    _check_open(trial)
    _note(trial, SentHow.BY_HAND, by=by, letter_id=None)
    if not keeps_copy:
        return None
    return vendor_letters.log(stages.find_vendor(session, trial.vendor_id), by=by, to=to, subject=subject, body=body)


def take_sending_back(trial: TrialTask, *, by: Membership, copy_id: int | None = None) -> None:
    """It was not sent after all. A letter must still be waiting; ``copy_id`` is the copy that went into the log.

    Raises :class:`Refused` where the letter has left, or nothing was sent.
    """
    session = session_of(trial)
    if trial.sent_on is None:
        raise Refused(lazy("It is taken back already."))
    if trial.letter_id is not None:
        vendor_letters.take_back(vendor_letters.find(session, trial.letter_id, writer=by), by=by)
        return
    copy = session.get(Interaction, copy_id) if copy_id is not None else None
    is_own = copy is not None and (copy.vendor_id, copy.created_by) == (trial.vendor_id, by.user_id)
    if copy is not None and is_own and copy.deleted_at is None:
        interactions.delete(copy, by=by)
    vendor_letters.not_sent(trial)


def is_sent(session: WorkspaceSession, trial: TrialTask) -> bool:
    """Whether the vendor has the brief, as far as anybody knows: a letter that surely did not leave does not count."""
    if trial.sent_on is None:
        return False
    letter = session.get(VendorLetter, trial.letter_id) if trial.letter_id is not None else None
    return letter is None or letter_queries.state_of(session, letter) not in NOT_SENT_AFTER_ALL


def _note(trial: TrialTask, how: SentHow, *, by: Membership, letter_id: int | None) -> None:
    trial.sent_on, trial.sent_how, trial.letter_id = by.workspace.today, how, letter_id
    trial.version += 1
    session_of(trial).flush()


def _check_open(trial: TrialTask) -> None:
    if not trial.is_open:
        raise Refused(lazy("This trial task has its outcome already."))


def _has_it() -> LazyText:
    return lazy("They have this brief already.")


# What the letter says


def _subject(title: str) -> str:
    return _("A small piece of work: %(title)s", title=title)[: limits.SUBJECT_LENGTH]


def _under(heading: str, words: str) -> str:
    return f"{heading}:\n{words}" if words else ""


def _lines(found: Iterable[str]) -> str:
    return "\n".join(f"- {each}" for each in found)


def _agreed(terms: BriefTerms, due_on: date | None, today: date) -> list[str]:
    found = [_("We need it by %(day)s.", day=formats.day(due_on, today))] if due_on is not None else []
    if terms.hours is not None:
        found.append(ngettext("It should take about %(num)s hour.", "It should take about %(num)s hours.", terms.hours))
    if terms.paid_amount:
        found.append(_("We pay %(amount)s for it.", amount=formats.money(terms.paid_amount, terms.paid_currency)))
    elif terms.paid_amount is None:
        found.append(_("It is paid; we settle the amount before you begin."))
    else:
        found.append(_("It is unpaid."))
    if terms.revision_rounds is not None:
        rounds = terms.revision_rounds
        found.append(
            ngettext("One round of changes is part of it.", "%(num)s rounds of changes are part of it.", rounds)
            if rounds
            else _("We take it as it comes, without rounds of changes.")
        )
    return found
