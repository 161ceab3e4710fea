"""One rule, two doors: what a program does is what a page does, with all that follows."""

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from crm.models.log import TimelineEntry
from crm.models.vendors import Vendor
from tests.support.browsing import words
from tests.support.programs import problem_of


@pytest.fixture
def today(business):
    return business.workspace.today


@pytest.fixture
def vendor_id(program) -> int:
    body = {"name": "Nadia Voss", "stage": "active", "cadence": {"every": 6, "unit": "weeks"}, "tags": ["film"]}
    return program.post("/vendors", body).json["id"]


def facts_of(inside, business, vendor_id) -> list[tuple]:
    """What the timeline says of a vendor."""
    with inside(business) as session:
        rows = session.scalars(select(TimelineEntry).where(TimelineEntry.vendor_id == vendor_id))
        return [(row.kind, row.happened_on, row.author_id, row.body, row.facts) for row in rows]


def columns_of(inside, business, vendor_id) -> dict:
    with inside(business) as session:
        vendor = session.get_one(Vendor, vendor_id)
        own = ("id", "due_subject_id", "created_at", "updated_at", "name", "normal_name", "search_text")
        return {key: value for key, value in vars(vendor).items() if not key.startswith("_") and key not in own}


def test_a_call_logged_by_page_and_by_program_leaves_the_same(program, client, inside, business, today, clock_at):
    clock_at(f"{today} 12:00")
    ids = [program.post("/vendors", {"name": name, "stage": "active"}).json["id"] for name in ("One", "Other Film")]
    client.get(f"/vendors/{ids[0]}")
    by_page = client.post(f"/vendors/{ids[0]}/log", kind="call", said="Free from March", when="today", follow="")
    assert by_page.status_code == 303, by_page.text
    said = {"vendor_id": ids[1], "kind": "call", "summary": "Free from March"}
    assert program.post("/interactions", said).status_code == 201
    page, api = (facts_of(inside, business, vendor_id) for vendor_id in ids)
    assert page == api
    assert columns_of(inside, business, ids[0]) == columns_of(inside, business, ids[1])


def test_logging_moves_the_next_touch(program, vendor_id, today):
    logged = program.post("/interactions", {"vendor_id": vendor_id, "kind": "call", "minutes": 20})
    assert logged.status_code == 201, logged.text
    assert logged.json["occurred_on"] == today.isoformat()
    vendor = program.get(f"/vendors/{vendor_id}").json
    assert vendor["last_contact_on"] == today.isoformat()
    due = vendor["next_touch"]
    assert due["kind"] == "touch"
    assert due["why"]
    assert today + timedelta(weeks=6) <= type(today).fromisoformat(due["due_on"]) <= today + timedelta(weeks=6, days=4)
    path = f"/interactions/{logged.json['id']}"
    earlier = (today - timedelta(days=30)).isoformat()
    assert program.patch(path, {"occurred_on": earlier}).json["summary"] == ""
    assert program.get(f"/vendors/{vendor_id}").json["last_contact_on"] == earlier
    assert program.delete(path).status_code == 204
    assert program.get(path).status_code == 404
    assert program.get(f"/vendors/{vendor_id}").json["last_contact_on"] is None


def test_no_interaction_is_dated_ahead(program, vendor_id, today):
    ahead = (today + timedelta(days=1)).isoformat()
    refused = program.post("/interactions", {"vendor_id": vendor_id, "kind": "call", "occurred_on": ahead})
    assert problem_of(refused)["errors"] == [{"pointer": "#/occurred_on", "detail": "Pick today or a day before."}]


def test_a_follow_up_becomes_a_reminder_that_is_put_off_and_done(program, vendor_id, today):
    due_on = today.isoformat()
    said = {"vendor_id": vendor_id, "kind": "call", "follow_up": {"due_on": due_on, "what": "Send the brief"}}
    program.post("/interactions", said)
    [reminder] = program.get("/reminders", vendor_id=vendor_id, kind="follow_up", is_open="true").json["items"]
    assert (reminder["due_on"], reminder["ended_at"]) == (due_on, None)
    off = program.post(f"/reminders/{reminder['id']}/snooze", {"length": "one_week"})
    assert off.status_code == 201, off.text
    assert program.delete(f"/snoozes/{off.json['snooze_id']}").status_code == 204
    [reminder] = program.get("/reminders", vendor_id=vendor_id, kind="follow_up", is_open="true").json["items"]
    assert program.post(f"/reminders/{reminder['id']}/completion").status_code == 201
    assert program.get(f"/reminders/{reminder['id']}").json["ended_how"] == "done"
    assert program.post(f"/reminders/{reminder['id']}/completion").status_code == 422
    assert program.delete(f"/reminders/{reminder['id']}/completion").status_code == 204


