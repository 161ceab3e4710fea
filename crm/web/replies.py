"""What a view answers. The gate commits first and renders then."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Response, make_response, render_template, request, session, url_for
from flask import redirect as flask_redirect

TOASTS = "toasts"
DRAFT = "draft"
DRAFT_LONGEST = 40


@dataclass(slots=True)
class Reply:
    """A template with its values. A status of 400 or more undoes what the request wrote."""

    template: str
    values: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    is_page: bool = True
    must_keep: bool = False
    """What was written stays although the request failed, such as a counted attempt."""

    @property
    def keeps_changes(self) -> bool:
        return self.must_keep or self.status < 400

    def render(self, chrome: dict[str, Any]) -> Response:
        if self.is_page:
            chrome = {**chrome, "toasts": session.pop(TOASTS, [])}
        response = make_response(render_template(self.template, **{**chrome, **self.values}), self.status)
        response.headers.update(self.headers)
        return response


@dataclass(slots=True)
class Redirect:
    """Go and see. ``toast`` says there what was done, ``undo`` is the address that a POST takes it back at, ``more``
    the words and address of what follows from it.

    ``signed_out`` is the number of the person who has just left this browser: their drafts are taken off it.
    """

    target: str
    toast: str = ""
    undo: str = ""
    more: tuple[str, str] | None = None
    signed_out: int | None = None
    keeps_changes: bool = True
    is_page: bool = False

    def render(self, chrome: dict[str, Any]) -> Response:
        if self.toast:
            toast = {"words": self.toast, "undo_url": self.undo, "tone": "", "arrived": _arrived()}
            if self.more is not None:
                toast["more_words"], toast["more_url"] = self.more
            if self.signed_out is not None:
                toast["signed_out"] = str(self.signed_out)
            session[TOASTS] = [*session.get(TOASTS, []), toast]
        return make_response(flask_redirect(self.target, 303))


@dataclass(slots=True)
class Raw:
    """A response made by hand, such as a download; made after the commit."""

    make: Callable[[], Response]
    keeps_changes: bool = True
    is_page: bool = False

    def render(self, chrome: dict[str, Any]) -> Response:
        return self.make()


AnyReply = Reply | Redirect | Raw


def _arrived() -> str:
    """The word of the form that was sent: only the page that names it lets the browser forget what was typed."""
    word = request.form.get(DRAFT, "") if request.method == "POST" else ""
    return word if len(word) <= DRAFT_LONGEST else ""


def page(template: str, **values: Any) -> Reply:
    """A whole page."""
    return Reply(template, values)


def piece(template: str, **values: Any) -> Reply:
    """A part of a page, as htmx asked for."""
    return Reply(template, values, is_page=False)


def refusal(template: str, *, status: int = 422, **values: Any) -> Reply:
    """The form again, with what was typed and what is wrong; nothing is written."""
    return Reply(template, values, status=status)


def see(endpoint: str, *, toast: str = "", undo: str = "", **values: Any) -> Redirect:
    """Go to a page of ours."""
    return Redirect(url_for(endpoint, **values), toast=toast, undo=undo)


def see_path(path: str, *, toast: str = "", undo: str = "", more: tuple[str, str] | None = None) -> Redirect:
    """Go to a path of ours that :func:`crm.web.gate.safe_path` has passed."""
    return Redirect(path, toast=toast, undo=undo, more=more)
