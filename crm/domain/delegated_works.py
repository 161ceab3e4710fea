"""Work that is handed to a vendor: asked for, delivered, looked at, and accepted or rejected in the end.

Each act is a step on the timeline that keeps what it changed, so that the latest one can be taken back, and then the
one before it. The day that was agreed on first is kept for ever.
"""

from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from crm.core import limits
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import (
    amounts,
    decision_areas,
    goodwill,
    interactions,
    log_dates,
    steps,
    timeline,
    touches,
    trust_offers,
)
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import ReminderKind, TimelineKind, WorkOutcome
from crm.models.log import TimelineEntry
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries.small_tasks import NEED

MINUTES_LARGEST = 60_000
"""A thousand hours: more for one piece of work is a slip of the keyboard."""
RATINGS = range(1, 6)
_GOODWILL = "goodwill_id"
"""What the handing out of a small task says on the timeline besides its need: the line of the ledger that counts it."""


class WorkStep(StrEnum):
    """What can happen to a piece of work after it was asked for."""

    CHANGED = "changed"
    OTHER_DAY = "other_day"
    DELIVERED = "delivered"
    SENT_BACK = "sent_back"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CALLED_OFF = "called_off"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a piece of work is: ``asked`` is Markdown; ``area_id`` is what they look after that it belongs to."""

    title: str
    asked: str = ""
    area_id: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a delivery that is accepted or rejected. All of it is optional but for the reason of a rejection.

    Money is in minor units of its currency. ``rating`` goes from 1, redone by us, over 3, one round of changes, to 5,
    used without change. ``gave_promised``: whether we gave them what we had promised for it; None where nobody says.
    """

    remark: str = ""
    rating: int | None = None
    our_minutes: int | None = None
    vendor_minutes: int | None = None
    cost_amount: int | None = None
    cost_currency: str = ""
    gave_promised: bool | None = None


def find(session: WorkspaceSession, work_id: int) -> DelegatedWork:
    """A piece of work of this business, to be acted on. Raises :class:`Missing`."""
    work = session.get(DelegatedWork, work_id, with_for_update=session.writing or None)
    if work is None:
        raise Missing
    return work


def vendor_of(work: DelegatedWork) -> Vendor:
    """The vendor of a piece of work, to be changed with it."""
    return session_of(work).get_one(Vendor, work.vendor_id, with_for_update=True)


def hand_out(
    vendor: Vendor, *, by: Membership, wanted: Wanted, due_on: date, asked_on: date, need_id: int | None = None
) -> DelegatedWork:
    """Hand a piece of work to a vendor, for a day that both agreed on. Raises :class:`Refused`.

    It may have been asked for, and be due, on days that have passed: it is late from the first day then. ``need_id``:
    it is a small task, given for this need.
    """
    session = session_of(vendor)
    log_dates.require_past(asked_on, by=by, field="asked_on")
    _check_wanted(session, wanted, vendor_id=vendor.id)
    log_dates.require_within_reach(due_on, by=by)
    if due_on < asked_on:
        raise Refused(lazy("Pick a day after it was asked for."), field="due_on")
    work = DelegatedWork(
        vendor_id=vendor.id,
        area_id=wanted.area_id,
        title=wanted.title,
        asked=wanted.asked,
        asked_on=asked_on,
        original_due_on=due_on,
        due_on=due_on,
        created_by=by.user_id,
    )
    session.add(work)
    session.flush()
    _record(work, **({NEED: need_id} if need_id is not None else {}))
    touches.refresh(session, vendor)
    return work


def withdraw(work: DelegatedWork) -> Vendor:
    """Make as if it had never been handed out. Raises :class:`Refused` once something has happened to it."""
    session = session_of(work)
    if _latest(session, work) is not None:
        raise Refused(lazy("Something has happened with it since. Call it off instead."))
    vendor = vendor_of(work)
    timeline.erase(session, TimelineKind.WORK, work.id)
    touches.forget(session, ReminderKind.WORK, work.id)
    session.delete(work)
    touches.refresh(session, vendor)
    return vendor


def change(work: DelegatedWork, *, by: Membership, version: int, wanted: Wanted) -> str | None:
    """Change what a piece of work is. Answers with the step to take back; None where nothing changed.

    Raises :class:`Stale` where a colleague was quicker, and :class:`Refused`.
    """
    _expect(work, version)
    session = session_of(work)
    _check_wanted(session, wanted, vendor_id=work.vendor_id, kept_area_id=work.area_id)
    return _step(work, WorkStep.CHANGED, by=by, on=by.workspace.today, to=asdict(wanted))


