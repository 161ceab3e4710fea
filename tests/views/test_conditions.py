"""What has to change, in the browser: the figure and the tick, on the vendor's page and on a page of its own."""

from __future__ import annotations

import pytest

from crm.domain import parkings, vendors
from crm.domain.parking_terms import Figure
from crm.models.enums import Availability, ParkingReason, RatePeriod
from crm.models.stages import Parking, ParkingTrigger
from crm.models.vendors import Vendor
from tests.support.browsing import soup, words

TURNOVER = Figure(2_640_000, 3_000_000, "GBP", "a month")


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def parked(inside, business):
    with inside(business) as session:
        vendor = vendors.add(
            session,
            by=business.owner,
            name="Studio Halden",
            currency="GBP",
            rate_amount=9000,
            rate_period=RatePeriod.HOUR,
        )
        parkings.park(
            vendor,
            by=business.owner,
            reason=ParkingReason.NO_BUDGET,
            condition="Turnover above £30,000 a month",
            figure=TURNOVER,
        )
        return vendor.id


@pytest.fixture
def profile(parked):
    return f"/vendors/{parked}"


@pytest.fixture
def address(parked):
    return f"/vendors/{parked}/parking/condition"


def figure_of(inside, business):
    with inside(business) as session:
        return session.query(Parking).one().condition_now


def fired(inside, business):
    with inside(business) as session:
        return session.query(ParkingTrigger).count()


class TestTheFigure:
    def test_the_vendors_page_says_how_far_it_has_come_and_takes_the_next_figure(self, client, profile):
        shown = soup(client.get(profile))
        panel = shown.select_one("[aria-labelledby=p-parked]")
        assert "Now £26,400 of £30,000 a month" in panel.get_text()
        assert panel.select_one("svg.meter .done")["width"] == "88%"
        assert panel.select_one("form.figure-form input[name=now]")["value"] == "£26,400"

    @pytest.mark.parametrize(
        ("typed", "kept"), [("27,000", 2_700_000), ("£27,000.50", 2_700_050), ("0", 0), ("GBP 28000", 2_800_000)]
    )
    def test_a_figure_as_people_type_it(self, client, profile, address, inside, business, typed, kept):
        shown = client.follow(client.post(address, now=typed, seen=str(TURNOVER.now)))
        assert figure_of(inside, business) == kept
        assert "of £30,000 a month." in words(shown, ".toast")
        client.post(soup(shown).select_one(".toast form")["action"])
        assert figure_of(inside, business) == TURNOVER.now

    def test_reaching_the_goal_says_that_the_time_looks_right(self, client, browser_of, business, profile, address):
        shown = client.follow(client.post(address, now="£30,400"))
        said = "The time looks right for Studio Halden: now £30,400 of £30,000 a month."
        assert said in words(shown, ".toast")
        assert "Turnover above £30,000 a month: now £30,400" in words(client.get(profile), ".notice.ochre")
        assert "The time looks right" in words(browser_of(business.viewer).get(profile), ".notice.ochre")

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("", "Type how far it has come."),
            ("many", "Type an amount in figures"),
            ("€27,000", "Type both in one currency."),
            ("-5", "Type a number from 0 up."),
            ("9" * 30, "smaller amount"),
        ],
    )
    def test_what_makes_no_sense_is_said_and_kept_as_typed(self, client, address, inside, business, typed, said):
        answer = client.post(address, now=typed)
        assert answer.status_code == 422
        assert said in words(answer, ".error")
        assert soup(answer).select_one("[name=now]")["value"] == typed
        assert figure_of(inside, business) == TURNOVER.now

    def test_the_second_to_change_it_sees_the_first_and_loses_nothing(
        self, client, browser_of, business, address, inside
    ):
        assert browser_of(business.admin).post(address, now="27,000", seen=str(TURNOVER.now)).status_code == 303
        answer = client.post(address, now="28,000", seen=str(TURNOVER.now))
        assert answer.status_code == 409
        shown = soup(answer)
        assert "Now £27,000 of £30,000" in shown.get_text()
        assert shown.select_one("[name=now]")["value"] == "28,000"
        fresh = shown.select_one("[name=seen]")["value"]
        assert client.post(address, now="28,000", seen=fresh).status_code == 303
        assert figure_of(inside, business) == 2_800_000


