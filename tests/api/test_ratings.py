"""Programs rate vendors by what the business values."""

from __future__ import annotations

import pytest

from tests.support.programs import problem_of


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def vendor(program) -> int:
    return program.post("/vendors", {"name": "Silas Brandt"}).json["id"]


@pytest.fixture
def quality(program) -> dict:
    return program.get("/criteria", is_open="true").json["items"][0]


@pytest.fixture
def rating(program, vendor, quality) -> dict:
    return program.post("/ratings", {"vendor_id": vendor, "criterion_id": quality["id"], "value": 4}).json


def test_the_criteria_come_in_the_order_of_the_ranking(program, quality):
    names = [row["name"] for row in program.get("/criteria").json["items"]]
    assert names == ["Quality", "Turnaround", "Cost", "Communication", "Reliability", "Breadth"]
    assert program.get(f"/criteria/{quality['id']}").json == quality


def test_a_rating_is_given_read_and_taken_away(program, client, vendor, quality, rating):
    assert (rating["criterion"], rating["value"], rating["rated_on"]) == ("Quality", 4, "2026-10-05")
    path = f"/ratings/{rating['id']}"
    assert program.get(path).json == rating
    said = {"occasion": "The spring catalogue", "remark": "Sharp", "rated_on": "2026-09-01", "value": 5}
    program.post("/ratings", {"vendor_id": vendor, "criterion_id": quality["id"]} | said)
    assert "The spring catalogue" in client.get(f"/vendors/{vendor}/ratings").text
    assert [row["value"] for row in program.get("/ratings", sort="rated_on").json["items"]] == [5, 4]
    assert [row["value"] for row in program.get("/ratings", q="spring sharp").json["items"]] == [5]
    assert program.get("/ratings", vendor_id=vendor + 1).json["items"] == []
    assert program.delete(path).status_code == 204
    assert program.get(path).status_code == 404


def test_a_rating_sent_twice_counts_once(program, vendor, quality):
    said = {"vendor_id": vendor, "criterion_id": quality["id"], "value": 4}
    assert program.post("/ratings", said, key="once").json == program.post("/ratings", said, key="once").json
    assert len(program.get("/ratings").json["items"]) == 1


def test_only_its_rater_and_admins_take_a_rating_away(program_of, business, rating, vendor, quality):
    path, member = f"/ratings/{rating['id']}", program_of(business.member)
    assert member.delete(path).status_code == 403
    own = member.post("/ratings", {"vendor_id": vendor, "criterion_id": quality["id"], "value": 2}).json["id"]
    assert program_of(business.admin).delete(path).status_code == 204
    assert member.delete(f"/ratings/{own}").status_code == 204


def test_strangers_find_none_and_readers_give_none(program_of, business, rating):
    path = f"/ratings/{rating['id']}"
    assert program_of(business.stranger).get(path).status_code == 404
    assert program_of(business.stranger).delete(path).status_code == 404
    assert program_of(business.stranger).get(f"/criteria/{rating['criterion_id']}").status_code == 404
    assert program_of(business.viewer).delete(path).status_code == 403


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"value": 0}, "#/value"),
        ({"value": 6}, "#/value"),
        ({"criterion_id": 987654}, "#/criterion_id"),
        ({"rated_on": "2026-10-06"}, "#/rated_on"),
        ({"work_id": 987654}, "#/work_id"),
        ({"occasion": "x" * 201}, "#/occasion"),
    ],
)
def test_a_rating_that_cannot_be_is_refused(program, vendor, quality, said, where):
    answer = program.post("/ratings", {"vendor_id": vendor, "criterion_id": quality["id"], "value": 4} | said)
    assert problem_of(answer)["errors"][0]["pointer"] == where


def test_what_counts_no_longer_is_not_rated(program, client, vendor, quality, rating):
    client.post(f"/values/{quality['id']}/archiving")
    assert program.get(f"/criteria/{quality['id']}").json["is_closed"]
    refused = program.post("/ratings", {"vendor_id": vendor, "criterion_id": quality["id"], "value": 4})
    assert problem_of(refused)["errors"][0]["pointer"] == "#/criterion_id"
    assert program.get("/ratings").json["items"] == [rating]  # it stays, should the criterion come back
