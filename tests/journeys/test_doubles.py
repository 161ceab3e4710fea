"""Doubles in a real browser: told while typing."""

import pytest
from playwright.sync_api import Page, expect

from crm.domain import vendors
from tests.support.journeys import sign_in


@pytest.fixture
def two(inside, business) -> None:
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Kettle & Crane", location="Leeds")
        vendors.add(session, by=business.owner, name="Kettle & Crane Ltd", location="York", despite_doubles=True)


def test_a_double_is_told_while_typing(page: Page, two, live_server, business) -> None:
    sign_in(page, live_server, business.owner)
    page.goto(f"{live_server.url}/vendors/new")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("Kettle and Cr")
    told = page.get_by_role("status").filter(has_text="is here already")
    expect(told).to_contain_text("Kettle & Crane")
    page.keyboard.press("Control+A")
    page.keyboard.type("Somebody else")
    expect(told).to_have_count(0)
