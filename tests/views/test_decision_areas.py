"""The delegation board on its pages."""

from __future__ import annotations

import csv
from datetime import date

import pytest

from crm.domain import decision_areas, stages, vendors
from crm.domain.decision_areas import Agreement
from crm.models.decision_areas import Access, DecisionArea
from crm.models.enums import Level, Stage
from crm.models.vendors import Vendor
from tests.support.browsing import soup, words
from tests.support.forms import as_shown

MONDAY = date(2026, 10, 5)


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def area(inside, business) -> int:
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Silas Brandt")
        agreed = Agreement(name="Publish posts", limit_amount=25_050, limit_currency="GBP")
        return decision_areas.hand_over(vendor, by=business.owner, level=Level.AGREE, agreed=agreed).id


def only(inside, business, table):
    with inside(business) as session:
        return session.query(table).one()


def test_the_board_shows_each_area_on_the_scale(client, area):
    page = client.get("/vendors/1/delegation")
    assert "Publish posts" in words(page, ".duty")
    assert "Up to £250.50 a month" in words(page, ".duty")
    assert soup(page).select_one(".duty-steps input[checked]")["value"] == "4"


def test_a_viewer_sees_the_scale_and_cannot_move_it(browser_of, business, area):
    viewer = browser_of(business.viewer)
    page = viewer.get("/vendors/1/delegation")
    assert soup(page).select("main form") == []
    assert "Level 4 of 7" in soup(page).select_one(".ladder")["aria-label"]
    assert viewer.post(f"/decision-areas/{area}/level", level="7").status_code == 403


def test_one_click_moves_it_and_the_toast_takes_it_back(client, inside, business, area):
    shown = client.follow(client.post(f"/decision-areas/{area}/level", level="5"))
    assert "You decide, I advise" in words(shown, ".toast")
    assert only(inside, business, DecisionArea).level is Level.ADVISE
    client.post(soup(shown).select_one(".toast form")["action"])
    assert only(inside, business, DecisionArea).level is Level.AGREE


@pytest.mark.parametrize("level", ["0", "8", "x", "", None, "5.5"])
def test_there_are_seven_levels(client, inside, business, area, level):
    assert client.post(f"/decision-areas/{area}/level", level=level).status_code == 422
    assert only(inside, business, DecisionArea).level is Level.AGREE


def test_a_move_with_a_reason_stands_in_its_history(client, area):
    sent = as_shown(client.get(f"/decision-areas/{area}/level")) | {"level": "6", "why": "Ten in a row were right."}
    client.post(f"/decision-areas/{area}/level", **sent)
    assert "Ten in a row were right." in words(client.get(f"/decision-areas/{area}/level"), ".timeline")
    assert "Publish posts moved from level 4 to 6" in words(client.get("/vendors/1?show=delegation"), ".timeline")


@pytest.mark.parametrize(
    ("typed", "box"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"level": None}, "level"),
        ({"limit_amount": "lots"}, "limit_amount"),
        ({"limit_amount": "-5"}, "limit_amount"),
        ({"limit_amount": "1" * 40}, "limit_amount"),
        ({"limit_amount": "5", "limit_currency": "XXX"}, "limit_currency"),
        ({"rhythm_every": "0"}, "rhythm_every"),
        ({"rhythm_every": "2", "rhythm_unit": "moons"}, "rhythm_unit"),
        ({"wished_level": "9"}, "wished_level"),
        ({"wished_by": "2999-01-01"}, "wished_by"),
        ({"maturity": "ripe"}, "maturity"),
    ],
)
def test_a_mistake_is_said_beside_its_box_and_what_was_typed_stays(client, area, typed, box):
    page = client.get("/vendors/1/decision-areas/new")
    sent = as_shown(page) | {"name": "Spend on ads", "level": "2", "procedure": "Stays."} | typed
    answer = client.post("/vendors/1/decision-areas", **sent)
    assert answer.status_code == 422
    assert soup(answer).select(f".error-summary a[href='#{box}']"), words(answer, ".error-summary")
    assert soup(answer).select_one("#procedure").text.strip() == "Stays."


