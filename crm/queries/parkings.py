"""Reading who is parked: why, until when, and how the contact has held since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, SelectBase, and_, bindparam, case, func, select
from sqlalchemy.orm import aliased

from crm.core import clock, text
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
    ids: Sequence[int] | None = None,
    only_ripe: bool = False,
    limit: int,
    offset: int = 0,
) -> Parked:
    """Who is parked, by reason; within it those for whom the time looks right first, then by next check-in. One query.

    ``owner_id``, ``ids`` (of vendors) and ``only_ripe`` narrow it.
    """
    values = {"owner_id": owner_id, "ids": ids, "limit": limit, "offset": offset}
    question = _parked(owner_id is not None, ids is not None, only_ripe)
    rows: Sequence[Any] = session.rows(question, values)
    if not rows:
        return Parked([])
    return Parked([ParkedRow(*row[:-2]) for row in rows], rows[0].total, int(rows[0].ripe))


@cache
def _parked(is_owned: bool, is_among: bool, is_ripe: bool) -> SelectBase:
    """Written once and kept: putting it together costs more than its answer."""
    at_work = and_(
        Membership.workspace_id == Vendor.workspace_id,
        Membership.user_id == Vendor.owner_id,
        Membership.deactivated_at.is_(None),
    )
    waits = ParkingTrigger.id == _first_unanswered()
    sayer = aliased(User)
    came_true = case((ParkingTrigger.id.is_(None), 0), else_=1)
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
            func.count().over(partition_by=Parking.reason),
            func.count().over().label("total"),
            func.sum(came_true).over().label("ripe"),
        )
        .join(Vendor, Vendor.id == Parking.vendor_id)
        .outerjoin(ParkingTrigger, waits)
        .outerjoin(sayer, sayer.id == ParkingTrigger.fired_by)
        .outerjoin(
            ParkingNeed, and_(ParkingNeed.workspace_id == Parking.workspace_id, ParkingNeed.parking_id == Parking.id)
        )
        .outerjoin(Need, and_(Need.workspace_id == ParkingNeed.workspace_id, Need.id == ParkingNeed.need_id))
        .outerjoin(Membership, at_work)
        .outerjoin(User, User.id == Membership.user_id)
        .where(Parking.ended_on.is_(None), *_narrowed(is_owned, is_among))
        .where(*([ParkingTrigger.id.is_not(None)] if is_ripe else []))
        .order_by(_place(), came_true.desc(), func.coalesce(Vendor.next_on, date.max), Vendor.normal_name, Vendor.id)
        .limit(bindparam("limit", type_=Integer()))
        .offset(bindparam("offset", type_=Integer()))
    )


def _first_unanswered() -> Any:
    """The oldest thing that came true for a parking and that nobody has answered."""
    one = aliased(ParkingTrigger)
    return (
        select(func.min(one.id))
        .where(one.workspace_id == Parking.workspace_id, one.parking_id == Parking.id, one.answered_on.is_(None))
        .correlate(Parking)
        .scalar_subquery()
    )


def silence(session: WorkspaceSession, *, owner_id: int | None = None) -> list[tuple[int, date, str]]:
    """For each parked vendor its id, the day of the latest contact (else of the parking), and the rhythm in force."""
    rows = session.rows(_silence(owner_id is not None), {"owner_id": owner_id})
    return [(vendor_id, on, rhythm) for vendor_id, on, rhythm in rows]


@cache
def _silence(is_owned: bool) -> SelectBase:
    last = func.coalesce(Vendor.last_contact_on, Parking.parked_on)
    return (
        select(Vendor.id, last, Vendor.cadence_in_force)
        .join(Parking, and_(Parking.vendor_id == Vendor.id, Parking.ended_on.is_(None)))
        .where(Vendor.stage == Stage.PARKED, *_narrowed(is_owned, False))
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


def _narrowed(is_owned: bool, is_among: bool) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if is_owned:
        found.append(Vendor.owner_id == bindparam("owner_id", type_=Integer()))
    if is_among:
        found.append(Vendor.id.in_(bindparam("ids", expanding=True, type_=Integer())))
    return found


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
