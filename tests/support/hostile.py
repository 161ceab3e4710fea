"""Whoever types what nobody should: payloads for every box of every form, one after another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from werkzeug.test import TestResponse

from crm.core import text
from tests.support.browsing import Browser
from tests.support.forms import values_of

LISTS = ("xss-JHADDIX_XSS.txt", "xss-RSNAKE_XSS.txt", "xss-XSS_Polyglots.txt", "csv-injection-payloadbox.txt")
HEADERS = (
    "Ferry\r\nBcc: everybody@example.org",
    "Ferry\nX-Injected: yes",
    "Ferry\r\n\r\n<script>alert(1)</script>",
    "Ferry%0d%0aSet-Cookie: a=b",
)
HTMX = (
    '<b hx-post="/vendors" hx-trigger="load">x</b>',
    '<form action="/sign-out" method="post"><button autofocus>x</button></form>',
    "[x](javascript:alert(1))",
    "![x](https://elsewhere.example/x.png)",
)
ATTEMPTS = 6
LONG = 3_000
"""So many characters of payloads one below the other go into a large box."""
FREE = ("text", "search", None)
TYPED = (*FREE, "email", "url", "tel")


def payloads(folder: Path) -> list[str]:
    """All of them, each once."""
    naughty: list[str] = json.loads((folder / "blns.json").read_text("utf-8"))
    lines = [line for name in LISTS for line in (folder / name).read_text("utf-8").splitlines()]
    return list(dict.fromkeys(each for each in (*lines, *HTMX, *HEADERS, *naughty) if each.strip()))


@dataclass
class Typist:
    """Somebody who fills each form that a page shows, and what went wrong."""

    browser: Browser
    payloads: list[str]
    typed: set[str] = field(default_factory=set)
    boxes: set[tuple[str, str]] = field(default_factory=set)
    """Where something was typed: the form's address without its numbers, and the box."""
    kept: set[tuple[str, str]] = field(default_factory=set)
    """Where that was accepted."""
    faults: list[str] = field(default_factory=list)
    _seen: set[tuple[str, ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._next: Iterator[str] = cycle(self.payloads)

    def fill_in(self, path: str) -> None:
        """Each new form of a page: once with all its boxes, once with those that take any words."""
        page = self.browser.get(path)
        if page.mimetype != "text/html":
            return
        for form in BeautifulSoup(page.text, "html.parser").select("form[method=post]"):
            boxes = [box for box in form.select("input[name], textarea[name]") if _is_typed(box)]
            address = str(form.get("action") or path)
            place = re.sub(r"\d+", "#", address.split("?", maxsplit=1)[0])
            mark = (place, *sorted(str(box["name"]) for box in boxes))
            if not boxes or mark in self._seen:
                continue
            self._seen.add(mark)
            self._twice(form, address, place, boxes)

    def _twice(self, form: Tag, address: str, place: str, boxes: list[Tag]) -> None:
        self._send(form, address, place, boxes)
        free = [box for box in boxes if box.name == "textarea" or box.get("type") in FREE]
        mended: dict[str, str] = {}
        for _attempt in range(ATTEMPTS):
            answer = self._send(form, address, place, free, mended)
            if answer.status_code != 422:
                return
            tree = BeautifulSoup(answer.text, "html.parser")
            refused = {str(box["name"]) for box in tree.select("[aria-invalid=true][name]")}
            free = [box for box in free if str(box["name"]) not in refused]
            mended |= {name: _sensible(name) for name in refused}
            mended |= {str(button["name"]): str(button.get("value", "")) for button in tree.select("form .btn[name]")}

    def _send(
        self, form: Tag, address: str, place: str, boxes: list[Tag], mended: dict[str, str] | None = None
    ) -> TestResponse:
        words = {str(box["name"]): self._words_for(box) for box in boxes}
        fields = {**_plausible(form), **(mended or {}), **words}
        fields.pop("csrf_token", None)
        answer = self.browser.post(address, **fields)
        self.boxes |= {(place, name) for name in words}
        if answer.status_code in (200, 303):
            self.kept |= {(place, name) for name in words}
        elif answer.status_code == 422:
            self._is_kept(answer, place, words)
        elif answer.status_code not in (404, 409):
            self.faults.append(f"{place} answers {answer.status_code} to {words}")
        return answer

    def _is_kept(self, answer: TestResponse, place: str, words: dict[str, str]) -> None:
        """What is refused stands in its box again."""
        tree = BeautifulSoup(answer.text, "html.parser")
        for name, value in words.items():
            boxes = tree.select(f'input[name="{name}"], textarea[name="{name}"]')
            shown = [box.text if box.name == "textarea" else str(box.get("value", "")) for box in boxes]
            if text.clean_line(value) and shown and not any(each.strip() for each in shown):
                self.faults.append(f"{place} loses what was typed into {name}: {value!r}")

    def _words_for(self, box: Tag) -> str:
        most = int(str(box.get("maxlength") or 0)) or LONG
        if box.name == "textarea":
            return self._many(min(most, LONG))
        for _ in self.payloads:
            payload = next(self._next)
            if len(payload) <= most:
                self.typed.add(payload)
                return payload
        raise AssertionError(f"nothing fits into {box}")

    def _many(self, most: int) -> str:
        lines: list[str] = []
        while True:
            payload = next(self._next)
            if sum(len(line) + 2 for line in lines) + len(payload) > most:
                return "\n\n".join(lines) or payload[:most]
            self.typed.add(payload)
            lines.append(payload)


def _is_typed(box: Tag) -> bool:
    if box.has_attr("readonly") or box.has_attr("disabled"):
        return False
    return box.name == "textarea" or box.get("type") in TYPED


def _sensible(name: str) -> str:
    """Something that a box of this name takes."""
    return next((value for pattern, value in _SENSIBLE.items() if re.search(pattern, name)), "12")


_SENSIBLE = {
    "url|website": "https://example.org/walk",
    "email|recipient|address": "walk@example.org",
    "phone": "+44 113 496 0000",
    "sure": "y",
    "_by$|_on$|until|day": "2027-06-01",
    "hours": "9-17",
    "host": "smtp.example.org",
    "name|title|what|criterion|tags": "Ferry",
}
_DEFAULTS = {
    "number": "3",
    "date": "2027-06-01",
    "email": "walk@example.org",
    "url": "https://example.org/x",
    "time": "09:00",
}


def _plausible(form: Tag) -> dict[str, Any]:
    """What a form would send as it stands, with something in each box that is empty and wants more than words."""
    sent = values_of(form)
    for box in form.select("input[name]"):
        name, kind = str(box["name"]), str(box.get("type"))
        if not sent.get(name) and kind in _DEFAULTS:
            sent[name] = _DEFAULTS[kind]
        if kind == "radio" and name not in sent:
            sent[name] = str(box.get("value", ""))
    for box in form.select("select[name]"):
        options = [str(option["value"]) for option in box.select("option[value]") if option["value"]]
        if not sent.get(str(box["name"])) and options and box.has_attr("required"):
            sent[str(box["name"])] = options[0]
    return sent
