"""Who gets in with a token, and how a request that cannot be carried out is told so."""

import logging
from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.core.tenancy import installation_session
from crm.core.unit_of_work import installation_work
from crm.domain import api_tokens, members
from crm.models.api_tokens import ApiToken
from crm.models.enums import Role, TokenScope
from crm.web.extensions import csrf
from tests.support.programs import Program, problem_of, token_for

PROBLEM = "application/problem+json"


def token_row(engine) -> ApiToken:
    with installation_session(engine, writing=False) as session:
        return session.scalars(select(ApiToken)).one()


def test_without_a_token_nobody_gets_in(app, business):
    answer = Program(app).get("/vendors")
    assert problem_of(answer)["status"] == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Good Terms"'


@pytest.mark.parametrize("shown", ["Bearer gt_wrong", "bearer", "Basic b3duZXI6cGFzcw==", "gt_wrong", "Bearer ü"])
def test_with_something_else_neither(app, business, shown):
    answer = Program(app).ask("GET", "/vendors", headers={"Authorization": shown})
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers


def test_an_expired_token_is_worthless(app, business, engine, clock_at):
    clock_at("2026-10-05 09:00")
    program = Program(app, token_for(engine, business.owner, days=30))
    clock_at("2026-11-03 09:00")
    assert program.get("/vendors").status_code == 200
    clock_at("2026-11-05 09:00")
    assert 'error="invalid_token"' in program.get("/vendors").headers["WWW-Authenticate"]


def test_a_revoked_token_is_worthless(app, business, engine):
    program = Program(app, token_for(engine, business.owner))
    with installation_work(engine) as session:
        api_tokens.revoke(session, token_row(engine).id, by=business.owner)
    assert program.get("/vendors").status_code == 401


def test_a_token_that_reads_writes_nothing(program_of, business):
    program = program_of(business.owner, TokenScope.READ)
    assert program.get("/vendors").status_code == 200
    answer = program.post("/vendors", {"name": "Nadia Voss"})
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


def test_a_token_does_at_most_what_its_person_may_now(program_of, business, inside):
    program = program_of(business.member)
    assert program.post("/vendors", {"name": "Nadia Voss"}).status_code == 201
    with inside(business) as session:
        members.change_role(session, business.member.user_id, by=business.owner, role=Role.VIEWER)
    assert problem_of(program.post("/vendors", {"name": "Silas Brandt"}))["status"] == 403
    assert program.get("/vendors").status_code == 200


def test_whoever_left_the_team_is_locked_out_for_good(program_of, business, inside):
    program = program_of(business.member)
    with inside(business) as session:
        members.deactivate(session, business.member.user_id, by=business.owner)
    assert program.get("/vendors").status_code == 401
    with inside(business) as session:
        members.reactivate(session, business.member.user_id, by=business.owner)
    assert program.get("/vendors").status_code == 401


def test_somebody_elses_vendor_is_missing_like_one_that_never_was(program_of, business):
    ours = program_of(business.owner).post("/vendors", {"name": "Nadia Voss"}).json["id"]
    stranger = program_of(business.stranger)
    answers = [stranger.get(f"/vendors/{ours}"), stranger.get("/vendors/999999"), stranger.get(f"/vendors/{2**40}")]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert answers[0].data == answers[1].data
    assert stranger.get("/vendors").json["items"] == []


def test_a_browsers_cookie_opens_nothing_and_none_is_set(client, program):
    answer = client.client.get("/api/v1/vendors")
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert "Set-Cookie" not in program.get("/vendors").headers
    assert client.client.post("/api/v1/vendors", json={"name": "Nadia Voss"}).status_code == 401


def test_its_use_is_noted_once_an_hour(app, business, engine, clock_at):
    clock_at("2026-10-05 09:00")
    program = Program(app, token_for(engine, business.owner))
    assert token_row(engine).last_used_at is None
    program.get("/vendors")
    first = token_row(engine).last_used_at
    clock_at("2026-10-05 09:59")
    program.get("/vendors")
    assert token_row(engine).last_used_at == first
    clock_at("2026-10-05 10:00")
    program.get("/vendors")
    assert token_row(engine).last_used_at == first + timedelta(hours=1)


