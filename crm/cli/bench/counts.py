"""What does not drift with the machine: queries, bytes and elements of pages, counted inside this process."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from crm.cli.bench.seed import OWNER, PASSWORD
from crm.web.installation import installation

_TRANSACTIONS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SELECT PG_ADVISORY")
_TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')
_PACKED = {"Accept-Encoding": "gzip"}


class NotAsExpected(Exception):
    """The product did not answer as it should; there is nothing to measure."""


@dataclass(frozen=True, slots=True)
class Count:
    """One page: its queries, its bytes plain and as they go to a browser that takes gzip, its elements."""

    queries: int
    plain: int
    packed: int
    nodes: int


@dataclass(frozen=True, slots=True)
class FirstLoad:
    """All that a browser with an empty cache fetches for a page, compressed where that is offered."""

    requests: int
    packed: int


class Reader:
    """Somebody who is signed in, inside this process."""

    def __init__(self, app: Flask, email: str = OWNER, password: str = PASSWORD) -> None:
        self._engine = installation(app).engine
        self.client: FlaskClient = app.test_client()
        form = self.client.get("/sign-in").text
        answer = self.client.post("/sign-in", data={"email": email, "password": password, "csrf_token": token(form)})
        if answer.status_code != 303:
            raise NotAsExpected(f"the sign-in answered {answer.status_code}")

    def count(self, path: str) -> Count:
        """Look at a page, after it has been looked at once."""
        self._get(path)
        with statements(self._engine) as asked:
            page = self._get(path)
        return Count(
            queries=len(asked),
            plain=len(page),
            packed=len(self._get(path, packed=True)),
            nodes=nodes(page.decode()),
        )

    def queries(self, path: str) -> list[str]:
        """The statements of a page that has been looked at before."""
        self._get(path)
        with statements(self._engine) as asked:
            self._get(path)
        return asked

    def first_load(self, path: str) -> FirstLoad:
        """Fetch a page and all that it names, as a browser does that has never been here."""
        sizes = [len(self._get(path, packed=True))]
        sizes += [len(self._get(named, packed=True)) for named in assets(self._get(path).decode())]
        return FirstLoad(len(sizes), sum(sizes))

    def _get(self, path: str, *, packed: bool = False) -> bytes:
        answer = self.client.get(path, headers=_PACKED if packed else {})
        if answer.status_code != 200:
            raise NotAsExpected(f"{path} answered {answer.status_code}")
        body: bytes = answer.data
        return body


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Collects what an engine is asked; transactions do not count."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.upper().startswith(_TRANSACTIONS):
            asked.append(" ".join(statement.split()))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def token(page: str) -> str:
    """The hidden token of a page with a form."""
    found = _TOKEN.search(page)
    if found is None:
        raise NotAsExpected("a page with a form has no token")
    return found[1]


def nodes(page: str) -> int:
    """The elements of a page."""
    counter = _Elements()
    counter.feed(page)
    return counter.count


def assets(page: str) -> list[str]:
    """What a page has its browser fetch from here: styles, scripts, and the drawing that its icons are parts of."""
    counter = _Elements()
    counter.feed(page)
    return list(dict.fromkeys(counter.assets))


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self._inert = 0  # what stands in a template is in no document
        self.assets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count += not self._inert
        self._inert += tag == "template"
        values = dict(attrs)
        wanted = {"script": "src", "link": "href", "use": "href", "img": "src"}.get(tag)
        address = values.get(wanted or "") or ""
        if address.startswith("/"):
            self.assets.append(address.partition("#")[0])

    def handle_endtag(self, tag: str) -> None:
        self._inert -= tag == "template"
