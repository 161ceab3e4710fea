"""The search page, and the list of the command palette."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from crm.domain import attachments, needs, notes, people, vendors
from crm.domain.needs import NeedTerms
from crm.models.enums import Stage, Visibility
from crm.models.vendors import Vendor

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def kettle(inside, business) -> int:
    """A vendor with a person, a note for all, one for admins, and a link."""
    with inside(business) as session:
        vendor = vendors.add(session, by=business.owner, name="Kettle & Crane", what_they_do="Press for beauty")
        people.add(vendor, by=business.owner, name="Inês Duarte", emails=["ines@kettle.example"])
        notes.write(vendor, by=business.owner, body="The studio we could not afford <b>")
        notes.write(vendor, by=business.owner, body="A quarrel about okapis", visibility=Visibility.ADMINS)
        attachments.add_link(vendor, by=business.owner, url="https://kettle.example/work", title="Showreel")
        return vendor.id


def soup(answer) -> BeautifulSoup:
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def options(client, typed: str, **asked) -> dict[str, str]:
    """The palette's lines by their words, with where they lead."""
    found = soup(client.get("/search/palette", query_string={"q": typed, **asked})).select("[role=option]")
    return {" ".join(option.get_text(" ").split()): option["href"] for option in found}


# The page


def test_a_result_leads_to_its_place_on_the_timeline(kettle, client):
    page = soup(client.get("/search?q=studios"))
    [result] = page.select(".result")
    assert [mark.get_text() for mark in result.select("mark")] == ["studio"]
    words = " ".join(result.get_text(" ").split())
    assert "Kettle & Crane" in words
    assert "Olive Owner" in words
    path, anchor = result.select_one("a")["href"].split("#")
    assert soup(client.get(path)).find(id=anchor)


def test_what_people_wrote_is_escaped(kettle, client):
    answer = client.get("/search?q=afford")
    assert "afford</mark> &lt;b&gt;" in answer.text


def test_results_can_be_narrowed(kettle, client):
    everything = soup(client.get("/search?q=kettle"))
    assert len(everything.select(".result")) == 3, "the vendor, the person and the link by their addresses"
    chips = {chip.get_text(strip=True): chip["href"] for chip in everything.select(".search-kinds a")}
    assert list(chips) == [
        "Everything",
        "Vendors",
        "People",
        "Notes",
        "Conversations",
        "Trust notes",
        "What else happened",
        "Files and links",
        "Your own fields",
        "Needs",
    ]
    files = soup(client.get(chips["Files and links"]))
    assert [" ".join(row.get_text(" ").split())[:8] for row in files.select(".result a")] == ["Showreel"]
    assert files.select_one("input[name=kind]")["value"] == "files"
    assert client.get("/search?q=kettle&kind=nonsense").status_code == 200


def test_a_person_a_file_and_a_vendor_lead_to_where_they_are(kettle, client):
    def leads(typed: str) -> str:
        return soup(client.get("/search", query_string={"q": typed})).select_one(".result a")["href"]

    assert leads("ines") == f"/vendors/{kettle}#p-people"
    assert leads("showreel") == f"/vendors/{kettle}/files"
    assert leads("crane") == f"/vendors/{kettle}"
    assert soup(client.get(f"/vendors/{kettle}")).find(id="p-people")


def test_what_the_reader_may_not_see_is_not_there(kettle, browser_of, business):
    for person, expected in ((business.admin, 1), (business.member, 0), (business.viewer, 0), (business.stranger, 0)):
        browser = browser_of(person)
        for typed in ("okapi", "okappi", "kettle quarrel"):
            assert len(soup(browser.get(f"/search?q={typed}")).select(".result")) == expected, (person.role, typed)
            assert (
                all("okapi" not in words for words in options(browser, typed) if "Search everything" not in words)
                or expected
            )


def test_pages_are_found_by_their_names(client, browser_of, business):
    assert soup(client.get("/search?q=outbox")).select_one('.search-places a[href="/outbox"]')
    everywhere = [link["href"] for link in soup(client.get("/search")).select(".search-places a")]
    assert {"/today", "/board", "/vendors/new", "/settings"} <= set(everywhere)
    viewer = browser_of(business.viewer)
    theirs = [link["href"] for link in soup(viewer.get("/search")).select(".search-places a")]
    assert "/vendors/new" not in theirs
    assert all(viewer.get(path).status_code == 200 for path in theirs)


def test_what_is_not_found_can_be_added(client, browser_of, business):
    page = soup(client.get("/search?q=videographer"))
    assert page.select_one('#results a[href="/vendors/new?name=videographer"]')
    assert not soup(browser_of(business.viewer).get("/search?q=videographer")).select_one(
        "#results a[href^='/vendors/new']"
    )


# The palette


def test_the_palette_begins_with_the_vendor_one_is_at(kettle, client):
    found = list(options(client, "", here=kettle).items())
    assert found[0] == ("Log Kettle & Crane", f"/vendors/{kettle}#log")
    assert ("Park Kettle & Crane", f"/vendors/{kettle}/parking/new") in found
    assert ("Edit Kettle & Crane", f"/vendors/{kettle}/edit") in found
    assert ("Kettle & Crane Press for beauty", f"/vendors/{kettle}") in found
    assert ("Board", "/board") in found