def test_a_check_in_is_skipped_and_completed(program, vendor_id, clock_at, today):
    later = today + timedelta(days=60)
    clock_at(f"{later} 12:00")
    [reminder] = program.get("/reminders", kind="touch", is_open="true").json["items"]
    skipped = program.post(f"/reminders/{reminder['id']}/skip", {})
    assert skipped.status_code == 201, skipped.text
    assert skipped.json["next_touch"]["due_on"] > later.isoformat()
    assert program.delete(f"/skips/{skipped.json['skip_id']}").status_code == 204
    done = program.post(f"/reminders/{reminder['id']}/completion").json
    assert program.get(f"/interactions/{done['interaction_id']}").json["occurred_on"] == later.isoformat()
    back = program.ask(
        "DELETE", f"/reminders/{reminder['id']}/completion", query_string={"interaction_id": done["interaction_id"]}
    )
    assert back.status_code == 204
    assert program.get(f"/interactions/{done['interaction_id']}").status_code == 404


def test_parking_and_coming_back(program, client, vendor_id, today):
    until = (today + timedelta(days=40)).isoformat()
    parked = program.post(
        "/parkings",
        {
            "vendor_id": vendor_id,
            "reason": "at_capacity",
            "details": "Booked until spring",
            "revisit_on": until,
            "cadence": {"every": 2, "unit": "months"},
        },
    )
    assert parked.status_code == 201, parked.text
    assert (parked.json["revisit_on"], parked.json["cadence"]) == (until, {"every": 2, "unit": "months"})
    assert program.get(f"/vendors/{vendor_id}").json["stage"] == "parked"
    assert "Booked until spring" in words(client.get("/parked"))
    path = f"/parkings/{parked.json['id']}"
    changed = program.patch(path, {"details": "Booked until May"}, match=parked.headers["ETag"]).json
    assert (changed["revisit_on"], changed["details"]) == (until, "Booked until May")
    assert changed["cadence"] == {"every": 2, "unit": "months"}
    back = program.post("/stage-moves", {"vendor_id": vendor_id, "to": "active"})
    assert (back.json["from"], back.json["to"]) == ("parked", "active")
    assert program.get(path).json["ended_how"] == "brought_on"
    assert program.delete(f"/stage-moves/{back.json['id']}").status_code == 204
    assert program.get(path).json["ended_how"] is None
    assert program.get("/parkings", is_open="true").json["items"][0]["id"] == parked.json["id"]


def test_a_parking_tells_how_far_it_has_come_and_what_has_come_true(program, vendor_id):
    figure = {"now": 2_640_000, "goal": 3_000_000, "currency": "GBP", "unit": "a month"}
    said = {"vendor_id": vendor_id, "reason": "no_budget", "condition": "Turnover", "figure": figure}
    parked = program.post("/parkings", said).json
    assert (parked["figure"], parked["has_come_true"], parked["triggers"]) == (figure, False, [])
    path = f"/parkings/{parked['id']}"

    reached = program.patch(path, {"figure": {"now": 3_040_000}}).json
    assert reached["figure"] == {**figure, "now": 3_040_000}
    assert [(each["kind"], each["words"], each["answered_on"]) for each in reached["triggers"]] == [
        ("condition", "Turnover: now £30,400 of £30,000 a month.", None)
    ]
    assert program.get("/parkings").json["items"][0]["triggers"] == reached["triggers"]
    assert (
        program.get("/reminders", kind="trigger", is_open="true").json["items"][0]["subject_id"]
        == reached["triggers"][0]["id"]
    )
    assert problem_of(program.patch(path, {"has_come_true": False}))["status"] == 422

    assert program.patch(path, {"figure": {"now": 1}}).json["has_come_true"] is False
    for _ in range(2):
        assert program.patch(path, {"has_come_true": True}).json["has_come_true"] is True
    assert len(program.get(path).json["triggers"]) == 1
    assert program.patch(path, {"has_come_true": False}).json["triggers"] == []

    before = program.get(path)
    assert program.patch(path, {"figure": None}, match=before.headers["ETag"]).json["figure"] is None
    assert program.patch(path, {"has_come_true": True}, match=before.headers["ETag"]).status_code == 412


