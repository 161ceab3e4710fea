"""Trial tasks in the browser: the list, a further one, another day, and how it went."""

from __future__ import annotations

import io
from datetime import date

import pytest

from crm.core import clock
from crm.domain import stages, trial_briefs, trial_reviews, trial_work, trials, vendors
from crm.domain.trial_briefs import BriefTerms
from crm.domain.trial_reviews import Given
from crm.domain.trials import TrialTerms
from crm.models.enums import Stage, TrialOutcome
from crm.models.trials import TrialBrief, TrialCondition, TrialQuestion, TrialTask
from crm.models.workspaces import Membership
from tests.support.browsing import soup, words
from tests.support.counting import count_queries


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def bluebell(inside, business):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Bluebell Words")
        stages.move(vendor, by=business.owner, to=Stage.TRIAL, trial=TrialTerms("One page", date(2026, 10, 12)))
    return vendor


@pytest.fixture
def trial(inside, business, bluebell):
    with inside(business) as session:
        return session.query(TrialTask).one()


def only(inside, business, table):
    with inside(business) as session:
        return session.query(table).one()


def kept(inside, business):
    with inside(business) as session:
        return session.query(TrialTask).order_by(TrialTask.id.desc()).first()


def test_empty_it_says_how_to_begin(client):
    assert "Move somebody to Trial task on the board" in words(client.get("/trials"), ".empty")


def test_what_is_under_way_stands_by_its_day(client, trial):
    shown = client.get("/trials")
    assert words(shown, ".lead") == "One trial task is under way."
    assert "Bluebell Words One page Mon 12 Oct" in words(shown, ".row")


def test_who_has_scored_is_counted_for_each_trial_task_by_itself(client, inside, business):
    both = (business.owner, business.admin)
    numbers = {}
    with inside(business) as session:
        for name in ("Bluebell Words", "Copper Lane Copy"):
            asked = tuple(each.user_id for each in both)
            terms = BriefTerms(title=f"A page by {name}", body="One.", reviewer_ids=asked)
            brief = trial_briefs.write(session, by=business.owner, terms=terms)
            vendor = vendors.add(session, by=business.owner, name=name)
            terms = TrialTerms(brief.title, date(2026, 10, 12), brief_id=brief.id)
            trial = trials.start(vendor, by=business.owner, terms=terms)
            trial_work.deliver(trial, by=business.owner, on=date(2026, 10, 5))
            numbers[name] = trial.id
        scored = trials.find(session, numbers["Bluebell Words"])
        [quality, *_others] = trial_reviews.reading.criteria(session, [scored.brief_id])
        for person in both:
            trial_reviews.save(scored, by=person, version=0, given={quality.id: Given(4)}, hand_in=True)
        # Whoever left is not waited for, but counts where they have handed in.
        session.get_one(Membership, business.admin.id).deactivated_at = clock.now()
    rows = {each.select_one(".row-name").get_text(): each for each in soup(client.get("/trials")).select(".row")}
    said = {name: " ".join(row.get_text(" ").split()) for name, row in rows.items()}
    assert "2 of 2 have scored it." in said["Bluebell Words"]
    assert "0 of 1 has scored it." in said["Copper Lane Copy"]
    ways = {name: row.select_one("[aria-keyshortcuts=d]")["href"].split("?")[0] for name, row in rows.items()}
    assert ways == {
        "Bluebell Words": f"/trials/{numbers['Bluebell Words']}/decision",
        "Copper Lane Copy": f"/trials/{numbers['Copper Lane Copy']}/review",
    }


def test_another_day_keeps_the_first_in_sight(client, trial):
    shown = client.follow(client.post(f"/trials/{trial.id}/due", due_on="2026-10-16", version="1"))
    assert "The trial task is due on Fri 16 Oct now." in words(shown, ".toast")
    days = words(shown, "[aria-labelledby=p-days] dl")
    assert days.startswith("Given Mon 5 Oct First agreed for Mon 12 Oct Then agreed for Fri 16 Oct said Today")
    assert "First agreed for Mon 12 Oct." in words(client.get("/trials"), ".row")


@pytest.mark.parametrize(("day", "status"), [("2026-10-04", 422), ("", 422), ("soon", 422), ("2026-10-05", 303)])
def test_a_day_that_has_gone_is_refused(client, trial, day, status):
    assert client.post(f"/trials/{trial.id}/due", due_on=day, version="1").status_code == status


