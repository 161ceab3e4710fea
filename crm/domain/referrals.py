"""Referrals: a vendor recommended to a business, its steps recorded by hand, its outcome followed up."""

from datetime import date, timedelta

from sqlalchemy import delete, select

from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import (
    amounts,
    discounts,
    goodwill,
    log_dates,
    permissions,
    referral_rules,
    timeline,
    touches,
    webhook_events,
)
from crm.domain.permissions import Act
from crm.domain.referral_rules import YESES
from crm.mail import outbox
from crm.models.enums import Channel, MailState, ReferralLetterKind, ReferralState, TimelineKind
from crm.models.referrals import Opening, Referral, ReferralConsent, ReferralStep
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import referral_letters

FOLLOW_UP_DAYS: dict[ReferralState, int] = {
    ReferralState.VENDOR_ASKED: 7,
    ReferralState.VENDOR_YES: 7,
    ReferralState.BUSINESS_ASKED: 7,
    ReferralState.BUSINESS_YES: 7,
    ReferralState.VENDOR_NOT_NOW: 30,
    ReferralState.BUSINESS_NOT_NOW: 30,
}
"""After which step we ask again, in days; after the introduction see :func:`referral_rules.outcome_asked_on`."""
INTRODUCE_WITHIN = timedelta(days=1)
"""Both have said yes, and wait."""
ON_RECORD = lazy("Letters have gone out, so it stays on record. Record “Came to nothing” instead.")
"""Why a referral is not taken back: who was asked must not be asked again as if nothing had been."""
_NOT_WON = (ReferralState.LOST, ReferralState.NO_REPLY, ReferralState.DECLINED)


def find(session: WorkspaceSession, referral_id: int) -> Referral:
    """A referral of this business. Raises :class:`Missing`."""
    referral = session.get(Referral, referral_id, with_for_update=session.writing)
    if referral is None:
        raise Missing
    return referral


def steps_of(session: WorkspaceSession, referral: Referral) -> list[ReferralStep]:
    """In order of date; the idea comes first even where an earlier step was written down after it."""
    rows = session.scalars(select(ReferralStep).where(ReferralStep.referral_id == referral.id))
    return sorted(rows, key=lambda step: (step.state is not ReferralState.IDEA, step.happened_on, step.id))


def refer(vendor: Vendor, *, by: Membership, opening_id: int, blurb: str = "", terms: str = "") -> Referral:
    """Recommend a vendor to a business that looks for someone. It begins as an idea; nobody has been asked yet."""
    session = session_of(vendor)
    opening = session.get(Opening, opening_id)
    if opening is None:
        raise Refused(lazy("Choose one of the list."), field="opening_id")
    if vendor.do_not_contact:
        raise Refused(lazy("This vendor does not want to be contacted."), field="vendor_id")
    _refuse_twice(session, vendor, opening)
    referral = Referral(
        vendor_id=vendor.id,
        opening_id=opening.id,
        connector_id=by.user_id,
        created_by=by.user_id,
        blurb=blurb,
        terms=terms,
    )
    session.add(referral)
    session.flush()
    _add_step(session, referral, opening, by, ReferralState.IDEA, by.workspace.today, None, "")
    webhook_events.referral_moved(referral, None)
    touches.refresh(session, vendor)
    return referral


def record_step(
    referral: Referral,
    *,
    by: Membership,
    state: ReferralState,
    happened_on: date,
    channel: Channel | None = None,
    note: str = "",
    both_said_yes: bool = False,
) -> ReferralStep:
    """Write down how far it has come, when and how. Each step is recorded once, an answer as often as it changes, and
    none is dated ahead.

    An introduction needs the yes of both; ``both_said_yes``: the yeses that are missing were given by phone, and are
    recorded with it. Raises :class:`Refused`.
    """
    session = session_of(referral)
    if happened_on > by.workspace.today:
        raise Refused(lazy("Pick a day up to today."), field="happened_on")
    log_dates.require_past(happened_on, by=by, field="happened_on")
    recorded = _recorded(session, referral)
    if not referral_rules.is_new(recorded, state):
        raise Refused(lazy("This step is recorded already."), field="state")
    opening = session.get_one(Opening, referral.opening_id)
    said = referral_rules.sides(recorded).values()
    missing = [yes for yes in YESES if yes not in said] if state is ReferralState.INTRODUCED else []
    if missing and not both_said_yes:
        words = lazy("Introduce them once both have said yes. If they told you by phone, tick that below.")
        raise Refused(words, field="state")
    for yes in missing:
        _add_step(session, referral, opening, by, yes, happened_on, Channel.PHONE, "")
    step = _add_step(session, referral, opening, by, state, happened_on, channel, note)
    _settle(session, referral, by=by)
    return step