def test_no_token_gets_into_a_log(app, business, engine, caplog):
    secret = token_for(engine, business.owner)
    with caplog.at_level(logging.DEBUG):
        Program(app, secret).get("/vendors")
        Program(app, secret + "x").get("/vendors")
        Program(app, secret).post("/vendors", "nonsense")
    assert secret not in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/nowhere", {}, 404),
        ("GET", "/vendors/ten", {}, 404),
        ("GET", "/vendors/1", {}, 404),
        ("PUT", "/vendors", {}, 405),
        ("DELETE", "/vendors", {}, 405),
        ("GET", "/vendors", {"headers": {"Accept": "text/html"}}, 406),
        ("POST", "/vendors", {"data": "name=Nadia", "content_type": "application/x-www-form-urlencoded"}, 415),
        ("POST", "/vendors", {"data": "{", "content_type": "application/json"}, 400),
        ("POST", "/vendors", {"data": '{"name": NaN}', "content_type": "application/json"}, 400),
        ("POST", "/vendors", {"data": b"\xff", "content_type": "application/json"}, 400),
        ("POST", "/vendors", {"data": "[" * 100_000, "content_type": "application/json"}, 400),
        ("POST", "/vendors", {"data": "[]", "content_type": "application/json"}, 422),
        ("POST", "/vendors", {"data": "x" * (1024 * 1024 + 1), "content_type": "application/json"}, 413),
        ("POST", "/vendors", {"json": {"name": "Nadia"}, "headers": {"Idempotency-Key": ""}}, 400),
        ("GET", "/vendors?colour=green", {}, 422),
        ("GET", "/vendors?q=a&q=b", {}, 422),
        ("GET", "/vendors?page_size=201", {}, 422),
        ("GET", "/vendors?cursor=forged", {}, 422),
        ("GET", "/imports?sort=colour", {}, 422),
    ],
)
def test_every_error_is_a_problem(program, method, path, options, status):
    answer = program.ask(method, path, **options)
    assert answer.status_code == status, answer.text
    assert problem_of(answer)["title"]


def test_what_an_address_takes_is_said_with_405(program):
    assert {"GET", "POST"} <= set(program.ask("PUT", "/vendors").headers["Allow"].split(", "))


def test_a_fault_is_a_problem_that_tells_nothing_of_the_inside(app, program, monkeypatch):
    app.view_functions["api_vendors.index"] = lambda: 1 / 0
    answer = program.get("/vendors")
    assert answer.status_code == 500
    assert "division" not in answer.text
    assert problem_of(answer)["detail"]


def test_what_cannot_be_used_is_pointed_at(program):
    body = {"name": "Nadia Voss", "tags": ["film", 7], "cadence": {"every": 0, "unit": "weeks"}}
    found = problem_of(program.post("/vendors", body))["errors"]
    assert {each["pointer"] for each in found} == {"#/tags/1", "#/cadence/every"}
    found = problem_of(program.get("/vendors", stage="circus", page_size="many"))["errors"]
    assert {each["parameter"] for each in found} == {"stage", "page_size"}


def test_a_rule_of_the_domain_points_at_the_programs_own_name(program):
    vendor_id = program.post("/vendors", {"name": "Nadia Voss"}).json["id"]
    body = {"vendor_id": vendor_id, "reason": "at_capacity", "revisit_on": "2020-01-01"}
    assert problem_of(program.post("/parkings", body))["errors"][0]["pointer"] == "#/revisit_on"


def test_only_what_programs_open_needs_no_hidden_token(app):
    exempt = {
        endpoint
        for endpoint, view in app.view_functions.items()
        if f"{view.__module__}.{view.__name__}" in csrf._exempt_views
    }
    programs = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")}
    assert exempt == programs | {"reminder_links.leave", "opt_outs.leave"}
