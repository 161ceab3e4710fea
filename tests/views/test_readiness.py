"""Readiness on screen: the check, its verdict with why, what to do, how it was before, when to look again."""

from __future__ import annotations

import pytest

from crm.domain import needs, parkings, readiness, vendors
from crm.domain.needs import NeedTerms
from crm.models.enums import Answer, ParkingReason, Statement
from crm.models.vocabulary import word
from crm.queries import readiness as reading
from tests.support.browsing import soup, words

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def member(browser_of, business):
    return browser_of(business.member)


def said(everything: int = 3, **other: int) -> dict[str, int]:
    return {statement.value: other.get(statement, everything) for statement in Statement}


@pytest.fixture
def take(inside, business):
    def make(everything=3, by=None, **other):
        answers = {Statement(name): Answer(value) for name, value in said(everything, **other).items()}
        with inside(business) as session:
            return readiness.take(session, by=by or business.member, answers=answers).id

    return make


def test_nobody_has_looked_yet(member, browser_of, business):
    shown = member.get("/readiness")
    assert "Are you ready to hand work over?" in words(shown)
    assert soup(shown).select_one("a[href='/readiness/new']")
    viewer = browser_of(business.viewer)
    assert soup(viewer.get("/readiness")).select_one("main a[href='/readiness/new']") is None
    assert viewer.get("/readiness/new").status_code == 403


def test_the_check_has_two_statements_for_each_area_with_four_answers_in_words(member):
    shown = soup(member.get("/readiness/new"))
    assert len(shown.select("main h2")) == 8
    groups = shown.select("main fieldset")
    assert len(groups) == 16
    for group in groups:
        anchors = [label.get_text(strip=True) for label in group.select("label")]
        assert anchors == ["Not started", "In someone’s head", "Partly written down", "Written down and used"]
        assert group.select("input[checked]") == []


def test_the_verdict_is_told_with_why(member):
    shown = member.follow(member.post("/readiness", **said(3, money_budget=1, time_hours=1)))
    assert "Start small" in words(shown, "h2")
    assert "In someone’s head alone: Money and Time to manage." in words(shown)
    marked = [row.get_text(" ", strip=True) for row in soup(shown).select("tr") if "Holds you back" in row.get_text()]
    assert marked == ["Money Holds you back In someone’s head", "Time to manage Holds you back In someone’s head"]


@pytest.mark.parametrize(
    ("answers", "verdict", "why"),
    [
        (said(2), "Ready", "Every area is at least partly written down."),
        (said(3, access_back=0), "Prepare first", "Not started yet: Access and security."),
        (said(2, money_paying=1), "Start small", "In someone’s head alone: Money."),
    ],
)
def test_each_verdict_has_its_words(member, answers, verdict, why):
    shown = words(member.follow(member.post("/readiness", **answers)))
    assert verdict in shown
    assert why in shown


def test_what_was_answered_is_kept_when_some_are_missing(member, inside, business):
    answers = said(2)
    del answers["money_budget"], answers["access_own"]
    shown = member.post("/readiness", **answers)
    assert shown.status_code == 422
    problems = [link["href"] for link in soup(shown).select(".error-summary a")]
    assert problems == ["#money_budget", "#access_own"]
    summed_up = [link.get_text() for link in soup(shown).select(".error-summary a")]
    statements = [word(Statement.MONEY_BUDGET), word(Statement.ACCESS_OWN)]
    assert summed_up == [f"{statement} Choose one of the four." for statement in statements]
    assert [each.get_text() for each in soup(shown).select("fieldset .error")] == ["Choose one of the four."] * 2
    assert "14 of 16 answered" in words(shown)
    again = soup(member.get("/readiness/new"))
    assert len(again.select("input[checked]")) == 14
    shown = member.follow(member.post("/readiness", money_budget=2, access_own=2))
    assert "Ready" in words(shown, "h2")


def test_a_check_is_kept_for_later_by_its_author_alone(member, browser_of, business):
    shown = member.follow(member.post("/readiness", money_budget=1, act="keep"))
    assert "Kept." in words(shown)
    assert "Go on with your check" in words(shown)
    assert soup(member.get("/readiness/new")).select_one("input[name=money_budget][checked]")["value"] == "1"
    owner = browser_of(business.owner)
    assert "Take the check" in words(owner.get("/readiness"))
    assert soup(owner.get("/readiness/new")).select("input[checked]") == []
    assert owner.get("/readiness/1").status_code == 404


