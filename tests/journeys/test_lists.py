"""The list of vendors with the keys alone, and without script: filter, save, share, tag 500 at once, undo."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from crm.models.vendors import Vendor, VendorTag
from tests.support.journeys import sign_in

pytestmark = pytest.mark.journey

MANY = 500


@pytest.fixture
def many(business, inside) -> None:
    """500 printers and ten others."""
    day = date(2026, 1, 5)
    with inside(business) as session:
        for number in range(MANY + 10):
            what = "Print" if number < MANY else "Films"
            name = f"Vendor {number:03}"
            session.add(
                Vendor(
                    name=name,
                    normal_name=name.lower(),
                    what_they_do=what,
                    location="Leeds" if number < MANY else "York",
                    stage_since=day,
                    cadence_began_on=day,
                )
            )


def tagged(inside, business) -> int:
    with inside(business) as session:
        return session.scalar(select(func.count()).select_from(VendorTag)) or 0


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_with_the_keys_alone(page: Page, live_server, business, inside, many):
    sign_in(page, live_server, business.member, then="/vendors")

    # Add a filter
    page.locator("summary", has_text="Add a filter").focus()
    press(page, "Enter")
    page.get_by_role("link", name="Location", exact=True).focus()
    press(page, "Enter")
    expect(page.get_by_role("textbox", name="Location")).to_be_focused()
    page.keyboard.type("leeds")
    press(page, "Enter")
    expect(page.get_by_text("1 to 50 of 500")).to_be_visible()

    # Save it and share it
    page.get_by_role("link", name="Save this filter").focus()
    press(page, "Enter")
    expect(page.get_by_role("dialog").get_by_label("Name")).to_be_focused()
    page.keyboard.type("Printers of Leeds")
    press(page, "Tab", "Space")
    expect(page.get_by_label("Share it with the team")).to_be_checked()
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Printers of Leeds")

    # Tick a few with Shift and the arrows, then all that match
    boxes = page.locator("[data-tick]")
    boxes.first.focus()
    press(page, "Space", "Shift+ArrowDown", "Shift+ArrowDown")
    expect(page.locator("[data-tick]:checked")).to_have_count(3)
    expect(page.locator("[data-tick-count]")).to_have_text("3")
    page.get_by_label("or with all 500 that match").focus()
    press(page, "Space")
    page.get_by_role("button", name="Tag", exact=True).focus()
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tag 500 vendors")
    expect(page.get_by_role("combobox", name="Tags")).to_be_focused()
    page.keyboard.type("spring")
    press(page, "Enter")

    # Watch it, and take it back
    expect(page.get_by_role("button", name="Undo")).to_be_visible(timeout=30_000)
    assert tagged(inside, business) == MANY
    page.get_by_role("button", name="Undo").focus()
    press(page, "Enter")
    expect(page.locator("li", has_text="Taken back").locator("b")).to_have_text("500", timeout=30_000)
    assert tagged(inside, business) == 0


def test_without_script_a_colleague_uses_what_is_shared(browser: Browser, live_server, business, inside, many):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server, business.admin, then="/vendors?location=leeds")
    page.get_by_role("link", name="Save this filter").click()
    page.get_by_label("Name").fill("Leeds")
    page.get_by_label("Share it with the team").check()
    page.get_by_role("button", name="Save").click()
    page.locator("[data-tick]").nth(0).check()
    page.locator("[data-tick]").nth(1).check()
    page.get_by_role("button", name="Tier", exact=True).click()
    page.get_by_role("radio", name="A", exact=True).check()
    page.get_by_role("button", name="Set the tier").click()
    expect(page.get_by_text("2 vendors changed.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back for 2 vendors.")).to_be_visible()
    context.close()
