"""Trust notes on pages: in full, in one tap, corrected and mended."""

from __future__ import annotations

import csv
from datetime import date

import pytest

from crm.core import limits
from crm.domain import interactions, people, stages, trials, trust_entries, vendors
from crm.domain.trials import TrialTerms
from crm.domain.trust_entries import Observation
from crm.models.enums import Dimension, Direction, InteractionKind, RecordKind, Stage, Visibility, Weight
from crm.models.trust_entries import TrustEntry
from crm.queries import trust_records
from crm.queries.trust_records import Ref
from tests.support.browsing import soup, words
from tests.support.forms import as_shown

MONDAY, FRIDAY = date(2026, 10, 5), date(2026, 10, 2)
GOOD = {
    "what_happened": "Used without a change.",
    "dimension": "ability",
    "direction": "positive",
    "weight": "notable",
    "occurred_on": "2026-10-02",
    "visibility": "team",
}


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def vendor(inside, business) -> int:
    with inside(business) as session:
        row = vendors.add(session, by=business.owner, name="Silas Brandt")
        people.add(row, by=business.owner, name="Ayo Brandt")
        return row.id


def all_of(inside, business) -> list[TrustEntry]:
    with inside(business) as session:
        return session.query(TrustEntry).order_by(TrustEntry.id).all()


def breach(inside, business, vendor, visibility=Visibility.TEAM) -> int:
    seen = Observation(
        MONDAY, Dimension.INTEGRITY, Direction.NEGATIVE, Weight.MAJOR, "Invoiced twice.", visibility=visibility
    )
    with inside(business) as session:
        return trust_entries.observe(session.get_one(vendors.Vendor, vendor), by=business.member, seen=seen).id


def test_a_note_in_full_keeps_all_its_boxes(client, inside, business, vendor):
    page = client.get(f"/vendors/{vendor}/trust-entries/new")
    person = next(option for option in soup(page).select("#person_id option") if "Ayo" in option.text)["value"]
    sent = as_shown(page) | GOOD | {"person_id": person, "evidence": "https://example.org/a", "vendor_told": "y"}
    assert client.post(f"/vendors/{vendor}/trust-entries", **sent).status_code == 303
    [entry] = all_of(inside, business)
    assert (entry.person_id, entry.evidence, entry.vendor_told) == (int(person), "https://example.org/a", True)
    shown = client.get(f"/trust-entries/{entry.id}")
    assert "Ayo Brandt" in words(shown)
    assert soup(shown).select_one("a[href='https://example.org/a']")["rel"] == ["noopener", "noreferrer", "nofollow"]


@pytest.mark.parametrize("evidence", ["javascript:alert(1)", "data:text/html,x", "on my desk", "//example.org"])
def test_only_an_address_on_the_web_becomes_a_link(client, inside, business, vendor, evidence):
    client.post(f"/vendors/{vendor}/trust-entries", **(GOOD | {"evidence": evidence}))
    [entry] = all_of(inside, business)
    for path in (f"/vendors/{vendor}", f"/trust-entries/{entry.id}"):
        page = client.get(path)
        assert evidence in words(page)
        assert not [link for link in soup(page).select("a[href]") if link["href"] == evidence]


@pytest.mark.parametrize(
    ("typed", "box"),
    [
        ({"what_happened": ""}, "what_happened"),
        ({"what_happened": "x" * (limits.TEXT_LENGTH + 1)}, "what_happened"),
        ({"dimension": None}, "dimension"),
        ({"dimension": "charm"}, "dimension"),
        ({"direction": None}, "direction"),
        ({"weight": "immense"}, "weight"),
        ({"occurred_on": "2026-10-06"}, "occurred_on"),
        ({"occurred_on": "yesterday"}, "occurred_on"),
        ({"person_id": "987654"}, "person_id"),
        ({"observer_id": "987654"}, "observer_id"),
        ({"evidence": "x" * (limits.URL_LENGTH + 1)}, "evidence"),
        ({"actual_on": "2026-10-06"}, "actual_on"),
        ({"our_response": "x" * (limits.TEXT_LENGTH + 1)}, "our_response"),
    ],
)
def test_a_mistake_is_said_beside_its_box_and_what_was_typed_stays(client, inside, business, vendor, typed, box):
    sent = GOOD | typed
    answer = client.post(f"/vendors/{vendor}/trust-entries", **sent)
    assert answer.status_code == 422
    assert soup(answer).select(f".error-summary a[href='#{box}']")
    assert soup(answer).select_one("#what_happened").text.strip() == sent["what_happened"]
    assert all_of(inside, business) == []


@pytest.mark.parametrize("quick", ["", "sabotage", None])
def test_a_tap_that_does_not_exist_writes_nothing(client, inside, business, vendor, quick):
    assert client.post(f"/vendors/{vendor}/quick-trust-entries", quick=quick).status_code == 404
    assert all_of(inside, business) == []


