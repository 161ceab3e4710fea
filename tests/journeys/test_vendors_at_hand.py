"""Every vendor at hand: found by half a word, filtered, tagged by the hundred, merged, and all of it taken back.

By the keys alone, in a real browser; and what one person keeps to themselves changes nothing for a colleague.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, func, select

from crm.domain import notes, vendors
from crm.models.enums import TokenScope, Visibility
from crm.models.vendors import Vendor, VendorTag
from tests.support.browsing import words
from tests.support.journeys import sign_in
from tests.support.programs import Program, token_for

MANY = 500


@pytest.fixture
def many(business, inside) -> None:
    """500 printers of Leeds and ten others; two that are one; and a note about a studio."""
    day = date(2026, 1, 5)
    with inside(business) as session:
        for number in range(MANY + 10):
            what, place = ("Print", "Leeds") if number < MANY else ("Films", "York")
            name = f"Vendor {number:03}"
            session.add(
                Vendor(
                    name=name,
                    normal_name=name.lower(),
                    what_they_do=what,
                    location=place,
                    stage_since=day,
                    cadence_began_on=day,
                )
            )
        kettle = vendors.add(session, by=business.owner, name="Kettle & Crane", location="Ripon")
        notes.write(kettle, by=business.owner, body="The video studio we could not afford")
        vendors.add(session, by=business.owner, name="Kettle & Crane Ltd", location="Filey", despite_doubles=True)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def enter(page: Page, where: Any) -> None:
    """Puts the focus there, as Tab would, and presses Enter."""
    where.focus()
    press(page, "Enter")


def go_to(page: Page, name: str, url: str) -> None:
    """Goes anywhere by the palette."""
    page.wait_for_load_state()  # scripts listen then
    press(page, "Control+k")
    page.keyboard.type(name.casefold())
    expect(page.get_by_role("option", name=name, exact=True)).to_have_attribute("aria-selected", "true")
    press(page, "Enter")
    page.wait_for_url(url)


def tagged(inside, business) -> int:
    with inside(business) as session:
        return session.scalar(select(func.count()).select_from(VendorTag)) or 0


@pytest.mark.journey
def test_from_half_a_word_to_two_vendors_that_are_one(page: Page, live_server, business, inside, many) -> None:
    heading = page.get_by_role("heading", level=1)
    sign_in(page, live_server, business.member)

    # Find what was said, by a misspelt piece of it
    press(page, "/")
    page.keyboard.type("vidoe afford")
    press(page, "Enter")
    expect(page.locator(".result")).to_have_count(1)
    expect(page.locator(".result mark")).to_have_text(["video", "afford"])
    enter(page, page.locator(".result a"))
    page.wait_for_url("**/vendors/*")
    expect(page.locator(".entry:target")).to_contain_text("The video studio we could not afford")

    # Filter the list
    go_to(page, "All vendors", f"{live_server.url}/vendors")
    enter(page, page.locator("summary", has_text="Add a filter"))
    enter(page, page.get_by_role("link", name="Location", exact=True))
    expect(page.get_by_role("textbox", name="Location")).to_be_focused()
    page.keyboard.type("leeds")
    press(page, "Enter")
    expect(page.get_by_text("1 to 50 of 500")).to_be_visible()

    # Save the filter and share it
    enter(page, page.get_by_role("link", name="Save this filter"))
    expect(page.get_by_role("dialog").get_by_label("Name")).to_be_focused()
    page.keyboard.type("Printers of Leeds")
    press(page, "Tab", "Space")
    expect(page.get_by_label("Share it with the team")).to_be_checked()
    press(page, "Enter")
    expect(heading).to_have_text("Printers of Leeds")

    # Tick a few with Shift and the arrows, then all that match, and tag them
    page.locator("[data-tick]").first.focus()
    press(page, "Space", "Shift+ArrowDown", "Shift+ArrowDown")
    expect(page.locator("[data-tick]:checked")).to_have_count(3)
    expect(page.locator("[data-tick-count]")).to_have_text("3")
    page.get_by_label("or with all 500 that match").focus()
    press(page, "Space")
    enter(page, page.get_by_role("button", name="Tag", exact=True))
    expect(heading).to_have_text("Tag 500 vendors")
    expect(page.get_by_role("combobox", name="Tags")).to_be_focused()
    page.keyboard.type("spring")
    press(page, "Enter")
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible(timeout=30_000)
    assert tagged(inside, business) == MANY
    enter(page, undo)
    expect(page.locator("li", has_text="Taken back").locator("b")).to_have_text("500", timeout=30_000)
    assert tagged(inside, business) == 0

    # Merge two, and make them two again
    go_to(page, "Doubles", f"{live_server.url}/vendors/doubles")
    enter(page, page.get_by_role("link", name="Merge… Kettle & Crane"))
    expect(heading).to_contain_text("Merge Kettle & Crane Ltd into Kettle & Crane")
    place = page.get_by_role("group", name="Location")
    place.get_by_role("radio", name="Filey").focus()
    press(page, "ArrowUp")
    expect(place.get_by_role("radio", name="Ripon")).to_be_checked()
    enter(page, page.get_by_role("button", name="Merge", exact=True))
    expect(heading).to_have_text("Kettle & Crane")
    expect(page.locator("main")).to_contain_text("Kettle & Crane Ltd was merged into this vendor")
    enter(page, page.get_by_role("button", name="Take the merge back"))
    expect(heading).to_have_text("Kettle & Crane Ltd")


PRIVATE = "Embargo until the zugspitze launch"


def test_a_colleague_never_finds_a_private_note(
    app: Flask, engine: Engine, business, inside, browser_of, clock_at
) -> None:
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        kettle = vendors.add(session, by=business.owner, name="Kettle & Crane")
        other = vendors.add(session, by=business.owner, name="Kettle & Crane Ltd", despite_doubles=True)
        notes.write(kettle, by=business.owner, body="A note for everybody")
        one, two = kettle.id, other.id

    def seen(person) -> dict[str, str]:
        """All that a person sees: search, palette, pages with their counts, and what a program is given."""
        browser, program = browser_of(person), Program(app, token_for(engine, person, TokenScope.READ))
        pages = [f"/search?q={typed}" for typed in TYPED] + [f"/search/palette?q={typed}" for typed in TYPED]
        pages += ["/today", "/board", "/vendors", f"/vendors?q={TYPED[0]}", "/vendors/doubles"]
        pages += [
            f"/vendors/{one}",
            f"/vendors/{one}?show=note",
            f"/vendors/{one}/merge/{two}",
            f"/vendors/{two}/merge/{one}",
        ]
        given = {path: words(browser.get(path)) for path in pages}
        for noun in ("vendors", "notes", "people", "interactions", "trust-entries"):
            for typed in ("", *TYPED):
                given[f"api {noun} {typed}"] = program.get(f"/{noun}", q=typed).text
        return given

    colleagues = (business.member, business.admin, business.viewer)
    before = [seen(person) for person in colleagues]
    author_before = seen(business.owner)
    with inside(business) as session:
        kettle = session.get_one(Vendor, one)
        notes.write(kettle, by=business.owner, body=PRIVATE, visibility=Visibility.AUTHOR)

    for person, so_far in zip(colleagues, before, strict=True):
        assert seen(person) == so_far, "nothing at all has changed for a colleague"
    author = seen(business.owner)
    for path in (f"/search?q={TYPED[0]}", f"/search?q={TYPED[1]}", f"/search/palette?q={TYPED[0]}", f"/vendors/{one}"):
        assert author[path] != author_before[path]
    assert PRIVATE in author[f"api notes {TYPED[0]}"]


TYPED = ("embargo", "embrago", "zugs", "zugspitz launch")
"""A word, a misspelt one, a beginning, two."""
