"""The page of an introduction's outcome: one tap each, led to from Today and the morning letter."""

from datetime import date

import pytest

from crm.core.tenancy import workspace_session
from crm.domain import openings, referrals, vendors
from crm.models.enums import ReferralState
from crm.models.referrals import Referral
from tests.support.browsing import soup, words


@pytest.fixture
def referral(business, inside, clock_at) -> Referral:
    """Northlight, introduced to Harbour Dental by the member; two weeks later."""
    clock_at("2026-10-05 09:00", "Europe/London")
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio")
        opening = openings.add(session, by=business.owner, business="Harbour Dental", email="reception@harbour.example")
        made = referrals.refer(vendor, by=business.member, opening_id=opening.id)
        referrals.record_step(
            made, by=business.member, state=ReferralState.INTRODUCED, happened_on=date(2026, 10, 5), both_said_yes=True
        )
    clock_at("2026-10-19 09:00", "Europe/London")
    return made


@pytest.fixture
def stands(engine, business, referral):
    """stands() is where the referral stands, and when it is asked about next."""

    def read() -> tuple[ReferralState, date | None]:
        with workspace_session(engine, business.workspace.id, writing=False) as session:
            row = session.get_one(Referral, referral.id)
            return row.state, row.follow_up_on

    return read


def path(referral: Referral) -> str:
    return f"/referrals/{referral.id}/outcome"


def test_today_leads_to_it_and_comes_back(business, browser_of, referral, stands) -> None:
    browser = browser_of(business.member)
    [link] = [each for each in soup(browser.get("/today")).select(".row a") if "How did it go?" in each.get_text()]
    shown = browser.get(link["href"])
    assert "You introduced Northlight Studio to Harbour Dental on " in words(shown)
    form = soup(shown).select_one("form.taps")
    assert [each["value"] for each in form.select("button")] == ["talking", "won", "lost", "no_reply", "later"]
    answer = browser.post(form["action"], how="talking")
    assert (answer.status_code, answer.location) == (303, "/today")
    assert stands() == (ReferralState.TALKING, date(2026, 11, 19))
    assert "How did it go?" not in words(browser.get("/today"))


@pytest.mark.parametrize(
    ("how", "state", "asked_on"),
    [
        ("talking", ReferralState.TALKING, date(2026, 11, 19)),
        ("won", ReferralState.WON, None),
        ("lost", ReferralState.LOST, None),
        ("no_reply", ReferralState.NO_REPLY, None),
        ("later", ReferralState.INTRODUCED, date(2026, 10, 26)),
    ],
)
def test_each_answer_is_one_tap_and_twice_is_once(business, browser_of, referral, stands, how, state, asked_on) -> None:
    browser = browser_of(business.member)
    for _time in range(2):
        assert browser.post(path(referral), how=how).status_code == 303
        assert stands() == (state, asked_on)


def test_after_won_a_word_of_thanks_is_next(business, browser_of, referral) -> None:
    answer = browser_of(business.member).post(path(referral), how="won")
    assert answer.location == f"/referrals/{referral.id}?letter=thanks"


def test_an_answer_can_be_taken_back_by_the_toast(business, browser_of, referral, stands) -> None:
    browser = browser_of(business.member)
    browser.post(f"{path(referral)}?back=/today", how="lost")
    undo = soup(browser.get("/today")).select_one(".toast form")["action"]
    assert browser.post(undo).status_code == 303
    assert stands() == (ReferralState.INTRODUCED, date(2026, 10, 19))


def test_what_is_known_is_said_and_another_answer_is_refused(business, browser_of, referral, stands) -> None:
    browser = browser_of(business.member)
    browser.post(path(referral), how="lost")
    shown = browser.get(path(referral))
    assert "Came to nothing, noted for" in words(shown)
    assert soup(shown).select("form.taps") == []
    browser.post(path(referral), how="won")
    assert stands() == (ReferralState.LOST, None)


def test_before_the_introduction_it_says_so(business, inside, browser_of, referral, stands) -> None:
    with inside(business) as session:
        referrals.undo_last_step(referrals.find(session, referral.id), by=business.member)
    browser = browser_of(business.member)
    assert "They have not been introduced yet." in words(browser.get(path(referral)))
    browser.post(path(referral), how="won")
    assert stands()[0] is ReferralState.BUSINESS_YES


def test_an_answer_that_is_none_changes_nothing(business, browser_of, referral, stands) -> None:
    for said in ({"how": "thanked"}, {"how": "introduced"}, {}):
        browser_of(business.member).post(path(referral), **said)
        assert stands() == (ReferralState.INTRODUCED, date(2026, 10, 19))


def test_only_who_works_here_answers(business, browser_of, referral, stands) -> None:
    for person, status in ((business.viewer, 403), (business.stranger, 404)):
        browser = browser_of(person)
        assert browser.get(path(referral)).status_code == status
        assert browser.post(path(referral), how="won").status_code == status
    assert stands()[0] is ReferralState.INTRODUCED
    assert browser_of(business.owner).post(path(referral), how="won").status_code == 303
