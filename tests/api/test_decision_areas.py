"""Programs keep the delegation board: levels with their reasons, and accesses until they are taken back."""

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
def area(program, vendor) -> dict:
    return program.post("/decision-areas", {"vendor_id": vendor, "name": "Publish posts", "level": 4, "why": "So"}).json


def test_a_level_changes_with_its_reason_and_the_rest_stays(program, client, area):
    path = f"/decision-areas/{area['id']}"
    first = program.get(path).headers["ETag"]
    said = {"level": 5, "why": "Ten in a row", "wished_level": 6, "wished_by": "2026-12-01", "procedure": "Two drafts"}
    changed = program.patch(path, said, match=first).json
    assert (changed["level"], changed["wished_level"], changed["name"]) == (5, 6, "Publish posts")
    assert "Ten in a row" in client.get(f"/decision-areas/{area['id']}/level").text
    assert program.patch(path, {"level": 6}, match=first).status_code == 412
    limits = {"limit_amount": 5000, "limit_currency": "GBP", "maturity": "high", "rhythm_every": 2}
    assert problem_of(program.patch(path, limits))["status"] == 422
    changed = program.patch(path, limits | {"rhythm_unit": "weeks"}).json
    assert (changed["limit_amount"], changed["level"], changed["rhythm_unit"]) == (5000, 5, "weeks")
    assert program.patch(path, {"is_closed": True}).json["is_closed"]
    assert not program.patch(path, {"is_closed": False}).json["is_closed"]


def test_an_access_is_given_changed_taken_back_and_deleted(program, vendor, area):
    given = program.post("/accesses", {"vendor_id": vendor, "what": "The blog", "area_id": area["id"]})
    assert (given.status_code, given.json["granted_on"], given.json["is_revoked"]) == (201, "2026-10-05", False)
    path = f"/accesses/{given.json['id']}"
    tag = given.headers["ETag"]
    changed = program.patch(path, {"revoke_on": "2026-12-01"}, match=tag).json
    assert (changed["what"], changed["revoke_on"]) == ("The blog", "2026-12-01")
    assert program.patch(path, {"what": "Mine"}, match=tag).status_code == 412
    assert program.patch(path, {"is_revoked": True}).json["revoked_on"] == "2026-10-05"
    assert [row["id"] for row in program.get("/accesses", is_open="false").json["items"]] == [given.json["id"]]
    assert program.get("/accesses", is_open="true").json["items"] == []
    assert program.patch(path, {"is_revoked": False}).json["revoked_on"] is None
    assert program.delete(path).status_code == 204
    assert program.get(path).status_code == 404


def test_a_stage_move_asks_for_accesses_and_its_undo_lets_them_be(program, vendor):
    program.post("/stage-moves", {"vendor_id": vendor, "to": "active"})
    access = program.post("/accesses", {"vendor_id": vendor, "what": "The blog"}).json["id"]
    move = program.post("/stage-moves", {"vendor_id": vendor, "to": "ended", "why": "Done"})
    assert program.get(f"/accesses/{access}").json["offboarding_on"] == "2026-10-05"
    assert program.delete(f"/stage-moves/{move.json['id']}").status_code == 204
    assert program.get(f"/accesses/{access}").json["offboarding_on"] is None


@pytest.mark.parametrize("said", [{"what": ""}, {"what": "pw: x"}, {"granted_on": "2026-10-06"}, {"owner_id": 987654}])
def test_an_access_that_cannot_be_is_refused(program, vendor, said):
    answer = program.post("/accesses", {"vendor_id": vendor, "what": "The blog"} | said)
    assert problem_of(answer)["status"] == 422


def test_strangers_and_readers_change_nothing(program, program_of, business, vendor):
    path = f"/accesses/{program.post('/accesses', {'vendor_id': vendor, 'what': 'The blog'}).json['id']}"
    assert program_of(business.stranger).get(path).status_code == 404
    assert program_of(business.stranger).delete(path).status_code == 404
    assert program_of(business.viewer).get(path).status_code == 200
    assert program_of(business.viewer).patch(path, {"what": "Mine"}).status_code == 403
