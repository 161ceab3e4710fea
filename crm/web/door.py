"""Asking who somebody is, wherever a request turns out to need it."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, make_response, request, url_for
from flask import redirect as flask_redirect

from crm.core import i18n
from crm.core.i18n import _
from crm.forms.accounts import SignInForm
from crm.models.workspaces import Membership
from crm.web.kept import SEND_TO, Kept, page_before
from crm.web.paths import safe_path
from crm.web.replies import AnyReply, Redirect, Reply
from crm.web.sign_in import Visitor

SWAP_ALL = {"HX-Retarget": "body", "HX-Reswap": "innerHTML"}


def install(app: Flask) -> None:
    """Begin each request in the language that the browser prefers, until it is known who asks; and end it in none."""

    @app.before_request
    def begin() -> None:
        speak_to(None)

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        i18n.fall_silent()


def speak_to(visitor: Visitor | None) -> None:
    """Speak the visitor's language, or the one that the browser prefers."""
    accepted = [tag for tag, _quality in request.accept_languages]
    tag = visitor.person.locale if visitor else i18n.best_locale(accepted)
    i18n.speak(i18n.PSEUDO if current_app.config.get("PSEUDO_LOCALE") else tag)


def to_sign_in() -> Response:
    """Lead to the sign-in, and from there back to the page that was asked for."""
    return _to("accounts.sign_in", piece_status=401)


def to_confirm() -> Response:
    """Lead to the proof of being there still, and from there back to the page that was asked for."""
    return _to("accounts.confirm", piece_status=403)


def _to(endpoint: str, *, piece_status: int) -> Response:
    if request.headers.get("HX-Request") == "true":  # a piece of a page: the whole page must go
        before = urlsplit(request.headers.get("HX-Current-URL", ""))
        target = url_for(endpoint, next=safe_path(before.path) or None)
        return make_response("", piece_status, {"HX-Redirect": target})
    wanted = request.full_path.rstrip("?")
    return make_response(flask_redirect(url_for(endpoint, next=safe_path(wanted) or None), 303))


def sign_in_again(kept: Kept | None) -> Response:
    """The sign-in in place of an act, because the sign-in before had come to its end."""
    speak_to(None)
    words = (
        _("Your sign-in had come to its end, so nothing was saved yet. Sign in, and what you typed is back.")
        if kept
        else _("Your sign-in had come to its end, so nothing was done. Sign in and try again.")
    )
    return sign_in_page(status=401, notice=words, kept=kept)


def sign_in_page(*, status: int, notice: str, kept: Kept | None) -> Response:
    """The sign-in in place of the answer that was asked for, with what was typed in its keeping."""
    speak_to(None)
    form = SignInForm(formdata=None, next=page_before())
    if kept:
        form.kept_path.data, form.kept.data = kept.path, kept.packed()
    headers = SWAP_ALL if request.headers.get("HX-Request") == "true" else {}
    reply = Reply("accounts/sign_in.html", {"form": form, "notice": notice, "kept": kept}, status, dict(headers))
    return reply.render({"visit": None, "locale_tag": i18n.current().tag})


def typed_reply(
    kept: Kept, person_id: int | None, memberships: Sequence[Membership], looked_at: int | None, *, status: int = 200
) -> AnyReply:
    """What was typed, with a button that sends it to where it was typed: to the business of that page, though the
    browser looks at another one by now. Nobody is shown what somebody else typed."""
    if not kept.is_of(person_id):
        words = _("What was typed on this device before belongs to somebody else. It was not saved.")
        return Redirect(url_for("today.show"), toast=words)
    wanted = kept.shown.workspace_id if kept.shown else looked_at
    home = next((member.workspace for member in memberships if member.workspace_id == wanted), None)
    is_elsewhere = kept.shown is not None and wanted != looked_at
    headers = SWAP_ALL if request.headers.get("HX-Request") == "true" else {}
    values = {"kept": kept, "home": home, "is_elsewhere": is_elsewhere, "send_to": SEND_TO}
    return Reply("accounts/typed.html", values, status, dict(headers))


def typed_page(kept: Kept, visitor: Visitor | None) -> Response:
    """:func:`typed_reply` in place of an act that was not carried out."""
    member = visitor.member if visitor else None
    memberships = visitor.memberships if visitor else []
    person_id = visitor.person.id if visitor else None
    reply = typed_reply(kept, person_id, memberships, member.workspace_id if member else None, status=400)
    return reply.render({"visit": None, "locale_tag": i18n.current().tag})
