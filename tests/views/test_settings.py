"""Settings of a person and of a business."""

import pytest

from crm.core import clock
from crm.core.tenancy import workspace_session
from crm.domain import vendors
from crm.models.enums import Stage
from crm.models.vendors import Vendor
from crm.models.workspaces import User
from crm.queries import members
from tests.support.browsing import soup, words
from tests.support.people import PASSWORD

PROFILE = {"name": "Olive Owner", "time_zone": "Europe/London", "locale": "en-GB", "shortcuts": "y"}
BUSINESS = {
    "name": "Fern & Flint",
    "time_zone": "Europe/London",
    "currency": "GBP",
    "working_days": ["0", "1", "2", "3", "4"],
}
CADENCES = {
    "every_A": "30",
    "every_B": "60",
    "every_C": "90",
    "every_prospect": "14",
    "every_trial": "7",
    "every_active": "30",
    "every_parked": "60",
    **{f"unit_{key}": "days" for key in ("A", "B", "C", "prospect", "trial", "active", "parked")},
}


@pytest.fixture
def mine(engine, business):
    """mine() is the owner's membership as it is stored now."""

    def mine():
        with workspace_session(engine, business.workspace.id, writing=False) as session:
            return members.membership(session, business.workspace.id, business.owner.user_id)

    return mine


@pytest.fixture
def monday(clock_at):
    """Noon of Monday, 5 October 2026, from before anybody signs in."""
    clock_at("2026-10-05 12:00")


class TestOnesOwn:
    def test_profile_is_saved_and_shown(self, client, mine):
        client.get("/settings")
        answer = client.post(
            "/settings/profile", name="Olive  O.", time_zone="Asia/Kathmandu", locale="en-US", shortcuts=None
        )
        page = client.follow(answer)
        assert "Your profile is saved." in words(page, ".toast")
        assert soup(page).html["lang"] == "en-US"
        assert soup(page).html["data-shortcuts"] == "off"
        person = mine().user
        assert (person.name, person.time_zone, person.locale, person.shortcuts) == (
            "Olive O.",
            "Asia/Kathmandu",
            "en-US",
            False,
        )

    def test_time_zone_of_former_days_is_kept_until_another_is_chosen(self, client, inside, business, mine):
        with inside(business) as session:
            session.get(User, business.owner.user_id).time_zone = "Etc/GMT+5"
        offered = [option["value"] for option in soup(client.get("/settings")).select("#time_zone option")]
        assert offered[0] == "Etc/GMT+5"
        assert "Etc/GMT+4" not in offered
        assert client.post("/settings/profile", **{**PROFILE, "time_zone": "Etc/GMT+5"}).status_code == 303
        assert mine().user.time_zone == "Etc/GMT+5"
        client.post("/settings/profile", **{**PROFILE, "time_zone": "Asia/Calcutta"})
        assert mine().user.time_zone == "Asia/Kolkata"

    def test_time_zone_moves_the_morning_letter(self, monday, client, mine):
        client.get("/settings")
        client.post("/settings/profile", **{**PROFILE, "time_zone": "Pacific/Kiritimati"})
        assert clock.local(mine().next_digest_at, "Pacific/Kiritimati").isoformat() == "2026-10-06T08:00:00+14:00"

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"name": " "}, "Type your name."),
            ({"time_zone": "Europe/Atlantis"}, "Choose one of the list."),
            ({"locale": "xx"}, "Choose one of the list."),
            ({"name": "x" * 201}, "Keep it under 200 characters."),
        ],
    )
    def test_profile_says_what_is_wrong_and_keeps_what_was_typed(self, client, mine, change, said):
        client.get("/settings")
        answer = client.post("/settings/profile", **{**PROFILE, **change})
        assert answer.status_code == 422
        assert said in words(answer, ".error-summary")
        assert mine().user.name == "Olive Owner"

    def test_morning_letter_has_its_hour_and_days(self, monday, client, mine):
        client.get("/settings")
        client.post("/settings/digest", on="y", at="17:30", weekdays=["2", "5"])
        assert clock.local(mine().next_digest_at, "Europe/London").isoformat() == "2026-10-07T17:30:00+01:00"
        assert (mine().digest_hour, mine().digest_minute, mine().digest_weekdays) == (17, 30, "25")

    def test_morning_letter_can_be_switched_off_and_on_again(self, client, mine):
        client.get("/settings")
        client.post("/settings/digest", on=None, at="08:00", weekdays=["0"])
        assert (mine().digest_on, mine().next_digest_at) == (False, None)
        client.post("/settings/digest", on="y", at="08:00", weekdays=["0"])
        assert mine().next_digest_at is not None

    def test_morning_letter_needs_a_day(self, client):
        client.get("/settings")
        answer = client.post("/settings/digest", on="y", at="08:00")
        assert "Choose a day at least" in words(answer, ".error-summary")
        assert client.post("/settings/digest", on="y", at="25:00", weekdays=["0"]).status_code == 422

    def test_email_changes_with_the_password(self, client, nobody, mine):
        client.get("/settings")
        wrong = client.post("/settings/email", email="olive@fern.example", password="not this one")
        assert "This is not your present password." in words(wrong, ".error-summary")
        taken = client.post("/settings/email", email="Member@fern.example", password=PASSWORD)
        assert "This address cannot be used." in words(taken, ".error-summary")
        client.post("/settings/email", email="Olive@Fern.example", password=PASSWORD)
        assert mine().user.email == "olive@fern.example"
        nobody.get("/sign-in")
        assert nobody.post("/sign-in", email="olive@fern.example", password=PASSWORD).status_code == 303

    def test_a_new_password_signs_the_other_devices_out(self, client, browser_of, business):
        other = browser_of(business.owner)
        client.get("/settings")
        answer = client.post("/settings/password", current=PASSWORD, new="a bench by the river")
        assert answer.location == "/settings"
        assert client.get("/settings").status_code == 200
        assert other.get("/settings").location.startswith("/sign-in")

    def test_devices_are_listed_and_signed_out(self, client, browser_of, business):
        other = browser_of(business.owner)
        page = soup(client.get("/settings"))
        assert len(page.select(".devices .setting")) == 2
        [button] = page.select(
            "form[action*='/settings/devices/'][action$='/sign-out']:not([action$='devices/sign-out'])"
        )
        assert client.post(button["action"]).location == "/settings"
        assert other.get("/settings").location.startswith("/sign-in")
        assert client.get("/settings").status_code == 200

    def test_everywhere_means_here_too(self, client, browser_of, business):
        other = browser_of(business.owner)
        client.get("/settings")
        assert client.post("/settings/devices/sign-out").location == "/sign-in"
        for browser in (client, other):
            assert browser.get("/settings").location.startswith("/sign-in")


