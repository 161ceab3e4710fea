"""Answers given on one's own page: recorded for the connector, with what was agreed to; each changes what follows."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.core.errors import Missing, Refused
from crm.core.tenancy import workspace_session
from crm.core.tokens import Signer
from crm.domain import merges, referral_answers, referral_links, vendors
from crm.models.enums import (
    Channel,
    MailState,
    ReferralAnswer,
    ReferralLetterKind,
    ReferralSide,
    ReferralState,
    TimelineKind,
)
from crm.models.log import TimelineEntry
from crm.models.referrals import ReferralLetter
from crm.models.vendors import Vendor
from tests.support.introducing import Case
from tests.support.introductions import EWAN, MARTA

VENDOR, HOUSE = ReferralSide.VENDOR, ReferralSide.BUSINESS
YES, NOT_NOW, NO = ReferralAnswer.YES, ReferralAnswer.NOT_NOW, ReferralAnswer.NO


@pytest.fixture
def case(engine, settings_with, smtp_sink, business, inside, clock_at):
    """Both were asked on Monday 5 October, by letters."""
    clock_at("2026-10-05 09:00")
    settings = settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="Good Terms <goodterms@crm.example.org>")
    case = Case.begin(engine, settings, business, inside)
    case.ask(VENDOR)
    case.ask(HOUSE)
    return case


@pytest.fixture
def asked_of(case, inside, business):
    """asked_of(side) is what its newest letter asks, read anew."""

    def find(side: ReferralSide) -> referral_answers.Asked:
        letter = next(one for one in case.letters(ReferralLetterKind.ASK) if one.side is side)
        with inside(business) as session:
            return referral_answers.find(session, letter.id)

    return find


@pytest.mark.parametrize(
    ("side", "said", "state"),
    [
        (VENDOR, YES, ReferralState.VENDOR_YES),
        (VENDOR, NOT_NOW, ReferralState.VENDOR_NOT_NOW),
        (VENDOR, NO, ReferralState.VENDOR_NO),
        (HOUSE, YES, ReferralState.BUSINESS_YES),
        (HOUSE, NOT_NOW, ReferralState.BUSINESS_NOT_NOW),
        (HOUSE, NO, ReferralState.BUSINESS_NO),
    ],
)
def test_each_answer_is_a_step_of_its_side_with_the_words_that_stood_beside_it(
    case, asked_of, clock_at, side, said, state
):
    clock_at("2026-10-07 09:00")
    case.answer(side, said)
    step = case.steps()[-1]
    assert (step.state, step.channel, step.recorded_by) == (state, Channel.EMAIL, case.connector.user_id)
    assert step.happened_on == case.connector.workspace.today
    [consent] = case.consents()
    assert consent.words.endswith(referral_answers.terms(asked_of(side), said))
    assert asked_of(side).now is said


@pytest.mark.parametrize(("side", "own", "others"), [(VENDOR, MARTA, EWAN), (HOUSE, EWAN, MARTA)])
def test_what_a_yes_shares_names_their_own_address_and_never_the_other(asked_of, side, own, others):
    words = referral_answers.terms(asked_of(side), YES)
    assert own in words
    assert others not in words
    for answer in (NOT_NOW, NO):
        assert own not in referral_answers.terms(asked_of(side), answer)


def test_each_change_is_a_step_and_a_consent_of_its_own(case, clock_at):
    for day, said in ((6, NOT_NOW), (7, YES), (8, NO), (9, YES)):
        clock_at(f"2026-10-0{day} 09:00")
        case.answer(VENDOR, said)
    assert case.states()[-4:] == [
        ReferralState.VENDOR_NOT_NOW,
        ReferralState.VENDOR_YES,
        ReferralState.VENDOR_NO,
        ReferralState.VENDOR_YES,
    ]
    assert [consent.given_at.day for consent in case.consents()] == [6, 7, 8, 9]


@pytest.mark.parametrize("first_by_phone", [False, True])
def test_what_they_gave_themselves_stays_with_its_consent(case, first_by_phone):
    if first_by_phone:
        case.record(ReferralState.VENDOR_YES)
    case.answer(VENDOR, YES)
    with pytest.raises(Refused, match="They said so themselves, so it stays"):
        case.undo(ReferralState.VENDOR_YES)
    [consent] = case.consents()
    assert consent.step_id == case.steps()[-1].id
    case.record(ReferralState.VENDOR_NO)
    assert case.states()[-1] is ReferralState.VENDOR_NO
    assert [each.id for each in case.consents()] == [consent.id]


def test_an_answer_taken_back_leaves_the_earlier_one_on_the_timeline(case, engine, business, clock_at):
    case.answer(VENDOR, YES, note="The first")
    clock_at("2026-10-06 09:00")
    case.answer(VENDOR, NO)
    clock_at("2026-10-07 09:00")
    case.record(ReferralState.VENDOR_YES, note="The second")
    case.undo(ReferralState.VENDOR_YES)
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        rows = session.scalars(
            select(TimelineEntry).where(
                TimelineEntry.kind == TimelineKind.REFERRAL, TimelineEntry.step == ReferralState.VENDOR_YES
            )
        )
        assert [(row.body, row.happened_on.day) for row in rows] == [("The first", 5)]


def test_a_referral_that_ended_before_takes_no_answer(case, asked_of):
    case.record(ReferralState.DECLINED)
    assert not asked_of(VENDOR).is_open
    with pytest.raises(Refused, match="cannot be changed any more"):
        case.answer(VENDOR, YES)


def test_two_vendors_that_are_one_keep_the_question(case, asked_of, inside, business):
    with inside(business) as session:
        double = vendors.add(session, by=business.owner, name="Northlight Studios", despite_doubles=True)
        theirs = session.get_one(Vendor, case.referral().vendor_id)
        versions = (double.version, theirs.version)
        merges.merge(double, theirs, by=business.owner, versions=versions, theirs=())
    assert asked_of(HOUSE).vendor.id == double.id
    case.answer(HOUSE, YES)
    assert case.states()[-1] is ReferralState.BUSINESS_YES


def test_an_ask_that_was_taken_back_asks_nothing_and_the_one_before_asks_again(case, inside, business, clock_at):
    clock_at("2026-11-10 09:00")
    first = case.letters(ReferralLetterKind.ASK)[0]
    case.ask(VENDOR)
    second = case.letters(ReferralLetterKind.ASK)[-1]
    with inside(business) as session:
        with pytest.raises(Missing):
            referral_answers.find(session, first.id)
        session.get_one(ReferralLetter, second.id).taken_back_at = first.created_at
    with inside(business) as session:
        assert referral_answers.find(session, first.id).letter.id == first.id
        with pytest.raises(Missing):
            referral_answers.find(session, second.id)


@pytest.mark.parametrize("facts", [{}, {"b": 1}, {"l": 1}, {"b": "1", "l": 1}, {"b": 1, "l": None}, {"b": [1], "l": 1}])
def test_a_token_that_names_no_letter_is_none(settings, facts):
    token = Signer(settings.secret_key, referral_links.INTRODUCTION).sign(facts, lasts=timedelta(days=1))
    assert referral_links.read(settings, token) is None


def test_whatever_is_answered_undone_held_and_sent_it_is_both_letters_or_none_and_only_on_two_yeses(case, clock_at):
    """A long walk, the same in each run: after each act the outbox follows from the answers that hold."""
    chance = random.Random(20_261_005)
    answers: dict[ReferralSide, ReferralAnswer | None] = dict.fromkeys(ReferralSide)
    sent_since = False
    for minute in range(60):
        clock_at(f"2026-10-06 {9 + minute // 60:02}:{minute % 60:02}:00")
        side, act = chance.choice(list(ReferralSide)), chance.choice([YES, YES, YES, NOT_NOW, NO, "hold", "send"])
        before = _waiting(case)
        agreed = all(answer is YES for answer in answers.values())
        if act == "hold":
            _tries(lambda: case.hold(case.connector), works=before == 2)
            wanted = 0
        elif act == "send":
            _tries(lambda: case.send(case.connector), works=agreed)
            wanted = 2 if agreed else 0
        else:
            changes = answers[side] is not act
            case.answer(side, act)
            answers[side] = act
            now = all(answer is YES for answer in answers.values())
            wanted = 2 if now and (changes or before) else 0
        assert _waiting(case) == wanted, f"{minute}: {act} by {side}"
        sent_since = sent_since or wanted == 2
        case.send_mail()
        if _left(case):
            break
    assert sent_since
    assert len(case.letters()) % 2 == 0


def _tries(act, *, works: bool) -> None:
    if works:
        act()
    else:
        with pytest.raises(Refused):
            act()


def _waiting(case: Case) -> int:
    return sum(state is MailState.WAITING for _to, state in case.mail())


def _left(case: Case) -> bool:
    sent = sorted(to for to, state in case.mail() if state is MailState.SENT)
    assert sent in ([], [EWAN, MARTA])
    return bool(sent)
