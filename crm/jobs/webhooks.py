"""Takes messages to webhooks, in threads of their own: no address keeps another waiting for longer than a few seconds.

No transaction is open while an address is spoken to. A claim is committed before, the result after; a worker that dies
in between leaves a lease that runs out, and the message goes out again under the same id.
"""

import logging
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from crm.core import clock, outward
from crm.core.errors import Refused
from crm.core.outward import INTERNET, Unreachable, Way
from crm.core.settings import Settings
from crm.core.tenancy import WorkspaceSession, installation_session, workspace_session
from crm.core.unit_of_work import workspace_work
from crm.domain import webhook_deliveries, webhook_events, webhooks
from crm.domain.webhook_deliveries import Claim, Result
from crm.jobs.worker import Worker
from crm.queries import webhooks as reading
from crm.queries import workspaces

log = logging.getLogger(__name__)

THREADS = 8
TURN_SECONDS = 5.0
"""After which an address lets the others have a turn."""
TIDY_EVERY = 60.0
LOST_KEY = "The key that opens its secret has changed. Make a new secret."


@dataclass(frozen=True, slots=True)
class _Place:
    """An address for which something is due, and its business."""

    workspace_id: int
    webhook_id: int


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A message in hand, with all that sending it takes."""

    claim: Claim
    url: str
    body: str
    message_id: str
    keys: list[str]
    at: datetime
    until: float
    """When the claim is over, on the clock that nobody can set."""

    def is_fresh(self) -> bool:
        return clock.monotonic() < self.until


class WebhookSender(Worker):
    """Takes messages to webhooks. Its bell rings when one is put in."""

    def __init__(self, engine: Engine, settings: Settings, way: Way = INTERNET) -> None:
        super().__init__(engine, settings, webhook_deliveries.bell)
        self._way = way
        self._tidied_at: float | None = None

    def work_once(self) -> int:
        """Send all that is due now. How many messages arrived."""
        self._tidy()
        arrived, tried = 0, 1
        while tried and not self._stopping.is_set():
            delivered, tried = self._round(self._due())
            arrived += delivered
        return arrived

    def _due(self) -> list[_Place]:
        """The addresses of this round: all that do well, then a few that fail."""
        well: list[_Place] = []
        failing: list[_Place] = []
        for workspace_id in self._workspace_ids():
            with workspace_session(self._engine, workspace_id, writing=False) as session:
                for webhook_id, is_failing in reading.have_work(session, clock.now()):
                    (failing if is_failing else well).append(_Place(workspace_id, webhook_id))
        return well + failing[:THREADS]

    def _workspace_ids(self) -> list[int]:
        with installation_session(self._engine, writing=False) as session:
            return list(workspaces.all_ids(session))

    def _round(self, places: list[_Place]) -> tuple[int, int]:
        """A turn for each address. How many messages arrived, and how many were tried."""
        waiting, results = deque(places), list[bool]()

        def serve() -> None:
            while waiting and not self._stopping.is_set():
                try:
                    place = waiting.popleft()
                except IndexError:  # another thread was quicker
                    return
                try:
                    self._serve(place, results)
                except Exception:
                    log.exception("webhook %d could not be served", place.webhook_id)

        threads = [
            threading.Thread(target=serve, name=f"webhooks-{number}", daemon=True)
            for number in range(min(THREADS, len(places)))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(results), len(results)

    def _serve(self, place: _Place, results: list[bool]) -> None:
        """Send what is due for one address, until it fails or its turn is over."""
        ends = clock.monotonic() + TURN_SECONDS
        while not self._stopping.is_set() and clock.monotonic() < ends:
            parcel = self._take(place)
            if parcel is None:
                return
            result = self._send(parcel)
            with workspace_work(self._engine, place.workspace_id) as session:
                state = webhook_deliveries.settle(session, parcel.claim, result)
            log.log(
                logging.INFO if result.arrived else logging.WARNING,
                "webhook %d, message %d, attempt %d: now %s. %s",
                place.webhook_id,
                parcel.claim.delivery_id,
                parcel.claim.attempt,
                state or "gone another way",
                result.words,
            )
            results.append(result.arrived)
            if not result.arrived and result.is_of_the_address:
                return

    def _take(self, place: _Place) -> _Parcel | None:
        until = clock.monotonic() + self._lease.total_seconds()
        with workspace_work(self._engine, place.workspace_id) as session:
            claim = webhook_deliveries.claim(session, place.webhook_id, owner=self.owner, lease=self._lease)
            return None if claim is None else self._packed(session, claim, until)

    def _packed(self, session: WorkspaceSession, claim: Claim, until: float) -> _Parcel | None:
        webhook = webhooks.find(session, claim.webhook_id)
        if webhook.stopped_at is not None:
            webhook_deliveries.cancel(session, claim, "")
            return None
        keys = webhooks.keys_of(webhook, secret_key=self._settings.secret_key)
        if not keys:
            webhook_deliveries.cancel(session, claim, LOST_KEY)
            return None
        delivery = webhook_deliveries.find(session, claim.delivery_id)
        return _Parcel(claim, webhook.url, delivery.body, delivery.message_id, keys, clock.now(), until)

    def _send(self, parcel: _Parcel) -> Result:
        said = webhooks.headers(parcel.keys, message_id=parcel.message_id, at=parcel.at, body=parcel.body)
        try:
            reply = outward.post(parcel.url, parcel.body.encode(), said, way=self._way, may_still=parcel.is_fresh)
            return Result(reply)
        except Unreachable as fault:
            return Result(problem=str(fault))
        except Refused:  # a rule of ours that is stricter than when it was typed
            return Result(problem="This address is never called.")
        except Exception:
            log.exception("message %d could not be handled", parcel.claim.delivery_id)
            return Result(problem="It could not be handled; the log of this machine says more.")

    def _tidy(self) -> None:
        now = clock.monotonic()
        if self._tidied_at is not None and now - self._tidied_at < TIDY_EVERY:
            return
        self._tidied_at = now
        for workspace_id in _told(self._engine, self._workspace_ids()):
            with workspace_work(self._engine, workspace_id) as session:
                webhook_deliveries.tidy(session)


def tell_revisits(engine: Engine) -> None:
    """Write the messages about parkings whose day has come, business by business."""
    with installation_session(engine, writing=False) as session:
        workspace_ids = list(workspaces.all_ids(session))
    for workspace_id in _told(engine, workspace_ids):
        try:
            with workspace_work(engine, workspace_id) as within:
                webhook_events.tell_revisits(within)
        except Exception:
            log.exception("the webhooks of business %d could not be told of parkings", workspace_id)


def _told(engine: Engine, workspace_ids: list[int]) -> list[int]:
    """The businesses that have webhooks at all: for the others nothing is locked."""
    found = []
    for workspace_id in workspace_ids:
        with workspace_session(engine, workspace_id, writing=False) as session:
            if reading.count(session):
                found.append(workspace_id)
    return found
