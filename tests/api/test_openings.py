"""Programs read which vendors fit an opening, with the reasons, and which do not, and why."""

from __future__ import annotations

import pytest

from crm.domain import categories, vendors
from crm.models.enums import Availability, Stage


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def films(inside, business) -> int:
    with inside(business) as session:
        return categories.add(session, name="Films").id


@pytest.fixture
def opening(program, films) -> dict:
    said = {"business": "Harbour Dental", "category_id": films, "budget_amount": 90_000, "currency": "GBP"}
    return program.post("/openings", said).json


@pytest.fixture
def add(inside, business, films):
    def add(name: str, **more) -> int:
        with inside(business) as session:
            vendor = vendors.add(
                session, by=business.owner, name=name, category_ids=[films], stage=Stage.ACTIVE, **more
            )
            return vendor.id

    return add


def test_who_fits_stands_first_and_the_others_say_why_not(program, opening, add):
    path = f"/openings/{opening['id']}"
    full = add("Ada Films", availability=Availability.FULL)
    free = add("Ben Films", availability=Availability.OPEN)
    assert "matches" not in program.get(path).json
    first, second = program.get(path, include="matches").json["matches"]
    assert (first["vendor_id"], first["name"], first["stage"], first["fits"]) == (free, "Ben Films", "active", True)
    assert first["exclusions"] == []
    assert {"niche", "room"} <= set(first["reasons"])
    assert (second["vendor_id"], second["fits"], second["exclusions"]) == (full, False, ["full"])


def test_only_what_can_be_included_is(program, opening):
    assert program.get(f"/openings/{opening['id']}", include="everything").status_code == 422


def test_the_version_that_is_read_is_the_same_with_them(program, opening, add):
    add("Ben Films")
    plain = program.get(f"/openings/{opening['id']}")
    assert program.get(f"/openings/{opening['id']}", include="matches").headers["ETag"] == plain.headers["ETag"]


def test_nobody_of_another_business_is_named(program_of, business, opening, add):
    add("Ben Films")
    assert program_of(business.stranger).get(f"/openings/{opening['id']}", include="matches").status_code == 404
