"""The morning letter: when it is written, what it names, and what it says."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.core.dates import CadenceUnit
from crm.core.tenancy import workspace_session
from crm.core.unit_of_work import installation_work
from crm.domain import interactions, openings, parkings, promises, reminders, vendors
from crm.domain.digest_times import next_digest_at
from crm.domain.digests import is_to_be_named
from crm.domain.rhythms import Rhythm
from crm.jobs import timetable
from crm.jobs.sender import Sender
from crm.mail import mime
from crm.models.categories import Category
from crm.models.enums import (
    Availability,
    CadenceChoice,
    InteractionKind,
    MailState,
    ParkingReason,
    PromiseKind,
    ReminderKind,
    Stage,
)
from crm.models.reminders import Reminder
from crm.models.workspaces import Membership
from tests.support.letters import due_vendor, messages, only, tick

DAY_0 = date(2026, 10, 5)
_CHECK_IN = select(Reminder).where(Reminder.ended_at.is_(None), Reminder.kind == ReminderKind.TOUCH)


@pytest.mark.parametrize(
    ("days", "named_after", "is_named"),
    [
        (-1, None, False),
        (0, None, True),
        (1, None, True),  # the first letter on or after day 0
        (1, 0, False),
        (2, 0, False),
        (3, 0, True),
        (4, 3, False),
        (4, 1, True),  # named late: day 3 still counts
        (6, 3, False),
        (7, 3, True),
        (13, 7, False),
        (14, 7, True),
        (15, 14, False),
        (20, 14, False),
        (21, 14, True),
        (27, 21, False),
        (28, 21, True),
        (28, 27, True),
        (35, 28, True),
    ],
)
def test_an_item_is_named_on_day_0_3_7_14_then_weekly(days, named_after, is_named) -> None:
    named_on = None if named_after is None else DAY_0 + timedelta(days=named_after)
    assert is_to_be_named(DAY_0, named_on, DAY_0 + timedelta(days=days)) is is_named


@pytest.mark.parametrize("first", range(7))
def test_a_weekly_letter_names_an_item_each_time(first) -> None:
    named_on = None
    for day in range(first, 70, 7):
        today = DAY_0 + timedelta(days=day)
        assert is_to_be_named(DAY_0, named_on, today)
        named_on = today


@pytest.fixture
def parked(business, inside, clock_at):
    """A film studio, parked for capacity on a Monday with a rhythm of six weeks, with whom we spoke that day."""
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        films = Category(name="Product films")
        session.add(films)
        session.flush()
        studio = vendors.add(
            session, by=business.owner, name="Northlight Studio", stage=Stage.ACTIVE, category_ids=[films.id]
        )
        parkings.park(
            studio,
            by=business.owner,
            reason=ParkingReason.AT_CAPACITY,
            until=date(2027, 3, 1),
            details="Full until March.",
            rhythm=Rhythm(CadenceChoice.OWN, 6, CadenceUnit.WEEKS),
        )
        interactions.log(
            studio,
            by=business.owner,
            kind=InteractionKind.CALL,
            occurred_on=DAY_0,
            summary="Two long shoots.\n\n**Marta** likes the work.",
        )
        openings.add(
            session,
            by=business.owner,
            business="Harbour Dental",
            what_they_need="a video studio",
            category_id=films.id,
        )
        return studio.id


def test_the_letter_says_who_why_why_parked_what_was_last_said_and_the_opening(
    engine, business, settings, parked, clock_at
) -> None:
    clock_at("2026-11-16 07:59")
    tick(engine, settings)
    assert messages(engine) == []
    clock_at("2026-11-16 08:00")
    tick(engine, settings)
    letter = only(engine)
    assert letter.recipient == business.owner.user.email
    assert letter.subject == "1 due today: Northlight Studio"
    for kind in ("plain", "html"):
        words = mime.part(letter.content, kind)
        for expected in (
            "Northlight Studio",
            "Every 6 weeks; last spoke on Mon 5 Oct.",
            "They have no capacity",
            "Full until March.",
            "Two long shoots.",
            "Marta likes the work.",
            "Harbour Dental is looking for someone: a video studio",
            "Refer them to Harbour Dental.",
            "http://crm.example.org/reminder-links/",
            "http://crm.example.org/unsubscribe/",
            f"http://crm.example.org/open/fern-flint/vendors/{parked}",
        ):
            assert expected in " ".join(words.split()), (kind, expected)


@pytest.mark.parametrize(
    ("known", "is_named"),
    [({}, True), ({"availability": Availability.FULL}, False), ({"do_not_contact": True}, False)],
)
def test_the_letter_names_an_opening_for_an_active_vendor_where_the_rules_allow_it(
    engine, business, settings, inside, clock_at, known, is_named
) -> None:
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        films = Category(name="Product films")
        session.add(films)
        session.flush()
        studio = due_vendor(session, business.owner, category_ids=[films.id], **known)
        openings.add(session, by=business.owner, business="Harbour Dental", category_id=films.id)
        # Whoever asked to be left alone is due no check-in, but what we promised them.
        terms = {"kind": PromiseKind.OURS, "what": "the photos", "due_on": date(2026, 11, 4)}
        promises.make(studio, by=business.owner, **terms)
    clock_at("2026-11-05 08:00")
    tick(engine, settings)
    letters = "".join(mime.part(letter.content, "plain") for letter in messages(engine))
    assert "Northlight Studio" in letters
    assert ("Harbour Dental" in letters) is is_named


def test_when_it_is_time_to_look_again_the_reason_is_said_once(engine, business, settings, inside, clock_at) -> None:
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        studio = vendors.add(session, by=business.owner, name="Northlight Studio")
        until, never = date(2026, 11, 16), Rhythm(CadenceChoice.NONE)
        reason = ParkingReason.AT_CAPACITY
        parkings.park(studio, by=business.owner, reason=reason, until=until, details="Full until spring.", rhythm=never)
    clock_at("2026-11-16 08:00")
    tick(engine, settings)
    letter = only(engine)
    for kind in ("plain", "html"):
        words = mime.part(letter.content, kind)
        assert words.count("They have no capacity") == 1
        assert "Full until spring." in words
    assert "Northlight Studio, today" in mime.part(letter.content, "plain")


def test_no_link_leads_anywhere_while_nobody_could_open_it(engine, business, settings_with, parked, clock_at) -> None:
    clock_at("2026-11-16 08:00")
    tick(engine, settings_with(BASE_URL=""))
    letter = only(engine)
    for kind in ("plain", "html"):
        words = mime.part(letter.content, kind)
        assert "http" not in words.replace("http-equiv", "")
        assert "Open Today in Good Terms to act on these." in words
    assert mime.read(letter.content)["List-Unsubscribe"] is None


def test_repeated_ticks_write_one_letter(engine, business, settings, parked, clock_at) -> None:
    for minute in (0, 1, 30):
        clock_at(f"2026-11-16 08:{minute:02}")
        tick(engine, settings)
        tick(engine, settings)
    assert len(messages(engine)) == 1


def test_nothing_to_say_nothing_written_and_the_next_day_comes(engine, business, settings, clock_at) -> None:
    clock_at("2026-10-05 09:00")
    tick(engine, settings)
    assert messages(engine) == []
    member = _fresh(engine, business.owner)
    assert member.next_digest_at.isoformat() == "2026-10-06T07:00:00+00:00"


def test_a_missed_letter_is_made_up_for_on_the_same_date(engine, business, settings, parked, clock_at) -> None:
    clock_at("2026-11-16 21:10")
    tick(engine, settings)
    assert only(engine).key.endswith(":2026-11-16")


def test_after_days_of_silence_one_letter_comes_at_the_next_regular_hour(
    engine, business, settings, parked, clock_at
) -> None:
    clock_at("2026-11-18 07:00")  # nothing ran since Sunday; the letters of the 16th and the 17th were missed
    tick(engine, settings)
    assert messages(engine) == []
    clock_at("2026-11-18 08:00")
    tick(engine, settings)
    assert only(engine).key.endswith(":2026-11-18")


def test_a_newer_letter_cancels_an_older_one_and_says_all_of_it(engine, business, settings, parked, clock_at) -> None:
    clock_at("2026-11-16 08:00")
    tick(engine, settings)
    clock_at("2026-11-17 08:00")
    tick(engine, settings)
    older, newer = messages(engine)
    assert (older.state, newer.state) == (MailState.CANCELLED, MailState.WAITING)
    assert "Northlight Studio" in mime.part(newer.content, "plain")


def test_an_item_counts_as_named_only_when_the_letter_was_sent(
    engine, business, settings_with, smtp_sink, parked, clock_at
) -> None:
    settings = settings_with(SMTP_URL=smtp_sink.url)
    clock_at("2026-11-16 08:00")
    tick(engine, settings)
    assert _reminder(engine, business).named_on is None
    assert Sender(engine, settings).work_once() == 1
    assert _reminder(engine, business).named_on == date(2026, 11, 16)
    for day in ("2026-11-17", "2026-11-18"):
        clock_at(f"{day} 08:00")
        tick(engine, settings)
    assert len(messages(engine)) == 1
    clock_at("2026-11-19 08:00")  # day 3
    tick(engine, settings)
    assert len(messages(engine)) == 2


@pytest.mark.parametrize("reply", ["451 Later", "550 No such user"])
def test_no_fault_of_the_mail_changes_a_reminder(
    engine, business, settings_with, smtp_sink, parked, clock_at, reply
) -> None:
    settings = settings_with(SMTP_URL=smtp_sink.url)
    smtp_sink.answer("rcpt", reply)
    clock_at("2026-11-16 08:00")
    tick(engine, settings)
    before = _reminder(engine, business)
    Sender(engine, settings).work_once()
    after = _reminder(engine, business)
    assert (after.named_on, after.ended_at, after.due_on) == (None, None, before.due_on)


def test_what_is_done_before_the_letter_leaves_is_not_sent(
    engine, business, settings_with, smtp_sink, parked, clock_at, inside
) -> None:
    settings = settings_with(SMTP_URL=smtp_sink.url)
    clock_at("2026-11-16 08:00")
    tick(engine, settings)
    with inside(business) as session:
        reminder = session.scalars(_CHECK_IN).one()
        reminders.complete(session, reminder, by=business.owner)
    Sender(engine, settings).work_once()
    assert only(engine).state is MailState.CANCELLED
    assert smtp_sink.letters == []


def test_who_wants_no_letter_gets_none(engine, business, settings, parked, clock_at) -> None:
    with installation_work(engine) as session:
        session.get(Membership, business.owner.id).digest_on = False
    clock_at("2026-11-16 08:00")
    tick(engine, settings)
    assert messages(engine) == []
    assert _fresh(engine, business.owner).next_digest_at is None


def test_a_letter_names_five_check_ins_and_counts_the_rest(engine, business, settings, clock_at, inside) -> None:
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        for number in range(12):
            # So short an interval leaves no room for another day.
            often = {"cadence_choice": CadenceChoice.OWN, "cadence_every": 9, "cadence_unit": "days"}
            due_vendor(session, business.owner, f"Vendor number {number}", **often)
    clock_at("2026-10-14 08:00")
    tick(engine, settings)
    words = mime.part(only(engine).content, "plain")
    assert words.count("Vendor number") == 5
    assert "7 more things stand in Today." in words


def test_the_others_are_named_in_the_next_letter(engine, business, settings_with, smtp_sink, clock_at, inside) -> None:
    settings = settings_with(SMTP_URL=smtp_sink.url)
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        for number in range(7):
            due_vendor(session, business.owner, f"Vendor number {number}")
    for day in (4, 5):
        clock_at(f"2026-11-0{day} 08:00")
        tick(engine, settings)
        Sender(engine, settings).work_once()
    first, second = (letter.text() for letter in smtp_sink.letters)
    assert first.count("Vendor number") == 5
    assert second.count("Vendor number") == 2


def test_a_letter_stays_small_whatever_is_in_it(engine, business, settings, clock_at, inside) -> None:
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        for number in range(8):
            vendor = due_vendor(session, business.owner, f"{number} " + "Ä" * 190)
            for _ in range(5):
                interactions.log(
                    vendor,
                    by=business.owner,
                    kind=InteractionKind.CALL,
                    occurred_on=DAY_0,
                    summary="ü" * 50_000 + " @Olive",
                )
    clock_at("2026-11-04 08:00")
    tick(engine, settings)
    html = mime.part(only(engine).content, "html").encode()
    assert len(html) < 102_000


def test_a_hostile_name_stays_a_name(engine, business, settings, clock_at, inside) -> None:
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        evil = "Eve\r\nBcc: all@example.org <script>alert(1)</script> \u2028 %(name)s {{ 7*7 }}"
        due_vendor(session, business.owner, evil)
    clock_at("2026-11-04 08:00")
    tick(engine, settings)
    message = mime.read(only(engine).content)
    assert message["Bcc"] is None
    assert "\n" not in str(message["Subject"])
    assert "<script>" not in mime.part(only(engine).content, "html")
    assert "%(name)s {{ 7*7 }}" in mime.part(only(engine).content, "html")


def test_plain_text_keeps_to_72_columns(engine, business, settings, parked, clock_at) -> None:
    clock_at("2026-11-16 08:00")
    tick(engine, settings)
    for line in mime.part(only(engine).content, "plain").splitlines():
        assert len(line) <= 72 or "http://" in line


def test_the_hour_is_the_persons_own_and_once_across_daylight_saving(
    engine, business, settings, clock_at, inside
) -> None:
    clock_at("2026-10-05 09:00")
    with installation_work(engine) as session:
        member = session.get(Membership, business.owner.id)
        member.digest_hour, member.digest_weekdays = 1, "0123456"
        member.next_digest_at = next_digest_at("Europe/London", 1, "0123456", member.joined_at)
    with inside(business) as session:
        due_vendor(session, business.owner, cadence_choice=CadenceChoice.OWN, cadence_every=1, cadence_unit="days")
    clock_at("2026-10-06 03:00")
    timetable.plan_nights(engine, settings)
    for moment in ("2026-10-25 00:30+00:00", "2026-10-25 01:30+00:00"):  # 1:30 comes twice that night
        clock_at(moment.partition("+")[0], "UTC")
        tick(engine, settings)
    assert [m.key[-10:] for m in messages(engine)] == ["2026-10-25"]


def _fresh(engine, member) -> Membership:
    with installation_work(engine) as session:
        return session.get(Membership, member.id)


def _reminder(engine, business) -> Reminder:
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        return session.scalars(_CHECK_IN).one()
