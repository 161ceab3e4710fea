"""Programs read and write the goodwill ledger; what was a mistake is struck out and stays."""

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
def entry(program, vendor) -> dict:
    said = {"vendor_id": vendor, "side": "received", "kind": "advice", "note": "An hour on pricing"}
    return program.post("/goodwill-entries", said | {"value_amount": 6_000, "value_currency": "EUR"}).json


def test_a_good_turn_is_written_down_and_read(program, client, vendor, entry):
    assert (entry["happened_on"], entry["is_struck"], entry["referral_id"]) == ("2026-10-05", False, None)
    assert program.get(f"/goodwill-entries/{entry['id']}").json == entry
    assert "An hour on pricing" in client.get(f"/vendors/{vendor}/goodwill").text
    for asked, found in (
        ({"side": "given"}, []),
        ({"side": "received", "kind": "advice"}, [entry]),
        ({"vendor_id": vendor + 1}, []),
        ({"q": "pricing"}, [entry]),
        ({"is_struck": "false"}, [entry]),
        ({"is_struck": "true"}, []),
    ):
        assert program.get("/goodwill-entries", **asked).json["items"] == found, asked


def test_a_mistake_is_struck_out_and_stays(program, entry):
    path = f"/goodwill-entries/{entry['id']}"
    for _twice in range(2):
        assert program.delete(path).status_code == 204
    assert program.get(path).json == entry | {"is_struck": True}


def test_one_that_stands_for_a_referral_goes_with_it_alone(program, vendor):
    opening = program.post("/openings", {"business": "Harbour Dental"}).json["id"]
    referral = program.post("/referrals", {"vendor_id": vendor, "opening_id": opening}).json
    path = f"/referrals/{referral['id']}"
    made = program.post(f"{path}/steps", {"state": "introduced", "both_said_yes": True})
    assert made.status_code == 201, made.json
    [entry] = program.get("/goodwill-entries", referral_id=referral["id"]).json["items"]
    assert (entry["side"], entry["kind"]) == ("given", "referral")
    assert program.delete(f"/goodwill-entries/{entry['id']}").status_code == 422


@pytest.mark.parametrize(
    ("said", "box"),
    [
        ({"kind": "cake"}, "kind"),
        ({"side": "both"}, "side"),
        ({"happened_on": "2026-10-06"}, "happened_on"),
        ({"value_amount": 5}, "value_currency"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_box(program, vendor, said, box):
    body = {"vendor_id": vendor, "side": "given", "kind": "advice"} | said
    [error] = problem_of(program.post("/goodwill-entries", body))["errors"]
    assert error["pointer"] == f"#/{box}"
    assert program.get("/goodwill-entries").json["items"] == []
