"""One brief, several vendors, side by side: the scorecard, who is ahead, and what stays hidden."""

from __future__ import annotations

from datetime import date

import pytest

from crm.domain import trial_briefs, trial_reviews, trial_work, trials, vendors
from crm.domain.trial_briefs import BriefTerms, Condition, Criterion
from crm.domain.trial_reviews import Given
from crm.domain.trials import TrialTerms
from tests.support.browsing import soup, words

DUE = date(2026, 11, 12)
GIVEN = {
    "Inês Duarte": (5, 4, 5, 5, 3),
    "Copper Lane Copy": (3, 5, 4, 4, 2),
    "Bluebell Words": (None, None, 2, 1, 4),
}
CAME = {"Inês Duarte": date(2026, 11, 10), "Copper Lane Copy": DUE, "Bluebell Words": None}
CRITERIA = (
    Criterion("Sounds like us", 3, is_fit=True),
    Criterion("Gets the chemistry right", 3),
    Criterion("Questions and manners", 2, is_fit=True),
    Criterion("On time", 2),
    Criterion("Price", 1),
)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-11-02 09:00")


@pytest.fixture
def card(inside, business, clock_at):
    """The brief of the worked example: three vendors, two reviewers, nobody has scored yet."""
    with inside(business) as session:
        terms = BriefTerms(
            title="Three product-page rewrites",
            body="Rewrite the **unscented** balm.",
            paid_amount=12_000,
            paid_currency="GBP",
            criteria=CRITERIA,
            conditions=(Condition("Keeps every ingredient name"), Condition("Under 300 words", is_must=False)),
            reviewer_ids=(business.owner.user_id, business.admin.user_id),
        )
        brief = trial_briefs.write(session, by=business.owner, terms=terms)
        ids = {"brief": brief.id}
        for name in GIVEN:
            vendor = vendors.add(session, by=business.owner, name=name, what_they_do=f"What {name} does")
            terms = TrialTerms(brief.title, DUE, brief_id=brief.id)
            ids[name] = trials.start(vendor, by=business.owner, terms=terms).id
    clock_at("2026-11-12 15:00")
    with inside(business) as session:
        for name, came in CAME.items():
            if came:
                trial_work.deliver(trials.find(session, ids[name]), by=business.owner, on=came)
    clock_at("2026-11-13 09:00")
    return ids


@pytest.fixture
def review(inside, business, card):
    """Has somebody hand in what they saw."""

    def hand_in(who, name, values=None, remark="", lines=""):
        with inside(business) as session:
            trial = trials.find(session, card[name])
            numbers = [row.id for row in trial_reviews.reading.criteria(session, [trial.brief_id])]
            pairs = zip(numbers, values or GIVEN[name], strict=True)
            given = {number: Given(value, f"{lines} {value}" if lines and value else "") for number, value in pairs}
            trial_reviews.save(trial, by=who, version=0, given=given, remark=remark, hand_in=True)

    return hand_in


@pytest.fixture
def all_in(review, business):
    for name in GIVEN:
        review(business.owner, name)
        review(business.admin, name)


def address(card, more=""):
    return f"/trial-briefs/{card['brief']}{more}"


def cells(page, row):
    """The texts of a row of the table, by its heading."""
    for line in soup(page).select(".scorecard tr"):
        heading = line.select_one(".criterion")
        if heading and heading.get_text() == row:
            return [" ".join(cell.get_text(" ").split()) for cell in line.select("td")]
    raise AssertionError(f"no row {row}")


def test_the_worked_example(client, card, all_in):
    page = client.get(address(card))
    lead = "The same brief to three vendors, £120 each. Two have delivered; Inês Duarte is ahead where it matters most."
    assert soup(page).select_one(".page-head .lead").get_text() == lead


def test_a_lead_in_what_matters_less_is_said_so(client, card, review, business):
    for name, values in {"Inês Duarte": (3, 3, 5, 5, 5), "Copper Lane Copy": (4, 4, 1, 1, 1)}.items():
        for person in (business.owner, business.admin):
            review(person, name, values)
    assert "Inês Duarte is ahead altogether." in words(client.get(address(card)))