@pytest.mark.parametrize("answer", ["4", "-1", "yes", ""])
def test_an_answer_that_is_none_of_the_four_is_refused(member, inside, business, answer):
    assert member.post("/readiness", **{**said(2), "money_budget": answer}).status_code == 422
    with inside(business) as session:
        assert reading.latest(session) is None


def test_a_check_is_taken_back_with_undo(member):
    member.post("/readiness", **said(2))
    shown = member.follow(member.post("/readiness/1/take-back"))
    assert len(soup(shown).select("input[checked]")) == 16
    assert "Are you ready" in words(member.get("/readiness"))


def test_a_weak_answer_becomes_a_task_in_one_click_and_is_ticked_off(member, take):
    check_id = take(3, money_budget=1)
    shown = soup(member.get("/readiness"))
    assert [box["value"] for box in shown.select("input[name=statement]")] == ["money_budget"]
    for _again in range(2):
        shown = member.follow(member.post(f"/readiness/{check_id}/tasks", statement="money_budget"))
        assert "Added by Milo Member" in words(shown, "#tasks ~ ul, section")
        assert soup(shown).select("input[name=statement]") == []
    shown = member.follow(member.post("/readiness/tasks/1/done"))
    assert soup(shown).select_one("details.as-table form[action='/readiness/tasks/1/done/undo']")
    assert soup(shown).select("input[name=statement]") == []
    shown = member.follow(member.post("/readiness/tasks/1/done/undo"))
    assert soup(shown).select_one("form[action='/readiness/tasks/1/done']")
    shown = member.follow(member.post("/readiness/tasks/1/remove"))
    assert [box["value"] for box in soup(shown).select("input[name=statement]")] == ["money_budget"]
    shown = member.follow(member.post(soup(shown).select_one(".toast form")["action"]))
    assert soup(shown).select_one("form[action='/readiness/tasks/1/done']")


def test_what_was_done_before_a_check_that_is_still_weak_is_offered_again(browser_of, business, take, clock_at, member):
    check_id = take(3, money_budget=1)
    member.post(f"/readiness/{check_id}/tasks", statement="money_budget")
    member.post("/readiness/tasks/1/done")
    clock_at("2026-10-06 09:00")
    take(3, money_budget=1)
    shown = soup(member.get("/readiness"))
    assert [box["value"] for box in shown.select("input[name=statement]")] == ["money_budget"]


def test_nothing_but_a_statement_becomes_a_task(member, take):
    check_id = take(0)
    assert member.post(f"/readiness/{check_id}/tasks", statement="colour").status_code == 422


def test_a_viewer_reads_and_changes_nothing(browser_of, business, take, inside):
    check_id = take(0)
    viewer = browser_of(business.viewer)
    shown = soup(viewer.get("/readiness"))
    assert shown.select("main form") == []
    for path in (
        f"/readiness/{check_id}/tasks",
        f"/readiness/{check_id}/snooze",
        "/readiness",
        "/readiness/tasks/1/done",
    ):
        assert viewer.post(path, statement="money_budget").status_code == 403
    assert viewer.get(f"/readiness/{check_id}").status_code == 200


def test_a_stranger_finds_nothing(browser_of, business, take):
    check_id = take(0)
    stranger = browser_of(business.stranger)
    assert "Are you ready to hand work over?" in words(stranger.get("/readiness"))
    assert stranger.get(f"/readiness/{check_id}").status_code == 404
    assert stranger.post(f"/readiness/{check_id}/tasks", statement="money_budget").status_code == 404
    assert stranger.post(f"/readiness/{check_id}/snooze", until="1w").status_code == 404


def test_a_past_check_shows_all_sixteen_answers(member, take):
    shown = member.get(f"/readiness/{take(3, money_budget=0)}")
    rows = soup(shown).select("section:last-of-type tbody tr:has(td)")
    assert len(rows) == 16
    assert "Not started yet: Money." in words(shown)


def test_how_it_was_is_drawn_and_stands_in_a_table(member, browser_of, business, take, clock_at):
    take(0)
    assert soup(member.get("/readiness")).select(".readiness-chart") == []
    clock_at("2026-12-07 09:00")
    take(3, money_budget=1)
    shown = soup(browser_of(business.member).get("/readiness"))
    assert [dot.get_text() for dot in shown.select(".readiness-chart text.n")] == ["8", "1", "7"]
    rows = [row.get_text(" ", strip=True) for row in shown.select("#history ~ * tbody tr, section tbody tr:has(a)")]
    assert any("Start small In someone’s head alone: Money. Milo Member" in row for row in rows)
    assert any("Prepare first" in row for row in rows)


