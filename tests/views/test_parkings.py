"""Parked for later in the browser: the page, the form, and unparking."""

from __future__ import annotations

from datetime import date

import pytest

from crm.core import limits
from crm.domain import interactions, needs, parkings, stages, vendors
from crm.domain.needs import NeedTerms
from crm.domain.parking_terms import Figure
from crm.domain.trials import TrialTerms
from crm.models.enums import CadenceChoice, InteractionKind, ParkingReason, RatePeriod, Stage
from crm.models.stages import Parking
from crm.models.vendors import Vendor
from tests.support.browsing import soup, words

FILLED = {"reason": "at_capacity", "rhythm": "6 weeks", "look_for_referrals": "y"}


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def northlight(inside, business):
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Northlight Studio", what_they_do="Product films")


@pytest.fixture
def form(northlight):
    return f"/vendors/{northlight.id}/parking"


@pytest.fixture
def parked(inside, business, northlight):
    with inside(business) as session:
        vendor = session.get(Vendor, northlight.id)
        parkings.park(vendor, by=business.owner, reason=ParkingReason.NO_BUDGET, condition="We earn more")
    return northlight


def parking_of(inside, business):
    with inside(business) as session:
        return session.query(Parking).order_by(Parking.id.desc()).first()


class TestParking:
    def test_a_reason_is_enough(self, client, form, inside, business):
        answer = client.post(form, **FILLED)
        assert answer.status_code == 303
        kept = parking_of(inside, business)
        assert (kept.reason, kept.revisit_on) == (ParkingReason.AT_CAPACITY, date(2026, 12, 4))
        assert (kept.cadence_choice, kept.cadence_every, kept.cadence_unit) == (CadenceChoice.OWN, 6, "weeks")
        assert (kept.look_for_referrals, kept.offer_small_tasks, kept.ask_for_discount) == (True, False, False)

    def test_all_that_is_said_is_kept(self, client, form, inside, business):
        client.post(
            form,
            reason="season",
            details="They do *winter* work",
            until="2027-03-01",
            condition="Spring comes",
            owner_id=str(business.admin.user_id),
            rhythm="other",
            every="10",
            unit="days",
            told_vendor="We’ll call",
            ask_for_discount="y",
        )
        kept = parking_of(inside, business)
        assert (kept.details, kept.condition, kept.told_vendor) == (
            "They do *winter* work",
            "Spring comes",
            "We’ll call",
        )
        assert (kept.revisit_on, kept.cadence_every, kept.cadence_unit) == (date(2027, 3, 1), 10, "days")
        assert (kept.look_for_referrals, kept.ask_for_discount) == (False, True)
        with inside(business) as session:
            assert session.query(Vendor).one().owner_id == business.admin.user_id

    def test_it_says_when_the_next_check_in_is_and_can_be_taken_back(self, client, form, inside, business):
        shown = client.follow(client.post(f"{form}?back=/board", **FILLED))
        assert "Northlight Studio is parked. Next check-in: Mon 16 Nov." in words(shown, ".toast")
        client.post(soup(shown).select_one(".toast form")["action"])
        with inside(business) as session:
            assert session.query(Vendor).one().stage is Stage.PROSPECT

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"reason": None}, "Choose why now is the wrong time."),
            ({"until": "2026-10-05"}, "Pick a day from tomorrow on."),
            ({"until": "2099-01-01"}, "Pick a day within the next ten years."),
            ({"until": "March"}, "Type the day as year-month-day"),
            ({"rhythm": "other"}, "Type a number from 1 to 3650."),
            ({"rhythm": "other", "every": "0", "unit": "days"}, "Type a number from 1 to 3650."),
            ({"rhythm": "hourly"}, "Choose one of the list."),
            ({"owner_id": "999999"}, "Choose one of the list."),
            ({"condition": "x" * 501}, "Keep it under 500 characters."),
        ],
    )
    def test_what_makes_no_sense_is_said_beside_its_box(self, client, form, inside, business, wrong, said):
        answer = client.post(form, **{**FILLED, "details": "Kept as typed", **wrong})
        assert answer.status_code == 422
        assert said in words(answer, ".error")
        assert soup(answer).select_one("[name=details]").text.strip() == "Kept as typed"
        assert parking_of(inside, business) is None

    def test_a_condition_with_a_figure(self, client, form, inside, business):
        figure = {"condition": "Turnover", "now": "£26,400", "goal": "30,000", "figure_unit": "a month"}
        assert client.post(form, **FILLED, **figure).status_code == 303
        kept = parking_of(inside, business)
        assert (kept.condition_now, kept.condition_goal) == (2_640_000, 3_000_000)
        assert (kept.condition_currency, kept.condition_unit) == ("GBP", "a month")
        shown = soup(client.get(f"{form}/edit"))
        boxes = {name: shown.select_one(f"[name={name}]")["value"] for name in figure}
        assert boxes == {**figure, "goal": "£30,000"}

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"now": "12"}, "Type what it has to reach."),
            ({"goal": "many"}, "Type a number, such as 12"),
            ({"goal": "2.5"}, "Type a number, such as 12"),
            ({"goal": "0"}, "Type a number above 0."),
            ({"now": "£5", "goal": "€9"}, "Type both in one currency."),
            ({"now": "12", "goal": "10"}, "That is reached already."),
            ({"goal": "10", "condition": ""}, "Say in words what has to happen."),
            ({"goal": "10", "figure_unit": "x" * 41}, "Keep it under 40 characters."),
        ],
    )
    def test_a_figure_that_makes_no_sense(self, client, form, inside, business, wrong, said):
        answer = client.post(form, **{**FILLED, "condition": "Orders", **wrong})
        assert answer.status_code == 422
        assert said in words(answer, ".error")
        assert parking_of(inside, business) is None

    def test_a_trial_that_is_left_by_it_is_asked_about(self, client, form, inside, business, northlight):
        with inside(business) as session:
            vendor = session.get(Vendor, northlight.id)
            stages.move(vendor, by=business.owner, to=Stage.TRIAL, trial=TrialTerms("One film", date(2026, 10, 12)))
        assert soup(client.get(f"{form}/new")).select("[name=outcome]")
        assert client.post(form, **FILLED).status_code == 422
        assert client.post(form, **FILLED, outcome="passed").status_code == 303

    def test_who_is_parked_already_gets_the_form_that_changes_it(self, client, form, parked):
        assert client.get(f"{form}/new").location.startswith(f"{form}/edit")


