"""The audit log: who did what to accounts, roles and data. Lines are added, never changed, and go when they are old."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DatabaseError

from crm.core import clock
from crm.core.errors import Forbidden, Refused
from crm.core.unit_of_work import installation_work
from crm.domain import accounts, api_tokens, audit, members, notes, people, vendors
from crm.domain.attempts import Origin
from crm.models.audit import AuditEntry
from crm.models.enums import AuditKind, Role, TokenScope, Visibility
from crm.models.log import Note
from crm.models.vendors import Vendor
from crm.queries import audit as reading

HERE = Origin("192.0.2.7")


@pytest.fixture(autouse=True)
def _morning(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def vendor(inside, business) -> int:
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Silas Brandt").id


def told(inside, business, **asked) -> list[tuple[AuditKind, str, str]]:
    """Kind, person and subject of what the business may read, the newest first."""
    with inside(business) as session:
        rows = reading.page_of(session, offset=0, limit=100, **asked)
        return [(row.kind, row.who, row.about) for row in rows]


def test_signing_in_is_told_with_the_address_it_came_from(engine, inside, business):
    email, name = business.member.user.email, business.member.user.name
    with installation_work(engine) as session:
        assert accounts.sign_in(session, email=email, password="not the one", origin=HERE) is None
    with installation_work(engine) as session:
        assert accounts.sign_in(session, email="nobody@example.org", password="not the one", origin=HERE) is None
    assert told(inside, business, kind=AuditKind.SIGN_IN_FAILED) == [(AuditKind.SIGN_IN_FAILED, name, "")]
    with inside(business) as session:
        assert reading.page_of(session, offset=0, limit=1)[0].address == "192.0.2.7"


def test_an_account_is_told_of_where_its_person_belongs_and_nowhere_else(engine, inside, business):
    with installation_work(engine) as session:
        audit.record(session, AuditKind.SIGNED_IN, user_id=business.stranger.user_id)
        audit.record(session, AuditKind.SIGNED_IN, user_id=business.member.user_id)
    assert told(inside, business, kind=AuditKind.SIGNED_IN) == [(AuditKind.SIGNED_IN, business.member.user.name, "")]


def test_what_an_account_did_after_its_person_left_is_not_for_the_business(engine, inside, business, clock_at):
    with inside(business) as session:
        members.deactivate(session, business.member.user_id, by=business.owner)
    clock_at("2026-10-06 09:00")
    with installation_work(engine) as session:
        audit.record(session, AuditKind.SIGNED_IN, user_id=business.member.user_id)
    assert AuditKind.SIGNED_IN not in [kind for kind, *_rest in told(inside, business)]


def test_roles_and_the_team_are_told(inside, business):
    with inside(business) as session:
        members.invite(session, by=business.owner, email="new@example.org", role=Role.VIEWER)
        members.change_role(session, business.member.user_id, by=business.owner, role=Role.ADMIN)
        members.change_role(session, business.member.user_id, by=business.owner, role=Role.ADMIN)
        members.deactivate(session, business.member.user_id, by=business.owner)
        members.reactivate(session, business.member.user_id, by=business.owner)
    who, whom = business.owner.user.name, business.member.user.name
    assert told(inside, business, user_id=business.owner.user_id)[:4] == [
        (AuditKind.CAME_BACK, who, whom),
        (AuditKind.LEFT, who, whom),
        (AuditKind.ROLE_CHANGED, who, whom),
        (AuditKind.INVITED, who, "new@example.org"),
    ]


def test_tokens_are_told_without_their_secret(inside, business):
    with inside(business) as session:
        made = api_tokens.make(session, by=business.owner, name="Spreadsheet", scope=TokenScope.READ)
        api_tokens.revoke(session, made.token.id, by=business.owner)
        api_tokens.revoke(session, made.token.id, by=business.owner)
    who = business.owner.user.name
    assert told(inside, business)[:2] == [
        (AuditKind.TOKEN_REVOKED, who, "Spreadsheet"),
        (AuditKind.TOKEN_MADE, who, "Spreadsheet"),
    ]
    with inside(business) as session:
        assert not session.scalar(select(func.count()).where(AuditEntry.about.contains(made.secret[-8:])))


def test_what_is_deleted_is_told_and_a_person_by_no_name(inside, business, vendor, tmp_path):
    with inside(business) as session:
        row = session.get_one(Vendor, vendor)
        ayo = people.add(row, by=business.owner, name="Ayo Brandt")
        people.delete_person(ayo, by=business.owner)
        vendors.delete_vendor(row, by=business.owner, folder=tmp_path)
    assert [(kind, about) for kind, _who, about in told(inside, business)[:2]] == [
        (AuditKind.DELETED, "Silas Brandt"),
        (AuditKind.DELETED, "Silas Brandt"),
    ]
    assert not [about for _kind, _who, about in told(inside, business) if "Ayo" in about]


def test_who_may_read_a_note_is_told_but_not_that_somebody_keeps_one_to_themselves(inside, business, vendor):
    with inside(business) as session:
        row = session.get_one(Vendor, vendor)
        shared = notes.write(row, by=business.member, body="Slow but thorough.")
        kept = notes.write(row, by=business.member, body="Reminds me of my uncle.", visibility=Visibility.AUTHOR)
        session.flush()
        notes.edit(shared, by=business.member, version=1, body="Slow but thorough.", visibility=Visibility.ADMINS)
        notes.delete(kept, by=business.member)
    lines = told(inside, business, user_id=business.member.user_id)
    assert lines == [(AuditKind.VISIBILITY_CHANGED, business.member.user.name, "Silas Brandt")]
    with inside(business) as session:
        [line] = reading.page_of(session, kind=AuditKind.VISIBILITY_CHANGED, offset=0, limit=5)
        assert (line.facts["before"], line.facts["after"]) == ("team", "admins")
        assert session.scalar(select(func.count(Note.id))) == 2


def test_nobody_changes_a_line(engine, business):
    with installation_work(engine) as session:
        audit.record(session, AuditKind.SIGNED_IN, user_id=business.owner.user_id)
    with pytest.raises(DatabaseError, match="never changed"), installation_work(engine) as session:
        session.execute(update(AuditEntry).values(about="nothing to see"))


def test_lines_go_when_they_are_older_than_their_business_keeps_them(engine, inside, business, clock_at):
    with installation_work(engine) as session:
        audit.record(session, AuditKind.EXPORTED, user_id=None, workspace_id=business.workspace.id, about="old.csv")
    with inside(business) as session:
        audit.keep(session, by=business.owner, days=30)
    for day, left in (("2026-11-04 07:59", 1), ("2026-11-04 08:01", 0), ("2026-11-04 08:01", 0)):
        clock_at(day)
        with installation_work(engine) as session:
            audit.clear_away(session)
            about = select(func.count(AuditEntry.id)).where(AuditEntry.about == "old.csv")
            assert session.scalar(about) == left, day


def test_how_long_they_are_kept_is_the_owners_choice_and_told(inside, business):
    with inside(business) as session:
        audit.keep(session, by=business.owner, days=730)
        audit.keep(session, by=business.owner, days=730)
    assert [kind for kind, *_rest in told(inside, business)].count(AuditKind.KEEPING_CHANGED) == 1
    for days in (29, 3_651):
        with inside(business) as session, pytest.raises(Refused):
            audit.keep(session, by=business.owner, days=days)
    with inside(business) as session, pytest.raises(Forbidden):
        audit.keep(session, by=business.admin, days=90)


def test_a_line_is_short_whatever_it_names(engine, inside, business):
    with installation_work(engine) as session:
        audit.record(session, AuditKind.EXPORTED, user_id=None, workspace_id=business.workspace.id, about="x\r\n" * 500)
    [(_kind, _who, about)] = told(inside, business, kind=AuditKind.EXPORTED)
    assert len(about) <= audit.ABOUT_LENGTH
    assert "\n" not in about


def test_the_first_line_was_written_now(engine, inside, business):
    with installation_work(engine) as session:
        audit.record(session, AuditKind.SIGNED_IN, user_id=business.owner.user_id)
    with inside(business) as session:
        assert (
            reading.page_of(session, offset=0, limit=1)[0].happened_at
            == clock.now()
            == datetime(2026, 10, 5, 8, tzinfo=UTC)
        )
