"""Notifications by e-mail: only to who asked, one an hour about a vendor, and none that is not true any more."""

from __future__ import annotations

import pytest

from crm.core.equipment import equip
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import news, notes, reminder_links, vendors
from crm.jobs.sender import Sender
from crm.mail import mime
from crm.models.enums import MailKind, NewsKind, Visibility
from crm.models.vendors import Vendor
from crm.queries import members
from tests.support.letters import messages, only


@pytest.fixture(autouse=True)
def _morning(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def within(engine, business, settings):
    """A writing session of the business on an engine that knows the installation's settings."""
    return lambda: workspace_work(equip(engine, settings), business.workspace.id)


@pytest.fixture
def vendor_id(business, within) -> int:
    """A vendor whom the teammate follows, who wants to be told everything by e-mail."""
    with within() as session:
        vendor = vendors.add(session, by=business.owner, name="Silas Brandt")
        news.follow(vendor, by=business.member)
        member = members.membership(session, session.workspace_id, business.member.user_id)
        member.mail_handed = member.mail_followed = True
        return vendor.id


@pytest.fixture
def write(business, within, vendor_id):
    def write(body, visibility=Visibility.TEAM, by=None) -> int:
        with within() as session:
            vendor = session.get_one(Vendor, vendor_id)
            return notes.write(vendor, by=by or business.owner, body=body, visibility=visibility).id

    return write


def test_a_follower_reads_what_happened_and_ends_such_letters_alone(engine, business, settings, write):
    write("They moved to **Leeds**.")
    letter = only(engine)
    assert (letter.kind, letter.recipient) == (MailKind.NEWS, business.member.user.email)
    assert letter.subject == "A note on Silas Brandt"
    for kind in ("plain", "html"):
        said = " ".join(mime.part(letter.content, kind).split())
        assert "They moved to Leeds." in said
        assert f"By {business.owner.user.name}." in said
        assert "/open/fern-flint/vendors/" in said
    token = mime.read(letter.content)["List-Unsubscribe"].strip("<>").rpartition("/")[2]
    with installation_work(engine) as session:
        assert reminder_links.subscription(session, settings, token).news is NewsKind.FOLLOWED


def test_an_hour_brings_one_letter_about_a_vendor(engine, write, clock_at):
    for body in ("One", "Two", "Three"):
        write(body)
    assert len(messages(engine)) == 1
    clock_at("2026-10-05 10:01")
    write("Four")
    assert len(messages(engine)) == 2


def test_nobody_is_written_to_who_did_not_ask_or_did_it_themselves(engine, business, within, vendor_id, write):
    with within() as session:
        news.follow(session.get_one(Vendor, vendor_id), by=business.admin)
    write("My own words", by=business.member)
    assert messages(engine) == []


def test_what_not_everybody_may_read_is_in_no_letter(engine, write):
    write("For admins", visibility=Visibility.ADMINS)
    write("For me", visibility=Visibility.AUTHOR)
    assert messages(engine) == []


def test_whoever_is_given_a_vendor_is_written_to(engine, business, within, vendor_id):
    with within() as session:
        vendor = session.get_one(Vendor, vendor_id)
        vendors.edit(vendor, by=business.owner, version=vendor.version, owner_id=business.member.user_id)
    assert only(engine).subject == "You look after Silas Brandt now"


@pytest.mark.parametrize("undone", ["deleted", "hidden", "read", "unwanted", "not followed"])
def test_what_is_not_so_any_more_does_not_leave(
    engine, business, within, settings_with, smtp_sink, vendor_id, write, undone
):
    note_id = write("They moved to Leeds.")
    with within() as session:
        note = notes.find(session, note_id, reader=business.owner)
        if undone == "deleted":
            notes.delete(note, by=business.owner)
        elif undone == "hidden":
            notes.edit(note, by=business.owner, version=note.version, body=note.body, visibility=Visibility.AUTHOR)
        elif undone == "read":
            news.read_all(session, by=business.member)
        elif undone == "not followed":
            news.unfollow(session.get_one(Vendor, vendor_id), by=business.member)
        else:
            member = members.membership(session, session.workspace_id, business.member.user_id)
            member.mail_followed = False
    Sender(engine, settings_with(SMTP_URL=smtp_sink.url)).work_once()
    assert smtp_sink.letters == []


def test_one_that_stands_leaves(engine, settings_with, smtp_sink, write):
    write("They moved to Leeds.")
    Sender(engine, settings_with(SMTP_URL=smtp_sink.url)).work_once()
    assert len(smtp_sink.letters) == 1
