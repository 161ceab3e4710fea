"""A word of thanks or a good turn is due: told in Today to whom it is for, and on the vendor’s page, unless put off."""

from datetime import date, timedelta

import pytest

from crm.domain import goodwill, goodwill_rules, openings, referrals, stages, vendors
from crm.domain.goodwill import Turn
from crm.domain.goodwill_rules import Favour
from crm.models.enums import GoodwillKind, GoodwillSide, ReferralState, Stage
from crm.models.vendors import Vendor
from crm.queries import reminders as reading
from crm.queries.goodwill_nudges import NudgeKind
from tests.support.browsing import soup, words

TODAY = date(2026, 11, 23)
GIVEN, RECEIVED = GoodwillSide.GIVEN, GoodwillSide.RECEIVED
THANKS = "Nobody has said thank you for it yet."
OUR_TURN = "did you a good turn twice"


@pytest.fixture(autouse=True)
def monday(clock_at) -> None:
    clock_at("2026-11-23 09:00", "Europe/London")


@pytest.fixture
def kind_one(business, inside):
    """kind_one([(RECEIVED, 3), …]): a vendor of the member's with good turns so many days ago; its id."""

    def make(turns, name="Northlight", **fields) -> int:
        with inside(business) as session:
            fields = {"owner_id": business.member.user_id, **fields}
            vendor = vendors.add(session, by=business.owner, name=name, **fields)
            for side, days in turns:
                day = TODAY - timedelta(days=days)
                goodwill.record(vendor, Turn(side, GoodwillKind.ADVICE, day), by=business.owner)
            return vendor.id

    return make


@pytest.fixture
def won(business, inside):
    """won() is a referral by the member that is won: its id and the vendor's."""

    def make(*states: ReferralState) -> tuple[int, int]:
        with inside(business) as session:
            vendor = vendors.add(session, by=business.owner, name="Northlight")
            opening = openings.add(session, by=business.owner, business="Harbour Dental")
            referral = referrals.refer(vendor, by=business.member, opening_id=opening.id)
            for state in (ReferralState.INTRODUCED, *(states or (ReferralState.WON,))):
                referrals.record_step(referral, by=business.member, state=state, happened_on=TODAY, both_said_yes=True)
            return referral.id, vendor.id

    return make


def nudges(inside, business, reader, *, everyone=False) -> list[tuple[NudgeKind, int]]:
    with inside(business) as session:
        found = reading.figures(session, TODAY, reader=reader, everyone=everyone)
        return [(each.kind, each.vendor_id) for each in found.nudges]


@pytest.mark.parametrize(
    "turns",
    [
        [],
        [(RECEIVED, 3)],
        [(RECEIVED, 3), (RECEIVED, 40)],
        [(RECEIVED, 3), (RECEIVED, 3), (RECEIVED, 90)],
        [(RECEIVED, 3), (RECEIVED, 40), (GIVEN, 100)],
        [(RECEIVED, 3), (RECEIVED, 40), (GIVEN, 200)],
        [(RECEIVED, 183), (RECEIVED, 3)],
        [(RECEIVED, 184), (RECEIVED, 3)],
        [(RECEIVED, 185), (RECEIVED, 3)],
        [(GIVEN, 3), (GIVEN, 4)],
    ],
)
def test_whose_turn_it_is_is_the_same_in_today_as_by_the_rule(business, inside, kind_one, turns) -> None:
    vendor_id = kind_one(turns)
    favours = [Favour(side, GoodwillKind.ADVICE, TODAY - timedelta(days=days)) for side, days in turns]
    due = [(NudgeKind.TURN, vendor_id)] if goodwill_rules.owes_a_turn(favours, TODAY) else []
    assert nudges(inside, business, business.member) == due


def test_a_turn_that_was_struck_out_does_not_count(business, inside, kind_one) -> None:
    vendor_id = kind_one([(RECEIVED, 3)])
    with inside(business) as session:
        vendor = session.get_one(Vendor, vendor_id)
        mistake = goodwill.record(vendor, Turn(RECEIVED, GoodwillKind.ADVICE, TODAY), by=business.owner)
        goodwill.strike(mistake)
    assert nudges(inside, business, business.member) == []


