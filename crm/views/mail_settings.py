"""Settings, Mail: server and sender, a test, and how mail is doing."""

from typing import Any

from flask import request

from crm.core.i18n import _
from crm.domain import health, heartbeats, letters, mail_settings, suppressions
from crm.domain.mail_presets import PRESETS, preset
from crm.domain.permissions import Act
from crm.forms.mail_settings import MailForm
from crm.models.enums import MailKind, MailState
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("mail_settings")

ASK_AGAIN_SECONDS = 2
_MOVING = (MailState.WAITING, MailState.SENDING, MailState.BEGUN)


@pages.get("/settings/mail", Act.MANAGE)
def show(visit: Visit) -> AnyReply:
    """How letters leave, and how that is going."""
    chosen = preset(request.args.get("preset", ""))
    form = MailForm(data={**_kept(visit), **_of_preset(chosen)})
    return page("mail_settings/show.html", form=form, chosen=chosen, **_around(visit))


@pages.post("/settings/mail", Act.MANAGE, fresh=True)
def save(visit: Visit) -> AnyReply:
    """Keep server and sender."""
    form = MailForm(typed())
    if carries_out(
        form,
        lambda: mail_settings.save(
            visit.session,
            visit.settings,
            by=visit.member,
            host=form.host.data or "",
            port=form.port.data,
            security=form.security.data or "starttls",
            user=form.user.data or "",
            password=form.password.data or "",
            sender_name=form.sender_name.data or "",
            sender_address=form.sender_address.data or "",
        ),
    ):
        return see("mail_settings.show", toast=_("Mail settings saved."))
    return refusal("mail_settings/show.html", form=form, chosen=None, **_around(visit))


@pages.post("/settings/mail/test", Act.MANAGE)
def send_test(visit: Visit) -> AnyReply:
    """A letter to oneself."""
    message = mail_settings.send_test(visit.session, visit.settings, by=visit.member)
    return see("mail_settings.test_result", message_id=message.id)


@pages.get("/settings/mail/test/<int:message_id>", Act.MANAGE)
def test_result(visit: Visit, message_id: int) -> AnyReply:
    """What became of the test: the page looks again by itself until the server has answered."""
    message = letters.find(visit.session, message_id, reader=visit.member)
    mail = mail_settings.effective(visit.session, visit.settings)
    tick = heartbeats.last(visit.session, heartbeats.TICK)
    is_moving = mail.server is not None and message.state in _MOVING and not message.last_error
    reply = page(
        "mail_settings/test.html",
        message=message,
        mail=mail,
        is_moving=is_moving,
        is_test=message.kind is MailKind.TEST,
        is_silent=health.is_silent(tick, tick_seconds=visit.settings.tick_seconds),
    )
    if is_moving:
        reply.headers["Refresh"] = str(ASK_AGAIN_SECONDS)
    return reply


def _around(visit: Visit) -> dict[str, Any]:
    """What stands beside the form."""
    session = visit.session
    found = health.look(session, tick_seconds=visit.settings.tick_seconds, workspace_id=visit.workspace.id)
    return {
        "mail": mail_settings.effective(session, visit.settings),
        "may_change": mail_settings.may_change(session, visit.member),
        "presets": PRESETS,
        "opted_out": suppressions.count(session),
        "has_links": visit.settings.links_work,
        "served_on": visit.settings.base_url,
        "tick": found.tick,
        "is_silent": found.is_silent,
        "failing_since": found.mail_failing_since if found.mail_fails or not found.is_put_off else None,
        "is_put_off": found.is_put_off,
        "counts": found.outbox,
    }


def _kept(visit: Visit) -> dict[str, Any]:
    mail = mail_settings.effective(visit.session, visit.settings)
    name, address = mail_settings.sender_parts(mail.sender)
    values: dict[str, Any] = {"sender_name": name, "sender_address": address}
    if address.endswith("@localhost") and not mail.sender_is_locked:
        values["sender_address"] = ""
    if mail.server is not None:
        server = mail.server
        values |= {"host": server.host, "port": server.port, "security": server.security, "user": server.user or ""}
    return values


def _of_preset(chosen: Any) -> dict[str, Any]:
    return {} if chosen is None else {"host": chosen.host, "port": chosen.port, "security": chosen.security}
