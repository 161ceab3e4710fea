"""The demo business, as somebody finds it who only wants to look around.

With SCREENSHOTS=1 in the environment its Today becomes the picture in the README.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.faketime import FakeTime
from tests.support.serving import ROOT, Server, flask

pytestmark = pytest.mark.bare

PICTURE = ROOT / "docs" / "screenshot.png"


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A desk with a wide screen, and light."""
    return {**browser_context_args, "viewport": {"width": 1440, "height": 1040}, "color_scheme": "light"}


def test_the_demo_business_has_something_to_do_today(
    page: Page, start_server: Callable[..., Server], fake_time: FakeTime
) -> None:
    fake_time.set(datetime(2026, 11, 2, 8, 20, tzinfo=UTC))
    server = start_server(**fake_time.env, SCHEDULER="off")
    said = flask("demo", env=server.env).stdout
    [email], [password] = re.findall(r"Sign in as (\S+)\.", said), re.findall(r"password is (\S+)", said)

    page.goto(server.url)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Good morning, Sam.")).to_be_visible()
    waiting = page.get_by_role("region", name="Keep in touch").get_by_role("listitem")
    expect(waiting.filter(has_text="Saltmarsh Films")).to_contain_text("Marram Dental")

    if os.environ.get("SCREENSHOTS") == "1":
        page.evaluate("document.activeElement.blur()")
        page.screenshot(path=PICTURE)