def test_the_second_to_change_the_day_is_told_and_loses_nothing(client, trial, inside, business):
    client.post(f"/trials/{trial.id}/due", due_on="2026-10-16", version="1")
    answer = client.post(f"/trials/{trial.id}/due", due_on="2026-10-20", version="1")
    assert answer.status_code == 409
    assert "It is due on Fri 16 Oct now." in words(answer, ".notice")
    shown = soup(answer)
    assert shown.select_one("[name=due_on]")["value"] == "2026-10-20"
    fresh = shown.select_one("[name=version]")["value"]
    assert client.post(f"/trials/{trial.id}/due", due_on="2026-10-20", version=fresh).status_code == 303
    assert kept(inside, business).due_on == date(2026, 10, 20)


def test_one_that_never_came_to_it_is_called_off_and_can_be_taken_back(client, trial, inside, business):
    shown = client.follow(client.post(f"/trials/{trial.id}/calling-off", note="They fell ill"))
    assert "Called off." in words(shown, ".toast")
    assert "They fell ill" in words(shown, "[aria-labelledby=past]")
    assert kept(inside, business).outcome is TrialOutcome.CALLED_OFF
    client.post(soup(shown).select_one(".toast form")["action"])
    assert kept(inside, business).outcome is None


def test_what_comes_next_stands_beside_the_outcome(client, trial, bluebell):
    shown = client.follow(client.post(f"/trials/{trial.id}/calling-off", note="They fell ill"))
    assert "Bring on" in words(shown, "[aria-labelledby=past] .actions")
    shown = client.follow(client.post(f"/vendors/{bluebell.id}/stage-moves?back=/trials", to="active"))
    assert "Bluebell Words moved to Active." in words(shown, ".toast")
    assert "Bring on" not in words(shown, "[aria-labelledby=past]")


def test_calling_off_takes_a_sentence(client, trial, inside, business):
    assert client.post(f"/trials/{trial.id}/calling-off", note=" ").status_code == 422
    assert kept(inside, business).is_open


def test_called_off_twice_it_says_so(client, trial):
    assert client.post(f"/trials/{trial.id}/calling-off", note="They fell ill").status_code == 303
    assert client.post(f"/trials/{trial.id}/calling-off", note="They fell ill").status_code == 422
    assert "This trial task has its outcome already." in words(client.get(f"/trials/{trial.id}/calling-off"), "main")


def test_a_further_one(client, bluebell, inside, business):
    path = f"/vendors/{bluebell.id}/trials"
    assert client.post(path, what="", due_on="").status_code == 422
    assert client.post(path, what="Another page", due_on="2026-10-20").status_code == 303
    assert kept(inside, business).what == "Another page"


def test_elsewhere_on_the_board_it_begins_with_the_move(client, inside, business):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Pixelmill")
    assert f"/vendors/{vendor.id}/stage-moves/new?to=trial" in client.get(f"/vendors/{vendor.id}/trials/new").location


def test_a_stranger_finds_nothing_and_a_viewer_changes_nothing(browser_of, business, trial, bluebell):
    stranger, viewer = browser_of(business.stranger), browser_of(business.viewer)
    assert "Bluebell" not in stranger.get("/trials").text
    assert "Bluebell" in viewer.get("/trials").text
    assert not soup(viewer.get("/trials")).select("main form")
    for act in ("calling-off", "due", "reopening"):
        assert stranger.post(f"/trials/{trial.id}/{act}", outcome="passed").status_code == 404
        assert viewer.post(f"/trials/{trial.id}/{act}", outcome="passed").status_code == 403
    assert stranger.post(f"/vendors/{bluebell.id}/trials", what="x", due_on="2026-10-20").status_code == 404


@pytest.mark.parametrize("query", ["page=0", "page=x", "open=99999", "open=-3"])
def test_nonsense_in_the_address_does_no_harm(client, trial, query):
    assert client.get(f"/trials?{query}").status_code == 200


# One vendor's trial


def start(inside, business, name, brief=None):
    """A vendor who got a brief of its own, or another one's."""
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name=name)
        terms = TrialTerms("One page", date(2026, 10, 12), brief_id=brief)
        stages.move(vendor, by=business.owner, to=Stage.TRIAL, trial=terms)
        return trials.open_trials(session, vendor)[0]


