"""Everything works with script switched off: each act is a link or a form with an address of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from crm.core.tenancy import WorkspaceSession
from crm.domain import openings
from tests.support.journeys import late_vendor, sign_in
from tests.support.people import Business
from tests.support.serving import Server

Inside = Callable[[Business], AbstractContextManager[WorkspaceSession]]


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A browser without script."""
    return {**browser_context_args, "java_script_enabled": False}


def _card(page: Page, name: str, column: str) -> Any:
    return page.locator(f"#{column} .card", has_text=name)


def _open_menu(card: Any) -> None:
    """Cards share their menus; without script a card's own is written out on the page that its link leads to."""
    card.locator("summary").click()
    card.get_by_role("link", name="Move to").click()


def test_a_vendor_is_added_moved_and_parked(page: Page, live_server: Server, business: Business) -> None:
    sign_in(page, live_server, business.owner, then="/board")
    page.get_by_label("Vendor’s name").fill("Northlight Studio")
    page.get_by_role("button", name="Add", exact=True).click()
    card = _card(page, "Northlight Studio", "prospect")
    expect(card).to_be_visible()

    _open_menu(card)
    card.get_by_role("link", name="Trial task").click()
    page.get_by_label("What they do for it").or_(page.locator("[name=what]")).first.fill("One short film")
    page.locator("[name=due_on]").fill((business.workspace.today + timedelta(days=9)).isoformat())
    page.get_by_role("button", name="Start the trial task").click()
    card = _card(page, "Northlight Studio", "trial")
    expect(card).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()

    _open_menu(card)
    card.get_by_role("link", name="Parked for later").click()
    page.get_by_label("They have no capacity").check()
    page.locator("[name=outcome]").first.check()
    page.locator("[name=condition]").fill("A free week")
    page.get_by_role("button", name="Park for later").click()
    page.goto(f"{live_server.url}/parked")
    expect(page.locator("main")).to_contain_text("Northlight Studio")
    expect(page.locator("main")).to_contain_text("A free week")


def test_what_is_due_is_done_taken_back_and_put_off(
    page: Page, live_server: Server, business: Business, inside: Inside
) -> None:
    with inside(business) as session:
        late_vendor(session, business.owner)
    sign_in(page, live_server, business.owner)
    row = page.locator(".row", has_text="Northlight Studio")
    row.get_by_role("button", name="Done").click()
    expect(page.locator(".row", has_text="Northlight Studio")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row).to_be_visible()

    row.locator("summary", has_text="Snooze").click()
    row.get_by_role("button", name="1 month").click()
    expect(page.locator(".row", has_text="Northlight Studio")).to_have_count(0)


def test_a_call_is_logged(page: Page, live_server: Server, business: Business, inside: Inside) -> None:
    with inside(business) as session:
        vendor_id = late_vendor(session, business.owner).id
    sign_in(page, live_server, business.owner, then=f"/vendors/{vendor_id}")
    page.get_by_role("radio", name="Call").check()
    page.get_by_label("What happened").fill("She can do the **two** films in May")
    page.get_by_role("button", name="Log it").click()
    expect(page.locator(".timeline").first).to_contain_text("She can do the two films in May")

    page.get_by_role("radio", name="Note", exact=True).check()
    page.get_by_role("button", name="Log it").click()
    expect(page.locator(".error-summary")).to_be_visible()


def test_a_vendor_is_referred(page: Page, live_server: Server, business: Business, inside: Inside) -> None:
    with inside(business) as session:
        late_vendor(session, business.owner)
        openings.add(session, by=business.owner, business="Marram Dental", what_they_need="Three short films")
    sign_in(page, live_server, business.owner, then="/referrals/new")
    page.get_by_role("button", name="Prepare the letters").click()
    expect(page.locator(".error-summary")).to_be_visible()
    page.locator("[name=vendor_id]").select_option(label="Northlight Studio")
    page.locator("[name=opening_id]").select_option(index=1)
    page.get_by_role("button", name="Prepare the letters").click()
    expect(page.locator("h1")).to_contain_text("Northlight Studio")
    page.goto(f"{live_server.url}/referrals")
    expect(page.locator("main")).to_contain_text("Marram Dental")


def test_lists_are_filtered_and_searched(page: Page, live_server: Server, business: Business, inside: Inside) -> None:
    with inside(business) as session:
        late_vendor(session, business.owner)
        late_vendor(session, business.owner, "Saltmarsh Photo")
    sign_in(page, live_server, business.owner, then="/vendors")
    page.get_by_label("Name or what they do").fill("north")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#results tbody tr")).to_have_count(1)

    page.locator(".jump input").fill("saltmarsh")
    page.locator(".jump input").press("Enter")
    expect(page.locator(".result")).to_have_count(1)
    page.locator(".result a").click()
    expect(page.locator("h1")).to_contain_text("Saltmarsh Photo")


def test_a_list_is_imported(page: Page, live_server: Server, business: Business) -> None:
    sign_in(page, live_server, business.owner, then="/imports/new")
    table = b"Name,Website,Services\r\nNorthlight Studio,https://northlight.example,Product films\r\n"
    page.locator("[type=file]").set_input_files({"name": "vendors.csv", "mimeType": "text/csv", "buffer": table})
    page.get_by_role("button", name="Look at the file").click()
    page.get_by_role("button", name="Check for doubles").click()
    page.get_by_role("button", name="Import 1 row").click()
    page.goto(f"{live_server.url}/vendors")
    expect(page.get_by_role("link", name="Northlight Studio")).to_be_visible()
