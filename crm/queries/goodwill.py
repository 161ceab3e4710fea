"""Reading what we and vendors did for each other, and the lines of credit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, exists, func, select

from crm.core.row_limits import at_most
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import GoodwillSide, ReferralState
from crm.models.goodwill import CreditEntry, DiscountTerms, GoodwillEntry
from crm.models.referrals import Opening, Referral, ReferralStep
from crm.models.vendors import Vendor
from crm.models.workspaces import User
from crm.queries.keysets import Along, Page, Step, equal, page, says

COUNTED = (ReferralState.INTRODUCED, ReferralState.WON, ReferralState.THANKED)
SORTS = {"id": Along(GoodwillEntry.id), "happened_on": Along(GoodwillEntry.happened_on)}


@dataclass(frozen=True, slots=True)
class GoodwillLine:
    """A good turn with who wrote it down, and the business where it is a referral."""

    entry: GoodwillEntry
    author: str
    business: str


@dataclass(frozen=True, slots=True)
class CreditLine:
    """A line of credit with its currency, and the business whose referral earned it."""

    entry: CreditEntry
    currency: str
    author: str
    business: str


def of_vendor(session: WorkspaceSession, vendor_id: int, *, limit: int = 200) -> Sequence[GoodwillLine]:
    """The latest good turns between us and a vendor, latest first; struck ones too."""
    statement = (
        select(GoodwillEntry, User.name, Opening.business)
        .outerjoin(User, User.id == GoodwillEntry.created_by)
        .outerjoin(Referral, Referral.id == GoodwillEntry.referral_id)
        .outerjoin(Opening, Opening.id == Referral.opening_id)
        .where(GoodwillEntry.vendor_id == vendor_id)
        .order_by(GoodwillEntry.happened_on.desc(), GoodwillEntry.id.desc())
        .limit(limit)
    )
    return [GoodwillLine(row, author or "", business or "") for row, author, business in session.execute(statement)]


def credit_of(session: WorkspaceSession, vendor_id: int) -> Sequence[CreditLine]:
    """All lines of a vendor's credit in order, those that count no more too."""
    statement = (
        select(CreditEntry, DiscountTerms.currency, User.name, Opening.business)
        .join(DiscountTerms, DiscountTerms.id == CreditEntry.terms_id)
        .outerjoin(User, User.id == CreditEntry.created_by)
        .outerjoin(Referral, Referral.id == CreditEntry.referral_id)
        .outerjoin(Opening, Opening.id == Referral.opening_id)
        .where(CreditEntry.vendor_id == vendor_id)
        .order_by(CreditEntry.happened_on, CreditEntry.id)
    )
    rows = session.execute(statement)
    return [CreditLine(row, currency, author or "", business or "") for row, currency, author, business in rows]


def tells_of_closed_business(session: WorkspaceSession, vendor_id: int) -> bool:
    """Whether somebody could work out from the credit what business was closed: a share of it was agreed."""
    statement = select(exists().where(DiscountTerms.vendor_id == vendor_id, DiscountTerms.percent.is_not(None)))
    return bool(session.scalar(statement))


@dataclass(frozen=True, slots=True)
class TurnRow:
    """A good turn that counts."""

    side: GoodwillSide
    happened_on: date
    vendor_id: int
    vendor: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of a referral that is counted."""

    state: ReferralState
    happened_on: date
    vendor_id: int
    vendor: str
    connector: str


def turns(session: WorkspaceSession, *, since: date, today: date) -> list[TurnRow]:
    """The good turns between two days, both included. One query."""
    statement = (
        select(GoodwillEntry.side, GoodwillEntry.happened_on, Vendor.id, Vendor.name)
        .join(Vendor, Vendor.id == GoodwillEntry.vendor_id)
        .where(GoodwillEntry.struck_at.is_(None), GoodwillEntry.happened_on.between(since, today))
    )
    return [TurnRow(*row) for row in session.execute(statement)]


@dataclass(frozen=True, slots=True)
class Between:
    """How many good turns went each way between us and a vendor."""

    vendor_id: int
    vendor: str
    given: int
    received: int


def latest_between(session: WorkspaceSession, *, since: date, today: date, limit: int) -> list[Between]:
    """The vendors with whom the latest good turns were, each with all that went both ways after the one day and up to
    the other. One query."""
    statement = (
        select(
            Vendor.id,
            Vendor.name,
            func.sum(case((GoodwillEntry.side == GoodwillSide.GIVEN, 1), else_=0)),
            func.sum(case((GoodwillEntry.side == GoodwillSide.RECEIVED, 1), else_=0)),
        )
        .join(GoodwillEntry, GoodwillEntry.vendor_id == Vendor.id)
        .where(GoodwillEntry.struck_at.is_(None), GoodwillEntry.happened_on > since, GoodwillEntry.happened_on <= today)
        .group_by(Vendor.id, Vendor.name)
        .order_by(func.max(GoodwillEntry.happened_on).desc(), Vendor.id)
        .limit(at_most(limit))
    )
    return [Between(*row) for row in session.execute(statement)]


def referral_steps(session: WorkspaceSession, *, since: date, today: date) -> list[StepRow]:
    """How referrals came on between two days, both included: introduced, won, thanked. One query."""
    statement = (
        select(ReferralStep.state, ReferralStep.happened_on, Vendor.id, Vendor.name, User.name)
        .join(Referral, Referral.id == ReferralStep.referral_id)
        .join(Vendor, Vendor.id == Referral.vendor_id)
        .join(User, User.id == Referral.connector_id)
        .where(ReferralStep.state.in_(COUNTED), ReferralStep.happened_on.between(since, today))
    )
    return [StepRow(*row) for row in session.execute(statement)]


def listed(
    session: WorkspaceSession, step: Step, *, words: str = "", is_struck: bool | None = None, **exact: Any
) -> Page:
    """One page of the good turns, those that were struck out too; words are of the note. One query."""
    statement = select(GoodwillEntry).where(*says(words, GoodwillEntry.note), *equal(GoodwillEntry, exact))
    if is_struck is not None:
        struck = GoodwillEntry.struck_at
        statement = statement.where(struck.is_not(None) if is_struck else struck.is_(None))
    return page(session, statement, GoodwillEntry.id, SORTS, step)
