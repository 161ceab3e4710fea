"""The page of edits: what each took away and put in, to whoever may have read both."""

from __future__ import annotations

import pytest

from crm.domain import interactions, notes, people, vendors
from crm.models.enums import InteractionKind, RatePeriod, Tier, Visibility
from crm.queries.edits import AT_ONCE
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


@pytest.fixture
def wren(business, inside) -> int:
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Wren", tier=Tier.B)
        vendors.edit(
            vendor,
            by=business.member,
            version=1,
            name="Wren <b>& Co</b>",
            tier=None,
            tags=["quick", "kind"],
            rate_amount=4500,
            rate_period=RatePeriod.HOUR,
        )
        return vendor.id


def test_the_fields_of_a_vendor_say_what_they_said(browser_of, business, wren):
    browser = browser_of(business.viewer)
    page = browser.get(f"/vendors/{wren}/edits")
    [edit] = soup(page).select("main li.entry")
    text = " ".join(edit.text.split())
    assert business.member.user.name in text
    for said in ("Name: Wren Wren <b>& Co</b>", "Tier: B (empty)", "Tags: (empty) kind, quick", "£45 an hour"):
        assert said in text


def test_a_vendor_leads_to_its_edits(client, wren):
    assert client.get(f"/vendors/{wren}").text.count(f'href="/vendors/{wren}/edits"') == 1


def test_somebody_at_a_vendor_has_a_page_of_edits_too(client, business, inside, wren):
    with inside(business) as session:
        person = people.add(vendors.at(session, wren), by=business.owner, name="Ann", notes="Likes tea")
        people.edit(person, by=business.admin, version=1, name="Ann Finch", phones=["01234 5"], notes="Likes green tea")
        person_id = person.id
    page = client.get(f"/people/{person_id}/edits")
    assert "Name: Ann Ann Finch" in words(page, "main")
    assert "Phone numbers: (empty) 01234 5" in words(page, "main")
    assert [each.text.strip() for each in soup(page).select(".changed ins")] == ["green"]
    assert f'href="/people/{person_id}/edits"' in client.get(f"/people/{person_id}/edit").text


def test_many_edits_come_page_by_page(client, business, inside, wren, count_queries):
    with inside(business) as session:
        vendor = vendors.at(session, wren)
        for number in range(AT_ONCE):
            vendors.edit(vendor, by=business.owner, version=vendor.version, source=f"Fair {number}")
            session.flush()
    page = soup(client.get(f"/vendors/{wren}/edits"))
    assert len(page.select("main li.entry")) == AT_ONCE
    rest = soup(client.get(page.select_one("main p a.btn")["href"]))
    assert len(rest.select("main li.entry")) == 1
    assert "Earlier edits" not in rest.text


def test_edits_of_fields_are_for_the_business_alone(browser_of, nobody, business, wren):
    assert browser_of(business.stranger).get(f"/vendors/{wren}/edits").status_code == 404
    assert browser_of(business.stranger).get(f"/people/{wren}/edits").status_code == 404
    assert nobody.get(f"/vendors/{wren}/edits").status_code == 303


def test_a_number_that_is_none_is_no_fault_of_ours(client, wren):
    assert client.get(f"/vendors/{wren}/edits?before=x").status_code == 200
    assert client.get(f"/vendors/{wren}/edits?before=99999999999999999999").status_code == 200