def brief_in_full(inside, business, trial):
    with inside(business) as session:
        brief = session.get_one(TrialBrief, trial.brief_id)
        brief.skill, brief.body, brief.deliverable, brief.given = (
            "Our voice",
            "Write **three** pages.",
            "A file",
            "A guide",
        )
        brief.paid_amount, brief.paid_currency, brief.hours, brief.revision_rounds = 12_000, "GBP", 5, 1
        session.add(TrialCondition(brief_id=brief.id, what="Keeps the names"))
        session.add(TrialCondition(brief_id=brief.id, what="Short", is_must=False, position=1))


class TestItsPage:
    def test_the_brief_stands_as_it_was_given(self, client, trial, inside, business):
        brief_in_full(inside, business, trial)
        shown = client.get(f"/trials/{trial.id}")
        brief = words(shown, "[aria-labelledby=brief]")
        assert "To prove: Our voice Write three pages. What we want to get A file What we give A guide" in brief
        assert words(shown, "[aria-labelledby=p-terms] dl").startswith(
            "Pay £120 It may take 5 hours Rounds of changes 0 of 1 Hours in common Their working hours are not known."
        )

    def test_one_that_says_no_more_than_a_line_works_too(self, client, trial):
        shown = client.get(f"/trials/{trial.id}")
        assert words(shown, "h1") == "One page"
        assert "It says no more than its title." in words(shown, "[aria-labelledby=brief]")

    def test_what_leads_on(self, client, trial):
        links = {link["href"] for link in soup(client.get(f"/trials/{trial.id}")).select("main a")}
        number, brief = trial.id, trial.brief_id
        assert {
            f"/trial-briefs/{brief}",
            f"/trial-briefs/{brief}/edit",
            f"/trials/{number}/sending",
            f"/trials/{number}/decision",
        } <= links
        client.post(f"/trials/{number}/delivery", delivered_on="2026-10-05")
        links = {link["href"] for link in soup(client.get(f"/trials/{number}")).select("main a")}
        assert f"/trials/{number}/review" in links

    def test_it_asks_as_often_whatever_there_is(self, client, trial, engine, inside, business):
        with count_queries(engine) as few:
            client.get(f"/trials/{trial.id}")
        brief_in_full(inside, business, trial)
        for number in range(4):
            client.post(f"/trials/{trial.id}/questions", body=f"Question {number}", asked_on="2026-10-05")
            client.post(f"/trials/{trial.id}/deliverables", what=f"Piece {number}", delivered_on="2026-10-05")
            start(inside, business, f"Vendor {number}", trial.brief_id)
        with count_queries(engine) as many:
            client.get(f"/trials/{trial.id}")
        assert len(many) == len(few) <= 17


