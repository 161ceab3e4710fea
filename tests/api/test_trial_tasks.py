"""Trial tasks for programs: given with a brief, delivered, sent back, decided; and nothing of hidden reviews."""

from __future__ import annotations

import pytest

from crm.core import clock
from crm.models.trials import TrialReview, TrialScore
from tests.support.programs import problem_of


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def vendor_id(program):
    return program.post("/vendors", {"name": "Bluebell Words"}).json["id"]


@pytest.fixture
def asked(vendor_id, business):
    return {
        "vendor_id": vendor_id,
        "title": "Three product pages",
        "body": "In our **voice**.",
        "due_on": "2026-10-12",
        "conditions": [{"what": "Our words"}, {"what": "A joke", "is_must": False}],
        "criteria": [{"name": "Quality", "counts": 3}, {"name": "Sounds like us", "is_fit": True}],
        "reviewer_ids": [business.owner.user_id, business.member.user_id],
    }


@pytest.fixture
def task(program, asked):
    made = program.post("/trial-tasks", asked)
    assert made.status_code == 201, made.text
    return made.json


@pytest.fixture
def path(task):
    return f"/trial-tasks/{task['id']}"


def pointer_of(answer) -> str:
    return problem_of(answer)["errors"][0]["pointer"]


def hand_in(inside, reviewer, task, *values) -> None:
    with inside(reviewer) as session:
        review = TrialReview(trial_id=task["id"], created_by=reviewer.user_id, handed_in_at=clock.now())
        session.add(review)
        session.flush()
        for criterion, value in zip(task["criteria"], values, strict=True):
            session.add(TrialScore(review_id=review.id, criterion_id=criterion["id"], value=value))


def test_a_trial_task_is_given_with_its_brief(program, business, vendor_id, task, path):
    assert (task["title"], task["what"], task["body"]) == ("Three product pages",) * 2 + ("In our **voice**.",)
    assert (task["started_on"], task["due_on"], task["original_due_on"]) == ("2026-10-05", "2026-10-12", "2026-10-12")
    assert [(each["what"], each["is_must"], each["is_met"]) for each in task["conditions"]] == [
        ("Our words", True, None),
        ("A joke", False, None),
    ]
    assert [(each["name"], each["counts"], each["is_fit"], each["mean"]) for each in task["criteria"]] == [
        ("Quality", 3, False, None),
        ("Sounds like us", 1, True, None),
    ]
    assert {each["user_id"] for each in task["reviewers"]} == {business.owner.user_id, business.member.user_id}
    assert program.get(path).json == task
    assert program.get(f"/vendors/{vendor_id}").json["stage"] == "trial"


def test_several_vendors_get_the_same_brief_and_nobody_twice(program, vendor_id, task):
    other = program.post("/vendors", {"name": "Copperbeech"}).json["id"]
    said = {"brief_id": task["brief_id"], "due_on": "2026-10-14"}
    second = program.post("/trial-tasks", {"vendor_id": other, **said}).json
    assert (second["title"], second["brief_id"]) == (task["title"], task["brief_id"])
    assert pointer_of(program.post("/trial-tasks", {"vendor_id": vendor_id, **said})) == "#/vendor_id"
    assert pointer_of(program.post("/trial-tasks", {"vendor_id": other, **said, "title": "More"})) == "#/brief_id"
    assert pointer_of(program.post("/trial-tasks", {"vendor_id": other, **said, "brief_id": 9_999})) == "#/brief_id"


