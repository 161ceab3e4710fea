"""What is being written stays on the device until the server has it, and comes back just as it was."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from crm.core.tenancy import WorkspaceSession
from tests.support.journeys import late_vendor, sign_in
from tests.support.people import Business
from tests.support.serving import Server

Inside = Callable[[Business], AbstractContextManager[WorkspaceSession]]

KEPT = "Object.keys(localStorage).filter(key => key.startsWith('draft:')).length"


@pytest.fixture
def vendor_id(business: Business, inside: Inside) -> int:
    """A vendor to write about."""
    with inside(business) as session:
        return late_vendor(session, business.owner).id


@pytest.fixture
def vendor(page: Page, live_server: Server, business: Business, vendor_id: int) -> Page:
    """The vendor's page."""
    return sign_in(page, live_server, business.owner, then=f"/vendors/{vendor_id}")


def send_in_vain(page: Page, context: BrowserContext, button: str) -> None:
    """Presses a button while the network is away, and comes back to the page later."""
    address = page.url
    context.set_offline(True)
    page.get_by_role("button", name=button).click()
    page.wait_for_url("chrome-error://**")
    context.set_offline(False)
    page.goto(address)


def test_a_draft_for_oneself_comes_back_for_oneself(vendor: Page) -> None:
    vendor.locator("label", has_text="Meeting").first.click()
    vendor.locator("#said").fill("Between us: they are short of money")
    vendor.get_by_label("Only for me").check()
    vendor.locator("#when").select_option(index=1)
    chosen = vendor.locator("#when").input_value()
    vendor.reload()
    expect(vendor.locator("#said")).to_have_value("Between us: they are short of money")
    expect(vendor.get_by_label("Only for me")).to_be_checked()
    expect(vendor.locator("input[name=kind][value=meeting]")).to_be_checked()
    expect(vendor.locator("#when")).to_have_value(chosen)


def test_what_was_lost_on_its_way_comes_back(vendor: Page, context: BrowserContext) -> None:
    vendor.locator("#said").fill("Spoke of the ferry film")
    send_in_vain(vendor, context, "Log it")
    expect(vendor.locator("#said")).to_have_value("Spoke of the ferry film")

    vendor.goto(vendor.url.replace("/vendors/", "/today?from="))  # another page says nothing of it: it stays
    vendor.go_back()
    expect(vendor.locator("#said")).to_have_value("Spoke of the ferry film")

    vendor.get_by_role("button", name="Log it").click()
    expect(vendor.locator("body > .toasts .toast")).to_contain_text("logged")
    expect(vendor.locator("#said")).to_have_value("")
    assert vendor.evaluate(KEPT) == 0


def test_a_vendor_that_could_not_be_saved_comes_back(
    page: Page, context: BrowserContext, live_server: Server, business: Business
) -> None:
    sign_in(page, live_server, business.owner, then="/vendors/new")
    page.locator("#name").fill("Wren & Partners")
    page.locator("input[name=stage][value=active]").check(force=True)
    send_in_vain(page, context, "Add vendor")
    expect(page.locator("#name")).to_have_value("Wren & Partners")
    expect(page.locator("input[name=stage][value=active]")).to_be_checked()

    page.get_by_role("button", name="Add vendor").click()
    expect(page.locator("body > .toasts .toast")).to_contain_text("Wren & Partners added.")
    assert page.evaluate(KEPT) == 0


def test_what_was_refused_is_kept_too(vendor: Page) -> None:
    vendor.locator("label", has_text="Trust note").first.click()
    vendor.locator("#said").fill("The second film came late")
    vendor.get_by_role("button", name="Log it").click()
    expect(vendor.locator(".error-summary")).to_be_visible()
    vendor.goto(vendor.url.removesuffix("/log"))
    expect(vendor.locator("#said")).to_have_value("The second film came late")


def test_signing_out_leaves_no_draft_on_the_device(vendor: Page) -> None:
    vendor.locator("#said").fill("Half a thought")
    assert vendor.evaluate(KEPT) == 1
    vendor.locator("summary.me").click()
    vendor.get_by_role("button", name="Sign out").click()
    expect(vendor.locator(".toasts .toast")).to_contain_text("signed out")
    assert vendor.evaluate(KEPT) == 0