def test_looking_again_is_put_off_by_who_manages(browser_of, business, take, clock_at):
    check_id = take(2)
    clock_at("2027-01-04 09:00")
    owner, member = browser_of(business.owner), browser_of(business.member)
    assert "which has come" in words(owner.get("/readiness"))
    shown = owner.follow(owner.post(f"/readiness/{check_id}/snooze", until="2027-02-01"))
    assert "Snoozed until" in words(shown)
    assert "which has come" not in words(shown)
    shown = owner.follow(owner.post(f"/readiness/{check_id}/snooze/undo"))
    assert "which has come" in words(shown)
    assert owner.post(f"/readiness/{check_id}/snooze", until="nonsense").status_code == 422
    assert member.post(f"/readiness/{check_id}/snooze", until="2027-02-01").status_code == 403


def test_the_time_looks_right_in_today_for_whom_we_were_not_ready(member, inside, business, take):
    take(0)
    with inside(business) as session:
        vendor = vendors.add(session, by=business.member, name="Harbour Films")
        parkings.park(vendor, by=business.member, reason=ParkingReason.NOT_READY)
    member.post("/readiness", **said(1))
    shown = words(member.get("/today"))
    assert "The time looks right for Harbour Films." in shown
    assert "The readiness check says “Start small”. When you parked them it said “Prepare first”" in shown
    assert "When you parked them" in words(member.get("/vendors/1"))


def test_its_page_asks_few_questions(member, take, count_queries):
    for _each in range(4):
        take(0)
    with count_queries() as asked:
        member.get("/readiness")
    assert len(asked) <= 10, asked


# About one need


@pytest.fixture
def need(inside, business) -> int:
    with inside(business) as session:
        return needs.add(session, by=business.owner, terms=NeedTerms("A website that converts")).id


def test_a_check_about_a_need_is_taken_from_its_page_and_shown_there(member, need, take):
    page = member.get(f"/needs/{need}")
    assert "Not looked at." in words(page)
    form = soup(member.get(f"/readiness/new?need={need}")).select_one("main form.form")
    assert form["action"] == f"/readiness?need={need}"
    answer = member.post(form["action"], **said(money_budget=1))
    shown = member.get(answer.headers["Location"])
    assert "Start small" in words(shown, "#p-ready, .panel")
    take()
    assert "A website that converts" not in words(member.get("/readiness"))
    [link] = [
        a["href"] for a in soup(shown).select("a") if a["href"].startswith("/readiness/") and "need" not in a["href"]
    ]
    assert "A website that converts" in words(member.get(link))


def test_what_was_answered_about_a_need_stays_on_the_page_until_all_is(member, need, inside, business):
    answers = said()
    del answers["money_budget"]
    answer = member.post(f"/readiness?need={need}", **answers)
    assert answer.status_code == 422
    assert len(soup(answer).select("input[type=radio][checked]")) == 15
    assert soup(answer).select_one("main form.form")["action"] == f"/readiness?need={need}"
    with inside(business) as session:
        assert reading.history(session, need) == []


def test_how_it_was_for_a_need_is_drawn_on_its_checks_page(browser_of, business, inside, need, clock_at):
    for day, how_far in (("2026-10-05", 1), ("2027-01-05", 2)):
        clock_at(f"{day} 09:00")
        answers = dict.fromkeys(Statement, Answer(how_far))
        with inside(business) as session:
            about = needs.find(session, need)
            latest = readiness.take(session, by=business.member, answers=answers, need=about).id
    page = browser_of(business.member).get(f"/readiness/{latest}")
    assert len(soup(page).select(".readiness-chart circle")) == 2
    assert len(soup(page).select("section[aria-labelledby=history] tbody tr")) == 2


def test_a_check_about_a_need_is_taken_back_with_undo(member, need):
    shown = member.follow(member.post(f"/readiness?need={need}", **said()))
    undo = soup(shown).select_one(".toasts form")["action"]
    assert member.post(undo).status_code == 303
    assert "Not looked at." in words(member.get(f"/needs/{need}"))


def test_a_strangers_need_and_no_need_at_all_have_no_check(browser_of, business, need, member):
    stranger = browser_of(business.stranger)
    assert stranger.get(f"/readiness/new?need={need}").status_code == 404
    assert stranger.post(f"/readiness?need={need}", **said()).status_code == 404
    assert member.get("/readiness/new?need=987654").status_code == 404
    assert browser_of(business.viewer).post(f"/readiness?need={need}", **said()).status_code == 403
