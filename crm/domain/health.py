"""Whether the product does its work: the scheduler ticks, letters leave, the database is whole."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crm.core import clock
from crm.core.tenancy import HouseSession
from crm.domain import heartbeats
from crm.mail import breaker
from crm.models.workspaces import InstallationSetting
from crm.queries import outbox
from crm.queries.outbox import Counts

SILENT_AFTER = timedelta(seconds=90)
MAIL_FAILS_AFTER = timedelta(minutes=15)
FAULTS = "database_faults"
"""The name under which is kept what the last check of the database found, while that is anything."""


class Trouble(StrEnum):
    """What admins are told on every page."""

    DATABASE = "database"
    """The database is damaged."""
    SILENT = "silent"
    """The scheduler has stopped."""
    MAIL = "mail"
    """Letters have not left for a while."""
    WEBHOOK = "webhook"
    """A webhook of the business is told nothing more, because nothing arrived."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the product is at a moment."""

    at: datetime
    tick: datetime | None
    is_silent: bool
    mail_failing_since: datetime | None
    """When the mail server failed first, while it is away or puts every letter off."""
    is_put_off: bool
    """Whether it lets us in, and takes no letter."""
    outbox: Counts
    faults: Sequence[str] = ()
    """What the last check of the database found."""

    @property
    def mail_fails(self) -> bool:
        """Whether letters have not left for so long that somebody should look."""
        return _fails(self.mail_failing_since, self.at)

    @property
    def oldest_seconds(self) -> int | None:
        """How long the letter that waits longest has waited."""
        oldest = self.outbox.oldest_waiting
        return int((self.at - oldest).total_seconds()) if oldest else None


def look(session: HouseSession, *, tick_seconds: float, workspace_id: int | None = None) -> Health:
    """How the installation is now, with the outbox of one business or of all."""
    tick = heartbeats.last(session, heartbeats.TICK)
    return Health(
        at=clock.now(),
        tick=tick,
        is_silent=is_silent(tick, tick_seconds=tick_seconds),
        mail_failing_since=breaker.failing_since(session),
        is_put_off=breaker.is_put_off(session),
        outbox=outbox.counts(session, workspace_id),
        faults=_faults(session),
    )


def keep_faults(session: HouseSession, faults: Sequence[str]) -> None:
    """Keep what a check of the database found, until one finds nothing."""
    kept = session.get(InstallationSetting, FAULTS)
    if faults:
        session.merge(InstallationSetting(name=FAULTS, value=json.dumps(list(faults))))
    elif kept is not None:
        session.delete(kept)


def _faults(session: HouseSession) -> list[str]:
    kept = session.get(InstallationSetting, FAULTS)
    return [str(fault) for fault in json.loads(kept.value)] if kept else []


def is_silent(tick: datetime | None, *, tick_seconds: float) -> bool:
    """Whether the scheduler does not tick. Its last tick may lie ahead: the clock was set back since."""
    patience = max(SILENT_AFTER, timedelta(seconds=3 * tick_seconds))
    return tick is None or abs(clock.now() - tick) > patience


def trouble(tick: datetime | None, fuse: str | None, faults: str | None, *, tick_seconds: float) -> Trouble | None:
    """The worst that is wrong, from the scheduler's last tick, what is kept of a mail server that is away and what the
    last check of the database found.

    A scheduler that has never ticked has not fallen silent: Settings and ``/readyz`` say that it is not there.
    """
    if faults is not None:
        return Trouble.DATABASE
    if tick is not None and is_silent(tick, tick_seconds=tick_seconds):
        return Trouble.SILENT
    return Trouble.MAIL if _fails(breaker.since(fuse), clock.now()) else None


def _fails(since: datetime | None, now: datetime) -> bool:
    return since is not None and now - since >= MAIL_FAILS_AFTER