def test_a_correction_stands_in_front_of_what_it_corrects(client, inside, business, vendor):
    client.post(f"/vendors/{vendor}/trust-entries", **GOOD)
    [entry] = all_of(inside, business)
    page = client.get(f"/trust-entries/{entry.id}/correction")
    sent = as_shown(page) | {"what_happened": "One small change."}
    assert client.post(f"/trust-entries/{entry.id}/correction", **sent).status_code == 303
    shown = words(client.get(f"/vendors/{vendor}"), ".timeline")
    assert "One small change." in shown
    assert "Used without a change." not in shown
    assert "Used without a change." in words(client.get(f"/trust-entries/{entry.id}"))
    answer = client.post(f"/trust-entries/{entry.id}/correction", **sent)
    assert answer.status_code == 422
    assert "corrected already" in words(answer, ".error-summary")


def test_a_repair_is_offered_what_it_mends(client, inside, business, vendor):
    broken = breach(inside, business, vendor)
    page = client.get(f"/vendors/{vendor}/trust-entries/new", query_string={"repairs": broken})
    sent = as_shown(page)
    assert (sent["repairs_id"], sent["direction"]) == (str(broken), "positive")
    client.post(f"/vendors/{vendor}/trust-entries", **(sent | {"what_happened": "Paid it back."}))
    assert "Paid it back." in words(client.get(f"/trust-entries/{broken}"), "[aria-labelledby=mended]")


def test_a_private_note_is_missing_for_others_in_every_way(browser_of, inside, business, vendor):
    entry = breach(inside, business, vendor, Visibility.AUTHOR)
    owner = browser_of(business.owner)
    for path in ("", "/correction"):
        assert owner.get(f"/trust-entries/{entry}{path}").status_code == 404
    for path in ("/correction", "/taking-back"):
        assert owner.post(f"/trust-entries/{entry}{path}", **GOOD).status_code == 404
    # Nor can it be found out by mending it.
    answer = owner.post(f"/vendors/{vendor}/trust-entries", **(GOOD | {"repairs_id": str(entry)}))
    assert answer.status_code == 422


def test_a_slip_is_undone_from_the_toast(client, inside, business, vendor):
    shown = client.follow(client.post(f"/vendors/{vendor}/quick-trust-entries", quick="overbilled"))
    client.post(soup(shown).select_one(".toast form")["action"])
    assert all_of(inside, business) == []


# From what happened


@pytest.fixture
def delivery(inside, business, vendor) -> int:
    with inside(business) as session:
        row = session.get_one(vendors.Vendor, vendor)
        kind = InteractionKind.DELIVERY
        return interactions.log(row, by=business.member, kind=kind, occurred_on=FRIDAY, summary="Twelve pages.").id


@pytest.fixture
def trial(inside, business, vendor) -> int:
    with inside(business) as session:
        row = session.get_one(vendors.Vendor, vendor)
        stages.move(row, by=business.member, to=Stage.TRIAL, trial=TrialTerms(what="One page", due_on=MONDAY))
        [task] = trials.open_trials(session, row)
        return task.id


def offers(answer) -> list[str]:
    return [form["action"] for form in soup(answer).select(".offer form")]


@pytest.mark.parametrize(("quick", "direction"), [("on_time", "positive"), ("missed_silently", "negative")])
def test_a_delivery_offers_a_note_once(client, inside, business, vendor, delivery, quick, direction):
    [address] = offers(client.get(f"/vendors/{vendor}"))
    assert client.post(address, quick=quick).status_code == 303
    [entry] = all_of(inside, business)
    assert (entry.direction, entry.occurred_on) == (direction, FRIDAY)
    assert offers(client.get(f"/vendors/{vendor}")) == []
    shown = client.follow(client.post(address, quick=quick))
    assert "It is noted already." in words(shown, ".toast")
    assert len(all_of(inside, business)) == 1
    link = soup(client.get(f"/trust-entries/{entry.id}")).select_one("dl.terms a.link")
    assert "Work delivered" in link.text
    assert "Twelve pages." in link.text
    path, _, anchor = link["href"].partition("#")
    assert soup(client.get(path)).select_one(f"#{anchor}")


def test_a_trials_outcome_offers_a_note_once(client, inside, business, vendor, trial):
    assert offers(client.get(f"/vendors/{vendor}")) == []
    assert client.post(f"/trials/{trial}/trust-entries").status_code == 404  # there is no outcome yet
    client.post(f"/trials/{trial}/delivery", delivered_on="2026-10-05")
    client.post(f"/trials/{trial}/decision", kind="bring_on", rationale="Better than ours")
    address = f"/trials/{trial}/trust-entries"
    assert address in offers(client.get(f"/vendors/{vendor}"))
    client.post(address)
    client.post(address)
    assert [entry.what_happened for entry in all_of(inside, business)] == ["Passed a trial task: One page"]
    assert address not in offers(client.get(f"/vendors/{vendor}"))


