"""Passkeys: one's own in Settings, and getting in by one."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import request

from crm.core.errors import Missing, Refused
from crm.core.i18n import _, lazy
from crm.domain import passkeys
from crm.domain.permissions import Act
from crm.forms.accounts import SignInForm
from crm.forms.passkeys import AnswerForm, NameForm, PasskeyForm
from crm.models.enums import SignInWay
from crm.queries import passkeys as reading
from crm.queries import two_step
from crm.web import browsers, kept
from crm.web import passkeys as devices
from crm.web import sign_in as browser
from crm.web.coming_in import come_in
from crm.web.gate import PERSON, PUBLIC, DoorVisit, Pages, Visit, carries_out, typed
from crm.web.passkeys import Purpose
from crm.web.replies import AnyReply, Reply, page, refusal, see
from crm.web.sign_in import Visitor

if TYPE_CHECKING:
    from crm.models.workspaces import User

pages = Pages("passkeys")

_UNKNOWN = lazy("This passkey opens nothing here, or it took too long. Try again, or go another way.")


# One's own


@pages.get("/settings/passkeys", Act.SEE)
def index(visit: Visit) -> AnyReply:
    """One's passkeys."""
    return page("passkeys/index.html", **_own(visit))


@pages.get("/settings/passkeys/new", Act.SEE, fresh=True)
def new(visit: Visit) -> AnyReply:
    """Add one that this device, a phone or a key at hand keeps."""
    usual = browsers.name_of(request.user_agent.string)
    form = PasskeyForm(formdata=None, data={"name": usual})
    return page("passkeys/new.html", form=form)


@pages.post("/settings/passkeys/ask", Act.SEE)
def ask_to_add(visit: Visit) -> AnyReply:
    """What the device is asked for; JSON for the page's script."""
    place, mine = devices.place(visit.settings), visit.member.user_id
    return devices.ask(
        Purpose.ADD,
        lambda challenge: passkeys.adding(visit.session, mine, place=place, challenge=challenge),
        of=mine,
    )


@pages.post("/settings/passkeys", Act.SEE, fresh=True)
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
    return refusal("passkeys/new.html", form=form)


@pages.post("/settings/passkeys/<int:passkey_id>/rename", Act.SEE)
def rename(visit: Visit, passkey_id: int) -> AnyReply:
    """Another name."""
    row = passkeys.find(visit.session, passkey_id, of=visit.member.user_id)
    form = NameForm(typed(), prefix=_prefix(passkey_id))
    if carries_out(form, lambda: passkeys.rename(row, name=form.name.data or "")):
        return see("passkeys.index", toast=_("It is called %(name)s now.", name=form.name.data))
    return refusal("passkeys/index.html", **_own(visit, {passkey_id: form}))


@pages.post("/settings/passkeys/<int:passkey_id>/remove", Act.SEE, fresh=True)
def remove(visit: Visit, passkey_id: int) -> AnyReply:
    """It opens nothing any more."""
    row = passkeys.remove(visit.session, passkey_id, of=visit.member.user_id)
    return see("passkeys.index", toast=_("%(name)s is removed. Nobody signs in with it any more.", name=row.name))


def _own(visit: Visit, sent: dict[int, NameForm] | None = None) -> dict[str, Any]:
    rows = reading.passkeys_of(visit.session, visit.member.user_id)
    sent, has_app = sent or {}, visit.person.totp_since is not None
    return {
        "keys": [
            {"row": row, "form": sent.get(row.id) or NameForm(None, data={"name": row.name}, prefix=_prefix(row.id))}
            for row in rows
        ],
        "sent": next(iter(sent.values()), None),
        "lacks_codes": bool(rows) and not has_app and not two_step.codes_left(visit.session, visit.member.user_id),
    }


def _prefix(passkey_id: int) -> str:
    """Sets the boxes of one key apart from those of the others on the page."""
    return f"key-{passkey_id}"


# In, by a passkey alone


@pages.post("/sign-in/passkey/ask", PUBLIC)
def ask_who(visit: DoorVisit) -> AnyReply:
    """Who is it? JSON for the sign-in page's script."""
    return devices.ask(Purpose.SIGN_IN, _asking(visit))


@pages.post("/sign-in/passkey", PUBLIC)
def sign_in(visit: DoorVisit) -> AnyReply:
    """Sign in whose passkey has answered, and go on where they were. It is two steps in one: none is missing."""
    form = SignInForm(typed())
    carried = kept.unpacked(form.kept_path.data, form.kept.data)
    user = _recognised(visit, Purpose.SIGN_IN)
    if user is None:
        form.form_errors.append(str(_UNKNOWN))
        return Reply("accounts/sign_in.html", {"form": form, "notice": "", "kept": carried}, 422, must_keep=True)
    stays, wanted = bool(form.stay.data), form.next.data or ""
    way, before = SignInWay.PASSKEY, visit.visitor
    return come_in(visit.session, user, before=before, way=way, stays=stays, wanted=wanted, carried=carried)


# As the second step, and before what is dangerous: the answer is given by itself, then the page's own form is sent


@pages.post("/sign-in/second-step/passkey/ask", PUBLIC)
def ask_second_step(visit: DoorVisit) -> AnyReply:
    """Whose password it was, is it them? JSON for the page's script."""
    found = browser.held(visit.session)
    if found is None:
        return devices.refused(_("That took too long, or it was begun elsewhere. Type your password again."))
    user_id = found[0].id
    return devices.ask(Purpose.SECOND_STEP, _asking(visit, user_id), of=user_id)


@pages.post("/sign-in/second-step/passkey", PUBLIC)
def take_second_step(visit: DoorVisit) -> AnyReply:
    """Note that the second step is taken: the page's form lets in now."""
    found = browser.held(visit.session)
    if found is None or _recognised(visit, Purpose.SECOND_STEP, of=found[0].id) is None:
        return devices.refused(_UNKNOWN)
    user, held = found
    browser.hold(user, stays=held.stays, wanted=held.wanted, way=SignInWay.PASSKEY)
    return devices.taken()


@pages.post("/confirm/passkey/ask", PERSON)
def ask_to_confirm(visit: DoorVisit) -> AnyReply:
    """Is it still the person who is signed in? JSON for the page's script."""
    user_id = _present(visit).person.id
    return devices.ask(Purpose.CONFIRM, _asking(visit, user_id), of=user_id)


@pages.post("/confirm/passkey", PERSON)
def confirm(visit: DoorVisit) -> AnyReply:
    """Note that they are there: the page's form needs no other proof now."""
    visitor = _present(visit)
    if _recognised(visit, Purpose.CONFIRM, of=visitor.person.id) is None:
        return devices.refused(_UNKNOWN)
    browser.confirm(visit.session, visitor)
    return devices.taken()


def _asking(visit: DoorVisit, of: int | None = None) -> Callable[[bytes], dict[str, Any]]:
    place = devices.place(visit.settings)
    return lambda challenge: passkeys.asking(visit.session, place=place, challenge=challenge, of=of)


def _recognised(visit: DoorVisit, purpose: Purpose, of: int | None = None) -> "User | None":
    """Who has answered the question that was put for this purpose; what is written of a failure must be kept."""
    challenge = devices.asked(purpose, of=of)
    if challenge is None:
        return None
    return passkeys.recognised(
        visit.session,
        place=devices.place(visit.settings),
        challenge=challenge,
        answer=AnswerForm(typed()).credential.data or "",
        address=request.remote_addr or "",
        of=of,
    )


def _present(visit: DoorVisit) -> Visitor:
    if visit.visitor is None:
        raise Missing
    return visit.visitor
