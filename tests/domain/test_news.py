"""Notifications: who is told what, who is not, and that many things at once are told once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crm.core.errors import Missing
from crm.domain import bulk_acts, interactions, members, mentions, needs, news, notes, vendors
from crm.domain.needs import NeedTerms
from crm.models.enums import BulkKind, InteractionKind, NewsKind, Role, Visibility
from crm.models.log import Mention
from crm.models.sharing import Follow, News
from crm.models.vendors import Vendor
from crm.queries import news as reading
from tests.support.counting import count_queries


@pytest.fixture(autouse=True)
def _morning(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def vendor_id(inside, business) -> int:
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Silas Brandt").id


@pytest.fixture
def followed(inside, business, vendor_id) -> int:
    """A vendor that all but the owner follow."""
    with inside(business) as session:
        for person in (business.admin, business.member, business.viewer):
            news.follow(session.get_one(Vendor, vendor_id), by=person)
    return vendor_id


def told(inside, person) -> list[tuple[NewsKind, str]]:
    with inside(person) as session:
        rows = reading.page_of(session, person, offset=0, limit=50)
        assert reading.waiting(session, person, person.user.today).unread == sum(row.read_at is None for row in rows)
        return [(row.kind, row.said or row.facts.get("what", "")) for row in rows]


def test_followers_are_told_what_others_do(inside, business, followed):
    with inside(business) as session:
        vendor = session.get_one(Vendor, followed)
        notes.write(vendor, by=business.member, body="They moved to Leeds.")
    said = [(NewsKind.FOLLOWED, "They moved to Leeds.")]
    assert told(inside, business.admin) == told(inside, business.viewer) == said
    assert told(inside, business.member) == told(inside, business.owner) == []


def test_following_twice_is_following_once_and_so_is_ending_it(inside, business, followed):
    for act in (news.follow, news.unfollow):
        for _again in range(2):
            with inside(business) as session:
                act(session.get_one(Vendor, followed), by=business.member)
        with inside(business) as session:
            mine = session.scalars(select(Follow).where(Follow.user_id == business.member.user_id)).all()
            assert len(mine) == (act is news.follow)


def test_what_is_for_few_reaches_only_them(inside, business, followed):
    with inside(business) as session:
        vendor = session.get_one(Vendor, followed)
        notes.write(vendor, by=business.owner, body="For admins", visibility=Visibility.ADMINS)
        notes.write(vendor, by=business.owner, body="For me", visibility=Visibility.AUTHOR)
    assert [said for _kind, said in told(inside, business.admin)] == ["For admins"]
    assert told(inside, business.member) == told(inside, business.viewer) == []


def test_who_may_read_it_later_is_told_then_and_who_may_no_longer_sees_nothing(inside, business, followed):
    with inside(business) as session:
        vendor = session.get_one(Vendor, followed)
        note = notes.write(vendor, by=business.owner, body="Quietly", visibility=Visibility.ADMINS)
        session.flush()
        note_id = note.id
    for visibility, who_is_told in ((Visibility.TEAM, 1), (Visibility.AUTHOR, 0), (Visibility.TEAM, 1)):
        with inside(business) as session:
            note = notes.find(session, note_id, reader=business.owner)
            notes.edit(note, by=business.owner, version=note.version, body="Quietly", visibility=visibility)
        assert len(told(inside, business.member)) == who_is_told


def test_a_role_that_is_lost_takes_the_lines_along(inside, business, followed):
    with inside(business) as session:
        vendor = session.get_one(Vendor, followed)
        notes.write(vendor, by=business.owner, body="For admins", visibility=Visibility.ADMINS)
    with inside(business) as session:
        members.change_role(session, business.admin.user_id, by=business.owner, role=Role.MEMBER)
    business.admin.role = Role.MEMBER
    assert told(inside, business.admin) == []


def test_what_is_deleted_is_told_no_more(inside, business, followed):
    with inside(business) as session:
        vendor = session.get_one(Vendor, followed)
        entry = interactions.log(
            vendor, by=business.member, kind=InteractionKind.CALL, occurred_on=business.member.user.today, summary="Hm"
        )
        session.flush()
        interactions.delete(entry, by=business.member)
    assert told(inside, business.admin) == []


def test_a_mention_is_told_and_seeing_it_reads_it(inside, business, vendor_id):
    with inside(business) as session:
        notes.write(session.get_one(Vendor, vendor_id), by=business.owner, body="@Milo send the list")
    assert told(inside, business.member) == [(NewsKind.MENTION, "@Milo send the list")]
    with inside(business) as session:
        mention = session.scalars(select(Mention)).one()
        mentions.see(mention, by=business.member)
        assert session.scalars(select(News)).one().read_at is not None


def test_whoever_follows_and_is_mentioned_is_told_once(inside, business, followed):
    with inside(business) as session:
        notes.write(session.get_one(Vendor, followed), by=business.owner, body="@Milo send the list")
    assert told(inside, business.member) == [(NewsKind.MENTION, "@Milo send the list")]
    assert told(inside, business.admin) == [(NewsKind.FOLLOWED, "@Milo send the list")]


def test_a_mention_in_what_one_may_no_longer_read_is_not_shown(inside, business, vendor_id):
    with inside(business) as session:
        note = notes.write(session.get_one(Vendor, vendor_id), by=business.owner, body="@Milo send the list")
        session.flush()
        note_id = note.id
    with inside(business) as session:
        mentions.see(session.scalars(select(Mention)).one(), by=business.member)
        note = notes.find(session, note_id, reader=business.owner)
        notes.edit(note, by=business.owner, version=note.version, body=note.body, visibility=Visibility.AUTHOR)
    assert told(inside, business.member) == []


def test_whoever_is_given_a_vendor_is_told_once(inside, business, vendor_id):
    for _again in range(2):
        with inside(business) as session:
            vendor = session.get_one(Vendor, vendor_id)
            ids = {"owner_id": business.member.user_id, "backup_id": business.admin.user_id}
            vendors.edit(vendor, by=business.owner, version=vendor.version, **ids)
    assert told(inside, business.member) == [(NewsKind.HANDED, "owner")]
    assert told(inside, business.admin) == [(NewsKind.HANDED, "backup")]
    assert told(inside, business.owner) == []


def test_whoever_is_given_a_need_is_told(inside, business):
    with inside(business) as session:
        terms = NeedTerms(outcome="Photos for spring", owner_id=business.member.user_id)
        need = needs.add(session, by=business.owner, terms=terms)
        needs.edit(need, by=business.owner, version=need.version, terms=terms)
    assert told(inside, business.member) == [(NewsKind.HANDED, "need")]


def test_an_act_on_many_is_one_line_with_a_count(inside, business):
    with inside(business) as session:
        ids = [vendors.add(session, by=business.owner, name=f"Vendor {name}").id for name in "abcdefg"]
        for vendor_id in ids:
            news.follow(session.get_one(Vendor, vendor_id), by=business.viewer)
        terms = bulk_acts.owning(session, business.member.user_id)
        bulk_acts.begin(session, by=business.owner, kind=BulkKind.OWNER, terms=terms, vendor_ids=ids)
    with inside(business) as session:
        lines = session.scalars(select(News)).all()
        assert [(line.user_id, line.facts["count"]) for line in lines] == [(business.member.user_id, 7)]


def test_new_vendors_ask_for_no_followers(engine, inside, business):
    """Nobody follows them: adding them costs no question about followers."""
    with inside(business) as session, count_queries(engine) as seen:
        vendors.add(session, by=business.owner, name="Somebody new")
    assert [statement for statement in seen if "follows" in statement] == []


def test_one_s_lines_are_one_s_own(inside, business, followed):
    with inside(business) as session:
        notes.write(session.get_one(Vendor, followed), by=business.owner, body="Hello")
        session.flush()
        line = session.scalars(select(News).where(News.user_id == business.member.user_id)).one()
        with pytest.raises(Missing):
            news.find(session, line.id, reader=business.admin)
        assert reading.line(session, business.admin, line.id) is None
        news.read_all(session, by=business.member)
    assert reading_unread(inside, business.member) == 0
    assert reading_unread(inside, business.admin) == 1


def reading_unread(inside, person) -> int:
    with inside(person) as session:
        return reading.waiting(session, person, person.user.today).unread


def test_old_lines_are_forgotten(inside, business, followed, clock_at):
    with inside(business) as session:
        notes.write(session.get_one(Vendor, followed), by=business.owner, body="Hello")
    with inside(business) as session:
        news.read_all(session, by=business.member)
    clock_at("2027-02-05 09:00")
    with inside(business) as session:
        news.forget_old(session)
        left = session.scalars(select(News.user_id)).all()
    assert sorted(left) == sorted([business.admin.user_id, business.viewer.user_id])
