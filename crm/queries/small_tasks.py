"""Reading the small needs that could be a task for a parked vendor, and to whom they were given.

That a piece of work is such a task, and of which need, stands with its handing out on the timeline.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Integer, SelectBase, and_, bindparam, exists, or_, select

from crm.core.tenancy import WorkspaceSession
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import CLOSED_NEEDS, Availability, NeedStatus, RatePeriod, Stage, TimelineKind, WorkOutcome
from crm.models.log import TimelineEntry
from crm.models.needs import Need
from crm.models.vendors import Vendor, VendorCategory
from crm.queries import niches
from crm.queries.standings import is_suspended

NEED = "need_id"
"""What the handing out of a small task says on the timeline: of which need it is."""
_CAME_TO_NOTHING = (WorkOutcome.REJECTED, WorkOutcome.CALLED_OFF)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A small need beside a parked vendor that does such work; money in minor units of its currency."""

    vendor_id: int
    vendor: str
    need_id: int
    outcome: str
    niche: str
    """The place in the tree that the need names."""
    budget_amount: int | None
    budget_currency: str
    minimum_amount: int | None
    currency: str
    minimum_period: RatePeriod | None
    availability: Availability
    availability_until: date | None
    leave_from: date | None
    leave_to: date | None


@dataclass(frozen=True, slots=True)
class SmallNeed:
    """The need's half of a :class:`Candidate`."""

    id: int
    outcome: str
    niche: str
    budget_amount: int | None
    budget_currency: str

    def beside(self, vendor: Vendor) -> Candidate:
        """The need beside a vendor in whose niche it is."""
        return Candidate(
            vendor.id,
            vendor.name,
            self.id,
            self.outcome,
            self.niche,
            self.budget_amount,
            self.budget_currency,
            vendor.minimum_amount,
            vendor.currency,
            vendor.minimum_period,
            vendor.availability,
            vendor.availability_until,
            vendor.leave_from,
            vendor.leave_to,
        )


@dataclass(frozen=True, slots=True)
class Given:
    """A small task that was given: the work, and to whom."""

    work_id: int
    vendor_id: int
    vendor: str
    due_on: date
    outcome: WorkOutcome | None


@dataclass(frozen=True, slots=True)
class Of:
    """The need that a piece of work is a small task of."""

    id: int
    outcome: str


def for_vendors(session: WorkspaceSession, vendor_ids: Iterable[int]) -> list[Candidate]:
    """The open small needs in the niches of these vendors, of those among them who are parked and may be asked.

    One query, however many vendors.
    """
    ids = list(vendor_ids)
    return _once(session.rows(_candidates(of_need=False), {"vendor_ids": ids})) if ids else []


def for_need(session: WorkspaceSession, need_id: int) -> list[Candidate]:
    """The parked vendors in whose niche a need is, if it is small and open. One query."""
    return _once(session.rows(_candidates(of_need=True), {"need_id": need_id}))


def given(session: WorkspaceSession, need_id: int) -> list[Given]:
    """To whom a need was given as a small task, the latest first. One query."""
    work = DelegatedWork
    statement = (
        select(work.id, work.vendor_id, Vendor.name, work.due_on, work.outcome)
        .join(TimelineEntry, _is_handed_out())
        .join(Vendor, Vendor.id == work.vendor_id)
        .where(TimelineEntry.facts[NEED].as_integer() == need_id)
        .order_by(work.id.desc())
    )
    return [Given(*row) for row in session.execute(statement)]


def need_of(session: WorkspaceSession, work_id: int) -> Of | None:
    """The need that a piece of work is a small task of; None for other work. One query."""
    statement = (
        select(Need.id, Need.outcome)
        .join(TimelineEntry, TimelineEntry.facts[NEED].as_integer() == Need.id)
        .where(
            TimelineEntry.workspace_id == Need.workspace_id,
            TimelineEntry.kind == TimelineKind.WORK,
            TimelineEntry.subject_id == work_id,
            TimelineEntry.step == "",
        )
    )
    row = session.execute(statement).first()
    return Of(*row) if row else None


def _once(rows: Iterable[Any]) -> list[Candidate]:
    """A vendor may offer several things of one niche."""
    return list(dict.fromkeys(Candidate(*row) for row in rows))


@cache
def _candidates(*, of_need: bool) -> SelectBase:
    """Written once and kept: putting it together costs more than its answer."""
    if of_need:
        narrowed: Any = Need.id == bindparam("need_id", type_=Integer())
    else:
        narrowed = Vendor.id.in_(bindparam("vendor_ids", expanding=True, type_=Integer()))
    wanted = niches.Placed("wanted")
    named = select(
        Vendor.id,
        Vendor.name,
        Need.id,
        Need.outcome,
        wanted.entry.name,
        Need.budget_amount,
        Need.budget_currency,
        Vendor.minimum_amount,
        Vendor.currency,
        Vendor.minimum_period,
        Vendor.availability,
        Vendor.availability_until,
        Vendor.leave_from,
        Vendor.leave_to,
    )
    order = (Need.starts_by.is_(None), Need.starts_by, Need.id.desc(), Vendor.normal_name, Vendor.id)
    found: SelectBase = beside(named, wanted).where(narrowed).order_by(*order)
    return found


def beside(named: Any, wanted: niches.Placed) -> Any:
    """A statement over the open small needs, at ``wanted`` in the tree, beside the parked vendors in whose niche they
    are and who may be asked. A vendor may offer several things of one niche: it then stands there as often."""
    offered = niches.Placed("offered")
    side_by_side = (
        named.select_from(Need)
        .join(wanted.entry, wanted.entry.id == Need.category_id)
        .join(Vendor, and_(Vendor.workspace_id == Need.workspace_id, Vendor.stage == Stage.PARKED))
        .join(VendorCategory, VendorCategory.vendor_id == Vendor.id)
        .join(offered.entry, offered.entry.id == VendorCategory.category_id)
    )
    return offered.with_those_above(wanted.with_those_above(side_by_side)).where(
        Need.is_small,
        Need.status.not_in((*CLOSED_NEEDS, NeedStatus.ON_HOLD)),
        Vendor.do_not_contact.is_(False),
        wanted.matches(offered),
        ~is_suspended(Vendor.id, offered),
        ~_is_given(),
    )


def _is_given() -> Any:
    """Whether somebody has the need as a small task, or has brought it."""
    work = DelegatedWork
    return exists().where(
        TimelineEntry.workspace_id == Need.workspace_id,
        TimelineEntry.facts[NEED].as_integer() == Need.id,
        _is_handed_out(),
        or_(work.outcome.is_(None), work.outcome.not_in(_CAME_TO_NOTHING)),
    )


def _is_handed_out() -> Any:
    work = DelegatedWork
    return and_(
        TimelineEntry.workspace_id == work.workspace_id,
        TimelineEntry.kind == TimelineKind.WORK,
        TimelineEntry.subject_id == work.id,
        TimelineEntry.step == "",
    )
