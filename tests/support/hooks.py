"""Webhooks for tests: made through the domain, and looked at."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Engine, select

from crm.core.tenancy import workspace_session
from crm.core.unit_of_work import workspace_work
from crm.domain import webhook_events, webhooks
from crm.models.enums import WebhookEvent
from crm.models.webhooks import Webhook, WebhookDelivery
from crm.models.workspaces import Membership

SECRET_KEY = "for tests alone: it signs nothing that anybody keeps"


def hook(
    engine: Engine,
    by: Membership,
    url: str = "https://chat.example/hook",
    *,
    events: Collection[WebhookEvent] = webhooks.EVENTS,
    name: str = "The office chat",
) -> tuple[int, str]:
    """A webhook's id and its secret."""
    with workspace_work(engine, by.workspace_id) as session:
        made, secret = webhooks.add(session, by=by, name=name, url=url, events=events, secret_key=SECRET_KEY)
        return made.id, secret


def tell(engine: Engine, by: Membership, webhook_id: int) -> int:
    """Puts a test message in; its id."""
    with workspace_work(engine, by.workspace_id) as session:
        return webhook_events.test(webhooks.find(session, webhook_id), by=by).id


def look(engine: Engine, by: Membership, webhook_id: int) -> Webhook:
    """A webhook as it stands."""
    with workspace_session(engine, by.workspace_id, writing=False) as session:
        return webhooks.find(session, webhook_id)


def messages(engine: Engine, by: Membership) -> list[WebhookDelivery]:
    """All that was put in, in order."""
    with workspace_session(engine, by.workspace_id, writing=False) as session:
        return list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))