def test_a_true_table_with_what_is_best_in_words(client, card, all_in):
    page = client.get(address(card))
    table = soup(page).select_one("table.scorecard")
    assert [each.get_text() for each in table.select("thead th[scope=col] a[href^='/trials/']:first-child")] == [*GIVEN]
    assert [each.get_text() for each in table.select("tbody:first-of-type th[scope=row] .weight")] == [
        "Matters most, counts 3 times",
        "Matters most, counts 3 times",
        "Matters, counts twice",
        "Matters, counts twice",
        "Nice to have, counts once",
    ]
    assert cells(page, "Sounds like us") == ["5 of 5 , the best of three", "3 of 5", "Not scored"]
    assert cells(page, "Price") == ["3 of 5", "2 of 5", "4 of 5 , the best of three"]
    assert cells(page, "Altogether") == ["4.5", "3.8", "Too early to say"]
    assert [each["data-who"] for each in table.select("td.best")] == [
        "Inês Duarte",
        "Copper Lane Copy",
        "Inês Duarte",
        "Inês Duarte",
        "Bluebell Words",
    ]


def test_how_each_stands_to_the_day(client, card):
    page = client.get(address(card))
    assert [each.get_text().strip() for each in soup(page).select(".score-vendor .due")] == [
        "Two days early",
        "On the day",
        "A day late, nothing yet",
    ]


def test_only_the_leaders_bring_on_is_loud_and_leads_to_the_decision(client, card, all_in):
    page = soup(client.get(address(card)))
    loud = page.select(".decisions .btn.primary")
    assert [each["href"].split("&")[0] for each in loud] == [f"/trials/{card['Inês Duarte']}/decision?kind=bring_on"]
    wanted = ["bring_on", "extend", "park", "pass"]
    for name in GIVEN:
        links = page.select(f".decisions a[href^='/trials/{card[name]}/decision']")
        assert [each["href"].split("kind=")[1].split("&")[0] for each in links] == wanted


def test_means_of_several_reviewers_with_one_decimal_and_their_lines(client, card, review, business):
    review(business.owner, "Inês Duarte", (5, 4, 5, 5, 3), lines="Olive says", remark="Hire her")
    review(business.admin, "Inês Duarte", (4, 4, 5, 5, 3), lines="Ada says")
    page = client.get(address(card))
    said = cells(page, "Sounds like us")[0]
    assert said.startswith("4.5 of 5")
    assert "Olive Owner 5: Olive says 5" in said
    assert "Ada Admin 4: Ada says 4" in said
    assert "Hire her" in cells(page, "Overall")[0]
    assert "Scored by Ada Admin and Olive Owner, on Fri 13 Nov" in words(page)


def test_conditions_answer_times_words_and_advice(client, card, all_in, inside, business, clock_at):
    with inside(business) as session:
        trial = trials.find(session, card["Copper Lane Copy"])
        must, should = trial_briefs.reading.conditions_of(session, card["brief"])
        trial_work.check(trial, by=business.owner, met={must.id: False, should.id: True})
        trial_work.put_words(trial, by=business.owner, version=trial.version, shared="Our skin", to_explain="INCI")
        asked_at = trial_reviews.clock.now()
        question = trial_work.ask(trial, by=business.owner, body="Which oil?", asked_at=asked_at)
        clock_at("2026-11-13 12:00")
        trial_work.answer(question, by=business.owner, answered_at=trial_reviews.clock.now())
    page = client.get(address(card))
    assert cells(page, "Keeps every ingredient name") == ["Not looked at", "Not met", "Not looked at"]
    assert cells(page, "Under 300 words") == ["Not looked at", "Met", "Not looked at"]
    assert cells(page, "How fast we answered") == ["No questions", "3 hours", "No questions"]
    assert cells(page, "What we share") == ["Nothing noted", "Our skin", "Nothing noted"]
    assert cells(page, "What we must explain")[1] == "INCI"
    says = cells(page, "What the figures say")
    assert says[0].startswith("Bring them on.")
    assert says[0].endswith("of 5. 1 must is not looked at yet.")
    assert says[1].startswith("A must is not met: part ways.")
    assert says[2].startswith("Too early to say.")


