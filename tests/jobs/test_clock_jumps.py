"""The machine's clock is set forward or back: nothing comes twice, nothing is lost, and nobody waits for it."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.errors import Throttled
from crm.core.settings import Settings
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import accounts, api_answers, api_tokens, attempts, bulk_acts, digests, heartbeats, promises
from crm.domain.attempts import Origin
from crm.jobs.sender import Sender
from crm.mail import breaker, outbox
from crm.models.enums import BulkKind, CadenceChoice, MailState, PromiseKind, TokenScope
from crm.models.lists import BulkAct
from crm.models.reminders import Reminder
from crm.models.workspaces import Workspace
from crm.queries import digests as digest_queries
from crm.queries import members
from tests.support.letters import due_vendor, messages, only, put_in, tick
from tests.support.people import PASSWORD

A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def sending(settings_with, smtp_sink) -> Settings:
    return settings_with(SMTP_URL=smtp_sink.url)


@pytest.fixture
def at(engine, sending, clock_at) -> Callable[..., None]:
    """at("2026-10-07 08:00") sets the clock, ticks, and sends what is due."""

    def live(moment: str, zone: str = "Europe/London") -> None:
        clock_at(moment, zone)
        tick(engine, sending)
        Sender(engine, sending).work_once()

    return live


@pytest.fixture
def dates(smtp_sink) -> Callable[[], list[str]]:
    """The local dates of the letters that arrived, in order."""
    return lambda: [letter.key.rpartition(":")[2] for letter in smtp_sink.letters]


@pytest.fixture
def promised(business, inside, clock_at) -> list[str]:
    """Something is promised for each day from Tuesday 6 to Saturday 31 October. The days."""
    clock_at("2026-10-05 09:00")
    days = [date(2026, 10, 6) + timedelta(days=place) for place in range(26)]
    with inside(business) as session:
        session.get(Workspace, business.workspace.id).working_days = "0123456"
        session.flush()
        vendor = due_vendor(session, business.owner, cadence_choice=CadenceChoice.NONE)
        for day in days:
            promises.make(vendor, by=business.owner, kind=PromiseKind.OURS, due_on=day, what=f"The {day}")
        member = members.membership(session, business.workspace.id, business.owner.user_id)
        member.digest_weekdays = "0123456"
        accounts.plan_digest(member)
    return [day.isoformat() for day in days]


def test_a_clock_that_was_days_ahead_skips_no_date(at, promised, dates) -> None:
    at("2026-10-06 08:00")
    at("2026-10-16 08:00")  # a mistake
    assert dates() == ["2026-10-06", "2026-10-16"]
    at("2026-10-06 09:00")
    for day in range(7, 19):
        at(f"2026-10-{day:02} 08:00")
    assert sorted(dates()) == promised[:13]
    assert len(set(dates())) == len(dates())


def test_a_clock_set_back_repeats_no_date(at, promised, dates) -> None:
    for day in (6, 7, 8):
        at(f"2026-10-{day:02} 08:00")
    for moment in ("2026-10-07 09:00", "2026-10-08 07:00", "2026-10-08 08:00", "2026-10-08 18:00"):
        at(moment)
    assert dates() == promised[:3]
    at("2026-10-09 08:00")
    assert dates() == promised[:4]


def test_a_letter_of_a_day_that_had_not_come_yet_comes_on_its_day(at, promised, dates, smtp_sink, engine) -> None:
    """It waited while the mail server was away, and a letter of the day that it really was took its place."""
    at("2026-10-06 08:00")
    smtp_sink.answer("mail", "451 Come back later")
    at("2026-10-16 08:00")
    at("2026-10-06 09:00")
    smtp_sink.answer("mail", None)
    for day in range(7, 17):
        at(f"2026-10-{day:02} 08:10")
        at(f"2026-10-{day:02} 10:00")
    assert dates() == promised[:11]
    assert {message.state for message in messages(engine)} == {MailState.SENT}


def test_what_a_letter_of_the_future_named_is_named_on_its_own_days(at, promised, engine, business, smtp_sink) -> None:
    at("2026-10-16 08:00")
    at("2026-10-06 07:00")
    at("2026-10-06 08:00")
    assert "The 2026-10-06" in smtp_sink.letters[-1].text()
    with workspace_work(engine, business.workspace.id) as session:
        first = session.scalars(select(Reminder).where(Reminder.due_on == date(2026, 10, 6))).one()
        assert first.named_on == date(2026, 10, 6)


def test_a_clock_that_is_set_back_while_letters_are_written_skips_no_date(
    at, promised, dates, clock_at, monkeypatch
) -> None:
    real = digest_queries.due_members

    def due_members(session, now, limit):
        """Finds who is due; then the clock is set back, and another process notices."""
        found = real(session, now, limit)
        if now.day == 16:
            clock_at("2026-10-07 08:30")
            assert heartbeats.beat(session, heartbeats.TICK)
            digests.look_again(session)
        return found

    at("2026-10-06 08:00")
    monkeypatch.setattr(digest_queries, "due_members", due_members)
    at("2026-10-16 08:00")
    for moment in ("2026-10-07 09:00", "2026-10-08 08:00"):
        at(moment)
    assert dates() == promised[:3]


def test_nights_go_on(at, engine, business) -> None:
    at("2026-11-06 03:00")
    at("2026-10-06 09:00")
    with installation_work(engine) as session:
        night = session.get(Workspace, business.workspace.id).next_night_at
    assert clock.local(night, "Europe/London").isoformat() == "2026-10-07T02:00:00+01:00"


class TestTravel:
    """A person who changes zone has a letter for each local date at most."""

    @pytest.fixture
    def moves(self, engine, business) -> Callable[[str], None]:
        def move(zone: str) -> None:
            with installation_work(engine) as session:
                member = members.membership(session, business.workspace.id, business.owner.user_id)
                member.user.time_zone = zone
                accounts.plan_digest(member)

        return move

    def test_west_over_midnight_a_date_that_comes_again_has_no_second_letter(self, at, promised, dates, moves) -> None:
        moves("Pacific/Kiritimati")
        for day in (6, 7):
            at(f"2026-10-{day:02} 08:00", "Pacific/Kiritimati")
        moves("Pacific/Honolulu")  # where it is 8:00 on the 6th
        for moment in ("2026-10-06 09:00", "2026-10-07 08:00", "2026-10-08 08:00"):
            at(moment, "Pacific/Honolulu")
        assert dates() == promised[:3]

    def test_east_over_midnight_a_date_that_is_skipped_has_none(self, at, promised, dates, moves) -> None:
        moves("Pacific/Honolulu")
        at("2026-10-06 08:00", "Pacific/Honolulu")
        moves("Pacific/Kiritimati")  # where it is 8:00 on the 7th
        for moment in ("2026-10-07 09:00", "2026-10-08 08:00"):
            at(moment, "Pacific/Kiritimati")
        assert dates() == ["2026-10-06", "2026-10-08"]

    def test_a_letter_that_waits_in_the_outbox_is_neither_doubled_nor_lost(
        self, at, promised, dates, moves, smtp_sink
    ) -> None:
        moves("Pacific/Kiritimati")
        at("2026-10-06 08:00", "Pacific/Kiritimati")
        smtp_sink.answer("mail", "451 Come back later")
        at("2026-10-07 08:00", "Pacific/Kiritimati")
        moves("Pacific/Pago_Pago")  # where it is 7:00 on the 6th, and 8:00 comes again
        at("2026-10-06 08:00", "Pacific/Pago_Pago")
        smtp_sink.answer("mail", None)
        for moment in ("2026-10-06 12:00", "2026-10-07 08:00", "2026-10-07 09:00", "2026-10-08 08:00"):
            at(moment, "Pacific/Pago_Pago")
        assert dates() == promised[:3]

    def test_nor_where_the_new_place_has_a_letter_of_the_day_before(
        self, at, promised, dates, moves, smtp_sink
    ) -> None:
        """The 6th had no letter in Kiritimati, whose one of the 7th waits; in Honolulu it is the 6th again."""
        moves("Pacific/Kiritimati")
        at("2026-10-06 07:00", "Pacific/Kiritimati")
        smtp_sink.answer("mail", "451 Come back later")
        at("2026-10-07 08:00", "Pacific/Kiritimati")
        moves("Pacific/Honolulu")
        smtp_sink.answer("mail", None)
        for moment in ("2026-10-06 08:01", "2026-10-06 10:00", "2026-10-07 08:00", "2026-10-08 08:00"):
            at(moment, "Pacific/Honolulu")
        assert dates()[-2:] == promised[1:3]
        assert len(set(dates())) == len(dates())


class TestNobodyWaits:
    """What says "not before" or "until" was said by the clock as it was."""

    def test_a_letter_that_was_put_off(self, engine, business, sending, smtp_sink, clock_at) -> None:
        clock_at("2026-10-06 12:00")
        put_in(engine, business.owner)
        smtp_sink.answer("data", "451 Come back later")
        Sender(engine, sending).work_once()
        smtp_sink.answer("data", None)
        clock_at("2026-10-06 12:00:30")
        Sender(engine, sending).work_once()
        assert only(engine).state is MailState.WAITING
        clock_at("2026-10-05 12:05")
        Sender(engine, sending).work_once()
        assert only(engine).state is MailState.SENT

    def test_a_letter_in_the_hands_of_a_dead_worker(self, engine, business, sending, smtp_sink, clock_at) -> None:
        clock_at("2026-10-06 12:00")
        message = put_in(engine, business.owner)
        with installation_work(engine) as session:
            [_claim] = outbox.claim(session, owner="gone", lease=A_MINUTE, limit=1)
        for moment in ("2026-10-05 12:00", "2026-10-05 12:01"):
            clock_at(moment)
            Sender(engine, sending).work_once()
        assert [letter.key for letter in smtp_sink.letters] == [message.key]

    def test_a_worker_that_lives_keeps_its_letters_when_the_clock_is_set_forward(
        self, engine, business, sending, smtp_sink, clock_at
    ) -> None:
        """Its leases are over at once. Another one that noticed leaves it the time to renew them."""
        clock_at("2026-10-05 12:00")
        put_in(engine, business.owner)
        another = Sender(engine, sending)
        with installation_work(engine) as session:
            [claim] = outbox.claim(session, owner="alive", lease=A_MINUTE, limit=1)
            assert outbox.fence(session, claim, lease=A_MINUTE, sender="us@example.org")
        clock_at("2026-10-06 12:00")
        another.work_once()
        assert only(engine).state is MailState.BEGUN
        with installation_work(engine) as session:
            assert outbox.renew(session, owner="alive", lease=A_MINUTE) == 0
            assert outbox.renew(session, owner="alive", lease=A_MINUTE, revive=True) == 1
        Sender(engine, sending).work_once()
        assert (only(engine).state, smtp_sink.letters) == (MailState.BEGUN, [])

    def test_the_providers_limit(self, engine, business, settings_with, smtp_sink, clock_at) -> None:
        settings = settings_with(SMTP_URL=smtp_sink.url, MAIL_PER_HOUR="1")
        clock_at("2026-10-06 12:00")
        put_in(engine, business.owner, "letter:1")
        Sender(engine, settings).work_once()
        clock_at("2026-10-05 12:05")
        put_in(engine, business.owner, "letter:2")
        Sender(engine, settings).work_once()
        assert len(smtp_sink.letters) == 2

    def test_a_fuse_that_blew(self, engine, sending, clock_at) -> None:
        clock_at("2026-10-06 12:00")
        with installation_work(engine) as session:
            breaker.trip(session, sending.smtp)
            assert breaker.may_try(session, sending.smtp) is False
        clock_at("2026-10-05 12:00")
        with installation_work(engine) as session:
            assert breaker.may_try(session, sending.smtp) is None

    def test_the_turn_of_the_night(self, engine, clock_at) -> None:
        clock_at("2026-11-06 03:00")
        with installation_work(engine) as session:
            assert heartbeats.take_turn(session, heartbeats.NIGHTLY, clock.now() - timedelta(hours=1))
        clock_at("2026-10-06 03:00")
        with installation_work(engine) as session:
            assert heartbeats.take_turn(session, heartbeats.NIGHTLY, clock.now() - timedelta(hours=1))
            assert not heartbeats.take_turn(session, heartbeats.NIGHTLY, clock.now() - timedelta(hours=1))

    def test_who_mistyped_a_password(self, engine, business, clock_at) -> None:
        def attempt() -> None:
            with installation_work(engine) as session:
                origin = Origin("192.0.2.1")
                accounts.sign_in(session, email=business.owner.user.email, password="wrong", origin=origin)

        clock_at("2026-10-06 12:00")
        for _ in range(attempts.SHORT_ATTEMPTS):
            attempt()
        with pytest.raises(Throttled):
            attempt()
        clock_at("2026-10-05 12:00")
        with installation_work(engine) as session:
            person = accounts.sign_in(
                session, email=business.owner.user.email, password=PASSWORD, origin=Origin("192.0.2.1")
            )
            assert person is not None

    def test_a_program_whose_first_request_died(self, engine, business, inside, clock_at) -> None:
        clock_at("2026-10-06 12:00")
        with inside(business) as session:
            token = api_tokens.make(session, by=business.owner, name="A program", scope=TokenScope.WRITE)
            asked = {"token_id": token.token.id, "key": "once", "fingerprint": "f"}
        with installation_work(engine) as session:
            api_answers.claim(session, **asked)
        clock_at("2026-10-05 12:00")
        with installation_work(engine) as session:
            assert isinstance(api_answers.claim(session, **asked), api_answers.Claim)

    def test_an_act_on_many_vendors_whose_worker_died(self, inside, business, clock_at) -> None:
        clock_at("2026-10-06 12:00")
        with inside(business) as session:
            act = BulkAct(created_by=business.owner.user_id, kind=BulkKind.TAG, terms={}, total=0)
            session.add(act)
            session.flush()
            assert bulk_acts.claim(session, act.id, owner="gone", lease=A_MINUTE)
        clock_at("2026-10-05 12:00")
        with inside(business) as session:
            assert bulk_acts.claim(session, act.id, owner="another", lease=A_MINUTE)


def test_a_jump_of_a_day_ends_no_sign_in(browser_of, business, clock_at) -> None:
    clock_at("2026-10-05 12:00")
    browser = browser_of(business.owner)
    for moment in ("2026-10-06 12:00", "2026-10-04 12:00", "2026-10-05 12:00"):
        clock_at(moment)
        assert browser.get("/settings").status_code == 200


def test_a_sign_in_of_a_clock_far_ahead_lasts_no_longer_for_it(browser_of, business, clock_at) -> None:
    clock_at("2026-12-05 12:00")
    browser = browser_of(business.owner)
    clock_at("2026-10-05 12:00")
    assert browser.get("/settings").location.startswith("/sign-in")
