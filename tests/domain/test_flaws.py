"""What we accept about a vendor."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crm.core.errors import Missing, Refused
from crm.domain import flaws, vendors
from crm.models.enums import TimelineKind
from crm.models.log import TimelineEntry
from crm.models.vendors import AcceptedFlaw

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def kettle(inside, business) -> int:
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Kettle & Crane").id


def said_about_flaws(session) -> list[dict[str, str]]:
    return [
        entry.facts for entry in session.scalars(select(TimelineEntry).where(TimelineEntry.kind == TimelineKind.FLAW))
    ]


def test_a_flaw_and_how_we_live_with_it_are_part_of_what_happened(inside, business, kettle):
    with inside(business) as session:
        flaws.accept(
            vendors.at(session, kettle), by=business.owner, flaw="Slow, but thorough", workaround="Two weeks’ notice"
        )
        assert said_about_flaws(session) == [{"flaw": "Slow, but thorough", "workaround": "Two weeks’ notice"}]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"flaw": " "}, "flaw"),
        ({"flaw": "x" * 501}, "flaw"),
        ({"flaw": "x", "workaround": "x" * 501}, "workaround"),
    ],
)
def test_mistakes_are_said_at_their_box(said, field, inside, business, kettle):
    with inside(business) as session, pytest.raises(Refused) as refused:
        flaws.accept(vendors.at(session, kettle), by=business.owner, **said)
    assert refused.value.field == field


def test_an_edit_keeps_the_day(clock_at, inside, business, kettle):
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        row = flaws.accept(vendors.at(session, kettle), by=business.owner, flaw="Slow")
        clock_at("2026-10-09 09:00")
        flaws.edit(row, by=business.member, version=1, flaw="Slow, but thorough")
        [entry] = session.scalars(select(TimelineEntry).where(TimelineEntry.kind == TimelineKind.FLAW)).all()
        assert (entry.happened_on.isoformat(), entry.facts["flaw"]) == ("2026-10-05", "Slow, but thorough")


def test_what_no_longer_holds_goes(inside, business, kettle):
    with inside(business) as session:
        row = flaws.accept(vendors.at(session, kettle), by=business.owner, flaw="Slow")
        flaws.take_off(row)
        session.flush()
        assert said_about_flaws(session) == []
        assert session.scalars(select(AcceptedFlaw.id)).all() == []


def test_a_flaw_of_another_business_is_missing(inside, business, kettle):
    with inside(business) as session:
        flaw_id = flaws.accept(vendors.at(session, kettle), by=business.owner, flaw="Slow").id
    with inside(business.stranger) as session, pytest.raises(Missing):
        flaws.at(session, flaw_id)


def test_the_same_said_again_changes_nothing(inside, business, kettle):
    with inside(business) as session:
        vendor = vendors.at(session, kettle)
        first = flaws.accept(vendor, by=business.owner, flaw="Cost: 2.0 of 5")
        assert flaws.accept(vendor, by=business.member, flaw=" Cost: 2.0 of 5 ") is first
        assert flaws.accept(vendor, by=business.owner, flaw="Cost: 2.0 of 5", workaround="Small jobs") is not first
        assert len(said_about_flaws(session)) == 2
