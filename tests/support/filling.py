"""The forms of a page, and ways to fill them in: as they stand, with nothing, with nonsense, as somebody too late."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag

TOO_LONG = "ж" * 2_100
NONSENSE = {
    "email": "ж@",
    "date": "жж день",
    "number": "-1",
    "url": "javascript:",
    "select": "ничто",
    "choice": "ничто",
    "hidden": None,
}
"""What no box takes, by its kind; other boxes get far too much. In letters that no page of ours is written in: what was
typed is shown again, and is not ours to translate."""


@dataclass(frozen=True)
class Filled:
    """A form to be sent: where to, the boxes with their kinds, and what stands in them."""

    action: str
    kinds: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, str], ...]
    button: str = ""
    how: str = "as it stands"

    @property
    def key(self) -> tuple[object, ...]:
        """What this form has in common with its like on other rows and pages: to send one of them is enough."""
        button = self.button if self.how == "as it stands" else ""
        return (re.sub(r"\d+", "#", self.action), self.kinds, self.how, button)

    @property
    def fields(self) -> dict[str, list[str]]:
        """The values by their names, as a test client sends them."""
        found: dict[str, list[str]] = {}
        for name, value in self.values:
            found.setdefault(name, []).append(value)
        return found

    def __str__(self) -> str:
        return f"POST {self.action} {self.how}"

    @property
    def emptied(self) -> Filled:
        """The form with nothing typed or chosen."""
        kept = tuple((name, value) for name, value in self.values if self._kind(name) == "hidden")
        emptied = tuple((name, "") for name, kind in self.kinds if kind not in ("hidden", "choice", "file"))
        return replace(self, values=kept + emptied, how="with nothing")

    @property
    def muddled(self) -> Filled:
        """The form with what no box takes."""
        kept = tuple((name, value) for name, value in self.values if self._kind(name) == "hidden")
        muddled = tuple(
            (name, NONSENSE.get(kind) or TOO_LONG) for name, kind in self.kinds if kind not in ("hidden", "file")
        )
        return replace(self, values=kept + muddled, how="with nonsense")

    @property
    def outdated(self) -> Filled | None:
        """The form as somebody sends it who opened it before others saved; None where that does not matter."""
        if "version" not in dict(self.values):
            return None
        values = tuple((name, "0" if name == "version" else value) for name, value in self.values)
        return replace(self, values=values, how="too late")

    def _kind(self, name: str) -> str:
        return dict(self.kinds).get(name, "")


def forms_of(html: str, path: str) -> Iterator[Filled]:
    """All forms of a page that are sent by POST; one for each button that has a value of its own."""
    page = BeautifulSoup(html, "html.parser")
    for form in page.select("form[method=post]"):
        boxes = [box for box in page.select("input[name], select[name], textarea[name]") if _belongs(box, form)]
        kinds = tuple(dict.fromkeys((str(box["name"]), _kind_of(box)) for box in boxes if box["name"] != "csrf_token"))
        values = tuple(pair for box in boxes if box["name"] != "csrf_token" for pair in _values_of(box))
        buttons: list[Tag | None] = [button for button in page.select("button") if _belongs(button, form)]
        for button in buttons or [None]:
            action = str((button and button.get("formaction")) or form.get("action") or path)
            pressed = ((str(button["name"]), str(button.get("value", ""))),) if button and button.get("name") else ()
            yield Filled(urljoin(path, action).split("#")[0], kinds, values + pressed, button=str(pressed))


def _belongs(box: Tag, form: Tag) -> bool:
    if box.get("type") == "button":
        return False
    return box.get("form") == form.get("id") if box.get("form") else box.find_parent("form") is form


def _kind_of(box: Tag) -> str:
    if box.name != "input":
        return str(box.name)
    kind = str(box.get("type", "text"))
    return "choice" if kind in ("radio", "checkbox") else kind


def _values_of(box: Tag) -> Iterator[tuple[str, str]]:
    name = str(box["name"])
    if box.name == "textarea":
        yield name, box.get_text()
    elif box.name == "select":
        options = box.select("option")
        chosen = [option for option in options if option.has_attr("selected")] or options[:1]
        yield from ((name, str(option.get("value", ""))) for option in chosen)
    elif _kind_of(box) == "choice":
        if box.has_attr("checked"):
            yield name, str(box.get("value", "on"))
    elif _kind_of(box) != "file":
        yield name, str(box.get("value", ""))