def test_what_is_agreed_can_be_changed_and_a_second_save_is_told(client, inside, business, area):
    page = client.get(f"/decision-areas/{area}/edit")
    assert as_shown(page)["limit_amount"] == "250.50"
    client.post(f"/decision-areas/{area}", **(as_shown(page) | {"limit_amount": "300"}))
    assert only(inside, business, DecisionArea).limit_amount == 30_000
    answer = client.post(f"/decision-areas/{area}", **(as_shown(page) | {"limit_amount": "400"}))
    assert answer.status_code == 409
    assert only(inside, business, DecisionArea).limit_amount == 30_000
    assert client.post(f"/decision-areas/{area}", **as_shown(answer)).status_code == 303
    assert only(inside, business, DecisionArea).limit_amount == 40_000


def test_closing_leaves_the_history_and_can_be_undone(client, area):
    shown = client.follow(client.post(f"/decision-areas/{area}/closing"))
    assert "No longer theirs" in words(shown)
    assert client.post(f"/decision-areas/{area}/level", level="5").status_code == 422
    client.post(soup(shown).select_one(".toast form")["action"])
    assert "No longer theirs" not in words(client.get("/vendors/1/delegation"))


def test_access_is_noted_and_taken_back(client, inside, business, area):
    sent = as_shown(client.get("/vendors/1/accesses/new")) | {"what": "The blog", "area_id": str(area)}
    shown = client.follow(client.post("/vendors/1/accesses", **sent))
    assert "The blog" in words(shown, "#access")
    client.post(soup(shown).select_one("#access form")["action"])
    assert only(inside, business, Access).revoked_on == MONDAY


@pytest.mark.parametrize(
    ("typed", "box"),
    [
        ({"what": ""}, "what"),
        ({"granted_on": "2026-10-06"}, "granted_on"),
        ({"granted_on": ""}, "granted_on"),
        ({"revoke_on": "2026-10-01"}, "revoke_on"),
        ({"area_id": "987654"}, "area_id"),
        ({"owner_id": "987654"}, "owner_id"),
    ],
)
def test_an_access_that_cannot_be_is_refused(client, area, typed, box):
    sent = as_shown(client.get("/vendors/1/accesses/new")) | {"what": "The blog"} | typed
    answer = client.post("/vendors/1/accesses", **sent)
    assert answer.status_code == 422
    assert soup(answer).select(f".error-summary a[href='#{box}']")


def test_a_stranger_finds_nothing_of_it(browser_of, business, area):
    stranger = browser_of(business.stranger)
    for path in (f"/decision-areas/{area}/edit", f"/decision-areas/{area}/level", "/vendors/1/accesses/new"):
        assert stranger.get(path).status_code == 404
    for path in ("", "/level", "/closing", "/reopening"):
        assert stranger.post(f"/decision-areas/{area}{path}", level="5", name="Mine").status_code == 404


@pytest.fixture
def access(inside, business, area) -> int:
    with inside(business) as session:
        vendor = session.get_one(Vendor, 1)
        said = {"what": "The shpo", "granted_on": MONDAY, "area_id": area}
        return decision_areas.give_access(vendor, by=business.owner, **said).id


def test_an_access_is_put_right_and_a_second_save_is_told(client, inside, business, access):
    page = client.get(f"/accesses/{access}/edit")
    typed = {"what": "The shop", "owner_id": str(business.member.user_id), "revoke_on": "2026-12-01"}
    client.post(f"/accesses/{access}", **(as_shown(page) | typed))
    kept = only(inside, business, Access)
    assert (kept.what, kept.owner_id, kept.revoke_on) == ("The shop", business.member.user_id, date(2026, 12, 1))
    answer = client.post(f"/accesses/{access}", **(as_shown(page) | {"what": "The store"}))
    assert answer.status_code == 409
    assert "The shop" in words(answer, ".conflict")
    assert only(inside, business, Access).what == "The shop"
    assert client.post(f"/accesses/{access}", **as_shown(answer)).status_code == 303
    kept = only(inside, business, Access)
    assert (kept.what, kept.revoke_on) == ("The store", date(2026, 12, 1))


