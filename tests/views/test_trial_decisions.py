"""Deciding after a trial task in the browser: the sheet, what was decided, the letter, and taking it back."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.domain import needs, people, stages, trial_briefs, trial_decisions, trials, vendors
from crm.domain.needs import NeedTerms
from crm.domain.trial_briefs import BriefTerms, Condition, Criterion
from crm.domain.trial_decisions import DecisionTerms
from crm.domain.trials import TrialTerms
from crm.models.enums import (
    Dimension,
    NeedStatus,
    ParkingReason,
    Stage,
    TrialDecisionKind,
    TrialOutcome,
)
from crm.models.letters import VendorLetter
from crm.models.log import Interaction
from crm.models.needs import Need, ParkingNeed
from crm.models.stages import Parking
from crm.models.trials import TrialCheck, TrialDecision, TrialReview, TrialScore, TrialTask
from crm.models.trust_entries import TrustEntry
from crm.models.vendors import AcceptedFlaw, Person, Vendor
from crm.models.workspaces import Workspace
from crm.queries import trial_briefs as brief_queries
from tests.support.browsing import soup, words
from tests.support.forms import as_shown

DUE = date(2026, 10, 12)
PARKED = {"kind": "park", "reason": "no_budget", "rhythm": "default", "rationale": "Good, but not this year"}


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


class Place:
    """A need, a brief for it, and a vendor at work on that, by their numbers."""

    def __init__(self, need_id: int, brief_id: int, vendor_id: int, trial_id: int) -> None:
        self.need_id, self.brief_id, self.vendor_id, self.trial_id = need_id, brief_id, vendor_id, trial_id
        self.sheet = f"/trials/{trial_id}/decision"


@pytest.fixture
def place(inside, business):
    with inside(business) as session:
        need = needs.add(session, by=business.owner, terms=NeedTerms("A page that sells"))
        terms = BriefTerms(
            title="Rewrite one page",
            body="The unscented balm.",
            need_id=need.id,
            paid_amount=12_000,
            paid_currency="GBP",
            conditions=(Condition("Every ingredient named"), Condition("Under 400 words", is_must=False)),
            criteria=(Criterion("Quality", counts=3), Criterion("Turnaround"), Criterion("Fit", is_fit=True)),
            reviewer_ids=(business.owner.user_id, business.member.user_id),
        )
        brief = trial_briefs.write(session, by=business.owner, terms=terms)
        vendor = vendors.add(session, by=business.owner, name="Bluebell Words")
        people.add(vendor, by=business.owner, name="Ana Ruiz", emails=["ana@bluebell.example"])
        stages.move(vendor, by=business.owner, to=Stage.TRIAL, trial=TrialTerms(brief.title, DUE, brief_id=brief.id))
        [trial] = trials.open_trials(session, vendor)
        return Place(need.id, brief.id, vendor.id, trial.id)


@pytest.fixture
def hand_in(inside, business, place):
    def hand_in(member, *values):
        with inside(business) as session:
            review = TrialReview(trial_id=place.trial_id, created_by=member.user_id, handed_in_at=clock.now())
            session.add(review)
            session.flush()
            for row, value in zip(brief_queries.criteria_of(session, place.brief_id), values, strict=True):
                session.add(TrialScore(review_id=review.id, criterion_id=row.id, value=value))

    return hand_in


@pytest.fixture
def came(inside, business, place):
    """Something was delivered, in time."""
    with inside(business) as session:
        session.get(TrialTask, place.trial_id).delivered_on = date(2026, 10, 5)


@pytest.fixture
def decided(inside, business, place):
    """decided(kind) is a decision's number."""

    def decide(kind=TrialDecisionKind.BRING_ON, **said):
        with inside(business) as session:
            terms = DecisionTerms(kind, **{"rationale": "Eleven of twelve links worked", **said})
            return trial_decisions.decide(session.get(TrialTask, place.trial_id), by=business.owner, terms=terms).id

    return decide