class TestComing:
    def test_it_came_today(self, client, trial):
        shown = client.follow(client.post(f"/trials/{trial.id}/delivery", delivered_on="2026-10-05"))
        assert "Noted: it came." in words(shown, ".toast")
        assert "Came, to look at Thu 8 Oct" in words(shown, "main > .cluster")
        assert "Trial task came: One page, on time" in words(shown, "[aria-labelledby=steps]")
        client.post(soup(shown).select_one(".toast form")["action"])
        assert "Came" not in words(client.get(f"/trials/{trial.id}"), "main > .cluster")

    def test_with_a_file_a_link_and_a_line(self, client, trial):
        file = (io.BytesIO(b"%PDF-1.7 three pages"), "pages.pdf")
        answer = client.post(
            f"/trials/{trial.id}/delivery",
            delivered_on="2026-10-05",
            review_due_on="2026-10-09",
            url="bluebell.example/pages",
            what="The pages",
            file=file,
        )
        shown = client.follow(answer)
        assert words(shown, ".files") == "https://bluebell.example/pages Today The pages 20 bytes, Today"
        assert "To look at by Fri 9 Oct" in words(shown, "[aria-labelledby=p-days] dl")

    def test_a_file_that_is_not_taken_keeps_nothing(self, client, trial, inside, business):
        file = (io.BytesIO(b"\x7fELF\x00"), "run.pdf")
        answer = client.post(f"/trials/{trial.id}/delivery", delivered_on="2026-10-05", what="Kept as typed", file=file)
        assert answer.status_code == 422
        assert soup(answer).select_one("[name=what]")["value"] == "Kept as typed"
        assert kept(inside, business).delivered_on is None

    def test_something_more_is_added_and_taken_away(self, client, trial):
        shown = client.follow(
            client.post(f"/trials/{trial.id}/deliverables", what="A sketch", delivered_on="2026-10-05")
        )
        assert "A sketch" in words(shown, ".files")
        shown = client.follow(client.post(soup(shown).select_one(".files form")["action"]))
        assert not soup(shown).select(".files")

    def test_more_rounds_than_agreed_are_said(self, client, trial, inside, business):
        brief_in_full(inside, business, trial)
        path = f"/trials/{trial.id}"
        for _round in range(2):
            client.post(f"{path}/delivery", delivered_on="2026-10-05")
            assert client.post(f"{path}/changes", what="Shorter", due_on="2026-10-14").status_code == 303
        shown = client.get(path)
        assert "2 rounds of changes, 1 agreed" in words(shown, "main")
        assert "More rounds of changes than you agreed on." in words(shown, ".notice")
        client.post(f"{path}/delivery", delivered_on="2026-10-05")
        assert "That is more than you agreed on." in words(client.get(f"{path}/changes"), ".notice")

    def test_notice_and_what_we_gave(self, client, trial):
        path = f"/trials/{trial.id}"
        shown = client.follow(client.post(f"{path}/notice", gave_notice="yes"))
        assert "Told us it would be late Yes" in words(shown, "[aria-labelledby=p-days]")
        shown = client.follow(client.post(f"{path}/promised", gave_promised="no"))
        assert words(shown, "[aria-labelledby=p-promised] p") == "No"

    def test_two_who_write_at_once_see_both(self, client, trial):
        path = f"/trials/{trial.id}/words"
        form = soup(client.get(path)).select_one("main form")
        opened = {name: form.select_one(f"[name={name}]")["value"] for name in ("version", "opened")}
        assert client.post(path, shared="Soap", **opened).status_code == 303
        answer = client.post(path, shared="Candles", **opened)
        assert answer.status_code == 409
        assert "Soap" in words(answer, ".versions")
        assert "Candles" in answer.text


class TestAsking:
    def test_what_they_ask_waits_for_us(self, client, trial):
        shown = client.follow(client.post(f"/trials/{trial.id}/questions", body="Which scent?", asked_on="2026-10-05"))
        asked = words(shown, "[aria-labelledby=questions]")
        assert "Which scent?" in asked
        assert "Waits for us" in asked
        assert "1 question waits for us" in words(client.get("/trials"), ".row")

    def test_how_fast_we_answered_is_shown(self, client, trial, inside, business):
        client.post(f"/trials/{trial.id}/questions", body="Which scent?", asked_on="2026-10-05", asked_at="06:00")
        number = only(inside, business, TrialQuestion).id
        answer = client.post(
            f"/trial-questions/{number}/answer", answer="The balm", answered_on="2026-10-05", answered_at="09:00"
        )
        asked = words(client.follow(answer), "[aria-labelledby=questions]")
        assert "answered in 3 hours. The balm" in asked
        assert "We answered 1 question, in 3 hours." in asked
        client.post(f"/trial-questions/{number}/reopening")
        assert only(inside, business, TrialQuestion).answered_at is None

    def test_an_answer_before_its_question_is_refused_and_kept(self, client, trial, inside, business):
        client.post(f"/trials/{trial.id}/questions", body="Which scent?", asked_on="2026-10-05", asked_at="08:00")
        number = only(inside, business, TrialQuestion).id
        path = f"/trial-questions/{number}/answer"
        answer = client.post(path, answer="The balm", answered_on="2026-10-05", answered_at="07:00")
        assert answer.status_code == 422
        assert "The balm" in answer.text

    def test_today_and_the_list_ask_for_it(self, client, trial, clock_at):
        client.post(f"/trials/{trial.id}/questions", body="Which scent?", asked_on="2026-10-05")
        clock_at("2026-10-06 09:00")
        shown = client.get("/today")
        assert "They asked, and wait for an answer: Which scent?" in words(shown, "[aria-labelledby=trials] .row")
        [form] = [form for form in soup(shown).select(".row form") if form.get_text().startswith("Answered")]
        shown = client.follow(client.post(form["action"]))
        assert "Noted: answered." in words(shown, ".toast")
        assert not soup(shown).select("[aria-labelledby=trials] .row")


