"""Programs write needs down, bring them to another status, and say what has to come first."""

from __future__ import annotations

import pytest

from tests.support.programs import problem_of


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def need(program) -> dict:
    return program.post("/needs", {"outcome": "Two films a month", "volume": "Two"}).json


def test_a_need_is_an_idea_until_all_that_defines_it_is_said(program, need):
    assert (need["status"], need["status_since"], need["is_defined"]) == ("idea", "2026-10-05", False)
    assert need["missing"] == ["category", "deliverables", "budget", "acceptance", "start", "owner"]
    path = f"/needs/{need['id']}"
    tag = program.get(path).headers["ETag"]
    money = {"budget_amount": 120_000, "budget_currency": "GBP"}
    changed = program.patch(path, {"deliverables": "Films", **money}, match=tag).json
    assert (changed["outcome"], changed["volume"], changed["budget_amount"]) == ("Two films a month", "Two", 120_000)
    assert changed["missing"] == ["category", "acceptance", "start", "owner"]
    assert program.patch(path, {"volume": "Three"}, match=tag).status_code == 412
    stale = problem_of(program.patch(path, {"volume": "Three", "version": 1}))
    assert (stale["status"], stale["detail"]) == (409, "A colleague has changed this need since you opened it.")
    assert program.get(path).json["volume"] == "Two"


def test_a_status_comes_with_why_and_who_fills_it(program, client, need):
    path = f"/needs/{need['id']}"
    program.patch(path, {"status": "sourcing", "why": "Spring is coming"})
    assert "Spring is coming" in client.get(path).text
    nobody = problem_of(program.patch(path, {"status": "filled", "volume": "Nine"}))
    assert nobody["errors"][0]["pointer"] == "#/filled_by_id"
    assert program.get(path).json["volume"] == "Two"  # all of it, or nothing
    vendor = program.post("/vendors", {"name": "Harbour Films"}).json["id"]
    filled = program.patch(path, {"status": "filled", "filled_by_id": vendor}).json
    assert (filled["status"], filled["filled_by_id"]) == ("filled", vendor)
    again = program.patch(path, {"status": "filled", "filled_by_id": vendor}).json
    assert again["version"] == filled["version"]
    assert program.patch(path, {"status": "sourcing"}).json["filled_by_id"] is None


def test_another_vendor_comes_to_fill_a_filled_need(program, need):
    path = f"/needs/{need['id']}"
    first, second = (program.post("/vendors", {"name": name}).json["id"] for name in ("Harbour Films", "Quay Films"))
    assert problem_of(program.patch(path, {"filled_by_id": first}))["errors"][0]["pointer"] == "#/filled_by_id"
    filled = program.patch(path, {"status": "filled", "filled_by_id": first}).json
    handed_on = program.patch(path, {"filled_by_id": second}).json
    assert (handed_on["status"], handed_on["filled_by_id"]) == ("filled", second)
    assert handed_on["version"] == filled["version"] + 1
    assert program.patch(path, {"filled_by_id": second}).json == handed_on
    for nobody in (None, 987654):
        assert problem_of(program.patch(path, {"filled_by_id": nobody}))["errors"][0]["pointer"] == "#/filled_by_id"


def test_lines_and_other_needs_come_first(program, need):
    path = f"/needs/{need['id']}/prerequisites"
    other = program.post("/needs", {"outcome": "A page that sells"}).json["id"]
    line = program.post(path, {"what": "A brand guide"})
    assert (line.status_code, line.json["is_met"]) == (201, False)
    assert program.post(path, {"what": "a brand guide"}).json == line.json
    assert program.post(path, {"other_id": other}).json["what"] == "A page that sells"
    assert [row["other_id"] for row in program.get(f"/needs/{need['id']}").json["prerequisites"]] == [None, other]

    one = f"{path}/{line.json['id']}"
    assert program.patch(one, {"is_met": True}, match=line.headers["ETag"]).json["is_met"]
    assert program.patch(one, {"is_met": True}, match=line.headers["ETag"]).status_code == 412
    assert not program.patch(one, {"is_met": False}).json["is_met"]
    assert program.delete(one).status_code == 204
    assert len(program.get(f"/needs/{need['id']}").json["prerequisites"]) == 1


def test_a_need_that_comes_first_is_met_by_being_filled_alone(program, need):
    other = program.post("/needs", {"outcome": "A page that sells"}).json["id"]
    row = program.post(f"/needs/{need['id']}/prerequisites", {"other_id": other}).json["id"]
    assert program.patch(f"/needs/{need['id']}/prerequisites/{row}", {"is_met": True}).status_code == 422
    vendor = program.post("/vendors", {"name": "Harbour Films"}).json["id"]
    program.patch(f"/needs/{other}", {"status": "filled", "filled_by_id": vendor})
    assert program.get(f"/needs/{need['id']}").json["prerequisites"][0]["is_met"]


