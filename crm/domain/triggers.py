"""What has come true for a parked vendor: kept once, told at once, taken back where it was a mistake.

A trigger fires once for a parking and a causing record. Until somebody answers it, by a decision about the parking, it
stands for what is true now: it goes when its cause goes. Once answered it stays, and does not fire again. The rules
are pure, in :mod:`crm.domain.trigger_rules`.
"""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select

from crm.core.tenancy import WorkspaceSession
from crm.domain import credit, readiness_rules, timeline, touches, trigger_rules
from crm.domain.parking_terms import Figure, figure_of
from crm.domain.trigger_rules import Facts
from crm.models.enums import ReminderKind, TimelineKind, TriggerKind, Verdict
from crm.models.stages import Parking, ParkingTrigger
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, Workspace
from crm.queries import readiness, triggers

_Cause = tuple[TriggerKind, int]
"""What came true, and the record that caused it."""

AT_ONCE = 100
"""So few vendors in one transaction that nobody waits for the write lock."""


def fire(
    session: WorkspaceSession,
    parking: Parking,
    kind: TriggerKind,
    cause_id: int,
    facts: Facts,
    by: Membership | None,
) -> ParkingTrigger | None:
    """Something came true: it is kept, told in the timeline, and whoever looks after the vendor is reminded.

    ``cause_id`` is the record that caused it. Nothing happens where the parking is over, its reason does not react to
    this kind, or the same record has done so before.
    """
    vendor = session.get_one(Vendor, parking.vendor_id, with_for_update=True)
    known = session.scalars(
        select(ParkingTrigger.id).where(
            ParkingTrigger.parking_id == parking.id, ParkingTrigger.kind == kind, ParkingTrigger.cause_id == cause_id
        )
    ).first()
    if known is not None or parking.ended_on is not None or not trigger_rules.reacts(parking.reason, kind):
        return None
    fired = _fire(session, parking, kind, cause_id, facts, by)
    touches.refresh(session, vendor)
    return fired


def waiting_for(session: WorkspaceSession, kind: TriggerKind, *, category_id: int | None = None) -> list[Parking]:
    """The parkings that this kind brings forward; with a category or niche, those of vendors whose niche matches."""
    return triggers.parked_for(session, trigger_rules.BRINGS_FORWARD[kind], category_id=category_id)


def settle(session: WorkspaceSession, vendor: Vendor, *, by: Membership | None) -> bool:
    """Hold the parking that the vendor is in against what is known now. What has come true fires; what is no longer
    so, and nobody has answered yet, goes.

    Says whether anything changed: then whoever calls refreshes the next touch.
    """
    parking = touches.open_parking(session, vendor)
    return parking is not None and _settle(session, vendor, parking, by)


def tick(session: WorkspaceSession, parking: Parking, *, by: Membership) -> bool:
    """The condition has come true. Says whether that is new; whoever calls refreshes the next touch."""
    if of_condition(session, parking) is not None:
        return False
    facts = {"condition": parking.condition, "ticked": True}
    _fire(session, parking, TriggerKind.CONDITION, parking.id, facts, by)
    return True


def of_condition(session: WorkspaceSession, parking: Parking) -> ParkingTrigger | None:
    """That the parking's own condition came true."""
    return _of(session, parking).get((TriggerKind.CONDITION, parking.id))


def withdraw(session: WorkspaceSession, trigger: ParkingTrigger) -> None:
    """Make as if it had never come true; whoever calls refreshes the next touch."""
    timeline.erase(session, TimelineKind.PARKING, trigger.parking_id, step=_step(trigger))
    touches.forget(session, ReminderKind.TRIGGER, trigger.id)
    session.delete(trigger)
    session.flush()


def answer(session: WorkspaceSession, parking: Parking, *, by: Membership) -> list[int]:
    """Somebody decided about the parking: what has come true is answered, and its reminders are done for everyone.
    The ids of what was answered by it."""
    answered = [trigger for trigger in _of(session, parking).values() if trigger.answered_on is None]
    for trigger in answered:
        trigger.answered_on = by.workspace.today
        touches.end_reminders(session, ReminderKind.TRIGGER, trigger.id, by=by.user_id)
    return [trigger.id for trigger in answered]


def ask_again(session: WorkspaceSession, ids: Iterable[int]) -> None:
    """The decision is taken back: what it answered waits for an answer again."""
    for trigger in session.scalars(select(ParkingTrigger).where(ParkingTrigger.id.in_(list(ids)))):
        trigger.answered_on = None


def let_time_pass(session: WorkspaceSession) -> int:
    """Fire what has come true by the calendar alone, for so many vendors at the most. How many it was."""
    today = session.get_one(Workspace, session.workspace_id).today
    found = triggers.vendors_whose_time_came(session, today, AT_ONCE)
    due = [vendor for vendor in found if settle(session, vendor, by=None)]
    touches.refresh_many(session, due)
    return len(due)