class TestChanging:
    def test_it_shows_what_is_kept(self, client, form, parked):
        shown = soup(client.get(f"{form}/edit"))
        assert shown.select_one("[name=condition]")["value"] == "We earn more"
        assert shown.select_one("[name=reason][checked]")["value"] == "no_budget"

    def test_the_second_to_save_sees_both_and_loses_nothing(self, client, browser_of, business, form, parked, inside):
        version = soup(client.get(f"{form}/edit")).select_one("[name=version]")["value"]
        first = {**FILLED, "version": version, "until": "2027-01-03", "condition": "Theirs"}
        assert browser_of(business.admin).post(f"{form}/edit", **first).status_code == 303

        answer = client.post(f"{form}/edit", **{**first, "condition": "Mine"})
        assert answer.status_code == 409
        assert "Theirs" in words(answer, ".conflict")
        assert "Mine" in words(answer, ".conflict")
        shown = soup(answer)
        assert shown.select_one("form [name=condition]")["value"] == "Mine"

        fresh = shown.select_one("form [name=version]")["value"]
        assert client.post(f"{form}/edit", **{**first, "condition": "Mine", "version": fresh}).status_code == 303
        assert parking_of(inside, business).condition == "Mine"

    @pytest.mark.parametrize("version", ["", "x", "999999999999999999999"])
    def test_a_version_that_is_none_overwrites_nothing(self, client, form, parked, inside, business, version):
        answer = client.post(f"{form}/edit", **FILLED, version=version, condition="Mine")
        assert answer.status_code in (409, 422)
        assert parking_of(inside, business).condition == "We earn more"

    def test_kept_parked_for_another_while(self, client, form, parked, inside, business, clock_at):
        clock_at("2026-10-12 09:00")
        shown = client.follow(client.post(f"{form}/keep"))
        assert "Northlight Studio stays parked until Sun 10 Jan 2027." in words(shown, ".toast")
        client.post(soup(shown).select_one(".toast form")["action"])
        assert parking_of(inside, business).revisit_on == date(2027, 1, 3)

    def test_after_three_times_in_a_row_it_asks_whether_this_is_still_the_right_partner(
        self, client, form, parked, clock_at
    ):
        said = []
        for day in (12, 13, 14):
            clock_at(f"2026-10-{day} 09:00")
            said.append(words(client.follow(client.post(f"{form}/keep")), ".toast"))
        assert ["right partner" in toast for toast in said] == [False, False, True]


