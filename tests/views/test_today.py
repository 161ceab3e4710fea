"""Today in the browser: its sentence, its rows, and what one does with them."""

from __future__ import annotations

from datetime import date

import pytest

from crm.core import limits
from crm.domain import (
    interactions,
    members,
    notes,
    openings,
    parkings,
    promises,
    readiness,
    stages,
    suggested_moves,
    touches,
    vendors,
)
from crm.domain.trials import TrialTerms
from crm.models.enums import Answer, CadenceChoice, InteractionKind, ParkingReason, PromiseKind, Stage, Statement
from crm.models.log import Interaction, Promise
from crm.models.reminders import Reminder
from crm.models.vendors import Vendor
from tests.support.browsing import soup, words

TODAY = date(2026, 10, 19)


@pytest.fixture(autouse=True)
def _days(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def northlight(inside, business, clock_at):
    """Added a fortnight ago: a check-in is due today."""
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Northlight Studio", what_they_do="Product films")
    clock_at("2026-10-19 09:00")
    return vendor


def promised(session, by, name, day):
    vendor = vendors.add(session, by=by, name=name, cadence_choice=CadenceChoice.NONE, despite_doubles=True)
    promises.make(vendor, by=by, kind=PromiseKind.OURS, what="Send the list", due_on=day)
    return vendor


def act_of(answer, row, words_on_it):
    """The address of a button in a row."""
    for form in soup(answer).select(f"{row} form"):
        if words_on_it in form.get_text():
            return form["action"]
    raise AssertionError(f"no {words_on_it} in {row}")


def due_on(inside, business, vendor):
    with inside(business) as session:
        return session.get(Vendor, vendor.id).due_on


class TestWhatItSays:
    def test_on_a_quiet_day_it_says_so(self, browser_of, business, clock_at):
        clock_at("2026-10-19 09:00")
        shown = browser_of(business.owner).get("/today")
        assert words(shown, "h1") == "Good morning, Olive."
        assert words(shown, ".lead") == "Nothing needs you today. You are on good terms with everyone."

    @pytest.mark.parametrize(
        ("hour", "greeting"), [(9, "morning"), (12, "afternoon"), (17, "afternoon"), (18, "evening")]
    )
    def test_it_greets_by_the_readers_own_clock(self, browser_of, business, clock_at, hour, greeting):
        clock_at(f"2026-10-19 {hour:02d}:00")
        assert words(browser_of(business.owner).get("/today"), "h1") == f"Good {greeting}, Olive."

    def test_its_sentence_counts_what_stands_below(self, client, inside, business, northlight, clock_at):
        with inside(business) as session:
            promised(session, business.owner, "Pixelmill", date(2026, 10, 18))
            trial = vendors.add(session, by=business.owner, name="Bluebell Words", cadence_choice=CadenceChoice.NONE)
            stages.move(trial, by=business.owner, to=Stage.TRIAL, trial=TrialTerms("One page", TODAY))
        shown = client.get("/today")
        assert words(shown, ".lead") == (
            "One check-in is due today. One more thing needs you. One trial task waits for you."
        )
        assert words(shown, "[aria-labelledby=touch] .count") == "2"
        assert words(shown, "[aria-labelledby=trials] .count") == "1"
        assert words(shown, ".nav .count").startswith("3")

    def test_late_and_due_stand_in_one_sentence(self, browser_of, business, inside, northlight, clock_at):
        clock_at("2026-10-06 09:00")
        with inside(business) as session:
            vendors.add(session, by=business.owner, name="Pixelmill")
        clock_at("2026-10-20 09:00")
        assert words(browser_of(business.owner).get("/today"), ".lead") == "One check-in is late and one is due today."

    def test_a_row_says_who_why_and_what_was_last_said(self, browser_of, business, inside, northlight, clock_at):
        with inside(business) as session:
            vendor = session.get(Vendor, northlight.id)
            interactions.log(
                vendor, by=business.owner, kind=InteractionKind.CALL, occurred_on=TODAY, summary="Full until **March**"
            )
            parkings.park(vendor, by=business.owner, reason=ParkingReason.AT_CAPACITY, until=date(2026, 10, 26))
        clock_at("2026-10-26 09:00")
        row = words(browser_of(business.owner).get("/today"), ".row")
        assert "Northlight Studio" in row
        assert "Parked: They have no capacity. Time to look again." in row
        assert "Full until March" in row
        assert "Keep parked" in row

    def test_a_row_offers_a_move_as_the_letter_does(self, browser_of, business, northlight):
        moves = tuple(str(move) for move in suggested_moves._STAGES[Stage.PROSPECT])
        assert words(browser_of(business.owner).get("/today"), ".row .row-move").startswith(moves)

    def test_an_opening_in_the_niche_of_a_parked_vendor_is_named(
        self, browser_of, business, inside, northlight, clock_at
    ):
        with inside(business) as session:
            vendor = session.get(Vendor, northlight.id)
            category = vendors.categories.add(session, name="Moving pictures")
            vendors.categories.put_in(vendor, [category.id])
            parkings.park(vendor, by=business.owner, reason=ParkingReason.AT_CAPACITY, until=date(2026, 10, 26))
            openings.add(
                session, by=business.owner, business="Harbour Dental", person="", email="",
                what_they_need="a film", category_id=category.id, budget_amount=None, currency="", until=None,
            )  # fmt: skip
        clock_at("2026-10-26 09:00")
        assert "Refer Harbour Dental , who look for: a film." in words(
            browser_of(business.owner).get("/today"), ".row-move"
        )

    def test_members_see_their_own_and_admins_may_see_everyones(self, browser_of, business, northlight):
        member, admin = browser_of(business.member), browser_of(business.admin)
        assert "Northlight" not in words(member.get("/today?who=everyone"), "main")
        assert not soup(member.get("/today")).select(".chip")
        assert "Northlight" not in words(admin.get("/today"), "main")
        assert "Northlight" in words(admin.get("/today?who=everyone"), "main")

    def test_a_viewer_has_nothing_to_do_here(self, browser_of, business, northlight):
        for address in ("/today", "/today?who=everyone"):
            shown = browser_of(business.viewer).get(address)
            assert "Northlight" not in words(shown, "main")
            assert not soup(shown).select("main form")

    def test_a_mention_stands_in_the_margin_until_it_is_seen(self, client, inside, business, northlight):
        with inside(business) as session:
            notes.write(session.get(Vendor, northlight.id), by=business.admin, body="@Olive look at **this**")
        shown = client.get("/today")
        assert "@Olive look at this" in words(shown, "[aria-labelledby=mentions]")
        assert words(shown, "[aria-labelledby=mentions] .at") == "@Olive"
        shown = client.follow(client.post(act_of(shown, "[aria-labelledby=mentions]", "Seen")))
        assert not soup(shown).select("#mentions")
        shown = client.follow(client.post(soup(shown).select_one(".toast form")["action"]))
        assert soup(shown).select("#mentions")


class TestActs:
    def test_done_logs_it_and_says_what_comes_next(self, client, inside, business, northlight):
        shown = client.follow(client.post(act_of(client.get("/today"), ".row", "Done")))
        assert "Done. Next check-in with Northlight Studio: Mon 2 Nov." in words(shown, ".toast")
        assert not soup(shown).select("main .rows")
        assert due_on(inside, business, northlight) == date(2026, 11, 2)

        shown = client.follow(client.post(soup(shown).select_one(".toast form")["action"]))
        assert "Northlight Studio" in words(shown, ".row")
        assert due_on(inside, business, northlight) == TODAY

    def test_done_twice_is_logged_once(self, client, inside, business, northlight):
        path = act_of(client.get("/today"), ".row", "Done")
        assert [client.post(path).status_code, client.post(path).status_code] == [303, 422]
        with inside(business) as session:
            assert session.query(Interaction).count() == 1

    def test_the_snooze_menu_shows_its_dates(self, client, northlight):
        menu = words(client.get("/today"), ".row .menu-list")
        assert "1 week Mon 26 Oct" in menu
        assert "1 month Thu 19 Nov" in menu

    @pytest.mark.parametrize(
        ("until", "day"), [("one_week", "Mon 26 Oct"), ("one_month", "Thu 19 Nov"), ("2026-10-24", "Mon 26 Oct")]
    )
    def test_snoozed(self, client, northlight, until, day):
        path = act_of(client.get("/today"), ".row", "1 week")
        shown = client.follow(client.post(path, until=until))
        assert f"Snoozed until {day}." in words(shown, ".toast")
        shown = client.follow(client.post(soup(shown).select_one(".toast form")["action"]))
        assert "Northlight Studio" in words(shown, ".row")

    @pytest.mark.parametrize("until", ["", "yesterday", "2026-10-19", "2026-02-30", "9999999-01-01", None])
    def test_what_cannot_be_a_day_is_refused_in_words(self, client, northlight, until):
        answer = client.post(act_of(client.get("/today"), ".row", "1 week"), until=until)
        assert answer.status_code == 422
        assert "Pick a day from tomorrow on." in words(answer, "main")

    def test_skipped(self, client, inside, business, northlight):
        shown = client.follow(client.post(act_of(client.get("/today"), ".row", "Skip this one")))
        assert "Skipped. Next check-in with Northlight Studio: Mon 2 Nov." in words(shown, ".toast")
        client.post(soup(shown).select_one(".toast form")["action"])
        assert due_on(inside, business, northlight) == TODAY

    def test_a_trial_task_leads_to_its_own_page(self, client, inside, business, clock_at):
        clock_at("2026-10-19 09:00")
        with inside(business) as session:
            trial = vendors.add(session, by=business.owner, name="Bluebell Words", cadence_choice=CadenceChoice.NONE)
            stages.move(trial, by=business.owner, to=Stage.TRIAL, trial=TrialTerms("One page", TODAY))
        links = [link["href"] for link in soup(client.get("/today")).select(".row a") if "It came" in link.get_text()]
        assert "Bluebell Words" in words(client.get(links[0]), "h1")

    def test_the_acts_stand_in_their_order(self, client, northlight):
        acts = soup(client.get("/today")).select(".row .actions > *")
        names = [(act.select_one("summary, button") or act).get_text().split()[0] for act in acts]
        assert [name.strip(":") for name in names] == ["Snooze", "Refer", "Log", "Trust", "Done"]

    @pytest.mark.parametrize("act", ["done", "snooze", "skip", "done/undo"])
    def test_a_stranger_and_a_viewer_act_on_nothing(self, browser_of, inside, business, northlight, act):
        with inside(business) as session:
            number = session.query(Reminder).one().id
        path = f"/reminders/{number}/{act}"
        assert browser_of(business.stranger).post(path, until="one_week").status_code == 404
        assert browser_of(business.viewer).post(path, until="one_week").status_code == 403


@pytest.mark.parametrize("count", [10, 300])
def test_the_number_of_statements_does_not_grow(client, inside, business, count_queries, clock_at, count):
    with inside(business) as session:
        for number in range(count):
            promised(session, business.owner, f"Vendor {number}", date(2026, 10, 6))
    clock_at("2026-10-19 09:00")
    client.get("/today")
    with count_queries() as statements:
        shown = client.get("/today")
    assert len(statements) <= 8, statements
    assert len(soup(shown).select("[aria-labelledby=touch] .row")) == min(count, limits.TODAY_ROWS)


class TestTheTimeLooksRight:
    @pytest.fixture
    def ripe(self, inside, business, clock_at):
        """The balm has a launch date: what the member parked Kettle & Crane for in June, ticked by the owner today."""
        clock_at("2026-06-08 09:00")
        with inside(business) as session:
            vendor = vendors.add(session, by=business.member, name="Kettle & Crane", cadence_choice=CadenceChoice.NONE)
            parkings.park(
                vendor,
                by=business.member,
                reason=ParkingReason.NOTHING_TO_OUTSOURCE,
                condition="the balm has a launch date",
                until=date(2026, 12, 1),
            )
        clock_at("2026-10-19 09:00")
        with inside(business) as session:
            vendor = session.get(Vendor, vendor.id)
            parkings.tick(parkings.of_vendor(session, vendor), by=business.owner)
            return vendor

    def test_comes_first_is_marked_and_says_what_came_true(self, browser_of, inside, business, ripe):
        with inside(business) as session:
            promised(session, business.member, "Larch", date(2026, 10, 12))
        shown = browser_of(business.member).get("/today")
        assert words(shown, ".lead mark") == "The time looks right for Kettle & Crane."
        assert words(shown, ".lead").startswith("One thing needs you.")
        assert words(shown, ".ripe h3") == "Kettle & Crane: the balm has a launch date"
        assert words(shown, ".ripe .why") == "Parked in June. Nothing to outsource now."
        assert shown.text.index('class="ripe"') < shown.text.index(">Larch<")

    def test_offers_to_get_in_touch_to_decide_and_to_wait(self, browser_of, business, ripe):
        browser = browser_of(business.member)
        page = soup(browser.get("/today"))
        links = {
            link.get_text().split(":")[0].split(" with")[0]: link["href"] for link in page.select(".ripe .actions a")
        }
        assert links.keys() == {"Get in touch", "Decide"}
        for href in links.values():
            assert browser.get(href).status_code == 200

    def test_not_yet_keeps_them_parked_and_is_the_answer(self, browser_of, business, ripe):
        browser = browser_of(business.member)
        assert browser.post(act_of(browser.get("/today"), ".ripe", "Not yet")).status_code == 303
        shown = browser.get("/today")
        assert soup(shown).select(".ripe") == []
        assert words(shown, ".lead").startswith("Nothing needs you today.")

    def test_is_not_the_others(self, browser_of, business, ripe):
        for person in (business.admin, business.viewer):
            assert soup(browser_of(person).get("/today")).select(".ripe") == []
        everyones = browser_of(business.admin).get("/today?who=everyone")
        assert "With Milo Member." in words(everyones, ".ripe .why")

    def test_a_stranger_finds_nothing_of_it(self, browser_of, business, ripe):
        assert "Kettle" not in browser_of(business.stranger).get("/today").text


class TestWhose:
    def test_whoever_stands_in_is_told_for_whom(self, browser_of, inside, business):
        with inside(business) as session:
            vendor = promised(session, business.member, "Larch", date(2026, 10, 5))
            vendors.edit(vendor, by=business.member, version=vendor.version, backup_id=business.admin.user_id)
            members.take_time_off(
                session, business.member.user_id, by=business.owner, first=date(2026, 10, 5), last=date(2026, 10, 9)
            )
        assert "For Milo, who is away." in words(browser_of(business.admin).get("/today"), ".row")
        assert "Larch" not in browser_of(business.member).get("/today").text

    def test_everyones_names_who_is_reminded_and_each_thing_once(self, browser_of, inside, business, clock_at):
        with inside(business) as session:
            vendor = promised(session, business.member, "Larch", date(2026, 10, 5))
            vendors.edit(vendor, by=business.member, version=vendor.version, backup_id=business.admin.user_id)
        clock_at("2026-10-19 09:00")
        with inside(business) as session:
            touches.refresh(session, session.get(Vendor, vendor.id))
        page = browser_of(business.owner).get("/today?who=everyone")
        assert len(soup(page).select(".rows .row")) == 1
        assert "With Milo Member." in words(page, ".row")


def test_with_a_thousand_things_it_stays_a_page_of_eight_questions(client, inside, business, count_queries):
    with inside(business) as session:
        vendor = promised(session, business.owner, "Larch", TODAY)
        session.insert_many(
            Promise,
            [
                {
                    "vendor_id": vendor.id,
                    "kind": PromiseKind.OURS,
                    "what": f"Thing {number}",
                    "due_on": date(2026, 10, 1),
                    "created_by": business.owner.user_id,
                }
                for number in range(1000)
            ],
        )
        touches.refresh(session, vendor)
    client.get("/today")
    with count_queries() as statements:
        shown = client.get("/today")
    assert len(statements) <= 8
    assert words(shown, ".lead") == "1,000 things need you."
    assert len(soup(shown).select(".rows .row")) == limits.TODAY_ROWS


def test_owners_and_admins_are_asked_to_look_again_at_how_ready_we_are(
    browser_of, business, inside, clock_at, count_queries
):
    answers = dict.fromkeys(Statement, Answer.PARTLY_WRITTEN)
    with inside(business) as session:
        readiness.take(session, by=business.member, answers=answers)
    clock_at("2027-01-02 09:00")
    assert "How ready are you?" not in words(browser_of(business.owner).get("/today"))
    clock_at("2027-01-03 09:00")
    shown = {each: browser_of(getattr(business, each)) for each in ("owner", "admin", "member", "viewer", "stranger")}
    asked = {each: "How ready are you?" in words(browser.get("/today")) for each, browser in shown.items()}
    assert asked == {"owner": True, "admin": True, "member": False, "viewer": False, "stranger": False}
    with count_queries() as statements:
        page = shown["owner"].get("/today")
    assert "Nothing needs you today." in words(page)
    assert len([each for each in statements if "readiness" in each]) == 1, statements
    put_off = shown["admin"].follow(shown["admin"].post("/readiness/1/snooze?back=/today", until="2027-01-10"))
    assert "How ready are you?" not in words(put_off)
    assert "How ready are you?" not in words(shown["owner"].get("/today"))
    with inside(business) as session:
        readiness.take(session, by=business.member, answers=answers)
    clock_at("2027-01-10 09:00")
    assert "How ready are you?" not in words(browser_of(business.owner).get("/today"))
