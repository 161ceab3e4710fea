"""The command palette in a real browser, by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from crm.core.tenancy import WorkspaceSession
from crm.domain import notes
from crm.models.enums import Visibility
from tests.support.journeys import late_vendor, sign_in
from tests.support.people import Business
from tests.support.serving import Server

Inside = Callable[[Business], AbstractContextManager[WorkspaceSession]]


@pytest.fixture
def vendor_id(business: Business, inside: Inside) -> int:
    """A vendor with a note."""
    with inside(business) as session:
        vendor = late_vendor(session, business.owner)
        notes.write(vendor, by=business.owner, body="The video studio we could not afford")
        notes.write(vendor, by=business.owner, body="An unaffordable secret", visibility=Visibility.AUTHOR)
        return vendor.id


def test_a_few_letters_lead_anywhere(page: Page, live_server: Server, business: Business, vendor_id: int) -> None:
    sign_in(page, live_server, business.owner, then="/board")
    before = page.locator(f"#card-{vendor_id} .card-name")
    before.focus()
    palette = page.get_by_role("dialog", name="Go to a vendor, a page or something to do")
    box = page.get_by_role("combobox", name="A vendor, a page, something to do")

    page.keyboard.press("Control+k")
    expect(box).to_be_focused()
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    expect(before).to_be_focused()

    page.keyboard.press("Control+k")
    page.keyboard.type("nortlight")  # a letter is missing
    first = page.get_by_role("option", name="Northlight Studio")
    expect(first).to_have_attribute("aria-selected", "true")
    expect(first.locator("mark")).to_have_text("Northlight")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/vendors/{vendor_id}")
    page.wait_for_load_state()  # scripts listen then

    page.keyboard.press("Control+k")
    expect(page.get_by_role("option", name="Park Northlight Studio")).to_be_visible()
    page.keyboard.type("set")
    expect(page.get_by_role("option", name="Settings", exact=True)).to_be_visible()
    chosen = page.locator("[role=option][aria-selected=true]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(chosen).to_have_text("Settings")
    expect(box).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/settings")
    page.wait_for_load_state()

    page.keyboard.press("Control+k")
    page.keyboard.type("park north")
    expect(page.get_by_role("option", name="Park Northlight Studio")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/vendors/{vendor_id}/parking/new")


def test_the_button_opens_it_and_enter_does_not_wait_for_the_list(
    page: Page, live_server: Server, business: Business, vendor_id: int
) -> None:
    sign_in(page, live_server, business.owner, then="/today")
    page.get_by_role("button", name="Go anywhere").click()
    page.keyboard.type("board")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/board")


def test_on_a_telephone_it_takes_the_width(page: Page, live_server: Server, business: Business, vendor_id: int) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    sign_in(page, live_server, business.owner, then="/board")
    page.get_by_role("link", name="Search").click()
    expect(page.locator("#palette input")).to_be_focused()
    page.keyboard.type("north")
    expect(page.get_by_role("option", name="Northlight Studio").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_keys_that_are_switched_off_stay_with_the_browser(
    page: Page, live_server: Server, business: Business, vendor_id: int
) -> None:
    sign_in(page, live_server, business.owner, then="/settings")
    page.locator("[name=shortcuts]").uncheck()
    page.locator("form", has=page.locator("[name=shortcuts]")).get_by_role("button").first.click()
    page.wait_for_url(f"{live_server.url}/settings*")
    page.wait_for_load_state()
    page.keyboard.press("Control+k")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.get_by_role("button", name="Go anywhere").click()
    expect(page.locator("#palette input")).to_be_focused()