def now(inside, business, place):
    with inside(business) as session:
        trial, vendor = session.get(TrialTask, place.trial_id), session.get(Vendor, place.vendor_id)
        return trial.outcome, vendor.stage


def rows(inside, business, table):
    with inside(business) as session:
        return session.scalars(select(table).order_by(table.id)).all()


class TestTheSheet:
    def test_it_has_four_answers_and_one_can_be_asked_for(self, client, place):
        page = soup(client.get(f"{place.sheet}?kind=extend"))
        kinds = {box["value"]: box.has_attr("checked") for box in page.select('input[name="kind"]')}
        assert kinds == {"bring_on": False, "extend": True, "park": False, "pass": False}

    def test_nonsense_asks_for_nothing(self, client, place):
        assert not soup(client.get(f"{place.sheet}?kind=marry")).select('input[name="kind"][checked]')

    def test_brought_on_the_need_is_filled_unless_others_try_for_it(self, client, inside, business, place):
        assert soup(client.get(place.sheet)).select_one("#fills_need").has_attr("checked")
        with inside(business) as session:
            other = vendors.add(session, by=business.owner, name="Copper Lane")
            trials.start(other, by=business.owner, terms=TrialTerms("Rewrite one page", DUE, brief_id=place.brief_id))
        assert not soup(client.get(place.sheet)).select_one("#fills_need").has_attr("checked")

    def test_bring_on(self, client, inside, business, came, place):
        answer = client.post(place.sheet, kind="bring_on", fills_need="y", rationale="The best of the three")
        assert answer.status_code == 303
        assert now(inside, business, place) == (TrialOutcome.PASSED, Stage.ACTIVE)
        [need] = rows(inside, business, Need)
        assert (need.status, need.filled_by_id) == (NeedStatus.FILLED, place.vendor_id)
        shown = words(client.get(answer.location))
        assert "The best of the three" in shown
        assert "Bluebell Words is brought on." in shown

    def test_a_second_trial_begins_with_what_was_asked_before(self, client, inside, business, place):
        page = soup(client.get(place.sheet))
        assert page.select_one("#title")["value"] == "Rewrite one page"
        assert page.select_one("#musts").text.strip() == "Every ingredient named"
        assert page.select_one("#shoulds").text.strip() == "Under 400 words"
        assert page.select_one("#scored").text.split() == ["Quality", "Turnaround", "Fit"]
        answer = client.post(
            place.sheet,
            kind="extend",
            title="Rewrite it for a phone",
            body="Shorter.",
            due_on="2026-10-20",
            musts="Fits a phone\n\nFits a phone",
            shoulds="",
            scored="Quality\nReads aloud",
        )
        assert now(inside, business, place) == (TrialOutcome.EXTENDED, Stage.TRIAL)
        [_first, second] = rows(inside, business, TrialTask)
        assert soup(client.get(answer.location)).select_one(f'a[href="/trials/{second.id}/sending"]')
        with inside(business) as session:
            brief = trial_briefs.terms_of(session, trial_briefs.find(session, second.brief_id))
        assert (second.what, second.due_on, brief.body) == ("Rewrite it for a phone", date(2026, 10, 20), "Shorter.")
        assert [(each.what, each.is_must) for each in brief.conditions] == [("Fits a phone", True)]
        assert [(each.name, each.counts) for each in brief.criteria] == [("Quality", 3), ("Reads aloud", 1)]

    def test_after_two_there_is_no_further_trial(self, client, inside, business, place):
        with inside(business) as session:
            session.get(TrialTask, place.trial_id).extension = 2
        assert not soup(client.get(place.sheet)).select('input[name="kind"][value="extend"]')
        assert client.post(place.sheet, kind="extend", title="Again", due_on="2026-10-20").status_code == 422

    def test_parked_for_want_of_a_budget_they_wait_for_the_need(self, client, inside, business, place):
        assert client.post(place.sheet, **PARKED).status_code == 303
        assert now(inside, business, place) == (TrialOutcome.CALLED_OFF, Stage.PARKED)
        [parking], [waits] = rows(inside, business, Parking), rows(inside, business, ParkingNeed)
        assert (parking.reason, parking.revisit_on) == (ParkingReason.NO_BUDGET, date(2027, 1, 3))
        assert waits.need_id == place.need_id

    def test_let_go(self, client, inside, business, came, place):
        client.post(place.sheet, kind="pass", exit_to="ended", rationale="Three of five links were broken")
        assert now(inside, business, place) == (TrialOutcome.FAILED, Stage.ENDED)

    @pytest.mark.parametrize(
        ("typed", "box"),
        [
            ({}, "kind"),
            ({"kind": "marry"}, "kind"),
            ({"kind": "pass"}, "rationale"),
            ({"kind": "park"}, "reason"),
            ({**PARKED, "until": "2026-10-05"}, "until"),
            ({**PARKED, "reason": "prerequisite"}, "need_id"),
            ({"kind": "extend", "title": "Again", "scored": "Quality"}, "due_on"),
            ({"kind": "extend", "title": "", "due_on": "2026-10-20"}, "title"),
            ({"kind": "bring_on", "decided_on": "2026-10-06"}, "decided_on"),
        ],
    )
    def test_what_is_missing_is_said_beside_its_box(self, client, inside, business, place, typed, box):
        answer = client.post(place.sheet, **typed)
        assert answer.status_code == 422
        assert soup(answer).select_one(f"#{box}-error")
        assert now(inside, business, place) == (None, Stage.TRIAL)

    def test_what_stands_in_the_boxes_of_another_answer_is_no_mistake(self, client, inside, business, place):
        nonsense = {"every": "never", "due_on": "tomorrow", "goal": "x" * 100, "rhythm": "seldom"}
        assert client.post(place.sheet, kind="bring_on", **nonsense).status_code == 303

    def test_pressed_twice_it_is_done_once(self, client, inside, business, place):
        first = client.post(place.sheet, **PARKED)
        second = client.post(place.sheet, **PARKED)
        assert (second.status_code, second.location) == (303, first.location)
        assert len(rows(inside, business, TrialDecision)) == len(rows(inside, business, Parking)) == 1

    def test_a_colleague_was_quicker_and_nothing_typed_is_lost(self, client, inside, business, came, place, decided):
        decided()
        answer = client.post(place.sheet, kind="pass", rationale="They never answered")
        assert answer.status_code == 409
        assert "They never answered" in soup(answer).select_one("#rationale").text
        assert "Eleven of twelve links worked" in words(answer)
        assert now(inside, business, place) == (TrialOutcome.PASSED, Stage.ACTIVE)

    def test_decided_already_it_leads_to_the_decision(self, client, place, decided):
        number = decided()
        assert client.get(place.sheet).location.startswith(f"/trial-decisions/{number}")

    def test_an_outcome_without_a_decision_can_be_taken_back_first(self, client, inside, business, place):
        with inside(business) as session:
            trial = session.get(TrialTask, place.trial_id)
            trials.decide(trial, by=business.owner, outcome=TrialOutcome.CALLED_OFF)
        assert soup(client.get(place.sheet)).select_one(f'form[action^="/trials/{place.trial_id}/reopening"]')

    def test_other_trial_tasks_are_named_before_they_end(self, client, inside, business, place):
        with inside(business) as session:
            vendor = session.get(Vendor, place.vendor_id)
            trials.start(vendor, by=business.owner, terms=TrialTerms("One headline", DUE))
        assert "One headline" in words(client.get(place.sheet))

    def test_it_asks_the_same_number_of_questions_however_much_there_is(
        self, client, inside, business, place, hand_in, count_queries
    ):
        client.get(place.sheet)
        with count_queries() as before:
            client.get(place.sheet)
        hand_in(business.owner, 2, 2, 2)
        hand_in(business.member, 2, 2, 2)
        with inside(business) as session:
            vendor = session.get(Vendor, place.vendor_id)
            for number in range(4):
                trials.start(vendor, by=business.owner, terms=TrialTerms(f"Headline {number}", DUE))
                needs.add(session, by=business.owner, terms=NeedTerms(f"Need {number}"))
        with count_queries() as after:
            client.get(place.sheet)
        assert len(after) <= len(before) + 1  # the scores, once they are open


