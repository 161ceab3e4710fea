"""Webhooks: addresses of other programs that are told what happens here, each message signed.

As Standard Webhooks has it: `webhook-id`, `webhook-timestamp`, and `webhook-signature`, an HMAC-SHA256 over the two and
the body. Admins alone look after them: whoever holds an address learns what happens with every vendor.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from crm.core import clock, limits, outward, text, vault
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import audit, permissions, webhook_deliveries
from crm.domain.permissions import Act
from crm.models.enums import AuditKind, WebhookEvent
from crm.models.webhooks import Webhook
from crm.models.workspaces import Membership
from crm.queries import webhooks as reading

EVENTS = tuple(event for event in WebhookEvent if event is not WebhookEvent.TEST)
"""What one can be told; a test tells itself."""
SECRET_PREFIX = "whsec_"  # noqa: S105 - no secret
SECRET_BYTES = 32
FORMER_LASTS = timedelta(days=1)
"""So long the former secret signs too, beside the new one."""
BY_HAND = ""
"""Why a webhook that somebody stopped is stopped."""


def find(session: WorkspaceSession, webhook_id: int) -> Webhook:
    """A webhook of this business. Raises :class:`Missing`."""
    webhook = session.get(Webhook, webhook_id, with_for_update=session.writing)
    if webhook is None:
        raise Missing
    return webhook


def add(
    session: WorkspaceSession,
    *,
    by: Membership,
    name: str,
    url: str,
    events: Collection[WebhookEvent],
    secret_key: str,
) -> tuple[Webhook, str]:
    """A webhook, and its secret, which is shown this once. Raises :class:`Refused`, :class:`Forbidden`."""
    permissions.require(by, Act.MANAGE)
    if reading.count(session) >= limits.WEBHOOKS:
        raise Refused(lazy("You have %(most)s webhooks. Delete one that you no longer need.", most=limits.WEBHOOKS))
    webhook = Webhook(created_by=by.user_id, events={})
    _fill(webhook, name, url, events)
    secret = new_secret()
    webhook.secret = vault.lock(secret_key, secret)
    session.add(webhook)
    session.flush()
    audit.record_here(session, AuditKind.WEBHOOK_MADE, by=by.user_id, about=webhook.name)
    return webhook, secret


def edit(
    webhook: Webhook, *, by: Membership, version: int, name: str, url: str, events: Collection[WebhookEvent]
) -> None:
    """Change name, address, and what is told. Raises :class:`Refused`, :class:`Forbidden`, :class:`Stale`."""
    permissions.require(by, Act.MANAGE)
    if version != webhook.version:
        words = lazy("A colleague changed this webhook while you were typing. Nothing was saved: look at it again.")
        raise Stale(words)
    before = (webhook.name, webhook.url, wanted(webhook))
    _fill(webhook, name, url, events)
    if before == (webhook.name, webhook.url, wanted(webhook)):
        return
    webhook.version += 1
    if webhook.url != before[1]:
        webhook.failing_since = None
    _note(webhook, by, **_hosts(before[1], webhook.url))


def rotate(webhook: Webhook, *, by: Membership, secret_key: str) -> str:
    """A new secret, shown this once. For a day the former one signs as well."""
    permissions.require(by, Act.MANAGE)
    secret = new_secret()
    webhook.former_secret, webhook.former_until = webhook.secret, clock.now() + FORMER_LASTS
    webhook.secret = vault.lock(secret_key, secret)
    webhook.version += 1
    _note(webhook, by)
    return secret


def stop(webhook: Webhook, *, by: Membership) -> None:
    """Tell it nothing more; what waits is not sent."""
    permissions.require(by, Act.MANAGE)
    if webhook.stopped_at is not None:
        return
    webhook_deliveries.stop(webhook, why=BY_HAND)
    _note(webhook, by)


def start(webhook: Webhook, *, by: Membership) -> None:
    """Tell it again, from now on. What was not sent meanwhile is not made up for."""
    permissions.require(by, Act.MANAGE)
    if webhook.stopped_at is None:
        return
    webhook.stopped_at, webhook.stopped_why, webhook.failing_since = None, "", None
    webhook.version += 1
    _note(webhook, by)


def delete(webhook: Webhook, *, by: Membership) -> None:
    """It goes, with the log of what was sent to it."""
    permissions.require(by, Act.MANAGE)
    session = session_of(webhook)
    audit.record_here(session, AuditKind.WEBHOOK_DELETED, by=by.user_id, about=webhook.name)
    session.delete(webhook)
    session.flush()


def wanted(webhook: Webhook) -> list[WebhookEvent]:
    """What it is told, in the order in which events are offered."""
    names = webhook.events.get("names", ())
    return [event for event in EVENTS if event.value in names]


# Signing


def new_secret() -> str:
    """A random secret, as Standard Webhooks writes one."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, *, message_id: str, at: datetime, body: str) -> str:
    """The signature of a message under one secret."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{int(at.timestamp())}.{body}".encode()
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(keys: Sequence[str], *, message_id: str, at: datetime, body: str) -> dict[str, str]:
    """What a message goes out with. Each secret that holds signs it."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "GoodTerms-Webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signature(key, message_id=message_id, at=at, body=body) for key in keys),
    }


def keys_of(webhook: Webhook, *, secret_key: str) -> list[str]:
    """The secrets that hold now, the newest first; none where the key that locks them has changed."""
    locked = [webhook.secret]
    if former_until(webhook) is not None:
        locked.append(webhook.former_secret)
    opened = [vault.unlock(secret_key, each) for each in locked]
    return [each for each in opened if each is not None] if opened[0] is not None else []


def former_until(webhook: Webhook) -> datetime | None:
    """How long the former secret signs too; None where it does not any more."""
    until = webhook.former_until
    return until if until is not None and until > clock.now() else None


# What may be said


def _fill(webhook: Webhook, name: str, url: str, events: Collection[WebhookEvent]) -> None:
    name, url = text.clean_line(name), text.clean_line(url)
    if not name:
        raise Refused(lazy("Say what the webhook is for."), field="name")
    if len(name) > limits.NAME_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.NAME_LENGTH), field="name")
    if len(url) > limits.URL_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.URL_LENGTH), field="url")
    try:
        outward.target(url)
    except Refused as refused:
        refused.field = "url"
        raise
    chosen = [event.value for event in EVENTS if event in events]
    if not chosen:
        raise Refused(lazy("Choose at least one thing to be told."), field="events")
    webhook.name, webhook.url, webhook.events = name, url, {"names": chosen}


def _hosts(before: str, after: str) -> dict[str, str]:
    """Where messages went and go: the rest of an address is often a secret."""
    return {} if before == after else {"before": outward.target(before).name, "after": outward.target(after).name}


def _note(webhook: Webhook, by: Membership, **facts: str) -> None:
    audit.record_here(session_of(webhook), AuditKind.WEBHOOK_CHANGED, by=by.user_id, about=webhook.name, **facts)
