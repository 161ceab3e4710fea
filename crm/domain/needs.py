"""What the business needs done: the outcome that is wanted, how far it has come, and what has to come first."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, fields, replace
from datetime import date

from sqlalchemy import Select, select

from crm.core import clock, limits
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import amounts, audit, log_dates, need_rules, news, replays, touches, trigger_rules, triggers
from crm.domain.need_rules import Concern, Meter, Said
from crm.domain.news import Handed
from crm.models.categories import Category
from crm.models.enums import CLOSED_NEEDS, AuditKind, Importance, NeedStatus, TriggerKind
from crm.models.needs import Need, NeedMove, NeedPrerequisite
from crm.models.stages import Parking, ParkingTrigger
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, Workspace
from crm.queries import members, needs, readiness, small_tasks


@dataclass(frozen=True, slots=True)
class NeedTerms:
    """What is said of a need. Money is a month's, in minor units of its currency."""

    outcome: str
    category_id: int | None = None
    deliverables: str = ""
    volume: str = ""
    budget_amount: int | None = None
    budget_currency: str = ""
    starts_from: date | None = None
    starts_by: date | None = None
    acceptance: str = ""
    importance: Importance = Importance.USEFUL
    is_small: bool = False
    owner_id: int | None = None


def find(session: WorkspaceSession, need_id: int) -> Need:
    """A need of this business. Raises :class:`Missing`."""
    need = session.get(Need, need_id, with_for_update=session.writing or None)
    if need is None:
        raise Missing
    return need


def expect(need: Need, version: int) -> None:
    """Raises :class:`Stale` where somebody has changed it since it had this version."""
    if need.version != version:
        raise Stale(lazy("A colleague has changed this need since you opened it."))


def add(session: WorkspaceSession, *, by: Membership, terms: NeedTerms) -> Need:
    """Write a need down, as an idea. Raises :class:`Refused` with the box that is wrong."""
    _check(session, terms, by=by)
    need = Need(status=NeedStatus.IDEA, status_since=by.workspace.today, created_by=by.user_id)
    _say(need, terms)
    session.add(need)
    session.flush()
    _note_move(need, None, by=by, why="")
    _bring_forward(need, by=by, before=set())
    _hand(need, by=by)
    return need


def just_added(session: WorkspaceSession, *, by: Membership, terms: NeedTerms) -> Need | None:
    """The need of exactly these terms that this person wrote down a moment ago: their form has come again."""
    written = select(Need).where(
        Need.created_by == by.user_id,
        Need.created_at >= replays.since(session, by),
        Need.outcome == terms.outcome,
    )
    asked = terms if terms.budget_amount is not None else replace(terms, budget_currency="")
    found = session.scalars(written.order_by(Need.id.desc()))
    return next((need for need in found if _terms_of(need) == asked), None)


def edit(need: Need, *, by: Membership, version: int, terms: NeedTerms) -> None:
    """Change what is said of it. Raises :class:`Stale` where a colleague saved since, :class:`Refused`."""
    expect(need, version)
    session = session_of(need)
    _check(session, terms, by=by)
    before, former = set(_true_now(need)), need.owner_id
    _say(need, terms)
    need.version += 1
    session.flush()
    _bring_forward(need, by=by, before=before)
    if need.owner_id != former:
        _hand(need, by=by)


def move(
    need: Need,
    *,
    by: Membership,
    to: NeedStatus,
    why: str = "",
    filled_by_id: int | None = None,
    version: int | None = None,
) -> NeedMove:
    """Bring a need to another status; a filled one names who fills it. Whoever waited for that is told.

    Raises :class:`Refused`, and :class:`Stale` where somebody saved it since ``version``, if that is said.
    """
    if version is not None:
        expect(need, version)
    if to is need.status:
        raise Refused(lazy("It stands there already."), field="status")
    if to is NeedStatus.FILLED:
        _check_filler(need, filled_by_id)
    if len(why) > limits.TEXT_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.TEXT_LENGTH), field="why")
    former, before = need.status, set(_true_now(need))
    need.status, need.status_since = to, by.workspace.today
    need.filled_by_id = filled_by_id if to is NeedStatus.FILLED else None
    need.version += 1
    made = _note_move(need, former, by=by, why=why)
    _bring_forward(need, by=by, before=before)
    return made


