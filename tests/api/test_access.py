"""What a program may do. Every address as everybody is walked in tests/views/test_access_matrix.py."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from crm.core.columns import Base
from crm.domain.permissions import Act
from crm.models.api_tokens import ApiToken
from crm.models.enums import TokenScope
from crm.web.gate import PUBLIC
from tests.support.addresses import Address, addresses_for_programs
from tests.support.populated import populate
from tests.support.programs import API, Program, token_for


@pytest.fixture
def addresses(app, engine, business, settings) -> list[Address]:
    return addresses_for_programs(app, engine, populate(engine, business, settings))


def ask(program: Program, address: Address) -> Any:
    body = {"json": {}} if address.method in ("POST", "PATCH") else {}
    return program.ask(address.method, address.path, **body)


def dump(engine) -> dict[str, list[str]]:
    """All rows of all tables but the tokens, whose use is noted."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in Base.metadata.sorted_tables
            if table.name != ApiToken.__tablename__
        }


def test_only_the_document_is_public(addresses):
    assert {each.rule for each in addresses if each.policy == PUBLIC} == {f"{API}/openapi.json"}
    assert all(isinstance(each.policy, Act) for each in addresses if each.policy != PUBLIC)


def test_what_reads_is_a_get_and_what_writes_is_none(addresses):
    assert {each.method for each in addresses} == {"GET", "POST", "PATCH", "DELETE"}
    assert all(each.policy in (Act.SEE, Act.IMPORT, Act.MANAGE, PUBLIC) for each in addresses if each.method == "GET")
    assert all(each.policy is not Act.SEE for each in addresses if each.method != "GET")


def test_a_token_that_reads_changes_nothing(program_of, business, addresses, engine):
    program = program_of(business.owner, TokenScope.READ)
    before = dump(engine)
    for address in addresses:
        answer = ask(program, address)
        assert answer.status_code == (200 if address.method == "GET" else 403), str(address)
    assert dump(engine) == before


def test_an_owner_of_another_business_is_listed_nothing_of_ours(app, engine, business, addresses):
    program = Program(app, token_for(engine, business.stranger))
    for address in addresses:
        if "<int:" not in address.rule and address.method == "GET" and address.policy != PUBLIC:
            items = ask(program, address).json["items"]
            assert items == [] or address.path.endswith(("/members", "/tags", "/criteria")), str(address)


def test_what_names_a_vendor_of_another_business_finds_none(program_of, business, addresses):
    theirs = program_of(business.stranger).post("/vendors", {"name": "Rook’s own"}).json["id"]
    ours = program_of(business.owner)
    for path, body in {
        "/people": {"name": "Marta"},
        "/interactions": {"kind": "call"},
        "/notes": {"body": "Hello"},
        "/stage-moves": {"to": "active"},
        "/parkings": {"reason": "at_capacity"},
        "/trust-entries": {
            "dimension": "ability",
            "direction": "positive",
            "weight": "minor",
            "what_happened": "It worked",
        },
        "/decision-areas": {"name": "Publish posts", "level": 3},
        "/delegated-works": {"title": "The autumn guide", "due_on": "2030-01-07"},
        "/referrals": {"opening_id": 1},
        "/ratings": {"criterion_id": 1, "value": 4},
        "/trial-tasks": {"title": "Three pages", "body": "In our voice", "due_on": "2030-01-07"},
    }.items():
        assert ours.post(path, {"vendor_id": theirs, **body}).status_code == 404, path
    assert ours.post("/vendors", {"name": "Nadia", "owner_id": business.stranger.user_id}).status_code == 422


def test_what_is_private_is_for_its_reader_alone(program_of, business):
    owner, member = program_of(business.owner), program_of(business.member)
    vendor_id = owner.post("/vendors", {"name": "Nadia Voss"}).json["id"]
    about = {"vendor_id": vendor_id}
    note = owner.post("/notes", {**about, "body": "For me", "visibility": "author"}).json
    fact = {"dimension": "ability", "direction": "negative", "weight": "major", "what_happened": "A secret"}
    entry = owner.post("/trust-entries", {**about, **fact, "visibility": "admins"}).json
    for path, shown in (("/notes", note), ("/trust-entries", entry)):
        assert owner.get(path, **about).json["items"] == [shown]
        assert member.get(path, **about).json["items"] == []
        assert member.get(f"{path}/{shown['id']}").status_code == 404
        assert member.delete(f"{path}/{shown['id']}").status_code == 404
    trusts = [each.get(f"/vendors/{vendor_id}", include="trust").json["trust"] for each in (owner, member)]
    assert [trust["ability"]["evidence"] for trust in trusts] == [4, 0]
    assert [trust["counts_private"] for trust in trusts] == [True, False]


def test_being_mentioned_concerns_whom_it_concerns(program_of, business):
    owner, member = program_of(business.owner), program_of(business.member)
    vendor_id = owner.post("/vendors", {"name": "Nadia Voss"}).json["id"]
    member.post("/notes", {"vendor_id": vendor_id, "body": "@Olive look at this"})
    [mine] = owner.get("/reminders", kind="mention").json["items"]
    assert member.get("/reminders", kind="mention").json["items"] == []
    assert member.get(f"/reminders/{mine['id']}").status_code == 404
    assert member.post(f"/reminders/{mine['id']}/completion").status_code == 404
    assert owner.post(f"/reminders/{mine['id']}/completion").status_code == 201
