"""Settings, Webhooks: addresses of other programs that are told what happens, and what was sent to them."""

from typing import Any

from flask import request

from crm.core import limits
from crm.core.errors import Missing
from crm.core.i18n import _
from crm.domain import webhook_deliveries, webhook_events, webhooks
from crm.domain.permissions import Act
from crm.forms.webhooks import WebhookForm
from crm.models.enums import DeliveryState
from crm.queries import webhooks as reading
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see
from crm.web.ways import page_number

pages = Pages("webhooks")


@pages.get("/settings/webhooks", Act.MANAGE)
def index(visit: Visit) -> AnyReply:
    """All of them, and whether they work."""
    rows = reading.every(visit.session)
    return page("webhooks/index.html", webhooks=[(row, webhooks.wanted(row)) for row in rows])


@pages.get("/settings/webhooks/new", Act.MANAGE)
def new(visit: Visit) -> AnyReply:
    """The empty form."""
    return page("webhooks/new.html", form=_form(events=webhooks.EVENTS))


@pages.post("/settings/webhooks", Act.MANAGE, fresh=True)
def create(visit: Visit) -> AnyReply:
    """Make one; the page that answers shows its secret, this once."""
    form = _form(typed())
    made: list[Any] = []

    def make() -> None:
        secret_key = visit.settings.secret_key
        made.append(webhooks.add(visit.session, by=visit.member, secret_key=secret_key, **form.values()))

    if carries_out(form, make):
        webhook, secret = made[0]
        return page("webhooks/secret.html", webhook=webhook, secret=secret, is_new=True)
    return refusal("webhooks/new.html", form=form)


@pages.get("/settings/webhooks/<int:webhook_id>", Act.MANAGE)
def show(visit: Visit, webhook_id: int) -> AnyReply:
    """How it does, and what was sent to it, the latest first."""
    webhook = webhooks.find(visit.session, webhook_id)
    state = next((each for each in DeliveryState if each.value == request.args.get("state")), None)
    number = page_number()
    offset = (number - 1) * limits.PAGE_ROWS
    rows = reading.latest(visit.session, webhook.id, state=state, offset=offset, most=limits.PAGE_ROWS + 1)
    return page(
        "webhooks/show.html",
        webhook=webhook,
        wanted=webhooks.wanted(webhook),
        former_until=webhooks.former_until(webhook),
        rows=rows[: limits.PAGE_ROWS],
        has_more=len(rows) > limits.PAGE_ROWS,
        number=number,
        state=state,
        states=tuple(DeliveryState),
        zone=visit.person.time_zone,
    )


@pages.get("/settings/webhooks/<int:webhook_id>/edit", Act.MANAGE)
def edit(visit: Visit, webhook_id: int) -> AnyReply:
    """The form, filled."""
    webhook = webhooks.find(visit.session, webhook_id)
    said = {"name": webhook.name, "url": webhook.url, "version": webhook.version}
    return page("webhooks/edit.html", webhook=webhook, form=_form(events=webhooks.wanted(webhook), **said))


@pages.post("/settings/webhooks/<int:webhook_id>", Act.MANAGE, fresh=True)
def update(visit: Visit, webhook_id: int) -> AnyReply:
    """Save what changed."""
    webhook = webhooks.find(visit.session, webhook_id)
    form = _form(typed())
    version = form.version_typed
    if carries_out(form, lambda: webhooks.edit(webhook, by=visit.member, version=version, **form.values())):
        return see("webhooks.show", webhook_id=webhook_id, toast=_("Saved."))
    return refusal("webhooks/edit.html", webhook=webhook, form=form)


@pages.post("/settings/webhooks/<int:webhook_id>/secret", Act.MANAGE, fresh=True)
def rotate(visit: Visit, webhook_id: int) -> AnyReply:
    """A new secret; the page that answers shows it, this once."""
    webhook = webhooks.find(visit.session, webhook_id)
    secret = webhooks.rotate(webhook, by=visit.member, secret_key=visit.settings.secret_key)
    return page("webhooks/secret.html", webhook=webhook, secret=secret, is_new=False)


@pages.post("/settings/webhooks/<int:webhook_id>/test", Act.MANAGE)
def send_test(visit: Visit, webhook_id: int) -> AnyReply:
    """Send a message that says nothing."""
    webhook = webhooks.find(visit.session, webhook_id)
    webhook_events.test(webhook, by=visit.member)
    return see("webhooks.show", webhook_id=webhook_id, toast=_("The test is on its way. Look here in a moment."))


@pages.post("/settings/webhooks/<int:webhook_id>/stop", Act.MANAGE)
def stop(visit: Visit, webhook_id: int) -> AnyReply:
    """Tell it nothing more."""
    webhooks.stop(webhooks.find(visit.session, webhook_id), by=visit.member)
    return see("webhooks.show", webhook_id=webhook_id, toast=_("Stopped. Nothing more is sent to it."))


@pages.post("/settings/webhooks/<int:webhook_id>/start", Act.MANAGE)
def start(visit: Visit, webhook_id: int) -> AnyReply:
    """Tell it again."""
    webhooks.start(webhooks.find(visit.session, webhook_id), by=visit.member)
    return see("webhooks.show", webhook_id=webhook_id, toast=_("It is told again, from now on."))


@pages.post("/settings/webhooks/<int:webhook_id>/delete", Act.MANAGE, fresh=True)
def delete(visit: Visit, webhook_id: int) -> AnyReply:
    """It goes, with its log."""
    webhook = webhooks.find(visit.session, webhook_id)
    webhooks.delete(webhook, by=visit.member)
    return see("webhooks.index", toast=_("%(name)s is deleted.", name=webhook.name))


@pages.get("/settings/webhooks/<int:webhook_id>/messages/<int:delivery_id>", Act.MANAGE)
def message(visit: Visit, webhook_id: int, delivery_id: int) -> AnyReply:
    """One message: what it says, how it stands, and what was answered."""
    webhook = webhooks.find(visit.session, webhook_id)
    delivery = webhook_deliveries.find(visit.session, delivery_id)
    if delivery.webhook_id != webhook.id:
        raise Missing
    return page(
        "webhooks/message.html",
        webhook=webhook,
        delivery=delivery,
        body=webhook_deliveries.laid_out(delivery),
        may_send=webhook.stopped_at is None and delivery.state is not DeliveryState.SENDING,
        zone=visit.person.time_zone,
    )


@pages.post("/settings/webhooks/<int:webhook_id>/messages/<int:delivery_id>/again", Act.MANAGE)
def send_again(visit: Visit, webhook_id: int, delivery_id: int) -> AnyReply:
    """Send it once more, under the same id."""
    delivery = webhook_deliveries.find(visit.session, delivery_id)
    if delivery.webhook_id != webhook_id:
        raise Missing
    webhook_deliveries.send_again(delivery)
    return see("webhooks.message", webhook_id=webhook_id, delivery_id=delivery_id, toast=_("It is on its way again."))


def _form(formdata: Any = None, **values: Any) -> WebhookForm:
    return WebhookForm(formdata, offered=webhooks.EVENTS, **values)