def test_noting_an_access_by_mistake_is_undone_without_a_trace(client, inside, business, area):
    sent = as_shown(client.get("/vendors/1/accesses/new")) | {"what": "The blog"}
    shown = client.follow(client.post("/vendors/1/accesses", **sent))
    client.post(soup(shown).select_one(".toast form")["action"])
    with inside(business) as session:
        assert session.query(Access).all() == []


def test_a_password_is_no_name_of_an_access(client, area):
    sent = as_shown(client.get("/vendors/1/accesses/new"))
    for what in ("Blog, password: hunter2", "PIN=1234", "shop pw: x"):
        assert client.post("/vendors/1/accesses", **(sent | {"what": what})).status_code == 422
    for what in ("The password manager", "Secret garden blog"):
        assert client.post("/vendors/1/accesses", **(sent | {"what": what})).status_code == 303


def test_leaving_the_active_ones_says_how_many_accesses_to_take_back_and_leads_there(client, access, inside, business):
    with inside(business) as session:
        stages.move(session.get_one(Vendor, 1), by=business.owner, to=Stage.ACTIVE)
    shown = client.follow(client.post("/vendors/1/stage-moves", to="ended", why="Done"))
    link = soup(shown).select_one(".toast a")
    assert (link.text, link["href"]) == ("1 access to take back", "/vendors/1/delegation#access")
    board = client.get("/vendors/1/delegation")
    assert "1 access to take back" in words(board, "#access")
    panel = soup(client.get("/vendors/1")).select_one(".panel[aria-labelledby=p-access]")
    assert panel is not None
    assert panel.form["action"] == f"/accesses/{access}/revocation"
    client.post(f"/accesses/{access}/revocation")
    assert "to take back" not in words(client.get("/vendors/1/delegation"), "#access h3")
    shown = client.follow(client.post("/vendors/1/stage-moves", to="prospect"))
    assert soup(shown).select(".toast a") == []


def test_a_viewer_and_a_stranger_change_no_access(browser_of, business, access, inside):
    for person, status in ((business.viewer, 403), (business.stranger, 404)):
        browser = browser_of(person)
        assert browser.get(f"/accesses/{access}/edit").status_code == status
        for path in ("", "/delete", "/revocation", "/restoration"):
            assert browser.post(f"/accesses/{access}{path}", what="Mine").status_code == status
    assert only(inside, business, Access).what == "The shpo"


@pytest.fixture
def handed(inside, business, area) -> None:
    """Silas publishes posts at level 4, with a limit; Nadia publishes too, at 6, and answers customers; one we parted
    with, and one area that is closed."""
    with inside(business) as session:
        by = business.owner
        nadia = vendors.add(session, by=by, name="Nadia Voss", owner_id=business.member.user_id, stage=Stage.ACTIVE)
        written = Agreement(name="publish posts", procedure="As we said", wished_level=Level.DELEGATE)
        area = decision_areas.hand_over(nadia, by=by, level=Level.TELL, agreed=written, on=date(2026, 9, 1))
        decision_areas.move_to(area, by=by, level=Level.INQUIRE, on=date(2026, 10, 1))
        decision_areas.move_to(area, by=by, level=Level.INQUIRE, why="Fine as it is")
        decision_areas.hand_over(nadia, by=by, level=Level.TELL, agreed=Agreement(name="Answer customers"))
        decision_areas.close(
            decision_areas.hand_over(nadia, by=by, level=Level.TELL, agreed=Agreement(name="Closed one")), by=by
        )
        gone = vendors.add(session, by=by, name="Gone Ltd")
        decision_areas.hand_over(gone, by=by, level=Level.TELL, agreed=Agreement(name="Old work"))
        stages.move(gone, by=by, to=Stage.ENDED, why="Done")


