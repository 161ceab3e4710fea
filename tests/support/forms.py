"""Forms as a browser would send them."""

from __future__ import annotations

from typing import Any

from bs4 import Tag
from werkzeug.test import TestResponse

from tests.support.browsing import Browser, soup


def as_shown(page: TestResponse, selector: str = "main form") -> dict[str, Any]:
    """What the first form of a page would send as it stands; boxes that are not ticked send nothing."""
    form = soup(page).select_one(selector)
    assert form is not None, f"no {selector} on the page"
    return values_of(form)


def press(browser: Browser, path: str, words_on_it: str, /, **changes: Any) -> TestResponse:
    """Opens a page, fills the boxes that are named into the form of the button with these words, and presses it.

    Fails where no such button can be pressed, or its form has no such box.
    """
    page = browser.get(path)
    assert page.status_code == 200, f"{path}: {page.status_code}"
    found = [button for button in soup(page).select("main button") if words_on_it in " ".join(button.text.split())]
    assert found, f"no button {words_on_it!r} on {path}"
    button = found[0]
    form = button.find_parent("form")
    assert form is not None, f"{words_on_it!r} belongs to no form"
    for name in changes:
        assert form.select_one(f"[name={name}]") is not None, f"no box {name!r} beside {words_on_it!r}"
    own = {str(button["name"]): str(button.get("value", ""))} if button.has_attr("name") else {}
    address = str(button.get("formaction") or form.get("action") or path)
    return browser.post(address, **{**values_of(form), **own, **changes})


def values_of(form: Tag) -> dict[str, Any]:
    """What a form would send as it stands, by the names of its boxes."""
    sent: dict[str, Any] = {}
    for box in form.select("input[name]"):
        if box.get("type") not in ("radio", "checkbox") or box.has_attr("checked"):
            sent[str(box["name"])] = str(box.get("value", ""))
    for box in form.select("textarea[name]"):
        sent[str(box["name"])] = box.text.removeprefix("\r").removeprefix("\n")
    for box in form.select("select[name]"):
        chosen = box.select_one("option[selected]") or box.select_one("option")
        sent[str(box["name"])] = str(chosen["value"]) if chosen else ""
    return sent