def test_what_one_could_live_with_is_accepted_in_one_click(client, card, all_in):
    page = client.get(address(card))
    assert [bool(each) for each in cells(page, "Could you live with it?")] == [False, True, True]
    press = soup(page).select_one("form[action^='/vendors/'][action*='flaws'] input[name=flaw]")
    form = press.find_parent("form")
    answer = client.post(form["action"], flaw=press["value"])
    assert answer.location.endswith(address(card))
    vendor = form["action"].split("?")[0]
    assert "Price: 2.0 of 5 in a trial task" in words(client.get(vendor))
    assert not soup(client.get(address(card, "?names=hidden"))).select("form[action*='flaws']")


# Hidden


SECRET = ("Hire her", "Olive says", "4.5")


@pytest.mark.parametrize("who", ["owner", "admin", "member", "viewer"])
def test_nothing_is_drawn_from_what_is_hidden(browser_of, business, card, review, who):
    review(business.owner, "Inês Duarte", lines="Olive says", remark="Hire her")
    page = browser_of(getattr(business, who)).get(address(card))
    assert cells(page, "Sounds like us") == ["Hidden", "Not scored", "Not scored"]
    assert cells(page, "Altogether") == ["Hidden", "Too early to say", "Too early to say"]
    assert not any(secret in words(page) for secret in SECRET)
    assert not soup(page).select(".best, .lead-col, .points, .total, .decisions .primary")
    assert "Olive Owner has handed in. Waiting for Ada Admin, until" in words(page)
    assert cells(page, "What the figures say")[0].startswith("Too early to say.")
    review(business.admin, "Inês Duarte")
    assert cells(browser_of(getattr(business, who)).get(address(card)), "Altogether")[:2] == ["4.5", "Too early to say"]


def test_the_day_after_the_last_day_opens_them(client, card, review, business, clock_at):
    review(business.owner, "Inês Duarte")
    clock_at("2026-11-13 23:00")
    assert cells(client.get(address(card)), "Altogether")[0] == "Hidden"
    clock_at("2026-11-14 01:00")
    assert cells(client.get(address(card)), "Altogether")[0] == "4.5"


def test_names_are_hidden_on_demand_and_the_order_says_nothing(client, card, all_in):
    plain, page = client.get(address(card)), client.get(address(card, "?names=hidden"))
    table = soup(page).select_one("table.scorecard")
    assert [each.get_text() for each in table.select(".score-letter")] == ["Vendor A", "Vendor B", "Vendor C"]
    for name in GIVEN:
        assert name in words(plain)
        assert name not in words(page)
        assert f"What {name} does" not in words(page)
    assert not table.select("a[href^='/trials/']")
    assert sorted(cells(page, "Altogether")) == ["3.8", "4.5", "Too early to say"]
    assert cells(page, "Altogether") == cells(client.get(address(card, "?names=hidden")), "Altogether"), "stable"
    assert soup(page).select_one(f".page-head a[href='{address(card)}']").get_text() == "Show the names"


# One, many, none


def test_one_vendor_alone(client, inside, business):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Inês Duarte")
        trial = trials.start(vendor, by=business.owner, terms=TrialTerms("A logo", DUE))
        card = {"brief": trial.brief_id}
    page = client.get(address(card))
    assert "A brief for Inês Duarte. Nothing has come yet." in words(page)
    assert "Due in ten days" in words(page)
    assert not soup(page).select("a[href*='names=hidden']")


def test_both_have_delivered(client, inside, business, clock_at):
    with inside(business) as session:
        brief = trial_briefs.jot(session, "A logo", business.owner)
        for name in ("Inês Duarte", "Copper Lane Copy"):
            vendor = vendors.add(session, by=business.owner, name=name)
            trial = trials.start(vendor, by=business.owner, terms=TrialTerms("A logo", DUE, brief_id=brief.id))
            trial_work.deliver(trial, by=business.owner, on=date(2026, 11, 2))
        card = {"brief": brief.id}
    page = client.get(address(card))
    assert "The same brief to two vendors. Both have delivered." in words(page)
    assert "vendors here" not in words(page)


def test_the_decision_is_one_link_away(client, card):
    page = soup(client.get(address(card)))
    link = page.select_one("p.to-decide a")
    assert link.get_text() == "Go to the decision"
    assert "decisions" in page.select_one(link["href"])["class"]


