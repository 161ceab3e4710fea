"""The agreement with a vendor who looks after much goes onto one sheet, of either size."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import TYPE_CHECKING

import pytest

from crm.core.dates import CadenceUnit
from crm.core.tenancy import WorkspaceSession
from crm.domain import decision_areas, vendors
from crm.domain.decision_areas import Agreement
from crm.models.enums import Level, Stage
from tests.support.journeys import sign_in
from tests.support.people import Business

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.serving import Server

AREAS = (
    ("Publish posts on the blog and in the shop", Level.ADVISE, "Draft in the drive on Monday, live on Thursday."),
    ("Reply to customers", Level.INQUIRE, "1. Within a working day\n2. Refunds up to £40 at once\n3. The rest to Tom"),
    ("Spend on ads", Level.CONSULT, "A plan for the month by the 25th; nothing new without a yes."),
    ("Touch bank data", Level.TELL, "Only with Nadia on the line, and never on a computer of your own."),
    (
        "Product titles and descriptions",
        Level.DELEGATE,
        "https://docs.fern.example/how-we-write/titles-and-descriptions",
    ),
    ("Monthly keyword report", Level.AGREE, "Ten lines: what moved, why, what we do about it next month."),
)
ONE_PAGE = re.compile(rb"/Type\s*/Page\b")


@pytest.fixture
def vendor(inside: Callable[[Business], AbstractContextManager[WorkspaceSession]], business: Business) -> int:
    """Silas, with six areas, each with its limits, procedure, rhythm and access."""
    with inside(business) as session:
        silas = vendors.add(session, by=business.owner, name="Silas Brandt", stage=Stage.ACTIVE)
        today = business.workspace.today
        for name, level, procedure in AREAS:
            agreed = Agreement(
                name=name,
                limit_amount=40_000,
                limit_currency="GBP",
                limit_scope="prices, claims about safety, and whatever names a customer",
                procedure=procedure,
                rhythm_every=2,
                rhythm_unit=CadenceUnit.WEEKS,
            )
            area = decision_areas.hand_over(silas, by=business.owner, level=level, agreed=agreed)
            decision_areas.give_access(
                silas,
                by=business.owner,
                what=f"What it takes to {name.lower()}",
                granted_on=today,
                area_id=area.id,
                owner_id=business.member.user_id,
                revoke_on=date(today.year + 1, 3, 31),
            )
        return silas.id


@pytest.mark.browser
@pytest.mark.parametrize("size", ["A4", "Letter"])
def test_six_areas_fit_on_one_sheet(
    page: Page, live_server: Server, business: Business, vendor: int, size: str
) -> None:
    sign_in(page, live_server, business.owner)
    page.goto(f"{live_server.url}/vendors/{vendor}/agreement")
    page.get_by_role("button", name="Make a link").click()
    link = page.locator(".secret").inner_text()
    assert len(ONE_PAGE.findall(page.pdf(format=size))) == 1
    page.context.clear_cookies()
    page.goto(link)
    assert page.get_by_text("Within a working day").is_visible()
    assert len(ONE_PAGE.findall(page.pdf(format=size))) == 1
