"""Addresses of other programs that are told what happens, and what was sent to them. For admins alone."""

from typing import Any

from crm.api.fields import Body, Flag, Instant, Line, Many, Pick, Shown, Text, Whole, number
from crm.api.gate import NOTHING, Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.core import limits
from crm.domain import webhook_deliveries, webhook_events, webhooks
from crm.domain.permissions import Act
from crm.models.enums import DeliveryState, WebhookEvent
from crm.queries import webhooks as reading

noun = Noun("webhooks", "Addresses of other programs that are told what happens, each message signed.")

_NAMED: dict[str, Any] = {"most": limits.NAME_LENGTH, "least": 1}
_ADDRESSED: dict[str, Any] = {"most": limits.URL_LENGTH, "least": 1}
_ADDRESS = "Where messages go: https, on the public internet."
_FORMER = "So long the former secret signs too."


class WebhookShown(Shown):
    """A webhook. Its secret is shown once, to who makes it."""

    id = number()
    name = Line("What it is for.", most=limits.NAME_LENGTH)
    url = Line(_ADDRESS, most=limits.URL_LENGTH)
    events = Many(Pick(WebhookEvent, only=webhooks.EVENTS), "What it is told.")
    is_stopped = Flag("Nothing is sent to it.")
    stopped_at = Instant(allow_none=True)
    stopped_why = Text("What was answered last, where it was stopped after days without success.")
    failing_since = Instant(allow_none=True)
    former_secret_until = Instant(_FORMER, allow_none=True)
    version = Whole(least=1)
    created_at = Instant()
    created_by = number(allow_none=True)


class WebhookMade(WebhookShown):
    """A webhook with its secret, which is shown this once."""

    secret = Line("What signs its messages, as Standard Webhooks writes one.")


class NewWebhook(Body):
    """A webhook to be made."""

    name = Line("What it is for.", required=True, **_NAMED)
    url = Line(_ADDRESS, required=True, **_ADDRESSED)
    events = Many(Pick(WebhookEvent, only=webhooks.EVENTS), "What it is told.", required=True)


class WebhookChange(Body):
    """What changes about a webhook."""

    name = Line("What it is for.", **_NAMED)
    url = Line(_ADDRESS, **_ADDRESSED)
    events = Many(Pick(WebhookEvent, only=webhooks.EVENTS), "What it is told.")
    is_stopped = Flag("Stop it, or start it again.")
    version = Whole("The one that was read.", least=1)


class DeliveryShown(Shown):
    """A message to a webhook."""

    id = number()
    webhook_id = number()
    message_id = Line("The same for every attempt: what `webhook-id` says.")
    event = Pick(WebhookEvent)
    body = Text("As it is sent.")
    state = Pick(DeliveryState)
    attempts = Whole()
    next_attempt_at = Instant(allow_none=True)
    status = Whole("The last answer's.", allow_none=True)
    answer = Text("The beginning of the last answer.")
    last_error = Text()
    created_at = Instant()
    tried_at = Instant(allow_none=True)
    settled_at = Instant(allow_none=True)


@noun.get("/webhooks", asks=asking("Webhooks", reading.SORTS), gives=several(WebhookShown), policy=Act.MANAGE)
def index(call: Call) -> Answer:
    """Lists webhooks."""
    found = reading.listed(call.session, step(call, "webhooks"), words=call.asked["q"])
    return paged(call, "webhooks", found, [_shown(webhook) for webhook in found.rows])


@noun.get("/webhooks/<int:webhook_id>", gives=WebhookShown, policy=Act.MANAGE)
def show(call: Call, webhook_id: int) -> Answer:
    """Shows one webhook."""
    return _one(webhooks.find(call.session, webhook_id))


@noun.post("/webhooks", Act.MANAGE, takes=NewWebhook, gives=WebhookMade)
def create(call: Call) -> Answer:
    """Makes a webhook. The answer holds its secret, which is shown this once."""
    secret_key = call.settings.secret_key
    webhook, secret = webhooks.add(call.session, by=call.member, secret_key=secret_key, **call.body)
    return _with_secret(webhook, secret, location=f"/webhooks/{webhook.id}")


