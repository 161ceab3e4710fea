"""The list of vendors without script: filter, save, share, act on several, undo."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Browser, expect

from crm.models.vendors import Vendor
from tests.support.journeys import sign_in

pytestmark = pytest.mark.journey


@pytest.fixture
def several(business, inside) -> None:
    """Three printers of Leeds and one of York."""
    day = date(2026, 1, 5)
    with inside(business) as session:
        for number, place in enumerate(("Leeds", "Leeds", "Leeds", "York")):
            name = f"Vendor {number}"
            days = {"stage_since": day, "cadence_began_on": day}
            session.add(Vendor(name=name, normal_name=name.lower(), location=place, **days))


def test_without_script_a_colleague_uses_what_is_shared(browser: Browser, live_server, business, several):
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
