"""Notes: who may read them, who may change them, and what they said before."""

from __future__ import annotations

import pytest

from crm.core import limits
from crm.core.errors import Forbidden, Missing, Refused, Stale
from crm.domain import notes, vendors
from crm.models.enums import Visibility
from crm.models.log import TimelineEntry
from crm.queries import log as history


@pytest.fixture
def session(inside, business):
    with inside(business) as session:
        yield session


@pytest.fixture
def vendor(session, business):
    return vendors.add(session, by=business.owner, name="Northlight Studio")


def readers(session, note, business) -> set[str]:
    found = set()
    for name in ("owner", "admin", "member", "viewer"):
        try:
            notes.find(session, note.id, reader=getattr(business, name))
            found.add(name)
        except Missing:
            pass
    return found


@pytest.mark.parametrize(
    ("visibility", "who"),
    [
        (Visibility.TEAM, {"owner", "admin", "member", "viewer"}),
        (Visibility.ADMINS, {"owner", "admin", "member"}),
        (Visibility.AUTHOR, {"member"}),
    ],
)
def test_a_members_note_is_read_by_those_it_is_for_and_its_author(session, vendor, business, visibility, who):
    note = notes.write(vendor, by=business.member, body="Never before ten.", visibility=visibility)
    assert readers(session, note, business) == who


def test_an_owner_does_not_read_what_somebody_keeps_for_themselves(session, vendor, business):
    note = notes.write(vendor, by=business.viewer, body="Mine alone.", visibility=Visibility.AUTHOR)
    assert readers(session, note, business) == {"viewer"}


@pytest.mark.parametrize("body", ["", "x" * (limits.TEXT_LENGTH + 1)])
def test_a_note_says_something_and_not_too_much(vendor, business, body):
    with pytest.raises(Refused) as refused:
        notes.write(vendor, by=business.member, body=body)
    assert refused.value.field == "body"


def test_an_edit_keeps_what_it_said(session, vendor, business):
    note = notes.write(vendor, by=business.member, body="Never before ten.")
    notes.edit(note, by=business.member, version=1, body="Never before eleven.", visibility=Visibility.TEAM)
    [before] = history.revisions_of(session, note, reader=business.viewer)
    assert before.before["body"] == "Never before ten."
    shown = session.query(TimelineEntry).filter_by(kind="note", subject_id=note.id).one()
    assert shown.body == "Never before eleven."


def test_what_was_private_stays_so_in_the_history_of_a_note_that_is_shared(session, vendor, business):
    note = notes.write(vendor, by=business.member, body="I would pay more.", visibility=Visibility.AUTHOR)
    notes.edit(note, by=business.member, version=1, body="They asked for more.", visibility=Visibility.TEAM)
    assert len(history.revisions_of(session, note, reader=business.member)) == 1
    assert history.revisions_of(session, note, reader=business.owner) == []


def test_who_saves_second_is_told(vendor, business):
    note = notes.write(vendor, by=business.member, body="Never before ten.")
    notes.edit(note, by=business.admin, version=1, body="Never before eleven.", visibility=Visibility.TEAM)
    with pytest.raises(Stale):
        notes.edit(note, by=business.member, version=1, body="Never before nine.", visibility=Visibility.TEAM)
    assert note.body == "Never before eleven."


def test_only_its_author_and_admins_change_a_note(session, vendor, business):
    note = notes.write(vendor, by=business.admin, body="Never before ten.")
    with pytest.raises(Forbidden):
        notes.edit(note, by=business.member, version=1, body="Any time.", visibility=Visibility.TEAM)
    with pytest.raises(Forbidden):
        notes.delete(note, by=business.member)
    notes.edit(note, by=business.owner, version=1, body="Never before eleven.", visibility=Visibility.TEAM)


def test_only_its_author_changes_who_may_read_it(vendor, business):
    note = notes.write(vendor, by=business.member, body="Between us.", visibility=Visibility.ADMINS)
    with pytest.raises(Refused) as refused:
        notes.edit(note, by=business.owner, version=1, body="Between us.", visibility=Visibility.TEAM)
    assert refused.value.field == "visibility"


def test_a_deleted_note_can_be_brought_back(session, vendor, business):
    note = notes.write(vendor, by=business.member, body="Never before ten.")
    notes.delete(note, by=business.member)
    assert session.query(TimelineEntry).filter_by(kind="note").all() == []
    assert readers(session, note, business) == set()
    notes.restore(notes.find(session, note.id, reader=business.member, deleted=True), by=business.member)
    assert session.query(TimelineEntry).filter_by(kind="note").one().body == "Never before ten."
