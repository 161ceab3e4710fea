"""Messages to webhooks on their way: each is a row, written with what it tells, and sent until it has arrived.

    waiting ─claim─▶ sending ─▶ delivered · waiting (later) · failed (5 days over)
    sending, lease over ─▶ claimed again        the webhook stopped ─▶ cancelled

As with letters (:mod:`crm.mail.outbox`) any number of processes may work on it: a claim has an owner, a lease and the
number of the attempt, and a result that does not find its row as the claim left it changes nothing. Other than with
letters, what may have arrived is sent again: a receiver knows by the message's id what it has had.

Where an address does not answer, or says that it is busy, all that waits for it waits longer and the next attempt
tries what was tried least. A message that is refused by itself holds up no other.
"""

import json
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, and_, delete, event, func, or_, select, update

from crm.core import clock, tokens
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.outward import Reply
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import audit
from crm.mail.outbox import KEPT_TRYING, LONGEST_PAUSE, back_off
from crm.models.enums import AuditKind, DeliveryState, WebhookEvent
from crm.models.webhooks import Webhook, WebhookDelivery

STOPPED_AFTER = KEPT_TRYING
"""An address at which nothing arrived for so long is told nothing more."""
KEPT = timedelta(days=30)
"""So long the log of a settled message is kept, and it can be sent again."""
CLEARED_AT_ONCE = 500
ANSWER_SHOWN = 1_000
GONE = 410
"""The receiver wants no more of it, ever."""
BUSY = (429, 502, 503, 504)
"""Answers that speak of the address, not of the message."""

SETTLED = (DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.CANCELLED)

