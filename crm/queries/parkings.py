"""Reading who is parked: why, until when, and how the contact has held since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, Integer, SelectBase, String, and_, bindparam, case, func, select, tuple_
from sqlalchemy.orm import aliased

from crm.core import clock, text
from crm.core.row_limits import at_most
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import InteractionKind, Outcome, ParkingReason, RatePeriod, ReminderKind, Stage, TriggerKind
from crm.models.log import Interaction
from crm.models.needs import Need, ParkingNeed
from crm.models.referrals import Referral
from crm.models.stages import Parking, ParkingTrigger
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, User
from crm.queries.keysets import Along, Page, Step, equal, page, says

REASONS_IN_ORDER = (
    ParkingReason.AT_CAPACITY,
    ParkingReason.NO_BUDGET,
    ParkingReason.NOTHING_TO_OUTSOURCE,
    ParkingReason.NOT_READY,
    ParkingReason.PREREQUISITE,
    ParkingReason.PRICE_TOO_HIGH,
    ParkingReason.ON_LEAVE,
    ParkingReason.SEASON,
    ParkingReason.OTHER,
)
"""As the form asks for them; groups on the page stand in the same order."""
_OF_VENDOR = Vendor.id == Parking.vendor_id
_LAST = func.coalesce(Vendor.last_contact_on, Parking.parked_on)
"""The day of the latest contact, else of the parking."""


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A vendor that is parked.

    owner      the name of whoever looks after it now, empty for nobody.
    rhythm     the cadence in force as text ("6 weeks"), empty for none.
    now, goal  how far the condition has come, None without a figure; in minor units where there is a currency.
    trigger    what has come true and waits for an answer, with its facts, its day and who said so.
    need_id…   the need that is waited for, with its budget of a month; None where there is none.
    minimum…   what the vendor asks for at the least.
    of_reason  how many are parked for the same reason.
    """

    parking_id: int
    vendor_id: int
    name: str
    what_they_do: str
    owner: str
    reason: ParkingReason
    details: str
    condition: str
    parked_on: date
    revisit_on: date
    next_on: date | None
    due_kind: ReminderKind | None
    rhythm: str
    last_contact_on: date | None
    now: int | None
    goal: int | None
    currency: str
    unit: str
    trigger: TriggerKind | None
    facts: dict[str, Any] | None
    fired_on: date | None
    fired_by: str
    need_id: int | None
    need: str | None
    budget_amount: int | None
    budget_currency: str | None
    minimum_amount: int | None
    minimum_period: RatePeriod | None
    vendor_currency: str
    of_reason: int

    @property
    def tint(self) -> int:
        """The tint of its name."""
        return text.tint(self.name)


@dataclass(frozen=True, slots=True)
class Parked:
    """A page of those who are parked: how many there are in all, and for how many of them the time looks right."""

    rows: list[ParkedRow]
    total: int = 0
    ripe: int = 0


class Silence(NamedTuple):
    """Parked vendors who were last in touch (else parked) on the same day and have the same rhythm: how many."""

    last_on: date
    rhythm: str
    vendors: int


@dataclass(frozen=True, slots=True)
class Contact:
    """A time the vendor was spoken to, or (``is_referral``) given a referral."""

    on: date
    kind: InteractionKind | None
    is_referral: bool = False


def parked(
    session: WorkspaceSession,
    *,
    owner_id: int | None = None,
    silences: Sequence[Silence] | None = None,
    only_ripe: bool = False,
    limit: int,
    offset: int = 0,
) -> Parked:
    """Who is parked, by reason; within it those for whom the time looks right first, then by next check-in. One query.

    ``owner_id``, ``silences`` (they are in one of them) and ``only_ripe`` narrow it.
    """
    values = {"owner_id": owner_id, "silences": [tuple(each[:2]) for each in silences or ()], "offset": offset}
    question = _parked(_Narrowed(owner_id is not None, silences is not None, only_ripe), limit)
    rows: Sequence[Any] = session.rows(question, values)
    if not rows:
        return Parked([])
    return Parked([ParkedRow(*row[:-2]) for row in rows], int(rows[0].total), int(rows[0].ripe))


