"""The introduction: two yeses release two letters, once; taken back both or none; recorded when the first one left."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from crm.core import clock
from crm.core.errors import Forbidden, Refused
from crm.core.tenancy import installation_session, workspace_session
from crm.core.unit_of_work import installation_work
from crm.domain import introductions, members, referrals, suppressions
from crm.domain.introductions import HELD_BACK
from crm.mail import outbox
from crm.models.enums import MailKind, MailState, ReferralAnswer, ReferralLetterKind, ReferralSide, ReferralState, Role
from crm.models.goodwill import GoodwillEntry
from crm.models.outbox import OutboxMessage
from crm.models.referrals import Opening, Referral
from crm.models.vendors import Vendor
from tests.support.introducing import Case
from tests.support.introductions import EWAN, MARTA

VENDOR, HOUSE = ReferralSide.VENDOR, ReferralSide.BUSINESS
YES, NOT_NOW, NO = ReferralAnswer.YES, ReferralAnswer.NOT_NOW, ReferralAnswer.NO
NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WAITING, SENT, CANCELLED = MailState.WAITING, MailState.SENT, MailState.CANCELLED
BOTH_WAIT = [(MARTA, WAITING), (EWAN, WAITING)]


@pytest.fixture
def case(engine, settings_with, smtp_sink, business, inside, clock_at):
    clock_at("2026-11-23 09:00")
    settings = settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="Good Terms <goodterms@crm.example.org>")
    return Case.begin(engine, settings, business, inside)


@pytest.fixture
def asked(case, clock_at):
    """Both were asked by letters that have arrived."""
    case.ask(VENDOR)
    case.ask(HOUSE)
    clock_at("2026-11-23 09:01")
    case.send_mail()
    clock_at("2026-11-23 10:00")
    return case


@pytest.fixture
def agreed(asked):
    """Both have said yes on their pages at ten."""
    asked.answer(VENDOR, YES)
    asked.answer(HOUSE, YES)
    return asked


def test_one_yes_releases_nothing_and_the_second_one_both_letters(asked):
    asked.answer(VENDOR, YES)
    assert asked.mail() == []
    asked.answer(HOUSE, YES)
    assert asked.mail() == BOTH_WAIT
    assert asked.leaves_at() == NINE + timedelta(hours=1) + HELD_BACK
    assert ReferralState.INTRODUCED not in asked.states()


def test_nothing_leaves_before_its_time_and_then_each_side_gets_one(agreed, smtp_sink, clock_at):
    known = len(smtp_sink.letters)
    clock_at("2026-11-23 10:14:59")
    agreed.send_mail()
    assert len(smtp_sink.letters) == known
    clock_at("2026-11-23 10:15")
    agreed.send_mail()
    letters = smtp_sink.letters[known:]
    assert sorted(letter.recipient for letter in letters) == [EWAN, MARTA]
    for letter in letters:
        assert agreed.connector.user.email in str(letter.message["Reply-To"])
        assert (EWAN if letter.recipient == MARTA else MARTA) in letter.text("plain")


def test_they_are_introduced_once_the_first_letter_is_accepted_and_once_only(agreed, engine, business, clock_at):
    clock_at("2026-11-23 10:15")
    agreed.send_mail()
    assert agreed.states().count(ReferralState.INTRODUCED) == 1
    assert agreed.referral().state is ReferralState.INTRODUCED
    assert agreed.leaves_at() is None
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        assert len(session.scalars(select(GoodwillEntry)).all()) == 1


def test_following_again_changes_nothing(agreed, inside, business):
    for _time in range(3):
        with inside(business) as session:
            referral = referrals.find(session, agreed.referral_id)
            introductions.follow(referral, by=business.owner, settings=agreed.settings)
    assert agreed.mail() == BOTH_WAIT


@pytest.mark.parametrize("said", [NO, NOT_NOW])
@pytest.mark.parametrize("side", ReferralSide)
def test_a_changed_answer_takes_both_letters_back(agreed, smtp_sink, clock_at, said, side):
    known = len(smtp_sink.letters)
    agreed.answer(side, said)
    assert agreed.mail() == [(MARTA, CANCELLED), (EWAN, CANCELLED)]
    assert all(letter.taken_back_at is not None for letter in agreed.letters())
    clock_at("2026-11-23 12:00")
    agreed.send_mail()
    assert len(smtp_sink.letters) == known
    assert ReferralState.INTRODUCED not in agreed.states()


def test_a_yes_after_that_releases_it_anew(agreed, smtp_sink, clock_at):
    known = len(smtp_sink.letters)
    agreed.answer(HOUSE, NOT_NOW)
    clock_at("2026-11-30 10:00")
    agreed.answer(HOUSE, YES)
    assert agreed.mail()[2:] == BOTH_WAIT
    clock_at("2026-11-30 10:15")
    agreed.send_mail()
    assert len(smtp_sink.letters) == known + 2


def test_a_yes_by_phone_that_is_taken_back_takes_the_letters_back(asked):
    asked.answer(VENDOR, YES)
    asked.record(ReferralState.BUSINESS_YES)
    assert asked.mail() == BOTH_WAIT
    asked.undo(ReferralState.BUSINESS_YES)
    assert [state for _to, state in asked.mail()] == [CANCELLED, CANCELLED]


def test_what_they_said_themselves_is_not_taken_back_on_our_side_but_what_they_say_since_counts(agreed):
    with pytest.raises(Refused, match="They said so themselves"):
        agreed.undo(ReferralState.BUSINESS_YES)
    assert agreed.mail() == BOTH_WAIT
    assert len(agreed.consents()) == 2
    agreed.record(ReferralState.BUSINESS_NOT_NOW)
    assert [state for _to, state in agreed.mail()] == [CANCELLED, CANCELLED]
    assert len(agreed.consents()) == 2


def test_an_introduction_made_by_phone_meanwhile_takes_the_letters_back(agreed):
    agreed.record(ReferralState.INTRODUCED)
    assert [state for _to, state in agreed.mail()] == [CANCELLED, CANCELLED]


def _take_referral_back(case, inside, business) -> None:
    with inside(business) as session:
        referral = referrals.find(session, case.referral_id)
        introductions.call_off(referral)
        referrals.take_back(referral, by=business.member)


def _stand(engine, case, kind: ReferralLetterKind, **values) -> None:
    """All letters of a kind stand so in the outbox."""
    ids = [letter.message_id for letter in case.letters(kind)]
    with installation_work(engine) as session:
        session.execute(update(OutboxMessage).where(OutboxMessage.id.in_(ids)).values(**values))


def test_a_referral_that_is_taken_back_takes_the_letters_that_wait_with_it(case, engine, inside, business):
    case.ask(HOUSE)
    case.record(ReferralState.VENDOR_YES)
    case.record(ReferralState.BUSINESS_YES)
    assert case.mail() == BOTH_WAIT
    _take_referral_back(case, inside, business)
    with installation_session(engine, writing=False) as session:
        sent = session.scalars(select(OutboxMessage.state).where(OutboxMessage.kind == MailKind.REFERRAL)).all()
        assert sent == [CANCELLED] * 3


LEFT = [
    {"state": MailState.SENDING},
    {"state": MailState.BEGUN},
    {"state": MailState.SENT},
    {"state": MailState.HELD},
    {"state": MailState.UNKNOWN},
    {"state": MailState.FAILED, "stage": "dot"},
    {"state": MailState.WAITING, "sent_again": True},
]


@pytest.mark.parametrize("stands", LEFT)
def test_a_referral_stays_on_record_once_a_letter_of_it_may_have_left(case, engine, inside, business, stands):
    case.ask(VENDOR)
    _stand(engine, case, ReferralLetterKind.ASK, **stands)
    with pytest.raises(Refused, match="Letters have gone out, so it stays on record"):
        _take_referral_back(case, inside, business)
    assert case.states() == [ReferralState.IDEA, ReferralState.VENDOR_ASKED]
    assert [state for _to, state in case.mail(ReferralLetterKind.ASK)] == [stands["state"]]


@pytest.mark.parametrize(
    "stands",
    [
        {"state": MailState.CANCELLED},
        {"state": MailState.FAILED, "stage": "rcpt", "answer": "550 no such user"},
        {"state": MailState.FAILED, "stage": "connect"},
    ],
)
def test_a_referral_whose_letters_surely_never_left_can_be_taken_back(case, engine, inside, business, stands):
    case.ask(VENDOR)
    _stand(engine, case, ReferralLetterKind.ASK, **stands)
    _take_referral_back(case, inside, business)
    with inside(business) as session:
        assert session.scalars(select(Referral)).all() == []


def test_whoever_was_asked_is_not_asked_again_by_way_of_taking_the_referral_back(asked, inside, business):
    with pytest.raises(Refused, match="stays on record"):
        _take_referral_back(asked, inside, business)
    referral = asked.referral()
    with inside(business) as session:
        vendor = session.get_one(Vendor, referral.vendor_id)
        with pytest.raises(Refused, match="referred to Harbour Dental already"):
            referrals.refer(vendor, by=business.member, opening_id=referral.opening_id)


@pytest.mark.parametrize("stands", LEFT)
def test_nobody_is_introduced_a_second_time(agreed, engine, business, inside, stands):
    _stand(engine, agreed, ReferralLetterKind.INTRODUCTION, **stands)
    if stands["state"] is not WAITING:
        with pytest.raises(Refused, match="on its way already"):
            agreed.send(business.member)
    with inside(business) as session:
        introductions.follow(session.get_one(Referral, agreed.referral_id), by=business.owner, settings=agreed.settings)
    assert len(agreed.letters()) == 2


def test_an_introduction_by_hand_that_no_letter_made_can_be_taken_back(asked):
    asked.record(ReferralState.VENDOR_YES)
    asked.record(ReferralState.BUSINESS_YES)
    asked.record(ReferralState.INTRODUCED)
    asked.undo(ReferralState.INTRODUCED)
    assert ReferralState.INTRODUCED not in asked.states()


def test_what_the_vendor_was_deleted_with_does_not_leave(agreed, engine, inside, business, smtp_sink, clock_at):
    known = len(smtp_sink.letters)
    with inside(business) as session:
        session.delete(session.get_one(Vendor, agreed.referral().vendor_id))
    clock_at("2026-11-23 10:15")
    agreed.send_mail()
    assert len(smtp_sink.letters) == known


# Held back, and sent by hand


def test_what_is_held_back_waits_for_somebody_to_send_it(agreed, inside, business, clock_at):
    clock_at("2026-11-23 10:05")
    agreed.hold(business.member)
    assert agreed.leaves_at() is None
    with inside(business) as session:
        referral = referrals.find(session, agreed.referral_id)
        introductions.follow(referral, by=business.member, settings=agreed.settings)
    assert [state for _to, state in agreed.mail()] == [CANCELLED, CANCELLED]
    clock_at("2026-11-24 08:00")
    leaves = agreed.send(business.owner)
    assert leaves == clock.now() + HELD_BACK == agreed.leaves_at()
    assert agreed.mail()[2:] == BOTH_WAIT


def test_sending_twice_is_sending_once(agreed, inside, business):
    for _time in range(2):
        assert agreed.send(business.owner) == agreed.leaves_at()
    assert agreed.mail() == BOTH_WAIT


def test_nothing_is_sent_before_both_agree_nor_held_where_nothing_waits(asked, inside, business):
    asked.answer(VENDOR, YES)
    with pytest.raises(Refused, match="once both have said yes"):
        asked.send(business.member)
    with pytest.raises(Refused, match="nothing to hold back"):
        asked.hold(business.member)


def test_who_only_reads_neither_sends_nor_holds(agreed, inside, business):
    with pytest.raises(Forbidden):
        agreed.send(business.viewer)
    with pytest.raises(Forbidden):
        agreed.hold(business.viewer)


def test_two_yeses_by_phone_alone_release_nothing_by_themselves(case, inside, business):
    case.record(ReferralState.VENDOR_YES)
    case.record(ReferralState.BUSINESS_YES)
    assert case.mail() == []
    case.send(business.member)
    assert case.mail() == BOTH_WAIT


def test_a_yes_by_phone_after_one_on_the_page_releases_it(asked):
    asked.answer(HOUSE, YES)
    asked.record(ReferralState.VENDOR_YES)
    assert asked.mail() == BOTH_WAIT


# What keeps it from leaving


def test_without_a_mail_server_it_waits_for_a_person(asked, settings):
    asked.answer(VENDOR, YES)
    asked.with_settings(settings).answer(HOUSE, YES)
    assert asked.mail() == []
    assert asked.states()[-1] is ReferralState.BUSINESS_YES


def test_whoever_opted_out_in_between_keeps_both_letters_back(agreed, engine, smtp_sink, clock_at):
    known = len(smtp_sink.letters)
    mark = suppressions.fingerprint(agreed.settings, EWAN)
    with installation_work(engine) as session:
        suppressions.suppress(session, mark, how=suppressions.BY_PAGE)
    clock_at("2026-11-23 10:15")
    agreed.send_mail()
    assert len(smtp_sink.letters) == known
    assert [state for _to, state in agreed.mail()] == [CANCELLED, CANCELLED]
    assert ReferralState.INTRODUCED not in agreed.states()


def test_an_address_that_nobody_agreed_to_share_is_not_shared(asked, inside, business):
    asked.answer(VENDOR, YES)
    with inside(business) as session:
        session.get_one(Opening, asked.referral().opening_id).email = "front.desk@harbour.example"
    asked.record(ReferralState.BUSINESS_YES)
    assert len(asked.mail()) == 2  # said by phone: there is no other address that they agreed to
    asked.undo(ReferralState.BUSINESS_YES)
    asked.answer(HOUSE, YES)
    assert [state for _to, state in asked.mail()] == [CANCELLED, CANCELLED]
    with pytest.raises(Refused, match="agreed to share ewan@harbour"):
        asked.send(business.member)


def test_an_address_that_somebody_said_not_now_from_binds_nobody(asked, inside, business):
    asked.answer(HOUSE, NOT_NOW)
    with inside(business) as session:
        session.get_one(Opening, asked.referral().opening_id).email = "front.desk@harbour.example"
    asked.answer(VENDOR, YES)
    asked.record(ReferralState.BUSINESS_YES)
    assert len(asked.mail()) == 2


def test_a_connector_who_left_sends_nothing_by_themselves_and_another_may(asked, inside, business):
    asked.answer(VENDOR, YES)
    with inside(business) as session:
        members.deactivate(session, business.member.user_id, by=business.owner)
    asked.answer(HOUSE, YES)
    assert asked.states()[-1] is ReferralState.BUSINESS_YES
    assert asked.mail() == []
    asked.send(business.owner)
    assert asked.mail() == BOTH_WAIT


def test_a_connector_who_only_reads_now_sends_nothing_by_themselves(asked, inside, business):
    asked.answer(VENDOR, YES)
    with inside(business) as session:
        members.change_role(session, business.member.user_id, by=business.owner, role=Role.VIEWER)
    asked.answer(HOUSE, YES)
    assert asked.mail() == []


# While it leaves


def _claim(engine, limit: int) -> list[outbox.Claim]:
    with installation_work(engine) as session:
        return outbox.claim(session, owner="a worker", lease=timedelta(minutes=1), limit=limit)


@pytest.mark.parametrize("in_hand", [1, 2])
def test_once_a_worker_has_one_of_them_no_answer_changes_and_none_is_taken_back(asked, engine, clock_at, in_hand):
    asked.record(ReferralState.VENDOR_YES)
    asked.answer(HOUSE, YES)
    clock_at("2026-11-23 10:15")
    assert len(_claim(engine, in_hand)) == in_hand
    before = asked.mail()
    with pytest.raises(Refused, match="on its way"):
        asked.answer(VENDOR, NO)
    with pytest.raises(Refused, match="too late"):
        asked.undo(ReferralState.VENDOR_YES)
    assert asked.mail() == before
    assert asked.states()[-1] is ReferralState.BUSINESS_YES


def test_what_a_worker_gives_back_can_be_taken_back_again(agreed, engine, clock_at):
    clock_at("2026-11-23 10:15")
    claims = _claim(engine, 2)
    with installation_work(engine) as session:
        outbox.release(session, claims)
    agreed.answer(VENDOR, NO)
    assert [state for _to, state in agreed.mail()] == [CANCELLED, CANCELLED]


def test_after_it_left_nothing_of_it_is_taken_back(agreed, clock_at, inside, business):
    clock_at("2026-11-23 10:15")
    agreed.send_mail()
    with pytest.raises(Refused, match="on its way"):
        agreed.answer(VENDOR, NO)
    with pytest.raises(Refused, match="letters that introduce them have gone out"):
        agreed.undo(ReferralState.INTRODUCED)
    with pytest.raises(Refused, match="They said so themselves"):
        agreed.undo(ReferralState.VENDOR_YES)
    with pytest.raises(Refused, match="introduced already"):
        agreed.send(business.member)
    assert agreed.states()[-1] is ReferralState.INTRODUCED
    assert [state for _to, state in agreed.mail()] == [SENT, SENT]


def test_what_follows_the_introduction_takes_nothing_back(agreed, engine, clock_at):
    clock_at("2026-11-23 10:15")
    agreed.send_mail()
    second = agreed.letters()[1].message_id
    with installation_work(engine) as session:
        session.execute(update(OutboxMessage).where(OutboxMessage.id == second).values(state=WAITING))
    agreed.record(ReferralState.TALKING)
    assert agreed.mail() == [(MARTA, SENT), (EWAN, WAITING)]


def test_where_the_one_was_refused_the_other_does_not_leave(agreed, engine, smtp_sink, clock_at):
    known = len(smtp_sink.letters)
    first = agreed.letters()[0].message_id
    with installation_work(engine) as session:
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == first)
            .values(state=MailState.FAILED, settled_at=clock.now(), stage="rcpt", answer="550 Nobody here")
        )
    clock_at("2026-11-23 10:15")
    agreed.send_mail()
    assert len(smtp_sink.letters) == known
    assert [state for _to, state in agreed.mail()] == [MailState.FAILED, CANCELLED]


def test_what_was_held_counts_once_somebody_knows_that_it_arrived(agreed, engine, clock_at, inside, business):
    first = agreed.letters()[0].message_id
    with installation_work(engine) as session:
        session.execute(update(OutboxMessage).where(OutboxMessage.id == first).values(state=MailState.HELD))
    with pytest.raises(Refused):
        agreed.answer(VENDOR, NO)
    with inside(business) as session:
        introductions.left(session, first)
    assert agreed.states().count(ReferralState.INTRODUCED) == 1


def test_other_letters_introduce_nobody(asked, engine):
    [ask, _other] = asked.letters(ReferralLetterKind.ASK)
    with installation_work(engine) as session:
        introductions.left(session, ask.message_id)
    assert ReferralState.INTRODUCED not in asked.states()


# At the same moment


def _at_once(*acts) -> list[Exception]:
    """Run each in a thread of its own, all let go together."""
    gate, problems = threading.Barrier(len(acts)), []

    def run(act) -> None:
        gate.wait()
        try:
            act()
        except Exception as problem:  # noqa: BLE001 - a thread's own problem would be lost
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


def test_two_yeses_at_the_same_moment_are_one_introduction(asked):
    problems = _at_once(*(lambda side=side: asked.answer(side, YES) for side in (VENDOR, HOUSE, VENDOR, HOUSE)))
    assert problems == []
    assert asked.mail() == BOTH_WAIT
    assert sorted(asked.states()[-2:]) == [ReferralState.BUSINESS_YES, ReferralState.VENDOR_YES]
    assert len(asked.consents()) == 2


def test_a_no_and_a_worker_at_the_same_moment_leave_nothing_half(agreed, engine, clock_at):
    clock_at("2026-11-23 10:15")
    claims: list[outbox.Claim] = []
    problems = _at_once(lambda: agreed.answer(VENDOR, NO), lambda: claims.extend(_claim(engine, 2)))
    states = {state for _to, state in agreed.mail()}
    if problems:
        assert [type(problem) for problem in problems] == [Refused]
        assert 1 <= len(claims) <= 2
        assert states <= {MailState.SENDING, WAITING}
        assert ReferralState.VENDOR_NO not in agreed.states()
    else:
        assert claims == []
        assert states == {CANCELLED}
        assert agreed.states()[-1] is ReferralState.VENDOR_NO


def test_what_another_holds_is_not_waited_for_and_the_rest_stays(agreed, engine):
    first, second = (letter.message_id for letter in agreed.letters())
    with installation_work(engine) as session:
        session.execute(update(OutboxMessage).where(OutboxMessage.id == second).values(state=MailState.SENDING))
        assert not outbox.take_back_together(session, [first, second])
    assert agreed.mail() == [(MARTA, WAITING), (EWAN, MailState.SENDING)]