class TestUnparking:
    @pytest.mark.parametrize("to", [Stage.PROSPECT, Stage.ACTIVE])
    def test_it_asks_where_to(self, client, northlight, parked, inside, business, to):
        shown = client.follow(client.post(f"/vendors/{northlight.id}/unparking", to=to.value))
        with inside(business) as session:
            assert session.query(Vendor).one().stage is to
        client.post(soup(shown).select_one(".toast form")["action"])
        with inside(business) as session:
            assert session.query(Vendor).one().stage is Stage.PARKED

    @pytest.mark.parametrize("to", [Stage.TRIAL, Stage.ENDED, Stage.NOT_A_FIT])
    def test_what_needs_more_is_asked_on_its_page(self, client, northlight, parked, to):
        answer = client.post(f"/vendors/{northlight.id}/unparking", to=to.value)
        assert f"/stage-moves/new?to={to.value}" in answer.location

    @pytest.mark.parametrize("to", ["", "nonsense", None])
    def test_nowhere_is_refused(self, client, northlight, parked, to):
        assert client.post(f"/vendors/{northlight.id}/unparking", to=to).status_code == 422


class TestThePage:
    def test_empty_it_says_what_it_is_for(self, client):
        assert "When the right partner comes at the wrong time" in words(client.get("/parked"), ".empty")

    def test_it_is_grouped_by_reason_in_the_order_of_the_form(self, client, inside, business):
        with inside(business) as session:
            for reason in reversed(ParkingReason):
                vendor = vendors.add(session, by=business.owner, name=f"For {reason}")
                parkings.park(vendor, by=business.owner, reason=reason)
        shown = soup(client.get("/parked"))
        assert [head.get_text() for head in shown.select(".bench-group h2")] == [
            "They have no capacity",
            "We can’t afford them yet",
            "Nothing to outsource now",
            "We’re not ready",
            "Something must come first",
            "Their price or minimum is too high",
            "They’re on leave or pausing",
            "The scope or the season doesn’t match",
            "Something else",
        ]

    def test_within_a_group_the_next_check_in_comes_first(self, client, inside, business):
        with inside(business) as session:
            for name, until in (("Later", date(2026, 11, 20)), ("Soon", date(2026, 10, 9))):
                vendor = vendors.add(session, by=business.owner, name=name)
                parkings.park(vendor, by=business.owner, reason=ParkingReason.OTHER, until=until)
        assert [name.get_text() for name in soup(client.get("/parked")).select(".bench-name a")] == ["Soon", "Later"]

    def test_a_row_says_until_when_the_last_contact_and_who_keeps_in_touch(self, client, inside, business, parked):
        with inside(business) as session:
            interactions.log(
                session.get(Vendor, parked.id),
                by=business.owner,
                kind=InteractionKind.CALL,
                occurred_on=date(2026, 9, 7),
            )
        row = words(client.get("/parked"), f"#parked-{parked.id}")
        for part in (
            "We earn more",
            "Look again on Sun 3 Jan 2027",
            "Last contact 4 weeks ago",
            "Olive, every 60 days",
        ):
            assert part in row
        thread = soup(client.get("/parked")).select_one(f"#parked-{parked.id} svg.thread")
        assert "In touch once in eight months." in thread["aria-label"]

    def test_gone_quiet_is_silent_for_twice_the_rhythm(self, browser_of, clock_at, inside, business, northlight):
        with inside(business) as session:
            parkings.park(session.get(Vendor, northlight.id), by=business.owner, reason=ParkingReason.OTHER)
        clock_at("2027-02-01 09:00")  # 119 days
        assert "Nobody parked fits" in words(browser_of(business.owner).get("/parked?quiet=1"), ".empty")
        clock_at("2027-02-03 09:00")  # 121 days: more than twice 60
        assert "Northlight Studio" in words(browser_of(business.owner).get("/parked?quiet=1"), ".bench")

    def test_whoever_the_time_looks_right_for_comes_first_and_says_so(self, client, inside, business):
        with inside(business) as session:
            for name, until in (("Soon", date(2026, 10, 9)), ("Kettle and Crane", date(2027, 5, 4))):
                vendor = vendors.add(session, by=business.owner, name=name)
                parkings.park(
                    vendor,
                    by=business.owner,
                    reason=ParkingReason.OTHER,
                    until=until,
                    condition="The balm has a launch date",
                )
            parkings.tick(parkings.of_vendor(session, vendor), by=business.member)
        shown = soup(client.get("/parked"))
        rows = shown.select("li.bench-row")
        assert [row.select_one(".row-name").get_text() for row in rows] == ["Kettle and Crane", "Soon"]
        said = rows[0].get_text(" ", strip=True)
        assert f"Ticked off by {business.member.user.first_name} today" in said
        assert "The time looks right" in rows[0].select_one(".bench-next").get_text()
        assert "ripe-row" in rows[0]["class"]
        assert "The time looks right." in rows[0].select_one("svg.thread")["aria-label"]
        assert "The time looks right" not in rows[1].get_text()
        ripe = soup(client.get("/parked?ripe=1"))
        assert [name.get_text() for name in ripe.select(".row-name")] == ["Kettle and Crane"]

    def test_a_figure_is_said_and_drawn(self, client, inside, business):
        with inside(business) as session:
            vendor = vendors.add(session, by=business.owner, name="Studio Halden")
            parkings.park(
                vendor,
                by=business.owner,
                reason=ParkingReason.NO_BUDGET,
                condition="Turnover above £30,000 a month",
                figure=Figure(2_640_000, 3_000_000, "GBP", "a month"),
            )
        row = soup(client.get("/parked")).select_one("li.bench-row")
        assert "Now £26,400 of £30,000 a month" in row.get_text()
        assert row.select_one("svg.meter .done")["width"] == "88%"

    def test_a_reason_says_how_many_there_are_on_all_pages(self, client, inside, business):
        with inside(business) as session:
            for number in range(limits.PARKED_ROWS + 3):
                vendor = vendors.add(session, by=business.owner, name=f"Vendor {number}", despite_doubles=True)
                parkings.park(vendor, by=business.owner, reason=ParkingReason.OTHER)
        for number, count in ((1, limits.PARKED_ROWS), (2, 3)):
            shown = soup(client.get(f"/parked?page={number}"))
            assert len(shown.select("li.bench-row")) == count
            assert shown.select_one(".bench-group .count").get_text() == str(limits.PARKED_ROWS + 3)

    def test_mine(self, client, browser_of, business, parked):
        assert "Northlight" in words(client.get("/parked?who=me"), ".bench")
        assert "Nobody parked fits" in words(browser_of(business.admin).get("/parked?who=me"), ".empty")

    @pytest.mark.parametrize("query", ["page=0", "page=x", "page=99999", "page=-3", "quiet=x"])
    def test_nonsense_in_the_address_does_no_harm(self, client, parked, query):
        assert client.get(f"/parked?{query}").status_code == 200

    def test_a_viewer_reads_and_a_stranger_finds_nothing(self, browser_of, business, parked, form):
        assert "Northlight" in words(browser_of(business.viewer).get("/parked"), ".bench")
        assert not soup(browser_of(business.viewer).get("/parked")).select("main form")
        stranger = browser_of(business.stranger)
        assert "Northlight" not in stranger.get("/parked").text
        assert stranger.get(f"{form}/edit").status_code == 404
        assert stranger.post(form, **FILLED).status_code == 404

    @pytest.mark.parametrize("count", [3, 60])
    def test_the_number_of_statements_does_not_grow(self, client, inside, business, count_queries, count):
        with inside(business) as session:
            for number in range(count):
                vendor = vendors.add(session, by=business.owner, name=f"Vendor {number}", despite_doubles=True)
                parkings.park(vendor, by=business.owner, reason=ParkingReason.OTHER)
        client.get("/parked")
        with count_queries() as statements:
            shown = client.get("/parked")
        assert len(statements) <= 8, statements
        assert len(soup(shown).select(".bench-row[id]")) == min(count, limits.PARKED_ROWS)