def undo_last_step(referral: Referral, *, by: Membership) -> None:
    """Take the step of the latest day back; the idea itself is taken back with :func:`take_back`."""
    undo_step(referral, by=by, step_id=steps_of(session_of(referral), referral)[-1].id)


def undo_step(referral: Referral, *, by: Membership, step_id: int) -> None:
    """Take one step back, whatever was recorded after it. Raises :class:`Refused` for the idea, for what those who were
    asked said themselves, and for the introduction once its letters may have left."""
    session = session_of(referral)
    step = next((step for step in steps_of(session, referral) if step.id == step_id), None)
    if step is None or step.state is ReferralState.IDEA:
        raise Refused(lazy("There is no step to take back."))
    _refuse_what_stands(session, referral, step)
    timeline.erase(session, TimelineKind.REFERRAL, referral.id, step=step.state)
    session.delete(step)
    session.flush()
    _tell_again(session, referral, step.state)
    _settle(session, referral, by=by)


def change_note(referral: Referral, step: ReferralStep, note: str) -> None:
    """Say something else about a step."""
    step.note = note
    session = session_of(referral)
    _tell(session, referral, session.get_one(Opening, referral.opening_id), step)


def take_back(referral: Referral, *, by: Membership) -> None:
    """The referral was a mistake: it goes, with its steps, and letters that wait do not leave. Raises :class:`Refused`
    once a letter has left, or may have."""
    session = session_of(referral)
    require_no_letter_left(session, referral)
    letters = referral_letters.of_referral(session, referral.id)
    waiting = [row.message_id for row in letters if row.state is MailState.WAITING and row.message_id is not None]
    if not outbox.take_back_together(session, waiting):
        raise Refused(ON_RECORD)  # one of them is leaving at this moment
    vendor = session.get_one(Vendor, referral.vendor_id, with_for_update=True)
    timeline.erase(session, TimelineKind.REFERRAL, referral.id)
    discounts.let_go(session, referral, by=by)
    session.execute(delete(ReferralStep).where(ReferralStep.referral_id == referral.id))
    session.delete(referral)
    touches.refresh(session, vendor)


def require_no_letter_left(session: WorkspaceSession, referral: Referral) -> None:
    """Raises :class:`Refused` where a letter of this referral has left, or may have."""
    if any(row.may_have_left for row in referral_letters.of_referral(session, referral.id)):
        raise Refused(ON_RECORD)


def note_closed(referral: Referral, *, by: Membership, amount: int | None, currency: str = "") -> None:
    """Note what the business they closed was worth, in minor units; None takes it back. Admins alone do and see this.

    Raises :class:`Forbidden`, :class:`Refused`.
    """
    permissions.require(by, Act.MANAGE)
    amounts.require(amount, currency, box="closed")
    referral.closed_amount, referral.closed_currency = amount, currency if amount is not None else ""
    referral.version += 1
    session = session_of(referral)
    _count(session, referral, by=by)
    discounts.revalue(session, referral, by=by)


def was_asked_about(referral: Referral, today: date) -> None:
    """Somebody asked after it and heard nothing new. Before the introduction that is all; after it, it is asked again
    when the next question is due."""
    referral.follow_up_on = asked_next_on(referral, today)


def asked_next_on(referral: Referral, heard_on: date) -> date | None:
    """When it is asked how it went, where nothing new was heard on that day; None where it is not asked again."""
    steps = steps_of(session_of(referral), referral)
    return referral_rules.outcome_asked_on(_dated(steps), heard_on=heard_on)


