"""Letters on their way: nothing lost, nothing doubled outside the one window, and that by a declared rule."""

import threading
from datetime import timedelta
from itertools import pairwise

import pytest

from crm.core import clock
from crm.core.tenancy import installation_session
from crm.core.unit_of_work import installation_work
from crm.domain import deliveries, health
from crm.jobs.sender import Sender
from crm.mail import breaker, outbox
from crm.mail.delivery import Outcome, Stage, Verdict
from crm.mail.mime import EnclosedFile, Letter
from crm.models.enums import MailKind, MailState
from crm.models.outbox import OutboxMessage
from crm.models.workspaces import Membership
from tests.support.letters import messages, only, put_in
from tests.support.serving import free_port

LEASE = timedelta(seconds=60)


@pytest.fixture
def sending(settings_with, smtp_sink):
    """Settings with the sink as the mail server."""
    return settings_with(SMTP_URL=smtp_sink.url, MAIL_FROM="Good Terms <goodterms@example.org>")


@pytest.fixture(autouse=True)
def noon(clock_at) -> None:
    clock_at("2026-10-05 12:00")


def test_what_waits_is_sent_once(engine, business, sending, smtp_sink) -> None:
    put_in(engine, business.owner)
    sender = Sender(engine, sending)
    assert [sender.work_once() for _ in range(3)] == [1, 0, 0]
    [letter] = smtp_sink.letters
    message = only(engine)
    assert (message.state, message.attempts, message.sent_again) == (MailState.SENT, 1, False)
    assert (letter.key, letter.message_id) == (message.key, message.message_id)
    assert letter.recipient == business.owner.user.email


def test_files_leave_with_their_letter_and_the_same_bytes_again(engine, business, sending, smtp_sink, clock_at) -> None:
    contract = EnclosedFile("Vertrag – Größe.pdf", "application/pdf", b"%PDF-1.7 " + bytes(range(256)) * 100)
    put_in(engine, business.owner, letter=Letter("With a file", "Text.", "<p></p>", files=(contract,)))
    smtp_sink.answer("data", "451 Later")
    sender = Sender(engine, sending)
    assert sender.work_once() == 0
    with installation_session(engine, writing=False) as session:
        whole = only(engine).content + outbox.files_of(session, only(engine).id)
    smtp_sink.answer("data", None)
    clock_at("2026-10-05 12:30")
    assert sender.work_once() == 1
    [letter] = smtp_sink.letters
    assert letter.content == whole
    [part] = letter.message.iter_attachments()
    assert (part.get_filename(), part.get_content()) == (contract.name, contract.content)


def test_files_go_when_their_text_does(engine, business, sending, smtp_sink) -> None:
    contract = EnclosedFile("contract.pdf", "application/pdf", b"%PDF-1.7")
    letter = Letter("With a file", "Text.", "<p></p>", files=(contract,))
    secret = put_in(engine, business.owner, letter=letter, has_secrets=True)
    kept = put_in(engine, business.owner, key="kept", letter=letter)
    over = put_in(engine, business.owner, key="over", letter=letter)
    assert Sender(engine, sending).work_once() == 3
    with installation_work(engine) as session:
        session.get_one(OutboxMessage, over.id).settled_at = clock.now() - outbox.TEXTS_KEPT
        session.flush()
        outbox.clear_away(session)
        found = {message.id: bool(outbox.files_of(session, message.id)) for message in (secret, kept, over)}
    assert found == {secret.id: False, kept.id: True, over.id: False}


def test_without_a_server_letters_wait(engine, business, settings) -> None:
    put_in(engine, business.owner)
    assert Sender(engine, settings).work_once() == 0
    assert only(engine).state is MailState.WAITING


def test_a_second_letter_with_the_same_key_is_not_made(engine, business) -> None:
    first = put_in(engine, business.owner)
    second = put_in(engine, business.owner)
    assert first.id == second.id
    assert len(messages(engine)) == 1