def test_the_need_that_comes_first_is_chosen_shown_and_kept(client, form, northlight, inside, business):
    assert "need_id" not in client.get(f"{form}/new").text, "no need is written down yet"
    with inside(business) as session:
        need_id = needs.add(session, by=business.owner, terms=NeedTerms(outcome="A page that sells")).id
    client.post(form, **FILLED | {"reason": "prerequisite", "need_id": str(need_id)})
    shown = soup(client.get(f"/vendors/{northlight.id}"))
    assert shown.select_one(f'a[href="/needs/{need_id}"]').text == "A page that sells"
    chosen = soup(client.get(f"{form}/edit")).select_one("[name=need_id] option[selected]")
    assert chosen["value"] == str(need_id)


class TestWaitingForANeed:
    """A vendor asks for £900 a month; who is parked until a need has its budget is told how much of it lacks."""

    @pytest.fixture
    def wait(self, inside, business, northlight):
        """wait(reason, …) parks the vendor until a need is met, and answers with the need's address."""

        def park(reason, *, budget=50_000, currency="GBP", period=RatePeriod.MONTH, **more):
            with inside(business) as session:
                vendor = session.get(Vendor, northlight.id)
                vendor.currency, vendor.minimum_amount, vendor.minimum_period = "GBP", 90_000, period
                terms = NeedTerms("Two films a month", budget_amount=budget, budget_currency=currency)
                need = needs.add(session, by=business.owner, terms=terms)
                parkings.park(vendor, by=business.owner, reason=reason, need_id=need.id, **more)
                return f"/needs/{need.id}"

        return park

    def places(self, client, northlight):
        """What the vendor's page says beside the day, and what its row on the page of the parked says."""
        profile = soup(client.get(f"/vendors/{northlight.id}"))
        [fact] = [each for each in profile.select(".facts .fact") if each.dt.get_text() == "Until"]
        return fact, soup(client.get("/parked")).select_one(".bench-when:has(.lbl)")

    def test_it_names_the_need_and_the_sum_that_is_missing(self, client, northlight, wait):
        need = wait(ParkingReason.NO_BUDGET)
        for place in self.places(client, northlight):
            assert place.select_one("a")["href"] == need
            said = " ".join(place.get_text(" ", strip=True).split())
            assert "They wait for a budget: Two films a month . £400 a month is missing." in said
            assert "Sun 3 Jan 2027" in said

    def test_what_comes_first_is_named_without_a_sum(self, client, northlight, wait):
        need = wait(ParkingReason.PREREQUISITE, condition="The balm has a launch date")
        for place in self.places(client, northlight):
            assert place.select_one("a")["href"] == need
            said = " ".join(place.get_text(" ", strip=True).split())
            assert "What comes first: Two films a month" in said
            assert "The balm has a launch date" in said
            assert "missing" not in said

    @pytest.mark.parametrize(
        "apart",
        [{"budget": None, "currency": ""}, {"currency": "EUR"}, {"period": RatePeriod.HOUR}, {"budget": 90_000}],
    )
    def test_no_sum_is_said_where_the_two_do_not_compare(self, client, northlight, wait, apart):
        wait(ParkingReason.NO_BUDGET, **apart)
        for place in self.places(client, northlight):
            assert place.select_one("a").get_text() == "Two films a month"
            assert "missing" not in place.get_text()