def test_a_trial_to_which_nothing_came_says_nothing_of_them(client, vendor, trial):
    client.post(f"/trials/{trial}/decision", kind="bring_on", rationale="Better than ours")
    assert offers(client.get(f"/vendors/{vendor}")) == []


def test_a_private_note_on_a_delivery_is_no_reason_to_offer_nothing(browser_of, business, client, vendor, delivery):
    page = client.get(f"/vendors/{vendor}/trust-entries/new", query_string={"record": f"interaction-{delivery}"})
    sent = as_shown(page)
    assert (sent["record"], sent["occurred_on"]) == (f"interaction-{delivery}", "2026-10-02")
    client.post(f"/vendors/{vendor}/trust-entries", **(sent | GOOD | {"visibility": "author"}))
    assert offers(client.get(f"/vendors/{vendor}")) == []
    assert len(offers(browser_of(business.member).get(f"/vendors/{vendor}"))) == 1


def test_a_correction_keeps_what_shows_it(client, inside, business, vendor, delivery):
    client.post(f"/interactions/{delivery}/quick-trust-entries", quick="on_time")
    [entry] = all_of(inside, business)
    sent = as_shown(client.get(f"/trust-entries/{entry.id}/correction"))
    client.post(f"/trust-entries/{entry.id}/correction", **(sent | {"what_happened": "A day early."}))
    newer = all_of(inside, business)[-1]
    with inside(business) as session:
        assert trust_records.of_entries(session, [newer.id]) == {newer.id: Ref(RecordKind.INTERACTION, delivery)}


@pytest.mark.parametrize("record", ["interaction-987654", "charm-1", "work-1", "promise-"])
def test_a_record_that_does_not_exist_begins_an_empty_form_or_none(client, vendor, record):
    answer = client.get(f"/vendors/{vendor}/trust-entries/new", query_string={"record": record})
    assert answer.status_code in (200, 404)


def test_a_repair_is_begun_from_the_line_the_page_and_the_banner(client, inside, business, vendor):
    broken = breach(inside, business, vendor)
    address = f"/vendors/{vendor}/trust-entries/new?repairs={broken}"
    for path in (f"/vendors/{vendor}", f"/vendors/{vendor}?show=trust", f"/trust-entries/{broken}"):
        assert address in [link["href"] for link in soup(client.get(path)).select("a[href]")]
    line = soup(client.get(f"/vendors/{vendor}")).select_one(f"#trust-{broken} .offer a")
    assert line["href"] == address


def test_a_tap_on_today_comes_back_to_today(client, inside, business, vendor):
    answer = client.post(f"/vendors/{vendor}/quick-trust-entries?back=/today", quick="warned_early")
    assert answer.location.endswith("/today")
    shown = client.follow(answer)
    assert client.post(soup(shown).select_one(".toast form")["action"]).location.endswith("/today")
    assert all_of(inside, business) == []


# As a table


def table(answer) -> list[dict[str, str]]:
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(answer.get_data().decode("utf-8-sig").splitlines()))


def test_the_table_is_safe_in_a_spreadsheet_and_holds_what_its_reader_may_read(
    browser_of, client, inside, business, vendor
):
    client.post(f"/vendors/{vendor}/trust-entries", **(GOOD | {"what_happened": '=HYPERLINK("x")'}))
    breach(inside, business, vendor, Visibility.AUTHOR)
    for path in ("/trust-entries.csv", f"/vendors/{vendor}/trust-entries.csv"):
        [row] = table(client.get(path))
        assert (row["What happened"], row["Vendor"]) == ('\'=HYPERLINK("x")', "Silas Brandt")
        assert (row["Dimension"], row["Direction"], row["Weight"]) == ("ability", "positive", "notable")
        assert len(table(browser_of(business.member).get(path))) == 2
        assert browser_of(business.viewer).get(path).status_code == 403
    assert browser_of(business.stranger).get(f"/vendors/{vendor}/trust-entries.csv").status_code == 404


def test_the_table_leaves_out_what_was_corrected(client, vendor):
    client.post(f"/vendors/{vendor}/trust-entries", **GOOD)
    sent = as_shown(client.get("/trust-entries/1/correction")) | {"what_happened": "One small change."}
    client.post("/trust-entries/1/correction", **sent)
    [row] = table(client.get("/trust-entries.csv"))
    assert (row["What happened"], row["Takes the place of"]) == ("One small change.", "1")
