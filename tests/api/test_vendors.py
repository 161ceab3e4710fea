"""Vendors by program."""

import json

import pytest

from crm.domain import custom_fields, merges, standings
from crm.models.enums import FieldKind, StandingLevel
from crm.models.vendors import Vendor
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


@pytest.fixture
def three(program, inside, business) -> dict[str, int]:
    """Three vendors with a field of each kind, as far as anything stands there; and how two of them stand with us."""
    with inside(business) as session:
        for kind in FieldKind:
            choices = ["Net 30", "Net 60"] if kind is FieldKind.CHOICE else []
            custom_fields.define(session, by=business.owner, name=f"Our {kind.value}", kind=kind, choices=choices)
    money = {"amount": 4500, "currency": "GBP"}
    said = [
        {
            "Our text": "two drafts",
            "Our number": 10,
            "Our date": "2026-03-01",
            "Our choice": "Net 60",
            "Our money": money,
        },
        {"Our text": "One", "Our number": 2, "Our date": "2026-01-01", "Our choice": "Net 30"},
        {},
    ]
    made = {
        name: program.post("/vendors", {"name": name, "custom_fields": fields}).json["id"]
        for name, fields in zip(("Fern", "Moss", "Wren"), said, strict=True)
    }
    with inside(business) as session:
        for name, level in (("Fern", StandingLevel.APPROVED), ("Moss", StandingLevel.PREFERRED)):
            standings.give(session.get_one(Vendor, made[name]), by=business.owner, level=level, reason="Good work")
    return made


def names_in(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["name"] for each in answer.json["items"]]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"Our text": "DRAFTS"}, ["Fern"]),
        ({"Our number": "5.."}, ["Fern"]),
        ({"Our number": "..10", "Our choice": "net 30"}, ["Moss"]),
        ({"Our date": "2026-01-01..2026-02-01"}, ["Moss"]),
        ({"Our money": "40..50"}, ["Fern"]),
        ({"Our money": "40..50 EUR"}, []),
        ({"Our choice": "none"}, ["Wren"]),
        ({"Our choice": "any"}, ["Fern", "Moss"]),
    ],
)
def test_own_fields_are_asked_as_in_the_list(program, three, asked, names):
    assert names_in(program.get("/vendors", custom_fields=json.dumps(asked))) == names


@pytest.mark.parametrize(
    "asked", ["x", "[]", '{"Our number": "many"}', '{"Colour": "any"}', '{"Our choice": "Net 90"}']
)
def test_what_cannot_be_asked_of_them_is_said(program, three, asked):
    answer = program.get("/vendors", custom_fields=asked)
    assert answer.status_code == 422
    assert problem_of(answer)["errors"][0]["parameter"] == "custom_fields"


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("custom_fields.Our number", ["Moss", "Fern", "Wren"]),
        ("-custom_fields.Our date", ["Fern", "Moss", "Wren"]),
        ("custom_fields.Our choice", ["Moss", "Fern", "Wren"]),
        ("custom_fields.Our text", ["Moss", "Fern", "Wren"]),
        ("standing", ["Moss", "Fern", "Wren"]),
        ("-standing", ["Fern", "Moss", "Wren"]),
    ],
)
def test_vendors_are_sorted_by_own_fields_and_by_standing_page_after_page(program, three, sort, names):
    found, cursor = [], {}
    for _page in names:
        answer = program.get("/vendors", sort=sort, page_size=1, **cursor)
        found += names_in(answer)
        cursor = {"cursor": answer.json["next_cursor"]}
    assert (found, cursor) == (names, {"cursor": None})
    assert program.get("/vendors", sort="custom_fields.Colour").status_code == 422


def test_vendors_are_asked_how_they_stand(program, three):
    assert names_in(program.get("/vendors", standing="approved")) == ["Fern"]
    assert names_in(program.get("/vendors", standing="none")) == ["Wren"]


def test_the_number_of_a_merged_vendor_names_the_one_that_has_all_of_it(program, three, inside, business):
    fern, moss = three["Fern"], three["Moss"]
    with inside(business) as session:
        one, other = session.get_one(Vendor, fern), session.get_one(Vendor, moss)
        merge = merges.merge(one, other, by=business.owner, versions=(one.version, other.version), theirs=())
        merge_id = merge.id
    before = program.get(f"/vendors/{fern}").json
    for answer in (
        program.get(f"/vendors/{moss}"),
        program.patch(f"/vendors/{moss}", {"name": "Other"}),
        program.delete(f"/vendors/{moss}"),
        program.post("/stage-moves", {"vendor_id": moss, "to": "active"}),
        program.post("/interactions", {"vendor_id": moss, "kind": "call"}),
    ):
        assert (answer.status_code, problem_of(answer)["merged_into"]) == (410, fern)
        assert answer.headers["Link"] == f'</api/v1/vendors/{fern}>; rel="successor-version"'
    assert program.get(f"/vendors/{fern}").json == before, "nothing was done to the other"
    with inside(business) as session:
        merges.undo(merges.find(session, merge_id), by=business.owner)
    assert program.get(f"/vendors/{moss}").status_code == 200
