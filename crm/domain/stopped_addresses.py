"""Addresses outside to which a business sends nothing more, because somebody of its own marked them.

It is the business's own note and holds there alone; what the holder of an address asks for themselves holds
everywhere (:mod:`crm.domain.suppressions`).
"""

from collections.abc import Iterable

from sqlalchemy import delete, select

from crm.core import clock
from crm.core.engine import pass_alone
from crm.core.tenancy import WorkspaceSession
from crm.domain import people, permissions
from crm.domain.permissions import Act
from crm.models.enums import StopReason
from crm.models.referrals import StoppedAddress
from crm.models.workspaces import Membership
from crm.queries import stopped_addresses

STOPPED = "Nothing more goes to this address: somebody here marked it so."
"""Why a letter that was written already does not leave, as the outbox keeps it."""


def stop(session: WorkspaceSession, address: str, *, by: Membership, why: StopReason) -> StoppedAddress:
    """Send nothing more to an address. Marking it again for the same reason changes nothing.

    Raises :class:`Refused` for what is no address, :class:`Forbidden` for a role that may not write.
    """
    permissions.require(by, Act.WORK)
    plain = people.email_address(address)
    pass_alone(session.connection(), f"stopped:{session.workspace_id}:{plain}")
    row = session.scalars(select(StoppedAddress).where(StoppedAddress.address == plain)).first()
    if row is None:
        row = StoppedAddress(address=plain, why=why, created_by=by.user_id)
        session.add(row)
    elif row.why is not why:
        row.why, row.created_by, row.created_at = why, by.user_id, clock.now()
    session.flush()
    return row


def lift(session: WorkspaceSession, address: str, *, by: Membership) -> None:
    """It was marked by mistake, or works again. Nothing happens where it is not marked. Raises :class:`Forbidden`."""
    permissions.require(by, Act.WORK)
    session.execute(delete(StoppedAddress).where(StoppedAddress.address == address.strip().casefold()))


def is_stopped(session: WorkspaceSession, address: str) -> bool:
    """Whether nothing goes to this address any more."""
    return bool(stopped(session, [address]))


def stopped(session: WorkspaceSession, addresses: Iterable[str]) -> frozenset[str]:
    """Those of these addresses to which nothing goes any more, as they were asked about. One query."""
    return frozenset(stopped_addresses.among(session, addresses))