def test_a_letter_is_there_only_if_what_caused_it_is(engine, business) -> None:
    def fail() -> None:
        with installation_work(engine) as session:
            outbox.enqueue(
                session,
                outbox.Letter("Hello", "", ""),
                key="letter:1",
                kind=MailKind.TEST,
                sender="us@example.org",
                recipient=business.owner.user.email,
                workspace_id=business.workspace.id,
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert messages(engine) == []


def test_several_senders_at_once_send_each_letter_once(engine, business, sending, smtp_sink) -> None:
    for number in range(40):
        put_in(engine, business.owner, f"letter:{number}")
    threads = [threading.Thread(target=Sender(engine, sending).work_once) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(letter.key for letter in smtp_sink.letters) == sorted(f"letter:{n}" for n in range(40))
    assert {message.state for message in messages(engine)} == {MailState.SENT}


def test_urgent_letters_go_first(engine, business, sending, smtp_sink) -> None:
    facts = {"reminders": [], "local_date": "2026-10-05"}
    put_in(engine, business.owner, "digest", kind=MailKind.DIGEST, facts=facts, user_id=None)
    put_in(engine, business.owner, "test")
    Sender(engine, sending).work_once()
    assert [letter.key for letter in smtp_sink.letters] == ["test", "digest"]


class TestQueue:
    """What is due is looked up once for many claims; that changes nothing in who gets what, and when."""

    FACTS = {"reminders": [], "local_date": "2026-10-05"}

    def _digest(self, engine, person, key) -> int:
        return put_in(engine, person, key, kind=MailKind.DIGEST, facts=self.FACTS, user_id=None).id

    def test_an_urgent_letter_that_comes_meanwhile_is_next(self, engine, business) -> None:
        queue = outbox.Queue()
        digests = [self._digest(engine, business.owner, f"digest:{number}") for number in range(3)]
        assert _claimed(engine, queue) == [digests[0]]
        urgent = put_in(engine, business.owner, "urgent").id
        assert [_claimed(engine, queue) for _ in range(4)] == [[urgent], [digests[1]], [digests[2]], []]

    def test_one_that_comes_due_later_is_seen_too(self, engine, business, clock_at) -> None:
        queue = outbox.Queue()
        later = put_in(engine, business.owner, "later").id
        _set(engine, later, not_before=clock.now() + timedelta(minutes=1))
        digests = [self._digest(engine, business.owner, f"digest:{number}") for number in range(2)]
        assert _claimed(engine, queue) == [digests[0]]
        clock_at("2026-10-05 12:02")
        assert [_claimed(engine, queue) for _ in range(3)] == [[later], [digests[1]], []]

    def test_what_went_to_others_is_passed_over(self, engine, business) -> None:
        mine, theirs = outbox.Queue(), outbox.Queue()
        letters = [put_in(engine, business.owner, f"letter:{number}").id for number in range(4)]
        assert _claimed(engine, mine) == [letters[0]]
        assert [_claimed(engine, theirs) for _ in range(2)] == [[letters[1]], [letters[2]]]
        assert [_claimed(engine, mine), _claimed(engine, mine), _claimed(engine, theirs)] == [[letters[3]], [], []]


class TestRefusals:
    def test_a_refused_address_has_failed_and_is_left_alone(
        self, engine, business, sending, smtp_sink, clock_at
    ) -> None:
        smtp_sink.answer("rcpt", "550 No such user")
        put_in(engine, business.owner)
        sender = Sender(engine, sending)
        sender.work_once()
        message = only(engine)
        assert (message.state, message.stage, message.last_error) == (MailState.FAILED, "rcpt", "550 No such user")
        smtp_sink.answer("rcpt", None)
        clock_at("2026-10-06 12:00")
        assert sender.work_once() == 0

    def test_one_refused_letter_holds_up_nobody(self, engine, business, sending, smtp_sink) -> None:
        smtp_sink.answer("rcpt", lambda address: "550 No" if address.startswith("admin") else None)
        for number, person in enumerate((business.admin, business.owner, business.member)):
            put_in(engine, person, f"letter:{number}")
        assert Sender(engine, sending).work_once() == 2

    def test_come_back_later_is_tried_with_growing_pauses(self, engine, business, sending, smtp_sink) -> None:
        smtp_sink.answer("rcpt", "451 Later")
        put_in(engine, business.owner)
        pauses = []
        for _ in range(8):
            before = clock.now()
            Sender(engine, sending).work_once()
            message = only(engine)
            assert message.state is MailState.WAITING
            pauses.append(int((message.not_before - before).total_seconds() / 60))
            _set(engine, message.id, not_before=clock.now())
        assert pauses == [1, 2, 5, 10, 20, 30, 60, 60]

    def test_it_is_not_tried_before_its_time(self, engine, business, sending, smtp_sink, clock_at) -> None:
        smtp_sink.answer("rcpt", "451 Later")
        put_in(engine, business.owner)
        sender = Sender(engine, sending)
        sender.work_once()
        smtp_sink.answer("rcpt", None)
        clock_at("2026-10-05 12:00:59")
        assert sender.work_once() == 0
        clock_at("2026-10-05 12:01")
        assert sender.work_once() == 1

    def test_after_five_days_it_has_failed_and_can_be_sent_again(
        self, engine, business, sending, smtp_sink, clock_at
    ) -> None:
        smtp_sink.answer("data", "451 Later")
        put_in(engine, business.owner)
        Sender(engine, sending).work_once()
        clock_at("2026-10-10 12:00")
        Sender(engine, sending).work_once()
        message = only(engine)
        assert (message.state, message.last_error) == (MailState.FAILED, "451 Later")
        smtp_sink.answer("data", None)
        with installation_work(engine) as session:
            assert outbox.send_again(session, session.get(OutboxMessage, message.id))
        assert Sender(engine, sending).work_once() == 1

    def test_what_has_expired_is_dropped(self, engine, business, sending, smtp_sink, clock_at) -> None:
        put_in(engine, business.owner, expires_at=clock.now() + timedelta(minutes=30))
        clock_at("2026-10-05 12:30")
        assert Sender(engine, sending).work_once() == 0
        assert only(engine).state is MailState.CANCELLED


class TestServerAway:
    def test_one_knock_for_all_letters_and_then_a_pause(self, engine, business, settings_with) -> None:
        settings = settings_with(SMTP_URL=f"smtp://127.0.0.1:{free_port()}?tls=off")
        for number in range(5):
            put_in(engine, business.owner, f"letter:{number}")
        for _ in range(3):
            Sender(engine, settings).work_once()
        assert sorted(message.attempts for message in messages(engine)) == [0, 0, 0, 0, 1]
        assert {message.state for message in messages(engine)} == {MailState.WAITING}

    def test_when_it_is_back_all_go_at_the_next_knock(self, engine, business, sending, smtp_sink, clock_at) -> None:
        smtp_sink.answer("mail", "451 Away")
        for number in range(5):
            put_in(engine, business.owner, f"letter:{number}")
        for minute in range(0, 50, 5):
            clock_at(f"2026-10-05 12:{minute:02}")
            Sender(engine, sending).work_once()
        smtp_sink.answer("mail", None)
        clock_at("2026-10-05 12:55")
        assert Sender(engine, sending).work_once() == 5

    def test_a_wrong_password_changes_no_letter(self, engine, business, settings_with, smtp_sink) -> None:
        settings = settings_with(SMTP_URL=smtp_sink.url.replace("smtp://", "smtp://olive:wrong@"))
        put_in(engine, business.owner)
        Sender(engine, settings).work_once()
        assert (only(engine).state, only(engine).stage) == (MailState.WAITING, "auth")

    def test_only_one_of_several_processes_knocks_and_then_all_wait(self, engine, sending, clock_at) -> None:
        def may_try() -> bool | None:
            with installation_work(engine) as session:
                return breaker.may_try(session, sending.smtp)

        assert may_try() is True
        with installation_work(engine) as session:
            breaker.trip(session, sending.smtp)
        assert may_try() is False
        clock_at("2026-10-05 12:01")
        assert may_try() is None  # this one knocks
        assert may_try() is False
        with installation_work(engine) as session:
            assert breaker.heal(session, sending.smtp)
        assert may_try() is True

    def test_another_server_has_a_fuse_of_its_own(self, engine, sending, settings_with) -> None:
        with installation_work(engine) as session:
            breaker.trip(session, sending.smtp)
            other = settings_with(SMTP_URL="smtp://mail.example.org").smtp
            assert breaker.may_try(session, other) is True


class TestAServerThatPutsEveryLetterOff:
    """It lets us in and answers 4xx: no fuse blows, and after a while somebody is told all the same."""

    def _fails(self, engine) -> bool:
        with installation_work(engine) as session:
            return health.look(session, tick_seconds=15).mail_fails

    @pytest.mark.parametrize("stage", ["rcpt", "data"])
    def test_has_failed_after_a_quarter_of_an_hour_until_it_takes_one(
        self, engine, business, sending, smtp_sink, clock_at, stage
    ) -> None:
        smtp_sink.answer(stage, "451 Come back later")
        for number in range(3):
            put_in(engine, business.owner, f"letter:{number}")
        for minute in (0, 5, 14):
            clock_at(f"2026-10-05 12:{minute:02}")
            Sender(engine, sending).work_once()
            assert not self._fails(engine)
        clock_at("2026-10-05 12:15")
        assert self._fails(engine)
        assert {message.attempts for message in messages(engine)} == {3}  # nobody is kept from trying
        smtp_sink.answer(stage, None)
        clock_at("2026-10-05 12:30")
        assert Sender(engine, sending).work_once() == 3
        assert not self._fails(engine)

    def test_is_well_as_long_as_it_takes_others(self, engine, business, sending, smtp_sink, clock_at) -> None:
        smtp_sink.answer("rcpt", lambda address: "452 Mailbox full" if address.startswith("full") else None)
        put_in(engine, business.owner, "full", recipient="full@fern.example", user_id=None)
        for minute in range(0, 60, 10):
            clock_at(f"2026-10-05 12:{minute:02}")
            put_in(engine, business.owner, f"letter:{minute}")
            Sender(engine, sending).work_once()
            assert not self._fails(engine)

    def test_is_forgotten_once_nothing_waits_for_it(self, engine, business, sending, smtp_sink, clock_at) -> None:
        smtp_sink.answer("rcpt", "451 Come back later")
        put_in(engine, business.owner)
        Sender(engine, sending).work_once()
        clock_at("2026-10-12 12:00")
        assert self._fails(engine)
        Sender(engine, sending).work_once()
        assert only(engine).state is MailState.FAILED
        assert not self._fails(engine)

    def test_one_that_was_away_is_knocked_at_by_all_once_it_answers(self, engine, business, sending, clock_at) -> None:
        with installation_work(engine) as session:
            breaker.trip(session, sending.smtp)
            assert not breaker.put_off(session, sending.smtp, answers=False)
            assert breaker.may_try(session, sending.smtp) is False
            assert breaker.put_off(session, sending.smtp, answers=True)
            assert breaker.may_try(session, sending.smtp) is True


class TestUnknownWindow:
    def test_our_own_people_get_the_same_bytes_again_and_it_is_marked(
        self, engine, business, sending, smtp_sink, clock_at
    ) -> None:
        put_in(engine, business.owner)
        claim, parcel = _begin(engine, sending)
        _settle(engine, claim, Outcome(Verdict.UNKNOWN, Stage.DOT, problem="The server closed the connection."))
        assert only(engine).state is MailState.UNKNOWN
        clock_at("2026-10-05 12:01")
        assert Sender(engine, sending).work_once() == 1
        message = only(engine)
        assert (message.state, message.sent_again, message.attempts) == (MailState.SENT, True, 2)
        assert smtp_sink.letters[0].content == parcel.content

    def test_outsiders_are_held_until_somebody_decides(self, engine, business, sending, smtp_sink, clock_at) -> None:
        put_in(engine, business.owner, recipient="out@side.example", user_id=None, to_outsider=True)
        claim, _ = _begin(engine, sending)
        _settle(engine, claim, Outcome(Verdict.UNKNOWN, Stage.DOT))
        clock_at("2026-10-07 12:00")
        assert Sender(engine, sending).work_once() == 0
        assert only(engine).state is MailState.HELD
        with installation_work(engine) as session:
            assert outbox.send_again(session, session.get(OutboxMessage, only(engine).id))
        assert Sender(engine, sending).work_once() == 1
        assert only(engine).sent_again

    def test_lost_before_the_final_dot_is_simply_tried_again(
        self, engine, business, sending, smtp_sink, clock_at
    ) -> None:
        put_in(engine, business.owner, to_outsider=True, user_id=None)
        claim, _ = _begin(engine, sending)
        _settle(engine, claim, Outcome(Verdict.LATER, Stage.DATA, problem="The server closed the connection."))
        clock_at("2026-10-05 12:01")
        assert Sender(engine, sending).work_once() == 1
        assert not only(engine).sent_again


class TestDeadWorkers:
    def test_a_letter_claimed_by_a_dead_worker_goes_on(self, engine, business, sending, smtp_sink, clock_at) -> None:
        put_in(engine, business.owner, to_outsider=True, user_id=None)
        _claim(engine)
        assert Sender(engine, sending).work_once() == 0
        clock_at("2026-10-05 12:01")
        assert Sender(engine, sending).work_once() == 1
        assert not only(engine).sent_again

    def test_a_worker_that_died_behind_the_fence_leaves_it_unknown(
        self, engine, business, sending, smtp_sink, clock_at
    ) -> None:
        put_in(engine, business.owner, "ours")
        put_in(engine, business.owner, "theirs", to_outsider=True, user_id=None)
        for claim in _claim(engine, 2):
            assert _fence(engine, claim)
        clock_at("2026-10-05 12:01")
        Sender(engine, sending).work_once()
        ours, theirs = messages(engine)
        assert (ours.state, theirs.state) == (MailState.UNKNOWN, MailState.HELD)
        clock_at("2026-10-05 12:02")
        Sender(engine, sending).work_once()
        assert [letter.key for letter in smtp_sink.letters] == ["ours"]

    def test_a_frozen_worker_does_not_pass_the_fence_when_it_wakes(self, engine, business, clock_at) -> None:
        put_in(engine, business.owner)
        [claim] = _claim(engine)
        clock_at("2026-10-05 12:01")
        assert not _fence(engine, claim)
        _recover(engine)
        [newer] = _claim(engine, owner="another")
        assert not _fence(engine, claim)
        assert _fence(engine, newer)

    def test_a_frozen_worker_that_had_sent_it_still_says_so(self, engine, business, sending, clock_at) -> None:
        put_in(engine, business.owner)
        claim, _ = _begin(engine, sending)
        clock_at("2026-10-05 12:05")
        _recover(engine)
        assert only(engine).state is MailState.UNKNOWN
        _settle(engine, claim, Outcome(Verdict.ACCEPTED, Stage.DOT, answer="250 OK"))
        assert only(engine).state is MailState.SENT

    def test_it_says_nothing_once_another_has_begun(self, engine, business, sending, clock_at) -> None:
        put_in(engine, business.owner)
        claim, _ = _begin(engine, sending)
        clock_at("2026-10-05 12:05")
        _recover(engine)
        clock_at("2026-10-05 12:10")
        [newer] = _claim(engine, owner="another")
        _settle(engine, claim, Outcome(Verdict.REFUSED, Stage.RCPT, answer="550 No"))
        assert only(engine).state is MailState.SENDING
        assert _fence(engine, newer)

    def test_a_sign_of_life_keeps_a_claim_and_cannot_bring_one_back(self, engine, business, clock_at) -> None:
        put_in(engine, business.owner)
        [claim] = _claim(engine)
        clock_at("2026-10-05 12:00:59")
        assert _renew(engine) == 1
        clock_at("2026-10-05 12:01:30")
        assert _fence(engine, claim)
        clock_at("2026-10-05 12:03")
        assert _renew(engine) == 0


class TestStillWanted:
    def test_who_has_left_gets_nothing(self, engine, business, sending, smtp_sink) -> None:
        put_in(engine, business.member)
        with installation_work(engine) as session:
            session.get(Membership, business.member.id).deactivated_at = clock.now()
        Sender(engine, sending).work_once()
        assert (only(engine).state, smtp_sink.letters) == (MailState.CANCELLED, [])
        assert only(engine).last_error == "The person has left the business."

    def test_a_former_address_gets_nothing(self, engine, business, sending, smtp_sink) -> None:
        put_in(engine, business.member, recipient="old@fern.example")
        Sender(engine, sending).work_once()
        assert (only(engine).state, smtp_sink.letters) == (MailState.CANCELLED, [])

    def test_neither_does_a_reset_at_a_former_address(self, engine, business, sending, smtp_sink) -> None:
        put_in(engine, business.member, recipient="old@fern.example", kind=MailKind.RESET, workspace_id=None)
        Sender(engine, sending).work_once()
        assert (only(engine).state, smtp_sink.letters) == (MailState.CANCELLED, [])

    def test_a_digest_that_was_in_hand_when_a_newer_one_was_written_is_not_tried_again(
        self, engine, business, sending, smtp_sink, clock_at
    ) -> None:
        facts = {"reminders": [], "local_date": "2026-10-05"}
        put_in(engine, business.owner, "older", kind=MailKind.DIGEST, facts=facts)
        claim, _ = _begin_unseen(engine)
        newer = put_in(engine, business.owner, "newer", kind=MailKind.DIGEST, facts=facts)
        with installation_work(engine) as session:
            assert outbox.cancel_older_digests(session, newer) == 0
        _settle(engine, claim, Outcome(Verdict.LATER, Stage.RCPT, answer="451 Later"))
        clock_at("2026-10-05 12:10")
        _set(engine, newer.id, state=MailState.SENT)
        Sender(engine, sending).work_once()
        older = messages(engine)[0]
        assert (older.state, older.last_error) == (MailState.CANCELLED, outbox.REPLACED)
        assert smtp_sink.letters == []

    def test_a_letter_from_before_mail_was_set_up_takes_the_sender_of_now(
        self, engine, business, sending, smtp_sink
    ) -> None:
        put_in(engine, business.owner, sender="Good Terms <goodterms@localhost>")
        Sender(engine, sending).work_once()
        assert smtp_sink.letters[0].sender == "goodterms@example.org"
        assert smtp_sink.letters[0].message["From"] == "Good Terms <goodterms@example.org>"

    def test_secrets_are_erased_once_sent(self, engine, business, sending) -> None:
        put_in(engine, business.owner, has_secrets=True)
        put_in(engine, business.owner, "letter:2")
        Sender(engine, sending).work_once()
        assert [bool(message.content) for message in messages(engine)] == [False, True]

    def test_secrets_are_erased_once_expired(self, engine, business, sending, clock_at) -> None:
        put_in(engine, business.owner, has_secrets=True)
        clock_at("2026-10-11 12:00")
        Sender(engine, sending).work_once()
        assert only(engine).content == b""


def test_the_providers_limit_is_kept(engine, business, settings_with, smtp_sink, clock_at) -> None:
    settings = settings_with(SMTP_URL=smtp_sink.url, MAIL_PER_HOUR="3")
    for number in range(8):
        put_in(engine, business.owner, f"letter:{number}")
    sent = []
    for moment in ("12:00", "12:30", "13:00:01", "13:30", "14:00:02"):
        clock_at(f"2026-10-05 {moment}")
        Sender(engine, settings).work_once()
        sent.append(len(smtp_sink.letters))
    assert sent == [3, 3, 6, 6, 8]


def test_pauses_only_grow() -> None:
    pauses = [outbox.back_off(attempt) for attempt in range(1, 200)]
    assert all(earlier <= later for earlier, later in pairwise(pauses))
    assert pauses[-1] == timedelta(hours=1)


# Steps of a worker, one by one


def _claim(engine, limit: int = 1, owner: str = "worker") -> list[outbox.Claim]:
    with installation_work(engine) as session:
        return outbox.claim(session, owner=owner, lease=LEASE, limit=limit)


def _claimed(engine, queue) -> list[int]:
    with installation_work(engine) as session:
        claims = outbox.claim(session, owner="worker", lease=LEASE, limit=1, queue=queue)
    return [claim.message_id for claim in claims]


def _fence(engine, claim) -> bool:
    with installation_work(engine) as session:
        return outbox.fence(session, claim, lease=LEASE, sender="us@example.org")


def _renew(engine) -> int:
    with installation_work(engine) as session:
        return outbox.renew(session, owner="worker", lease=LEASE)


def _recover(engine) -> None:
    with installation_work(engine) as session:
        outbox.recover(session)


def _begin(engine, settings):
    [claim] = _claim(engine)
    with installation_work(engine) as session:
        parcel = deliveries.begin(session, claim, sender=settings.mail_from, lease=LEASE)
    assert parcel is not None
    return claim, parcel


def _begin_unseen(engine):
    """Past the fence, without asking whether it is still wanted."""
    [claim] = _claim(engine)
    return claim, _fence(engine, claim)


def _settle(engine, claim, outcome) -> None:
    with installation_work(engine) as session:
        deliveries.settle(session, claim, outcome)


def _set(engine, message_id: int, **values) -> None:
    with installation_work(engine) as session:
        message = session.get(OutboxMessage, message_id)
        for name, value in values.items():
            setattr(message, name, value)
