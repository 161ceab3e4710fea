"""Vendors by program."""

from crm.domain import custom_fields
from crm.models.enums import FieldKind
from tests.support.programs import problem_of


def test_a_name_is_enough(program):
    made = program.post("/vendors", {"name": "Nadia Voss"})
    assert made.status_code == 201, made.text
    shown = made.json
    assert made.headers["Location"] == f"/api/v1/vendors/{shown['id']}"
    assert (shown["name"], shown["stage"], shown["cadence"], shown["tags"]) == ("Nadia Voss", "prospect", "default", [])
    assert program.get(f"/vendors/{shown['id']}").json == shown


def test_what_is_wrong_is_said_field_by_field(program):
    answer = program.post("/vendors", {"kind": "circus", "tier": 7, "colour": "green"})
    found = {each["pointer"]: each["detail"] for each in problem_of(answer)["errors"]}
    assert answer.status_code == 422
    assert set(found) == {"#/name", "#/kind", "#/tier", "#/colour"}
    assert found["#/kind"] == "Choose one of: freelancer, agency, supplier."


def test_trust_is_added_where_it_is_asked_for(program):
    vendor_id = program.post("/vendors", {"name": "Nadia Voss"}).json["id"]
    assert "trust" not in program.get(f"/vendors/{vendor_id}").json
    trust = program.get(f"/vendors/{vendor_id}", include="trust").json["trust"]
    assert trust["ability"]["value"] == 0.5
    assert trust["headline"] is None


def defined(inside, business, **kinds) -> None:
    with inside(business) as session:
        for name, kind in kinds.items():
            custom_fields.define(session, by=business.owner, name=name, kind=kind)


def test_money_says_its_unit_and_its_currency_or_is_refused(program, inside, business):
    defined(inside, business, budget=FieldKind.MONEY)
    for said in (3850, 38.5, "38.50 GBP", True, {"amount": 3850}, {"amount": 3850, "currency": "QQQ"}):
        answer = program.post("/vendors", {"name": "Nadia Voss", "custom_fields": {"budget": said}})
        assert answer.status_code == 422, said
        assert [each["pointer"] for each in problem_of(answer)["errors"]] == ["#/custom_fields/budget"]
    money = {"amount": 3850, "currency": "GBP"}
    made = program.post("/vendors", {"name": "Nadia Voss", "custom_fields": {"budget": money}}).json
    assert made["custom_fields"] == {"budget": money}
    assert program.patch(f"/vendors/{made['id']}", {"custom_fields": {"budget": None}}).json["custom_fields"] == {}


def test_every_mistake_in_the_business_s_own_fields_is_said_at_its_field(program, inside, business):
    defined(inside, business, days=FieldKind.NUMBER, since=FieldKind.DATE)
    said = {"days": "many", "since": "once", "a/b": 1}
    answer = program.post("/vendors", {"name": "Nadia Voss", "custom_fields": said})
    assert answer.status_code == 422
    pointers = {each["pointer"] for each in problem_of(answer)["errors"]}
    assert pointers == {"#/custom_fields/days", "#/custom_fields/since", "#/custom_fields/a~1b"}


def test_a_tag_that_is_there_already_is_not_made(program):
    first, again = (program.post("/tags", {"name": name}) for name in ("By rail", "by RAIL"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json == first.json


def test_nobody_who_only_reads_looks_after_a_vendor(program, business):
    viewer = business.viewer.user_id
    for name in ("owner_id", "backup_id"):
        answer = program.post("/vendors", {"name": "Nadia Voss", name: viewer})
        assert answer.status_code == 422
        [error] = problem_of(answer)["errors"]
        assert error["pointer"] == f"#/{name}"
        assert error["detail"].endswith("only reads. Choose somebody else.")