@dataclass(frozen=True, slots=True)
class _Narrowed:
    """What narrows the page: a question of its own for each."""

    is_owned: bool = False
    is_silent: bool = False
    is_ripe: bool = False

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """Of an open parking; those of its vendor where there are any."""
        found: list[ColumnElement[bool]] = [Parking.ended_on.is_(None)]
        if self.is_owned:
            found.append(Vendor.owner_id == bindparam("owner_id", type_=Integer()))
        if self.is_silent:
            silence: Any = tuple_(_LAST, Vendor.cadence_in_force, types=[Date(), String()])
            found.append(silence.in_(bindparam("silences", expanding=True)))
        if self.is_ripe:
            found.append(_is_ripe())
        return found

    def of(self, question: Any) -> Any:
        """The question with what narrows it; vendors are read where they are asked for."""
        asks_vendors = self.is_owned or self.is_silent
        return (question.join(Vendor, _OF_VENDOR) if asks_vendors else question).where(*self.conditions)


@cache
def _parked(narrowed: _Narrowed, limit: int) -> SelectBase:
    """Written once and kept: putting it together costs more than its answer.

    Whoever is parked is placed and counted by little; all that is shown is read for one page of them.
    """
    at_work = and_(
        Membership.workspace_id == Vendor.workspace_id,
        Membership.user_id == Vendor.owner_id,
        Membership.deactivated_at.is_(None),
    )
    sayer = aliased(User)
    counts = _counts(narrowed).subquery()
    picked = _picked(narrowed, limit).subquery()
    return (
        select(
            Parking.id,
            Vendor.id.label("vendor_id"),
            Vendor.name,
            Vendor.what_they_do,
            func.coalesce(User.name, ""),
            Parking.reason,
            Parking.details,
            Parking.condition,
            Parking.parked_on,
            Parking.revisit_on,
            Vendor.next_on,
            Vendor.due_kind,
            Vendor.cadence_in_force,
            Vendor.last_contact_on,
            Parking.condition_now,
            Parking.condition_goal,
            Parking.condition_currency,
            Parking.condition_unit,
            ParkingTrigger.kind,
            ParkingTrigger.facts,
            ParkingTrigger.fired_on,
            func.coalesce(sayer.name, ""),
            Need.id,
            Need.outcome,
            Need.budget_amount,
            Need.budget_currency,
            Vendor.minimum_amount,
            Vendor.minimum_period,
            Vendor.currency,
            counts.c.of_reason,
            counts.c.total,
            counts.c.ripe,
        )
        .select_from(picked)
        .join(Parking, Parking.id == picked.c.id)
        .join(Vendor, _OF_VENDOR)
        .join(counts, counts.c.reason == Parking.reason)
        .outerjoin(ParkingTrigger, ParkingTrigger.id == _first_unanswered())
        .outerjoin(sayer, sayer.id == ParkingTrigger.fired_by)
        .outerjoin(
            ParkingNeed, and_(ParkingNeed.workspace_id == Parking.workspace_id, ParkingNeed.parking_id == Parking.id)
        )
        .outerjoin(Need, and_(Need.workspace_id == ParkingNeed.workspace_id, Need.id == ParkingNeed.need_id))
        .outerjoin(Membership, at_work)
        .outerjoin(User, User.id == Membership.user_id)
        .order_by(*_turn())
    )


def _picked(narrowed: _Narrowed, limit: int) -> Any:
    """Which stand on the page."""
    # Always with the vendor: its day and name place it.
    found = select(Parking.id).join(Vendor, _OF_VENDOR).where(*narrowed.conditions).order_by(*_turn())
    return found.limit(at_most(limit)).offset(bindparam("offset", type_=Integer()))


def _counts(narrowed: _Narrowed) -> Any:
    """For each reason how many there are; and with each how many in all, and for how many of all the time looks
    right."""
    ripe = func.sum(case((_is_ripe(), 1), else_=0))
    each = narrowed.of(select(Parking.reason, func.count().label("of_reason"), ripe.label("ripe")))
    found = each.group_by(Parking.reason).subquery()
    return select(
        found.c.reason,
        found.c.of_reason,
        func.sum(found.c.of_reason).over().label("total"),
        func.sum(found.c.ripe).over().label("ripe"),
    )


