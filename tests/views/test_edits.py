"""The page of edits: what each took away and put in, to whoever may have read both."""

from __future__ import annotations

import pytest

from crm.domain import interactions, notes, vendors
from crm.models.enums import InteractionKind, Visibility
from tests.support.browsing import soup, words


@pytest.fixture
def note(business, inside) -> int:
    """A note of the member's, written for themselves, shared with the admins, then with all, each with other words."""
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Wren")
        row = notes.write(vendor, by=business.member, body="A secret thought", visibility=Visibility.AUTHOR)
        notes.edit(row, by=business.member, version=1, body="For few eyes", visibility=Visibility.ADMINS)
        notes.edit(row, by=business.member, version=2, body="Ask for prices", visibility=Visibility.TEAM)
        notes.edit(row, by=business.admin, version=3, body="Ask for lower prices", visibility=Visibility.TEAM)
        return row.id


def test_what_went_and_what_came_is_marked(browser_of, business, note):
    page = soup(browser_of(business.viewer).get(f"/notes/{note}/edits"))
    [edit] = page.select("main li.entry")
    assert "Ada Admin" in edit.text
    assert [each.text.strip() for each in edit.select("ins")] == ["lower"]
    assert not edit.select("del")


@pytest.mark.parametrize(
    ("reader", "seen", "hidden"),
    [
        ("member", ["A secret", "few eyes", "lower"], []),
        ("admin", ["few eyes", "lower"], ["secret"]),
        ("owner", ["few eyes", "lower"], ["secret"]),
        ("viewer", ["lower"], ["few eyes", "secret"]),
    ],
)
def test_nobody_reads_what_was_not_for_them_then(browser_of, business, note, reader, seen, hidden):
    text = words(browser_of(getattr(business, reader)).get(f"/notes/{note}/edits"), "main")
    assert all(each in text for each in seen)
    assert not any(each in text for each in hidden)


def test_an_entry_of_the_log_shows_its_boxes_too(client, business, inside):
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Wren")
        today = business.workspace.today
        entry = interactions.log(vendor, by=business.owner, kind=InteractionKind.CALL, occurred_on=today, summary="Hi")
        interactions.edit(
            entry,
            by=business.admin,
            version=1,
            kind=InteractionKind.EMAIL,
            occurred_on=today,
            outcome=entry.outcome,
            initiated_by=entry.initiated_by,
            person_id=None,
            summary="<b>Hi</b> there",
            minutes=5,
        )
        path, vendor_path = f"/interactions/{entry.id}/edits", f"/vendors/{vendor.id}"
    page = client.get(path)
    assert "What kind: Call E-mail" in words(page, "main")
    assert "Minutes: (empty) 5" in words(page, "main")
    assert soup(page).select_one(".changed ins").text.startswith("<b>Hi</b>")
    assert f'href="{path}"' in client.get(vendor_path).text


def test_strangers_and_readers_without_a_right_to_the_note_find_nothing(browser_of, business, inside, note):
    assert browser_of(business.stranger).get(f"/notes/{note}/edits").status_code == 404
    with inside(business) as session:
        row = notes.find(session, note, reader=business.member)
        notes.edit(row, by=business.member, version=4, body="Mine again", visibility=Visibility.AUTHOR)
    assert browser_of(business.admin).get(f"/notes/{note}/edits").status_code == 404