def listed(page) -> list[str]:
    """The rows of the board, headings in brackets."""
    rows = soup(page).select(".grouped tbody tr")
    names = [(row.th.a or row.th).text for row in rows]
    return [f"[{name}]" if "group" in row.get("class", []) else name for row, name in zip(rows, names, strict=True)]


def test_who_decides_what_stands_by_what_it_is_or_by_vendor(client, handed):
    by_area = client.get("/delegation")
    assert [row.casefold() for row in listed(by_area)][:3] == ["[answer customers]", "nadia voss", "[publish posts]"]
    assert set(listed(by_area)[3:]) == {"Nadia Voss", "Silas Brandt"}
    assert listed(client.get("/delegation?by=vendor")) == [
        "[Nadia Voss]",
        "Answer customers",
        "publish posts",
        "[Silas Brandt]",
        "Publish posts",
    ]
    said = words(by_area, ".grouped")
    assert "up to £250.50 a month" in said
    assert "Thu 1 Oct" in said


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("level=6", {"Nadia Voss"}),
        ("procedure=yes", {"Nadia Voss"}),
        ("procedure=no&q=posts", {"Silas Brandt"}),
        ("q=silas", {"Silas Brandt"}),
        ("q=answer", {"Nadia Voss"}),
        ("q=nobody", set()),
        ("level=9&owner=x&procedure=maybe&by=moon&page=x", {"Nadia Voss", "Silas Brandt"}),
        ("page=99", {"Nadia Voss", "Silas Brandt"}),
        ("q=%25", set()),
    ],
)
def test_the_board_of_all_is_narrowed(client, handed, query, names):
    page = client.get(f"/delegation?{query}")
    assert page.status_code == 200
    assert {row for row in listed(page) if not row.startswith("[")} == names
    [_heads, *table] = csv.reader(client.get(f"/delegation.csv?{query}").text.splitlines())
    assert {row[1] for row in table} == names


def test_the_board_of_all_by_who_looks_after_them(client, business, handed):
    page = client.get(f"/delegation?owner={business.member.user_id}")
    assert {row for row in listed(page) if not row.startswith("[")} == {"Nadia Voss"}


def test_another_business_has_a_board_of_its_own(browser_of, business, handed):
    stranger = browser_of(business.stranger)
    assert soup(stranger.get("/delegation")).select(".empty.tall")
    assert len(stranger.get("/delegation.csv").text.splitlines()) == 1


def test_the_board_of_all_asks_as_many_questions_of_many_as_of_few(client, inside, business, handed, count_queries):
    client.get("/delegation")
    with count_queries() as few:
        client.get("/delegation")
    with inside(business) as session:
        for number in range(60):
            vendor = vendors.add(session, by=business.owner, name=f"V {number}", despite_doubles=True)
            decision_areas.hand_over(
                vendor, by=business.owner, level=Level.TELL, agreed=Agreement(name=f"Area {number}")
            )
    with count_queries() as many:
        page = client.get("/delegation")
    assert soup(page).select_one(".pager a[rel=next]")["href"] == "/delegation?page=2"
    assert len(many) <= len(few) <= 6
    assert len(listed(client.get("/delegation?page=2"))) > 2


def test_names_are_offered_while_one_is_typed(client, handed):
    page = client.get("/vendors/1/decision-areas/new")
    offered = [each["value"] for each in soup(page).select("#area-names option")]
    assert {"Answer customers", "reply to customers", "spend on ads", "touch bank data"} <= set(offered)
    assert "Closed one" not in offered
