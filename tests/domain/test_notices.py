"""Told at once by e-mail, where somebody wants that: in the same transaction, once, and only what they may read."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from crm.core.equipment import equip
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import interactions, members, notes, parkings, reminder_links, reminders
from crm.jobs.sender import Sender
from crm.mail import mime
from crm.models.enums import InteractionKind, MailKind, MailState, ParkingReason, ReminderKind, Role, Visibility
from crm.models.log import Note
from crm.models.reminders import Reminder
from crm.models.vendors import Vendor
from crm.queries import members as people
from tests.support.letters import due_vendor, messages, only, tick


@pytest.fixture(autouse=True)
def morning(clock_at):
    clock_at("2026-10-05 07:30")


@pytest.fixture
def within(engine, business, settings):
    """A writing session of the business on an engine that knows the installation's settings."""
    return lambda: workspace_work(equip(engine, settings), business.workspace.id)


@pytest.fixture
def wants(within):
    """wants(business.owner) has them told of mentions at once from now on."""

    def choose(person, *, mentions=True):
        with within() as session:
            people.membership(session, session.workspace_id, person.user_id).mail_mentions = mentions

    return choose


@pytest.fixture
def vendor_id(business, within) -> int:
    with within() as session:
        return due_vendor(session, business.member).id


@pytest.fixture
def write(business, within, vendor_id):
    """write("@Olive …") is the member's note about Northlight."""

    def write(body, visibility=Visibility.TEAM, by=None):

        with within() as session:
            vendor = session.get_one(Vendor, vendor_id)
            return notes.write(vendor, by=by or business.member, body=body, visibility=visibility).id

    return write


@pytest.fixture
def deliver(engine, settings_with, smtp_sink):
    """Send what waits; the letters that arrived."""

    def deliver():
        Sender(engine, settings_with(SMTP_URL=smtp_sink.url)).work_once()
        return smtp_sink.letters

    return deliver


def test_whoever_wants_it_is_told_of_a_mention_at_once_and_in_whose_words(engine, business, wants, write):
    wants(business.owner)
    write("@Olive launch date is **4 May**, the lab has signed it off.")
    letter = only(engine)
    assert (letter.kind, letter.recipient) == (MailKind.MENTION, business.owner.user.email)
    assert letter.subject == "Milo Member mentioned you on Northlight Studio"
    for kind in ("plain", "html"):
        words = mime.part(letter.content, kind)
        assert "launch date is 4 May, the lab has signed it off." in " ".join(words.split())
        assert "http://crm.example.org/open/fern-flint/vendors/" in words


def test_its_way_out_ends_letters_about_mentions_alone(engine, business, settings, wants, write):
    wants(business.owner)
    write("@Olive launch date is 4 May.")
    head = mime.read(only(engine).content)
    assert head["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = head["List-Unsubscribe"].strip("<>").rpartition("/")[2]
    with installation_work(engine) as session:
        assert reminder_links.subscription(session, settings, token).kind is MailKind.MENTION


def test_others_wait_for_the_morning(engine, business, wants, write):
    wants(business.admin)
    write("@Olive launch date is 4 May.")
    assert messages(engine) == []


def test_a_mention_in_a_conversation_is_told_too(engine, business, within, wants, vendor_id):
    wants(business.owner)
    with within() as session:
        interactions.log(
            session.get_one(Vendor, vendor_id),
            by=business.member,
            kind=InteractionKind.CALL,
            occurred_on=date(2026, 10, 5),
            summary="@Olive they have room",
        )
    assert "they have room" in mime.part(only(engine).content, "plain")


def test_what_is_undone_mails_nothing(engine, business, within, wants, vendor_id):
    wants(business.owner)
    with within() as session:
        notes.write(session.get_one(Vendor, vendor_id), by=business.member, body="@Olive")
        session.rollback()
    assert messages(engine) == []


def test_saving_it_again_mails_nothing_more(engine, business, within, wants, write):
    wants(business.owner)
    note_id = write("@Olive launch date is 4 May.")
    with within() as session:
        note = session.get_one(Note, note_id)
        notes.edit(note, by=business.member, version=1, body="@Olive launch date is 5 May.", visibility=Visibility.TEAM)
    assert len(messages(engine)) == 1


@pytest.mark.parametrize(
    ("visibility", "person", "is_told"),
    [
        (Visibility.TEAM, "viewer", True),
        (Visibility.ADMINS, "viewer", False),
        (Visibility.ADMINS, "owner", True),
        (Visibility.AUTHOR, "owner", False),
    ],
)
def test_nobody_is_mailed_what_they_may_not_read(engine, business, wants, write, visibility, person, is_told):
    called = getattr(business, person)
    wants(called)
    write(f"@{called.user.first_name} a private word", visibility)
    assert [letter.recipient for letter in messages(engine)] == [called.user.email] * is_told


def test_the_stranger_is_not_called_by_their_name(engine, business, wants, write):
    write("@Silas a word")
    assert messages(engine) == []


def test_it_counts_as_told_today(engine, business, settings, wants, write, deliver, clock_at):
    wants(business.owner)
    write("@Olive launch date is 4 May.")
    assert len(deliver()) == 1
    clock_at("2026-10-05 08:00")
    tick(engine, settings)
    assert [letter.kind for letter in messages(engine)] == [MailKind.MENTION]


def test_the_morning_letter_does_not_tell_what_is_still_on_its_way(engine, business, settings, wants, write, clock_at):
    wants(business.owner)
    write("@Olive launch date is 4 May.")
    clock_at("2026-10-05 08:00")
    tick(engine, settings)
    assert [letter.kind for letter in messages(engine)] == [MailKind.MENTION]


def test_what_could_not_be_sent_within_a_day_is_told_by_the_morning_letter(
    engine, business, settings, wants, write, deliver, clock_at
):
    wants(business.owner)
    write("@Olive launch date is 4 May.")
    clock_at("2026-10-06 07:31")
    deliver()
    clock_at("2026-10-06 08:00")
    tick(engine, settings)
    mention, digest = messages(engine)
    assert (mention.state, digest.kind) == (MailState.CANCELLED, MailKind.DIGEST)
    assert "launch date is 4 May" in mime.part(digest.content, "plain")


# Looked at once more before it leaves


def held_back(engine, deliver) -> bool:
    arrived = deliver()
    [letter] = messages(engine)
    return arrived == [] and letter.state is MailState.CANCELLED


def test_one_who_has_seen_it_is_not_told(engine, business, within, wants, write, deliver):
    wants(business.owner)
    write("@Olive launch date is 4 May.")
    with within() as session:
        reminder = session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.MENTION)).one()
        reminders.complete(session, reminder, by=business.owner)
    assert held_back(engine, deliver)


