"""What time alone brings about: the night finds whose last day of being full has passed, once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crm.core.dates import add_days
from crm.domain import parkings, triggers, vendors
from crm.jobs import night
from crm.models.enums import Availability, ParkingReason
from crm.models.stages import ParkingTrigger
from tests.support.letters import tick


@pytest.fixture
def parked(inside, business, clock_at):
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        for name in ("Harbour Films", "Northlight Studio", "Loom Social"):
            vendor = vendors.add(
                session,
                by=business.owner,
                name=name,
                availability=Availability.FULL,
                availability_until=add_days(business.workspace.today, 6),
            )
            parkings.park(vendor, by=business.owner, reason=ParkingReason.AT_CAPACITY)


def fired(inside, business):
    with inside(business) as session:
        return session.scalars(select(ParkingTrigger)).all()


def test_the_night_after_their_last_full_day_and_no_other(engine, settings, business, inside, parked, clock_at):
    for day, count in (("2026-10-11", 0), ("2026-10-12", 3), ("2026-10-13", 3)):
        clock_at(f"{day} 09:00")
        tick(engine, settings)
        assert len(fired(inside, business)) == count


def test_many_are_worked_off_a_few_at_a_time(engine, settings, business, inside, parked, clock_at, monkeypatch):
    monkeypatch.setattr(triggers, "AT_ONCE", 1)
    clock_at("2026-10-12 09:00")
    night.recompute(engine)
    assert len(fired(inside, business)) == 3
