"""Vendors by program."""

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
