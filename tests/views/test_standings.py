"""Standing on screen: given, changed, renewed and taken away on a vendor's page; read by everybody; told in Today."""

from __future__ import annotations

import re
from datetime import date

import pytest

from crm.domain import standings, vendors
from crm.mail import mime
from crm.models.enums import StandingLevel
from crm.queries import standings as standing_queries
from crm.queries.categories import tree
from tests.support.browsing import soup, words
from tests.support.forms import as_shown
from tests.support.letters import messages, tick

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def niche(inside, business):
    with inside(business) as session:
        places = tree(session)
        return places.children(places.children(None)[0].id)[0]


@pytest.fixture
def vendor_id(inside, business, niche):
    with inside(business) as session:
        return vendors.add(session, by=business.member, name="Northlight", category_ids=[niche.id]).id


@pytest.fixture
def member(browser_of, business):
    return browser_of(business.member)


@pytest.fixture
def give(inside, business, vendor_id):
    def make(level=StandingLevel.PREFERRED, **said) -> int:
        with inside(business) as session:
            return standings.give(vendors.at(session, vendor_id), by=business.member, level=level, **said).id

    return make


@pytest.fixture
def held(inside, business, vendor_id):
    def read():
        with inside(business) as session:
            rows = standing_queries.current_of(session, [vendor_id])[vendor_id]
            return [(row.category_id, row.level.value, row.valid_until, row.reason) for row in rows]

    return read


def test_a_standing_is_given_for_what_they_do_and_read_on_their_page(
    member, vendor_id, niche, held, browser_of, business
):
    page = member.get(f"/vendors/{vendor_id}/standings/new")
    form = as_shown(page)
    assert (form["category_id"], form["valid_until"]) == (str(niche.id), "2027-10-05")
    answer = member.post(
        f"/vendors/{vendor_id}/standings", **{**form, "level": "preferred", "reason": "Two <launches>"}
    )
    assert answer.status_code == 303
    assert held() == [(niche.id, "preferred", date(2027, 10, 5), "Two <launches>")]
    shown = member.follow(answer)
    assert "Preferred until Tue 5 Oct 2027." in words(shown, ".toasts")
    panel = words(browser_of(business.viewer).get(f"/vendors/{vendor_id}"))
    for sentence in ("Preferred", niche.name, "Two <launches>", "Until Tue 5 Oct 2027", "by Milo"):
        assert sentence in panel
    assert f"Preferred for {niche.name} until Tue 5 Oct 2027" in panel, "the timeline says so"


def test_it_is_changed_renewed_taken_away_and_each_is_taken_back(member, vendor_id, held, give):
    standing_id = give()
    form = as_shown(member.get(f"/standings/{standing_id}/edit"))
    sent = {**form, "level": "conditional", "reason": "Drafts early", "valid_until": "2026-11-01"}
    changed = member.post(f"/standings/{standing_id}", **sent)
    assert held() == [(None, "conditional", date(2026, 11, 1), "Drafts early")]
    member.post(soup(member.follow(changed)).select_one(".toasts form")["action"])
    assert held() == [(None, "preferred", date(2027, 10, 5), "")]
    member.post(f"/standings/{standing_id}/remove")
    assert held() == []
    member.post(f"/standings/{standing_id}/put-back")
    assert len(held()) == 1
    member.post(f"/standings/{standing_id}/renew")
    [now] = held()
    assert now[1:3] == ("preferred", date(2027, 10, 5))
    listed = words(member.get(f"/vendors/{vendor_id}/standings"))
    assert "Everything they do" in listed
    assert "Before" in listed


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"level": "suspended"}, "Say why they are suspended."),
        ({"level": "adored"}, "Choose one of the list."),
        ({"valid_until": "2026-10-04"}, "Pick a day from today on."),
        ({"valid_until": ""}, "Pick the last day on which it holds."),
        ({"valid_until": "soon"}, "Type the day as year-month-day, such as 2026-11-27."),
        ({"category_id": "999999"}, "Choose one of the list."),
        ({"reason": "x" * 501}, "Keep it under 500 characters."),
    ],
)
def test_what_breaks_a_rule_is_told_and_what_was_typed_stays(typed, sentence, member, vendor_id, held):
    form = {**as_shown(member.get(f"/vendors/{vendor_id}/standings/new")), "reason": "", **typed}
    answer = member.post(f"/vendors/{vendor_id}/standings", **form)
    assert answer.status_code == 422
    assert sentence in words(answer, ".error")
    assert as_shown(answer)["reason"] == form["reason"]
    assert held() == []


