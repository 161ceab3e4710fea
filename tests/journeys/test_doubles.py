"""Doubles in a real browser, by keyboard alone: told while typing, merged, and taken back."""

import pytest
from playwright.sync_api import Page, expect

from crm.domain import vendors
from tests.support.journeys import sign_in


@pytest.fixture
def two(inside, business) -> None:
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Kettle & Crane", location="Leeds")
        vendors.add(session, by=business.owner, name="Kettle & Crane Ltd", location="York", despite_doubles=True)


def test_a_double_is_told_while_typing_merged_and_taken_back(page: Page, two, live_server, business) -> None:
    sign_in(page, live_server, business.owner)
    page.goto(f"{live_server.url}/vendors/new")
    page.keyboard.type("Kettle and Cr")
    told = page.get_by_role("status").filter(has_text="is here already")
    expect(told).to_contain_text("Kettle & Crane")
    page.keyboard.press("Control+A")
    page.keyboard.type("Somebody else")
    expect(told).to_have_count(0)

    page.goto(f"{live_server.url}/vendors/doubles")
    page.get_by_role("link", name="Merge…").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Merge Kettle & Crane Ltd into Kettle & Crane")
    place = page.get_by_role("group", name="Location")
    place.get_by_role("radio", name="York").focus()
    page.keyboard.press("ArrowUp")
    expect(place.get_by_role("radio", name="Leeds")).to_be_checked()
    page.get_by_role("button", name="Merge", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Kettle & Crane")
    expect(page.locator("main")).to_contain_text("Kettle & Crane Ltd was merged into this vendor")
    page.get_by_role("button", name="Take the merge back").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Kettle & Crane Ltd")