def test_the_need_of_a_brief_is_in_trial(program, asked):
    need = program.post("/needs", {"outcome": "Pages that sell"}).json["id"]
    assert program.post("/trial-tasks", {**asked, "need_id": need}).json["need_id"] == need
    assert program.get(f"/needs/{need}").json["status"] == "in_trial"
    assert [each["need_id"] for each in program.get("/trial-tasks", need_id=need).json["items"]] == [need]


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"title": ""}, "#/title"),
        ({"body": ""}, "#/body"),
        ({"due_on": "2026-10-04"}, "#/due_on"),
        ({"paid_amount": 100}, "#/paid_currency"),
        ({"paid_amount": 0}, "#/unpaid_why"),
        ({"hours": 0}, "#/hours"),
        ({"need_id": 9_999}, "#/need_id"),
        ({"reviewer_ids": [9_999]}, "#/reviewer_ids"),
        ({"criteria": [{"name": "Quality"}, {"name": "quality"}]}, "#/criteria"),
        ({"criteria": [{"name": "Quality", "counts": 4}]}, "#/criteria/0/counts"),
        ({"conditions": [{"what": ""}]}, "#/conditions/0/what"),
    ],
)
def test_a_brief_that_cannot_be_is_refused(program, asked, said, where):
    assert pointer_of(program.post("/trial-tasks", {**asked, **said})) == where
    assert program.get("/trial-tasks").json["items"] == []


def test_how_it_goes_is_written_down(program, path):
    shown = program.patch(path, {"due_on": "2026-10-14", "gave_notice": True, "shared": "Both on foot"}).json
    assert (shown["due_on"], shown["original_due_on"], shown["gave_notice"]) == ("2026-10-14", "2026-10-12", True)
    said = {"delivered_on": "2026-10-05", "gave_promised": False, "to_explain": "Our prices"}
    shown = program.patch(path, said).json
    assert (shown["delivered_on"], shown["waits"], shown["review_due_on"]) == ("2026-10-05", False, "2026-10-08")
    assert (shown["shared"], shown["to_explain"]) == ("Both on foot", "Our prices")
    assert shown["advice"] == "invalid"
    assert program.patch(path, {**said, "shared": "Both on foot"}).json == shown
    assert program.patch(path, {"gave_promised": None}).json["advice"] is None
    assert pointer_of(program.patch(path, {"due_on": "2026-10-20"})) == "#/due_on"
    assert pointer_of(program.patch(path, {"title": "Another"})) == "#/title"


def test_a_stale_change_is_told_and_nothing_of_it_is_kept(program, path):
    tag = program.get(path).headers["ETag"]
    assert program.patch(path, {"shared": "One"}, match=tag).status_code == 200
    assert program.patch(path, {"shared": "Two"}, match=tag).status_code == 412
    assert program.patch(path, {"shared": "Two", "gave_notice": True, "version": 1}).status_code == 409
    shown = program.get(path).json
    assert (shown["shared"], shown["gave_notice"]) == ("One", False)


def test_it_comes_goes_back_and_comes_again(program, path):
    shown = program.post(f"{path}/steps", {"step": "delivered"}).json
    assert (shown["delivered_on"], shown["waits"], shown["rounds"]) == ("2026-10-05", False, 0)
    shown = program.post(f"{path}/steps", {"step": "sent_back", "due_on": "2026-10-16", "remark": "The tone"}).json
    assert (shown["due_on"], shown["waits"], shown["rounds"]) == ("2026-10-16", True, 1)
    assert program.delete(f"{path}/steps/latest").status_code == 204
    assert (program.get(path).json["waits"], program.get(path).json["rounds"]) == (False, 0)
    for said, where in (
        ({"step": "sent_back", "remark": "The tone"}, "#/due_on"),
        ({"step": "sent_back", "due_on": "2026-10-16"}, "#/remark"),
        ({"step": "notice"}, "#/step"),
    ):
        assert pointer_of(program.post(f"{path}/steps", said)) == where


def test_what_is_met_is_written_down(program, path, task):
    must, should = (each["id"] for each in task["conditions"])
    shown = program.patch(path, {"conditions": [{"id": must, "is_met": False}, {"id": should, "is_met": True}]}).json
    assert [each["is_met"] for each in shown["conditions"]] == [False, True]
    assert shown["advice"] == "unmet"
    shown = program.patch(path, {"conditions": [{"id": must, "is_met": None}]}).json
    assert [each["is_met"] for each in shown["conditions"]] == [None, True]
    assert program.patch(path, {"conditions": [{"id": 9_999, "is_met": True}]}).status_code == 422