def agree_day(work: DelegatedWork, *, by: Membership, due_on: date, version: int) -> str | None:
    """Agree on another day; the one first agreed on stays. Answers with the step to take back; None for the same day.

    Raises :class:`Stale` where a colleague was quicker, and :class:`Refused` for what is not theirs to deliver.
    """
    _require_open(work)
    if not work.waits:
        raise Refused(lazy("It has come already."))
    _expect(work, version)
    if due_on != work.due_on:
        _check_new_day(due_on, by=by)
    facts: dict[str, Any] = {"due": due_on.isoformat(), "before": work.due_on.isoformat()}
    return _step(work, WorkStep.OTHER_DAY, by=by, on=by.workspace.today, to={"due_on": due_on}, **facts)


def deliver(work: DelegatedWork, *, by: Membership, on: date) -> str:
    """It came. The first delivery's day stays what on-time is counted by; a later round's is kept beside it.

    A delivery is contact: it is logged as a conversation that they began, of that day. Answers with the step to take
    back. Raises :class:`Refused` for a day ahead, or before it was asked for or last came.
    """
    _require_open(work)
    if not work.waits:
        raise Refused(lazy("It has come already."))
    _check_delivery(work, by=by, on=on)
    _end_reminders(work, by=by)
    facts = _came(work, on)
    step = _step(work, WorkStep.DELIVERED, by=by, on=on, to=_delivered(work, on), came_on=on, **facts)
    assert step is not None  # it waited, and now it does not
    return step


def send_back(work: DelegatedWork, *, by: Membership, due_on: date, what: str) -> str:
    """Ask for changes, by another day: another round. Answers with the step to take back. Raises :class:`Refused`."""
    _require_open(work)
    if work.waits:
        raise Refused(lazy("It has not come yet."))
    if not what:
        raise Refused(lazy("Say what is to change."), field="what")
    _check_words(what, "what")
    _check_new_day(due_on, by=by)
    rounds = work.rounds + 1
    to = {"due_on": due_on, "waits": True, "rounds": rounds}
    facts: dict[str, Any] = {"due": due_on.isoformat(), "round": rounds}
    step = _step(work, WorkStep.SENT_BACK, by=by, on=by.workspace.today, to=to, body=what, **facts)
    assert step is not None  # it did not wait, and now it does
    return step


def accept(work: DelegatedWork, *, by: Membership, verdict: Verdict, delivered_on: date | None = None) -> str:
    """Take a delivery as it is. ``delivered_on`` says the same moment that it came; without it there must be one.

    Answers with the step to take back. Raises :class:`Refused`.
    """
    return _decide(work, WorkOutcome.ACCEPTED, by=by, verdict=verdict, delivered_on=delivered_on)


def reject(work: DelegatedWork, *, by: Membership, verdict: Verdict, delivered_on: date | None = None) -> str:
    """Turn a delivery down, and say why. Answers with the step to take back. Raises :class:`Refused`."""
    if not verdict.remark:
        raise Refused(lazy("Say why."), field="remark")
    return _decide(work, WorkOutcome.REJECTED, by=by, verdict=verdict, delivered_on=delivered_on)


def call_off(work: DelegatedWork, *, by: Membership, why: str = "") -> str:
    """Nobody needs it any more. It counts for no figure. Answers with the step to take back."""
    _require_open(work)
    _check_words(why, "why")
    _end_reminders(work, by=by)
    today = by.workspace.today
    to = {"outcome": WorkOutcome.CALLED_OFF, "decided_on": today, "waits": False, "remark": why}
    step = _step(work, WorkStep.CALLED_OFF, by=by, on=today, to=to, body=why)
    assert step is not None  # it was open, and now it is not
    return step


def take_back(work: DelegatedWork, *, by: Membership, step: str) -> None:
    """Take the latest step back: everything is as it was before, and a conversation that it logged leaves the log.

    Raises :class:`Refused` where another step, or something else, has come since.
    """
    session = session_of(work)
    entry = _latest(session, work)
    if entry is None or entry.step != step or not steps.stands(work, entry.facts["now"]):
        raise Refused(lazy("Something has happened with it since."))
    interaction_id = entry.facts.get("interaction_id")
    steps.put_back(work, entry.facts["was"])
    work.version += 1
    timeline.erase(session, TimelineKind.WORK, work.id, step=step)
    _record(work)
    if "outcome" in entry.facts["was"]:
        _count(work, by=by)
    if interaction_id is not None:
        interactions.unlog(session, interaction_id, by=by)
    touches.refresh(session, vendor_of(work))


