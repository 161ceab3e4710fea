"""Forms as a browser would send them."""

from __future__ import annotations

from werkzeug.test import TestResponse

from tests.support.browsing import soup


def as_shown(page: TestResponse, selector: str = "main form") -> dict[str, str]:
    """What the first form of a page would send as it stands; boxes that are not ticked send nothing."""
    form = soup(page).select_one(selector)
    assert form is not None, f"no {selector} on the page"
    sent: dict[str, str] = {}
    for box in form.select("input[name]"):
        if box.get("type") not in ("radio", "checkbox") or box.has_attr("checked"):
            sent[str(box["name"])] = str(box.get("value", ""))
    for box in form.select("textarea[name]"):
        sent[str(box["name"])] = box.text.removeprefix("\r").removeprefix("\n")
    for box in form.select("select[name]"):
        chosen = box.select_one("option[selected]") or box.select_one("option")
        sent[str(box["name"])] = str(chosen["value"]) if chosen else ""
    return sent