class TestSomethingMustComeFirst:
    """Without a word of what that is, nothing could ever bring the parking forward."""

    FIRST = FILLED | {"reason": "prerequisite"}

    def test_it_is_asked_for_in_words_where_there_is_no_need(self, client, form, inside, business):
        answer = client.post(form, **self.FIRST)
        assert answer.status_code == 422
        assert words(answer, "#condition-error") == "Say in words what must come first."
        assert parking_of(inside, business) is None
        assert client.post(form, **self.FIRST, condition="A page that sells").status_code == 303

    def test_either_a_need_or_words_will_do(self, client, form, northlight, inside, business):
        with inside(business) as session:
            need_id = needs.add(session, by=business.owner, terms=NeedTerms("A page that sells")).id
        answer = client.post(form, **self.FIRST)
        assert answer.status_code == 422
        assert words(answer, "#need_id-error") == "Name the need, or say in words what must come first."
        assert client.post(form, **self.FIRST, need_id=str(need_id)).status_code == 303
        kept = {**self.FIRST, "version": str(parking_of(inside, business).version)}
        assert client.post(f"{form}/edit", **kept, need_id="").status_code == 422
        assert client.post(f"{form}/edit", **kept, need_id="", condition="A page that sells").status_code == 303

    def test_no_other_reason_asks_for_it(self, client, form):
        assert client.post(form, **FILLED | {"reason": "no_budget"}).status_code == 303