def hand_on(need: Need, *, filled_by_id: int | None) -> None:
    """Another vendor fills a need that is filled. Saying the same again changes nothing. Raises :class:`Refused`."""
    if need.status is not NeedStatus.FILLED:
        raise Refused(lazy("Nobody fills it yet. Say with it that it is filled."), field="filled_by_id")
    _check_filler(need, filled_by_id)
    if filled_by_id != need.filled_by_id:
        need.filled_by_id = filled_by_id
        need.version += 1


def undo_move(session: WorkspaceSession, move_id: int, *, by: Membership) -> Need:
    """Take the latest change of status back; what it brought forward, and nobody answered yet, is taken back too.

    Raises :class:`Missing`, :class:`Refused` where another change came after it.
    """
    made = session.get(NeedMove, move_id, with_for_update=True)
    if made is None or made.from_status is None:
        raise Missing
    need = find(session, made.need_id)
    [latest, earlier, *_older] = needs.moves_of(session, need.id)
    if latest.id != made.id:
        raise Refused(lazy("It has changed since."))
    before = set(_true_now(need))
    need.status, need.status_since = made.from_status, earlier.moved_on
    if need.status is not NeedStatus.FILLED:
        need.filled_by_id = None
    need.version += 1
    session.delete(made)
    session.flush()
    _bring_forward(need, by=by, before=before)
    return need


def has_gone_on(session: WorkspaceSession, move_id: int) -> bool:
    """Whether a need changed again after this change of status, or that was taken back. Two queries."""
    made = session.get(NeedMove, move_id)
    return made is None or needs.moves_of(session, made.need_id)[0].id != made.id


def remove(need: Need, *, by: Membership) -> None:
    """Delete a need that was written down by mistake. One that was in use is dropped instead: it raises
    :class:`Refused`."""
    session = session_of(need)
    has_history = len(needs.moves_of(session, need.id)) > 1 or needs.wait_for(session, need.id)
    is_used = needs.has_briefs(session, need.id) or readiness.has_checks(session, need.id)
    if has_history or is_used or small_tasks.given(session, need.id):
        raise Refused(lazy("It has a history. Drop it instead."))
    audit.record_here(session, AuditKind.DELETED, by=by.user_id, about=need.outcome, what="need")
    _withdraw(need)
    session.delete(need)
    session.flush()


def meter(need: Need) -> Meter:
    """How far a need is defined."""
    return need_rules.meter(
        Said(
            outcome=need.outcome,
            category_id=need.category_id,
            deliverables=need.deliverables,
            volume=need.volume,
            budget_amount=need.budget_amount,
            starts_from=need.starts_from,
            starts_by=need.starts_by,
            acceptance=need.acceptance,
            owner_id=need.owner_id,
        )
    )


def concerns(need: Need, *, unmet: int, today: date | None = None) -> list[Concern]:
    """What is worth a plain word before anybody is asked for it; ``unmet`` of what has to come first is not done.

    With ``today``, the business's date, also whether the days in which it could begin are over.
    """
    return need_rules.concerns(
        is_defined=meter(need).is_defined,
        unmet=unmet,
        importance=need.importance,
        is_window_over=today is not None and need.starts_by is not None and need.starts_by < today,
    )


def concerns_about(session: WorkspaceSession, need: Need, vendor_ids: Iterable[int]) -> dict[int, list[Concern]]:
    """What is worth a plain word before one of these vendors is chosen for it, by vendor. Two queries."""
    return {
        vendor_id: need_rules.concerns(
            is_defined=True,
            unmet=0,
            importance=need.importance,
            is_in_niche=offered.is_in_niche,
            categories_offered=offered.categories,
        )
        for vendor_id, offered in needs.offers(session, vendor_ids, need.category_id).items()
    }


# What has to come first


