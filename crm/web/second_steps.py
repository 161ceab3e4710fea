"""The question after the right password, for whoever has a second step."""

from typing import Any

from crm.core.i18n import _
from crm.core.settings import Settings
from crm.core.tenancy import InstallationSession
from crm.domain import two_step
from crm.forms.accounts import SecondStepForm
from crm.models.enums import SignInWay
from crm.models.workspaces import User
from crm.queries import two_step as ways_in
from crm.web import sign_in as browser
from crm.web.kept import Kept
from crm.web.replies import AnyReply, page, see

TEMPLATE = "accounts/second_step.html"


def ask(
    session: InstallationSession, user: User, *, stays: bool = True, wanted: str = "", carried: Kept | None = None
) -> AnyReply:
    """Hold somebody whose password was right, and ask on. What was typed before the sign-in waits in the page."""
    browser.hold(user, stays=stays, wanted=wanted)
    if carried is None:
        return see("accounts.second_step")
    form = SecondStepForm(formdata=None, kept_path=carried.path, kept=carried.packed())
    return page(TEMPLATE, **values(session, user, form))


def values(session: InstallationSession, user: User, form: SecondStepForm) -> dict[str, Any]:
    """What the page needs."""
    has_app = user.totp_since is not None
    return {"form": form, "has_app": has_app, "has_passkey": ways_in.has_passkey(session, user.id)}


def way_of(session: InstallationSession, settings: Settings, user: User, form: SecondStepForm) -> SignInWay | None:
    """By which way the typed code lets in; else the form says what is wrong. What is counted must be kept.

    Raises :class:`Throttled` after too many failures.
    """
    code, recovery = form.code.data or "", form.recovery.data or ""
    if not code and not recovery:
        form.code.errors = [_("Type the code that the app shows.")]
        return None
    origin = browser.origin(user.email)
    way = two_step.sign_in(session, settings, user, code=code, recovery=recovery, origin=origin)
    if way is None:
        box = form.recovery if recovery else form.code
        box.errors = [_("This code is not right, or it has been used.")]
    return way
