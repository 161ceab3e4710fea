"""When what happens, all on one page.

A job takes the installation and nothing else. It may run twice, on several machines at once, and late: what it finds
in the database decides. It does one business and one item in a transaction, and steps over one that fails.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from crm.core import clock
from crm.core.engine import is_sqlite
from crm.core.settings import Settings
from crm.core.unit_of_work import installation_work
from crm.domain import digests, heartbeats, nights
from crm.jobs import night, webhooks
from crm.queries import digests as digest_queries

log = logging.getLogger(__name__)

NIGHTLY_HOUR = 2
"""UTC. Missed ones are made up for at the next tick."""
DIGESTS_AT_ONCE = 200
GAP_SECONDS = 0.003
"""Longer than those who wait pause between two looks (crm/core/engine.py)."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something that recurs. ``every`` is None for each tick."""

    name: str
    act: Callable[[Engine, Settings], None]
    every: timedelta | None = None


def beat(engine: Engine, settings: Settings) -> None:
    """The sign of life that health checks look at. Where it finds the clock set back, what was planned by the clock
    as it was is planned anew."""
    with installation_work(engine) as session:
        if heartbeats.beat(session, heartbeats.TICK):
            log.warning("the clock has been set back: morning letters and nights are planned anew")
            digests.look_again(session)
            nights.look_again(session)


def plan_digests(engine: Engine, settings: Settings) -> None:
    """Write every morning letter that has come due."""
    seen: set[int] = set()
    while True:
        with installation_work(engine) as session:
            due = digest_queries.due_members(session, clock.now(), DIGESTS_AT_ONCE + len(seen))
        due = [member_id for member_id in due if member_id not in seen]
        if not due:
            return
        for member_id in due:
            seen.add(member_id)
            try:
                with installation_work(engine) as session:
                    digests.plan(session, member_id, settings=settings)
            except Exception:
                log.exception("the morning letter of member %d could not be written", member_id)
            _give_way(engine)


def _give_way(engine: Engine) -> None:
    """Let others write who wait: on SQLite whoever writes on and on leaves them no gap."""
    if is_sqlite(str(engine.url)):
        threading.Event().wait(GAP_SECONDS)


def nightly(engine: Engine, settings: Settings) -> None:
    """Once a day: what needs no hurry."""
    with installation_work(engine) as session:
        if not heartbeats.take_turn(session, heartbeats.NIGHTLY, _last_night(clock.now())):
            return
    night.look_over(engine)
    night.tidy(engine)
    night.forget(engine)
    night.clear_outbox(engine)
    night.drop_uploads(engine, settings.uploads)


def plan_nights(engine: Engine, settings: Settings) -> None:
    """Mend and plan the next touches of every business whose night has come."""
    night.plan(engine, timedelta(seconds=settings.lease_seconds))


def tell_revisits(engine: Engine, _settings: Settings) -> None:
    """Have webhooks told of parkings whose day has come."""
    webhooks.tell_revisits(engine)


def _last_night(now: datetime) -> datetime:
    night = datetime(now.year, now.month, now.day, NIGHTLY_HOUR, tzinfo=UTC)
    return night if night <= now else night - timedelta(days=1)


TIMETABLE = (
    Job("beat", beat),
    Job("nights", plan_nights),
    Job("digests", plan_digests),
    Job("revisits", tell_revisits, every=timedelta(minutes=10)),
    Job("nightly", nightly, every=timedelta(minutes=10)),
)
"""The delivery of letters and of webhooks is not here: each runs in a thread of its own (:mod:`crm.jobs.sender`,
:mod:`crm.jobs.webhooks`)."""
