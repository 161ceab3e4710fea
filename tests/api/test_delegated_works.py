"""Work for programs: handed out, delivered, sent back, accepted; stale writes told, the latest step taken back."""

from __future__ import annotations

from datetime import date

import pytest

from tests.support.programs import problem_of


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def vendor_id(program):
    return program.post("/vendors", {"name": "Bluebell Words"}).json["id"]


@pytest.fixture
def path(program, vendor_id):
    made = program.post("/delegated-works", {"vendor_id": vendor_id, "title": "The guide", "due_on": "2026-10-12"})
    assert made.status_code == 201, made.text
    return f"/delegated-works/{made.json['id']}"


def test_from_asked_to_accepted(program, path):
    shown = program.get(path).json
    assert (shown["asked_on"], shown["original_due_on"], shown["waits"]) == ("2026-10-05", "2026-10-12", True)
    assert program.patch(path, {"due_on": "2026-10-14", "title": "The autumn guide"}).json["due_on"] == "2026-10-14"
    steps = (
        ({"step": "delivered"}, ("2026-10-05", False, 0)),
        ({"step": "sent_back", "due_on": "2026-10-16", "remark": "The tone"}, ("2026-10-05", True, 1)),
        ({"step": "accepted", "delivered_on": "2026-10-05", "rating": 3, "our_minutes": 20}, ("2026-10-05", False, 1)),
    )
    for body, (delivered_on, waits, rounds) in steps:
        shown = program.post(f"{path}/steps", body).json
        assert (shown["delivered_on"], shown["waits"], shown["rounds"]) == (delivered_on, waits, rounds)
    assert (shown["outcome"], shown["rating"], shown["original_due_on"]) == ("accepted", 3, "2026-10-12")
    assert program.delete(f"{path}/steps/latest").status_code == 204
    assert program.get(path).json["outcome"] is None


def test_what_is_missing_is_told_by_its_name(program, path):
    for body, pointer in (
        ({"step": "accepted"}, "#/delivered_on"),
        ({"step": "rejected", "delivered_on": "2026-10-05"}, "#/remark"),
        ({"step": "delivered", "delivered_on": "2026-10-06"}, "#/delivered_on"),
        ({"step": "changed"}, "#/step"),
    ):
        assert problem_of(program.post(f"{path}/steps", body))["errors"][0]["pointer"] == pointer
    program.post(f"{path}/steps", {"step": "delivered"})
    for body, pointer in (
        ({"step": "sent_back", "due_on": "2026-10-16"}, "#/remark"),
        ({"step": "sent_back"}, "#/due_on"),
    ):
        assert problem_of(program.post(f"{path}/steps", body))["errors"][0]["pointer"] == pointer


def test_a_stale_change_is_told(program, path):
    assert program.patch(path, {"title": "One", "version": 1}).status_code == 200
    assert program.patch(path, {"title": "Two", "version": 1}).status_code == 409
    assert program.get(path).json["title"] == "One"


def test_lists_are_narrowed(program, vendor_id, path):
    other = {"vendor_id": vendor_id, "title": "The label", "due_on": "2026-10-09"}
    other_id = program.post("/delegated-works", other).json["id"]
    program.post(f"/delegated-works/{other_id}/steps", {"step": "called_off"})

    def titles(**asked):
        return [each["title"] for each in program.get("/delegated-works", **asked).json["items"]]

    assert titles(is_open="true") == ["The guide"]
    assert titles(outcome="called_off") == ["The label"]
    assert titles(waits="true", vendor_id=vendor_id) == ["The guide"]
    assert titles(q="label") == ["The label"]
    assert titles(sort="due_on") == ["The label", "The guide"]


def test_a_mistake_is_withdrawn_until_something_happens(program, path):
    program.post(f"{path}/steps", {"step": "delivered"})
    assert program.delete(path).status_code == 422
    program.delete(f"{path}/steps/latest")
    assert program.delete(path).status_code == 204
    assert program.get(path).status_code == 404


def test_a_conversation_names_its_areas(program, vendor_id):
    area_id = program.post("/decision-areas", {"vendor_id": vendor_id, "name": "Publish posts", "level": 3}).json["id"]
    made = program.post("/interactions", {"vendor_id": vendor_id, "kind": "call", "area_ids": [area_id]}).json
    assert made["area_ids"] == [area_id]
    path = f"/interactions/{made['id']}"
    assert program.patch(path, {"minutes": 5}).json["area_ids"] == [area_id]
    assert program.patch(path, {"area_ids": []}).json["area_ids"] == []
    assert problem_of(program.patch(path, {"area_ids": [9_999]}))["errors"][0]["pointer"] == "#/area_ids"
    assert [each["area_ids"] for each in program.get("/interactions").json["items"]] == [[]]


def test_a_delivery_is_contact(program, vendor_id, path):
    program.post(f"{path}/steps", {"step": "delivered"})
    [talk] = program.get("/interactions", vendor_id=vendor_id).json["items"]
    assert (talk["kind"], talk["initiated_by"], talk["occurred_on"]) == ("delivery", "them", str(date(2026, 10, 5)))