def test_questions_are_answered_and_that_is_taken_back(program, path):
    asked = program.post(f"{path}/questions", {"body": "Which scent?", "asked_at": "2026-10-05T07:30:00Z"})
    assert (asked.status_code, asked.json["asked_at"]) == (201, "2026-10-05T07:30:00.000Z")
    one = f"{path}/questions/{asked.json['id']}"
    said = {"answer": "None", "answered_at": "2026-10-05T07:45:00Z"}
    assert program.patch(one, said, match=asked.headers["ETag"]).json["answer"] == "None"
    assert program.patch(one, said, match=asked.headers["ETag"]).status_code == 412
    assert program.delete(one).status_code == 422
    assert program.get(path).json["questions"][0]["answered_at"] == "2026-10-05T07:45:00.000Z"
    assert program.patch(one, {"answered_at": None}).json["answered_at"] is None
    assert program.delete(one).status_code == 204
    assert program.get(path).json["questions"] == []
    late = {"body": "When?", "asked_at": "2026-10-06T07:30:00Z"}
    assert pointer_of(program.post(f"{path}/questions", late)) == "#/asked_at"


def test_what_came_is_kept(program, path):
    link = program.post(f"{path}/deliverables", {"url": "https://bluebell.example/one", "what": "The page"})
    assert (link.status_code, link.json["delivered_on"]) == (201, "2026-10-05")
    assert program.get(path).json["deliverables"] == [link.json]
    for said, where in (
        ({}, "#/what"),
        ({"url": "ftp://bluebell.example"}, "#/url"),
        ({"what": "It", "delivered_on": "2026-10-06"}, "#/delivered_on"),
        ({"attachment_id": 9_999}, "#/attachment_id"),
    ):
        assert pointer_of(program.post(f"{path}/deliverables", said)) == where
    assert program.delete(f"{path}/deliverables/{link.json['id']}").status_code == 204
    assert program.get(path).json["deliverables"] == []


def test_what_hangs_on_a_trial_task_is_found_under_it_alone(program, asked, path):
    other = {**asked, "vendor_id": program.post("/vendors", {"name": "Copperbeech"}).json["id"]}
    elsewhere = f"/trial-tasks/{program.post('/trial-tasks', other).json['id']}"
    question = program.post(f"{path}/questions", {"body": "Which?"}).json["id"]
    line = program.post(f"{path}/deliverables", {"what": "In the folder"}).json["id"]
    assert program.patch(f"{elsewhere}/questions/{question}", {"answer": "No"}).status_code == 404
    assert program.delete(f"{elsewhere}/questions/{question}").status_code == 404
    assert program.delete(f"{elsewhere}/deliverables/{line}").status_code == 404


def test_nothing_rests_on_reviews_that_are_hidden(program, program_of, inside, business, task, path):
    """Until both are in, neither the mean nor the score, nor what is recommended, is told: to nobody."""
    hidden = [program.get(path).json[name] for name in ("score", "fit", "advice")]
    hand_in(inside, business.owner, task, 5, 2)
    for person in business.people:
        shown = program_of(person).get(path).json
        assert shown["is_hidden"], person.role
        assert [shown["score"], shown["fit"], shown["advice"]] == hidden == [None] * 3
        assert [each["mean"] for each in shown["criteria"]] == [None, None]
        own = [business.owner.user_id] if person is business.owner else []
        assert [each["reviewer_id"] for each in shown["reviews"]] == own, person.role
    hand_in(inside, business.member, task, 4, 3)
    shown = program.get(path).json
    assert not shown["is_hidden"]
    assert [each["mean"] for each in shown["criteria"]] == [4.5, 2.5]
    assert (shown["score"], shown["fit"], shown["advice"]) == (4.0, 2.5, "talk")
    for person in business.people:
        seen = {
            each["reviewer_id"]: [score["value"] for score in each["scores"]]
            for each in program_of(person).get(path).json["reviews"]
        }
        assert seen == {business.owner.user_id: [5, 2], business.member.user_id: [4, 3]}


