"""The page of a vendor: what it shows, and logging from it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crm.core import limits
from crm.domain import decision_areas, interactions, notes, people, promises, stages, trust_entries, vendors
from crm.domain.decision_areas import Agreement
from crm.domain.parking_terms import ParkingTerms
from crm.domain.trust_entries import Observation, Quick
from crm.models.enums import (
    Dimension,
    Direction,
    InteractionKind,
    Level,
    ParkingReason,
    PromiseKind,
    PromiseState,
    Stage,
    Visibility,
    Weight,
)
from crm.models.log import Interaction, Note, Promise
from crm.models.trust_entries import TrustEntry
from crm.models.vendors import Vendor
from tests.support.browsing import soup, words

MONDAY = date(2026, 10, 5)
QUERIES = 8


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def vendor(inside, business) -> int:
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Silas Brandt").id


@pytest.fixture
def address(vendor) -> str:
    return f"/vendors/{vendor}"


def acting(inside, business, vendor, act):
    """Does something to the vendor, as the domain would."""
    with inside(business) as session:
        return act(session.get(Vendor, vendor))


def all_of(inside, business, table) -> list:
    with inside(business) as session:
        return session.query(table).order_by(table.id).all()


# Showing


def test_an_empty_page_says_what_will_be_there(client, address):
    page = client.get(address)
    assert page.status_code == 200
    assert "No trust notes yet" in words(page)
    assert "Silas Brandt was added" in words(page)
    assert "Nobody is named yet" in words(page)


def test_trust_is_told_as_a_figure_with_what_it_rests_on(inside, business, client, vendor, address):
    for quick in Quick:
        acting(
            inside,
            business,
            vendor,
            lambda row, quick=quick: trust_entries.observe_quickly(
                row, by=business.owner, quick=quick, occurred_on=MONDAY
            ),
        )
    page = client.get(address)
    [fact] = [fact for fact in soup(page).select(".fact") if fact.dt.text == "Trust"]
    assert " ".join(fact.dd.text.split()) == (
        "44Mixed, between 24 and 66. Rests on 6 notes, the last in October. Not enough to go on yet: can do it. "
        "Why: what moved their trust"
    )


def test_a_broken_word_stands_on_top_until_it_is_mended(inside, business, client, vendor, address):
    def break_word(row):
        seen = Observation(MONDAY, Dimension.INTEGRITY, Direction.NEGATIVE, Weight.MAJOR, "Invoiced twice.")
        return trust_entries.observe(row, by=business.owner, seen=seen).id

    breach = acting(inside, business, vendor, break_word)
    assert "Invoiced twice." in words(client.get(address), ".notice.red")
    answer = client.post(
        f"{address}/trust-entries",
        what_happened="Paid it back.",
        dimension="integrity",
        direction="positive",
        weight="minor",
        occurred_on="2026-10-05",
        visibility="team",
        repairs_id=breach,
    )
    assert answer.status_code == 303
    assert soup(client.get(address)).select(".notice.red") == []


def test_a_parked_vendor_shows_until_when_and_unpark_comes_first(inside, business, client, vendor, address):
    terms = ParkingTerms(ParkingReason.AT_CAPACITY, condition="she has room again")
    acting(inside, business, vendor, lambda row: stages.move(row, by=business.owner, to=Stage.PARKED, parking=terms))
    page = client.get(address)
    assert [fact.dt.text for fact in soup(page).select(".fact")] == [
        "Trust",
        "Next",
        "Until",
        "Looked after by",
    ]
    assert "she has room again" in words(page, ".facts")
    assert soup(page).select_one(".profile > .actions :is(a, summary)").get_text(strip=True) == "Unpark"


def test_a_viewer_reads_and_is_offered_no_act(inside, business, browser_of, vendor, address):
    acting(inside, business, vendor, lambda row: notes.write(row, by=business.owner, body="Never before ten."))
    page = browser_of(business.viewer).get(address)
    assert "Never before ten." in words(page)
    assert [form["action"] for form in soup(page).select("main form")] == ["/vendors/1/following"]


def test_a_stranger_finds_no_such_vendor(browser_of, business, address):
    browser = browser_of(business.stranger)
    assert browser.get(address).status_code == 404
    assert browser.post(f"{address}/log", kind="call", said="").status_code == 404


@pytest.mark.parametrize("path", ["/vendors/987654", "/vendors/0", "/vendors/99999999999999999999"])
def test_a_vendor_that_is_not_there_is_missing(client, path):
    assert client.get(path).status_code == 404


def test_private_words_are_shown_to_their_author_alone(inside, business, browser_of, vendor, address):
    acting(
        inside,
        business,
        vendor,
        lambda row: notes.write(row, by=business.member, body="I would pay more.", visibility=Visibility.AUTHOR),
    )
    mine, theirs = browser_of(business.member).get(address), browser_of(business.owner).get(address)
    assert "Only you can see this" in words(mine, ".entry.private")
    assert "I would pay more." not in theirs.text


@pytest.mark.parametrize("count", [10, 300])
def test_the_page_takes_as_many_queries_for_ten_entries_as_for_hundreds(
    inside, business, client, vendor, address, count_queries, count
):
    def fill(row):
        for number in range(count):
            day = MONDAY - timedelta(days=number)
            interactions.log(row, by=business.member, kind=InteractionKind.CALL, occurred_on=day, summary="@Ada see")
        for number in range(count // 10):
            people.add(row, by=business.owner, name=f"Person {number}")
            decision_areas.hand_over(row, by=business.owner, level=Level.TELL, agreed=Agreement(name=f"Area {number}"))
            promises.make(row, by=business.owner, kind=PromiseKind.OURS, what="a thing", due_on=MONDAY)
            notes.write(row, by=business.owner, body="A note")

    acting(inside, business, vendor, fill)
    client.get(address)
    with count_queries() as statements:
        page = client.get(address)
    assert page.status_code == 200
    assert len(statements) <= QUERIES, statements


def test_earlier_entries_follow_with_and_without_script(inside, business, client, vendor, address):
    def fill(row):
        for number in range(limits.TIMELINE_ROWS + 5):
            day = MONDAY - timedelta(days=number)
            interactions.log(
                row, by=business.owner, kind=InteractionKind.CALL, occurred_on=day, summary=f"call {number}."
            )

    acting(inside, business, vendor, fill)
    page = client.get(address)
    link = soup(page).select_one(".earlier a")
    earlier = client.get(link["href"].partition("#")[0])
    assert f"call {limits.TIMELINE_ROWS + 4}." in words(earlier, ".timeline")
    piece = client.get(link["hx-get"], htmx=True)
    assert f"call {limits.TIMELINE_ROWS + 4}." in words(piece)
    assert "<html" not in piece.text
    assert soup(piece).select(".earlier") == []


@pytest.mark.parametrize("query", ["show=nonsense", "before=nonsense", "before=0001-01-01.1", "before=2026-10-05.9e9"])
def test_a_strange_address_shows_the_page(client, address, query):
    assert client.get(f"{address}?{query}").status_code == 200


# Logging


def test_a_call_is_logged_in_two_clicks(inside, business, client, address):
    [form] = soup(client.get(address)).select("#log")
    chosen = form.select_one("input[name=kind][checked]")["value"]
    assert chosen == "call"
    answer = client.post(form["action"], kind=chosen, said="", when="today", follow="", promise_kind="follow_up")
    assert answer.status_code == 303
    [logged] = all_of(inside, business, Interaction)
    assert (logged.kind, logged.occurred_on, logged.created_by) == (
        InteractionKind.CALL,
        MONDAY,
        business.owner.user_id,
    )
    shown = client.follow(answer)
    assert "Call logged. Next check-in: Mon 19 Oct." in words(shown, ".toast")
    client.post(soup(shown).select_one(".toast form")["action"])
    assert all_of(inside, business, Interaction) == []


def test_the_least_that_a_program_may_send_is_the_kind(inside, business, client, address):
    assert client.post(f"{address}/log", kind="meeting").status_code == 303
    assert [row.kind for row in all_of(inside, business, Interaction)] == [InteractionKind.MEETING]


def test_the_composer_remembers_the_last_kind(client, address):
    client.post(f"{address}/log", kind="note", said="Never before ten.")
    [chosen] = soup(client.get(address)).select("#log input[name=kind][checked]")
    assert chosen["value"] == "note"


@pytest.mark.parametrize(
    ("when", "on", "day"),
    [
        ("today", "", MONDAY),
        ("yesterday", "", date(2026, 10, 4)),
        ("day", "2026-09-30", date(2026, 9, 30)),
        ("today", "2026-09-30", MONDAY),
    ],
)
def test_it_happened_when_one_says(inside, business, client, address, when, on, day):
    client.post(f"{address}/log", kind="call", when=when, on=on)
    assert [row.occurred_on for row in all_of(inside, business, Interaction)] == [day]


@pytest.mark.parametrize(
    ("follow", "on", "due"),
    [
        ("week", "", date(2026, 10, 12)),
        ("2weeks", "", date(2026, 10, 19)),
        ("month", "", date(2026, 11, 5)),
        ("3months", "", date(2027, 1, 5)),
        ("day", "2026-10-08", date(2026, 10, 8)),
    ],
)
def test_a_follow_up_is_set_with_it(inside, business, client, address, follow, on, due):
    client.post(f"{address}/log", kind="call", follow=follow, follow_on=on, promise_kind="theirs", promise="the report")
    assert [(row.kind, row.due_on) for row in all_of(inside, business, Promise)] == [(PromiseKind.THEIRS, due)]


def test_what_is_only_for_me_is_kept_apart_from_the_call_that_all_see(inside, business, browser_of, address):
    browser = browser_of(business.member)
    answer = browser.post(f"{address}/log", kind="call", said="They sounded tired.", private="y")
    assert answer.status_code == 303
    assert [row.summary for row in all_of(inside, business, Interaction)] == [""]
    assert [row.visibility for row in all_of(inside, business, Note)] == [Visibility.AUTHOR]
    shown = browser.follow(answer)
    browser.post(soup(shown).select_one(".toast form")["action"])
    assert all_of(inside, business, Note)[0].deleted_at is not None
    assert all_of(inside, business, Interaction)[0].deleted_at is not None


@pytest.mark.parametrize("said", ["They sounded tired.", ""])
def test_what_was_promised_only_for_me_is_known_to_me_alone(inside, business, browser_of, address, said):
    browser = browser_of(business.member)
    promised = {"follow": "week", "promise_kind": "theirs", "promise": "a price below the others"}
    assert browser.post(f"{address}/log", kind="call", said=said, private="y", **promised).status_code == 303

    [promise] = all_of(inside, business, Promise)
    assert (promise.kind, promise.what, promise.due_on) == (PromiseKind.FOLLOW_UP, "", date(2026, 10, 12))
    assert "below the others" not in browser_of(business.owner).get(address).text
    [note] = all_of(inside, business, Note)
    assert note.visibility is Visibility.AUTHOR
    assert note.body.startswith(said)
    assert "Their promise, Mon 12 Oct: a price below the others" in note.body
    assert "below the others" in words(browser.get(address), ".timeline")


def test_a_promise_that_was_kept_is_told_once_and_its_making_once(inside, business, client, vendor, address):
    def keep(row):
        promise = promises.make(row, by=business.owner, kind=PromiseKind.THEIRS, what="the report", due_on=MONDAY)
        promises.close(promise, by=business.owner, state=PromiseState.KEPT)

    acting(inside, business, vendor, keep)
    told = words(client.get(address), ".timeline")
    assert told.count("They promised for Mon 5 Oct: the report") == 1
    assert told.count("They kept a promise: the report") == 1


def test_a_trust_note_is_logged_with_what_it_touches(inside, business, client, address):
    answer = client.post(
        f"{address}/log", kind="trust", said="Warned us a week ahead.", dimension="benevolence", moved="much_more"
    )
    assert answer.status_code == 303
    [entry] = all_of(inside, business, TrustEntry)
    assert (entry.dimension, entry.direction, entry.weight) == (
        Dimension.BENEVOLENCE,
        Direction.POSITIVE,
        Weight.MAJOR,
    )


def test_a_trust_note_takes_one_tap(inside, business, client, address):
    button = soup(client.get(address)).select_one("button[name=quick][value=warned_early]")
    form = button.find_parent("form")
    assert client.post(form["action"], quick=button["value"]).status_code == 303
    assert [row.what_happened for row in all_of(inside, business, TrustEntry)] == ["Warned us early"]


def test_something_new_is_handed_over_from_the_composer(client, address):
    answer = client.post(
        f"{address}/log", kind="delegation", said="A good trial.", area_id="0", area_name="Publish posts", level="4"
    )
    assert answer.status_code == 303
    shown = client.follow(answer)
    assert "Publish posts handed over: level 4" in words(shown, ".timeline")
    area = soup(shown).select_one("#area_id option")["value"]
    client.post(f"{address}/log", kind="delegation", said="Ten were right.", area_id=area, level="5")
    assert "Publish posts moved from level 4 to 5" in words(client.get(address), ".timeline")


@pytest.mark.parametrize(
    ("typed", "box"),
    [
        ({"kind": "call", "when": "day", "on": "2026-10-06"}, "on"),
        ({"kind": "call", "when": "day", "on": ""}, "on"),
        ({"kind": "call", "when": "day", "on": "soon"}, "on"),
        ({"kind": "call", "minutes": "-5"}, "minutes"),
        ({"kind": "call", "minutes": "1e999"}, "minutes"),
        ({"kind": "call", "person_id": "987654"}, "person_id"),
        ({"kind": "call", "person_id": "x"}, "person_id"),
        ({"kind": "call", "follow": "day"}, "follow_on"),
        ({"kind": "call", "follow": "day", "follow_on": "9999-12-31"}, "follow_on"),
        ({"kind": "call", "follow": "week", "promise_kind": "ours", "promise": ""}, "promise"),
        ({"kind": "call", "promise": "x" * 501, "follow": "week"}, "promise"),
        ({"kind": "note", "said": ""}, "said"),
        ({"kind": "trust", "said": "It broke.", "moved": "less"}, "dimension"),
        ({"kind": "trust", "said": "It broke.", "dimension": "ability"}, "moved"),
        ({"kind": "trust", "said": "It broke.", "dimension": "ability", "moved": "sideways"}, "moved"),
        ({"kind": "trust", "said": "", "dimension": "ability", "moved": "less"}, "said"),
        ({"kind": "delegation", "area_id": "0", "area_name": "", "level": "3"}, "area_name"),
        ({"kind": "delegation", "area_id": "0", "area_name": "Posts"}, "level"),
        ({"kind": "delegation", "area_id": "0", "area_name": "Posts", "level": "8"}, "level"),
        ({"kind": "delegation", "area_id": "987654", "level": "3"}, "area_id"),
        ({"kind": "delegation", "area_id": "0", "area_name": "Posts", "level": "3", "private": "y"}, "private"),
        ({"kind": "séance"}, "kind"),
    ],
)
def test_a_mistake_is_said_beside_its_box_and_what_was_typed_stays(inside, business, client, address, typed, box):
    said = typed.get("said", "What I typed stays.")
    answer = client.post(f"{address}/log", **({"said": said} | typed))
    assert answer.status_code == 422
    page = soup(answer)
    assert page.select(f".error-summary a[href='#{box}']"), words(answer, ".error-summary")
    assert page.select(f"#log #{box}") or page.select(f"#log [name={box}]")
    assert page.select_one("#said").text == said
    assert all_of(inside, business, Interaction) == all_of(inside, business, Promise) == []
    assert all_of(inside, business, TrustEntry) == all_of(inside, business, Note) == []


def test_after_a_mistake_the_people_of_the_vendor_can_be_chosen_as_before(inside, business, client, vendor, address):
    with inside(business) as session:
        people.add(session.get_one(Vendor, vendor), by=business.owner, name="Marta Ruiz")
    answer = client.post(f"{address}/log", kind="call", said="", when="day", on="soon")
    assert answer.status_code == 422
    assert "Marta Ruiz" in [option.get_text() for option in soup(answer).select("#log select[name=person_id] option")]


def test_more_text_than_is_kept_comes_back_whole(inside, business, client, address):
    said = "x" * (limits.TEXT_LENGTH + 1)
    answer = client.post(f"{address}/log", kind="call", said=said)
    assert answer.status_code == 422
    assert soup(answer).select_one("#said").text == said
    assert all_of(inside, business, Interaction) == []


def test_the_most_text_is_kept_and_shown(client, address):
    answer = client.post(f"{address}/log", kind="call", said="x" * limits.TEXT_LENGTH)
    assert answer.status_code == 303
    page = client.follow(answer)
    [whole] = [link["href"] for link in soup(page).select("a.link") if link.get_text() == "Show all of it"]
    assert "x" * limits.TEXT_LENGTH not in page.text
    assert "x" * limits.TEXT_LENGTH in client.get(whole).text


HOSTILE = (
    "<script>alert(1)</script>",
    '<b hx-get="/vendors/1/delete" hx-trigger="load">x</b>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1) 'onmouseover=alert(1)')",
    "![x](https://example.org/pixel.gif)",
    '<a href="https://example.org" data-behaviour="sheet" onclick="alert(1)">x</a>',
    "<iframe src=https://example.org></iframe>",
    "[x](data:text/html,<script>alert(1)</script>)",
    '"><svg onload=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "\x00\x1b[31m\u2028\u202e",
)


@pytest.mark.parametrize("kind", ["call", "note", "trust"])
def test_hostile_words_are_words(client, address, kind):
    for hostile in HOSTILE:
        answer = client.post(f"{address}/log", kind=kind, said=hostile, dimension="ability", moved="more")
        assert answer.status_code == 303
    shown = soup(client.get(address))
    written = [tag for body in shown.select(".entry-body, .pinned") for tag in body.select("*")]
    assert len(shown.select(".entry-body")) == len(HOSTILE)
    assert not [tag.name for tag in written if tag.name in ("script", "iframe", "img", "object")]
    assert not [name for tag in written for name in tag.attrs if name.startswith(("hx-", "on", "data-"))]
    assert not [tag["href"] for tag in written if str(tag.get("href", "")).lower().startswith(("javascript", "data"))]
    assert "{{ 7 * 7 }}" in shown.text


def test_a_viewer_cannot_log(browser_of, business, address):
    assert browser_of(business.viewer).post(f"{address}/log", kind="call").status_code == 403


def test_the_team_is_offered_by_the_name_that_calls_them(client, address):
    box = soup(client.get(address)).select_one("#said")
    assert box["data-mentions"].split(",") == ["Ada", "Milo", "Olive", "Vera"]
