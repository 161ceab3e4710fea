"""Whoever means harm writes into every box, by page, by program and by file. Then everything that shows it is opened in
a real browser with the strict policy: nothing runs, nothing asks, nothing is there that was not meant."""

from __future__ import annotations

import csv
import email.policy
import io
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import icalendar
from bs4 import BeautifulSoup
from flask import Flask
from playwright.sync_api import Page, Route
from sqlalchemy import Engine, select

from crm.core import clock
from crm.core.settings import Settings
from crm.core.unit_of_work import installation_work
from crm.domain import digests
from crm.jobs import timetable
from crm.jobs.bulk import BulkWorker
from crm.models.outbox import OutboxMessage
from tests.support.browsing import Browser
from tests.support.forms import values_of
from tests.support.hostile import Typist, payloads
from tests.support.journeys import sign_in
from tests.support.people import Business
from tests.support.populated import Populated, populate
from tests.support.programs import Program, token_for
from tests.support.serving import Server
from tests.support.shared_data import shared_folder
from tests.support.walking import Place, open_places, signed_in_places

BOXES, KEPT, STRINGS = 200, 90, 60
"""At least so many boxes were typed into, so many of them took it, and so many texts went in by program."""
POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:"}
"""For letters: a mail program shows their own styles, and nothing of theirs may run."""
LISTEN = """() => {
  window.__refused = []
  document.addEventListener("securitypolicyviolation", (event) =>
    window.__refused.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`))
}"""
STRANGE = """({ styled }) => {
  const bodies = ["iframe", "frame", "object", "embed", "applet", "base", "marquee", "plaintext", "isindex", "math",
    "audio", "video", "bgsound", "layer", "keygen"]
  const leads = ["href", "src", "action", "formaction", "xlink:href", "data", "background", "poster"]
  const found = []
  for (const part of document.querySelectorAll("*")) {
    const name = part.localName
    if (bodies.includes(name)) found.push(`<${name}>`)
    if (name === "script" && (!part.src || new URL(part.src).origin !== location.origin)) found.push("<script>")
    if (name === "style" && !styled) found.push("<style>")
    if (name === "img" && !/^(data:|\\/)/.test(part.getAttribute("src") ?? "/")) found.push(`<img ${part.src}>`)
    for (const { name: called, value } of part.attributes) {
      if (/^(on|hx-on|srcdoc)/i.test(called)) found.push(`${called} of <${name}>`)
      if (called === "style" && !styled) found.push(`style of <${name}>`)
      if (leads.includes(called) && /^[\\s\\u0000-\\u0020]*(javascript|vbscript|data:text)/i.test(value))
        found.push(`${called}=${value}`)
    }
  }
  return found
}"""
VENDORS = 300
"""So many of the rows that were sent at least are vendors: some names are the same, some are none."""
CARD_LINE = re.compile(r"^( .*|[A-Z]+(;[^:]*)?:.*)$")
FORMULA = re.compile(r"^[=+\-@\t\r\0]")
DAY = timedelta(days=1)
IMPORTED = (
    "Name",
    "What they do",
    "Person",
    "Role",
    "E-mail",
    "Phone",
    "Website",
    "Tags",
    "Notes",
    "Location",
    "Source",
)


def test_nothing_that_is_typed_ever_acts(
    page: Page, start_server: Callable[..., Server], app: Flask, engine: Engine, business: Business,
    settings: Settings, client: Browser,
) -> None:  # fmt: skip
    hostile = payloads(shared_folder() / "hostile")
    place = populate(engine, business, settings)
    typist = Typist(client, hostile)
    for each in signed_in_places(app, place):
        typist.fill_in(each.path)
    by_program = _by_program(Program(app, token_for(engine, business.owner)), place, hostile)
    _by_file(client, hostile)
    _morning(engine, settings, business)
    assert not typist.faults, "\n".join(typist.faults)
    assert typist.typed == set(hostile)
    assert (len(typist.boxes) >= BOXES, len(typist.kept) >= KEPT) == (True, True), (len(typist.boxes), len(typist.kept))
    assert by_program >= STRINGS

    reader = _Reader(page, start_server(SECRET_KEY=settings.secret_key))
    reader.open_all(open_places(app, place))
    sign_in(page, reader.server, business.owner)
    reader.open_all(signed_in_places(app, place))
    reader.open_all(Place("vendors.index", f"/vendors?page={number}&per=200") for number in (1, 2, 3))
    reader.open_all(Place("search.index", f"/search?q={word}") for word in ("alert", "script", "xss"))
    for letter in _letters(engine):
        reader.open_letter(letter)
    assert not reader.found, "\n".join(reader.found)
    assert reader.opened > 150
    assert _faults_of_files(app, BulkWorker(engine, settings), client) == []
    assert _faults_of_feed(client, place) == []


# Typing


def _by_program(program: Program, place: Populated, hostile: list[str]) -> int:
    """Each text that a program may change takes some of them. How many texts took one."""
    described = program.get("/openapi.json").get_json()
    following = iter(hostile * 10)
    taken = 0
    for path, operations in described["paths"].items():
        if "patch" not in operations:
            continue
        names = re.findall(r"{(\w+)}", path)
        if any(name not in place.ids for name in names):
            continue
        body = operations["patch"]["requestBody"]["content"]
        asked = _resolved(next(iter(body.values()))["schema"], described)
        address = path.format(**place.ids)
        for name, kind in asked["properties"].items():
            if not _is_text(_resolved(kind, described)):
                continue
            for _attempt in range(3):
                answer = program.patch(address, {name: next(following)})
                assert answer.status_code in (200, 204, 404, 409, 422), f"{address} {name}: {answer.text}"
                taken += answer.status_code in (200, 204)
    return taken