bell = threading.Event()
"""Rings when a message has been committed in this process, so that it need not wait for the next tick."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One message in one worker's hands, for one attempt."""

    delivery_id: int
    webhook_id: int
    owner: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an attempt: an answer, or why there was none."""

    reply: Reply | None = None
    problem: str = ""

    @property
    def arrived(self) -> bool:
        return self.reply is not None and 200 <= self.reply.status < 300

    @property
    def is_of_the_address(self) -> bool:
        """Whether another message would have fared no better."""
        return self.reply is None or self.reply.status in BUSY

    @property
    def words(self) -> str:
        """In a few words, for the log that people read."""
        if self.reply is None:
            return self.problem
        if 300 <= self.reply.status < 400:
            return f"It answered {self.reply.status}: redirects are not followed."
        return "" if self.arrived else f"It answered {self.reply.status}."


# Putting in


def new_message_id() -> str:
    """An id that no other message has."""
    return f"msg_{tokens.new_token()}"


def put(
    session: WorkspaceSession,
    webhook: Webhook,
    kind: WebhookEvent,
    *,
    message_id: str,
    at: datetime,
    data: dict[str, Any],
) -> WebhookDelivery:
    """Write a message into the log, in the transaction of what it tells."""
    said = {"type": kind.value, "timestamp": _stamp(at), "data": data}
    delivery = WebhookDelivery(
        webhook_id=webhook.id,
        message_id=message_id,
        event=kind,
        body=json.dumps(said, ensure_ascii=False, separators=(",", ":")),
        not_before=_pause_of(session, webhook, at),
        expires_at=at + KEPT_TRYING,
        created_at=at,
    )
    session.add(delivery)
    session.flush()
    _ring_after(session)
    return delivery


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _pause_of(session: WorkspaceSession, webhook: Webhook, now: datetime) -> datetime:
    """What is new for an address that fails waits with the rest, so that news alone is no reason to knock."""
    if webhook.failing_since is None:
        return now
    waits = select(func.min(WebhookDelivery.not_before)).where(*_waiting_for(webhook.id))
    return max(session.scalar(waits) or now, now)


def _ring_after(session: WorkspaceSession) -> None:
    event.listen(session, "after_commit", lambda _session: bell.set(), once=True)


# Sending


def claim(session: WorkspaceSession, webhook_id: int, *, owner: str, lease: timedelta) -> Claim | None:
    """Take the next message for an address into one's hands; None where none is due. Commit before going on.

    Of those that are due the one that was tried least goes first, then the oldest: none can stand in the others' way.
    """
    now = clock.now()
    due = or_(
        and_(WebhookDelivery.state == DeliveryState.WAITING, WebhookDelivery.not_before <= now),
        and_(WebhookDelivery.state == DeliveryState.SENDING, WebhookDelivery.leased_until <= now),
    )
    found = session.scalars(
        select(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook_id, due)
        .order_by(WebhookDelivery.attempts, WebhookDelivery.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if found is None:
        return None
    found.state, found.claimed_by, found.leased_until = DeliveryState.SENDING, owner, now + lease
    found.attempts += 1
    found.tried_at = now
    session.flush()
    return Claim(found.id, webhook_id, owner, found.attempts)


def settle(session: WorkspaceSession, one: Claim, result: Result) -> DeliveryState | None:
    """Record what came of an attempt; None where the row has gone another way meanwhile."""
    webhook = session.get(Webhook, one.webhook_id, with_for_update=True, populate_existing=True)
    delivery = session.scalars(_mine(one)).first()
    if webhook is None or delivery is None:
        return None
    delivery.status = result.reply.status if result.reply else None
    delivery.answer = result.reply.text.replace("\0", "")[:ANSWER_SHOWN] if result.reply else ""
    delivery.last_error, delivery.leased_until, delivery.claimed_by = result.words, None, None
    if result.arrived:
        _close(delivery, DeliveryState.DELIVERED)
        if webhook.failing_since is not None:
            webhook.failing_since = None
            _hurry(session, webhook.id)
    else:
        _put_off(session, webhook, delivery, result)
    session.flush()
    return delivery.state


def cancel(session: WorkspaceSession, one: Claim, why: str) -> None:
    """The message cannot be sent, or is no longer wanted."""
    delivery = session.scalars(_mine(one)).first()
    if delivery is not None:
        delivery.last_error = why
        _close(delivery, DeliveryState.CANCELLED)


def _mine(one: Claim) -> Select[WebhookDelivery]:
    return (
        select(WebhookDelivery)
        .where(
            WebhookDelivery.id == one.delivery_id,
            WebhookDelivery.state == DeliveryState.SENDING,
            WebhookDelivery.claimed_by == one.owner,
            WebhookDelivery.attempts == one.attempt,
        )
        .with_for_update()
    )


def _put_off(session: WorkspaceSession, webhook: Webhook, delivery: WebhookDelivery, result: Result) -> None:
    now = clock.now()
    webhook.failing_since = webhook.failing_since or now
    until = now + back_off(delivery.attempts)
    if now >= delivery.expires_at:
        _close(delivery, DeliveryState.FAILED)
    else:
        delivery.state, delivery.not_before = DeliveryState.WAITING, until
    is_gone = result.reply is not None and result.reply.status == GONE
    if is_gone or now - webhook.failing_since >= STOPPED_AFTER:
        stop(webhook, why=result.words)
        audit.record_here(session, AuditKind.WEBHOOK_CHANGED, by=None, about=webhook.name)
    elif result.is_of_the_address:
        session.flush()
        later = [*_waiting_for(webhook.id), WebhookDelivery.not_before < until]
        _change(session, update(WebhookDelivery).where(*later).values(not_before=until))


def _hurry(session: WorkspaceSession, webhook_id: int) -> None:
    """The address answers again: what waited for that goes now."""
    session.flush()
    now = clock.now()
    for_that = or_(WebhookDelivery.status.is_(None), WebhookDelivery.status.in_(BUSY))
    waiting = update(WebhookDelivery).where(*_waiting_for(webhook_id), for_that)
    _change(session, waiting.where(WebhookDelivery.not_before > now).values(not_before=now))


def _waiting_for(webhook_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state == DeliveryState.WAITING)


def _close(delivery: WebhookDelivery, state: DeliveryState) -> None:
    delivery.state, delivery.settled_at = state, clock.now()
    delivery.claimed_by = delivery.leased_until = None


def _change(session: WorkspaceSession, statement: Any) -> int:
    result = session.execute(statement.execution_options(synchronize_session="fetch"))
    return cast("CursorResult[Any]", result).rowcount


# What people do


def stop(webhook: Webhook, *, why: str) -> None:
    """Tell it nothing more; what waits is not sent. ``why`` is what it answered last, or empty where a person did."""
    session = session_of(webhook)
    webhook.stopped_at, webhook.stopped_why = clock.now(), why
    webhook.version += 1
    session.flush()
    given_up = {"state": DeliveryState.CANCELLED, "settled_at": clock.now()}
    _change(session, update(WebhookDelivery).where(*_waiting_for(webhook.id)).values(given_up))


def find(session: WorkspaceSession, delivery_id: int) -> WebhookDelivery:
    """A message of this business. Raises :class:`Missing`."""
    delivery = session.get(WebhookDelivery, delivery_id, with_for_update=session.writing)
    if delivery is None:
        raise Missing
    return delivery


def laid_out(delivery: WebhookDelivery) -> str:
    """What a message says, line by line for people."""
    return json.dumps(json.loads(delivery.body), ensure_ascii=False, indent=2)


def send_again(delivery: WebhookDelivery) -> None:
    """Send a settled message once more, the same bytes under the same id. One that is on its way is left alone.

    Raises :class:`Refused` where the webhook is stopped.
    """
    session = session_of(delivery)
    if session.get_one(Webhook, delivery.webhook_id).stopped_at is not None:
        raise Refused(lazy("This webhook is stopped. Start it first."))
    now = clock.now()
    if delivery.state in SETTLED:
        delivery.state, delivery.settled_at, delivery.expires_at = DeliveryState.WAITING, None, now + KEPT_TRYING
    if delivery.state is DeliveryState.WAITING:
        delivery.not_before = now
    session.flush()
    _ring_after(session)


# What time does


def tidy(session: WorkspaceSession) -> int:
    """Give up what is 5 days old, bring near what the clock as it was put far ahead, drop what was settled long ago:
    how many rows changed."""
    now = clock.now()
    over = update(WebhookDelivery).where(
        WebhookDelivery.state == DeliveryState.WAITING, WebhookDelivery.expires_at <= now
    )
    far = now + 2 * LONGEST_PAUSE
    too_far = update(WebhookDelivery).where(
        WebhookDelivery.state == DeliveryState.WAITING, WebhookDelivery.not_before > far
    )
    too_long = update(WebhookDelivery).where(
        WebhookDelivery.state == DeliveryState.SENDING, WebhookDelivery.leased_until > far
    )
    old = (
        select(WebhookDelivery.id)
        .where(WebhookDelivery.state.in_(SETTLED), WebhookDelivery.settled_at <= now - KEPT)
        .limit(CLEARED_AT_ONCE)
    )
    return (
        _change(session, over.values(state=DeliveryState.FAILED, settled_at=now))
        + _change(session, too_far.values(not_before=now))
        + _change(session, too_long.values(leased_until=now))
        + _change(session, delete(WebhookDelivery).where(WebhookDelivery.id.in_(session.scalars(old).all())))
    )
