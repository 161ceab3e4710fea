"""In which business, and to whom, a page was shown: each form says so along with its token.

A person may look at one business in this tab and at another in that one. What is typed belongs to the business whose
page it was typed on, whichever the browser looks at by the time it is sent.
"""

from dataclasses import dataclass
from typing import Any

from flask import Flask, g
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf

_MARK = "~"
"""Stands between the token and what we add to it; no token holds one."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The ids of the business and of the person that a page was made for."""

    workspace_id: int
    person_id: int


class BoundCSRF(CSRFProtect):
    """The usual protection. The token that a page carries is followed by the page's business and person."""

    def init_app(self, app: Flask) -> None:
        """Protect the application, and let its templates ask for tokens that say where they were shown."""
        super().init_app(app)
        app.jinja_env.globals["csrf_token"] = bound_token
        app.context_processor(lambda: {"csrf_token": bound_token})

    def _get_csrf_token(self) -> Any:
        token, _, marks = (super()._get_csrf_token() or "").partition(_MARK)
        g.shown = _read(marks)
        return token


def bound_token(shown: Shown | None = None) -> str:
    """The token for a form of the present page, or for one that was shown elsewhere."""
    if shown is None:
        visit = g.get("visit")
        if visit is None:
            return str(generate_csrf())
        shown = Shown(visit.member.workspace_id, visit.member.user_id)
    token = g.get("csrf_token") or generate_csrf()  # which keeps it there for the page's other forms
    return f"{token}{_MARK}{shown.workspace_id}{_MARK}{shown.person_id}"


def where_typed() -> Shown | None:
    """Where the form was shown that the present request sends; None where it does not say."""
    shown: Shown | None = g.get("shown")
    return shown


def of_numbers(numbers: Any) -> Shown | None:
    """The pair as it was packed into a page, or None for anything else."""
    match numbers:
        case [int(workspace_id), int(person_id)]:
            return Shown(workspace_id, person_id)
    return None


def _read(marks: str) -> Shown | None:
    numbers = marks.split(_MARK)
    are_ids = all(number.isascii() and number.isdigit() and len(number) < 11 for number in numbers)
    return of_numbers([int(number) for number in numbers]) if are_ids else None
