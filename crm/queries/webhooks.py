"""Reading webhooks and what was sent to them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, case, func, or_, select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import DeliveryState, ParkingReason
from crm.models.stages import Parking
from crm.models.webhooks import Webhook, WebhookDelivery
from crm.queries.keysets import Along, Page, Step, equal, page, says

ON_THEIR_WAY = (DeliveryState.WAITING, DeliveryState.SENDING)

SORTS = {"id": Along(Webhook.id), "name": Along(Webhook.name)}
DELIVERY_SORTS = {"id": Along(WebhookDelivery.id)}

_LISTENING = select(Webhook).where(Webhook.stopped_at.is_(None)).order_by(Webhook.id)


def every(session: WorkspaceSession) -> Sequence[Webhook]:
    """All of them, by name. One query."""
    return session.scalars(select(Webhook).order_by(Webhook.name, Webhook.id)).all()


def count(session: WorkspaceSession) -> int:
    """How many there are."""
    return session.scalar(select(func.count(Webhook.id))) or 0


def listening(session: WorkspaceSession) -> Sequence[Webhook]:
    """Those that are told things at all. One query."""
    return session.scalars(_LISTENING).all()


def listed(session: WorkspaceSession, step: Step, *, words: str = "") -> Page:
    """One page of the webhooks. One query."""
    return page(session, select(Webhook).where(*says(words, Webhook.name, Webhook.url)), Webhook.id, SORTS, step)


def deliveries(session: WorkspaceSession, webhook_id: int, step: Step, *, words: str = "", **exact: Any) -> Page:
    """One page of what was sent to a webhook, or is to be. One query."""
    found = select(WebhookDelivery).where(
        WebhookDelivery.webhook_id == webhook_id,
        *says(words, WebhookDelivery.message_id, WebhookDelivery.last_error),
        *equal(WebhookDelivery, exact),
    )
    return page(session, found, WebhookDelivery.id, DELIVERY_SORTS, step)


def latest(
    session: WorkspaceSession, webhook_id: int, *, state: DeliveryState | None, offset: int, most: int
) -> Sequence[WebhookDelivery]:
    """What was sent to a webhook, or is to be, the newest first. One query."""
    found = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    if state is not None:
        found = found.where(WebhookDelivery.state == state)
    return session.scalars(found.order_by(WebhookDelivery.id.desc()).offset(offset).limit(most)).all()


def have_work(session: WorkspaceSession, now: datetime) -> list[tuple[int, bool]]:
    """The webhooks for which a message is due, with whether they fail: the first of those that do not, first. One
    query."""
    due = func.min(WebhookDelivery.id)
    fails = case((Webhook.failing_since.is_(None), 0), else_=1)
    found = (
        select(Webhook.id, fails)
        .join(WebhookDelivery, WebhookDelivery.webhook_id == Webhook.id)
        .where(
            Webhook.stopped_at.is_(None),
            or_(
                and_(WebhookDelivery.state == DeliveryState.WAITING, WebhookDelivery.not_before <= now),
                and_(WebhookDelivery.state == DeliveryState.SENDING, WebhookDelivery.leased_until <= now),
            ),
        )
        .group_by(Webhook.id, fails)
        .order_by(fails, due)
    )
    return [(webhook_id, bool(is_failing)) for webhook_id, is_failing in session.execute(found)]


def revisits(session: WorkspaceSession, today: date, within: timedelta) -> Sequence[Row[int, int, ParkingReason, date]]:
    """The open parkings whose day of looking again has come, and came no longer ago than said: id, vendor_id, reason,
    revisit_on. One query."""
    found = select(Parking.id, Parking.vendor_id, Parking.reason, Parking.revisit_on).where(
        Parking.ended_on.is_(None), Parking.revisit_on <= today, Parking.revisit_on > today - within
    )
    return session.execute(found.order_by(Parking.revisit_on, Parking.id)).all()


def told(session: WorkspaceSession, message_ids: Sequence[str]) -> set[tuple[int, str]]:
    """Which webhook has which of these messages already. One query."""
    found = select(WebhookDelivery.webhook_id, WebhookDelivery.message_id).where(
        WebhookDelivery.message_id.in_(message_ids)
    )
    return {(webhook_id, message_id) for webhook_id, message_id in session.execute(found)}
