"""Reading referrals and where each stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from crm.core import text
from crm.core.row_limits import at_most
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import GoodwillKind, GoodwillSide, MailState, ReferralLetterKind, ReferralState, Stage
from crm.models.goodwill import GoodwillEntry
from crm.models.outbox import OutboxMessage
from crm.models.referrals import Opening, Referral, ReferralConsent, ReferralLetter, ReferralStep
from crm.models.vendors import Vendor
from crm.models.workspaces import User
from crm.queries import keysets
from crm.queries.keysets import Along, Page, equal, page, says

UNDER_WAY = (
    ReferralState.IDEA,
    ReferralState.VENDOR_ASKED,
    ReferralState.VENDOR_YES,
    ReferralState.VENDOR_NOT_NOW,
    ReferralState.BUSINESS_ASKED,
    ReferralState.BUSINESS_YES,
    ReferralState.BUSINESS_NOT_NOW,
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
    person: str
    """Who looks for someone, in that business."""
    follow_up_on: date | None
    connector_id: int
    connector: str
    steps: tuple[ReferralState, ...]
    """All that happened, the earliest first."""
    since: date
    """When it came to stand where it stands."""
    leaves_at: datetime | None
    """When the letters that introduce the two leave, where they wait to."""

    @property
    def vendor_tint(self) -> int:
        return text.tint(self.vendor)

    @property
    def business_tint(self) -> int:
        return text.tint(self.business)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a referral with who recorded it; where those who were asked gave the answer themselves, when, and what
    the page said beside their button."""

    id: int
    state: ReferralState
    happened_on: date
    channel: str | None
    note: str
    recorder: str
    given_at: datetime | None = None
    consent: str = ""
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """Somebody whom a vendor sent to us."""

    id: int
    vendor_id: int
    vendor: str
    note: str
    happened_on: date


def under_way(session: WorkspaceSession, limit: int, offset: int = 0) -> tuple[list[ReferralRow], int]:
    """The referrals that still want something, latest first, and how many there are. Four queries."""
    return _listed(session, Referral.state.in_(UNDER_WAY), limit, offset)


def settled(session: WorkspaceSession, limit: int, offset: int = 0) -> tuple[list[ReferralRow], int]:
    """How the others went, latest first, and how many there are. Four queries."""
    return _listed(session, Referral.state.not_in(UNDER_WAY), limit, offset)


def received(session: WorkspaceSession, since: date, limit: int) -> tuple[list[Received], int]:
    """Whom vendors sent to us after that day, latest first, and how many there are. Two queries."""
    counted = (*_passed_on(since), GoodwillEntry.side == GoodwillSide.RECEIVED)
    rows = session.execute(
        select(GoodwillEntry.id, Vendor.id, Vendor.name, GoodwillEntry.note, GoodwillEntry.happened_on)
        .join(Vendor, Vendor.id == GoodwillEntry.vendor_id)
        .where(*counted)
        .order_by(GoodwillEntry.happened_on.desc(), GoodwillEntry.id.desc())
        .limit(limit)
    )
    count = session.scalar(select(func.count(GoodwillEntry.id)).where(*counted)) or 0
    return [Received(*row) for row in rows], count


def passed_on(session: WorkspaceSession, since: date) -> dict[GoodwillSide, int]:
    """How many we introduced to each other, and how many were sent to us, after that day. One query."""
    rows = session.execute(
        select(GoodwillEntry.side, func.count(GoodwillEntry.id)).where(*_passed_on(since)).group_by(GoodwillEntry.side)
    )
    counts = dict(rows.all())
    return {side: counts.get(side, 0) for side in GoodwillSide}


def _passed_on(since: date) -> tuple[ColumnElement[bool], ...]:
    kinds = (GoodwillKind.REFERRAL, GoodwillKind.INTRODUCTION)
    return GoodwillEntry.struck_at.is_(None), GoodwillEntry.happened_on > since, GoodwillEntry.kind.in_(kinds)


def of_opening(session: WorkspaceSession, opening_id: int) -> Sequence[ReferralRow]:
    """The referrals to one business that looks for someone."""
    return _rows(session, _select().where(Referral.opening_id == opening_id))


