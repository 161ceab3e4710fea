"""What every journey through a real browser begins with."""

from __future__ import annotations

from playwright.sync_api import Page

from crm.models.workspaces import Membership
from tests.support.people import PASSWORD
from tests.support.serving import Server


def sign_in(page: Page, server: Server, person: Membership, *, then: str = "/today") -> Page:
    """Signs a person in by the form and goes on to a page."""
    page.goto(f"{server.url}/sign-in")
    page.fill("[name=email]", person.user.email)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{server.url}/today")
    if then != "/today":
        page.goto(f"{server.url}{then}")
    return page
