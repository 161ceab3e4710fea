"""Days that pages show are those of a clock on the wall, not of UTC."""

from crm.domain import stages, vendors
from crm.models.enums import Stage
from crm.models.workspaces import Workspace
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
