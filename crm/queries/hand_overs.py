"""Reading what somebody of the team looks after, kind by kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, select

from crm.core.tenancy import WorkspaceSession
from crm.models.decision_areas import Access
from crm.models.enums import CLOSED_NEEDS
from crm.models.needs import Need
from crm.models.referrals import Opening, Referral
from crm.models.trials import TrialBrief, TrialReview, TrialReviewer, TrialTask
from crm.models.vendors import Vendor
from crm.queries.referrals import UNDER_WAY


class HandedKind(StrEnum):
    """What can be handed over. What is promised, and all reminders of a vendor, go with whoever looks after it."""

    VENDORS = "vendors"
    STEPPING_IN = "stepping_in"
    NEEDS = "needs"
    ACCESSES = "accesses"
    REVIEWS = "reviews"
    REFERRALS = "referrals"


@dataclass(frozen=True, slots=True)
class Held:
    """One thing that somebody looks after. ``id`` is a vendor's, need's, access's, referral's, or a brief's."""

    kind: HandedKind
    id: int
    name: str
    of: str = ""
    """Whose it is: its vendor, where its name does not say so."""

    @property
    def key(self) -> str:
        """Tells it apart from all others of a person."""
        return f"{self.kind}:{self.id}"


def held_by(session: WorkspaceSession, user_id: int) -> dict[HandedKind, list[Held]]:
    """What somebody looks after, by name. Reviews are those that they have not begun. One query a kind."""
    return {
        kind: [Held(kind, *row) for row in session.execute(statement).all()]
        for kind, statement in _statements(user_id).items()
    }


def _statements(user_id: int) -> dict[HandedKind, Select[*tuple[Any, ...]]]:
    begun = (
        select(TrialTask.brief_id)
        .join(TrialReview, TrialReview.trial_id == TrialTask.id)
        .where(TrialReview.created_by == user_id)
    )
    over = select(TrialTask.brief_id).where(TrialTask.outcome.is_not(None))
    at_work = select(TrialTask.brief_id).where(TrialTask.outcome.is_(None))
    vendors = select(Vendor.id, Vendor.name).order_by(Vendor.name, Vendor.id)
    return {
        HandedKind.VENDORS: vendors.where(Vendor.owner_id == user_id),
        HandedKind.STEPPING_IN: vendors.where(Vendor.backup_id == user_id),
        HandedKind.NEEDS: select(Need.id, Need.outcome)
        .where(Need.owner_id == user_id, Need.status.not_in(CLOSED_NEEDS))
        .order_by(Need.outcome, Need.id),
        HandedKind.ACCESSES: select(Access.id, Access.what, Vendor.name)
        .join(Vendor, Vendor.id == Access.vendor_id)
        .where(Access.owner_id == user_id, Access.revoked_on.is_(None))
        .order_by(Vendor.name, Access.what, Access.id),
        HandedKind.REVIEWS: select(TrialBrief.id, TrialBrief.title)
        .join(TrialReviewer, TrialReviewer.brief_id == TrialBrief.id)
        .where(
            TrialReviewer.user_id == user_id,
            TrialBrief.id.not_in(begun),
            TrialBrief.id.in_(at_work) | TrialBrief.id.not_in(over),
        )
        .order_by(TrialBrief.title, TrialBrief.id),
        HandedKind.REFERRALS: select(Referral.id, Opening.business, Vendor.name)
        .join(Opening, Opening.id == Referral.opening_id)
        .join(Vendor, Vendor.id == Referral.vendor_id)
        .where(Referral.connector_id == user_id, Referral.state.in_(UNDER_WAY))
        .order_by(Vendor.name, Opening.business, Referral.id),
    }


def tasks_of(session: WorkspaceSession, brief_ids: Sequence[int]) -> Sequence[TrialTask]:
    """The trial tasks of some briefs."""
    return session.scalars(select(TrialTask).where(TrialTask.brief_id.in_(brief_ids)).order_by(TrialTask.id)).all()
