"""What every journey through a real browser begins with."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Page

from crm.core.tenancy import WorkspaceSession
from crm.domain import interactions, touches, vendors
from crm.models.enums import InteractionKind, Stage, Tier
from crm.models.vendors import Vendor
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


def late_vendor(session: WorkspaceSession, by: Membership, name: str = "Northlight Studio") -> Vendor:
    """An active vendor with whom nobody has spoken for most of a year: it waits in Today."""
    vendor = vendors.add(session, by=by, name=name, what_they_do="Product films", stage=Stage.ACTIVE, tier=Tier.A)
    long_ago = by.workspace.today - timedelta(days=300)
    interactions.log(vendor, by=by, kind=InteractionKind.CALL, occurred_on=long_ago, summary="Spoke of the ferry film")
    touches.refresh(session, vendor, began_on=long_ago)
    return vendor
