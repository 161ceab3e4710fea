"""What a trust entry points at, for programs: written, read, kept by a correction, told to nobody who may not."""

import pytest

from crm.domain import interactions, vendors
from crm.models.enums import InteractionKind

GOOD = {"dimension": "ability", "direction": "positive", "weight": "minor", "what_happened": "Used without a change."}
BAD = {"dimension": "integrity", "direction": "negative", "weight": "major", "what_happened": "Invoiced twice."}


@pytest.fixture
def said(inside, business) -> dict[str, int]:
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Silas Brandt")
        call = interactions.log(
            vendor, by=business.owner, kind=InteractionKind.CALL, occurred_on=business.workspace.today
        )
        return {"vendor_id": vendor.id, "interaction_id": call.id}


def test_a_record_is_written_read_and_kept_by_a_correction(program, said):
    record = {"kind": "interaction", "id": said["interaction_id"]}
    about = {"vendor_id": said["vendor_id"]}
    entry = program.post("/trust-entries", {**about, **GOOD, "record": record}).json
    assert entry["record"] == record
    assert program.get("/trust-entries").json["items"][0]["record"] == record
    newer = program.post("/trust-entries", {**about, **GOOD, "weight": "major", "corrects_id": entry["id"]}).json
    assert (newer["record"], newer["corrects_id"]) == (record, entry["id"])
    without = program.post("/trust-entries", {**about, **GOOD, "corrects_id": newer["id"], "record": None}).json
    assert without["record"] is None


@pytest.mark.parametrize(
    "record", [{"kind": "interaction", "id": 987_654}, {"kind": "work", "id": 1}, {"kind": "charm"}]
)
def test_a_record_that_is_none_of_the_vendors_is_refused(program, said, record):
    answer = program.post("/trust-entries", {"vendor_id": said["vendor_id"], **GOOD, "record": record})
    assert answer.status_code == 422


def test_what_is_private_is_pointed_at_for_its_author_alone(program_of, business, said):
    mine, theirs = program_of(business.member), program_of(business.owner)
    about = {"vendor_id": said["vendor_id"]}
    breach = mine.post("/trust-entries", {**about, **BAD, "visibility": "author"}).json
    repair = mine.post("/trust-entries", {**about, **GOOD, "repairs_id": breach["id"]}).json
    shared = mine.post("/trust-entries", {**about, **BAD, "corrects_id": breach["id"]}).json
    hidden = mine.post("/trust-entries", {**about, **BAD, "corrects_id": shared["id"], "visibility": "author"}).json
    assert mine.get(f"/trust-entries/{repair['id']}").json["repairs_id"] == hidden["id"]
    assert theirs.get(f"/trust-entries/{repair['id']}").json["repairs_id"] is None
    for gone in (breach, shared, hidden):
        assert theirs.get(f"/trust-entries/{gone['id']}").status_code == 404
        assert mine.get(f"/trust-entries/{gone['id']}").status_code == 200
    assert [each["id"] for each in theirs.get("/trust-entries").json["items"]] == [repair["id"]]
