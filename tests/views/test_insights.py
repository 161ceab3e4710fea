"""What the log teaches: a year of check-ins, for the business and for one vendor."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from crm.core.dates import CadenceUnit
from crm.domain import interactions, vendors
from crm.models.enums import CadenceChoice, InteractionKind
from tests.support.browsing import soup, words

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def kept_once_and_missed_once(inside, business, clock_at):
    """Every ten days from 5 October on: kept on the 15th, missed on the 25th; one name begins like a formula."""
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        vendor = vendors.add(
            session,
            by=business.member,
            name="=Northlight",
            cadence_choice=CadenceChoice.OWN,
            cadence_every=10,
            cadence_unit=CadenceUnit.DAYS,
        )
    clock_at("2026-10-15 09:00")
    with inside(business) as session:
        interactions.log(
            vendors.at(session, vendor.id),
            by=business.member,
            kind=InteractionKind.CALL,
            occurred_on=date(2026, 10, 15),
        )
    clock_at("2026-11-20 09:00")
    return vendor.id


def test_the_page_says_it_in_a_sentence_and_counts_by_month_person_and_vendor(kept_once_and_missed_once, client):
    page = soup(client.get("/insights"))
    assert "1 of 2 check-ins that came due were kept within seven days." in words(page)
    months, people, with_whom = (table.select("tbody tr") for table in page.select("table"))
    assert len(months) == 12
    assert [cell.get_text() for cell in months[-2].select("td.figure-cell")] == ["1 of 2", "", "1"]
    assert words(people[0]).startswith("Milo Member")
    assert with_whom[0].select_one("a")["href"] == f"/vendors/{kept_once_and_missed_once}/check-ins"


def test_a_vendors_year_lists_each_check_in(kept_once_and_missed_once, client):
    rows = soup(client.get(f"/vendors/{kept_once_and_missed_once}/check-ins")).select("tbody tr")
    assert [words(row.select("td")[0]).strip() for row in rows] == ["Missed", "Kept in time"]


def test_its_table_is_safe_to_open_in_a_spreadsheet(kept_once_and_missed_once, client):
    rows = list(csv.reader(io.StringIO(client.get("/insights/check-ins.csv").text.removeprefix("\ufeff"))))
    assert rows == [
        ["Vendor", "Came due", "Kept in time", "Kept late", "Missed", "You were ahead of it"],
        ["'=Northlight", "2", "1", "0", "1", "0"],
    ]


def test_where_nothing_came_due_it_says_what_will_be_here(client):
    page = soup(client.get("/insights"))
    assert "Nothing to learn from yet" in words(page)
    assert not page.select("table")


def test_a_stranger_finds_neither_the_vendor_nor_its_figures(kept_once_and_missed_once, browser_of, business):
    stranger = browser_of(business.stranger)
    assert stranger.get(f"/vendors/{kept_once_and_missed_once}/check-ins").status_code == 404
    assert "Nothing to learn from yet" in words(soup(stranger.get("/insights")))


def test_it_asks_as_many_questions_for_many_vendors_as_for_one(
    kept_once_and_missed_once, client, count_queries, inside, business
):
    with count_queries() as before:
        client.get("/insights")
    with inside(business) as session:
        for name in "ABC":
            vendors.add(session, by=business.member, name=name)
    with count_queries() as after:
        client.get("/insights")
    assert len(after) == len(before) <= 6