@pytest.mark.parametrize(
    ("figure", "pointer"),
    [
        ({"now": 1}, "#/figure/goal"),
        ({"goal": 0}, "#/figure/goal"),
        ({"now": 5, "goal": 5}, "#/figure/goal"),
        ({"now": -1, "goal": 5}, "#/figure/now"),
        ({"goal": 5, "currency": "XXQ"}, "#/figure/currency"),
    ],
)
def test_a_figure_that_makes_no_sense_names_the_place(program, vendor_id, figure, pointer):
    said = {"vendor_id": vendor_id, "reason": "other", "condition": "Orders", "figure": figure}
    assert problem_of(program.post("/parkings", said))["errors"][0]["pointer"] == pointer


def test_a_move_asks_for_what_makes_it_meaningful(program, vendor_id, today):
    def move(**said):
        return program.post("/stage-moves", {"vendor_id": vendor_id, **said})

    assert problem_of(move(to="ended"))["errors"][0]["pointer"] == "#/why"
    assert problem_of(move(to="trial"))["errors"][0]["pointer"] == "#/trial/what"
    assert problem_of(move(to="parked"))["errors"][0]["pointer"] == "#/parking/reason"
    trial = {"what": "One product film", "due_on": (today + timedelta(days=10)).isoformat()}
    assert move(to="trial", trial=trial).status_code == 201
    assert problem_of(move(to="active"))["errors"][0]["pointer"] == "#/outcome"
    assert move(to="active", outcome="passed").status_code == 201
    assert move(to="parked", parking={"reason": "season", "cadence": None}).status_code == 201
    assert len(program.get("/stage-moves", vendor_id=vendor_id).json["items"]) == 3


@pytest.mark.parametrize(
    ("noun", "said", "schema"),
    [
        ("stage-moves", {"to": "active"}, "NewStageMove"),
        ("parkings", {"reason": "season"}, "NewParking"),
    ],
)
def test_a_move_cannot_say_that_a_trial_task_goes_on(program, vendor_id, today, noun, said, schema):
    """Neither act takes it, nor does the document promise that: a decision alone goes on with a trial task."""
    trial = {"what": "One product film", "due_on": (today + timedelta(days=10)).isoformat()}
    assert program.post("/stage-moves", {"vendor_id": vendor_id, "to": "trial", "trial": trial}).status_code == 201
    answer = program.post(f"/{noun}", {"vendor_id": vendor_id, "outcome": "extended", **said})
    assert problem_of(answer)["errors"][0]["detail"] == "Choose one of: passed, failed, called_off."
    schemas = program.get("/openapi.json").json["components"]["schemas"]
    assert schemas[schema]["properties"]["outcome"]["enum"] == ["passed", "failed", "called_off"]


def test_trust_entries_and_their_score(program, vendor_id, today):
    def see(**said):
        fact = {"dimension": "integrity", "direction": "negative", "weight": "major", "what_happened": "Overbilled"}
        return program.post("/trust-entries", {"vendor_id": vendor_id, **fact, **said})

    breach = see().json
    trust = program.get(f"/vendors/{vendor_id}", include="trust").json["trust"]
    assert trust["integrity"]["band"] == "low"
    assert (trust["integrity"]["value"], trust["integrity"]["evidence"]) == (0.1667, 4)
    assert trust["integrity"]["low"] < 0.1667 < trust["integrity"]["high"]
    assert (trust["headline"], trust["headline_dimension"], trust["open_breach"]) == (0.1667, "integrity", True)
    assert trust["without_evidence"] == ["ability", "benevolence"]
    assert (trust["coverage"], trust["last_on"], trust["counts_private"]) == (1, today.isoformat(), False)
    repaired = see(direction="positive", weight="notable", repairs_id=breach["id"], what_happened="Paid it back")
    assert repaired.status_code == 201, repaired.text
    assert program.get(f"/vendors/{vendor_id}", include="trust").json["trust"]["open_breach"] is False
    newer = see(weight="minor", corrects_id=breach["id"], what_happened="Overbilled by 3 %").json
    listed = [each["id"] for each in program.get("/trust-entries", vendor_id=vendor_id).json["items"]]
    assert breach["id"] not in listed
    assert newer["id"] in listed
    assert program.delete(f"/trust-entries/{repaired.json['id']}").status_code == 204


