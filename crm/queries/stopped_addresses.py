"""Reading the addresses to which a business sends nothing more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import StopReason
from crm.models.referrals import StoppedAddress
from crm.models.workspaces import User


@dataclass(frozen=True, slots=True)
class Stop:
    """That nothing goes to an address any more: why, and who said so when."""

    address: str
    why: StopReason
    by: str | None
    """The name of who marked it; None where nobody knows any more."""
    marked_at: datetime


def among(session: WorkspaceSession, addresses: Iterable[str]) -> Mapping[str, Stop]:
    """Those of these addresses that are stopped, by the address as it was asked about. One query."""
    asked = {address: address.strip().casefold() for address in addresses if address}
    if not asked:
        return {}
    statement = _stops().where(StoppedAddress.address.in_(set(asked.values())))
    found = {row[0]: Stop(*row) for row in session.execute(statement)}
    return {address: found[kept] for address, kept in asked.items() if kept in found}


def listed(session: WorkspaceSession, *, offset: int, limit: int) -> list[Stop]:
    """One page of them, the latest first. One query."""
    statement = _stops().order_by(StoppedAddress.created_at.desc(), StoppedAddress.id.desc())
    return [Stop(*row) for row in session.execute(statement.offset(offset).limit(limit))]


def _stops() -> Select[str, StopReason, str, datetime]:
    return select(StoppedAddress.address, StoppedAddress.why, User.name, StoppedAddress.created_at).outerjoin(
        User, User.id == StoppedAddress.created_by
    )
