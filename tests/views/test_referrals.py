"""Openings and referrals as people use them: the forms, the letters, the steps."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from crm.core import limits
from crm.domain import goodwill, openings, people, referrals, vendors
from crm.domain.goodwill import Turn
from crm.mail.drafts import Introduction, introduce
from crm.models.enums import GoodwillKind, GoodwillSide, ReferralState
from tests.support.browsing import soup, words
from tests.support.forms import as_shown


@pytest.fixture
def northlight(business, inside) -> int:
    """A vendor with a person who has an address."""
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio", stage="active")
        people.add(vendor, by=business.owner, name="Marta Kowalczyk", emails=["marta@northlight.example"])
        return vendor.id


@pytest.fixture
def dental(business, inside) -> int:
    """A business that looks for someone."""
    with inside(business) as session:
        return openings.add(
            session,
            by=business.owner,
            business="Harbour Dental",
            person="Ewan Price",
            email="ewan@harbour.example",
            what_they_need="three short films",
        ).id


@pytest.fixture
def referral(business, inside, northlight, dental) -> int:
    with inside(business) as session:
        vendor = vendors.at(session, northlight)
        return referrals.refer(vendor, by=business.owner, opening_id=dental, blurb="She is patient.").id


def drafts(html: str) -> list[tuple[str, str, str]]:
    """To, subject and body of each letter that the page opens in a mail program."""
    found = []
    for address in re.findall(r'href="(mailto:[^"]*body=[^"]*)"', html):
        parts = urlsplit(address.replace("&amp;", "&"))
        query = parse_qs(parts.query)
        found.append((unquote(parts.path), query["subject"][0], query["body"][0]))
    return found


def test_an_opening_is_added_changed_closed_and_opened_again(client) -> None:
    made = client.post(
        "/openings", business="Harbour Dental", what_they_need="three films", budget="1,200.50", currency="GBP"
    )
    page = client.get(made.headers["Location"])
    assert "Harbour Dental" in page.text
    assert "£1,200.50" in page.text
    path = made.headers["Location"]
    assert "They found someone" in page.text
    client.post(f"{path}/closing")
    assert "They look again" in client.get(path).text
    client.post(f"{path}/reopening")
    assert "They found someone" in client.get(path).text


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("business", "", "Type the name of the business"),
        ("budget", "lots", "Type an amount"),
        ("budget", "-5", "Type an amount"),
        ("email", "nowhere", "Type an e-mail address"),
        ("email", "a@x.example,b@evil.example", "Type an e-mail address"),
        ("email", "a@x.example?bcc=b@evil.example", "Type an e-mail address"),
        ("until", "9999-12-31", "Check the year"),
        ("until", "2020-01-01", "Pick a day from today on"),
        ("until", "soon", "Type the day as year-month-day"),
        ("category_id", "99999999", "Choose one of the list"),
        ("category_id", "x", "Choose one of the list"),
        ("what_they_need", "a" * 501, "Keep it under"),
    ],
)
def test_a_mistake_is_said_and_what_was_typed_stays(client, field, typed, words) -> None:
    values = {"business": "Harbour Dental", "person": "Ewan Price", "currency": "GBP", field: typed}
    answer = client.post("/openings", **values)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Ewan Price" in answer.text
    assert "Harbour Dental" not in client.get("/openings").text


def test_two_people_who_save_the_same_opening_do_not_overwrite_each_other(client, business, browser_of, dental) -> None:
    path = f"/openings/{dental}"
    version = re.search(r'name="version"[^>]*value="(\d+)"', client.get(f"{path}/edit").text)
    assert version
    browser_of(business.member).post(path, business="Harbour Dental Ltd", currency="GBP", version=version[1])
    late = client.post(path, business="Harbour Dental and Sons", currency="GBP", version=version[1])
    assert late.status_code == 409
    assert "Harbour Dental Ltd" in client.get(path).text


def say(client, business, referral: int, *states: str) -> None:
    """Records steps of today."""
    for state in states:
        today = business.workspace.today.isoformat()
        assert client.post(f"/referrals/{referral}/steps", state=state, happened_on=today).status_code == 303


def test_a_referral_offers_three_letters_for_ones_own_mail_program(client, business, referral) -> None:
    [ask_vendor] = drafts(client.get(f"/referrals/{referral}?letter=vendor").text)
    [ask_business] = drafts(client.get(f"/referrals/{referral}?letter=business").text)
    say(client, business, referral, "vendor_yes", "business_yes")
    [introduce] = drafts(client.get(f"/referrals/{referral}").text)
    assert ask_vendor[0] == "marta@northlight.example"
    assert "Harbour Dental is looking for someone: three short films." in ask_vendor[2]
    assert "ewan@harbour.example" not in "".join(ask_vendor)  # no address before both have said yes
    assert ask_business[0] == "ewan@harbour.example"
    assert "marta@northlight.example" not in "".join(ask_business)
    assert introduce[0] == "marta@northlight.example,ewan@harbour.example"
    assert "She is patient." in introduce[2]


def test_a_letter_goes_to_its_addresses_and_to_nobody_else() -> None:
    about = Introduction(
        "Wren", "", "w@wren.example,b@evil.example", "Dental", "", "e@d.example?bcc=x@y.example", "", "", "O"
    )
    assert introduce(about).mailto.startswith(
        "mailto:w@wren.example%2Cb@evil.example,e@d.example%3Fbcc%3Dx@y.example?subject="
    )


def test_they_are_introduced_only_when_both_said_yes(client, business, referral) -> None:
    page = client.get(f"/referrals/{referral}?letter=introduction").text
    assert drafts(page) == []
    assert "Ready once both have said yes." in page
    say(client, business, referral, "vendor_yes", "business_no")
    page = client.get(f"/referrals/{referral}?letter=introduction").text
    assert drafts(page) == []
    assert "One of them said no" in page


def test_an_introduction_before_both_said_yes_is_asked_about(client, business, referral) -> None:
    step = {"state": "introduced", "happened_on": business.workspace.today.isoformat()}
    refused = client.post(f"/referrals/{referral}/steps", **step)
    assert refused.status_code == 422
    assert "Introduce them once both have said yes." in refused.text
    assert client.post(f"/referrals/{referral}/steps", both_said_yes="y", **step).status_code == 303
    assert "Business said yes" in client.get(f"/referrals/{referral}").text


def test_undo_takes_back_the_step_that_was_just_recorded(client, business, referral) -> None:
    today = business.workspace.today
    say(client, business, referral, "vendor_asked")
    earlier = (today - timedelta(days=2)).isoformat()
    answer = client.post(f"/referrals/{referral}/steps", state="business_asked", happened_on=earlier)
    client.post(soup(client.follow(answer)).select(".toast form")[-1]["action"])
    steps = words(client.get(f"/referrals/{referral}"), ".step-log")
    assert "Vendor asked" in steps
    assert "Business asked" not in steps


def test_taking_a_referral_back_asks_first(client, referral) -> None:
    page = soup(client.get(f"/referrals/{referral}"))
    assert not page.select(f"form[action='/referrals/{referral}/removal']")
    asked = client.get(page.select_one("a[href$='/removal']")["href"])
    assert "It goes for good, with all its steps and their notes." in asked.text
    client.post(soup(asked).select_one("main form")["action"])
    assert client.get(f"/referrals/{referral}").status_code == 404


def test_steps_are_recorded_and_shown_with_who_and_when(client, business, referral) -> None:
    today = business.workspace.today.isoformat()
    client.post(f"/referrals/{referral}/steps", state="vendor_yes", happened_on=today, channel="phone", note="Gladly.")
    page = client.get(f"/referrals/{referral}").text
    assert "Vendor said yes" in page
    assert "Olive Owner" in page
    assert "Gladly." in page
    assert "We remind you on" in page


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": "won", "happened_on": "2999-01-01"}, "Pick a day up to today"),
        ({"state": "nonsense", "happened_on": "2026-01-05"}, "Choose one of the list"),
        ({"state": "", "happened_on": "2026-01-05"}, "Choose what happened"),
        ({"state": "won", "happened_on": ""}, "Pick a day up to today"),
    ],
)
def test_a_bad_step_is_refused_in_words(client, referral, values, words) -> None:
    answer = client.post(f"/referrals/{referral}/steps", note="kept words", **values)
    assert answer.status_code == 422
    assert words in answer.text
    assert "kept words" in answer.text


def test_referring_from_a_vendors_page_has_the_vendor_chosen(client, northlight, dental) -> None:
    page = client.get(f"/referrals/new?vendor_id={northlight}").text
    assert re.search(rf'<option[^>]*selected[^>]*value="{northlight}"|value="{northlight}"[^>]*selected', page)
    made = client.post("/referrals", vendor_id=northlight, opening_id=dental, blurb="She is patient.")
    assert made.status_code == 303
    assert "Nobody has been asked yet" in client.get(made.headers["Location"]).text


def test_the_letters_follow_what_is_chosen_and_nothing_is_stored(client, northlight, dental) -> None:
    assert "What you send" not in client.get("/referrals/new").text
    chosen = {"vendor_id": northlight, "opening_id": dental, "blurb": "She is patient.", "terms": "A cake"}
    page = client.post("/referrals/draft", **chosen)
    assert page.status_code == 200
    to_vendor, to_business, to_both = (each.text for each in soup(page).select(".letter"))
    assert "marta@northlight.example" in to_vendor
    assert "She is patient." in to_vendor
    assert "ewan@harbour.example" not in to_vendor
    assert "marta@northlight.example" not in to_business
    assert "Marta Kowalczyk of Northlight Studio" in to_both
    assert as_shown(page, "#refer-form")["terms"] == "A cake"
    assert "Ask Marta" in words(page, ".steps")
    assert "No referrals yet" in client.get("/referrals").text


def test_a_vendor_of_another_business_cannot_be_referred(client, business, inside, dental) -> None:
    with inside(business.stranger) as session:
        theirs = vendors.add(session, by=business.stranger, name="Secret Studio").id
    assert "Secret Studio" not in client.get(f"/referrals/new?vendor_id={theirs}").text
    answer = client.post("/referrals", vendor_id=theirs, opening_id=dental)
    assert answer.status_code == 422
    assert "Secret Studio" not in answer.text


def row_of(page, vendor: str) -> str:
    return next(each.text for each in soup(page).select(".ref-row") if vendor in each.text)


def test_the_list_says_where_each_stands_and_whose_turn_it_is(client, business, browser_of, referral) -> None:
    teammate = browser_of(business.member)
    told = []
    for step in (None, "vendor_asked", "vendor_yes", "business_not_now", "business_yes", "introduced", "won"):
        if step:
            say(client, business, referral, step)
        told.append(" ".join(row_of(client.get("/referrals"), "Northlight").split()))
    asked = ["Nobody was asked yet", "Waiting for Northlight Studio", "Northlight Studio said yes. Your turn"]
    rest = ["Harbour Dental said not now", "Both said yes. Your turn", "Introduced", "Working together"]
    for words_of_row, expected in zip(told, [*asked, *rest], strict=True):
        assert expected in words_of_row
    acts = ("Finish", "Ask Ewan", "Introduce them", "Thank them")
    assert [act for act in acts if any(act in row for row in told)] == list(acts)
    assert "Thank them" in row_of(teammate.get("/referrals"), "Northlight")


def test_a_teammate_reads_whose_turn_it_is(client, business, browser_of, referral) -> None:
    say(client, business, referral, "vendor_yes")
    for colleague in (business.member, business.viewer):
        row = row_of(browser_of(colleague).get("/referrals"), "Northlight")
        assert "Olive’s turn" in row
        assert ("Ask Ewan" in row) is (colleague is business.member)


def test_a_list_of_many_comes_in_pages(client, business, inside) -> None:
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio", stage="active")
        for number in range(limits.PAGE_ROWS + 1):
            opening = openings.add(session, by=business.owner, business=f"Business {number:03}")
            referrals.refer(vendor, by=business.owner, opening_id=opening.id)
    first = client.get("/referrals")
    assert len(soup(first).select(".ref-row")) == limits.PAGE_ROWS
    following = soup(first).select_one("a[rel=next]")["href"]
    assert [row.select("a")[1].text for row in soup(client.get(following)).select(".ref-row")] == ["Business 000"]
    assert str(limits.PAGE_ROWS + 1) in soup(first).select_one(".section-head .count").text


def test_whom_others_sent_is_listed_and_both_columns_are_shown(client, business, inside, northlight) -> None:
    today = business.workspace.today
    with inside(business) as session:
        vendor = vendors.at(session, northlight)
        sent = Turn(GoodwillSide.RECEIVED, GoodwillKind.REFERRAL, today, "Fieldnote Photography")
        goodwill.record(vendor, sent, by=business.owner)
        goodwill.record(vendor, Turn(GoodwillSide.GIVEN, GoodwillKind.ADVICE, today, "An hour"), by=business.owner)
        struck = goodwill.record(
            vendor, Turn(GoodwillSide.RECEIVED, GoodwillKind.REFERRAL, today, "None"), by=business.owner
        )
        goodwill.strike(struck)
    page = words(client.get("/referrals"))
    assert "Sent to you 1 Fieldnote Photography, from Northlight Studio" in page
    assert "Given 1, received 1" in page
    assert "None given in three months, one came back." in page


def test_the_lists_have_a_fixed_number_of_queries(client, business, inside, engine, app, count_queries) -> None:
    def statements() -> int:
        with count_queries() as seen:
            client.get("/referrals")
        return len(seen)

    def add(count: int, start: int) -> None:
        with inside(business) as session:
            for number in range(start, start + count):
                vendor = vendors.add(session, by=business.owner, name=f"Studio {number}", despite_doubles=True)
                opening = openings.add(session, by=business.owner, business=f"Business {number}")
                one = referrals.refer(vendor, by=business.owner, opening_id=opening.id)
                referrals.record_step(
                    one, by=business.owner, state=ReferralState.WON, happened_on=business.workspace.today
                ) if number % 2 else None

    add(2, 0)
    few = statements()
    add(20, 2)
    assert statements() == few


@pytest.mark.parametrize("chosen", [False, True])
def test_the_form_has_a_fixed_number_of_queries(
    client, business, inside, northlight, dental, count_queries, chosen
) -> None:
    path = f"/referrals/new?vendor_id={northlight}&opening_id={dental}" if chosen else "/referrals/new"

    def statements() -> int:
        with count_queries() as seen:
            assert client.get(path).status_code == 200
        assert len(seen) <= (11 if chosen else 5), seen
        return len(seen)

    few = statements()
    with inside(business) as session:
        vendor = vendors.at(session, northlight)
        for number in range(5):
            opening = openings.add(session, by=business.owner, business=f"Business {number}")
            referrals.refer(vendor, by=business.owner, opening_id=opening.id)
            sent = Turn(GoodwillSide.RECEIVED, GoodwillKind.REFERRAL, business.workspace.today, f"Turn {number}")
            goodwill.record(vendor, sent, by=business.owner)
    assert statements() == few
