"""``@name`` calls a teammate: whom it means, who is told, and when that ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from crm.core.errors import Missing
from crm.domain import interactions, mentions, notes, vendors
from crm.models.enums import InteractionKind, ReminderKind, Visibility
from crm.models.log import Mention
from crm.models.reminders import Reminder
from crm.queries import log as history


@dataclass(frozen=True)
class _Person:
    name: str

    @property
    def first_name(self) -> str:
        return self.name.split()[0]


@dataclass(frozen=True)
class _Member:
    user_id: int
    user: _Person


TEAM = [
    _Member(number, _Person(name))
    for number, name in enumerate(
        ("Priya Rao", "Tom Ashby", "Anne Field", "Anne-Marie Stone", "Tom Van Dyke", "Zoë Ünal", "J.R. Tolk"), start=1
    )
]


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("@Priya could you send it?", ["Priya Rao"]),
        ("ask @priya, or @PRIYA RAO", ["Priya Rao"]),
        ("@Priya Rao's list", ["Priya Rao"]),
        ("(@Priya)", ["Priya Rao"]),
        ("@Tom Ashby only", ["Tom Ashby"]),
        ("@Tom  van   dyke only", ["Tom Van Dyke"]),
        ("@Tom, both of them", ["Tom Ashby", "Tom Van Dyke"]),
        ("@Anne-Marie and nobody else", ["Anne-Marie Stone"]),
        ("@Anne and nobody else", ["Anne Field"]),
        ("@zoë", ["Zoë Ünal"]),
        ("@J.R. knows", ["J.R. Tolk"]),
        ("priya@example.org", []),
        ("someone@Priya.example", []),
        ("@Priyanka", []),
        ("Priya", []),
        ("@", []),
        ("@@Priya", []),
        ("https://example.org/@Priya", []),
    ],
)
def test_the_longest_name_that_fits_is_meant(text, called):
    assert sorted(member.user.name for member in mentions.named(text, TEAM)) == called


def test_nobody_is_called_where_there_is_nobody():
    assert mentions.named("@Priya", []) == []


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def vendor(session, business):
    return vendors.add(session, by=business.owner, name="Northlight Studio")


def waiting(session, member) -> list[str]:
    session.flush()
    found = session.query(Reminder).filter_by(kind=ReminderKind.MENTION, user_id=member.user_id, ended_at=None)
    return [reminder.why["what"] for reminder in found]


def test_a_mention_waits_for_its_person_and_for_nobody_else(session, vendor, business):
    notes.write(vendor, by=business.owner, body="@Milo, could you **ring** them?")
    assert waiting(session, business.member) == ["@Milo, could you ring them?"]
    assert waiting(session, business.admin) == []
    [row] = history.unseen_mentions(session, business.member, 10)
    assert (row.vendor, row.by) == ("Northlight Studio", "Olive Owner")


def test_a_conversation_calls_teammates_too(session, vendor, business):
    interactions.log(
        vendor, by=business.owner, kind=InteractionKind.CALL, occurred_on=date(2026, 10, 5), summary="@Vera look"
    )
    assert waiting(session, business.viewer) == ["@Vera look"]


def test_nobody_calls_themselves(session, vendor, business):
    notes.write(vendor, by=business.owner, body="@Olive remember")
    assert session.query(Mention).all() == []


@pytest.mark.parametrize(("visibility", "told"), [(Visibility.AUTHOR, []), (Visibility.ADMINS, ["admin"])])
def test_nobody_is_called_to_what_they_may_not_read(session, vendor, business, visibility, told):
    notes.write(vendor, by=business.owner, body="@Milo @Ada see", visibility=visibility)
    assert [who for who in ("admin", "member") if waiting(session, getattr(business, who))] == told


def test_an_edit_calls_only_the_newly_named_and_lets_the_others_go(session, vendor, business):
    note = notes.write(vendor, by=business.owner, body="@Milo look")
    notes.edit(note, by=business.owner, version=1, body="@Ada look", visibility=Visibility.TEAM)
    assert waiting(session, business.member) == []
    assert waiting(session, business.admin) == ["@Ada look"]


def test_saving_it_again_calls_nobody_twice(session, vendor, business):
    note = notes.write(vendor, by=business.owner, body="@Milo look")
    notes.edit(note, by=business.owner, version=1, body="@Milo look again", visibility=Visibility.TEAM)
    assert len(waiting(session, business.member)) == 1


def test_what_becomes_private_calls_nobody_any_more(session, vendor, business):
    note = notes.write(vendor, by=business.owner, body="@Milo look")
    notes.edit(note, by=business.owner, version=1, body="@Milo look", visibility=Visibility.AUTHOR)
    assert waiting(session, business.member) == []


def test_seeing_it_ends_it_and_can_be_taken_back(session, vendor, business):
    notes.write(vendor, by=business.owner, body="@Milo look")
    session.flush()
    [row] = history.unseen_mentions(session, business.member, 10)
    mentions.see(mentions.find(session, row.id, reader=business.member), by=business.member)
    assert waiting(session, business.member) == []
    assert history.unseen_mentions(session, business.member, 10) == []
    mentions.unsee(mentions.find(session, row.id, reader=business.member))
    assert waiting(session, business.member) == ["@Milo look"]


def test_only_its_person_sees_to_it(session, vendor, business):
    notes.write(vendor, by=business.owner, body="@Milo look")
    session.flush()
    [row] = history.unseen_mentions(session, business.member, 10)
    with pytest.raises(Missing):
        mentions.find(session, row.id, reader=business.owner)


def test_a_deleted_note_calls_nobody_and_a_restored_one_does(session, vendor, business):
    note = notes.write(vendor, by=business.owner, body="@Milo look")
    notes.delete(note, by=business.owner)
    assert waiting(session, business.member) == []
    notes.restore(note, by=business.owner)
    assert waiting(session, business.member) == ["@Milo look"]
