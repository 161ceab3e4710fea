"""A conversation may name what it was about: in the composer, when it is changed, and for programs."""

from __future__ import annotations

from datetime import date

import pytest

from crm.core.errors import Refused
from crm.domain import decision_areas, interactions, vendors
from crm.domain.decision_areas import Agreement
from crm.models.enums import InteractionKind, Level
from crm.models.log import Interaction
from crm.queries import interaction_areas
from tests.support.browsing import soup

TODAY = date(2026, 10, 5)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def bluebell(inside, business):
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Bluebell Words")


@pytest.fixture
def areas(inside, business, bluebell):
    with inside(business) as session:
        vendor = vendors.at(session, bluebell.id)
        names = ("Product pages", "Replies to customers")
        return [
            decision_areas.hand_over(vendor, by=business.owner, level=Level.AGREE, agreed=Agreement(name=name)).id
            for name in names
        ]


def named(inside, business):
    with inside(business) as session:
        entry = session.query(Interaction).one()
        return interaction_areas.ids_of(session, [entry.id])[entry.id]


def test_the_composer_offers_what_they_look_after(client, bluebell, areas, inside, business):
    boxes = soup(client.get(f"/vendors/{bluebell.id}")).select("[name=about_ids]")
    assert [int(box["value"]) for box in boxes] == areas
    client.post(f"/vendors/{bluebell.id}/log", kind="call", when="today", about_ids=[str(areas[1])])
    assert named(inside, business) == [areas[1]]


def test_without_anything_handed_over_nothing_is_asked(client, bluebell):
    assert not soup(client.get(f"/vendors/{bluebell.id}")).select("[name=about_ids]")


def test_what_was_chosen_stays_where_something_is_refused(client, bluebell, areas):
    typed = {"kind": "call", "when": "day", "on": "2026-10-06", "about_ids": [str(areas[0])]}
    answer = client.post(f"/vendors/{bluebell.id}/log", **typed)
    assert answer.status_code == 422
    assert [int(box["value"]) for box in soup(answer).select("[name=about_ids][checked]")] == [areas[0]]


def test_changing_an_entry_changes_what_it_names(client, bluebell, areas, inside, business):
    client.post(f"/vendors/{bluebell.id}/log", kind="call", when="today", about_ids=[str(areas[0])])
    with inside(business) as session:
        entry_id = session.query(Interaction.id).scalar()
    opened = soup(client.get(f"/interactions/{entry_id}/edit"))
    assert [int(box["value"]) for box in opened.select("[name=area_ids][checked]")] == [areas[0]]
    hidden = {name: opened.select_one(f"[name={name}]")["value"] for name in ("version", "opened")}
    said = {"kind": "call", "outcome": "two_way", "initiated_by": "us", "occurred_on": "2026-10-05", **hidden}
    assert client.post(f"/interactions/{entry_id}", **said, area_ids=[str(areas[1])]).status_code == 303
    assert named(inside, business) == [areas[1]]


def test_another_vendors_area_is_refused_beside_its_box(session_of_business, bluebell, areas, business):
    session = session_of_business
    other = vendors.add(session, by=business.owner, name="Dunlin Paper")
    with pytest.raises(Refused) as refused:
        interactions.log(other, by=business.owner, kind=InteractionKind.CALL, occurred_on=TODAY, area_ids=[areas[0]])
    assert refused.value.field == "area_ids"


@pytest.fixture
def session_of_business(inside, business):
    with inside(business) as session:
        yield session


def test_saying_the_same_again_is_no_change(session_of_business, bluebell, areas, business):
    session = session_of_business
    vendor = vendors.at(session, bluebell.id)
    call = InteractionKind.CALL
    entry = interactions.log(vendor, by=business.owner, kind=call, occurred_on=TODAY, area_ids=[*areas, areas[0]])
    said = {
        "kind": call,
        "occurred_on": TODAY,
        "outcome": entry.outcome,
        "initiated_by": entry.initiated_by,
        "person_id": None,
        "summary": "",
        "minutes": None,
    }
    interactions.edit(entry, by=business.owner, version=1, **said)
    interactions.edit(entry, by=business.owner, version=1, **said, area_ids=list(reversed(areas)))
    assert entry.version == 1
    interactions.edit(entry, by=business.owner, version=1, **said, area_ids=[])
    assert entry.version == 2
    assert interaction_areas.ids_of(session, [entry.id]) == {entry.id: []}