def require_first(
    need: Need, *, by: Membership, other_id: int | None = None, whats: Iterable[str] = ()
) -> list[NeedPrerequisite]:
    """Another need, or lines to tick off, have to come first; what is there already is left as it is.

    Raises :class:`Refused` for a circle, for too many, and for a need that is not of this business.
    """
    session = session_of(need)
    known = session.scalars(select(NeedPrerequisite).where(NeedPrerequisite.need_id == need.id)).all()
    if other_id is not None:
        _check_other(session, need, other_id)
    given: list[tuple[int | None, str]] = [(other_id, "")] if other_id is not None else []
    given += [(None, " ".join(what.split())) for what in whats]
    there = {(row.other_id, row.what.casefold()) for row in known}
    rows: list[NeedPrerequisite] = []
    for other, what in given:
        if len(what) > limits.LINE_LENGTH:
            raise Refused(lazy("Keep it under %(length)s characters.", length=limits.LINE_LENGTH), field="what")
        if (other, what.casefold()) in there or (other is None and not what):
            continue
        there.add((other, what.casefold()))
        position = len(known) + len(rows)
        rows.append(
            NeedPrerequisite(need_id=need.id, other_id=other, what=what, position=position, created_by=by.user_id)
        )
    if len(known) + len(rows) > limits.PREREQUISITES_PER_NEED:
        raise Refused(lazy("That is more than anybody gets done first."), field="what")
    session.add_all(rows)
    session.flush()
    return rows


def find_prerequisite(session: WorkspaceSession, prerequisite_id: int) -> NeedPrerequisite:
    """Something that has to come first. Raises :class:`Missing`."""
    row = session.get(NeedPrerequisite, prerequisite_id, with_for_update=session.writing or None)
    if row is None:
        raise Missing
    return row


def tick(row: NeedPrerequisite, *, by: Membership) -> None:
    """The line is done. Ticking it again changes nothing; of a need the status says so itself."""
    if row.other_id is not None:
        raise Refused(lazy("This is a need of its own. It is met once it is filled."))
    if row.met_at is None:
        row.met_at, row.met_by = clock.now(), by.user_id


def untick(row: NeedPrerequisite) -> None:
    """Take :func:`tick` back."""
    row.met_at = row.met_by = None


def no_longer_first(row: NeedPrerequisite) -> None:
    """It does not have to come first after all."""
    session = session_of(row)
    session.delete(row)
    session.flush()


def _check_filler(need: Need, filled_by_id: int | None) -> None:
    if filled_by_id is None or session_of(need).get(Vendor, filled_by_id) is None:
        raise Refused(lazy("Choose who fills it."), field="filled_by_id")


def _check_other(session: WorkspaceSession, need: Need, other_id: int) -> None:
    # Two who close a circle at once come one after the other.
    session.get_one(Workspace, session.workspace_id, with_for_update=True)
    if session.get(Need, other_id) is None:
        raise Refused(lazy("Choose one of the list."), field="other_id")
    if need_rules.leads_back(need.id, other_id, needs.edges(session)):
        raise Refused(lazy("That one waits for this one already: neither could ever begin."), field="other_id")


# Writing


def _hand(need: Need, *, by: Membership) -> None:
    news.hand(session_of(need), need.owner_id, by=by, what=Handed.NEED, subject_id=need.id, name=need.outcome)


def _say(need: Need, terms: NeedTerms) -> None:
    need.outcome, need.category_id = terms.outcome, terms.category_id
    need.deliverables, need.volume, need.acceptance = terms.deliverables, terms.volume, terms.acceptance
    need.budget_amount = terms.budget_amount
    need.budget_currency = terms.budget_currency if terms.budget_amount is not None else ""
    need.starts_from, need.starts_by = terms.starts_from, terms.starts_by
    need.importance, need.is_small, need.owner_id = terms.importance, terms.is_small, terms.owner_id


def _terms_of(need: Need) -> NeedTerms:
    return NeedTerms(**{part.name: getattr(need, part.name) for part in fields(NeedTerms)})


