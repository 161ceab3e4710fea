"""Work in the browser: handed out, delivered, sent back, accepted or rejected, each with its way back."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from crm.domain import decision_areas, delegated_works, touches, vendors
from crm.domain.decision_areas import Agreement
from crm.domain.delegated_works import Verdict, Wanted
from crm.domain.reminder_links import Tokens
from crm.models.delegated_works import DelegatedWork
from crm.models.enums import Level, ReminderKind, WorkOutcome
from crm.models.reminders import Reminder
from tests.support.browsing import soup, words

TODAY = date(2026, 10, 5)
DUE = date(2026, 10, 12)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def bluebell(inside, business):
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Bluebell Words")


@pytest.fixture
def area(inside, business, bluebell):
    with inside(business) as session:
        vendor = vendors.at(session, bluebell.id)
        agreed = Agreement(name="Product pages")
        return decision_areas.hand_over(vendor, by=business.owner, level=Level.AGREE, agreed=agreed)


@pytest.fixture
def work(inside, business, bluebell):
    with inside(business) as session:
        vendor, wanted = vendors.at(session, bluebell.id), Wanted("The autumn guide", "Twelve pages.")
        return delegated_works.hand_out(vendor, by=business.owner, wanted=wanted, due_on=DUE, asked_on=TODAY)


def kept(inside, business):
    with inside(business) as session:
        return session.query(DelegatedWork).order_by(DelegatedWork.id.desc()).first()


def undo_of(answer):
    return soup(answer).select_one(".toast form")["action"]


def test_work_is_handed_out_and_taken_back(client, bluebell, area, inside, business):
    typed = {"title": "The autumn guide", "asked": "Twelve pages.", "area_id": str(area.id)}
    shown = client.follow(
        client.post(f"/vendors/{bluebell.id}/works", **typed, due_on="2026-10-12", asked_on="2026-10-05")
    )
    assert words(shown, "h1") == "The autumn guide"
    assert words(shown, ".page-head .lead") == "Product pages"
    assert "Handed out: The autumn guide, for Mon 12 Oct" in words(shown, "[aria-labelledby=steps]")
    gone = client.follow(client.post(undo_of(shown)))
    assert "No work handed out yet" in words(gone, ".empty")
    assert kept(inside, business) is None


def test_what_was_typed_stays_where_something_is_missing(client, bluebell):
    answer = client.post(
        f"/vendors/{bluebell.id}/works", title="The autumn guide", asked="Twelve", due_on="", asked_on=""
    )
    assert answer.status_code == 422
    shown = soup(answer)
    assert shown.select_one("[name=title]")["value"] == "The autumn guide"
    assert shown.select_one("[name=asked]").text.strip() == "Twelve"
    assert shown.select_one("#due_on-error")
    assert shown.select_one("#asked_on-error")


def test_the_page_offers_what_can_be_done_at_each_moment(client, work, business, inside):
    def offered():
        return [
            each.get_text(" ", strip=True) for each in soup(client.get(f"/works/{work.id}")).select(".actions .btn")
        ]

    assert offered() == ["It came today", "It came earlier", "It came, accept it", "Another day", "Call off", "Change"]
    client.post(f"/works/{work.id}/delivery", delivered_on="2026-10-05")
    assert offered() == ["Accept", "Send back for changes", "Reject", "Call off", "Change"]
    client.post(f"/works/{work.id}/acceptance")
    assert offered() == ["Change", "Add it to the trust notes", "Rate them by what you value"]


def test_what_it_amounts_to_is_noted_in_one_tap_and_once(client, work, browser_of, business):
    client.post(f"/works/{work.id}/acceptance", delivered_on="2026-10-05")
    assert not soup(browser_of(business.viewer).get(f"/works/{work.id}")).select("form[action$='/trust-entries']")
    client.post(soup(client.get(f"/works/{work.id}")).select_one("form[action$='/trust-entries']")["action"])
    shown = soup(client.get(f"/works/{work.id}"))
    assert not shown.select("form[action$='/trust-entries']")
    assert shown.find("a", string="It stands in the trust notes.")


def test_a_form_about_work_that_is_over_leads_back_to_it(client, work):
    client.post(f"/works/{work.id}/acceptance", delivered_on="2026-10-05")
    shown = soup(client.get(f"/works/{work.id}/acceptance"))
    assert shown.find("a", string="Look at it")["href"] == f"/works/{work.id}"


def test_it_goes_back_and_forth_and_each_step_can_be_taken_back(client, work, inside, business):
    pressed = (
        ("delivery", {"delivered_on": "2026-10-05"}, "Came: The autumn guide, on time"),
        (
            "changes",
            {"what": "The tone", "due_on": "2026-10-14"},
            "Sent back for changes: The autumn guide, for Wed 14 Oct",
        ),
        ("delivery", {"delivered_on": "2026-10-05"}, "Came: The autumn guide, on time"),
        ("acceptance", {"rating": "3", "our_minutes": "20", "gave_promised": "yes"}, "Accepted: The autumn guide"),
    )
    for path, typed, said in pressed:
        shown = client.follow(client.post(f"/works/{work.id}/{path}", **typed))
        assert said in words(shown, "[aria-labelledby=steps]")
        undo = undo_of(shown)
    assert "1 round of changes" in words(shown, "main")
    assert "3, one round of changes" in words(shown, ".terms")
    shown = client.follow(client.post(undo))
    assert kept(inside, business).outcome is None
    assert client.post(undo).status_code == 422, "pressed twice it must not take another step back"
    assert kept(inside, business).delivered_on == TODAY


def test_a_delivery_can_be_accepted_in_the_same_form(client, work, inside, business):
    shown = client.get(f"/works/{work.id}/acceptance")
    assert soup(shown).select_one("[name=delivered_on]")["value"] == "2026-10-05"
    typed = {"rating": "5", "cost_amount": "450.50", "cost_currency": "GBP", "remark": "Used as it came"}
    client.post(f"/works/{work.id}/acceptance", delivered_on="2026-10-05", **typed)
    found = kept(inside, business)
    assert (found.outcome, found.delivered_on, found.rating) == (WorkOutcome.ACCEPTED, TODAY, 5)
    assert (found.cost_amount, found.cost_currency, found.gave_promised) == (45_050, "GBP", None)


@pytest.mark.parametrize(
    ("typed", "box"),
    [
        ({"cost_amount": "a lot", "cost_currency": "GBP"}, "cost_amount"),
        ({"our_minutes": "-5"}, "our_minutes"),
        ({"rating": "9"}, "rating"),
        ({"delivered_on": ""}, "delivered_on"),
        ({"delivered_on": "2026-10-06"}, "delivered_on"),
    ],
)
def test_a_slip_in_the_verdict_keeps_the_rest(client, work, inside, business, typed, box):
    answer = client.post(f"/works/{work.id}/acceptance", **{"delivered_on": "2026-10-05", "remark": "Kind", **typed})
    assert answer.status_code == 422
    assert soup(answer).select_one(f"#{box}-error, .money [id={box}], [href='#{box}']")
    assert soup(answer).select_one("[name=remark]").text.strip() == "Kind"
    assert kept(inside, business).outcome is None


def test_a_rejection_asks_why(client, work):
    assert client.post(f"/works/{work.id}/rejection", delivered_on="2026-10-05", remark="").status_code == 422
    shown = client.follow(
        client.post(f"/works/{work.id}/rejection", delivered_on="2026-10-05", remark="Half is missing")
    )
    assert "Rejected: The autumn guide" in words(shown, "[aria-labelledby=steps]")
    assert "Half is missing" in words(shown, "[aria-labelledby=steps]")


def test_the_second_to_change_the_words_sees_both_and_loses_nothing(client, work, inside, business):
    opened = soup(client.get(f"/works/{work.id}/edit"))
    hidden = {name: opened.select_one(f"[name={name}]")["value"] for name in ("version", "opened")}
    client.post(f"/works/{work.id}", title="The winter guide", asked="Twelve pages.", **hidden)
    answer = client.post(f"/works/{work.id}", title="The spring guide", asked="Twelve pages.", **hidden)
    assert answer.status_code == 409
    assert "The winter guide" in words(answer, ".versions")
    assert "The spring guide" in words(answer, ".versions")
    shown = soup(answer)
    fresh = {name: shown.select_one(f"[name={name}]")["value"] for name in ("version", "opened")}
    assert client.post(f"/works/{work.id}", title="The spring guide", asked="Twelve pages.", **fresh).status_code == 303
    assert kept(inside, business).title == "The spring guide"


def test_the_second_to_agree_on_a_day_sees_both(client, work, inside, business):
    client.post(f"/works/{work.id}/day", due_on="2026-10-16", version="1", opened="")
    answer = client.post(f"/works/{work.id}/day", due_on="2026-10-20", version="1", opened="")
    assert answer.status_code == 409
    assert "2026-10-16" in words(answer, ".versions")
    assert soup(answer).select_one("[name=due_on]")["value"] == "2026-10-20"
    shown = client.follow(client.post(f"/works/{work.id}/day", due_on="2026-10-20", version="2", opened=""))
    assert "The autumn guide: now for Tue 20 Oct (was Fri 16 Oct)" in words(shown, "[aria-labelledby=steps]")
    assert "First agreed for Mon 12 Oct" in words(shown, ".terms")


def test_the_list_says_how_each_stands_and_that_two_are_not_enough_for_a_figure(
    client, work, bluebell, inside, business
):
    with inside(business) as session:
        found = delegated_works.find(session, work.id)
        delegated_works.accept(found, by=business.owner, verdict=Verdict(rating=5), delivered_on=TODAY)
    shown = client.get(f"/vendors/{bluebell.id}/works")
    assert "Accepted" in words(shown, ".panel-list")
    assert "Rated 5, used without a change." in words(shown, ".panel-list")
    assert words(shown, ".facts .fact").startswith("On time Not enough to go on yet 1 of 1 piece of work")
    assert "%" not in words(shown, ".facts")


def test_three_make_a_figure_with_what_it_rests_on(client, bluebell, inside, business):
    with inside(business) as session:
        vendor = vendors.at(session, bluebell.id)
        for number, due in enumerate((date(2026, 9, 10), date(2026, 9, 20), date(2026, 9, 30))):
            work = delegated_works.hand_out(
                vendor, by=business.owner, wanted=Wanted(f"Page {number}"), due_on=due, asked_on=date(2026, 9, 1)
            )
            delegated_works.accept(work, by=business.owner, verdict=Verdict(), delivered_on=date(2026, 9, 20))
    facts = [
        each.get_text(" ", strip=True) for each in soup(client.get(f"/vendors/{bluebell.id}/works")).select(".fact")
    ]
    assert facts == [
        "On time 67% 2 of 3 pieces of work, by the day first agreed on.",
        "From asking to delivery 19 days The middle of 3 deliveries.",
        "Sent back for changes 0% 0 of 3 pieces of work accepted.",
    ]


def test_the_table_holds_every_work(client, work, bluebell):
    answer = client.get(f"/vendors/{bluebell.id}/works.csv")
    head, row = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert dict(zip(head, row, strict=True))["Work"] == "The autumn guide"
    assert dict(zip(head, row, strict=True))["First agreed for"] == "2026-10-12"


def test_a_viewer_reads_and_finds_no_buttons(browser_of, business, work, bluebell):
    viewer = browser_of(business.viewer)
    assert not soup(viewer.get(f"/works/{work.id}")).select("main form, main .btn")
    assert not soup(viewer.get(f"/vendors/{bluebell.id}/works")).select("main form, main .btn")
    assert viewer.get(f"/vendors/{bluebell.id}/works.csv").status_code == 403


def test_a_stranger_finds_nothing(browser_of, business, work):
    stranger = browser_of(business.stranger)
    assert stranger.get(f"/works/{work.id}").status_code == 404
    assert stranger.post(f"/works/{work.id}/delivery", delivered_on="2026-10-05").status_code == 404


def test_the_list_takes_few_questions(client, work, bluebell, count_queries):
    client.get(f"/vendors/{bluebell.id}/works")
    with count_queries() as asked:
        client.get(f"/vendors/{bluebell.id}/works")
    assert len(asked) <= 6


class TestOnTheVendorsPage:
    def test_the_panel_is_one_line_with_a_way_to_begin(self, client, bluebell):
        shown = soup(client.get(f"/vendors/{bluebell.id}"))
        panel = shown.select_one("[aria-labelledby=p-work]")
        assert panel.get_text(" ", strip=True) == "Work Add : Work Nothing is handed out right now."
        assert panel.a["href"] == f"/vendors/{bluebell.id}/works/new"

    def test_it_names_what_is_open_and_what_waits_for_us(self, client, work, bluebell):
        assert "The autumn guide Mon 12 Oct" in words(client.get(f"/vendors/{bluebell.id}"), "[aria-labelledby=p-work]")
        client.post(f"/works/{work.id}/delivery", delivered_on="2026-10-05")
        said = words(client.get(f"/vendors/{bluebell.id}"), "[aria-labelledby=p-work]")
        assert "The autumn guide Came, to look at" in said
        assert "On time: not enough to go on yet, 1 of 1. In twelve months" in said

    def test_what_happened_stands_on_the_timeline_and_under_delegation(self, client, work, bluebell):
        client.post(f"/works/{work.id}/acceptance", delivered_on="2026-10-05", remark="Used as it came")
        for path in (f"/vendors/{bluebell.id}", f"/vendors/{bluebell.id}?show=delegation"):
            shown = soup(client.get(path))
            entries = [each.get_text(" ", strip=True) for each in shown.select(".entry")]
            assert any("Accepted: The autumn guide, it came on time" in entry for entry in entries)
            assert any("Handed out: The autumn guide, for Mon 12 Oct" in entry for entry in entries)
            assert any("Add it to the trust notes" in entry and "Used as it came" in entry for entry in entries)
        assert "Handed out" not in words(client.get(f"/vendors/{bluebell.id}?show=talk"), "#happened ~ *")

    def test_its_words_are_found(self, client, work):
        assert "The autumn guide" in words(client.get("/search?q=autumn+guide"), "main")
        assert "Bluebell Words" in words(client.get("/search?q=twelve+pages"), "main")


class TestReminders:
    """Late work and accesses in Today, and in letters whose links need no sign-in."""

    @pytest.fixture
    def late(self, inside, business, bluebell):
        with inside(business) as session:
            vendor = vendors.at(session, bluebell.id)
            wanted, asked = Wanted("The autumn guide"), date(2026, 9, 20)
            by, due = business.owner, date(2026, 10, 1)
            work = delegated_works.hand_out(vendor, by=by, wanted=wanted, due_on=due, asked_on=asked)
            given = date(2026, 9, 1)
            access = decision_areas.give_access(
                vendor, by=by, what="The shop", granted_on=given, owner_id=by.user_id, revoke_on=due
            )
            touches.refresh(session, vendor)
            session.flush()
            rows = {row.kind: row for row in session.query(Reminder).filter(Reminder.user_id == by.user_id)}
            return work, access, rows

    def test_today_has_them_in_a_section_of_their_own(self, client, late):
        work, _access, _rows = late
        shown = soup(client.get("/today")).select_one("[aria-labelledby=handed]")
        said = shown.get_text(" ", strip=True)
        assert "Late: The autumn guide" in said
        assert "Still to take back: The shop" in said
        links = [a["href"] for a in shown.select("a.btn") if a.get_text().startswith("Open")]
        assert links == [f"/vendors/{work.vendor_id}/delegation#access", f"/works/{work.id}"]

    def test_it_came_from_today_and_back(self, client, late, inside, business):
        _work, _access, rows = late
        shown = client.follow(client.post(f"/reminders/{rows[ReminderKind.WORK].id}/done"))
        assert "Noted: it came today." in words(shown, ".toast")
        assert kept(inside, business).delivered_on == TODAY
        client.post(undo_of(shown))
        assert kept(inside, business).delivered_on is None

    @pytest.mark.parametrize("kind", [ReminderKind.WORK, ReminderKind.ACCESS])
    def test_the_links_of_a_letter_act_once(self, nobody, settings, late, business, kind):
        reminder = late[2][kind]
        tokens = Tokens(settings, business.owner, reminder.id, reminder.shown_on)
        done, put_off = f"/reminder-links/{tokens.done}/done", f"/reminder-links/{tokens.snooze}/snooze"
        assert "Done notes that it" in words(nobody.get(done))
        assert nobody.get(put_off).status_code == 200
        assert nobody.post(done).status_code == 200
        assert "This is done already." in words(nobody.post(done))
        assert "This is done already." in words(nobody.post(put_off, until="week"))

    @pytest.mark.parametrize("kind", [ReminderKind.WORK, ReminderKind.ACCESS])
    def test_they_are_put_off_from_a_letter(self, nobody, settings, late, business, kind, inside):
        reminder = late[2][kind]
        tokens = Tokens(settings, business.owner, reminder.id, reminder.shown_on)
        assert nobody.post(f"/reminder-links/{tokens.snooze}/snooze", until="2026-10-20").status_code == 200
        with inside(business) as session:
            open_rows = session.query(Reminder).filter(Reminder.kind == kind, Reminder.ended_at.is_(None)).all()
            assert {row.due_on for row in open_rows} == {date(2026, 10, 20)}