class TestConditions:
    def test_what_is_met_is_kept(self, client, trial, inside, business):
        brief_in_full(inside, business, trial)
        boxes = soup(client.get(f"/trials/{trial.id}")).select("[aria-labelledby=conditions] [type=radio]")
        first, second = dict.fromkeys(box["name"] for box in boxes)
        shown = client.follow(client.post(f"/trials/{trial.id}/checks", **{first: "yes", second: "no"}))
        checked = soup(shown).select("[aria-labelledby=conditions] [checked]")
        assert [(box["name"], box["value"]) for box in checked] == [(first, "yes"), (second, "no")]
        assert "1 of 2 conditions met; not met: Short" in words(shown, "[aria-labelledby=steps]")
        assert client.post(f"/trials/{trial.id}/checks", **{first: "perhaps"}).status_code == 422

    def test_who_only_looks_reads_them(self, browser_of, trial, inside, business):
        brief_in_full(inside, business, trial)
        shown = browser_of(business.viewer).get(f"/trials/{trial.id}")
        assert "Keeps the names Must Not looked at" in words(shown, "[aria-labelledby=conditions]")
        assert not soup(shown).select("main form")


def test_what_waits_for_us_comes_first_and_one_brief_stays_together(client, trial, inside, business):
    start(inside, business, "Aster")
    late = start(inside, business, "Zinnia", trial.brief_id)
    client.post(f"/trials/{late.id}/delivery", delivered_on="2026-10-05")
    shown = client.get("/trials")
    assert words(shown, "[aria-labelledby=ours] h3") == "One page"
    for section, names in (("ours", ["Zinnia", "Bluebell Words"]), ("theirs", ["Aster"])):
        rows = soup(shown).select(f"[aria-labelledby={section}] .row-name")
        assert [row.get_text() for row in rows] == names
    assert f"/trial-briefs/{trial.brief_id}" in {
        link["href"] for link in soup(shown).select("[aria-labelledby=ours] a")
    }


def test_the_list_asks_as_often_however_many_there_are(client, trial, inside, business, engine):
    with count_queries(engine) as few:
        client.get("/trials")
    for number in range(5):
        start(inside, business, f"Vendor {number}", trial.brief_id if number % 2 else None)
    with count_queries(engine) as many:
        client.get("/trials")
    assert len(many) == len(few) <= 6


def test_a_review_that_waits_stands_in_today_with_its_page(client, trial, clock_at):
    client.post(f"/trials/{trial.id}/delivery", delivered_on="2026-10-05")
    clock_at("2026-10-08 09:00")
    shown = client.get("/today")
    assert "It came, and is to be looked at: One page" in words(shown, "[aria-labelledby=trials] .row")
    assert f"/trials/{trial.id}/review" in {link["href"] for link in soup(shown).select(".row a")}


def test_on_the_vendors_page_it_leads_here(client, trial, bluebell):
    shown = client.get(f"/vendors/{bluebell.id}")
    assert soup(shown).select_one("[aria-labelledby=p-trial] .panel-list a")["href"] == f"/trials/{trial.id}"


ACTS = {
    "delivery": {"delivered_on": "2026-10-05"},
    "changes": {"what": "Shorter", "due_on": "2026-10-14"},
    "review-day": {"review_due_on": "2026-10-14", "version": "1"},
    "notice": {"gave_notice": "yes"},
    "promised": {"gave_promised": "yes"},
    "words": {"shared": "Soap", "version": "1"},
    "checks": {},
    "questions": {"body": "Which scent?", "asked_on": "2026-10-05"},
    "deliverables": {"what": "A sketch", "delivered_on": "2026-10-05"},
    "taking-back?step=delivered+2": {},
}


@pytest.mark.parametrize("act", ACTS)
def test_only_the_team_acts(browser_of, business, trial, act):
    path = f"/trials/{trial.id}/{act}"
    assert browser_of(business.viewer).post(path, **ACTS[act]).status_code == 403
    assert browser_of(business.stranger).post(path, **ACTS[act]).status_code == 404
    assert browser_of(business.member).post(path, **ACTS[act]).status_code in (303, 409, 422)