def _check(session: WorkspaceSession, terms: NeedTerms, *, by: Membership) -> None:
    if not terms.outcome:
        raise Refused(lazy("Say what is to be different afterwards."), field="outcome")
    for field, words, most in (
        ("outcome", terms.outcome, limits.LINE_LENGTH),
        ("deliverables", terms.deliverables, limits.TEXT_LENGTH),
        ("volume", terms.volume, limits.NAME_LENGTH),
        ("acceptance", terms.acceptance, limits.TEXT_LENGTH),
    ):
        if len(words) > most:
            raise Refused(lazy("Keep it under %(length)s characters.", length=most), field=field)
    if terms.category_id is not None and session.get(Category, terms.category_id) is None:
        raise Refused(lazy("Choose one of the list."), field="category_id")
    if terms.owner_id is not None and members.membership(session, by.workspace_id, terms.owner_id) is None:
        raise Refused(lazy("Choose somebody of the team."), field="owner_id")
    amounts.require(terms.budget_amount, terms.budget_currency, box="budget")
    _check_window(terms, by=by)


def _check_window(terms: NeedTerms, *, by: Membership) -> None:
    for field, day in (("starts_from", terms.starts_from), ("starts_by", terms.starts_by)):
        if day is not None:
            log_dates.require_within_reach(day, by=by, field=field)
    if terms.starts_from is not None and terms.starts_by is not None and terms.starts_by < terms.starts_from:
        raise Refused(lazy("Pick a day after the first one."), field="starts_by")


def _note_move(need: Need, before: NeedStatus | None, *, by: Membership, why: str) -> NeedMove:
    session = session_of(need)
    made = NeedMove(
        need_id=need.id,
        from_status=before,
        to_status=need.status,
        why=why,
        moved_on=by.workspace.today,
        moved_by=by.user_id,
    )
    session.add(made)
    session.flush()
    return made


# Whom it brings forward

_KINDS = (TriggerKind.PREREQUISITE, TriggerKind.NEED, TriggerKind.BUDGET)
Cause = tuple[TriggerKind, int]
"""What a need makes true of a parking: the kind, and the need."""


def true_of(session: WorkspaceSession, parking: Parking) -> list[Cause]:
    """What needs make true of a parking as they stand now, whether it has been told or not. Four queries at most."""
    kinds = [kind for kind in _KINDS if trigger_rules.reacts(parking.reason, kind)]
    if TriggerKind.PREREQUISITE in kinds:
        waited = needs.waited_for(session, parking.id)
        is_filled = waited is not None and find(session, waited.id).status is NeedStatus.FILLED
        return [(TriggerKind.PREREQUISITE, waited.id)] if waited is not None and is_filled else []
    vendor = session.get_one(Vendor, parking.vendor_id)
    wanted = [need for need in needs.in_their_niche(session, vendor.id) if _is_wanted(need)] if kinds else []
    named = needs.waited_for(session, parking.id) if TriggerKind.BUDGET in kinds else None
    found = [
        (kind, need.id)
        for kind in kinds
        for need in wanted
        if _calls_for(need, kind, vendor) and (named is None or need.id != named.id)
    ]
    if named is not None and _has_money_now(find(session, named.id), parking, vendor):
        found.append((TriggerKind.BUDGET, named.id))
    return found


def catch_up(session: WorkspaceSession, parking: Parking, *, since: Container[Cause], by: Membership) -> None:
    """A parking that was over goes on after all: what needs have made true meanwhile is told, and what stands untold
    since before, or is no longer so, is not. ``since`` is what was true when it ended."""
    now = true_of(session, parking)
    told = session.scalars(_unanswered().where(ParkingTrigger.parking_id == parking.id)).all()
    for trigger in told:
        if (trigger.kind, trigger.cause_id) not in now:
            triggers.withdraw(session, trigger)
    touches.refresh(session, session.get_one(Vendor, parking.vendor_id))
    for kind, need_id in now:
        if (kind, need_id) not in since:
            what = session.get_one(Need, need_id).outcome
            triggers.fire(session, parking, kind, need_id, {"what": what}, by)


