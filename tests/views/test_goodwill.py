"""Goodwill with a vendor: two columns, good turns, what referrals earn, and who sees what was closed."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from crm.domain import discounts, goodwill, openings, referrals, vendors
from crm.domain.discounts import Terms
from crm.domain.goodwill import Turn
from crm.models.enums import GoodwillKind, GoodwillSide, ReferralState
from crm.models.goodwill import CreditEntry, DiscountTerms, GoodwillEntry
from tests.support.browsing import soup, words

TODAY = date(2026, 10, 5)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def vendor_id(inside, business) -> int:
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Northlight Studio").id


def win(inside, business, vendor_id: int, terms: Terms, closed: int | None = None) -> None:
    with inside(business) as session:
        vendor = vendors.at(session, vendor_id)
        discounts.agree(vendor, terms, by=business.owner)
        opening = openings.add(session, by=business.owner, business="Harbour Dental")
        referral = referrals.refer(vendor, by=business.owner, opening_id=opening.id)
        referrals.record_step(
            referral, by=business.owner, state=ReferralState.INTRODUCED, happened_on=TODAY, both_said_yes=True
        )
        referrals.record_step(referral, by=business.owner, state=ReferralState.WON, happened_on=TODAY)
        if closed is not None:
            referrals.note_closed(referral, by=business.owner, amount=closed, currency="GBP")


def all_of(inside, business, table):
    with inside(business) as session:
        return list(session.scalars(select(table).order_by(table.id)))


def test_nothing_yet_says_what_could_stand_here(client, vendor_id):
    said = words(client.get(f"/vendors/{vendor_id}/goodwill"))
    assert "Nothing written down yet" in said
    assert "Do they give something for clients you send?" in said


def test_a_good_turn_is_written_down_struck_out_and_counted_again(client, vendor_id, inside, business):
    client.post(
        f"/vendors/{vendor_id}/goodwill",
        side="received",
        kind="advice",
        happened_on="2026-10-01",
        value="60 EUR",
        note="An hour on pricing",
    )
    [entry] = all_of(inside, business, GoodwillEntry)
    assert (entry.side, entry.kind, entry.value_amount, entry.value_currency) == ("received", "advice", 6_000, "EUR")
    page = client.get(f"/vendors/{vendor_id}/goodwill")
    assert [each.get_text() for each in soup(page).select(".figures b")] == ["0", "1"]
    client.post(f"/goodwill/{entry.id}/striking")
    page = client.get(f"/vendors/{vendor_id}/goodwill")
    assert [each.get_text() for each in soup(page).select(".figures b")] == ["0", "0"]
    assert "Struck out, counts no more" in words(page)
    client.post(f"/goodwill/{entry.id}/restoring")
    assert all_of(inside, business, GoodwillEntry)[0].struck_at is None


def test_the_number_above_the_good_turns_is_of_those_that_count(client, vendor_id, inside, business):
    with inside(business) as session:
        for _turn in range(3):
            goodwill.record(
                vendors.at(session, vendor_id),
                Turn(GoodwillSide.GIVEN, GoodwillKind.ADVICE, TODAY),
                by=business.owner,
            )
    path = f"/vendors/{vendor_id}/goodwill"
    assert "struck out" not in words(client.get(path))
    for number, said in ((1, "One more is struck out."), (2, "2 more are struck out.")):
        client.post(f"/goodwill/{all_of(inside, business, GoodwillEntry)[-number].id}/striking")
        page = client.get(path)
        shown = soup(page)
        assert shown.select_one(".figures b").get_text() == str(3 - number)
        assert shown.select_one(".section-head:has(#turns) .count").get_text() == str(3 - number)
        assert said in words(page)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"side": ""}, "Choose who did it."),
        ({"kind": ""}, "Choose what it was."),
        ({"happened_on": "2026-10-06"}, "Pick today or a day before."),
        ({"value": "some"}, "Type an amount in figures"),
        ({"value": "-5"}, "Type an amount from 0 up"),
    ],
)
def test_a_mistake_is_said_and_what_was_typed_stays(client, vendor_id, inside, business, typed, said):
    fields = {"side": "given", "kind": "advice", "happened_on": "2026-10-01", "note": "A long talk", **typed}
    page = client.post(f"/vendors/{vendor_id}/goodwill", **fields)
    assert page.status_code == 422
    assert said in words(page)
    assert "A long talk" in page.text
    assert not all_of(inside, business, GoodwillEntry)


def test_two_received_and_none_given_says_that_it_is_our_turn(client, vendor_id, inside, business):
    with inside(business) as session:
        for _twice in range(2):
            turn = Turn(GoodwillSide.RECEIVED, GoodwillKind.ADVICE, TODAY)
            goodwill.record(vendors.at(session, vendor_id), turn, by=business.owner)
    assert "in six months you did none" in words(client.get(f"/vendors/{vendor_id}/goodwill"))


def test_terms_are_noted_changed_ended_and_resumed(client, vendor_id, inside, business):
    client.post(f"/vendors/{vendor_id}/discount", share="12.5", currency="GBP", cap="1,000", keeps_days="365")
    [row] = all_of(inside, business, DiscountTerms)
    assert (row.percent, row.amount, row.cap, row.keeps_days) == (1_250, None, 100_000, 365)
    page = client.get(f"/vendors/{vendor_id}/discount")
    assert soup(page).select_one("[name=share]")["value"] == "12.5"
    client.post(f"/vendors/{vendor_id}/discount", each="50", currency="GBP", version="1")
    stale = client.post(f"/vendors/{vendor_id}/discount", each="70", currency="GBP", version="1")
    assert stale.status_code == 409
    assert all_of(inside, business, DiscountTerms)[0].amount == 5_000
    client.post(f"/discounts/{row.id}/end")
    assert all_of(inside, business, DiscountTerms)[0].ended_on == TODAY
    client.post(f"/discounts/{row.id}/resumption")
    assert all_of(inside, business, DiscountTerms)[0].ended_on is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Type a share or an amount, one of the two."),
        ({"share": "10", "each": "5"}, "Type a share or an amount, one of the two."),
        ({"share": "0"}, "Type a share from 0.01 to 100."),
        ({"share": "0.001"}, "Type a share from 0.01 to 100."),
        ({"share": "101"}, "Type a share from 0.01 to 100."),
        ({"each": "5 EUR"}, "Type it in the currency chosen."),
        ({"each": "-5"}, "Check the amount."),
    ],
)
def test_terms_that_make_no_sense_are_refused(client, vendor_id, inside, business, typed, said):
    page = client.post(f"/vendors/{vendor_id}/discount", currency="GBP", **typed)
    assert page.status_code == 422
    assert said in words(page)
    assert not all_of(inside, business, DiscountTerms)


def test_credit_is_used_and_the_use_taken_back(client, vendor_id, inside, business):
    win(inside, business, vendor_id, Terms(None, 5_000, "GBP"))
    client.post(f"/vendors/{vendor_id}/credit", amount="20", happened_on="2026-10-05", note="Invoice 12")
    page = client.get(f"/vendors/{vendor_id}/goodwill")
    assert "Credit: £30" in words(page)
    refused = client.post(f"/vendors/{vendor_id}/credit", amount="30.01", happened_on="2026-10-05")
    assert "There was not so much credit on that day." in words(refused)
    used = next(row for row in all_of(inside, business, CreditEntry) if row.kind == "used")
    client.post(f"/credit/{used.id}/taking-back")
    assert "Credit: £50" in words(client.get(f"/vendors/{vendor_id}/goodwill"))


def test_the_statement_is_a_table_for_spreadsheets(client, vendor_id, inside, business):
    win(inside, business, vendor_id, Terms(None, 5_000, "GBP"))
    client.post(f"/vendors/{vendor_id}/credit", amount="20", happened_on="2026-10-05", note="=Invoice")
    lines = client.get(f"/vendors/{vendor_id}/credit.csv").text.lstrip("\ufeff").splitlines()
    assert lines[1:] == [
        '"2026-10-05","Earned","Harbour Dental","50.00","","50.00","GBP"',
        '"2026-10-05","Used","\'=Invoice","","20.00","30.00","GBP"',
    ]


def test_what_was_closed_is_for_admins_and_so_is_credit_that_tells_it(browser_of, vendor_id, inside, business):
    win(inside, business, vendor_id, Terms(1_000, None, "GBP"), closed=90_000)
    owner, member = browser_of(business.owner), browser_of(business.member)
    assert "Credit: £90" in words(owner.get(f"/vendors/{vendor_id}/goodwill"))
    page = words(member.get(f"/vendors/{vendor_id}/goodwill"))
    assert "£90" not in page
    assert "Only admins see the credit" in page
    assert member.get(f"/vendors/{vendor_id}/credit.csv").status_code == 403
    assert member.post(f"/vendors/{vendor_id}/credit", amount="1").status_code == 403


def test_a_share_without_closed_business_is_valued_by_hand(client, vendor_id, inside, business):
    win(inside, business, vendor_id, Terms(1_000, None, "GBP"))
    page = client.get(f"/vendors/{vendor_id}/goodwill")
    assert "Harbour Dental: won. What did it earn?" in words(page)
    assert "Use some of the credit" not in words(page)
    [entry] = all_of(inside, business, CreditEntry)
    assert "Type an amount in figures" in words(client.post(f"/credit/{entry.id}/value", amount="much"))
    client.post(f"/credit/{entry.id}/value", amount="75")
    valued = words(client.get(f"/vendors/{vendor_id}/goodwill"))
    assert "Credit: £75" in valued
    assert "Use some of the credit" in valued


def test_what_they_closed_is_noted_on_the_referral_by_admins(browser_of, vendor_id, inside, business):
    win(inside, business, vendor_id, Terms(1_000, None, "GBP"))
    [referral_id] = [entry.referral_id for entry in all_of(inside, business, GoodwillEntry)]
    path, owner, member = f"/referrals/{referral_id}", browser_of(business.owner), browser_of(business.member)
    assert soup(owner.get(path)).select_one("[name=closed_amount]") is not None
    assert soup(member.get(path)).select_one("[name=closed_amount]") is None
    assert member.post(f"{path}/closing", closed_amount="900").status_code == 403
    assert "Type an amount in figures" in words(owner.post(f"{path}/closing", closed_amount="a lot"))
    for typed, credit in (("900", "Credit: £90"), ("", "Credit: £90")):
        owner.post(f"{path}/closing", closed_amount=typed)
        assert soup(owner.get(path)).select_one("[name=closed_amount]")["value"] == ("£900" if typed else "")
        assert credit in words(owner.get(f"/vendors/{vendor_id}/goodwill"))
    assert "£900" not in member.get(path).text


def rows(page, section: str) -> list[list[str]]:
    lines = soup(page).select(f"[aria-labelledby={section}] tbody tr")
    return [[cell.get_text(" ", strip=True) for cell in line.select("th, td")] for line in lines]


def test_the_overview_counts_a_year_by_month_by_vendor_and_by_connector(client, vendor_id, inside, business):
    assert "Nothing to tell yet" in words(client.get("/goodwill"))
    win(inside, business, vendor_id, Terms(None, 5_000, "GBP"))
    with inside(business) as session:
        vendor = vendors.at(session, vendor_id)
        for day in (date(2025, 11, 1), date(2025, 10, 31)):
            goodwill.record(vendor, Turn(GoodwillSide.RECEIVED, GoodwillKind.ADVICE, day), by=business.owner)
        struck = goodwill.record(vendor, Turn(GoodwillSide.GIVEN, GoodwillKind.ADVICE, TODAY), by=business.owner)
        goodwill.strike(struck)
    page = client.get("/goodwill")
    assert "In twelve months: 1 given, 1 received." in words(page)
    months = rows(page, "months")
    assert (len(months), months[0][:6], months[-1][:6]) == (
        12,
        ["November 2025", "0", "1", "0", "0", "0"],
        ["October", "1", "0", "1", "1", "0"],
    )
    assert rows(page, "vendors") == [["Northlight Studio", "1", "1", "1", "1", "0"]]
    assert rows(page, "connectors") == [[business.owner.user.name, "1", "1", "0"]]
    assert client.get("/goodwill.csv").text.splitlines()[1] == '"Northlight Studio","1","1","1","1","0"'


def test_the_overview_asks_the_same_of_the_database_for_one_and_for_many(client, count_queries, inside, business):
    def ask(number: int) -> int:
        with inside(business) as session:
            for at in range(number):
                vendor = vendors.add(session, by=business.owner, name=f"Vendor {number} {at}")
                goodwill.record(vendor, Turn(GoodwillSide.GIVEN, GoodwillKind.ADVICE, TODAY), by=business.owner)
        client.get("/goodwill")
        with count_queries() as asked:
            client.get("/goodwill")
        return len(asked)

    assert ask(1) == ask(30) <= 6
