"""Every page in a real browser: nothing that keeps somebody out, nothing that runs wide, no complaint of the browser.

Pages are read off the routes, so that a new one is looked at without anybody naming it. Each is opened once: in the
light on a wide window, then in the dark on a telephone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import ConsoleMessage, Page
from sqlalchemy import Engine

from crm.core.settings import Settings
from tests.support.journeys import sign_in
from tests.support.people import Business
from tests.support.populated import Populated, Say, populate
from tests.support.serving import Server
from tests.support.walking import Place, open_places, signed_in_places

HEIGHT = 900
WIDE, PHONE, SMALL_PHONE = 1440, 390, 360
RULES = {
    "resultTypes": ["violations"],
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "rules": {"target-size": {"enabled": True}},
}
RUNS_WIDE = """() => {
  const root = document.documentElement
  if (root.scrollWidth <= root.clientWidth) return ""
  const wide = [...document.body.querySelectorAll("*")].filter((part) =>
    part.getBoundingClientRect().right > root.clientWidth + 1)
  return `${root.scrollWidth} instead of ${root.clientWidth} by ` +
    wide.slice(-3).map((part) => `<${part.localName} class="${part.className?.baseVal ?? part.className}">`).join(" ")
}"""


@dataclass
class Walk:
    """One browser's way through the pages, and what it found wrong."""

    page: Page
    server: Server
    found: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.heard.append(str(error)))

    def open(self, place: Place, theme: str, width: int) -> bool:
        """Opens a page; says whether it is one."""
        self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        answer = self.page.goto(self.server.url + place.path)
        assert answer is not None
        if answer.status != 200:
            self.heard.clear()
            self.found.append(f"{place}: answers {answer.status}")
        elif place.path.split("?")[0] not in self.page.url:
            self.found.append(f"{place}: leads to {self.page.url}")
        return answer.status == 200

    def turn(self, theme: str, width: int) -> None:
        """Shows the present page in another theme and width."""
        self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        self.page.set_viewport_size({"width": width, "height": HEIGHT})

    def look(self, place: Place) -> None:
        """Holds the present page against the rules of accessibility."""
        for fault in Axe().run(self.page, options=RULES).response["violations"]:
            for node in fault["nodes"][:3]:
                self.found.append(f"{place}: {fault['id']} at {node['target'][0]}: {node['failureSummary']}")

    def measure(self, place: Place) -> None:
        """Notes where the present page has to be scrolled sideways."""
        wide = self.page.evaluate(RUNS_WIDE)
        if wide:
            self.found.append(f"{place}: {wide}")

    def read(self, place: Place) -> None:
        """Notes what a page lacks that each page has, and what the browser has complained about."""
        headings = self.page.locator("h1:visible").count()
        if headings != 1:
            self.found.append(f"{place}: {headings} main headings")
        if not self.page.title().strip(" ·"):
            self.found.append(f"{place}: no title")
        self.found += [f"{place}: {complaint}" for complaint in self.heard]
        self.heard.clear()

    def inspect(self, place: Place) -> None:
        """All of it for one page."""
        if self.open(place, "light", WIDE):
            self.read(place)
            self.measure(place)
            self.look(place)
            self.turn("dark", SMALL_PHONE)
            self.measure(place)
            self.turn("dark", PHONE)
            self.measure(place)
            self.look(place)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.heard.append(message.text)


@pytest.fixture
def server(start_server: Callable[..., Server], settings: Settings) -> Server:
    """Good Terms with the key that links in letters were signed with."""
    return start_server(SECRET_KEY=settings.secret_key)


@pytest.fixture
def populated(engine: Engine, business: Business, settings: Settings) -> Callable[[Say], Populated]:
    """Fills the business in the words that are asked for."""
    return lambda say: populate(engine, business, settings, say=say)


def _report(walk: Walk) -> None:
    assert not walk.found, "\n".join(walk.found)


def test_every_page_is_open_to_everyone(
    page: Page, server: Server, app: Flask, populated: Callable[[Say], Populated]
) -> None:
    place = populated(str)
    walk = Walk(page, server)
    for each in open_places(app, place):
        walk.inspect(each)
    sign_in(page, server, place.business.owner)
    for each in signed_in_places(app, place):
        walk.inspect(each)
    _report(walk)


def test_no_name_is_too_long(page: Page, server: Server, app: Flask, populated: Callable[[Say], Populated]) -> None:
    place = populated(unbroken)
    walk = Walk(page, server)
    for each in open_places(app, place):
        _measure_throughout(walk, each)
    sign_in(page, server, place.business.owner)
    for each in signed_in_places(app, place):
        _measure_throughout(walk, each)
    _report(walk)


def _measure_throughout(walk: Walk, place: Place) -> None:
    if walk.open(place, "light", WIDE):
        walk.measure(place)
        for width in (PHONE, SMALL_PHONE):
            walk.turn("light", width)
            walk.measure(place)


def unbroken(text: str) -> str:
    """A text of 200 letters without a space that begins with the given one."""
    return text.replace(" ", "").replace("*", "")[:40].ljust(200, "w")


def test_a_page_with_nothing_on_it_says_so(
    page: Page, server: Server, app: Flask, populated: Callable[[Say], Populated], business: Business
) -> None:
    """What somebody sees who has only just begun: every list says what will be here and how to begin."""
    place = populated(str)
    walk = Walk(page, server)
    sign_in(page, server, business.stranger)
    for each in _lists(app, place):
        walk.inspect(each)
        if page.locator(".empty:visible").count() == 0:
            walk.found.append(f"{each}: says nothing")
    _report(walk)


NEVER_EMPTY = {
    "members.index": "you are there",
    "categories.index": "a business begins with some",
    "criteria.index": "a business begins with some",
    "search.index": "asks a question first",
    "audit.index": "your own sign-in is in it",
}


def _lists(app: Flask, place: Populated) -> Iterator[Place]:
    for each in signed_in_places(app, place):
        is_list = each.endpoint.endswith(".index") or each.endpoint in ("today.show", "board.show")
        if is_list and each.endpoint not in NEVER_EMPTY and not any(sign.isdigit() for sign in each.path):
            yield each