def steps_of(session: WorkspaceSession, referral_id: int) -> Sequence[Step]:
    """What has happened with a referral, in order."""
    rows = session.execute(
        select(ReferralStep, User.name, ReferralConsent.given_at, ReferralConsent.words)
        .join(User, User.id == ReferralStep.recorded_by)
        .outerjoin(ReferralConsent, ReferralConsent.step_id == ReferralStep.id)
        .where(ReferralStep.referral_id == referral_id)
        .order_by(ReferralStep.state != ReferralState.IDEA, ReferralStep.happened_on, ReferralStep.id)
    )
    return [
        Step(
            step.id,
            step.state,
            step.happened_on,
            step.channel,
            step.note,
            name,
            given_at,
            words or "",
            step.recorded_at,
        )
        for step, name, given_at, words in rows
    ]


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


def _select() -> Select[int, ReferralState, int, str, str, str, date | None, int, str]:
    return (
        select(
            Referral.id,
            Referral.state,
            Referral.vendor_id,
            Vendor.name,
            Opening.business,
            Opening.person,
            Referral.follow_up_on,
            Referral.connector_id,
            User.name,
        )
        .join(Vendor, Vendor.id == Referral.vendor_id)
        .join(Opening, Opening.id == Referral.opening_id)
        .join(User, User.id == Referral.connector_id)
        .order_by(Referral.id.desc())
    )


def _listed(session: WorkspaceSession, chosen: Any, limit: int, offset: int) -> tuple[list[ReferralRow], int]:
    count = session.scalar(select(func.count(Referral.id)).where(chosen)) or 0
    return _rows(session, _select().where(chosen).limit(at_most(limit)).offset(offset)), count


def _rows(
    session: WorkspaceSession, statement: Select[int, ReferralState, int, str, str, str, date | None, int, str]
) -> list[ReferralRow]:
    rows = session.execute(statement).all()
    ids = [row[0] for row in rows]
    steps, leaving = all_steps_of(session, ids), _leaving(session, ids)
    return [ReferralRow(*row, *_course(steps[row[0]], row[1]), leaving.get(row[0])) for row in rows]


def _leaving(session: WorkspaceSession, ids: Sequence[int]) -> dict[int, datetime]:
    """When each of those that wait to be introduced by letter will be."""
    rows = session.execute(
        select(ReferralLetter.referral_id, func.min(OutboxMessage.not_before))
        .join(OutboxMessage, OutboxMessage.id == ReferralLetter.message_id)
        .where(
            ReferralLetter.referral_id.in_(ids),
            ReferralLetter.kind == ReferralLetterKind.INTRODUCTION,
            ReferralLetter.taken_back_at.is_(None),
            OutboxMessage.state == MailState.WAITING,
        )
        .group_by(ReferralLetter.referral_id)
    )
    return dict(rows.all())


def _course(steps: Sequence[ReferralStep], state: ReferralState) -> tuple[tuple[ReferralState, ...], date]:
    """What happened, and since when it stands where it stands."""
    return tuple(step.state for step in steps), max(step.happened_on for step in steps if step.state is state)


SORTS = {"id": Along(Referral.id), "created_at": Along(Referral.created_at)}


def listed(session: WorkspaceSession, step: keysets.Step, *, words: str = "", **exact: Any) -> Page:
    """One page of the referrals. One query."""
    statement = select(Referral).where(*says(words, Referral.blurb, Referral.terms), *equal(Referral, exact))
    return page(session, statement, Referral.id, SORTS, step)


def with_parties(session: WorkspaceSession, referral_id: int) -> tuple[Referral, Vendor, Opening] | None:
    """A referral with the two that it brings together. One query."""
    statement = (
        select(Referral, Vendor, Opening)
        .join(Vendor, Vendor.id == Referral.vendor_id)
        .join(Opening, Opening.id == Referral.opening_id)
        .where(Referral.id == referral_id)
    )
    row = session.execute(statement).first()
    return None if row is None else (row[0], row[1], row[2])


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


def own_answers(session: WorkspaceSession, referral_ids: Sequence[int]) -> dict[int, datetime]:
    """When which step of these referrals was answered by those who were asked, on their own page. One query."""
    rows = session.execute(
        select(ReferralConsent.step_id, ReferralConsent.given_at)
        .join(ReferralStep, ReferralStep.id == ReferralConsent.step_id)
        .where(ReferralStep.referral_id.in_(referral_ids))
    )
    return {row.step_id: row.given_at for row in rows}
