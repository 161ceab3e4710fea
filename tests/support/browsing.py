"""A browser without a screen: it signs in through the real form, carries the hidden token, and reads pages.

Each page that it is shown is held against the Content-Security-Policy: inline script or style fails the test.
"""

from __future__ import annotations

import secrets
from html.parser import HTMLParser
from typing import Any

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from crm.models.workspaces import Membership
from tests.support.people import PASSWORD

SIGN_IN = "/sign-in"


class Browser:
    """One person's browser, or nobody's."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._client: FlaskClient = app.test_client()
        self._token: str | None = None

    def sign_in(self, person: Membership, *, password: str = PASSWORD) -> Browser:
        """Signs in by the form that everybody sees. Fails where that is not accepted."""
        self.get(SIGN_IN)
        answer = self.post(SIGN_IN, email=person.user.email, password=password, stay="y")
        assert answer.status_code == 303, f"{person.user.email} could not sign in: {answer.text}"
        self._token = None  # the new session has a token of its own
        return self

    def get(self, path: str, *, htmx: bool = False, **options: Any) -> TestResponse:
        """Asks for a page; options are those of Flask's test client, such as query_string or headers."""
        return self._seen(self._client.get(path, **_asking(options, htmx)))

    def post(
        self, path: str, /, *, htmx: bool = False, options: dict[str, Any] | None = None, **fields: Any
    ) -> TestResponse:
        """Sends a form. The token is the last one that a page showed; a field that is None is not sent.

        A list sends its field several times; a file is a pair of stream and name.
        """
        data = {name: value for name, value in fields.items() if value is not None}
        data.setdefault("csrf_token", self.token())
        return self._seen(self._client.post(path, data=data, **_asking(options or {}, htmx)))

    def follow(self, answer: TestResponse) -> TestResponse:
        """Goes where a redirect leads."""
        assert answer.location, f"{answer.status_code} leads nowhere: {answer.text}"
        return self.get(answer.location)

    def token(self) -> str:
        """The hidden token of this browser's session: the one a page has shown, else one like it."""
        if self._token is None:
            with self._client.session_transaction() as cookie:
                secret = cookie.setdefault("csrf_token", secrets.token_hex(20))
            self._token = URLSafeTimedSerializer(str(self._app.secret_key), salt="wtf-csrf-token").dumps(secret)
        return str(self._token)

    @property
    def client(self) -> FlaskClient:
        """Flask's own client, for what is below forms and pages: methods, cookies, raw bodies."""
        return self._client

    def _seen(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html" and answer.data:
            markup = _Markup()
            markup.feed(answer.text)
            assert not markup.refused, f"the Content-Security-Policy refuses {markup.refused}"
            self._token = markup.token or self._token
        return answer


def _asking(options: dict[str, Any], htmx: bool) -> dict[str, Any]:
    headers = dict(options.pop("headers", {}))
    if htmx:
        headers["HX-Request"] = "true"
    return {**options, "headers": headers}


def soup(answer: TestResponse) -> BeautifulSoup:
    """The page as a tree, for select() and its kin."""
    return BeautifulSoup(answer.text, "html.parser")


def words(answer: TestResponse, selector: str = "body") -> str:
    """What a person reads in a part of the page, with single spaces."""
    tree = soup(answer)
    found = tree.select(selector) or ([tree] if selector == "body" else [])
    return " ".join(" ".join(part.get_text(" ").split()) for part in found)


class _Markup(HTMLParser):
    """Reads a page once, for its token and for what a strict policy refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.token: str | None = None
        self.refused: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "input" and values.get("name") == "csrf_token":
            self.token = values.get("value")
        if tag == "style" or (tag == "script" and "src" not in values):
            self.refused.append(f"<{tag}>")
        for name, value in attrs:
            inline = name == "style" or name.startswith(("on", "hx-on"))
            leads_somewhere = name not in ("value", "title", "content")  # what was typed may stand in a box again
            is_script = (value or "").lower().lstrip().startswith(("javascript:", "js:"))
            if inline or (leads_somewhere and is_script):
                self.refused.append(f"{name}={value!r} of <{tag}>")
