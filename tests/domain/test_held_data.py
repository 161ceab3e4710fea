"""What is held on somebody, gathered for them: all of it, and nothing that its reader may not read."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import select

from crm.core.errors import Forbidden, Refused
from crm.core.unit_of_work import installation_work
from crm.domain import (
    audit,
    former_colleagues,
    held_data,
    interactions,
    members,
    notes,
    openings,
    outsiders,
    people,
    retention,
    stopped_addresses,
    suppressions,
    vendors,
)
from crm.models.audit import AuditEntry
from crm.models.enums import AuditKind, InteractionKind, MailKind, MailState, OutsiderKind, StopReason, Visibility
from crm.models.outbox import OutboxMessage
from crm.models.workspaces import User
from crm.queries import privacy
from tests.support.letters import put_in

NAME, EMAIL = "Mara Lindqvist", "mara@lindqvist.example"


@pytest.fixture(autouse=True)
def _morning(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def mara(engine, inside, business, settings) -> int:
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio")
        person = people.add(vendor, by=business.owner, name=NAME, emails=[EMAIL], notes="Likes tea")
        other = people.add(vendor, by=business.owner, name="Ola Berg", emails=["ola@berg.example"])
        notes.write(vendor, by=business.owner, body=f"{NAME} is careful.")
        notes.write(vendor, by=business.owner, body="Ola Berg is quick.")
        notes.write(vendor, by=business.owner, body=f"{NAME}: too dear?", visibility=Visibility.ADMINS)
        notes.write(vendor, by=business.member, body=f"{NAME} and I had words.", visibility=Visibility.AUTHOR)
        for who, said in ((person, "About May."), (other, "About June.")):
            interactions.log(
                vendor, by=business.owner, kind=InteractionKind.CALL, occurred_on=date(2026, 10, 1),
                person_id=who.id, summary=said,
            )  # fmt: skip
        stopped_addresses.stop(session, EMAIL, by=business.owner, why=StopReason.RETURNED)
        suppressions.suppress(session, suppressions.fingerprint(settings, EMAIL), how=suppressions.BY_PAGE)
        person_id = person.id
    put_in(engine, business.owner, kind=MailKind.TOUCH, recipient=EMAIL, to_outsider=True)
    return person_id


def held(inside, business, settings, row_id, *, kind=OutsiderKind.PERSON, reader=None):
    with inside(business) as session:
        who = outsiders.find(session, kind, row_id)
        return held_data.collect(session, settings, who, reader=reader or business.owner)


def test_all_that_is_theirs_is_in_it_and_nothing_of_anybody_else(inside, business, settings, mara):
    found = held(inside, business, settings, mara)
    assert found["details"][0] | {"vendor": "Northlight Studio", "name": NAME, "emails": EMAIL} == found["details"][0]
    assert [row["summary"] for row in found["conversations"]] == ["About May."]
    assert [row["recipient"] for row in found["mail"]] == [EMAIL]
    assert sorted(row["why"] for row in found["wishes"]) == ["opted_out", "returned"]
    assert "Ola" not in json.dumps(found)


def test_only_what_its_reader_may_read_is_handed_over(inside, business, settings, mara):
    as_owner = held(inside, business, settings, mara)["notes"]
    assert [row["body"] for row in as_owner] == [f"{NAME} is careful.", f"{NAME}: too dear?"]
    as_member = held(inside, business, settings, mara, reader=business.member)["notes"]
    assert [row["body"] for row in as_member] == [f"{NAME} is careful.", f"{NAME} and I had words."]


def test_programs_and_people_read_the_same(inside, business, settings, mara):
    found = held(inside, business, settings, mara)
    assert json.loads(held_data.as_json(found)) == found
    told = held_data.as_text(found, {"details": "Details"})
    assert "Details\n=======" in told
    assert "summary: About May." in told


def test_the_contact_of_an_opening_is_held_too(inside, business, settings):
    with inside(business) as session:
        opening_id = openings.add(session, by=business.owner, business="Harbour Dental", person=NAME, email=EMAIL).id
    found = held(inside, business, settings, opening_id, kind=OutsiderKind.CONTACT)
    assert found["details"][0]["email"] == EMAIL


# Who is proposed


def proposed(inside, business) -> list[str]:
    with inside(business) as session:
        before = retention.untouched_since(business.workspace)
        return [row.name for row in privacy.untouched(session, before)] if before else []


def test_whoever_nothing_was_written_about_for_24_months_is_proposed(inside, business, mara, clock_at):
    clock_at("2028-10-01 09:00")
    assert proposed(inside, business) == []
    clock_at("2028-10-08 09:00")
    assert proposed(inside, business) == [NAME, "Ola Berg"]
    with inside(business) as session:
        retention.keep(people.at(session, mara), by=business.owner)
    assert proposed(inside, business) == ["Ola Berg"]


def test_a_line_about_their_vendor_keeps_everybody_there(inside, business, mara, clock_at):
    clock_at("2028-10-08 09:00")
    with inside(business) as session:
        person = people.at(session, mara)
        notes.write(vendors.at(session, person.vendor_id), by=business.member, body="Still there.")
    assert proposed(inside, business) == []


@pytest.mark.parametrize("months", [-1, retention.MOST_MONTHS + 1])
def test_months_have_limits(inside, business, months):
    with inside(business) as session, pytest.raises(Refused):
        retention.keep_for(session, by=business.owner, months=months)


# Somebody who has left


def test_a_former_colleague_is_forgotten_and_what_they_wrote_stays(engine, inside, business, mara):
    leaver = business.member
    with inside(business) as session, pytest.raises(Refused):
        former_colleagues.erase(session, leaver.user_id, by=business.owner)
    with inside(business) as session:
        members.deactivate(session, leaver.user_id, by=business.owner)
    with inside(business) as session, pytest.raises(Forbidden):
        former_colleagues.erase(session, leaver.user_id, by=business.admin)
    waiting = put_in(engine, leaver, "letter:2")
    former = put_in(engine, leaver, "letter:3", recipient="milo@former.example")
    with inside(business) as session:
        former_colleagues.erase(session, leaver.user_id, by=business.owner)
    with inside(business) as session:
        for letter in (waiting, former):
            row = session.get_one(OutboxMessage, letter.id)
            assert (row.state, row.recipient, row.content) == (MailState.CANCELLED, "", b"")
        user = session.get_one(User, leaver.user_id)
        assert user.name == f"Former colleague {leaver.user_id}"
        assert user.email.endswith(".invalid")


def test_the_audit_log_stays_and_does_not_tell_who_a_former_colleague_was(engine, inside, business):
    leaver, was = business.member, (business.member.user.name, business.member.user.email)
    with installation_work(engine) as session:
        changed = {"before": "milo@former.example", "after": was[1]}
        audit.record(session, AuditKind.EMAIL_CHANGED, user_id=leaver.user_id, address="203.0.113.9", **changed)
        audit.record(session, AuditKind.SIGNED_IN, user_id=business.owner.user_id, address="198.51.100.4")
    with inside(business) as session:
        members.deactivate(session, leaver.user_id, by=business.owner)
        before = lines_of(session)
        former_colleagues.erase(session, leaver.user_id, by=business.owner)
    with inside(business) as session:
        after = [line for line in lines_of(session) if line.kind is not AuditKind.ERASED]
    assert [(line.id, line.kind, line.happened_at) for line in after] == [
        (line.id, line.kind, line.happened_at) for line in before
    ]
    told = " ".join(f"{line.about} {line.facts} {line.address}" for line in after)
    for secret in (*was, "milo@former.example", "203.0.113.9"):
        assert secret not in told
    assert "198.51.100.4" in told


def lines_of(session) -> list[AuditEntry]:
    return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
