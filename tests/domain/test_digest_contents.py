"""What the morning letter names, for whom, how often: what came true, what is somebody else's, what was left lying."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.core.unit_of_work import installation_work
from crm.domain import (
    digests,
    members,
    notes,
    openings,
    parkings,
    promises,
    referrals,
    reminders,
    touches,
    trust_entries,
    vendors,
)
from crm.domain.trust_entries import Observation
from crm.jobs.sender import Sender
from crm.mail import mime
from crm.models.enums import (
    CadenceChoice,
    Dimension,
    Direction,
    MailKind,
    MailState,
    ParkingReason,
    PromiseKind,
    ReferralState,
    ReminderKind,
    Role,
    Visibility,
    Weight,
)
from crm.models.reminders import Reminder
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from tests.support.letters import due_vendor, messages

MONDAY = date(2026, 10, 5)


@pytest.fixture(autouse=True)
def monday(clock_at):
    clock_at("2026-10-05 07:00")


@pytest.fixture
def promised(business, inside):
    """promised("Halden", days=-20): a promise of ours to a vendor of the member's, so many days past Monday."""

    def make(name, *, days=0, by=None, **fields) -> int:
        with inside(business) as session:
            vendor = due_vendor(session, by or business.member, name, cadence_choice=CadenceChoice.NONE, **fields)
            promises.make(
                vendor,
                by=business.member,
                kind=PromiseKind.OURS,
                what="Send the brief",
                due_on=MONDAY + timedelta(days=days),
            )
            return vendor.id

    return make


@pytest.fixture
def morning(engine, business, settings, settings_with, smtp_sink, clock_at, inside):
    """morning("2026-10-06", business.owner): what the night does, then that person's letter, sent unless told
    otherwise; its text, or None where none was written."""

    def come(day, person, *, send=True):
        clock_at(f"{day} 00:10")
        with inside(business) as session:
            touches.refresh_many(session, session.scalars(select(Vendor)), begins=False)
        clock_at(f"{day} 08:00")
        with installation_work(engine) as session:
            place = session.get_one(Membership, person.id)
            place.next_digest_at = min(place.next_digest_at, digests.clock.now())
        with installation_work(engine) as session:
            message = digests.plan(session, person.id, settings=settings, now=digests.clock.now())
            text = mime.part(message.content, "plain") if message else None
        if send:
            Sender(engine, settings_with(SMTP_URL=smtp_sink.url)).work_once()
        return text

    return come


# What others left lying


def test_an_admin_hears_of_it_after_a_fortnight_once_a_week(business, promised, morning):
    promised("Studio Halden")
    heard = [day for day in range(5, 32) if morning(f"2026-10-{day:02}", business.admin)]
    assert heard == [19, 26]  # both are Mondays, a fortnight and three weeks after


def test_what_the_admin_is_reminded_of_as_well_is_not_told_twice(business, promised, morning):
    promised("Studio Halden", days=-20, backup_id=business.admin.user_id)
    promised("Tidepool Ads", days=-20)
    text = morning("2026-10-05", business.admin)
    assert text is not None
    assert text.count("Studio Halden") == 1
    assert text.index("Studio Halden") < text.index("LEFT LYING BY OTHERS") < text.index("Tidepool Ads")


def test_owner_and_admin_at_once_hears_of_ones_own_as_ones_own(business, promised, morning):
    promised("Studio Halden", days=-20, by=business.owner)
    text = morning("2026-10-05", business.owner)
    assert text is not None
    assert "LEFT LYING" not in text


def test_five_are_named_and_the_rest_is_counted(business, promised, morning):
    for number in range(8):
        promised(f"Vendor number {number}", days=-20)
    text = morning("2026-10-05", business.admin)
    assert text is not None
    assert text.count("Vendor number") == 5
    assert "3 more." in text


@pytest.mark.parametrize("person", ["member", "viewer"])
def test_nobody_else_is_told_what_others_left_lying(business, promised, morning, person):
    promised("Studio Halden", days=-20, by=business.owner)
    assert morning("2026-10-05", getattr(business, person)) is None


def test_a_summary_that_was_not_sent_was_not_told(business, promised, morning):
    promised("Studio Halden", days=-20)
    assert morning("2026-10-05", business.admin, send=False)
    assert "Studio Halden" in (morning("2026-10-06", business.admin) or "")
    assert morning("2026-10-07", business.admin) is None


def test_mentions_are_nobodys_but_the_readers(business, inside, promised, morning):
    vendor_id = promised("Studio Halden", days=30)
    with inside(business) as session:
        notes.write(session.get_one(Vendor, vendor_id), by=business.owner, body="@Milo a word")
    assert morning("2026-10-26", business.admin) is None


def test_the_summary_falls_away_where_all_of_it_is_done_before_it_leaves(
    engine, business, inside, promised, morning, settings_with, smtp_sink
):
    promised("Studio Halden", days=-20)
    assert morning("2026-10-05", business.admin, send=False)
    with inside(business) as session:
        reminder = session.scalars(select(Reminder).where(Reminder.ended_at.is_(None))).one()
        reminders.complete(session, reminder, by=business.member)
    Sender(engine, settings_with(SMTP_URL=smtp_sink.url)).work_once()
    assert [letter.state for letter in messages(engine)] == [MailState.CANCELLED]


# Somebody else's


