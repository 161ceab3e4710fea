"""A condition comes true: the figure is updated to its goal, Today says so, and a decision answers it; with and without
script."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from crm.core.unit_of_work import workspace_work
from crm.domain import parkings, vendors
from crm.domain.parking_terms import Figure
from crm.models.enums import ParkingReason
from tests.support.journeys import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.journey]


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def browser_context_args(browser_context_args: dict[str, Any], request: pytest.FixtureRequest) -> dict[str, Any]:
    """A browser with script, and one without."""
    return {**browser_context_args, "java_script_enabled": request.param}


@pytest.fixture
def parked(engine, business) -> int:
    with workspace_work(engine, business.workspace.id) as session:
        vendor = vendors.add(session, by=business.owner, name="Studio Halden", what_they_do="Packaging design")
        parkings.park(
            vendor,
            by=business.owner,
            reason=ParkingReason.NO_BUDGET,
            condition="Turnover above £30,000 a month",
            figure=Figure(2_640_000, 3_000_000, "GBP", "a month"),
        )
        return vendor.id


def test_the_figure_reaches_its_goal_and_today_says_so(page: Page, live_server, business, parked) -> None:
    sign_in(page, live_server, business.owner, then=f"/vendors/{parked}")
    panel = page.get_by_role("region", name="Parked").or_(page.locator("[aria-labelledby=p-parked]")).first
    expect(panel).to_contain_text("Now £26,400 of £30,000 a month")
    panel.get_by_label("Now").fill("£30,400")
    panel.get_by_role("button", name="Update").click()
    expect(page.locator(".notice.ochre")).to_contain_text("The time looks right.")

    page.goto(f"{live_server.url}/today")
    expect(page.locator("mark")).to_contain_text("The time looks right for Studio Halden.")
    page.goto(f"{live_server.url}/board")
    expect(page.locator("#parked .card")).to_contain_text("The time looks right")
    page.goto(f"{live_server.url}/parked")
    expect(page.locator(".ripe-row")).to_contain_text("Studio Halden")

    page.goto(f"{live_server.url}/vendors/{parked}/parking/decision")
    page.get_by_label("Keep them parked").check()
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("Studio Halden stays parked until")).to_be_visible()
    page.goto(f"{live_server.url}/today")
    expect(page.locator("main")).not_to_contain_text("The time looks right")