def _true_now(need: Need) -> dict[tuple[TriggerKind, int], Parking]:
    """The parkings that this need makes ripe as it stands, by the kind and the parking's id."""
    return {(kind, parking.id): parking for kind in _KINDS for parking in _brought_forward(need, kind)}


def _bring_forward(need: Need, *, by: Membership, before: Container[tuple[TriggerKind, int]]) -> None:
    """Those who look after parked vendors for whom this need makes the time look right by what was changed just now
    are told; what is no longer so, and nobody has answered yet, is taken back.

    ``before`` was true before the change, and is nothing new: whoever was parked in sight of it was parked all the
    same.
    """
    session = session_of(need)
    true_now = _true_now(need)
    _withdraw(need, but=set(true_now))
    for (kind, parking_id), parking in true_now.items():
        if (kind, parking_id) not in before:
            triggers.fire(session, parking, kind, need.id, {"what": need.outcome}, by)


def _brought_forward(need: Need, kind: TriggerKind) -> list[Parking]:
    session = session_of(need)
    if kind is TriggerKind.PREREQUISITE:
        return needs.parkings_waiting(session, need.id) if need.status is NeedStatus.FILLED else []
    named = [
        parking for parking in needs.parkings_waiting(session, need.id) if trigger_rules.reacts(parking.reason, kind)
    ]
    ripe = [each for each in named if _has_money_now(need, each, session.get_one(Vendor, each.vendor_id))]
    if not _is_wanted(need):
        return ripe
    known = {parking.id for parking in named}
    return ripe + [
        parking
        for parking in triggers.waiting_for(session, kind, category_id=need.category_id)
        if parking.id not in known and _calls_for(need, kind, session.get_one(Vendor, parking.vendor_id))
    ]


def _is_wanted(need: Need) -> bool:
    """Whether somebody of a niche is looked for."""
    return need.category_id is not None and need.status not in (*CLOSED_NEEDS, NeedStatus.ON_HOLD)


def _calls_for(need: Need, kind: TriggerKind, vendor: Vendor) -> bool:
    """Whether a need that is wanted makes the time look right for somebody of its niche."""
    return need.status is not NeedStatus.IDEA if kind is TriggerKind.NEED else _reaches_minimum(need, vendor)


def _reaches_minimum(need: Need, vendor: Vendor) -> bool:
    minimum = _minimum(need, vendor)
    return need.budget_amount is not None and minimum is not None and need.budget_amount >= minimum


def _has_money_now(need: Need, parking: Parking, vendor: Vendor) -> bool:
    """Whether a need that is waited for by name has the budget by now, whatever its niche: more than on the day of
    parking, and as much as their minimum where that compares."""
    then = parking.at_parking.get("budget") or {}
    if need.status in (*CLOSED_NEEDS, NeedStatus.ON_HOLD) or need.budget_amount is None:
        return False
    if (then.get("currency") or need.budget_currency) != need.budget_currency:
        return False
    minimum = _minimum(need, vendor)
    return need.budget_amount > (then.get("amount") or 0) and (minimum is None or need.budget_amount >= minimum)


def _minimum(need: Need, vendor: Vendor) -> int | None:
    """A vendor's minimum, where it compares with a need's budget: in one currency, and for a month, as that is."""
    minimum = trigger_rules.known(trigger_rules.snapshot(vendor)).minimum
    return trigger_rules.monthly_minimum(minimum, need.budget_currency)


def _withdraw(need: Need, *, but: Container[tuple[TriggerKind, int]] = ()) -> None:
    session = session_of(need)
    fired = _unanswered().where(ParkingTrigger.cause_id == need.id)
    gone = [trigger for trigger in session.scalars(fired).all() if (trigger.kind, trigger.parking_id) not in but]
    concerned = [trigger.vendor_id for trigger in gone]
    for trigger in gone:
        triggers.withdraw(session, trigger)
    touches.refresh_many(session, session.scalars(select(Vendor).where(Vendor.id.in_(concerned))).all())


def _unanswered() -> Select[ParkingTrigger]:
    return select(ParkingTrigger).where(ParkingTrigger.kind.in_(_KINDS), ParkingTrigger.answered_on.is_(None))
