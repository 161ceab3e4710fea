"""Passkeys: one's own in Settings, and getting in by one."""

from typing import Any

from flask import request

from crm.core.errors import Refused
from crm.core.i18n import _
from crm.domain import passkeys
from crm.domain.permissions import Act
from crm.forms.passkeys import NameForm, PasskeyForm
from crm.queries import passkeys as reading
from crm.web import browsers
from crm.web import passkeys as devices
from crm.web.gate import Pages, Visit, carries_out, typed
from crm.web.passkeys import Purpose
from crm.web.replies import AnyReply, page, refusal, see

pages = Pages("passkeys")


# One's own


@pages.get("/settings/passkeys", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """One's passkeys."""
    return page("passkeys/index.html", **_own(visit))


@pages.get("/settings/passkeys/new", Act.SEE)
def new(visit: Visit) -> AnyReply:
    """Add one that this device, a phone or a key at hand keeps."""
    usual = browsers.name_of(request.user_agent.string)
    form = PasskeyForm(formdata=None, data={"name": usual})
    return page("passkeys/new.html", form=form, obstacle=devices.obstacle(visit.settings))


@pages.post("/settings/passkeys/ask", Act.SEE)
def ask_to_add(visit: Visit) -> AnyReply:
    """What the device is asked for; JSON for the page's script."""
    place, mine = devices.place(visit.settings), visit.member.user_id
    return devices.ask(
        Purpose.ADD,
        lambda challenge: passkeys.adding(visit.session, mine, place=place, challenge=challenge),
        of=mine,
    )


@pages.post("/settings/passkeys", Act.SEE)
def create(visit: Visit) -> AnyReply:
    """Keep what the device has made."""
    form, mine = PasskeyForm(typed()), visit.member.user_id
    challenge = devices.asked(Purpose.ADD, of=mine)

    def add() -> None:
        if challenge is None:
            raise Refused(_("That took too long. Try again."))
        passkeys.add(
            visit.session,
            mine,
            place=devices.place(visit.settings),
            challenge=challenge,
            answer=form.credential.data or "",
            name=form.name.data or "",
        )

    if carries_out(form, add):
        return see("passkeys.index", toast=_("%(name)s is added. You can sign in with it.", name=form.name.data))
    return refusal("passkeys/new.html", form=form, obstacle=devices.obstacle(visit.settings))


@pages.post("/settings/passkeys/<int:passkey_id>/rename", Act.SEE)
def rename(visit: Visit, passkey_id: int) -> AnyReply:
    """Another name."""
    form = NameForm(typed(), prefix=_prefix(passkey_id))
    if carries_out(
        form,
        lambda: passkeys.rename(visit.session, passkey_id, of=visit.member.user_id, name=form.name.data or ""),
    ):
        return see("passkeys.index", toast=_("It is called %(name)s now.", name=form.name.data))
    return refusal("passkeys/index.html", **_own(visit, {passkey_id: form}))


@pages.post("/settings/passkeys/<int:passkey_id>/remove", Act.SEE)
def remove(visit: Visit, passkey_id: int) -> AnyReply:
    """It opens nothing any more."""
    row = passkeys.remove(visit.session, passkey_id, of=visit.member.user_id)
    return see("passkeys.index", toast=_("%(name)s is removed. Nobody signs in with it any more.", name=row.name))


def _own(visit: Visit, sent: dict[int, NameForm] | None = None) -> dict[str, Any]:
    rows = reading.passkeys_of(visit.session, visit.member.user_id)
    sent = sent or {}
    return {
        "obstacle": devices.obstacle(visit.settings),
        "keys": [
            {"row": row, "form": sent.get(row.id) or NameForm(None, data={"name": row.name}, prefix=_prefix(row.id))}
            for row in rows
        ],
        "sent": next(iter(sent.values()), None),
    }


def _prefix(passkey_id: int) -> str:
    """Sets the boxes of one key apart from those of the others on the page."""
    return f"key-{passkey_id}"
