"""What is dangerous asks for a fresh proof of who one is. What was typed is carried through it.

The page stands in place of the act and sends the same fields to the same address once more, with the proof beside
them: whoever is right is asked once and has nothing to type again.
"""

import json
from typing import Any

from flask import Response, make_response, request, url_for
from werkzeug.datastructures import ImmutableMultiDict

from crm.core import i18n, vault
from crm.core.i18n import _
from crm.core.tenancy import InstallationSession
from crm.core.unit_of_work import installation_work
from crm.domain import two_step
from crm.forms.accounts import ConfirmForm
from crm.models.workspaces import User
from crm.queries import two_step as ways_in
from crm.web import door, kept
from crm.web import sign_in as browser
from crm.web.installation import installation
from crm.web.kept import Kept
from crm.web.paths import safe_path
from crm.web.replies import Reply
from crm.web.sign_in import Visitor

TEMPLATE = "accounts/confirm.html"


def stop(visitor: Visitor, *, proof: str = "") -> Response | None:
    """The answer in place of a dangerous visit whose person has not proved for a while to be there; None where it may
    go on. ``proof`` names the box of the visit's own form that holds the present password, if it has one."""
    if browser.is_fresh(visitor):
        _unseal(visitor)
        return None
    if request.method in ("GET", "HEAD"):
        return door.to_confirm()
    if request.is_json:
        return make_response({"confirm": url_for("accounts.confirm", next=kept.page_before() or None)}, 403)
    form = ConfirmForm(request.form)
    if proof and not form.confirm_password.data:
        form.confirm_password.data = request.form.get(proof, "")
    with installation_work(installation().engine) as session:
        if is_proved(session, visitor, form):
            _unseal(visitor)
            return None
        form.confirm_sealed.data = form.confirm_sealed.data or _sealed(visitor)
        values = page_values(session, visitor, form, carried=kept.of_request(is_ours=True))
    headers = dict(door.SWAP_ALL) if request.headers.get("HX-Request") == "true" else {}
    return Reply(TEMPLATE, values, 403, headers).render({"visit": None, "locale_tag": i18n.current().tag})


def _sealed(visitor: Visitor) -> str:
    """The secrets that the present form holds, for the page that stands in its place: nobody reads them there."""
    typed = [(name, value) for name in sorted(kept.TYPED_SECRETS) for value in request.form.getlist(name)]
    if not typed:
        return ""
    return vault.lock(installation().settings.secret_key, json.dumps([visitor.person.id, request.path, typed]))


def _unseal(visitor: Visitor) -> None:
    """Put the secrets back into the form that was sent once more, if they are this person's and were typed for it."""
    sealed = request.form.get("confirm_sealed", "")
    plain = vault.unlock(installation().settings.secret_key, sealed) if sealed else None
    if plain is None:
        return
    person_id, path, typed = json.loads(plain)
    if (person_id, path) == (visitor.person.id, request.path):
        request.form = ImmutableMultiDict([*request.form.items(multi=True), *((name, value) for name, value in typed)])


def is_proved(session: InstallationSession, visitor: Visitor, form: ConfirmForm) -> bool:
    """Whether the form holds a proof, which is noted then; else the form says what is wrong. What is counted must be
    kept. Raises :class:`Throttled` after too many failures."""
    password, code = form.confirm_password.data or "", form.confirm_code.data or ""
    if not password and not code:
        return False
    person, home = session.get_one(User, visitor.person.id), installation()
    origin = browser.origin(person.email)
    if not two_step.prove(session, home.settings, person, password=password, code=code, origin=origin):
        form.form_errors.append(_("The password is not right.") if password else _("The code is not right."))
        return False
    browser.confirm(session, visitor)
    return True


def page_values(
    session: InstallationSession, visitor: Visitor, form: ConfirmForm, *, carried: Kept | None
) -> dict[str, Any]:
    """What the page needs. Without ``carried`` it leads on to the page that the form names."""
    if carried is None and not form.next.data:
        form.next.data = kept.page_before()
    form.next.data = safe_path(form.next.data or "")
    return {
        "form": form,
        "kept": carried,
        "person": visitor.person,
        "has_app": visitor.person.totp_since is not None,
        "has_passkey": ways_in.has_passkey(session, visitor.person.id),
    }
