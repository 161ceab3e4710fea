"""When something last lived, and whose turn it is to do what is done once."""

from datetime import datetime

from sqlalchemy import select

from crm.core import clock
from crm.core.engine import pass_alone
from crm.core.tenancy import HouseSession
from crm.models.workspaces import Heartbeat

TICK = "tick"
NIGHTLY = "nightly"


def beat(session: HouseSession, name: str) -> None:
    """It lives."""
    _set(session, name)


def last(session: HouseSession, name: str) -> datetime | None:
    """When it last lived; None for never."""
    return session.scalar(select(Heartbeat.beat_at).where(Heartbeat.name == name))


def take_turn(session: HouseSession, name: str, since: datetime) -> bool:
    """Whether nobody has had this turn since then. Whoever asks first has it."""
    before = _locked(session, name)
    if before is not None and before.beat_at >= since:
        return False
    _set(session, name)
    return True


def _set(session: HouseSession, name: str) -> None:
    row = _locked(session, name)
    if row is None:
        session.add(Heartbeat(name=name, beat_at=clock.now()))
    else:
        row.beat_at = clock.now()
    session.flush()


def _locked(session: HouseSession, name: str) -> Heartbeat | None:
    pass_alone(session.connection(), f"heartbeat:{name}")
    return session.get(Heartbeat, name, populate_existing=True)