class TestTheRecommendation:
    def test_nothing_of_hidden_reviews_shows(self, client, business, place, hand_in):
        hand_in(business.owner, 1, 1, 1)
        page = client.get(place.sheet)
        assert "Waiting for the reviews" in words(page)
        assert business.member.user.name in words(page)
        assert not soup(page).select('input[name="flaw"]')
        assert "1.0" not in words(page)

    def test_it_says_why_with_its_figures(self, client, business, place, hand_in):
        hand_in(business.owner, 4, 3, 5)
        hand_in(business.member, 3, 3, 4)
        # (3 × 3.5 + 3 + 4.5) / 5
        assert "Altogether it is 3.6 of 5" in words(client.get(place.sheet))

    def test_what_must_be_met_is_there_only_once_it_was_looked_at(self, client, inside, business, place, hand_in):
        hand_in(business.owner, 4, 4, 4)
        hand_in(business.member, 4, 4, 4)
        shown = words(client.get(place.sheet))
        assert "Altogether it is 4.0 of 5. 1 must is not looked at yet." in shown
        assert "nothing that must be met is missing" not in shown
        with inside(business) as session:
            [must, _should] = brief_queries.conditions_of(session, place.brief_id)
            check = TrialCheck(
                trial_id=place.trial_id, condition_id=must.id, is_met=True, checked_by=business.owner.user_id
            )
            session.add(check)
        shown = words(client.get(place.sheet))
        assert "Altogether it is 4.0 of 5, and nothing that must be met is missing." in shown
        assert "not looked at" not in shown

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ((5, 5, 2), "Fit is 2.0 of 5"),
            ((3, 3, 3), "it takes 3.5"),
        ],
    )
    def test_each_reason_has_its_own_words(self, client, business, place, hand_in, values, said):
        hand_in(business.owner, *values)
        hand_in(business.member, *values)
        assert said in words(client.get(place.sheet))

    def test_late_without_a_word_is_counted_in_days(self, client, inside, business, place, clock_at):
        clock_at("2026-10-16 09:00")
        assert "4 days late without a word, of 7 days that were agreed." in words(client.get(place.sheet))

    def test_a_must_that_is_not_met_is_named(self, client, inside, business, place):
        with inside(business) as session:
            [must, should] = brief_queries.conditions_of(session, place.brief_id)
            for row in (must, should):
                check = TrialCheck(
                    trial_id=place.trial_id, condition_id=row.id, is_met=False, checked_by=business.owner.user_id
                )
                session.add(check)
        page = client.get(place.sheet)
        assert "It must be met, and is not: Every ingredient named." in words(page)
        # What should be can be lived with; what must be cannot.
        assert [box["value"] for box in soup(page).select('input[name="flaw"]')] == [
            "Not met in a trial task: Under 400 words"
        ]

    def test_what_scored_low_is_accepted_with_one_click(self, client, inside, business, place, hand_in):
        hand_in(business.owner, 5, 2, 5)
        hand_in(business.member, 5, 2, 5)
        form = soup(client.get(place.sheet)).select_one('form:has(input[name="flaw"])')
        said = form.select_one('input[name="flaw"]')["value"]
        assert said == "Turnaround: 2.0 of 5 in a trial task"
        for _press in range(2):
            assert client.post(form["action"], flaw=said).location.startswith(place.sheet)
        assert [row.flaw for row in rows(inside, business, AcceptedFlaw)] == [said]