def _settle(session: WorkspaceSession, vendor: Vendor, parking: Parking, by: Membership | None) -> bool:
    known = _of(session, parking)
    has_changed = False
    for (kind, cause_id), facts in _true_now(session, vendor, parking, known).items():
        trigger = known.get((kind, cause_id))
        if trigger is None and facts is not None:
            _fire(session, parking, kind, cause_id, facts, by)
        elif trigger is None or trigger.answered_on is not None or trigger.facts.get("ticked"):
            continue
        elif facts is None:
            withdraw(session, trigger)
        elif facts == trigger.facts:
            continue
        else:
            trigger.facts = facts
            _record(session, trigger)
        has_changed = True
    return has_changed


def _true_now(
    session: WorkspaceSession, vendor: Vendor, parking: Parking, fired: Iterable[_Cause]
) -> dict[_Cause, Facts | None]:
    """What the vendor, the parking themselves and our readiness can bring forward: the facts where it is so, else
    None. ``fired`` has done so before."""
    today = session.get_one(Workspace, session.workspace_id).today
    then, now = trigger_rules.known(parking.at_parking), trigger_rules.known(trigger_rules.snapshot(vendor))
    room = trigger_rules.has_room(
        then.availability,
        now.availability,
        until=vendor.availability_until,
        parked_on=parking.parked_on,
        today=today,
    )
    figure = figure_of(parking)
    reached = {"condition": parking.condition, **figure.facts} if figure is not None and figure.is_reached else None
    found = {
        (TriggerKind.AVAILABILITY, vendor.id): room,
        (TriggerKind.RATE, vendor.id): trigger_rules.compare_prices(then, now).down,
        (TriggerKind.CONDITION, parking.id): reached,
        (TriggerKind.CREDIT, parking.id): _covered(session, parking, figure, today),
    }
    told = {key: facts if trigger_rules.reacts(parking.reason, key[0]) else None for key, facts in found.items()}
    return {**told, **_readier(session, parking, fired)}


def _covered(session: WorkspaceSession, parking: Parking, figure: Figure | None, today: date) -> Facts | None:
    """Whether credit for referrals covers what is missing of the sum that the parking waits for. How much credit there
    is stays unsaid: it may tell what business was closed."""
    if figure is None or not figure.currency or not trigger_rules.reacts(parking.reason, TriggerKind.CREDIT):
        return None
    gap = figure.goal - figure.now
    known = credit.statements(session, parking.vendor_id, today).get(figure.currency)
    if known is None or not 0 < gap <= known.balance:
        return None
    return {"gap": gap, "currency": figure.currency}


def _readier(session: WorkspaceSession, parking: Parking, fired: Iterable[_Cause]) -> dict[_Cause, Facts | None]:
    """What the latest readiness check brings forward. What an earlier one did goes: it is not how things are now."""
    earlier: dict[_Cause, Facts | None] = {cause: None for cause in fired if cause[0] is TriggerKind.VERDICT}
    if not trigger_rules.reacts(parking.reason, TriggerKind.VERDICT):
        return earlier
    check = readiness.latest(session)
    if check is None or check.verdict is None:
        return earlier
    said = parking.at_parking.get("verdict")
    before = Verdict(said) if said else None
    facts = {"verdict": check.verdict, "before": before} if readiness_rules.is_up(before, check.verdict) else None
    return {**earlier, (TriggerKind.VERDICT, check.id): facts}


def _fire(
    session: WorkspaceSession,
    parking: Parking,
    kind: TriggerKind,
    cause_id: int,
    facts: Facts,
    by: Membership | None,
) -> ParkingTrigger:
    today: date = session.get_one(Workspace, session.workspace_id).today
    trigger = ParkingTrigger(
        parking_id=parking.id,
        vendor_id=parking.vendor_id,
        kind=kind,
        cause_id=cause_id,
        facts=facts,
        fired_on=today,
        fired_by=by.user_id if by else None,
    )
    session.add(trigger)
    session.flush()
    _record(session, trigger)
    return trigger


def _record(session: WorkspaceSession, trigger: ParkingTrigger) -> None:
    timeline.record(
        session,
        trigger.vendor_id,
        TimelineKind.PARKING,
        trigger.parking_id,
        step=_step(trigger),
        on=trigger.fired_on,
        by=trigger.fired_by,
        trigger=trigger.kind,
        **trigger.facts,
    )


def _step(trigger: ParkingTrigger) -> str:
    return f"true {trigger.id}"


def _of(session: WorkspaceSession, parking: Parking) -> dict[_Cause, ParkingTrigger]:
    statement = select(ParkingTrigger).where(ParkingTrigger.parking_id == parking.id)
    return {(trigger.kind, trigger.cause_id): trigger for trigger in session.scalars(statement)}
