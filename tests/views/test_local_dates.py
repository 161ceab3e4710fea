"""Days that pages show are those of a clock on the wall, not of UTC."""

from datetime import date

import pytest
from sqlalchemy import select

from crm.domain import promises, stages, vendors
from crm.models.enums import CadenceChoice, PromiseKind, Stage
from crm.models.log import Interaction
from crm.models.workspaces import User, Workspace
from crm.queries import members
from tests.support.browsing import words


def test_the_first_stage_began_on_the_day_that_the_business_s_clock_showed(inside, business, browser_of, clock_at):
    clock_at("2026-05-06 00:30", "Europe/Berlin")
    with inside(business) as session:
        session.get_one(Workspace, business.workspace.id).time_zone = "Europe/Berlin"
    with inside(business) as session:
        keeper = members.membership(session, business.workspace.id, business.member.user_id)
        vendor = vendors.add(session, by=keeper, name="Nightjar")
        stages.move(vendor, by=keeper, to=Stage.ACTIVE)
    clock_at("2026-05-06 09:00", "Europe/Berlin")
    page = words(browser_of(business.owner).get(f"/vendors/{vendor.id}"))
    assert "Wed 6 May" in page
    assert "Tue 5 May" not in page


@pytest.mark.parametrize(("zone", "is_due"), [("Pacific/Kiritimati", True), ("Pacific/Pago_Pago", False)])
def test_today_begins_where_its_reader_is(inside, business, browser_of, clock_at, zone, is_due):
    clock_at("2026-10-05 22:30")
    with inside(business) as session:
        session.get_one(User, business.member.user_id).time_zone = zone
        vendor = vendors.add(session, by=business.member, name="Nightjar", cadence_choice=CadenceChoice.NONE)
        promises.make(vendor, by=business.member, kind=PromiseKind.OURS, what="Send it", due_on=date(2026, 10, 6))
    lead = words(browser_of(business.member).get("/today"), ".lead")
    assert ("1" in lead or "One" in lead) is is_due


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_what_is_logged_today_is_dated_where_the_business_is(inside, business, browser_of, clock_at, zone):
    clock_at("2026-10-05 22:30")
    with inside(business) as session:
        session.get_one(User, business.member.user_id).time_zone = zone
        vendor = vendors.add(session, by=business.member, name="Nightjar")
    browser = browser_of(business.member)
    browser.get(f"/vendors/{vendor.id}")
    answer = browser.post(f"/vendors/{vendor.id}/log", kind="call", said="Spoke of the ferry film", when="today")
    assert answer.status_code == 303
    with inside(business) as session:
        assert [entry.occurred_on for entry in session.scalars(select(Interaction))] == [date(2026, 10, 5)]
