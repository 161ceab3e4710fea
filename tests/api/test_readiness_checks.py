"""Readiness checks by program: taken whole, listed, read; the latest is one question away."""

from __future__ import annotations

import pytest

from crm.domain import readiness
from crm.models.enums import Answer, Statement

WHOLE = dict.fromkeys((statement.value for statement in Statement), 3)


def test_a_check_is_taken_and_says_its_verdict_with_why(program):
    taken = program.post("/readiness-checks", {"answers": {**WHOLE, "money_budget": 1, "access_own": 2}})
    assert taken.status_code == 201, taken.text
    said = taken.json
    assert (said["verdict"], said["held_by"]) == ("start_small", ["money"])
    assert said["areas"] == {
        "need": 3,
        "money": 1,
        "time": 3,
        "process": 3,
        "delegation": 3,
        "projects": 3,
        "communication": 3,
        "access": 2,
    }
    assert said["answers"] == {**WHOLE, "money_budget": 1, "access_own": 2}
    assert program.get(f"/readiness-checks/{said['id']}").json == said


def test_the_latest_is_one_question_away(program, clock_at):
    for day, answer in (("2026-10-05", 0), ("2026-10-07", 2), ("2026-10-06", 1)):
        clock_at(f"{day} 09:00")
        program.post("/readiness-checks", {"answers": dict.fromkeys(WHOLE, answer)})
    [latest] = program.get("/readiness-checks", sort="-concluded_on", page_size=1).json["items"]
    assert (latest["verdict"], latest["concluded_on"], latest["due_on"]) == ("ready", "2026-10-07", "2027-01-05")
    verdicts = [each["verdict"] for each in program.get("/readiness-checks").json["items"]]
    assert verdicts == ["prepare_first", "ready", "start_small"]
    assert program.get("/readiness-checks", q="nobody").json["items"] == []


@pytest.mark.parametrize(
    ("answers", "pointer"),
    [
        ({**WHOLE, "money_budget": 4}, "#/answers/money_budget"),
        ({**WHOLE, "money_budget": "3"}, "#/answers/money_budget"),
        ({**WHOLE, "colour": 3}, "#/answers/colour"),
        ({key: value for key, value in WHOLE.items() if key != "time_hours"}, "#/answers/time_hours"),
    ],
)
def test_all_sixteen_answers_are_needed_and_no_others(program, answers, pointer):
    refused = program.post("/readiness-checks", {"answers": answers})
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json["errors"]] == [pointer]
    assert program.get("/readiness-checks").json["items"] == []


def test_what_somebody_has_begun_is_not_told(program, inside, business):
    with inside(business) as session:
        draft = readiness.save(session, by=business.owner, answers={Statement.MONEY_BUDGET: Answer(1)}).id
    assert program.get("/readiness-checks").json["items"] == []
    assert program.get(f"/readiness-checks/{draft}").status_code == 404


def test_a_check_about_a_need_is_listed_with_that_need(program):
    need = program.post("/needs", {"outcome": "A website that converts"}).json["id"]
    taken = program.post("/readiness-checks", {"answers": WHOLE, "need_id": need})
    assert (taken.status_code, taken.json["need_id"]) == (201, need)
    assert program.get("/readiness-checks").json["items"] == []
    assert [each["id"] for each in program.get("/readiness-checks", need_id=need).json["items"]] == [taken.json["id"]]
    ours = program.post("/readiness-checks", {"answers": WHOLE}).json
    assert ours["need_id"] is None
    assert [each["id"] for each in program.get("/readiness-checks").json["items"]] == [ours["id"]]


def test_a_check_about_a_need_of_nowhere_is_refused(program):
    answer = program.post("/readiness-checks", {"answers": WHOLE, "need_id": 987654})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "#/need_id")
