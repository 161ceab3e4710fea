"""Putting off that a word of thanks or a good turn is due to a vendor: it is not shown for a month, to nobody."""

from sqlalchemy import select

from crm.core.dates import add_days
from crm.core.tenancy import session_of
from crm.domain import permissions
from crm.domain.delegation_rules import PUT_OFF_DAYS
from crm.domain.permissions import Act
from crm.models.decision_areas import HintDismissal
from crm.models.enums import Hint
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership


def put_off(vendor: Vendor, *, by: Membership) -> HintDismissal:
    """Say "not now". Saying it twice changes nothing. Raises :class:`Forbidden` for a role that may not write."""
    permissions.require(by, Act.WORK)
    session, today = session_of(vendor), by.workspace.today
    holds = select(HintDismissal).where(
        HintDismissal.vendor_id == vendor.id, HintDismissal.kind == Hint.GOODWILL, HintDismissal.until > today
    )
    known = session.scalars(holds.limit(1)).first()
    if known is not None:
        return known
    dismissal = HintDismissal(
        kind=Hint.GOODWILL,
        vendor_id=vendor.id,
        dismissed_by=by.user_id,
        dismissed_on=today,
        until=add_days(today, PUT_OFF_DAYS),
    )
    session.add(dismissal)
    session.flush()
    return dismissal
