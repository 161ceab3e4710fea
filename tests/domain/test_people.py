"""People at vendors."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crm.core import limits
from crm.core.errors import Missing, Refused, Stale
from crm.domain import people, vendors
from crm.models.enums import Channel, ContactKind
from crm.models.log import Interaction
from crm.models.vendors import Contact
from crm.queries import people as people_queries

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def kettle(inside, business):
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Kettle & Crane").id


def test_a_person_has_several_addresses_and_numbers(inside, business, kettle):
    with inside(business) as session:
        people.add(
            vendors.at(session, kettle),
            by=business.owner,
            name=" Ann  Wren ",
            role="Invoices",
            emails=["Ann@wren.example", "", "office@wren.example", "ann@wren.example"],
            phones=["+44 (0)113 496-0000", "0113 496 0001 ext. 5"],
            preferred_channel=Channel.PHONE,
            notes="Never ring\r\nbefore ten.",
        )

    with inside(business) as session:
        [ann] = people_queries.people_of(session, kettle)
        assert (ann.name, ann.role, ann.preferred_channel) == ("Ann Wren", "Invoices", Channel.PHONE)
        assert ann.emails == ["ann@wren.example", "office@wren.example"]
        assert ann.phones == ["+44 (0)113 496-0000", "0113 496 0001 ext. 5"]
        assert ann.notes == "Never ring\nbefore ten."
        digits = select(Contact.normal_value).where(Contact.kind == ContactKind.PHONE).order_by(Contact.position)
        assert session.scalars(digits).all() == ["4401134960000", "011349600015"]


@pytest.mark.parametrize(
    "typed",
    ["ann", "ann@", "@wren.example", "ann@wren", "a b@wren.example", "ann@wren.example, bob@x.example", "a@b@c.example",
     "ann@wren..example", "<script>@x.example", "x" * 250 + "@wren.example"],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(Refused) as refused:
        people.email_address(typed)
    assert refused.value.field == "emails"


@pytest.mark.parametrize(
    "typed", ["", "ring her", "1", "0113 DROP TABLE", "1" * 26, "+44 113 496 0000" * 5, "٣٤٥٦٧<b>"]
)
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(Refused) as refused:
        people.phone_number(typed)
    assert refused.value.field == "phones"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": " \x00 "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"role": "x" * 201}, "role"),
        ({"notes": "x" * (limits.TEXT_LENGTH + 1)}, "notes"),
        ({"emails": ["nobody"]}, "emails"),
        ({"emails": [f"a{number}@wren.example" for number in range(21)]}, "emails"),
        ({"phones": [f"0113 496 00{number}" for number in range(10, 31)]}, "phones"),
    ],
)
def test_mistakes_are_said_at_their_box(said, field, inside, business, kettle):
    with inside(business) as session, pytest.raises(Refused) as refused:
        people.add(vendors.at(session, kettle), by=business.owner, **{"name": "Ann", **said})
    assert refused.value.field == field


def test_a_vendor_has_so_many_people_and_no_more(inside, business, kettle, monkeypatch):
    monkeypatch.setattr(limits, "PEOPLE_PER_VENDOR", 2)
    with inside(business) as session:
        vendor = vendors.at(session, kettle)
        people.add(vendor, by=business.owner, name="Ann")
        people.add(vendor, by=business.owner, name="Bob")
        with pytest.raises(Refused):
            people.add(vendor, by=business.owner, name="Cat")


def test_an_edit_replaces_the_addresses_and_leaves_others_alone(inside, business, kettle):
    with inside(business) as session:
        vendor = vendors.at(session, kettle)
        ann = people.add(vendor, by=business.owner, name="Ann", emails=["ann@wren.example"], phones=["0113 4960000"])
        people.add(vendor, by=business.owner, name="Bob", emails=["bob@wren.example"])
        people.edit(ann, by=business.member, version=1, name="Ann Wren", emails=["new@wren.example"])

        found = {row.name: row for row in people_queries.people_of(session, kettle)}
        assert (found["Ann Wren"].emails, found["Ann Wren"].phones) == (["new@wren.example"], [])
        assert found["Bob"].emails == ["bob@wren.example"]
        assert (found["Ann Wren"].version, found["Ann Wren"].updated_by) == (2, business.member.user_id)


def test_the_second_of_two_edits_is_told_that_it_is_stale(inside, business, kettle):
    with inside(business) as session:
        ann = people.add(vendors.at(session, kettle), by=business.owner, name="Ann")
        people.edit(ann, by=business.owner, version=1, name="Ann Wren")
        with pytest.raises(Stale):
            people.edit(ann, by=business.member, version=1, name="Anne")


def test_what_was_said_with_somebody_outlives_them(inside, business, kettle):
    with inside(business) as session:
        vendor = vendors.at(session, kettle)
        ann = people.add(vendor, by=business.owner, name="Ann", emails=["ann@wren.example"])
        session.add(Interaction(vendor_id=kettle, person_id=ann.id, kind="call", occurred_on=vendor.stage_since))
        session.flush()
        people.delete_person(ann, by=business.owner)

    with inside(business) as session:
        assert people_queries.people_of(session, kettle) == []
        assert session.scalars(select(Contact.id)).all() == []
        assert session.scalars(select(Interaction.person_id)).all() == [None]


def test_somebody_of_another_business_is_missing(inside, business, kettle):
    with inside(business) as session:
        ann_id = people.add(vendors.at(session, kettle), by=business.owner, name="Ann").id
    with inside(business.stranger) as session:
        assert people_queries.person(session, ann_id) is None
        with pytest.raises(Missing):
            people.at(session, ann_id)
