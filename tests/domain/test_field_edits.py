"""What the fields of a vendor, and of a person there, said before they were edited is kept with who edited and when."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crm.core.errors import Refused, Stale
from crm.domain import bin_items, custom_fields, deletions, erasure, held_data, merges, outsiders, people, vendors
from crm.models.enums import Channel, FieldKind, OutsiderKind, RatePeriod, Tier
from crm.models.vendors import PersonEdit, Vendor, VendorEdit
from crm.queries import edits


@pytest.fixture
def wren(business, inside) -> int:
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Wren", tags=["quick"], tier=Tier.B).id


def edit(session, business, vendor_id: int, **fields) -> Vendor:
    vendor = vendors.at(session, vendor_id)
    vendors.edit(vendor, by=business.member, version=vendor.version, **fields)
    return vendor


def changes(session, vendor_id: int) -> list[dict]:
    session.flush()
    return [each.changes for each in edits.of_vendor(session, vendor_id)]


def test_only_what_changed_is_kept_with_who_and_when(business, inside, clock_at, wren):
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        edit(session, business, wren, name="Wren & Co", tier=Tier.B, source="")
        session.flush()
        [kept] = edits.of_vendor(session, wren)
    assert kept.changes == {"name": {"before": {"name": "Wren"}, "after": {"name": "Wren & Co"}}}
    assert kept.by == business.member.user_id
    assert kept.at.isoformat() == "2026-10-05T08:00:00+00:00"


def test_saving_without_a_change_keeps_nothing(business, inside, wren):
    with inside(business) as session:
        edit(session, business, wren, name="Wren", tags=["Quick"], tier=Tier.B)
        assert changes(session, wren) == []


def test_a_refused_or_late_save_keeps_nothing(business, inside, wren):
    with inside(business) as session:
        with pytest.raises(Refused):
            edit(session, business, wren, name="Heron", rate_amount=100)
        with pytest.raises(Stale):
            vendors.edit(vendors.at(session, wren), by=business.owner, version=0, name="Heron")
        assert changes(session, wren) == []


def test_what_belongs_together_is_kept_together(business, inside, wren):
    with inside(business) as session:
        edit(session, business, wren, rate_amount=4500, rate_period=RatePeriod.HOUR)
        [kept] = changes(session, wren)
    assert list(kept) == ["terms"]
    assert kept["terms"]["before"]["rate_amount"] is None
    assert kept["terms"]["after"] == {
        "currency": "GBP",
        "rate_amount": 4500,
        "rate_period": "hour",
        "minimum_amount": None,
        "minimum_period": None,
    }


def test_tags_own_fields_and_people_are_kept_by_their_names_of_then(business, inside, wren):
    with inside(business) as session:
        field = custom_fields.define(session, by=business.owner, name="Turnover", kind=FieldKind.TEXT)
        edit(session, business, wren, tags=["slow"], custom={field.id: "small"}, owner_id=business.member.user_id)
        edit(session, business, wren, custom={field.id: None})
        later, first = changes(session, wren)
    assert first["vendor_tags"] == {"before": {"names": ["quick"]}, "after": {"names": ["slow"]}}
    assert first["custom:Turnover"] == {"before": {}, "after": {"value": "small"}}
    assert first["owner"] == {
        "before": {"person": business.owner.user.name},
        "after": {"person": business.member.user.name},
    }
    assert later == {"custom:Turnover": {"before": {"value": "small"}, "after": {}}}


@pytest.fixture
def ann(business, inside, wren) -> int:
    with inside(business) as session:
        vendor = vendors.at(session, wren)
        person = people.add(vendor, by=business.owner, name="Ann Finch", emails=["ann@wren.example"])
        people.edit(
            person,
            by=business.admin,
            version=1,
            name="Ann Finch",
            role="Sales",
            emails=["ann@wren.example", "hi@wren.example"],
            preferred_channel=Channel.PHONE,
            notes="Used to be Ann Finch-Brown.",
        )
        return person.id


def test_a_person_likewise(business, inside, ann):
    with inside(business) as session:
        [kept] = edits.of_person(session, ann)
    assert kept.by == business.admin.user_id
    assert kept.changes == {
        "role": {"before": {"value": ""}, "after": {"value": "Sales"}},
        "preferred_channel": {"before": {"value": None}, "after": {"value": "phone"}},
        "notes": {"before": {"value": ""}, "after": {"value": "Used to be Ann Finch-Brown."}},
        "emails": {
            "before": {"names": ["ann@wren.example"]},
            "after": {"names": ["ann@wren.example", "hi@wren.example"]},
        },
    }


def test_what_was_said_about_somebody_is_handed_to_them(business, inside, ann, settings):
    with inside(business) as session:
        who = outsiders.find(session, OutsiderKind.PERSON, ann)
        [row] = held_data.collect(session, settings, who, reader=business.owner)["earlier_details"]
    assert (row["role"], row["emails"]) == ("", "ann@wren.example")


def test_erasing_somebody_leaves_no_edit_that_names_them(business, inside, wren, ann):
    with inside(business) as session:
        edit(session, business, wren, what_they_do="What Ann Finch does")
        edit(session, business, wren, what_they_do="Signs")
        erasure.erase(session, outsiders.find(session, OutsiderKind.PERSON, ann), by=business.owner)
        session.flush()
        session.expire_all()
        assert session.scalars(select(PersonEdit)).all() == []
        said = str([row.changes for row in session.scalars(select(VendorEdit))])
    assert "Ann" not in said
    assert "What … does" in said


def test_the_bin_gives_them_back_with_the_vendor(business, inside, wren, ann):
    with inside(business) as session:
        edit(session, business, wren, name="Heron")
        item = deletions.of_vendor(vendors.at(session, wren), by=business.owner)
        session.flush()
        assert session.scalars(select(VendorEdit)).all() == []
        bin_items.put_back(item, session, by=business.owner)
        session.flush()
        assert len(edits.of_vendor(session, wren)) == 1
        assert len(edits.of_person(session, ann)) == 1


def test_a_merge_keeps_the_edits_of_both_and_undoing_parts_them(business, inside, wren):
    with inside(business) as session:
        other = vendors.add(session, by=business.owner, name="Heron")
        edit(session, business, wren, source="A fair")
        edit(session, business, other.id, source="A friend")
        winner, loser = merges.both(session, wren, other.id)
        made = merges.merge(winner, loser, by=business.owner, versions=(winner.version, loser.version), theirs=())
        session.flush()
        assert len(edits.of_vendor(session, wren)) == 2
        merges.undo(made, by=business.owner)
        session.flush()
        assert [len(edits.of_vendor(session, each)) for each in (wren, other.id)] == [1, 1]