def _resolved(schema: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        found: Any = described
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        schema = found
    return schema


def _is_text(kind: dict[str, Any]) -> bool:
    kinds = kind.get("type", [])
    is_text = "string" in (kinds if isinstance(kinds, list) else [kinds])
    return is_text and "enum" not in kind and kind.get("format") not in ("date", "date-time")


def _by_file(browser: Browser, hostile: list[str]) -> None:
    """A file in which each cell is one of them comes in as it is."""
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(IMPORTED)
    for number in range(len(hostile)):
        rows.writerow([hostile[(number + column * 97) % len(hostile)] for column in range(len(IMPORTED))])
    sent = browser.post("/imports", file=(io.BytesIO(written.getvalue().encode()), "hostile.csv"))
    for form in (".with-aside", ".twins"):
        step = browser.follow(sent)
        sent = _sent(browser, step, f"form{form}")
    assert browser.follow(sent).status_code == 200


def _sent(browser: Browser, shown: Any, selector: str) -> Any:
    form = BeautifulSoup(shown.text, "html.parser").select_one(selector)
    assert form is not None, f"no {selector} on {shown.request.path}: {shown.status_code}"
    chosen = {box["name"]: box["value"] for box in form.select("input[checked], input[type=hidden]")}
    fields = {**values_of(form), **chosen}
    fields.pop("csrf_token", None)
    return browser.post(str(form["action"]), **fields)


def _morning(engine: Engine, settings: Settings, business: Business) -> None:
    """The letters of the next days are written, and what the clock does is done."""
    timetable.plan_digests(engine, settings)
    for days in range(1, 5):
        with installation_work(engine) as session:
            digests.plan(session, business.owner.id, settings=settings, now=clock.now().replace(hour=23) + days * DAY)


# Looking


class _Reader:
    """One browser's way through everything that shows what was typed."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page, self.server = page, server
        self.found: list[str] = []
        self.opened = 0
        page.add_init_script(f"({LISTEN})()")
        page.on("dialog", self._dismiss)

    def open_all(self, places: Iterable[Place]) -> None:
        """Opens pages; those that are gone by what was typed are passed over."""
        for place in places:
            answer = self.page.goto(self.server.url + place.path)
            assert answer is not None
            if answer.status >= 500:
                self.found.append(f"{place}: answers {answer.status}")
            self.opened += answer.status == 200
            self._look(str(place), styled=False)

    def open_letter(self, letter: EmailMessage) -> None:
        """Opens what a mail program would show, and reads the head of the letter."""
        name = str(letter["Subject"])[:60]
        injected = {"bcc", "x-injected"} & {header.lower() for header in letter}
        if injected:
            self.found.append(f"{name}: {injected}")
        shown = letter.get_body(("html",))
        if shown is None:
            return
        self.page.route("**/letter", lambda route: _give(route, shown.get_content()))
        self.page.goto(self.server.url + "/letter")
        self._look(f"letter {name}", styled=True)
        self.page.unroute("**/letter")
        self.opened += 1

    def _look(self, where: str, *, styled: bool) -> None:
        self.found += [f"{where}: {part}" for part in self.page.evaluate(STRANGE, {"styled": styled})]
        self.found += [f"{where}: refused {what}" for what in self.page.evaluate("() => window.__refused")]

    def _dismiss(self, dialog: Any) -> None:
        self.found.append(f"{self.page.url}: asks {dialog.message!r}")
        dialog.dismiss()


def _give(route: Route, body: str) -> None:
    route.fulfill(body=body, headers=POLICY, content_type="text/html; charset=utf-8")


def _letters(engine: Engine) -> Iterator[EmailMessage]:
    with installation_work(engine) as session:
        contents = list(session.scalars(select(OutboxMessage.content).order_by(OutboxMessage.id)))
    assert contents
    for content in contents:
        yield BytesParser(EmailMessage, policy=email.policy.SMTP).parsebytes(content)


# Files


def _faults_of_files(app: Flask, worker: BulkWorker, browser: Browser) -> list[str]:
    """Cells of tables that a spreadsheet would take for a formula, and lines of cards that belong to no card."""
    tables = [rule.rule for rule in app.url_map.iter_rules() if rule.rule.endswith(".csv") and not rule.arguments]
    found = [fault for path in tables for fault in _formulas(path, _file(browser, path))]
    found += _formulas("all vendors", _file(browser, _list_as_file(worker, browser, "everything")))
    cards = _file(browser, _list_as_file(worker, browser, "vcard")).splitlines()
    assert cards.count("BEGIN:VCARD") >= VENDORS
    return found + [f"a card holds {line[:80]!r}" for line in cards if not CARD_LINE.match(line)]


def _formulas(name: str, table: str) -> list[str]:
    rows = list(csv.reader(io.StringIO(table)))
    return [f"{name}: {cell[:80]!r}" for row in rows for cell in row if FORMULA.match(cell)]


def _file(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return answer.data.decode("utf-8-sig")


def _list_as_file(worker: BulkWorker, browser: Browser, kind: str) -> str:
    """The address of a file with all vendors."""
    answer = browser.post("/bulk-acts", act="export", scope="all", address="", file=kind)
    assert answer.status_code == 303, answer.text
    worker.work_once()
    return f"{answer.location}/file"


def _faults_of_feed(browser: Browser, place: Populated) -> list[str]:
    """The calendar can be read, and has no other parts than its own."""
    answer = browser.get(f"/calendar/{place.tokens['calendars.feed']}.ics")
    assert answer.status_code == 200
    calendar = icalendar.Calendar.from_ical(answer.data)
    parts = {part.name for part in calendar.walk()}
    strange = parts - {"VCALENDAR", "VEVENT", "VTIMEZONE", "STANDARD", "DAYLIGHT", "VALARM"}
    return sorted(strange)