def test_the_palette_finds_vendors_people_and_pages(kettle, client):
    assert options(client, "kettel")["Kettle & Crane Press for beauty"] == f"/vendors/{kettle}"
    assert options(client, "inês")["Inês Duarte Kettle & Crane"] == f"/vendors/{kettle}#p-people"
    assert options(client, "boa")["Board"] == "/board"
    assert options(client, "csv")["Import vendors"] == "/imports/new"
    assert options(client, "nothing at all") == {"Search everything for “nothing at all”": "/search?q=nothing+at+all"}


@pytest.mark.parametrize(
    ("typed", "words", "path"),
    [
        ("park kettle", "Park Kettle & Crane", "/vendors/{}/parking/new"),
        ("edit ket", "Edit Kettle & Crane", "/vendors/{}/edit"),
        ("log crane", "Log Kettle & Crane", "/vendors/{}#log"),
        ("call kettle", "Log Kettle & Crane", "/vendors/{}#log"),
    ],
)
def test_an_act_and_a_name_are_enough(typed, words, path, kettle, client):
    assert options(client, typed)[words] == path.format(kettle)


def test_a_parked_vendor_is_not_offered_to_be_parked(kettle, client, inside, business):
    with inside(business) as session:
        session.get_one(Vendor, kettle).stage = Stage.PARKED
    assert "Park Kettle & Crane" not in options(client, "", here=kettle)


def test_each_role_is_offered_what_it_may_do(kettle, browser_of, business):
    for person in business.people:
        browser = browser_of(person)
        offered = {**options(browser, ""), **options(browser, "", here=kettle), **options(browser, "log kettle")}
        statuses = {path: browser.get(path.split("#")[0]).status_code for path in offered.values()}
        assert set(statuses.values()) == {200}, (person.role, statuses)
    viewer = browser_of(business.viewer)
    assert not [
        words for words in options(viewer, "", here=kettle) if words.startswith(("Log", "Park ", "Edit", "Add"))
    ]


def test_the_palette_names_no_vendor_of_others(kettle, browser_of, business):
    stranger = browser_of(business.stranger)
    assert "Kettle" not in str(options(stranger, "", here=kettle))
    assert "/vendors/" not in str({k: v for k, v in options(stranger, "park kettle").items() if "Search" not in k})
    assert options(stranger, "", here=2**40) == options(stranger, "", here="x")


def test_the_palette_asks_few_questions(kettle, client, count_queries):
    client.get("/search/palette?q=park+kettle")
    for typed in ("", "kettle", "park kettle", "kettel"):
        with count_queries() as statements:
            options(client, typed, here=kettle)
        assert len(statements) <= 28, statements


# Needs


@pytest.fixture
def need(inside, business) -> int:
    with inside(business) as session:
        terms = NeedTerms("Twenty good enquiries a month", deliverables="A page that **converts**", volume="Café menus")
        needs.add(session, by=business.owner, terms=NeedTerms("Tidy books"))
        return needs.add(session, by=business.owner, terms=terms).id


@pytest.mark.parametrize("typed", ["enquiry", "twen", "GOOD enquiries", "enqiries", "month enquiries"])
def test_a_need_is_found_by_the_beginnings_and_forms_of_its_words(need, client, typed):
    [result] = soup(client.get("/search", query_string={"q": typed})).select(".result")
    assert result.select_one("a")["href"] == f"/needs/{need}"
    assert "Need, An idea" in " ".join(result.get_text(" ").split())
    assert result.select("mark")


@pytest.mark.parametrize("typed", ["converts", "cafe"])
def test_what_else_is_said_of_a_need_leads_to_it(need, client, typed):
    [result] = soup(client.get("/search", query_string={"q": typed, "kind": "needs"})).select(".result")
    assert result.select_one("p mark")


def test_needs_are_one_of_the_kinds(need, kettle, client):
    page = soup(client.get("/search?q=good&kind=needs"))
    assert page.select_one(".search-kinds [aria-current]").get_text(strip=True) == "Needs"
    assert len(page.select(".result")) == 1
    assert not soup(client.get("/search?q=good&kind=vendors")).select(".result")
    assert "Nothing found" in soup(client.get("/search?q=zebra&kind=needs")).get_text()


def test_the_palette_leads_to_any_need_and_to_writing_one(need, client):
    assert options(client, "enquiries")["Twenty good enquiries a month An idea"] == f"/needs/{need}"
    assert options(client, "add a need")["Write a need down"] == "/needs/new"
    assert options(client, "coverage")["Coverage"] == "/coverage"
    assert f"/needs/{need}" not in options(client, "converts").values(), "only what it is called"


def test_a_strangers_search_finds_no_need_of_ours(need, browser_of, business):
    stranger = browser_of(business.stranger)
    assert not soup(stranger.get("/search?q=enquiries")).select(".result")
    assert not any(
        place.startswith("/needs/") and place != "/needs/new" for place in options(stranger, "enquiries").values()
    )


def test_whoever_only_reads_finds_needs_and_writes_none(need, browser_of, business):
    viewer = browser_of(business.viewer)
    assert soup(viewer.get("/search?q=enquiries")).select(".result")
    assert "/needs/new" not in options(viewer, "need").values()