class TestTakingItBack:
    def test_all_of_it(self, client, inside, business, place):
        answer = client.post(place.sheet, kind="bring_on", fills_need="y")
        number = answer.location.split("/")[-1].split("?")[0]
        client.post(f"/trial-decisions/{number}/undo")
        assert now(inside, business, place) == (None, Stage.TRIAL)
        assert rows(inside, business, Need)[0].status is NeedStatus.IDEA
        assert "This decision was taken back." in words(client.get(f"/trial-decisions/{number}"))
        again = client.post(f"/trial-decisions/{number}/undo")
        assert again.location == f"/trial-decisions/{number}"
        assert "This decision is taken back already." in words(client.get(again.location))

    def test_it_is_not_offered_once_it_went_on_twice(self, client, inside, business, place):
        """The first decision's page says why instead; an old page that still offers it leads there with the reason."""
        again = {"kind": "extend", "title": "Once more", "due_on": "2026-10-20", "scored": "Quality"}
        first = client.post(place.sheet, **again).location.split("?")[0]
        assert soup(client.get(first)).select(f'form[action^="{first}/undo"]')
        second = rows(inside, business, TrialTask)[-1]
        client.post(f"/trials/{second.id}/decision", **again)
        page = client.get(first)
        assert not soup(page).select(f'form[action^="{first}/undo"]')
        said = "The trial task that followed has its outcome already. Take that back first."
        assert f"It can’t be taken back now. {said}" in words(page)
        answer = client.post(f"{first}/undo?back=/trials")
        assert (answer.status_code, answer.location) == (303, f"{first}?back=/trials")
        assert said in soup(client.get(answer.location)).select_one(".toasts").text
        assert [row.outcome for row in rows(inside, business, TrialTask)] == [TrialOutcome.EXTENDED] * 2 + [None]
        assert [row.undone_at for row in rows(inside, business, TrialDecision)] == [None, None]

    def test_the_move_leads_to_the_decision(self, client, inside, business, place, decided):
        number = decided()
        move_id = rows(inside, business, TrialDecision)[0].move_id
        assert client.post(f"/stage-moves/{move_id}/undo").status_code == 422
        assert client.post(f"/trial-decisions/{number}/undo").status_code == 303

    def test_nor_can_the_outcome_alone_be_taken_back(self, client, inside, business, came, place, decided):
        decided()
        assert client.post(f"/trials/{place.trial_id}/reopening").status_code == 422
        assert now(inside, business, place) == (TrialOutcome.PASSED, Stage.ACTIVE)


