"""Who may do what by program: every address, as everybody, with the ids of a business that is lived in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from crm.core.columns import Base
from crm.domain.permissions import Act
from crm.models.api_tokens import ApiToken
from crm.models.enums import TokenScope
from crm.models.stages import StageMove
from crm.models.trust_entries import TrustEntry
from crm.web.gate import PUBLIC
from tests.support.populated import populate
from tests.support.programs import API, Program, token_for

ALLOWED = {
    "viewer": {Act.SEE},
    "member": {Act.SEE, Act.WORK, Act.IMPORT},
    "admin": {Act.SEE, Act.WORK, Act.IMPORT, Act.MANAGE},
}


@dataclass(frozen=True)
class Address:
    """One address with ids of Fern & Flint in it."""

    method: str
    rule: str
    path: str
    policy: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({self.policy})"


@pytest.fixture
def addresses(app, engine, business, settings, inside) -> list[Address]:
    place = populate(engine, business, settings)
    with inside(business) as session:
        known = {
            **place.ids,
            "move_id": session.scalars(select(StageMove.id)).first(),
            "entry_id": session.scalars(select(TrustEntry.id)).first(),
            "area_id": place.ids["area_id"],
            "import_id": place.ids["checked_import_id"],
            "member_id": business.member.user_id,
        }
    found = []
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(API):
            path = re.sub(r"<int:(\w+)>", lambda match: str(known[match[1]]), rule.rule)
            [method] = rule.methods - {"HEAD", "OPTIONS"}
            found.append(Address(method, rule.rule, path, app.view_functions[rule.endpoint].policy))
    return sorted(found, key=lambda each: (each.method != "GET", each.method == "DELETE", each.path))


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


def test_without_a_token_nothing_opens(app, addresses, engine):
    before = dump(engine)
    for address in addresses:
        if address.policy != PUBLIC:
            assert ask(Program(app), address).status_code == 401, str(address)
    assert dump(engine) == before


@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
def test_a_role_opens_what_it_may_and_nothing_else(role, program_of, business, addresses):
    program = program_of(getattr(business, role))
    for address in addresses:
        if address.policy == PUBLIC:
            continue
        answer = ask(program, address)
        if address.policy in ALLOWED[role]:
            assert answer.status_code < 500, f"{address}: {answer.text}"
            assert answer.status_code != 401, str(address)
            if address.method == "GET":
                assert answer.status_code == 200, f"{address}: {answer.text}"
        else:
            assert answer.status_code == 403, str(address)


def test_a_token_that_reads_changes_nothing(program_of, business, addresses, engine):
    program = program_of(business.owner, TokenScope.READ)
    before = dump(engine)
    for address in addresses:
        answer = ask(program, address)
        assert answer.status_code == (200 if address.method == "GET" else 403), str(address)
    assert dump(engine) == before


def test_an_owner_of_another_business_finds_nothing_of_ours_and_changes_nothing(app, engine, business, addresses):
    program = Program(app, token_for(engine, business.stranger))
    before = dump(engine)
    for address in addresses:
        answer = ask(program, address)
        if "<int:" in address.rule:
            expected = (404, 422) if address.method in ("POST", "PATCH") else (404,)
            assert answer.status_code in expected, f"{address}: {answer.text}"
        elif address.method == "GET" and address.policy != PUBLIC:
            items = answer.json["items"]
            assert items == [] or address.path.endswith(("/members", "/tags", "/criteria")), str(address)
    assert dump(engine) == before


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