def test_no_circle_nothing_and_both_at_once_are_refused(program, need):
    other = program.post("/needs", {"outcome": "A page that sells"}).json["id"]
    program.post(f"/needs/{need['id']}/prerequisites", {"other_id": other})
    for path, said, where in (
        (f"/needs/{other}/prerequisites", {"other_id": need["id"]}, "#/other_id"),
        (f"/needs/{need['id']}/prerequisites", {"other_id": 987654}, "#/other_id"),
        (f"/needs/{need['id']}/prerequisites", {}, "#/what"),
        (f"/needs/{need['id']}/prerequisites", {"what": "A guide", "other_id": other}, "#/what"),
    ):
        assert problem_of(program.post(path, said))["errors"][0]["pointer"] == where


def test_what_has_to_come_first_is_found_under_its_own_need_alone(program, need):
    other = program.post("/needs", {"outcome": "A page that sells"}).json["id"]
    row = program.post(f"/needs/{need['id']}/prerequisites", {"what": "A guide"}).json["id"]
    assert program.patch(f"/needs/{other}/prerequisites/{row}", {"is_met": True}).status_code == 404
    assert program.delete(f"/needs/{other}/prerequisites/{row}").status_code == 404


def test_needs_are_found_by_words_and_by_what_they_are(program, need):
    other = program.post("/needs", {"outcome": "The books kept", "is_small": True, "importance": "strategic"}).json
    program.patch(f"/needs/{other['id']}", {"status": "dropped"})

    def found(**asked):
        return [row["id"] for row in program.get("/needs", **asked).json["items"]]

    assert found(sort="-id") == [other["id"], need["id"]]
    assert found(q="films") == found(is_open="true") == found(is_small="false") == [need["id"]]
    assert found(is_open="false") == found(status="dropped") == found(importance="strategic") == [other["id"]]


def test_one_with_a_history_is_dropped_rather_than_deleted(program, need):
    assert program.delete(f"/needs/{need['id']}", match='"9"').status_code == 412
    assert program.delete(f"/needs/{need['id']}").status_code == 204
    used = program.post("/needs", {"outcome": "Two films a month"}).json["id"]
    program.patch(f"/needs/{used}", {"status": "defined"})
    assert program.delete(f"/needs/{used}").status_code == 422


def test_the_same_need_sent_twice_is_written_down_once(program):
    first, second = (program.post("/needs", {"outcome": "Two films"}, key="once") for _time in range(2))
    assert first.json == second.json
    assert len(program.get("/needs").json["items"]) == 1


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"outcome": ""}, "#/outcome"),
        ({"category_id": 987654}, "#/category_id"),
        ({"owner_id": 987654}, "#/owner_id"),
        ({"budget_amount": 100}, "#/budget_currency"),
        ({"starts_from": "2026-12-01", "starts_by": "2026-11-01"}, "#/starts_by"),
        ({"status": "filled"}, "#/status"),  # it begins as an idea
    ],
)
def test_a_need_that_cannot_be_is_refused(program, said, where):
    answer = program.post("/needs", {"outcome": "Two films a month"} | said)
    assert problem_of(answer)["errors"][0]["pointer"] == where


def test_a_parking_names_the_need_that_comes_first_and_is_told_once_it_is_filled(program, need):
    vendor = program.post("/vendors", {"name": "Harbour Films"}).json["id"]
    said = {"vendor_id": vendor, "reason": "prerequisite", "need_id": need["id"]}
    assert problem_of(program.post("/parkings", said | {"need_id": 987654}))["errors"][0]["pointer"] == "#/need_id"
    path = f"/parkings/{program.post('/parkings', said).json['id']}"
    assert program.patch(path, {"details": "The page first"}).json["need_id"] == need["id"]
    program.patch(f"/needs/{need['id']}", {"status": "filled", "filled_by_id": vendor})
    assert [trigger["kind"] for trigger in program.get(path).json["triggers"]] == ["prerequisite"]
    assert program.patch(path, {"reason": "season"}).json["need_id"] is None


def test_strangers_find_none_and_readers_change_nothing(program_of, business, need):
    path = f"/needs/{need['id']}"
    stranger, viewer = program_of(business.stranger), program_of(business.viewer)
    assert stranger.get(path).status_code == stranger.patch(path, {"volume": "Mine"}).status_code == 404
    assert viewer.get(path).status_code == 200
    assert viewer.patch(path, {"volume": "Mine"}).status_code == 403


def test_a_list_takes_the_same_queries_however_long_it_is(program, need, count_queries):
    def queries(page_size: int) -> int:
        with count_queries() as statements:
            program.get("/needs", page_size=page_size)
        return len(statements)

    for number in range(5):
        program.post("/needs", {"outcome": f"Outcome {number}"})
    assert queries(1) == queries(50) <= 6