def test_a_draft_is_shown_to_its_reviewer_alone(program_of, inside, business, task, path):
    reviewer = business.member
    with inside(reviewer) as session:
        review = TrialReview(trial_id=task["id"], created_by=reviewer.user_id, remark="Nearly")
        session.add(review)
        session.flush()
        session.add(TrialScore(review_id=review.id, criterion_id=task["criteria"][0]["id"], value=3, remark="Calm"))
    [own] = program_of(reviewer).get(path).json["reviews"]
    assert (own["reviewer_id"], own["handed_in_at"], own["remark"]) == (reviewer.user_id, None, "Nearly")
    assert [(each["value"], each["remark"]) for each in own["scores"]] == [(3, "Calm")]
    assert program_of(business.owner).get(path).json["reviews"] == []


def test_reviews_are_open_once_the_day_for_them_has_passed(program, inside, business, task, path, clock_at):
    program.patch(path, {"delivered_on": "2026-10-05"})
    hand_in(inside, business.owner, task, 5, 4)
    clock_at("2026-10-08 17:00")
    assert program.get(path).json["score"] is None
    clock_at("2026-10-09 09:00")
    assert program.get(path).json["score"] == 4.75


def test_a_vendor_is_brought_on_and_that_is_taken_back(program, asked, vendor_id):
    need = program.post("/needs", {"outcome": "Pages that sell"}).json["id"]
    path = f"/trial-tasks/{program.post('/trial-tasks', {**asked, 'need_id': need}).json['id']}"
    program.patch(path, {"delivered_on": "2026-10-05"})
    said = {"kind": "bring_on", "rationale": "They write like us", "fills_need": True}
    shown = program.post(f"{path}/decision", said).json
    assert (shown["outcome"], shown["ended_on"]) == ("passed", "2026-10-05")
    assert (shown["decision"]["kind"], shown["decision"]["rationale"]) == ("bring_on", "They write like us")
    assert program.get(f"/vendors/{vendor_id}").json["stage"] == "active"
    assert program.get(f"/needs/{need}").json["filled_by_id"] == vendor_id
    assert program.post(f"{path}/decision", said).status_code == 422
    assert program.delete(f"{path}/decision").status_code == 204
    assert program.delete(f"{path}/decision").status_code == 404
    assert (program.get(path).json["outcome"], program.get(path).json["decision"]) == (None, None)
    assert program.get(f"/vendors/{vendor_id}").json["stage"] == "trial"


def test_a_vendor_is_parked_or_let_go(program, vendor_id, path):
    assert pointer_of(program.post(f"{path}/decision", {"kind": "park"})) == "#/parking/reason"
    assert pointer_of(program.post(f"{path}/decision", {"kind": "pass"})) == "#/rationale"
    parking = {"reason": "no_budget", "revisit_on": "2027-01-04"}
    early = {**parking, "revisit_on": "2026-10-01"}
    assert pointer_of(program.post(f"{path}/decision", {"kind": "park", "parking": early})) == "#/parking/revisit_on"
    shown = program.post(f"{path}/decision", {"kind": "park", "parking": parking}).json
    assert shown["outcome"] == "called_off"  # nothing was delivered
    [parked] = program.get("/parkings", vendor_id=vendor_id).json["items"]
    assert (parked["reason"], parked["revisit_on"]) == ("no_budget", "2027-01-04")
    program.delete(f"{path}/decision")
    program.patch(path, {"delivered_on": "2026-10-05"})
    shown = program.post(f"{path}/decision", {"kind": "pass", "rationale": "Too slow", "exit_to": "not_a_fit"}).json
    assert shown["outcome"] == "failed"
    assert program.get(f"/vendors/{vendor_id}").json["stage"] == "not_a_fit"