def _turn() -> tuple[Any, ...]:
    ripe_first = case((_is_ripe(), 0), else_=1)
    return _place(), ripe_first, func.coalesce(Vendor.next_on, date.max), Vendor.normal_name, Vendor.id


def _is_ripe() -> Any:
    """Whether something has come true that nobody has answered. All of these are looked up once, not for each."""
    return Parking.id.in_(select(ParkingTrigger.parking_id).where(ParkingTrigger.answered_on.is_(None)))


def _first_unanswered() -> Any:
    """The oldest thing that came true for a parking and that nobody has answered."""
    one = aliased(ParkingTrigger)
    # By the vendor too, which has an index: for the least of the numbers SQLite reads all of the business otherwise.
    return (
        select(func.min(one.id))
        .where(
            one.workspace_id == Parking.workspace_id,
            one.vendor_id == Parking.vendor_id,
            one.parking_id == Parking.id,
            one.answered_on.is_(None),
        )
        .correlate(Parking)
        .scalar_subquery()
    )


def silences(session: WorkspaceSession, *, owner_id: int | None = None) -> list[Silence]:
    """Since when parked vendors were not in touch, and by what rhythm they should be. One query."""
    rows = session.rows(_silences(owner_id is not None), {"owner_id": owner_id})
    return [Silence(*row) for row in rows]


@cache
def _silences(is_owned: bool) -> SelectBase:
    return (
        select(_LAST, Vendor.cadence_in_force, func.count())
        .join(Parking, and_(_OF_VENDOR, Parking.ended_on.is_(None)))
        .where(Vendor.stage == Stage.PARKED)
        .where(*([Vendor.owner_id == bindparam("owner_id", type_=Integer())] if is_owned else []))
        .group_by(_LAST, Vendor.cadence_in_force)
    )


def contacts(
    session: WorkspaceSession, vendor_ids: Sequence[int], since: date, *, zone: str
) -> dict[int, list[Contact]]:
    """What was said since a day, and which referrals were made by the clock of a zone, oldest first. Two queries."""
    found: dict[int, list[Contact]] = {vendor_id: [] for vendor_id in vendor_ids}
    if not vendor_ids:
        return found
    for vendor_id, on, kind in session.rows(_said(), {"vendor_ids": vendor_ids, "since": since}):
        found[vendor_id].append(Contact(on, kind))
    for vendor_id, at in session.rows(_given(), {"vendor_ids": vendor_ids}):
        on = clock.local(at, zone).date()
        if on >= since:
            found[vendor_id].append(Contact(on, None, is_referral=True))
    for each in found.values():
        each.sort(key=lambda contact: (contact.on, contact.is_referral))
    return found


@cache
def _said() -> SelectBase:
    return select(Interaction.vendor_id, Interaction.occurred_on, Interaction.kind).where(
        Interaction.vendor_id.in_(bindparam("vendor_ids", expanding=True)),
        Interaction.occurred_on >= bindparam("since", type_=Date()),
        Interaction.outcome == Outcome.TWO_WAY,
        Interaction.deleted_at.is_(None),
    )


@cache
def _given() -> SelectBase:
    return select(Referral.vendor_id, Referral.created_at).where(
        Referral.vendor_id.in_(bindparam("vendor_ids", expanding=True))
    )


def _place() -> Any:
    return case({reason.value: place for place, reason in enumerate(REASONS_IN_ORDER)}, value=Parking.reason, else_=99)


SORTS = {"id": Along(Parking.id), "revisit_on": Along(Parking.revisit_on), "parked_on": Along(Parking.parked_on)}


def listed(
    session: WorkspaceSession,
    step: Step,
    *,
    words: str = "",
    is_open: bool | None = None,
    revisit_before: date | None = None,
    **exact: Any,
) -> Page:
    """One page of the parkings, those that are over too. One query."""
    statement = select(Parking).where(*says(words, Parking.details, Parking.condition), *equal(Parking, exact))
    if is_open is not None:
        statement = statement.where(Parking.ended_on.is_(None) if is_open else Parking.ended_on.is_not(None))
    if revisit_before is not None:
        statement = statement.where(Parking.revisit_on <= revisit_before)
    return page(session, statement, Parking.id, SORTS, step)