class TestTheTick:
    def test_it_is_ticked_and_taken_back(self, client, profile, address, inside, business):
        shown = client.follow(client.post(f"{address}/tick"))
        assert "The time looks right for Studio Halden." in words(shown, ".toast")
        assert fired(inside, business) == 1
        assert "Came true on Mon 5 Oct, by Olive" in words(client.get(profile), "[aria-labelledby=p-parked]")
        client.post(soup(shown).select_one(".toast form")["action"])
        assert fired(inside, business) == 0

    def test_twice_is_once(self, client, address, inside, business):
        for _ in range(2):
            client.post(f"{address}/tick")
        assert fired(inside, business) == 1


class TestWho:
    @pytest.mark.parametrize("person", ["owner", "admin", "member"])
    def test_anyone_who_works_here_says_how_it_stands(self, browser_of, business, address, inside, person):
        browser = browser_of(getattr(business, person))
        assert browser.post(address, now="27,000").status_code == 303
        assert browser.post(f"{address}/tick").status_code == 303
        assert fired(inside, business) == 1

    def test_a_viewer_reads_it_and_a_stranger_finds_nothing(self, browser_of, business, profile, address, inside):
        viewer, stranger = browser_of(business.viewer), browser_of(business.stranger)
        panel = soup(viewer.get(profile)).select_one("[aria-labelledby=p-parked]")
        assert "Now £26,400 of £30,000 a month" in panel.get_text()
        assert not panel.select("form")
        for path in (address, f"{address}/tick", f"{address}/untick", f"{address}/undo"):
            assert viewer.post(path, now="30,000").status_code == 403
            assert stranger.post(path, now="30,000").status_code == 404
        assert stranger.get(address).status_code == 404
        assert figure_of(inside, business) == TURNOVER.now

    def test_a_parking_without_a_figure_has_no_such_page(self, client, inside, business):
        with inside(business) as session:
            vendor = vendors.add(session, by=business.owner, name="Loom Social")
            parkings.park(vendor, by=business.owner, reason=ParkingReason.OTHER)
        assert client.get(f"/vendors/{vendor.id}/parking/condition").status_code == 404


class TestWhatIsNotCompared:
    def test_a_rate_for_another_period_says_so(self, client, parked, profile, inside, business):
        with inside(business) as session:
            vendor = session.get(Vendor, parked)
            row = session.query(Parking).one()
            parkings.edit(row, by=business.owner, version=row.version, reason=ParkingReason.PRICE_TOO_HIGH)
            vendors.edit(
                vendor, by=business.owner, version=vendor.version, rate_amount=50000, rate_period=RatePeriod.DAY
            )
        said = "Their rate is per day now and was per hour: not compared."
        assert said in words(client.get(profile), "[aria-labelledby=p-parked]")

    def test_other_reasons_do_not_compare_it(self, client, parked, profile, inside, business):
        with inside(business) as session:
            vendor = session.get(Vendor, parked)
            vendors.edit(vendor, by=business.owner, version=vendor.version, currency="EUR")
        assert "not compared" not in client.get(profile).text


def test_what_came_true_stands_in_the_timeline_in_its_own_words(client, parked, profile, inside, business):
    with inside(business) as session:
        vendor, row = session.get(Vendor, parked), session.query(Parking).one()
        parkings.edit(row, by=business.owner, version=row.version, reason=ParkingReason.AT_CAPACITY)
        vendors.edit(vendor, by=business.owner, version=vendor.version, availability=Availability.OPEN)
    assert "Studio Halden has room again." in words(client.get(profile), ".timeline")


def test_a_parked_vendors_page_asks_no_more_than_any_other(inside, business, client, count_queries):
    with inside(business) as session:
        parked = vendors.add(session, by=business.owner, name="Northlight")
        parkings.park(parked, by=business.owner, reason=ParkingReason.NO_BUDGET, condition="We earn more")
        other = vendors.add(session, by=business.owner, name="Harbour Films")
    with count_queries() as for_parked:
        client.get(f"/vendors/{parked.id}")
    with count_queries() as for_other:
        client.get(f"/vendors/{other.id}")
    assert len(for_parked) == len(for_other) <= 8
