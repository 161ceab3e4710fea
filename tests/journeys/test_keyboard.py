"""Without a pointer: every way through the product can be gone with the keys alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from crm.core.tenancy import WorkspaceSession
from crm.domain import decision_areas
from crm.models.decision_areas import LevelChange
from crm.models.enums import Level
from crm.models.vendors import Vendor
from tests.support.journeys import late_vendor, sign_in
from tests.support.people import Business
from tests.support.serving import Server

Inside = Callable[[Business], AbstractContextManager[WorkspaceSession]]


@pytest.fixture
def vendor_id(business: Business, inside: Inside) -> int:
    """A vendor who waits in Today."""
    with inside(business) as session:
        return late_vendor(session, business.owner).id


def test_the_first_key_offers_to_skip_the_bar(page: Page, live_server: Server, business: Business) -> None:
    sign_in(page, live_server, business.owner)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the page")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_menu_opens_walks_and_gives_the_focus_back(page: Page, live_server: Server, business: Business) -> None:
    sign_in(page, live_server, business.owner)
    mine = page.locator("summary.me")
    mine.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="All vendors")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("button", name="Sign out")).to_be_focused()
    page.keyboard.press("Escape")
    expect(mine).to_be_focused()
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()


def test_single_keys_lead_to_places(page: Page, live_server: Server, business: Business) -> None:
    sign_in(page, live_server, business.owner, then="/board")
    page.keyboard.press("/")
    expect(page.locator(".jump input")).to_be_focused()
    page.keyboard.type("gt?l")
    expect(page.locator(".jump input")).to_have_value("gt?l")
    page.keyboard.press("Escape")
    page.locator("h1").click()

    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Keyboard")).to_be_hidden()

    page.keyboard.press("l")
    expect(page.locator("dialog[open]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)

    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page).to_have_url(f"{live_server.url}/today")


def test_a_card_moves_by_its_keys(page: Page, live_server: Server, business: Business, vendor_id: int) -> None:
    sign_in(page, live_server, business.owner, then="/board")
    name = page.locator(f"#card-{vendor_id} .card-name")
    name.focus()
    page.keyboard.press("m")
    expect(page.locator(f"#card-{vendor_id} .menu-list")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator(f"#prospect #card-{vendor_id}")).to_be_visible()
    expect(name).to_be_focused()
    expect(page.locator(".toast")).to_be_visible()


def test_what_is_due_is_done_by_its_keys(page: Page, live_server: Server, business: Business, vendor_id: int) -> None:
    sign_in(page, live_server, business.owner)
    page.keyboard.press("j")
    expect(page.locator(".row-name")).to_be_focused()
    page.keyboard.press("d")
    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator(".row")).to_have_count(0)


def test_what_is_typed_is_sent_by_ctrl_and_enter(
    page: Page, live_server: Server, business: Business, vendor_id: int
) -> None:
    sign_in(page, live_server, business.owner, then=f"/vendors/{vendor_id}")
    page.get_by_label("What happened").focus()
    page.keyboard.type("She likes tea")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".timeline").first).to_contain_text("She likes tea")


def test_a_level_is_chosen_by_arrows_and_saved_once(
    page: Page, live_server: Server, business: Business, inside: Inside, vendor_id: int
) -> None:
    with inside(business) as session:
        vendor = session.get_one(Vendor, vendor_id)
        decision_areas.hand_over(
            vendor, by=business.owner, level=Level.CONSULT, agreed=decision_areas.Agreement(name="Publish posts")
        )
    sign_in(page, live_server, business.owner, then=f"/vendors/{vendor_id}/delegation")
    page.locator(".duty-steps :checked").focus()
    for _step in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".toast")).to_be_visible()
    chosen = page.locator(".duty-steps :checked")
    expect(chosen).to_be_focused()
    expect(chosen).to_have_value("6")
    with inside(business) as session:
        levels = session.scalars(select(LevelChange.to_level).order_by(LevelChange.id)).all()
    assert levels == [Level.CONSULT, Level.INQUIRE]


def test_from_ticking_all_one_step_leads_to_what_can_be_done(
    page: Page, live_server: Server, business: Business, vendor_id: int
) -> None:
    sign_in(page, live_server, business.owner, then="/vendors")
    page.get_by_label("Tick all on this page").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To what can be done with them")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Tag", exact=True)).to_be_focused()


def test_single_keys_can_be_switched_off(page: Page, live_server: Server, business: Business, vendor_id: int) -> None:
    sign_in(page, live_server, business.owner, then="/settings")
    page.locator("[name=shortcuts]").uncheck()
    page.locator("form", has=page.locator("[name=shortcuts]")).get_by_role("button").first.click()
    page.wait_for_url(f"{live_server.url}/settings*")
    page.goto(f"{live_server.url}/board")
    for key in ("/", "l", "?", "g", "t"):
        page.keyboard.press(key)
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator(".jump input")).not_to_be_focused()
    expect(page).to_have_url(f"{live_server.url}/board")

    page.goto(f"{live_server.url}/vendors/{vendor_id}")
    page.get_by_label("What happened").fill("This key stays")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".timeline").first).to_contain_text("This key stays")
