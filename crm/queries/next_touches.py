"""Reading vendors for the nightly look at their next touches."""

from collections.abc import Sequence

from sqlalchemy import select

from crm.core.tenancy import WorkspaceSession
from crm.models.vendors import Vendor


def vendors_after(session: WorkspaceSession, vendor_id: int, limit: int) -> Sequence[Vendor]:
    """The next vendors in order of id, locked."""
    statement = select(Vendor).where(Vendor.id > vendor_id).order_by(Vendor.id).limit(limit).with_for_update()
    return session.scalars(statement).all()
