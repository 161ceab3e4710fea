"""When something last lived, and whose turn it is to do what is done once."""

from datetime import datetime, timedelta

from sqlalchemy import select

from crm.core import clock
from crm.core.engine import pass_alone
from crm.core.tenancy import HouseSession
from crm.models.workspaces import Heartbeat

TICK = "tick"
NIGHTLY = "nightly"

SET_BACK = timedelta(hours=1)
"""A sign of life that lies ahead by more than this was given before somebody set the clock back. Less is nothing: two
machines may differ by seconds, and no local date's work is skipped by it."""


def beat(session: HouseSession, name: str) -> bool:
    """It lives. Says whether the clock has been set back since it last did."""
    before = _set(session, name)
    return before is not None and _lies_ahead(before)


def last(session: HouseSession, name: str) -> datetime | None:
    """When it last lived; None for never."""
    return session.scalar(select(Heartbeat.beat_at).where(Heartbeat.name == name))


def take_turn(session: HouseSession, name: str, since: datetime) -> bool:
    """Whether nobody has had this turn since then. Whoever asks first has it."""
    before = _locked(session, name)
    if before is not None and before.beat_at >= since and not _lies_ahead(before.beat_at):
        return False
    _set(session, name)
    return True


def _lies_ahead(instant: datetime) -> bool:
    return instant > clock.now() + SET_BACK


def _set(session: HouseSession, name: str) -> datetime | None:
    """Note it, and say when it was before."""
    row = _locked(session, name)
    before = row.beat_at if row is not None else None
    if row is None:
        session.add(Heartbeat(name=name, beat_at=clock.now()))
    else:
        row.beat_at = clock.now()
    session.flush()
    return before


def _locked(session: HouseSession, name: str) -> Heartbeat | None:
    pass_alone(session.connection(), f"heartbeat:{name}")
    return session.get(Heartbeat, name, populate_existing=True)