def test_five_vendors_are_four_and_one(client, inside, business, card):
    with inside(business) as session:
        for number in range(2):
            vendor = vendors.add(session, by=business.owner, name=f"Further {number}")
            terms = TrialTerms("Three product-page rewrites", date(2026, 11, 20), brief_id=card["brief"])
            trials.start(vendor, by=business.owner, terms=terms)
    first, second = client.get(address(card)), client.get(address(card, "?page=2"))
    assert len(soup(first).select("thead .score-vendor")) == 4
    assert len(soup(second).select("thead .score-vendor")) == 1
    assert soup(first).select_one("a[rel=next]")["href"].endswith("page=2")
    assert "Four of five vendors here, and one more" in words(first)
    beside = soup(first).select_one("p:has(+ .score-wrap) a")
    assert (beside.get_text(), beside["href"]) == ("and one more", address(card, "?page=2"))
    assert "One of five vendors here, four before" in words(second)
    assert len(soup(client.get(address(card, "?page=99"))).select("thead .score-vendor")) == 1


def test_a_brief_that_nobody_has(client, inside, business):
    with inside(business) as session:
        card = {"brief": trial_briefs.jot(session, "A logo", business.owner).id}
    page = client.get(address(card))
    assert "Nobody has this brief yet." in words(page)
    assert not soup(page).select("table")


def test_a_trial_that_goes_on_shows_its_newest_round(client, inside, business, card):
    with inside(business) as session:
        before = trials.find(session, card["Copper Lane Copy"])
        vendor = trials.vendor_of(before)
        brief = trial_briefs.jot(session, "One page more", business.owner)
        terms = TrialTerms("One page more", date(2026, 11, 20), brief_id=brief.id, extends=before)
        trials.start(vendor, by=business.owner, terms=terms)
        again = TrialTerms(
            "Once more", date(2026, 11, 20), brief_id=card["brief"], extends=trials.find(session, card["Inês Duarte"])
        )
        newest = trials.start(trials.vendor_of(again.extends), by=business.owner, terms=again).id
        second = {"brief": brief.id}
    page = client.get(address(second))
    assert "Second trial: the one before" in words(page)
    assert soup(page).select_one(f".score-round a[href='{address(card)}']")
    first = soup(client.get(address(card)))
    assert first.select_one(f".score-round a[href='{address(second)}']").get_text() == "It goes on here"
    heads = [each["href"] for each in first.select("thead .score-vendor > a[href^='/trials/']:first-child")]
    assert heads == [f"/trials/{card['Copper Lane Copy']}", f"/trials/{card['Bluebell Words']}", f"/trials/{newest}"]


# Who


def test_who_only_reads_sees_it_and_decides_nothing(browser_of, business, card, all_in):
    page = browser_of(business.viewer).get(address(card))
    assert cells(page, "Altogether")[0] == "4.5"
    assert not soup(page).select("main a[href*='/decision'], main a[href*='/review'], main a[href$='/edit']")


def test_another_business_sees_none_of_it(browser_of, business, card):
    stranger = browser_of(business.stranger)
    assert stranger.get(address(card)).status_code == 404
    assert stranger.get(address(card, "?names=hidden")).status_code == 404


def test_the_way_to_ones_own_scores(browser_of, business, card, review):
    review(business.owner, "Inês Duarte")
    own = soup(browser_of(business.owner).get(address(card)))
    link = f"a[href^='/trials/{card['Inês Duarte']}/review']"
    assert own.select_one(link).get_text().strip().startswith("Your scores")
    assert soup(browser_of(business.admin).get(address(card))).select_one(link).get_text().strip().startswith("Score ")
    other = soup(browser_of(business.member).get(address(card))).select_one(link)
    assert other.get_text().strip().startswith("Score it too")


def test_the_number_of_queries_does_not_grow(client, card, all_in, inside, business, count_queries):
    client.get(address(card))
    with count_queries() as few:
        client.get(address(card))
    with inside(business) as session:
        for number in range(12):
            vendor = vendors.add(session, by=business.owner, name=f"Further {number}")
            terms = TrialTerms("Three product-page rewrites", date(2026, 11, 20), brief_id=card["brief"])
            trials.start(vendor, by=business.owner, terms=terms)
    with count_queries() as many:
        client.get(address(card))
    assert len(few) == len(many), many
    assert len(few) <= 15, few