def test_it_is_for_whom_looks_after_them_or_for_the_admins(business, inside, kind_one) -> None:
    theirs, nobodys = kind_one([(RECEIVED, 3)] * 2), kind_one([(RECEIVED, 3)] * 2, "Larch", owner_id=None)
    assert nudges(inside, business, business.member) == [(NudgeKind.TURN, theirs)]
    assert nudges(inside, business, business.admin) == [(NudgeKind.TURN, nobodys)]
    assert nudges(inside, business, business.viewer) == []
    both = [(NudgeKind.TURN, theirs), (NudgeKind.TURN, nobodys)]
    assert nudges(inside, business, business.owner, everyone=True) == both
    assert nudges(inside, business.stranger, business.stranger, everyone=True) == []


def test_nothing_is_due_to_who_wants_no_contact_or_is_gone(business, inside, kind_one) -> None:
    gone = kind_one([(RECEIVED, 3)] * 2)
    kind_one([(RECEIVED, 3)] * 2, "Larch", do_not_contact=True)
    with inside(business) as session:
        stages.move(session.get_one(Vendor, gone), by=business.owner, to=Stage.ENDED, why="They retired")
    assert nudges(inside, business, business.member, everyone=True) == []


@pytest.mark.parametrize(
    ("states", "is_due"),
    [
        ([ReferralState.WON], True),
        ([ReferralState.TALKING], False),
        ([ReferralState.WON, ReferralState.THANKED], False),
        ([ReferralState.THANKED, ReferralState.WON], False),
        ([ReferralState.WON, ReferralState.LOST], False),
    ],
)
def test_thanks_are_due_for_what_is_won(business, inside, won, states, is_due) -> None:
    _referral_id, vendor_id = won(*states)
    assert nudges(inside, business, business.member) == ([(NudgeKind.THANKS, vendor_id)] if is_due else [])
    assert nudges(inside, business, business.owner) == []


def test_today_and_the_vendors_page_say_it_and_lead_to_the_thanks(business, browser_of, won) -> None:
    referral_id, vendor_id = won()
    browser = browser_of(business.member)
    for path in ("/today", f"/vendors/{vendor_id}"):
        page = browser.get(path)
        assert f"Northlight and Harbour Dental work together. {THANKS}" in words(page)
        hrefs = [link["href"] for link in soup(page).select("a") if "Say thank you" in link.get_text()]
        assert hrefs == [f"/referrals/{referral_id}?letter=thanks"]


@pytest.mark.parametrize("path", ["/today", "/vendors/{}"])
def test_not_now_is_for_a_month_and_can_be_taken_back(business, browser_of, kind_one, clock_at, path) -> None:
    where = path.format(kind_one([(RECEIVED, 3)] * 2))
    browser = browser_of(business.member)
    forms = soup(browser.get(where)).select("main form")
    [put_off] = [form["action"] for form in forms if "Not now" in form.get_text()]
    for _time in range(2):
        answer = browser.post(put_off)
        assert (answer.status_code, answer.location) == (303, where)
    shown = browser.get(where)
    assert OUR_TURN not in words(shown)
    browser.post(soup(shown).select_one(".toast form")["action"])
    assert OUR_TURN in words(browser.get(where))
    browser.post(put_off)
    for day, is_told in (("2026-12-22", False), ("2026-12-23", True)):
        clock_at(f"{day} 09:00", "Europe/London")
        assert (OUR_TURN in words(browser_of(business.member).get(where))) is is_told


def test_who_may_only_look_reads_it_on_the_page_and_puts_nothing_off(business, browser_of, kind_one) -> None:
    vendor_id = kind_one([(RECEIVED, 3)] * 2)
    viewer = browser_of(business.viewer)
    page = viewer.get(f"/vendors/{vendor_id}")
    assert OUR_TURN in words(page)
    assert "Not now" not in words(page)
    assert viewer.post(f"/vendors/{vendor_id}/goodwill/not-now").status_code == 403
    stranger = browser_of(business.stranger)
    assert stranger.post(f"/vendors/{vendor_id}/goodwill/not-now").status_code == 404
    assert OUR_TURN not in words(stranger.get("/today"))


def test_however_many_are_due_today_asks_no_more(business, browser_of, kind_one, count_queries) -> None:
    for number in range(9):
        kind_one([(RECEIVED, 3)] * 2, f"Vendor {number}")
    browser = browser_of(business.member)
    browser.get("/today")
    with count_queries() as statements:
        page = browser.get("/today")
    assert len(statements) <= 8
    assert words(page).count(OUR_TURN) == 4