@noun.patch("/webhooks/<int:webhook_id>", Act.MANAGE, takes=WebhookChange, gives=WebhookShown)
def update(call: Call, webhook_id: int) -> Answer:
    """Changes a webhook, stops it, or starts it again. What is left out stays."""
    webhook = webhooks.find(call.session, webhook_id)
    call.expect(webhook.version)
    version, body = call.version(webhook.version), call.body
    is_stopped = body.pop("is_stopped", None)
    present = {"name": webhook.name, "url": webhook.url, "events": webhooks.wanted(webhook)}
    webhooks.edit(webhook, by=call.member, version=version, **(present | body))
    if is_stopped is True:
        webhooks.stop(webhook, by=call.member)
    elif is_stopped is False:
        webhooks.start(webhook, by=call.member)
    return _one(webhook)


@noun.delete("/webhooks/<int:webhook_id>", Act.MANAGE)
def destroy(call: Call, webhook_id: int) -> Answer:
    """Deletes a webhook, with the log of what was sent to it."""
    webhook = webhooks.find(call.session, webhook_id)
    call.expect(webhook.version)
    webhooks.delete(webhook, by=call.member)
    return NOTHING


@noun.post("/webhooks/<int:webhook_id>/secret", Act.MANAGE, takes=None, gives=WebhookMade)
def rotate(call: Call, webhook_id: int) -> Answer:
    """Makes a new secret, which the answer shows this once. For a day the former one signs as well."""
    webhook = webhooks.find(call.session, webhook_id)
    return _with_secret(webhook, webhooks.rotate(webhook, by=call.member, secret_key=call.settings.secret_key))


@noun.post("/webhooks/<int:webhook_id>/test", Act.MANAGE, takes=None, gives=DeliveryShown)
def send_test(call: Call, webhook_id: int) -> Answer:
    """Sends a message that says nothing."""
    return Answer(_message(webhook_events.test(webhooks.find(call.session, webhook_id), by=call.member)))


@noun.get(
    "/webhooks/<int:webhook_id>/deliveries",
    asks=asking("Deliveries", reading.DELIVERY_SORTS, "-id", state=Pick(DeliveryState)),
    gives=several(DeliveryShown),
    policy=Act.MANAGE,
)
def deliveries(call: Call, webhook_id: int) -> Answer:
    """Lists what was sent to a webhook, or is to be."""
    webhook = webhooks.find(call.session, webhook_id)
    exact = {name: call.asked[name] for name in ("state",) if name in call.asked}
    name = f"webhooks/{webhook.id}/deliveries"
    found = reading.deliveries(call.session, webhook.id, step(call, name), words=call.asked["q"], **exact)
    return paged(call, name, found, [_message(row) for row in found.rows])


@noun.post("/webhook-deliveries/<int:delivery_id>/sending", Act.MANAGE, takes=None, gives=DeliveryShown, status=200)
def send_again(call: Call, delivery_id: int) -> Answer:
    """Sends a message once more, the same bytes under the same id."""
    delivery = webhook_deliveries.find(call.session, delivery_id)
    webhook_deliveries.send_again(delivery)
    return Answer(_message(delivery))


def _one(webhook: Any) -> Answer:
    return Answer(_shown(webhook), mark=webhook.version)


def _with_secret(webhook: Any, secret: str, location: str = "") -> Answer:
    return Answer({**_shown(webhook), "secret": secret}, mark=webhook.version, location=location)


def _shown(webhook: Any) -> dict[str, Any]:
    own = ("id", "name", "url", "stopped_at", "stopped_why", "failing_since", "version", "created_at", "created_by")
    return {
        **{name: getattr(webhook, name) for name in own},
        "events": webhooks.wanted(webhook),
        "is_stopped": webhook.stopped_at is not None,
        "former_secret_until": webhooks.former_until(webhook),
    }


def _message(delivery: Any) -> dict[str, Any]:
    own = [name for name in DeliveryShown().fields if name != "next_attempt_at"]
    waits = delivery.state is DeliveryState.WAITING
    return {
        **{name: getattr(delivery, name) for name in own},
        "next_attempt_at": delivery.not_before if waits else None,
    }