class TestTelling:
    @pytest.fixture
    def settings(self, settings_with, smtp_sink):
        """Mail is set up."""
        return settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="Good Terms <goodterms@crm.example.org>")

    @pytest.fixture
    def mailing(self, client, inside, business):
        """The owner's browser in a business that says where it is."""
        with inside(business) as session:
            session.get_one(Workspace, business.workspace.id).postal_address = "12 Fern Lane"
        return client

    @pytest.mark.parametrize(
        ("kind", "said"),
        [
            (TrialDecisionKind.BRING_ON, "we’d love to go on with you"),
            (TrialDecisionKind.DECLINE, "So we won’t go on with it"),
        ],
    )
    def test_each_decision_has_a_kind_letter_without_our_own_notes(self, client, came, decided, kind, said):
        page = soup(client.get(f"/trial-decisions/{decided(kind)}"))
        body = page.select_one("#body").text
        assert body.strip().startswith("Hi Ana,")
        assert said in body
        assert "“Rewrite one page”" in body
        assert "Eleven of twelve" not in body

    def test_a_letter_is_sent_once(self, mailing, inside, business, decided):
        path = f"/trial-decisions/{decided()}"
        said = as_shown(mailing.get(path), "#letter-form")
        for _press in range(2):
            assert mailing.post(f"{path}/letter", **said).status_code == 303
        [row] = rows(inside, business, VendorLetter)
        assert row.recipient == "ana@bluebell.example"
        assert rows(inside, business, TrialDecision)[0].letter_id == row.id
        assert "Waiting" in words(mailing.get(path))
        assert mailing.post(f"{path}/letter", **{**said, "body": "Something else"}).status_code == 422
        mailing.post(f"{path}/letter/undo")
        assert (rows(inside, business, TrialDecision)[0].message, len(rows(inside, business, VendorLetter))) == ("", 1)
        assert soup(mailing.get(path)).select_one("#letter-form")

    def test_by_hand_it_is_logged_and_can_be_taken_back(self, client, inside, business, decided):
        path = f"/trial-decisions/{decided()}"
        page = soup(client.get(path))
        to = page.select_one("#to option[selected]")["value"]
        for _press in range(2):
            client.post(f"{path}/telling", to=to, subject="Thank you", body="Hi Ana")
        [copy] = rows(inside, business, Interaction)
        assert "Thank you" in copy.summary
        assert "By hand" in words(client.get(path))
        client.post(f"{path}/letter/undo?copy={copy.id}")
        assert rows(inside, business, TrialDecision)[0].message == ""

    def test_without_an_address_it_can_be_logged(self, client, inside, business, place, decided):
        with inside(business) as session:
            for person in session.scalars(select(Person)):
                session.delete(person)
        path = f"/trial-decisions/{decided()}"
        assert client.post(f"{path}/telling", to="", subject="", body="Told her on the phone").status_code == 422
        answer = client.post(f"{path}/telling", to="", subject="By phone", body="Told her on the phone")
        assert answer.status_code == 303
        assert rows(inside, business, TrialDecision)[0].message == "Told her on the phone"

    def test_another_reader_is_greeted_by_name_and_what_was_changed_stays(
        self, client, inside, business, place, decided
    ):
        with inside(business) as session:
            vendor = session.get(Vendor, place.vendor_id)
            ben = people.add(vendor, by=business.owner, name="Ben Ash", emails=["ben@bluebell.example"]).id
        path = f"/trial-decisions/{decided()}"
        page = soup(client.get(path))
        typed = {"subject": "My own", "body": page.select_one("#body").text.strip()}
        drafted = page.select_one("#drafted")["value"]
        answer = client.post(f"{path}/letter/draft", to=f"{ben}:ben@bluebell.example", drafted=drafted, **typed)
        page = soup(answer)
        assert page.select_one("#body").text.strip().startswith("Hi Ben,")
        assert page.select_one("#subject")["value"] == "My own"

    def test_nobody_writes_to_whoever_asked_to_be_left_alone(self, client, inside, business, place, decided):
        with inside(business) as session:
            session.get(Vendor, place.vendor_id).do_not_contact = True
        assert not soup(client.get(f"/trial-decisions/{decided()}")).select_one("#letter-form")


