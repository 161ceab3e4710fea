"""Reminders for programs: what is about a vendor on trial."""

from __future__ import annotations

import pytest

from tests.support.programs import problem_of


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def trial_id(program, business):
    vendor_id = program.post("/vendors", {"name": "Bluebell Words"}).json["id"]
    asked = {
        "vendor_id": vendor_id,
        "title": "One page",
        "body": "In our voice.",
        "due_on": "2026-10-12",
        "criteria": [{"name": "Quality"}],
        "reviewer_ids": [business.owner.user_id, business.member.user_id],
    }
    made = program.post("/trial-tasks", asked)
    assert made.status_code == 201, made.text
    return made.json["id"]


def open_ones(program, kind):
    return program.get("/reminders", kind=kind, is_open="true").json["items"]


def test_each_reviewer_of_what_came_has_one_that_done_alone_does_not_end(program, business, trial_id):
    assert program.post(f"/trial-tasks/{trial_id}/steps", {"step": "delivered"}).status_code == 201
    found = open_ones(program, "review")
    assert {row["user_id"] for row in found} == {business.owner.user_id, business.member.user_id}
    assert {(row["subject_id"], row["due_on"], row["why"]) for row in found} == {
        (trial_id, "2026-10-08", "It came, and is to be looked at: One page")
    }
    refused = program.post(f"/reminders/{found[0]['id']}/completion")
    assert problem_of(refused)["detail"] == "Hand your review in on the page of the trial task."
    assert open_ones(program, "trial") == []


def test_done_answers_a_question(program, trial_id):
    program.post(f"/trial-tasks/{trial_id}/questions", {"body": "Which scent?"})
    [row] = open_ones(program, "question")
    assert (row["due_on"], row["why"]) == ("2026-10-06", "They asked, and wait for an answer: Which scent?")
    assert program.post(f"/reminders/{row['id']}/completion").status_code == 201
    assert open_ones(program, "question") == []