def _count(session: WorkspaceSession, referral: Referral, *, by: Membership) -> None:
    """The introduction counts in the goodwill ledger, and a referral that is won earns what was agreed."""
    days = {step.state: step.happened_on for step in steps_of(session, referral)}
    goodwill.follow(session, referral, days.get(ReferralState.INTRODUCED), by=referral.connector_id)
    ends = [day for state, day in days.items() if state in _NOT_WON]
    won_on = days.get(ReferralState.WON)
    if won_on is not None and any(day >= won_on for day in ends):
        won_on = None
    discounts.follow(session, referral, won_on, by=by)


def _refuse_twice(session: WorkspaceSession, vendor: Vendor, opening: Opening) -> None:
    twice = select(Referral.id).where(Referral.vendor_id == vendor.id, Referral.opening_id == opening.id)
    if session.scalars(twice).first() is not None:
        words = lazy(
            "%(vendor)s has been referred to %(business)s already.", vendor=vendor.name, business=opening.business
        )
        raise Refused(words, field="opening_id")


def _refuse_what_stands(session: WorkspaceSession, referral: Referral, step: ReferralStep) -> None:
    consent = select(ReferralConsent.id).where(ReferralConsent.step_id == step.id)
    if session.scalars(consent).first() is not None:
        raise Refused(lazy("They said so themselves, so it stays. Record what they have said since."))
    letters = referral_letters.of_referral(session, referral.id)
    if step.state is ReferralState.INTRODUCED and any(
        row.may_have_left for row in letters if row.kind is ReferralLetterKind.INTRODUCTION
    ):
        raise Refused(lazy("The letters that introduce them have gone out, so this stays on record."))


def _recorded(session: WorkspaceSession, referral: Referral) -> list[ReferralState]:
    return [step.state for step in steps_of(session, referral)]


def _settle(session: WorkspaceSession, referral: Referral, *, by: Membership) -> None:
    """The referral stands where its latest step left it, and is followed up from there."""
    steps = steps_of(session, referral)
    states = [step.state for step in steps]
    former, referral.state = referral.state, referral_rules.state_of(states)
    webhook_events.referral_moved(referral, former)
    referral.follow_up_on = _follow_up_on(referral.state, steps)
    referral.version += 1
    _count(session, referral, by=by)
    touches.refresh(session, session.get_one(Vendor, referral.vendor_id, with_for_update=True))


def _follow_up_on(state: ReferralState, steps: list[ReferralStep]) -> date | None:
    states, last_on = [step.state for step in steps], steps[-1].happened_on
    if referral_rules.is_introduced(states):
        return referral_rules.outcome_asked_on(_dated(steps))
    if referral_rules.both_said_yes(states):
        return last_on + INTRODUCE_WITHIN
    days = FOLLOW_UP_DAYS.get(state)
    return last_on + timedelta(days=days) if days else None


def _dated(steps: list[ReferralStep]) -> list[tuple[ReferralState, date]]:
    return [(step.state, step.happened_on) for step in steps]


def _add_step(
    session: WorkspaceSession,
    referral: Referral,
    opening: Opening,
    by: Membership,
    state: ReferralState,
    happened_on: date,
    channel: Channel | None,
    note: str,
) -> ReferralStep:
    step = ReferralStep(
        referral_id=referral.id,
        state=state,
        channel=channel,
        note=note,
        happened_on=happened_on,
        recorded_by=by.user_id,
    )
    session.add(step)
    session.flush()
    _tell(session, referral, opening, step)
    return step


def _tell(session: WorkspaceSession, referral: Referral, opening: Opening, step: ReferralStep) -> None:
    """The timeline tells the latest step of each kind."""
    timeline.record(
        session,
        referral.vendor_id,
        TimelineKind.REFERRAL,
        referral.id,
        on=step.happened_on,
        by=step.recorded_by,
        step=step.state,
        body=step.note,
        state=step.state,
        business=opening.business,
        channel=step.channel,
    )


def _tell_again(session: WorkspaceSession, referral: Referral, state: ReferralState) -> None:
    """An answer that was given before another one that was taken back is on the timeline again."""
    earlier = [step for step in steps_of(session, referral) if step.state is state]
    if earlier:
        _tell(session, referral, session.get_one(Opening, referral.opening_id), earlier[-1])