def test_whoever_stands_in_is_told_for_whom(business, inside, promised, morning):
    promised("Studio Halden", backup_id=business.admin.user_id)
    with inside(business) as session:
        members.take_time_off(
            session, business.member.user_id, by=business.member, first=MONDAY, last=MONDAY + timedelta(days=3)
        )
    assert "For Milo, who is away." in (morning("2026-10-05", business.admin) or "")
    assert morning("2026-10-05", business.member) is None


def test_a_week_late_the_backup_is_told_too_and_each_of_them_once(business, promised, morning):
    promised("Studio Halden", backup_id=business.admin.user_id)
    assert morning("2026-10-09", business.admin) is None
    text = morning("2026-10-12", business.admin)
    assert "For Milo, who has not got to it yet." in (text or "")
    assert text.count("Studio Halden") == 1


def test_the_letter_after_a_holiday_names_what_came_meanwhile(business, inside, promised, morning):
    promised("Studio Halden", days=1)
    with inside(business) as session:
        members.take_time_off(
            session, business.member.user_id, by=business.member, first=MONDAY, last=MONDAY + timedelta(days=3)
        )
    assert morning("2026-10-06", business.member) is None
    assert "Studio Halden" in (morning("2026-10-09", business.member) or "")


# What came true


@pytest.fixture
def ripe(business, inside, promised):
    """Kettle & Crane, parked until the balm has a launch date; it has one since Monday."""
    with inside(business) as session:
        vendor = vendors.add(session, by=business.member, name="Kettle & Crane", cadence_choice=CadenceChoice.NONE)
        parkings.park(
            vendor,
            by=business.member,
            reason=ParkingReason.NOTHING_TO_OUTSOURCE,
            condition="the balm has a launch date",
        )
        parkings.tick(parkings.of_vendor(session, vendor), by=business.owner)
        return vendor.id


def test_the_letter_begins_with_whom_the_time_looks_right_for(engine, business, ripe, promised, morning):
    promised("Studio Halden", days=-1)
    text = morning("2026-10-05", business.member)
    [letter] = messages(engine)
    assert letter.subject == "1 late, and the time looks right for Kettle & Crane"
    told = [
        text.index(words)
        for words in (
            "THE TIME LOOKS RIGHT",
            "Kettle & Crane: the balm has a launch date",
            "Parked in",
            "Studio Halden",
        )
    ]
    assert told == sorted(told)


# What may be read


def test_a_letter_that_quotes_what_its_reader_may_not_read_any_more_does_not_leave(
    engine, business, inside, promised, morning, settings_with, smtp_sink
):
    vendor_id = promised("Studio Halden", days=30)
    with inside(business) as session:
        note = notes.write(
            session.get_one(Vendor, vendor_id),
            by=business.owner,
            body="@Ada a word in private",
            visibility=Visibility.ADMINS,
        )
        assert note.id
    assert "a word in private" in (morning("2026-10-05", business.admin, send=False) or "")
    with inside(business) as session:
        members.change_role(session, business.admin.user_id, by=business.owner, role=Role.MEMBER)
    Sender(engine, settings_with(SMTP_URL=smtp_sink.url)).work_once()
    assert [(letter.kind, letter.state) for letter in messages(engine)] == [(MailKind.DIGEST, MailState.CANCELLED)]
    assert morning("2026-10-06", business.admin) is None


def test_one_who_becomes_an_admin_again_is_reminded_of_it_again(business, inside, promised):
    vendor_id = promised("Studio Halden", days=30)
    with inside(business) as session:
        vendor = session.get_one(Vendor, vendor_id)
        notes.write(vendor, by=business.owner, body="@Ada a word", visibility=Visibility.ADMINS)
        mine = select(Reminder).where(Reminder.kind == ReminderKind.MENTION, Reminder.ended_at.is_(None))
        for role, count in ((Role.MEMBER, 0), (Role.ADMIN, 1)):
            members.change_role(session, business.admin.user_id, by=business.owner, role=role)
            session.flush()
            assert len(session.scalars(mine).all()) == count


# A broken word


def test_a_letter_says_that_a_word_was_broken_to_whom_may_know(business, promised, morning, inside):
    vendor_id = promised("Studio Halden", backup_id=business.owner.user_id)
    seen = Observation(
        MONDAY, Dimension.INTEGRITY, Direction.NEGATIVE, Weight.MAJOR, "Sold our list.", visibility=Visibility.AUTHOR
    )
    with inside(business) as session:
        trust_entries.observe(session.get_one(Vendor, vendor_id), by=business.member, seen=seen)
    told = "Their word was broken, and nothing has mended it yet."
    texts = [morning("2026-10-05", person, send=False) for person in (business.member, business.owner)]
    assert all("Studio Halden" in text for text in texts if text)
    assert [told in text for text in texts if text] == ([True, False] if texts[1] else [True])
    assert all("Sold our list" not in text for text in texts if text)


def test_an_introduction_is_asked_after_by_a_link_to_the_answers_of_one_tap(business, inside, morning):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight", cadence_choice=CadenceChoice.NONE)
        opening = openings.add(session, by=business.owner, business="Harbour Dental")
        referral = referrals.refer(vendor, by=business.member, opening_id=opening.id)
        referrals.record_step(
            referral, by=business.member, state=ReferralState.INTRODUCED, happened_on=MONDAY, both_said_yes=True
        )
    letter = morning("2026-10-19", business.member)
    assert "Ask how it went with Harbour Dental." in letter
    assert re.search(rf"How did it go\?\s+http\S+/open/[\w-]+/referrals/{referral.id}/outcome\s", letter)
    assert "Done:" not in letter
