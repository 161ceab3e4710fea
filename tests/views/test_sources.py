"""The page of sources: its table, its file, its links, its queries."""

from __future__ import annotations

import csv
import io

import pytest

from crm.domain import vendors
from crm.models.enums import Stage
from tests.support.browsing import soup, words

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def found(inside, business, clock_at):
    """Three by the fair, active for a year; two by search; one whom Ana recommended; one of unknown origin."""
    clock_at("2025-10-05 09:00")
    with inside(business) as session:
        for name in ("Ann", "Bo", "Cy"):
            vendors.add(session, by=business.owner, name=name, source="Trade Fair", stage=Stage.ACTIVE)
        for name, source in (("Di", "search"), ("Ed", "Search"), ("Flo", "")):
            vendors.add(session, by=business.owner, name=name, source=source)
        vendors.add(session, by=business.owner, name="Gus", referred_by="Ana Petrov")
    clock_at("2026-10-05 09:00")


def lines(page):
    return [
        [" ".join(cell.get_text(" ").split()) for cell in row.select("th, td")]
        for row in soup(page).select(".sources tbody tr")
    ]


def test_each_source_says_what_it_rests_on(found, client):
    page = client.get("/sources")
    assert "Trade Fair brings those who stay: 3 of 3 were kept beyond six months." in words(page, ".lead")
    assert lines(page) == [
        ["Trade Fair", "3", "0", "None yet", "3 of 3 100%"],
        ["Search", "2", "0", "None yet", "None yet"],
        ["Referred", "1", "0", "None yet", "None yet"],
    ]
    assert "Of one vendor it is not written down how you found them." in words(page)


def test_a_source_leads_to_its_vendors(found, client, inside, business):
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Ida", source="Research")
    links = {link.get_text(): link["href"] for link in soup(client.get("/sources")).select(".sources th[scope=row] a")}
    there = {name: words(client.get(address), ".table tbody") for name, address in links.items()}
    assert [each for each in ("Ann", "Bo", "Cy", "Di", "Ed", "Flo", "Gus") if each in there["Trade Fair"]] == [
        "Ann",
        "Bo",
        "Cy",
    ]
    assert "Di" in there["Search"]
    assert "Ed" in there["Search"]
    assert "Ann" not in there["Search"]
    assert "Ida" not in there["Search"]
    assert "Gus" in there["Referred"]
    assert "Ann" not in there["Referred"]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("name", ["Referred", "Search", "Trade Fair"]),
        ("kept", ["Trade Fair", "Search", "Referred"]),
        ("nonsense", ["Trade Fair", "Search", "Referred"]),
    ],
)
def test_it_is_ordered_by_any_column(found, client, order, names):
    page = client.get(f"/sources?order={order}")
    assert [line[0] for line in lines(page)] == names
    assert len(soup(page).select("th[aria-sort]")) == 1


def test_its_table_holds_the_same_and_tells_no_share_of_few(found, client, inside, business):
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Hal", source="=1+1")
    rows = list(csv.reader(io.StringIO(client.get("/sources.csv").text.removeprefix("\ufeff"))))
    assert rows[0][0] == "How found"
    assert rows[1] == ["Trade Fair", "3", "0", "0", "", "", "3", "3", "100"]
    assert ["Search", "2", "0", "0", "", "", "0", "", ""] in rows
    assert ["'=1+1", "1", "0", "0", "", "", "0", "", ""] in rows


def test_an_empty_business_is_told_what_will_be_here(client):
    assert "Nothing to tell yet" in words(client.get("/sources"))


def test_a_viewer_reads_it_and_another_business_sees_none_of_it(found, browser_of, business):
    assert lines(browser_of(business.viewer).get("/sources"))
    assert "Nothing to tell yet" in words(browser_of(business.stranger).get("/sources"))


def test_it_is_reached_from_insights(client):
    assert soup(client.get("/insights")).select_one("main a[href='/sources']")


def test_it_asks_the_same_number_of_questions_whatever_there_is(found, client, inside, business, count_queries):
    client.get("/sources")
    with count_queries() as few:
        client.get("/sources")
    with inside(business) as session:
        for number in range(20):
            vendors.add(session, by=business.owner, name=f"Vendor {number}", source=f"Place {number}")
    with count_queries() as many:
        client.get("/sources")
    assert len(many) == len(few) <= 6