def test_whoever_saves_second_sees_both_and_nothing_is_lost(member, client, give, held):
    standing_id = give(reason="Two launches")
    mine = as_shown(client.get(f"/standings/{standing_id}/edit"))
    theirs = as_shown(member.get(f"/standings/{standing_id}/edit"))
    member.post(f"/standings/{standing_id}", **{**theirs, "level": "suspended", "reason": "Overbilled"})
    clash = client.post(f"/standings/{standing_id}", **{**mine, "reason": "Three launches"})
    assert clash.status_code == 409
    table = words(clash, ".versions")
    for sentence in ("Suspended", "Overbilled", "Preferred", "Three launches", "Milo"):
        assert sentence in table
    again = client.post(f"/standings/{standing_id}", **as_shown(clash))
    assert again.status_code == 303
    assert held() == [(None, "preferred", date(2027, 10, 5), "Three launches")]


def test_one_that_was_taken_away_meanwhile_can_still_be_given(member, client, give, held):
    standing_id = give()
    mine = as_shown(client.get(f"/standings/{standing_id}/edit"))
    member.post(f"/standings/{standing_id}/remove")
    clash = client.post(f"/standings/{standing_id}", **{**mine, "reason": "Three launches"})
    assert clash.status_code == 409
    assert client.post(f"/standings/{standing_id}", **as_shown(clash)).status_code == 303
    assert held() == [(None, "preferred", date(2027, 10, 5), "Three launches")]


def test_a_viewer_reads_and_changes_nothing(browser_of, business, vendor_id, give, held):
    standing_id = give()
    viewer = browser_of(business.viewer)
    assert viewer.get(f"/vendors/{vendor_id}/standings").status_code == 200
    for path in (f"/vendors/{vendor_id}/standings/new", f"/standings/{standing_id}/edit"):
        assert viewer.get(path).status_code == 403
    for act in ("renew", "remove", "take-back", "put-back"):
        assert viewer.post(f"/standings/{standing_id}/{act}").status_code == 403
    assert viewer.post(f"/vendors/{vendor_id}/standings", level="approved").status_code == 403
    assert len(held()) == 1


def test_a_stranger_finds_none_of_it(browser_of, business, vendor_id, give):
    standing_id = give()
    stranger = browser_of(business.stranger)
    for path in (f"/vendors/{vendor_id}/standings", f"/standings/{standing_id}/edit"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"/standings/{standing_id}/renew").status_code == 404


def test_past_its_day_it_reads_review_due_everywhere_it_stands(member, vendor_id, give, clock_at):
    give(valid_until=date(2026, 10, 6))
    clock_at("2026-10-07 09:00")
    assert "Review due since Tue 6 Oct" in words(member.get(f"/vendors/{vendor_id}"))
    assert "Review due" in words(member.get(f"/vendors/{vendor_id}/standings"))
    form = as_shown(member.get(f"/standings/{give()}/edit"))
    assert form["valid_until"] == "2027-10-07"


def test_today_offers_to_renew_and_the_renewal_can_be_taken_back(member, give, held):
    give(valid_until=date(2026, 10, 5))
    today = member.get("/today")
    assert "Preferred for everything they do. Does that still hold?" in words(today)
    act = next(form for form in soup(today).select("form.act") if "Renew for 12 months" in form.get_text())
    done = member.follow(member.post(act["action"]))
    assert "Renewed for 12 months." in words(done, ".toasts")
    assert held()[0][2] == date(2027, 10, 5)
    assert "Does that still hold?" not in words(done, "main")
    member.post(soup(done).select_one(".toasts form")["action"])
    assert held()[0][2] == date(2026, 10, 5)
    assert "Does that still hold?" in words(member.get("/today"))


@pytest.mark.parametrize("count", [0, 12])
def test_the_pages_ask_a_fixed_number_of_questions(count, member, inside, business, vendor_id, count_queries):
    with inside(business) as session:
        vendor = vendors.at(session, vendor_id)
        places = [node.id for node in tree(session)][:count]
        vendors.edit(vendor, by=business.member, version=vendor.version, category_ids=places)
        for category_id in places:
            standings.give(
                vendor,
                by=business.member,
                level=StandingLevel.APPROVED,
                category_id=category_id,
                valid_until=business.workspace.today,
            )
    for address, most in ((f"/vendors/{vendor_id}", 8), ("/today", 8), (f"/vendors/{vendor_id}/standings", 6)):
        member.get(address)
        with count_queries() as statements:
            assert member.get(address).status_code == 200
        assert len(statements) <= most, statements


def test_the_morning_letter_names_it_and_its_done_renews_it(engine, settings, business, give, held, nobody, clock_at):
    give(valid_until=date(2026, 10, 6))
    clock_at("2026-10-06 09:00")
    for _time in range(2):
        tick(engine, settings)
    [letter] = [sent for sent in messages(engine) if sent.recipient == business.member.user.email]
    text = mime.part(letter.content, "plain")
    assert "Preferred for everything they do. Does that still hold?" in text
    [done] = re.findall(r"http://crm\.example\.org(\S+/done)", text)
    asked = nobody.get(done)
    assert "Done renews the standing for 12 months." in words(asked)
    for _time in range(2):
        nobody.post(done)
    assert held() == [(None, "preferred", date(2027, 10, 6), "")]
