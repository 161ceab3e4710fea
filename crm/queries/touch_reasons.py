"""Gathering what a reason to be in touch with a vendor can rest on. A fixed number of questions."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import (
    InteractionKind,
    Outcome,
    PromiseKind,
    PromiseState,
    ReferralState,
    TimelineKind,
    Visibility,
)
from crm.models.log import Interaction, Promise, TimelineEntry
from crm.models.referrals import Opening, Referral, ReferralStep

_OF_A_SORT = 20
NEWS_LENGTH = 600
_LOOKED_THROUGH = 10


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """What was promised, or meant to be followed up, and for when."""

    id: int
    kind: PromiseKind
    what: str
    due_on: date


@dataclass(frozen=True, slots=True)
class ReferralRow:
    """Whom the vendor was recommended to, and how that stands since when."""

    id: int
    business: str
    state: ReferralState
    since: date


@dataclass(frozen=True, slots=True)
class SaidRow:
    """What was noted last for the whole team to read: in a note, or of a conversation."""

    id: int
    was_said: bool
    """Both sides spoke; else it is a note of ours."""
    words: str
    on: date


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A piece of work that they handed in."""

    id: int
    words: str
    on: date


def promises_of(session: WorkspaceSession, vendor_id: int) -> list[PromiseRow]:
    """The open promises and follow-ups of a vendor, the earliest first."""
    statement = (
        select(Promise.id, Promise.kind, Promise.what, Promise.due_on)
        .where(Promise.vendor_id == vendor_id, Promise.state == PromiseState.OPEN)
        .order_by(Promise.due_on, Promise.id)
        .limit(_OF_A_SORT)
    )
    return [PromiseRow(*row) for row in session.execute(statement)]


def referrals_of(session: WorkspaceSession, vendor_id: int) -> list[ReferralRow]:
    """Where a vendor's referrals stand, the latest first."""
    since = (
        select(func.max(ReferralStep.happened_on))
        .where(
            ReferralStep.referral_id == Referral.id,
            ReferralStep.workspace_id == Referral.workspace_id,
            ReferralStep.state == Referral.state,
        )
        .scalar_subquery()
    )
    statement = (
        select(Referral.id, Opening.business, Referral.state, since)
        .join(Opening, Opening.id == Referral.opening_id)
        .where(Referral.vendor_id == vendor_id)
        .order_by(Referral.id.desc())
        .limit(_OF_A_SORT)
    )
    return [ReferralRow(*row) for row in session.execute(statement) if row[3] is not None]


def last_result(session: WorkspaceSession, vendor_id: int) -> ResultRow | None:
    """The latest piece of work that was delivered."""
    table = Interaction
    statement = (
        select(table.id, func.substr(table.summary, 1, NEWS_LENGTH), table.occurred_on)
        .where(table.vendor_id == vendor_id, table.kind == InteractionKind.DELIVERY, table.deleted_at.is_(None))
        .order_by(table.occurred_on.desc(), table.id.desc())
        .limit(1)
    )
    row = session.execute(statement).first()
    return ResultRow(*row) if row else None


def last_said(session: WorkspaceSession, vendor_id: int) -> SaidRow | None:
    """The latest note for the whole team, or conversation in which both sides spoke, that has words."""
    table = TimelineEntry
    statement = (
        select(table.subject_id, table.kind, func.substr(table.body, 1, NEWS_LENGTH), table.happened_on, table.facts)
        .where(
            table.vendor_id == vendor_id,
            table.kind.in_((TimelineKind.NOTE, TimelineKind.INTERACTION)),
            table.visibility == Visibility.TEAM,
            table.body != "",
        )
        .order_by(table.happened_on.desc(), table.id.desc())
        .limit(_LOOKED_THROUGH)
    )
    for subject_id, kind, words, day, facts in session.execute(statement):
        was_said = kind is TimelineKind.INTERACTION
        if was_said and (facts.get("outcome") != Outcome.TWO_WAY or facts.get("sort") == InteractionKind.DELIVERY):
            continue
        return SaidRow(subject_id, was_said, words, day)
    return None