class TestNothingCame:
    """They can be brought on or parked all the same: without a verdict, and without praise."""

    @pytest.mark.parametrize("kind", [TrialDecisionKind.BRING_ON, TrialDecisionKind.PARK])
    def test_no_note_is_offered_and_the_letter_is_honest(self, client, inside, business, place, clock_at, kind):
        clock_at("2026-10-14 09:00")
        said = PARKED if kind is TrialDecisionKind.PARK else {"kind": kind.value}
        page = soup(client.get(client.post(place.sheet, **said).location))
        assert now(inside, business, place)[0] is TrialOutcome.CALLED_OFF
        assert not page.select('[aria-labelledby="notes"]')
        body = page.select_one("#body").text
        assert "I’m writing to you about “Rewrite one page”." in body
        assert "Thank you" not in body
        assert "like what you made" not in body

    def test_the_sheet_says_what_the_trial_task_will_count_as(self, client, place, clock_at):
        page = soup(client.get(place.sheet))
        said = {part["data-answer"]: part.text for part in page.select("[data-answer]")}
        assert "they are brought on without a verdict" in said["bring_on"]
        assert "counts as called off, neither passed nor failed" in said["park"]
        assert "counts as called off, not as failed" in said["pass"]
        assert "trial task counts as" not in said["extend"]
        clock_at("2026-10-13 09:00")
        page = soup(client.get(place.sheet))
        assert "counts as failed" in page.select_one('[data-answer="pass"]').text

    def test_once_something_came_only_parking_has_to_be_explained(self, client, business, came, place, hand_in):
        hand_in(business.owner, 4, 4, 4)
        page = soup(client.get(place.sheet))
        said = {part["data-answer"]: part.text for part in page.select("[data-answer]")}
        assert [kind for kind, words_ in said.items() if "counts as called off" in words_] == ["park"]
        hand_in(business.member, 4, 4, 4)
        page = soup(client.get(place.sheet))
        assert "counts as passed" in page.select_one('[data-answer="park"]').text


