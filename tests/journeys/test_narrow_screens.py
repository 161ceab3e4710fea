"""What has little room: letters in a telephone's mail program, pages with their text doubled."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import TYPE_CHECKING

import pytest

from crm.core.links import Links
from crm.core.tenancy import WorkspaceSession
from crm.domain import parkings
from crm.mail import messages
from crm.mail.messages import DigestItem
from crm.models.enums import ParkingReason, ReminderKind
from crm.models.workspaces import Membership, User, Workspace
from tests.support.journeys import late_vendor, sign_in
from tests.support.people import Business

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.serving import Server

Inside = Callable[[Business], AbstractContextManager[WorkspaceSession]]

TODAY = date(2026, 11, 16)
TELEPHONE = 390
WIDER_BY = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def morning_letter() -> str:
    """A digest whose words are as long as words get."""
    word = "Donaudampfschifffahrtsgesellschaftskapitän" * 3
    item = DigestItem(
        kind=ReminderKind.TOUCH,
        vendor=word,
        due_on=date(2026, 11, 13),
        why=word,
        by="",
        parked=(word,),
        said=word,
        said_on=date(2026, 10, 5),
        openings=((word, word),),
        move=word,
        done_url="https://crm.example.org/d",
        snooze_url="https://crm.example.org/s",
        open_url="https://crm.example.org/o",
    )
    reader = Membership(
        user=User(name="Nadia Okafor", email="nadia@fern.example", time_zone="Europe/London"),
        workspace=Workspace(name=word, slug="fern-flint"),
        digest_hour=8,
        digest_minute=0,
    )
    letter = messages.digest(
        reader,
        ripe=(),
        overdue=None,
        items=(item,),
        others=(),
        counts=messages.digest_counts([(item.kind, item.due_on)], TODAY),
        today=TODAY,
        local_hour=8,
        links=Links("https://crm.example.org"),
        unsubscribe="https://crm.example.org/u",
    )
    return letter.html


@pytest.mark.parametrize("width", [TELEPHONE, 600])
def test_no_word_of_a_letter_makes_it_wider_than_its_reader_sees(page: Page, morning_letter: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.set_content(morning_letter)
    assert page.evaluate(WIDER_BY) == 0


def test_with_the_text_doubled_no_page_of_keeping_in_touch_runs_wide(
    page: Page, live_server: Server, business: Business, inside: Inside
) -> None:
    with inside(business) as session:
        vendor = late_vendor(session, business.owner)
        parkings.park(vendor, by=business.owner, reason=ParkingReason.AT_CAPACITY, condition="The balm has a date")
        parkings.tick(parkings.of_vendor(session, vendor), by=business.owner)
        here = f"/vendors/{vendor.id}"
    page.set_viewport_size({"width": TELEPHONE, "height": 800})
    sign_in(page, live_server, business.owner, then="/today")
    wide = {}
    for address in ("/today", "/parked", here, f"{here}/parking/decision", f"{here}/letters/new", "/settings"):
        page.goto(live_server.url + address)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        wide[address] = page.evaluate(WIDER_BY)
    assert wide == dict.fromkeys(wide, 0)