def test_areas_openings_and_referrals(program, vendor_id, today):
    area = program.post("/decision-areas", {"vendor_id": vendor_id, "name": "Publish posts", "level": 3})
    path = f"/decision-areas/{area.json['id']}"
    changed = program.patch(path, {"level": 5, "why": "Five in a row", "procedure": "A list"}).json
    assert (changed["level"], changed["procedure"], changed["is_closed"]) == (5, "A list", False)
    assert program.patch(path, {"is_closed": True}).json["is_closed"] is True
    assert program.patch(path, {"is_closed": False, "name": "Publish"}).json["name"] == "Publish"
    opening = program.post("/openings", {"business": "Marram Dental", "budget_amount": 120000}).json
    assert opening["currency"]
    assert program.patch(f"/openings/{opening['id']}", {"email": "no address"}).status_code == 422
    referral = program.post("/referrals", {"vendor_id": vendor_id, "opening_id": opening["id"], "blurb": "Films"})
    assert referral.status_code == 201, referral.text
    path = f"/referrals/{referral.json['id']}"
    asked = program.post(f"{path}/steps", {"state": "vendor_asked", "channel": "phone"}).json
    assert [step["state"] for step in asked["steps"]] == ["idea", "vendor_asked"]
    assert program.post(f"{path}/steps", {"state": "vendor_asked"}).status_code == 422
    assert program.delete(f"{path}/steps/latest").status_code == 204
    assert program.get(path).json["state"] == "idea"
    assert program.post(f"{path}/steps", {"state": "introduced"}).status_code == 422, "both have to say yes first"
    by_phone = program.post(f"{path}/steps", {"state": "introduced", "both_said_yes": True}).json
    assert [step["state"] for step in by_phone["steps"]] == ["idea", "vendor_yes", "business_yes", "introduced"]
    again = program.post("/referrals", {"vendor_id": vendor_id, "opening_id": opening["id"]})
    assert problem_of(again)["errors"][0]["pointer"] == "#/opening_id"
    assert program.delete(path).status_code == 204
    assert program.patch(f"/openings/{opening['id']}", {"is_closed": True}).json["closed_on"] == today.isoformat()
    assert program.get("/openings", is_open="true").json["items"] == []


def test_people_are_found_by_their_address(program, vendor_id):
    person = program.post("/people", {"vendor_id": vendor_id, "name": "Marta Sik", "emails": ["Marta@Sik.example"]})
    assert person.json["emails"] == ["marta@sik.example"]
    [found] = program.get("/people", email="MARTA@sik.example").json["items"]
    assert found == person.json
    path = f"/people/{found['id']}"
    assert program.patch(path, {"phones": ["+44 113 496 0000"]}).json["emails"] == ["marta@sik.example"]
    wrong = problem_of(program.patch(path, {"emails": ["nowhere"]}))
    assert wrong["errors"][0]["pointer"] == "#/emails"
    assert program.delete(path).status_code == 204


def test_notes_mention_and_words_find_vendors(program, vendor_id):
    note = program.post("/notes", {"vendor_id": vendor_id, "body": "Shoots on *expired* film"}).json
    assert program.patch(f"/notes/{note['id']}", {"body": "Shoots on Kodachrome"}).json["version"] == 2
    assert [row["id"] for row in program.get("/vendors", q="kodachrome").json["items"]] == [vendor_id]
    assert [row["id"] for row in program.get("/vendors", q="nadia").json["items"]] == [vendor_id]
    assert program.get("/vendors", q="nothing of the kind").json["items"] == []
    assert program.delete(f"/notes/{note['id']}").status_code == 204