class TestTheBusiness:
    def test_is_saved_and_keeps_its_address(self, client, mine):
        client.get("/settings/business")
        client.post("/settings/business", **{**BUSINESS, "name": "Fern & Co", "currency": "EUR"})
        workspace = mine().workspace
        assert (workspace.name, workspace.currency, workspace.slug) == ("Fern & Co", "EUR", "fern-flint")

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"name": ""}, "Type your business’s name."),
            ({"currency": "XXX"}, "Choose one of the list."),
            ({"working_days": []}, "Choose a working day at least."),
            ({"working_hours": "mornings"}, "“mornings” is not understood."),
            ({"working_hours": "Mon"}, "Hours are written like “9–17”"),
            ({"working_hours": "9–17 " * 30}, "Keep it under 100 characters."),
        ],
    )
    def test_says_what_is_wrong(self, client, change, said):
        client.get("/settings/business")
        answer = client.post("/settings/business", **{**BUSINESS, **change})
        assert answer.status_code == 422
        assert said in words(answer, ".error-summary")

    def test_says_its_hours_in_words(self, client, mine):
        client.get("/settings/business")
        client.post("/settings/business", **{**BUSINESS, "working_hours": " Mon–Thu  9 to 5 "})
        assert mine().workspace.working_hours == "Mon–Thu 9 to 5"
        assert soup(client.get("/settings/business")).select_one("#working_hours")["value"] == "Mon–Thu 9 to 5"
        client.post("/settings/business", **{**BUSINESS, "working_hours": ""})
        assert mine().workspace.working_hours == ""

    def test_is_changed_by_owners_and_admins_alone(self, browser_of, business):
        assert browser_of(business.admin).get("/settings/business").status_code == 200
        member = browser_of(business.member)
        assert member.get("/settings/business").status_code == 403
        assert "Business" not in words(member.get("/settings"), ".settings-nav")

    def test_plans_check_ins_for_its_working_days(self, monday, client, business, inside):
        with inside(business) as session:
            vendor = vendors.add(session, by=business.owner, name="Larch", stage=Stage.ACTIVE)
            assert vendor.due_on.isoformat() == "2026-11-04"
        client.get("/settings/business")
        client.post("/settings/business", **{**BUSINESS, "working_days": ["6"]})
        with inside(business) as session:
            assert session.get_one(Vendor, vendor.id).due_on.weekday() == 6

    def test_says_how_often_to_stay_in_touch(self, monday, client, business, inside):
        with inside(business) as session:
            active = vendors.add(session, by=business.owner, name="Larch", stage=Stage.ACTIVE)
            prospect = vendors.add(session, by=business.owner, name="Pinnock")
        client.get("/settings/business")
        wanted = {**CADENCES, "version": "1", "every_active": "2", "unit_active": "months", "every_prospect": ""}
        assert client.post("/settings/cadences", **wanted).location == "/settings/business"
        with inside(business) as session:
            assert session.get_one(Vendor, active.id).due_on.isoformat() == "2026-12-07"
            assert session.get_one(Vendor, prospect.id).due_on is None
        page = soup(client.get("/settings/business"))
        assert page.select_one("#every_active")["value"] == "2"
        assert page.select_one("#unit_active option[selected]")["value"] == "months"
        assert not page.select_one("#every_prospect").get("value")

    @pytest.mark.parametrize("typed", ["0", "-3", "3651", "often"])
    def test_takes_no_interval_that_is_none(self, client, typed):
        client.get("/settings/business")
        answer = client.post("/settings/cadences", **{**CADENCES, "every_A": typed})
        assert answer.status_code == 422
        assert soup(answer).select_one("#every_A")["aria-invalid"] == "true"
