"""Reading referrals and where each stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from crm.core import text
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import ContactKind, ReferralState, Stage
from crm.models.referrals import Opening, Referral, ReferralStep
from crm.models.vendors import Contact, Person, Vendor
from crm.models.workspaces import User
from crm.queries import keysets
from crm.queries.keysets import Along, Page, equal, page, says

UNDER_WAY = (
    ReferralState.IDEA,
    ReferralState.VENDOR_ASKED,
    ReferralState.VENDOR_YES,
    ReferralState.BUSINESS_ASKED,
    ReferralState.BUSINESS_YES,
    ReferralState.INTRODUCED,
    ReferralState.TALKING,
)


@dataclass(frozen=True, slots=True)
class ReferralRow:
    """A referral as a list shows it."""

    id: int
    state: ReferralState
    vendor_id: int
    vendor: str
    business: str
    since: date
    follow_up_on: date | None

    @property
    def vendor_tint(self) -> int:
        return text.tint(self.vendor)

    @property
    def business_tint(self) -> int:
        return text.tint(self.business)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a referral with who recorded it."""

    id: int
    state: ReferralState
    happened_on: date
    channel: str | None
    note: str
    recorder: str


def under_way(session: WorkspaceSession) -> Sequence[ReferralRow]:
    """The referrals that still want something, latest first."""
    return _rows(session, _select().where(Referral.state.in_(UNDER_WAY)))


def settled(session: WorkspaceSession, limit: int) -> Sequence[ReferralRow]:
    """How the others went, latest first."""
    return _rows(session, _select().where(Referral.state.not_in(UNDER_WAY)).limit(limit))


def of_vendor(session: WorkspaceSession, vendor_id: int) -> Sequence[ReferralRow]:
    """A vendor's referrals, latest first."""
    return _rows(session, _select().where(Referral.vendor_id == vendor_id))


def of_opening(session: WorkspaceSession, opening_id: int) -> Sequence[ReferralRow]:
    """The referrals to one business that looks for someone."""
    return _rows(session, _select().where(Referral.opening_id == opening_id))


def steps_of(session: WorkspaceSession, referral_id: int) -> Sequence[Step]:
    """What has happened with a referral, in order."""
    rows = session.execute(
        select(ReferralStep, User.name)
        .join(User, User.id == ReferralStep.recorded_by)
        .where(ReferralStep.referral_id == referral_id)
        .order_by(ReferralStep.state != ReferralState.IDEA, ReferralStep.happened_on, ReferralStep.id)
    )
    return [Step(step.id, step.state, step.happened_on, step.channel, step.note, name) for step, name in rows]


def contact_of(session: WorkspaceSession, vendor_id: int) -> tuple[str, str] | None:
    """The first person of a vendor who has an e-mail address: name and address."""
    row = session.execute(
        select(Person.name, Contact.value)
        .join(Contact, Contact.person_id == Person.id)
        .where(Person.vendor_id == vendor_id, Contact.kind == ContactKind.EMAIL)
        .order_by(Person.id, Contact.position, Contact.id)
        .limit(1)
    ).first()
    return (row[0], row[1]) if row else None


def candidates(session: WorkspaceSession, words: str, limit: int) -> Sequence[tuple[int, str]]:
    """Vendors that may be referred, whose name begins with the words (or holds them), by name: for a picker."""
    statement = (
        select(Vendor.id, Vendor.name)
        .where(Vendor.stage.in_([Stage.ACTIVE, Stage.PARKED]), Vendor.do_not_contact.is_(False))
        .order_by(Vendor.normal_name, Vendor.id)
        .limit(limit)
    )
    if words:
        statement = statement.where(Vendor.normal_name.contains(text.normal(words), autoescape=True))
    return [(row[0], row[1]) for row in session.execute(statement)]


def _select() -> Select[int, ReferralState, int, str, str, date | None]:
    return (
        select(Referral.id, Referral.state, Referral.vendor_id, Vendor.name, Opening.business, Referral.follow_up_on)
        .join(Vendor, Vendor.id == Referral.vendor_id)
        .join(Opening, Opening.id == Referral.opening_id)
        .order_by(Referral.id.desc())
    )


def _rows(
    session: WorkspaceSession, statement: Select[int, ReferralState, int, str, str, date | None]
) -> Sequence[ReferralRow]:
    rows = session.execute(statement).all()
    since = dict(
        session.execute(
            select(Referral.id, func.max(ReferralStep.happened_on))
            .join(ReferralStep, ReferralStep.referral_id == Referral.id)
            .where(Referral.id.in_([row[0] for row in rows]), ReferralStep.state == Referral.state)
            .group_by(Referral.id)
        ).all()
    )
    return [
        ReferralRow(row[0], row[1], row[2], row[3], row[4], since=since[row[0]], follow_up_on=row[5]) for row in rows
    ]


SORTS = {"id": Along(Referral.id), "created_at": Along(Referral.created_at)}


def listed(session: WorkspaceSession, step: keysets.Step, *, words: str = "", **exact: Any) -> Page:
    """One page of the referrals. One query."""
    statement = select(Referral).where(*says(words, Referral.blurb, Referral.terms), *equal(Referral, exact))
    return page(session, statement, Referral.id, SORTS, step)


def all_steps_of(session: WorkspaceSession, referral_ids: Sequence[int]) -> dict[int, list[ReferralStep]]:
    """What has happened with each of these referrals, in order. One query."""
    found: dict[int, list[ReferralStep]] = {referral_id: [] for referral_id in referral_ids}
    rows = session.scalars(
        select(ReferralStep)
        .where(ReferralStep.referral_id.in_(referral_ids))
        .order_by(ReferralStep.state != ReferralState.IDEA, ReferralStep.happened_on, ReferralStep.id)
    )
    for row in rows:
        found[row.referral_id].append(row)
    return found