def take_back_delivery(work: DelegatedWork, *, by: Membership) -> None:
    """Take back that it came, if that is the latest that happened. Raises :class:`Refused`."""
    entry = _latest(session_of(work), work)
    if entry is None or entry.facts["sort"] != WorkStep.DELIVERED:
        raise Refused(lazy("Something has happened with it since."))
    take_back(work, by=by, step=entry.step)


def latest_step(work: DelegatedWork) -> str | None:
    """The step that can be taken back; None where nothing has happened, or something else has come since."""
    entry = _latest(session_of(work), work)
    if entry is None or not steps.stands(work, entry.facts["now"]):
        return None
    return entry.step


def _decide(
    work: DelegatedWork, outcome: WorkOutcome, *, by: Membership, verdict: Verdict, delivered_on: date | None
) -> str:
    _require_open(work)
    _check_verdict(verdict)
    facts: dict[str, Any] = {"rating": verdict.rating, "rounds": work.rounds}
    to: dict[str, Any] = {}
    came_on = delivered_on if work.waits else None
    if work.waits:
        if delivered_on is None:
            raise Refused(lazy("Say first when it came."), field="delivered_on")
        _check_delivery(work, by=by, on=delivered_on)
        _end_reminders(work, by=by)
        facts |= _came(work, delivered_on)
        to = _delivered(work, delivered_on)
    today = by.workspace.today
    to |= {"outcome": outcome, "decided_on": today, **asdict(verdict)}
    if verdict.cost_amount is None:
        to["cost_currency"] = ""
    name = WorkStep(outcome.value)
    step = _step(work, name, by=by, on=today, to=to, body=verdict.remark, came_on=came_on, **facts)
    assert step is not None  # it was open, and now it is not
    _count(work, by=by)
    return step


# Steps


def _step(
    work: DelegatedWork,
    step: WorkStep,
    *,
    by: Membership,
    on: date,
    to: dict[str, Any],
    body: str = "",
    came_on: date | None = None,
    **facts: Any,
) -> str | None:
    """Make the change, and write it on the timeline with what was before. Answers with the step's name there.

    ``came_on`` logs the contact that a delivery is; only once the work no longer waits, or it would be late again.
    """
    was, now = steps.change(work, to)
    if not now:
        return None
    work.version += 1
    if step is WorkStep.CHANGED:
        _record(work)
    if came_on is not None:
        areas = [] if work.area_id is None else [work.area_id]
        facts["interaction_id"] = interactions.log_delivery(
            vendor_of(work), by=by, on=came_on, what=work.title, area_ids=areas
        ).id
    if work.outcome is not None and "outcome" in now:
        # Whether a trust note is offered beside its line.
        facts["offers"] = trust_offers.of_work(work, by=by) is not None
    name = f"{step} {work.version}"
    timeline.record(
        session_of(work),
        work.vendor_id,
        TimelineKind.WORK,
        work.id,
        step=name,
        on=on,
        by=by.user_id,
        body=body,
        sort=step,
        what=work.title,
        was=was,
        now=now,
        **facts,
    )
    touches.refresh(session_of(work), vendor_of(work))
    return name


def _latest(session: WorkspaceSession, work: DelegatedWork) -> TimelineEntry | None:
    """The entry of what happened last, its handing out aside."""
    table = TimelineEntry
    statement = select(table).where(table.kind == TimelineKind.WORK, table.subject_id == work.id, table.step != "")
    return session.scalars(statement.order_by(table.id.desc()).limit(1)).first()


def _record(work: DelegatedWork, **marks: Any) -> None:
    """That it was handed out, and what was asked; the day is the one first agreed on, whatever came since. What marks
    it as a small task stays."""
    timeline.record(
        session_of(work),
        work.vendor_id,
        TimelineKind.WORK,
        work.id,
        on=work.asked_on,
        by=work.created_by,
        body=work.asked,
        what=work.title,
        due=work.original_due_on.isoformat(),
        **{**_marks(work), **marks},
    )


