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
