"""Letters that tell a vendor what was decided after a trial task: what each says, and what none of them says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from crm.mail import decision_drafts
from crm.mail.decision_drafts import Decided
from crm.models.enums import ParkingReason, TrialDecisionKind

TODAY = date(2026, 10, 5)
KINDS = list(TrialDecisionKind)


def letter(kind, **said):
    decided = replace(Decided(kind, "Rewrite one\npage.", TODAY), **said)
    return decision_drafts.draft(decided, to="Ana Ruiz", address="ana@bluebell.example", sender="Olive")


@pytest.mark.parametrize("kind", KINDS)
def test_each_greets_says_thanks_names_the_work_and_is_signed(kind):
    found = letter(kind)
    assert found.addresses == ("ana@bluebell.example",)
    assert found.body.startswith("Hi Ana,\n\nThank you for the work that you put into “Rewrite one page”.\n\n")
    assert found.body.endswith("\n\nOlive")
    assert found.subject


@pytest.mark.parametrize("kind", KINDS)
def test_where_nothing_came_nobody_is_thanked_for_it_and_nothing_is_praised(kind):
    found = letter(kind, has_come=False, unmet=["Fits a phone"], next_work="Again", is_paid=True)
    assert found.body.startswith("Hi Ana,\n\nI’m writing to you about “Rewrite one page”.\n\n")
    assert found.body.endswith("\n\nOlive")
    said = f"{found.subject}\n{found.body}"
    for untrue in (
        "Thank",
        "like what you made",
        "Good work",
        "showed us",
        "much to like",
        "isn’t there yet",
        "paid for",
    ):
        assert untrue not in said
    assert "Fits a phone" not in said


@pytest.mark.parametrize(
    ("kind", "said", "words"),
    [
        (TrialDecisionKind.BRING_ON, {}, "We’ve decided without waiting for it: we’d love to work with you."),
        (
            TrialDecisionKind.EXTEND,
            {"next_work": "Again"},
            "It hasn’t come so far.\n\nI’d like to try once more: Again.",
        ),
        (TrialDecisionKind.EXTEND, {"gave_all": False}, "We didn’t give you all that we had promised for it"),
        (TrialDecisionKind.EXTEND, {"is_paid": True}, "It’s paid, of course."),
        (
            TrialDecisionKind.PARK,
            {"reason": ParkingReason.NO_BUDGET},
            "It hasn’t come so far, and you can let it rest. It’s the budget that is missing on our side for now.",
        ),
        (TrialDecisionKind.PARK, {"is_paid": True}, "If you have begun, tell me how far you are"),
        (TrialDecisionKind.DECLINE, {}, "It hasn’t come so far. So we won’t go on with it"),
        (TrialDecisionKind.DECLINE, {"is_paid": True}, "If you have begun, tell me how far you are"),
        (TrialDecisionKind.DECLINE, {"gave_all": False}, "I’m sorry about that."),
    ],
)
def test_where_nothing_came_each_says_what_becomes_of_it(kind, said, words):
    assert words in letter(kind, has_come=False, **said).body


def test_nobody_is_greeted_by_an_address_that_is_not_known():
    found = decision_drafts.draft(
        Decided(TrialDecisionKind.BRING_ON, "One page", TODAY), to="Bluebell Words", address="", sender="Olive"
    )
    assert found.addresses == ()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "we aren’t quite sure yet."),
        ({"unmet": ["Fits a phone.", "A headline"]}, "Some of it isn’t there yet: Fits a phone; A headline."),
        ({"unmet": ["Fits a phone"], "gave_all": False}, "We didn’t give you all that we had promised"),
        ({"next_due_on": date(2026, 10, 20)}, "I’d like to try once more: Again, by Tue 20 Oct. The brief follows."),
        ({"is_paid": True}, "It’s paid again, of course."),
    ],
)
def test_another_try_says_why_what_and_by_when(said, words):
    assert words in letter(TrialDecisionKind.EXTEND, next_work="Again", **said).body


def test_another_try_that_is_not_paid_says_nothing_of_pay():
    assert "paid" not in letter(TrialDecisionKind.EXTEND, next_work="Again").body


@pytest.mark.parametrize("reason", list(ParkingReason))
def test_the_wrong_time_has_words_for_each_reason(reason):
    body = letter(TrialDecisionKind.PARK, reason=reason, revisit_on=date(2027, 1, 3), looks_for_referrals=True).body
    assert body.count("We like what you made.") == 1
    assert "around Sun 3 Jan 2027" in body
    assert "I’ll think of you." in body
    assert "I’ll think of you." not in letter(TrialDecisionKind.PARK, reason=reason).body


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "It wasn’t quite what we need for this. So we won’t go on with it"),
        ({"unmet": ["Fits a phone"]}, "It didn’t have all that we had asked for: Fits a phone. So we won’t"),
        ({"is_paid": True}, "You’ll be paid for it as we agreed, of course."),
    ],
)
def test_no_is_said_plainly_with_what_they_can_use(said, words):
    assert words in letter(TrialDecisionKind.DECLINE, **said).body