def test_it_goes_on_twice_at_the_most(program, path):
    again = {"title": "Two more pages", "due_on": "2026-10-26", "musts": ["No jokes"]}
    for extension in (1, 2):
        shown = program.post(f"{path}/decision", {"kind": "extend", "second_try": again}).json
        path = f"/trial-tasks/{shown['decision']['next_trial_id']}"
        following = program.get(path).json
        assert (following["extension"], following["extends_id"]) == (extension, shown["id"])
        assert [each["name"] for each in following["criteria"]] == ["Quality", "Sounds like us"]
        assert [each["what"] for each in following["conditions"]] == ["No jokes"]
    assert pointer_of(program.post(f"{path}/decision", {"kind": "extend", "second_try": again})) == "#/kind"
    early = {**again, "due_on": "2026-10-01"}
    assert program.post(f"{path}/decision", {"kind": "extend", "second_try": early}).status_code == 422


def test_trial_tasks_are_found_by_what_they_are(program, asked, task, vendor_id):
    other = program.post("/vendors", {"name": "Copperbeech"}).json["id"]
    label = {**asked, "vendor_id": other, "title": "The label", "body": "Short", "due_on": "2026-10-09"}
    label_id = program.post("/trial-tasks", label).json["id"]
    program.post(f"/trial-tasks/{label_id}/steps", {"step": "delivered"})

    def found(**said):
        return [each["id"] for each in program.get("/trial-tasks", **said).json["items"]]

    assert found() == [task["id"], label_id]
    assert found(sort="due_on") == [label_id, task["id"]]
    assert found(vendor_id=vendor_id) == found(waits="true") == found(q="product") == [task["id"]]
    assert found(waits="false") == found(due_before="2026-10-11") == found(brief_id=task["brief_id"] + 1) == [label_id]
    program.post(f"/trial-tasks/{label_id}/decision", {"kind": "bring_on"})
    assert found(is_open="true") == [task["id"]]
    assert found(is_open="false") == found(outcome="passed") == [label_id]
    first = program.get("/trial-tasks", page_size=1, sort="due_on").json
    second = program.get("/trial-tasks", page_size=1, sort="due_on", cursor=first["next_cursor"]).json
    assert [each["id"] for each in (*first["items"], *second["items"])] == [label_id, task["id"]]


def test_the_same_trial_task_sent_twice_is_given_once(program, asked):
    first, second = (program.post("/trial-tasks", asked, key="once") for _time in range(2))
    assert first.json == second.json
    assert len(program.get("/trial-tasks").json["items"]) == 1


def test_strangers_find_none_and_readers_change_nothing(program_of, business, asked, path):
    stranger, viewer = program_of(business.stranger), program_of(business.viewer)
    assert stranger.get(path).status_code == stranger.patch(path, {"shared": "Mine"}).status_code == 404
    assert stranger.post(f"{path}/decision", {"kind": "bring_on"}).status_code == 404
    assert stranger.post("/trial-tasks", {**asked, "reviewer_ids": []}).status_code == 404
    assert stranger.get("/trial-tasks").json["items"] == []
    assert viewer.get(path).status_code == 200
    assert viewer.patch(path, {"shared": "Mine"}).status_code == viewer.post("/trial-tasks", asked).status_code == 403


def test_a_list_takes_the_same_queries_however_long_it_is(program, asked, count_queries):
    def queries(page_size: int) -> int:
        with count_queries() as statements:
            program.get("/trial-tasks", page_size=page_size)
        return len(statements)

    for number in range(5):
        vendor_id = program.post("/vendors", {"name": f"Vendor {number}"}).json["id"]
        program.post("/trial-tasks", {**asked, "vendor_id": vendor_id})
    assert queries(1) == queries(50) <= 6
