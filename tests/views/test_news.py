"""Following a vendor, the bell, and the page of what one is told."""

from __future__ import annotations

import pytest

from crm.domain import news, notes, vendors
from crm.models.enums import Visibility
from crm.models.vendors import Vendor
from tests.support.browsing import soup, words


@pytest.fixture
def vendor_id(inside, business) -> int:
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Silas Brandt").id


@pytest.fixture
def said(inside, business, vendor_id) -> int:
    """The teammate follows Silas, and the owner has written a note."""
    with inside(business) as session:
        vendor = session.get_one(Vendor, vendor_id)
        news.follow(vendor, by=business.member)
        notes.write(vendor, by=business.owner, body="They moved to **Leeds**.")
    return vendor_id


def bell(answer) -> str:
    return " ".join(soup(answer).select_one(".bell").get_text(" ").split())


def lines(answer) -> list[str]:
    return [" ".join(line.get_text(" ").split()) for line in soup(answer).select(".news-line")]


def test_everybody_of_the_team_may_follow_and_stop_and_nobody_else(browser_of, business, vendor_id):
    for who in (business.owner, business.member, business.viewer):
        browser = browser_of(who)
        assert "Following" in words(browser.follow(browser.post(f"/vendors/{vendor_id}/following")))
        assert "Silas Brandt" in words(browser.get("/vendors?followed=mine"), "main")
        browser.post(f"/vendors/{vendor_id}/unfollowing")
        assert "Following" not in words(browser.get(f"/vendors/{vendor_id}"))
        assert "Silas Brandt" not in words(browser.get("/vendors?followed=mine"), "table")
    assert browser_of(business.stranger).post(f"/vendors/{vendor_id}/following").status_code == 404


def test_the_bell_counts_and_opening_a_line_reads_it(browser_of, business, said):
    browser = browser_of(business.member)
    assert bell(browser.get("/today")) == "Notifications 1 not read"
    [line] = lines(browser.get("/notifications"))
    assert line.startswith("New: Silas Brandt: Note They moved to Leeds.")
    opening = soup(browser.get("/notifications")).select_one(".news-line form")["action"]
    answer = browser.post(opening)
    assert f"/vendors/{said}?before=" in answer.location
    assert "#note-" in answer.location
    assert bell(browser.get("/today")) == "Notifications"


def test_one_is_marked_as_read_taken_back_and_then_all_are(browser_of, business, said):
    browser = browser_of(business.member)
    shown = browser.follow(browser.post(soup(browser.get("/notifications")).select(".news-line form")[1]["action"]))
    assert bell(shown) == "Notifications"
    browser.post(soup(shown).select_one(".toast form")["action"])
    assert bell(browser.get("/notifications")) == "Notifications 1 not read"
    assert bell(browser.follow(browser.post("/notifications/reading"))) == "Notifications"


def test_nobody_opens_or_reads_anothers_line(browser_of, business, said):
    opening = soup(browser_of(business.member).get("/notifications")).select_one(".news-line form")["action"]
    for who in (business.owner, business.viewer, business.stranger):
        browser = browser_of(who)
        for act in ("opening", "reading", "unreading"):
            assert browser.post(opening.replace("opening", act)).status_code == 404
    assert bell(browser_of(business.member).get("/today")) == "Notifications 1 not read"


def test_the_page_costs_a_fixed_number_of_statements(browser_of, business, inside, said, count_queries):
    browser = browser_of(business.member)
    browser.get("/notifications")
    with count_queries() as few:
        browser.get("/notifications")
    with inside(business) as session:
        for place in range(5):
            notes.write(session.get_one(Vendor, said), by=business.owner, body=f"Note {place}")
    with count_queries() as many:
        assert len(lines(browser.get("/notifications"))) == 6
    assert len(many) == len(few) <= 3, many


def test_what_comes_by_mail_is_chosen_in_settings(browser_of, business, inside):
    browser = browser_of(business.viewer)
    browser.post("/settings/notices", handed="y", followed="y")
    boxes = soup(browser.get("/settings")).select(
        "#notices ~ form input[type=checkbox], [aria-labelledby=notices] input"
    )
    assert {box["name"] for box in boxes if box.has_attr("checked")} == {"handed", "followed"}


def test_the_team_s_activity_shows_what_each_may_read(browser_of, business, inside, vendor_id):
    with inside(business) as session:
        vendor = session.get_one(Vendor, vendor_id)
        notes.write(vendor, by=business.owner, body="For everybody")
        notes.write(vendor, by=business.owner, body="For admins", visibility=Visibility.ADMINS)
        notes.write(vendor, by=business.owner, body="For me", visibility=Visibility.AUTHOR)
    seen = {
        business.owner: ("For everybody", "For admins", "For me"),
        business.admin: ("For everybody", "For admins"),
        business.member: ("For everybody",),
        business.viewer: ("For everybody",),
        business.stranger: (),
    }
    for who, expected in seen.items():
        shown = words(browser_of(who).get("/activity"), "main")
        assert [said for said in ("For everybody", "For admins", "For me") if said in shown] == list(expected)


def test_the_activity_is_narrowed_by_person_kind_and_day(browser_of, business, inside, vendor_id, clock_at):
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        vendor = session.get_one(Vendor, vendor_id)
        notes.write(vendor, by=business.owner, body="From Monday")
        notes.write(vendor, by=business.member, body="From Milo")
    clock_at("2026-10-06 09:00")
    with inside(business) as session:
        notes.write(session.get_one(Vendor, vendor_id), by=business.owner, body="From Tuesday")
    browser = browser_of(business.viewer)

    def shown(address: str) -> list[str]:
        found = words(browser.get(address), "main")
        return [said for said in ("From Monday", "From Milo", "From Tuesday") if said in found]

    assert shown("/activity") == ["From Monday", "From Milo", "From Tuesday"]
    assert shown(f"/activity?who={business.member.user_id}") == ["From Milo"]
    assert shown("/activity?day=2026-10-05&kind=notes") == ["From Monday", "From Milo"]
    assert shown("/activity?kind=talk") == []
    assert shown("/activity?who=nonsense&kind=nonsense&day=31&before=-1") == shown("/activity")


def test_the_activity_has_pages_and_costs_the_same_however_much_there_is(
    browser_of, business, inside, vendor_id, count_queries
):
    browser = browser_of(business.viewer)
    browser.get("/activity")
    with count_queries() as few:
        browser.get("/activity")
    with inside(business) as session:
        for place in range(60):
            notes.write(session.get_one(Vendor, vendor_id), by=business.owner, body=f"Note {place} said")
    with count_queries() as many:
        first = browser.get("/activity")
    assert len(many) == len(few) <= 4, many
    following = soup(first).select_one("[rel=next]")["href"]
    assert "Note 59 said" in words(first, "main")
    assert "Note 0 said" in words(browser.get(following), "main")
    assert "Note 59 said" not in words(browser.get(following), "main")