def _marks(work: DelegatedWork) -> dict[str, Any]:
    """What marks a small task: the need that it is of, and its line in the goodwill ledger once it had one."""
    table = TimelineEntry
    statement = select(table.facts).where(
        table.kind == TimelineKind.WORK, table.subject_id == work.id, table.step == ""
    )
    facts = session_of(work).scalars(statement).first() or {}
    return {name: facts[name] for name in (NEED, _GOODWILL) if name in facts}


def _count(work: DelegatedWork, *, by: Membership) -> None:
    """A small task that is accepted is a good turn given, once, for as long as it is."""
    marks = _marks(work)
    if NEED not in marks:
        return
    done_on = work.decided_on if work.outcome is WorkOutcome.ACCEPTED else None
    entry = goodwill.follow_task(vendor_of(work), marks.get(_GOODWILL), done_on, what=work.title, by=by)
    if entry is not None and entry.id != marks.get(_GOODWILL):
        _record(work, **{_GOODWILL: entry.id})


# Deliveries


def _delivered(work: DelegatedWork, on: date) -> dict[str, Any]:
    return {"waits": False, "delivered_on": on} if work.delivered_on is None else {"waits": False, "redelivered_on": on}


def _came(work: DelegatedWork, on: date) -> dict[str, Any]:
    """What the timeline says of a delivery: by which day it was to come, and which round it was."""
    due_on = work.original_due_on if work.delivered_on is None else work.due_on
    return {"came": on.isoformat(), "due": due_on.isoformat(), "round": work.rounds, "late": (on - due_on).days}


def _end_reminders(work: DelegatedWork, *, by: Membership) -> None:
    """Somebody has acted on it; the recomputation would end them as if nobody had."""
    touches.end_reminders(session_of(work), ReminderKind.WORK, work.id, by=by.user_id)


# Rules


def _expect(work: DelegatedWork, version: int) -> None:
    if version != work.version:
        raise Stale(lazy("A colleague has changed this work since you opened it."))


def _require_open(work: DelegatedWork) -> None:
    if work.outcome is not None:
        raise Refused(lazy("This work is over already."))


def _check_wanted(
    session: WorkspaceSession, wanted: Wanted, *, vendor_id: int, kept_area_id: int | None = None
) -> None:
    if not wanted.title:
        raise Refused(lazy("Say what the work is."), field="title")
    _check_words(wanted.title, "title", limits.NAME_LENGTH)
    _check_words(wanted.asked, "asked")
    if wanted.area_id is not None and wanted.area_id != kept_area_id:
        _check_area(session, wanted.area_id, vendor_id)


def _check_area(session: WorkspaceSession, area_id: int, vendor_id: int) -> None:
    refused = Refused(lazy("Choose one of the vendor’s areas."), field="area_id")
    try:
        area = decision_areas.find(session, area_id)
    except Missing:
        raise refused from None
    if area.vendor_id != vendor_id or area.closed_at is not None:
        raise refused


def _check_words(words: str, field: str, most: int = limits.TEXT_LENGTH) -> None:
    if len(words) > most:
        raise Refused(lazy("Keep it under %(length)s characters.", length=most), field=field)


def _check_new_day(due_on: date, *, by: Membership) -> None:
    if due_on < by.workspace.today:
        raise Refused(lazy("Pick a day from today on."), field="due_on")
    log_dates.require_within_reach(due_on, by=by)


def _check_delivery(work: DelegatedWork, *, by: Membership, on: date) -> None:
    field = "delivered_on"
    log_dates.require_past(on, by=by, field=field)
    if on < work.asked_on:
        raise Refused(lazy("Pick a day after it was asked for."), field=field)
    last = work.redelivered_on or work.delivered_on
    if last is not None and on < last:
        raise Refused(lazy("Pick a day after it last came."), field=field)


def _check_verdict(verdict: Verdict) -> None:
    _check_words(verdict.remark, "remark")
    if verdict.rating is not None and verdict.rating not in RATINGS:
        raise Refused(lazy("Choose one of the list."), field="rating")
    for field, minutes in (("our_minutes", verdict.our_minutes), ("vendor_minutes", verdict.vendor_minutes)):
        if minutes is not None and not 0 <= minutes <= MINUTES_LARGEST:
            raise Refused(lazy("Type a number from %(least)s to %(most)s.", least=0, most=MINUTES_LARGEST), field=field)
    amounts.require(verdict.cost_amount, verdict.cost_currency, box="cost")
