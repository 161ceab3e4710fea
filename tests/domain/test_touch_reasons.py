"""Reasons to be in touch: only those that hold, the most honest first, each with why; drafts that quote no note."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain import touch_reasons
from crm.domain.touch_reasons import Facts, OpeningFact
from crm.mail.drafts import Draft
from crm.models.enums import Availability, ParkingReason, PromiseKind, ReferralState, TouchReason
from crm.queries.touch_reasons import PromiseRow, ReferralRow, ResultRow, SaidRow

TODAY = date(2026, 11, 23)
KNOWN = Facts(TODAY, "Northlight", availability=Availability.OPEN, availability_as_of=TODAY)
"""Of this vendor nothing gives a reason."""


def ahead(days: int) -> date:
    return TODAY + timedelta(days=days)


def kinds(facts: Facts) -> list[TouchReason]:
    return [reason.kind for reason in touch_reasons.reasons(facts)]


def test_nothing_gives_no_reason():
    assert touch_reasons.reasons(KNOWN) == []


PROMISE = PromiseRow(1, PromiseKind.OURS, "Send the table", ahead(2))
REFERRAL = ReferralRow(2, "Quarry Lane", ReferralState.INTRODUCED, ahead(-20))
OPENING = OpeningFact(3, "Marram Dental", "three films")
RESULT = ResultRow(4, "All eleven pages", ahead(-10))
SAID = SaidRow(5, True, "They moved to **Leeds**", ahead(-30))
ALL = replace(
    KNOWN,
    promises=(PROMISE,),
    referrals=(REFERRAL,),
    openings=(OPENING,),
    result=RESULT,
    offers_small_tasks=True,
    asks_for_discount=True,
    said=SAID,
    availability=Availability.UNKNOWN,
)


def test_the_most_honest_comes_first():
    assert kinds(ALL) == list(TouchReason)


def test_an_open_small_task_is_named_rather_than_one_that_may_come():
    facts = replace(KNOWN, offers_small_tasks=True, small_task=(6, "A film of the new candle"))
    [reason] = touch_reasons.reasons(facts)
    assert (reason.kind, reason.subject_id) == (TouchReason.SMALL_TASK, 6)
    assert reason.why == "A small task in their niche is open: A film of the new candle"
    assert "A film of the new candle" in reason.words[0]


def test_who_asked_to_be_left_alone_gives_none():
    assert touch_reasons.reasons(replace(ALL, do_not_contact=True)) == []


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        ({"promises": (replace(PROMISE, due_on=ahead(14)),)}, True),
        ({"promises": (replace(PROMISE, due_on=ahead(15)),)}, False),
        ({"promises": (replace(PROMISE, due_on=ahead(-90)),)}, True),
        ({"promises": (replace(PROMISE, kind=PromiseKind.FOLLOW_UP),)}, True),
        ({"promises": (replace(PROMISE, kind=PromiseKind.THEIRS),)}, False),
        ({"promises": (replace(PROMISE, kind=PromiseKind.THEIRS, due_on=ahead(0)),)}, False),
        ({"promises": (replace(PROMISE, kind=PromiseKind.THEIRS, due_on=ahead(-1)),)}, True),
        ({"referrals": (replace(REFERRAL, since=ahead(-7)),)}, True),
        ({"referrals": (replace(REFERRAL, since=ahead(-6)),)}, False),
        ({"referrals": (replace(REFERRAL, state=ReferralState.WON, since=ahead(-60)),)}, True),
        ({"referrals": (replace(REFERRAL, state=ReferralState.WON, since=ahead(-61)),)}, False),
        ({"referrals": (replace(REFERRAL, state=ReferralState.LOST, since=ahead(-1)),)}, True),
        ({"referrals": (replace(REFERRAL, state=ReferralState.DECLINED),)}, False),
        ({"referrals": (replace(REFERRAL, state=ReferralState.THANKED),)}, False),
        ({"referrals": (replace(REFERRAL, state=ReferralState.VENDOR_ASKED),)}, False),
        ({"openings": (OPENING,)}, True),
        ({"result": replace(RESULT, on=ahead(-120))}, True),
        ({"result": replace(RESULT, on=ahead(-121))}, False),
        ({"offers_small_tasks": True}, True),
        ({"offers_small_tasks": True, "availability": Availability.FULL}, False),
        ({"offers_small_tasks": True, "leave": (ahead(-1), ahead(1))}, False),
        ({"small_task": (6, "A film of the new candle")}, True),
        ({"small_task": (6, "A film of the new candle"), "availability": Availability.FULL}, False),
        ({"asks_for_discount": True}, True),
        ({"said": replace(SAID, on=ahead(-7))}, True),
        ({"said": replace(SAID, on=ahead(-6))}, False),
        ({"said": replace(SAID, on=ahead(-366))}, False),
        ({"availability": Availability.UNKNOWN}, True),
        ({"availability": Availability.UNKNOWN, "leave": (ahead(0), ahead(0))}, False),
        ({"availability": Availability.UNKNOWN, "leave": (ahead(1), ahead(2))}, True),
        ({"availability_as_of": ahead(-60)}, False),
        ({"availability_as_of": ahead(-61)}, True),
        ({"availability_as_of": None}, True),
        ({"availability_until": ahead(-1)}, True),
        ({"availability_until": ahead(0)}, False),
    ],
)
def test_a_reason_is_offered_while_it_holds_and_no_longer(change, holds):
    found = kinds(replace(KNOWN, **change))
    assert len(found) == holds, found


def test_of_a_sort_there_are_three_at_the_most():
    many = tuple(replace(PROMISE, id=number) for number in range(9))
    assert len(touch_reasons.reasons(replace(KNOWN, promises=many))) == 3


def test_ours_come_before_what_we_wait_for():
    theirs = replace(PROMISE, id=9, kind=PromiseKind.THEIRS, due_on=ahead(-5))
    found = touch_reasons.reasons(replace(KNOWN, promises=(theirs, PROMISE)))
    assert [reason.subject_id for reason in found] == [1, 9]


def test_the_evidence_is_in_sight_and_no_note_in_the_letter():
    news = touch_reasons.reasons(replace(KNOWN, said=SAID))[0]
    assert news.why == "Last said on Sat 24 Oct: “They moved to Leeds”"
    letter = touch_reasons.draft(news, to="Ana Ruiz", address="a@x.example", sender="Olive")
    assert "Leeds" not in letter.subject + letter.body
    follow_up = replace(PROMISE, kind=PromiseKind.FOLLOW_UP, what="Ask whether they got cheaper")
    [reason] = touch_reasons.reasons(replace(KNOWN, promises=(follow_up,)))
    assert "cheaper" in reason.why
    assert "cheaper" not in " ".join((reason.subject, *reason.words))


def test_a_promise_of_ours_names_what_was_promised_to_them():
    [late] = touch_reasons.reasons(replace(KNOWN, promises=(replace(PROMISE, due_on=ahead(-3)),)))
    letter = touch_reasons.draft(late, to="Ana Ruiz", address="a@x.example", sender="Olive")
    assert letter.body == (
        "Hi Ana,\n\nI haven’t forgotten what I promised you for Fri 20 Nov: Send the table.\n\n"
        "I’m sorry that it’s late.\n\nOlive"
    )


def test_a_business_is_named_as_in_a_referral():
    [reason] = touch_reasons.reasons(replace(KNOWN, openings=(OPENING,)))
    assert reason.words == ("Marram Dental is looking for someone: three films.", "Shall I introduce you?")
    assert str(reason.move) == "Refer them to Marram Dental."


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_better_price_rests_on_what_was_given(count):
    given_so_far = tuple(replace(REFERRAL, id=number, since=ahead(-1)) for number in range(count))
    found = touch_reasons.reasons(replace(KNOWN, asks_for_discount=True, referrals=given_so_far))
    [reason] = [each for each in found if each.kind is TouchReason.DISCOUNT]
    assert reason.why.endswith(
        ("No introductions so far.", "One introduction so far.", "2 introductions so far.")[count]
    )
    assert ("before" in reason.words[0]) == (count > 0)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (replace(KNOWN, availability=Availability.UNKNOWN), "How full are your next few months?"),
        (replace(KNOWN, availability=Availability.FULL, availability_as_of=None), "you’ll have room again"),
        (
            replace(KNOWN, availability=Availability.UNKNOWN, parked_for=ParkingReason.AT_CAPACITY),
            "you’ll have room again",
        ),
    ],
)
def test_a_question_about_their_time_fits_what_is_known(facts, words):
    [reason] = touch_reasons.reasons(facts)
    assert words in reason.words[0]


def test_without_a_reason_the_letter_is_theirs_to_write():
    letter = touch_reasons.draft(None, to="Ana Ruiz", address="", sender="Olive")
    assert letter == Draft((), "", "Hi Ana,\n\nOlive")


# Another reason, another reader

BEFORE, AFTER = Draft((), "One", "Hi Ana,\n\nFirst.\n\nOlive"), Draft((), "Two", "Hi Ben,\n\nSecond.\n\nOlive")


@pytest.mark.parametrize(
    ("typed", "then"),
    [
        (("One", BEFORE.body), ("Two", AFTER.body)),
        (("", ""), ("Two", AFTER.body)),
        (("Mine", BEFORE.body), ("Mine", AFTER.body)),
        (("One", "Hi Ana,\n\nMy own words."), ("Two", "Hi Ben,\n\nMy own words.")),
        (("One", "Dear both,\n\nMy own words."), ("Two", "Dear both,\n\nMy own words.")),
    ],
)
def test_what_nobody_changed_is_replaced_and_nothing_else(typed, then):
    assert touch_reasons.rewritten(typed, BEFORE, AFTER) == then


@given(st.text(min_size=1), st.text(min_size=1))
def test_nothing_typed_is_lost(subject, own):
    body = f"Hi Ana,\n\n{own}"
    new_subject, new_body = touch_reasons.rewritten((subject, body), BEFORE, AFTER)
    assert own in new_body or body == BEFORE.body
    assert new_subject == ("Two" if subject == "One" else subject)