class TestTrustNotes:
    def test_skill_and_day_are_each_offered_once(self, client, inside, business, came, place, decided):
        path = f"/trial-decisions/{decided()}"
        forms = soup(client.get(path)).select(f'form[action^="/trials/{place.trial_id}/trust-entries"]')
        assert [form.select_one('input[name="about"]')["value"] for form in forms] == ["skill", "day"]
        for form in forms:
            client.post(form["action"], about=form.select_one('input[name="about"]')["value"])
        assert [row.dimension for row in rows(inside, business, TrustEntry)] == [Dimension.ABILITY, Dimension.INTEGRITY]
        assert not soup(client.get(path)).select(f'form[action^="/trials/{place.trial_id}/trust-entries"]')


class TestWhereItIsTold:
    def test_the_timeline_names_decision_reason_and_decider(self, client, business, place, decided):
        decided(decided_by=business.member.user_id)
        shown = words(client.get(f"/vendors/{place.vendor_id}"))
        assert "Decided after the trial task: bring on" in shown
        assert "Eleven of twelve links worked" in shown
        assert f"decided by {business.member.user.first_name}" in shown

    def test_the_trials_page_lists_what_stands_and_what_was_taken_back(self, client, came, place, decided):
        first = decided(TrialDecisionKind.DECLINE)
        client.post(f"/trial-decisions/{first}/undo")
        second = decided()
        page = client.get(f"/trials/{place.trial_id}")
        assert "Part ways, decided by Olive Owner on Mon 5 Oct, was taken back." in words(page)
        assert "They don’t know yet." in words(page)
        assert soup(page).select_one(f'a[href="/trial-decisions/{second}"]')
        assert soup(page).select_one('[aria-labelledby="notes"] form')

    def test_the_move_that_asks_for_an_outcome_leads_to_the_sheet(self, client, place):
        page = soup(client.get(f"/vendors/{place.vendor_id}/stage-moves/new?to=active"))
        assert page.select_one(f'a[href^="{place.sheet}?kind=bring_on"]')
        page = soup(client.get(f"/vendors/{place.vendor_id}/parking/new"))
        assert page.select_one(f'a[href^="{place.sheet}?kind=park"]')

    def test_a_move_offers_no_trial_that_goes_on(self, client, place):
        page = soup(client.get(f"/vendors/{place.vendor_id}/stage-moves/new?to=active"))
        assert [box["value"] for box in page.select('input[name="outcome"]')] == ["passed", "failed", "called_off"]


class TestWhoMay:
    def test_a_viewer_reads_and_decides_nothing(self, browser_of, inside, business, came, place, decided):
        viewer = browser_of(business.viewer)
        assert viewer.get(place.sheet).status_code == 403
        assert viewer.post(place.sheet, kind="bring_on").status_code == 403
        path = f"/trial-decisions/{decided()}"
        page = viewer.get(path)
        assert page.status_code == 200
        assert not soup(page).select("main form")
        assert viewer.post(f"{path}/undo").status_code == 403
        assert viewer.post(f"{path}/telling", body="x").status_code == 403
        assert now(inside, business, place) == (TrialOutcome.PASSED, Stage.ACTIVE)

    def test_a_teammate_decides(self, browser_of, inside, business, came, place):
        assert browser_of(business.member).post(place.sheet, kind="bring_on").status_code == 303
        assert now(inside, business, place) == (TrialOutcome.PASSED, Stage.ACTIVE)

    def test_a_stranger_finds_nothing(self, browser_of, business, place, decided):
        stranger = browser_of(business.stranger)
        number = decided()
        for path in (place.sheet, f"/trial-decisions/{number}"):
            assert stranger.get(path).status_code == 404
        assert stranger.post(f"/trial-decisions/{number}/undo").status_code == 404
