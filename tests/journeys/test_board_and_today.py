"""The board and Today in a real browser: by pointer, by keys, and without script."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from crm.core.unit_of_work import workspace_work
from crm.domain import promises, vendors
from crm.models.enums import CadenceChoice, PromiseKind
from tests.support.journeys import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.journey]


@pytest.fixture
def seen(engine, business):
    """Three prospects with something due, the oldest first."""
    with workspace_work(engine, business.workspace.id) as session:
        today = business.workspace.today
        for days, name in enumerate(("Wren", "Loom", "Pixelmill")):
            vendor = vendors.add(session, by=business.owner, name=name, cadence_choice=CadenceChoice.NONE)
            promises.make(
                vendor, by=business.owner, kind=PromiseKind.OURS, what="Call", due_on=today - timedelta(days=3 - days)
            )


@pytest.fixture
def board(page: Page, live_server, business, seen) -> Page:
    sign_in(page, live_server, business.owner)
    page.goto(f"{live_server.url}/board")
    return page


def column(page: Page, stage: str):
    return page.locator(f"#{stage} .card-name")


def card(page: Page, name: str):
    return page.locator(".card", has_text=name)


def test_a_card_is_dragged_and_the_move_is_taken_back(board: Page) -> None:
    card(board, "Wren").drag_to(board.locator("#active .cards"))
    expect(column(board, "active")).to_have_text(["Wren"])
    expect(board.locator(".toast")).to_contain_text("Wren moved to Active.")
    expect(board.locator(".card-name:focus")).to_have_text("Wren")

    board.get_by_role("button", name="Undo").click()
    expect(column(board, "prospect")).to_have_text(["Wren", "Loom", "Pixelmill"])


def test_dropping_on_parked_asks_before_anything_is_saved(board: Page) -> None:
    card(board, "Wren").drag_to(board.locator("#parked .cards"))
    sheet = board.get_by_role("dialog", name="Park Wren for later")
    expect(sheet).to_be_visible()
    board.keyboard.press("Escape")
    expect(column(board, "prospect")).to_have_text(["Wren", "Loom", "Pixelmill"])

    card(board, "Wren").drag_to(board.locator("#parked .cards"))
    sheet.get_by_role("button", name="Park for later").click()
    expect(sheet.locator(".error-summary")).to_contain_text("Choose why now is the wrong time.")
    sheet.get_by_label("They have no capacity").check()
    sheet.get_by_label("Stay in touch").select_option("6 weeks")
    sheet.get_by_role("button", name="Park for later").click()
    expect(column(board, "parked")).to_have_text(["Wren"])
    expect(board.locator(".toast")).to_contain_text("Wren is parked.")


def test_a_card_is_moved_by_keys_alone(board: Page) -> None:
    card(board, "Loom").locator(".card-name").focus()
    board.keyboard.press("m")
    board.keyboard.press("3")
    expect(column(board, "active")).to_have_text(["Loom"])
    expect(board.locator(".card-name:focus")).to_have_text("Loom")

    board.keyboard.press("m")
    board.keyboard.press("2")
    sheet = board.get_by_role("dialog", name="A trial task for Loom")
    expect(sheet).to_be_visible()
    sheet.get_by_label("The trial task").fill("One page")
    sheet.get_by_label("Due on").fill("2099-01-01")
    sheet.get_by_role("button", name="Start the trial task").click()
    expect(sheet.locator(".error-summary")).to_contain_text("Pick a day within the next ten years.")
    expect(sheet.get_by_label("The trial task")).to_have_value("One page")


def test_one_line_and_enter_add_a_vendor_and_wait_for_the_next(board: Page) -> None:
    box = board.get_by_label("Vendor’s name")
    box.fill("Marlow")
    box.press("Enter")
    expect(column(board, "prospect")).to_have_text(["Wren", "Loom", "Pixelmill", "Marlow"])
    expect(board.get_by_label("Vendor’s name")).to_be_focused()


def test_in_today_an_act_keeps_the_place_and_goes_on(page: Page, live_server, business, seen) -> None:
    sign_in(page, live_server, business.owner)
    page.goto(f"{live_server.url}/today")
    names = page.locator("[aria-labelledby=touch] .row-name")
    expect(names).to_have_text(["Wren", "Loom", "Pixelmill"])
    page.keyboard.press("j")
    page.keyboard.press("d")
    expect(names).to_have_text(["Loom", "Pixelmill"])
    expect(page.locator(".row-name:focus")).to_have_text("Loom")
    expect(page.locator(".nav .count")).to_contain_text("2")

    page.keyboard.press("s")
    page.keyboard.press("Enter")
    expect(names).to_have_text(["Pixelmill"])
    expect(page.locator(".toast")).to_contain_text("Snoozed until")


def open_menu(one) -> None:
    """Cards share their menus; without script a card's own is written out on the page that its link leads to."""
    one.locator("summary").click()
    one.get_by_role("link", name="Move to").click()


def test_without_script_every_act_works(browser: Chromium, live_server, business, seen) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    sign_in(page, live_server, business.owner)
    page.goto(f"{live_server.url}/today")
    page.locator(".row", has_text="Wren").get_by_role("button", name="Done").click()
    expect(page.locator("[aria-labelledby=touch] .row-name")).to_have_text(["Loom", "Pixelmill"])
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[aria-labelledby=touch] .row-name")).to_have_text(["Wren", "Loom", "Pixelmill"])

    page.goto(f"{live_server.url}/board")
    open_menu(card(page, "Loom"))
    card(page, "Loom").get_by_role("button", name="Active").click()
    page.locator(".board-tabs a[href='#active']").click()
    expect(column(page, "active")).to_have_text(["Loom"])
    open_menu(card(page, "Loom"))
    card(page, "Loom").get_by_role("link", name="Parked for later").click()
    page.get_by_label("Something else").check()
    page.get_by_role("button", name="Park for later").click()
    expect(page.locator(".toast")).to_contain_text("Loom is parked.")
    context.close()