def test_one_who_wants_no_such_letters_any_more_gets_none(engine, business, wants, write, deliver):
    wants(business.owner)
    write("@Olive launch date is 4 May.")
    wants(business.owner, mentions=False)
    assert held_back(engine, deliver)


def test_a_mention_that_was_taken_out_is_not_told(engine, business, within, wants, write, deliver):
    wants(business.owner)
    note_id = write("@Olive launch date is 4 May.")
    with within() as session:
        note = session.get_one(Note, note_id)
        notes.edit(note, by=business.member, version=1, body="Launch date is 4 May.", visibility=Visibility.TEAM)
    assert held_back(engine, deliver)


def test_words_that_are_private_by_now_are_not_told(engine, business, within, wants, write, deliver):
    wants(business.owner)
    note_id = write("@Olive launch date is 4 May.")
    with within() as session:
        note = session.get_one(Note, note_id)
        notes.edit(note, by=business.member, version=1, body=note.body, visibility=Visibility.AUTHOR)
    assert held_back(engine, deliver)


def test_one_who_left_is_not_told(engine, business, within, wants, write, deliver):
    wants(business.viewer)
    write("@Vera launch date is 4 May.")
    with within() as session:
        members.deactivate(session, business.viewer.user_id, by=business.owner)
    assert held_back(engine, deliver)


def test_one_who_is_no_admin_any_more_is_not_told_what_is_for_admins(engine, business, within, wants, write, deliver):
    wants(business.admin)
    write("@Ada a private word", Visibility.ADMINS)
    with within() as session:
        members.change_role(session, business.admin.user_id, by=business.owner, role=Role.MEMBER)
    assert held_back(engine, deliver)


class TestTheTimeLooksRight:
    """What came true for a parked vendor, told at once by a letter that really leaves."""

    @pytest.fixture
    def ticked(self, business, within, vendor_id):
        """ticked(by=…): the condition of the owner's parked vendor comes true."""
        with within() as session:
            vendor = session.get_one(Vendor, vendor_id)
            vendor.owner_id = business.owner.user_id
            people.membership(session, session.workspace_id, business.owner.user_id).mail_triggers = True
            parkings.park(
                vendor, by=business.owner, reason=ParkingReason.NO_BUDGET, condition="The balm has a launch date"
            )

        def tick_off(by):
            with within() as session:
                parkings.tick(parkings.of_vendor(session, session.get_one(Vendor, vendor_id)), by=by)

        return tick_off

    def test_it_leaves_once_and_says_what_came_true_and_where_to_decide(self, engine, business, ticked, deliver):
        ticked(business.member)
        ticked(business.member)
        [arrived] = deliver()
        assert deliver() == [arrived]
        assert arrived.recipient == business.owner.user.email
        letter = only(engine)
        assert (letter.kind, letter.state) == (MailKind.TRIGGER, MailState.SENT)
        content = arrived.content
        for kind in ("plain", "html"):
            words = mime.part(content, kind)
            assert "balm has a launch date" in " ".join(words.split())
            assert "/parking/decision" in words

    def test_the_morning_letter_of_that_day_names_it_no_more(
        self, engine, business, settings, ticked, deliver, clock_at
    ):
        ticked(business.member)
        assert len(deliver()) == 1
        clock_at("2026-10-05 08:00")
        tick(engine, settings)
        digests = [letter for letter in messages(engine) if letter.kind is MailKind.DIGEST]
        assert not any("balm" in mime.part(letter.content, "plain") for letter in digests)

    def test_whoever_ticked_it_knows_already(self, engine, business, ticked):
        ticked(business.owner)
        assert messages(engine) == []

    def test_what_was_unticked_before_it_left_is_not_told(self, engine, business, within, vendor_id, ticked, deliver):
        ticked(business.member)
        with within() as session:
            parkings.untick(parkings.of_vendor(session, session.get_one(Vendor, vendor_id)), by=business.member)
        assert held_back(engine, deliver)