def test_words_find_what_the_search_box_finds(program, program_of, business, vendor_id):
    """Forms of words, accents and typing errors, each within its collection and what the person may read."""
    said = {"vendor_id": vendor_id}
    note = program.post("/notes", {**said, "body": "Two cafés were budgeted"}).json
    program.post("/notes", {**said, "body": "Budget, between us", "visibility": "author"})
    call = program.post("/interactions", {**said, "kind": "call", "summary": "Budgets for the crème"}).json
    mark = {"dimension": "ability", "direction": "positive", "weight": "minor", "what_happened": "Kept the budget"}
    entry = program.post("/trust-entries", {**said, **mark}).json
    person = program.post("/people", {**said, "name": "Inês Duarte", "emails": ["ines@duarte.example"]}).json
    viewer = program_of(business.viewer)
    found = {
        f"{path} {words}": [row["id"] for row in viewer.get(path, q=words).json["items"]]
        for path, words in (
            ("/notes", "budgeting"),
            ("/notes", "budgte cafe"),
            ("/interactions", "budgeting creme"),
            ("/interactions", "cafe"),
            ("/trust-entries", "bugdet"),
            ("/people", "ines"),
            ("/people", "ines@du"),
            ("/people", "duatre"),
            ("/people", "budget"),
        )
    }
    assert found == {
        "/notes budgeting": [note["id"]],
        "/notes budgte cafe": [note["id"]],
        "/interactions budgeting creme": [call["id"]],
        "/interactions cafe": [],
        "/trust-entries bugdet": [entry["id"]],
        "/people ines": [person["id"]],
        "/people ines@du": [person["id"]],
        "/people duatre": [person["id"]],
        "/people budget": [],
    }


def test_a_likely_double_is_named_where_that_is_asked(program, vendor_id):
    again = {"name": "Nadia Voss"}
    refused = program.post("/vendors", {**again, "refuse_doubles": True})
    assert refused.status_code == 409
    assert [each["vendor_id"] for each in problem_of(refused)["doubles"]] == [vendor_id]
    assert program.post("/vendors", again).status_code == 201


FILE = b"Supplier,Web page\r\nHazel Mill,https://hazel.example\r\n,https://nameless.example\r\n"


def send_file(program, **fields):
    data = {"file": (BytesIO(FILE), "vendors.csv"), **fields}
    return program.ask("POST", "/imports", data=data, content_type="multipart/form-data")


def test_a_file_is_tried_and_then_run(program):
    tried = send_file(program, dry_run="true", mapping='{"Supplier": "name", "Web page": "website"}')
    assert tried.status_code == 201, tried.text
    counts = {"rows": 2, "created": 1, "updated": 0, "unchanged": 0, "failed": 1}
    assert (tried.json["state"], tried.json["counts"]) == ("checked", counts)
    assert program.get("/vendors").json["items"] == []
    run = program.post(f"/imports/{tried.json['id']}/run")
    assert run.status_code == 200, run.text
    assert (run.status_code, run.json["state"], run.json["counts"]) == (200, "done", counts)
    [vendor] = program.get("/vendors").json["items"]
    assert (vendor["name"], vendor["website"], vendor["cadence"]) == ("Hazel Mill", "https://hazel.example", None)
    assert program.get(f"/imports/{tried.json['id']}").json == run.json
    assert program.post(f"/imports/{tried.json['id']}/run").status_code == 422


def test_columns_that_go_nowhere_are_named(program):
    tried = send_file(program, dry_run="true", mapping='{"Supplier": "name"}').json
    assert tried["ignored_columns"] == ["Web page"]
    assert program.post(f"/imports/{tried['id']}/run").json["ignored_columns"] == ["Web page"]


def test_a_file_can_be_the_body_and_again_adds_nothing(program):
    for created in (1, 0):
        done = program.ask("POST", "/imports", data=FILE, content_type="text/csv", query_string={"file_name": "a.csv"})
        assert done.status_code == 201, done.text
        assert (done.json["state"], done.json["file_name"]) == ("done", "a.csv")
        assert done.json["counts"]["created"] == created


def test_what_is_no_table_or_matched_with_nothing_is_refused(program):
    empty = program.ask("POST", "/imports", data=b"", content_type="text/csv")
    assert problem_of(empty)["errors"][0]["pointer"] == "#/file"
    nowhere = send_file(program, mapping='{"Colour": "name"}')
    assert problem_of(nowhere)["errors"][0]["pointer"] == "#/mapping"
    assert send_file(program, mapping="nonsense").status_code == 422
    assert program.ask("POST", "/imports", json={}).status_code == 415
    assert program.get("/imports").json["items"] == []
