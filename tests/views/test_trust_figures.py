"""A vendor's trust on pages: the figure, its chart with what moved it, and who sees which."""

from __future__ import annotations

from csv import DictReader
from dataclasses import replace
from datetime import date, timedelta

import pytest

from crm.domain import trust_entries, vendors
from crm.domain.trust_entries import Observation
from crm.models.enums import Dimension, Direction, Stage, Visibility, Weight
from tests.support.browsing import soup, words

TODAY = date(2026, 10, 5)
KEPT = Observation(TODAY, Dimension.INTEGRITY, Direction.POSITIVE, Weight.MINOR, "Came on time.")
BREACH = replace(KEPT, direction=Direction.NEGATIVE, weight=Weight.MAJOR, what_happened="Invoiced twice.")


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def vendor(inside, business) -> int:
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Silas Brandt", stage=Stage.ACTIVE).id


@pytest.fixture
def observe(inside, business, vendor):
    """observe(seen, days=3, by=business.member) writes an entry and gives its id."""

    def write(seen=KEPT, days=0, by=None, **said):
        with inside(business) as session:
            row = session.get_one(vendors.Vendor, vendor)
            entry = replace(seen, occurred_on=TODAY - timedelta(days=days), **said)
            return trust_entries.observe(row, by=by or business.owner, seen=entry).id

    return write


def lead(page) -> str:
    return words(page, ".page-head").replace(" ,", ",")


def fact(client, vendor) -> str:
    [found] = [fact for fact in soup(client.get(f"/vendors/{vendor}")).select(".fact") if fact.dt.text == "Trust"]
    return " ".join(found.dd.get_text(" ").split())


def marks(page) -> list[tuple[str, str]]:
    return [(link["href"], link["aria-label"]) for link in soup(page).select(".chart a.mark")]


def moved(page) -> list[str]:
    return [" ".join(row.get_text(" ").split()) for row in soup(page).select(".moved > li")]


# The figure


def test_without_notes_the_page_says_what_will_be_there(client, vendor):
    page = client.get(f"/vendors/{vendor}/trust")
    assert "Nothing has been written down yet about trusting Silas Brandt." in lead(page)
    assert soup(page).select(".chart") == []


def test_not_enough_to_go_on_reads_like_any_other_answer(client, vendor, observe):
    observe(days=3)
    page = client.get(f"/vendors/{vendor}/trust")
    assert "There is not enough to go on yet to say how far to trust Silas Brandt." in lead(page)
    assert "Rests on 1 note, from October." in lead(page)
    assert "Nothing has moved it in this time." in words(page)
    assert soup(page).select(".chart") == []
    assert fact(client, vendor).startswith("Not enough to go on yet Rests on 1 note, from October.")
    assert soup(client.get("/board")).select(".card .trust") == []


def test_the_figure_is_said_with_its_band_its_interval_what_it_rests_on_and_what_is_unknown(client, vendor, observe):
    for _each in range(3):
        observe()
    observe(days=40, dimension=Dimension.ABILITY)
    page = client.get(f"/vendors/{vendor}/trust")
    assert "Silas Brandt is at 80, high, but we are not sure of it yet." in lead(page)
    assert "Rests on 4 notes, the last in October. The weakest side decides: keeps their word." in lead(page)
    assert "Not enough to go on yet: can do it, looks out for us." in lead(page)
    assert fact(client, vendor).startswith(
        "80 High, between 56 and 97. Rests on 4 notes, the last in October. "
        "Not enough to go on yet: can do it, looks out for us."
    )
    [card] = soup(client.get("/board")).select(".card .trust")
    assert " ".join(card.text.split()) == "Trust 80 high"
    assert card["title"] == "High, between 56 and 97"


@pytest.mark.parametrize(
    ("direction", "sentence"),
    [(Direction.POSITIVE, "points up since July."), (Direction.NEGATIVE, "points down since July.")],
)
def test_the_change_of_the_last_months_is_said(client, vendor, observe, direction, sentence):
    for _each in range(4):
        observe(days=100)
    observe(days=100, direction=Direction.NEGATIVE)
    observe(direction=direction, weight=Weight.MAJOR)
    assert sentence in lead(client.get(f"/vendors/{vendor}/trust"))


# The chart


def test_what_moved_the_figure_is_numbered_in_the_chart_and_beside_it(client, vendor, observe):
    for days in (100, 99, 98):
        observe(days=days)
    late = observe(BREACH, days=10, weight=Weight.NOTABLE, what_happened="A week late.")
    page = client.get(f"/vendors/{vendor}/trust")
    found = marks(page)
    assert found[-1] == (f"/trust-entries/{late}", f"{len(found)}: A week late., down 25, Fri 25 Sept")
    assert moved(page)[0] == f"{len(found)} A week late. down 25 Olive Owner, Fri 25 Sept"
    assert len(moved(page)) == len(found)
    assert soup(page).select(".chart .down")
    assert all(link.select_one(".tip") for link in soup(page).select(".chart a.mark"))


def test_the_table_below_it_tells_the_same_month_by_month(client, vendor, observe):
    for days in (70, 5, 4, 3):
        observe(days=days)
    rows = [
        " ".join(row.get_text(" ").split()) for row in soup(client.get(f"/vendors/{vendor}/trust")).select("tbody tr")
    ]
    assert rows[0] == "July Not enough to go on yet"
    assert rows[-1].startswith("October 83, high")


def test_the_range_and_the_side_are_links(client, vendor, observe):
    for days in (300, 299, 298, 20, 19, 18):
        observe(days=days, dimension=Dimension.ABILITY if days > 100 else Dimension.INTEGRITY)
    everything, recent = (client.get(f"/vendors/{vendor}/trust{asked}") for asked in ("", "?over=3"))
    assert len(marks(everything)) > len(marks(recent))
    assert words(recent, ".chips a[aria-current]") == "3 months"
    ability = client.get(f"/vendors/{vendor}/trust?of=ability")
    assert words(ability, "#chart-title") == "Can do it"
    assert soup(ability).select_one(".sides a[aria-current]")["href"] == f"/vendors/{vendor}/trust"
    for nonsense in ("?over=9", "?of=charm", "?over=&of="):
        assert marks(client.get(f"/vendors/{vendor}/trust{nonsense}")) == marks(everything)


def test_the_last_point_of_the_file_is_the_figure(client, vendor, observe):
    for days in (40, 39, 38):
        observe(days=days)
    answer = client.get(f"/vendors/{vendor}/trust.csv")
    rows = list(DictReader(answer.text.lstrip("\ufeff").splitlines()))
    assert (rows[-1]["Day"], rows[0]["Trust"]) == ("2026-10-05", rows[0]["Keeps their word: Trust"])
    assert f"Silas Brandt is at {rows[-1]['Trust']}, " in lead(client.get(f"/vendors/{vendor}/trust"))
    assert {row["Can do it: Trust"] for row in rows} == {""}


def test_entries_of_one_day_do_not_hide_each_other(client, vendor, observe):
    for _each in range(3):
        observe(days=50)
    observe(days=5)
    observe(BREACH, days=5)
    places = [mark["x"] for mark in soup(client.get(f"/vendors/{vendor}/trust")).select(".chart .at")]
    assert len(set(places)) == len(places)


# Who sees what


def test_private_notes_count_for_those_alone_who_may_read_them(browser_of, business, vendor, observe):
    for _each in range(3):
        observe()
    observe(BREACH, by=business.member, visibility=Visibility.AUTHOR, what_happened="A secret.")
    author, colleague = browser_of(business.member), browser_of(business.admin)
    theirs = colleague.get(f"/vendors/{vendor}/trust")
    assert "is at 80, high" in lead(theirs)
    assert "Rests on 3 notes" in lead(theirs)
    for path in (f"/vendors/{vendor}/trust", f"/vendors/{vendor}/trust.csv", f"/vendors/{vendor}", "/board"):
        page = colleague.get(path).text
        assert "secret" not in page
        assert "word was broken" not in page
        assert "can see" not in page
    mine = author.get(f"/vendors/{vendor}/trust")
    assert "is at 44, mixed" in lead(mine)
    assert "Counts notes that only you can see." in lead(mine)
    assert "Counts notes that only you can see." in fact(author, vendor)
    assert "A secret." in words(mine, ".notice.red")
    assert "Their word was broken" in words(author.get("/board"), ".card-line.warn")


def test_a_note_for_admins_is_said_to_be_for_not_everybody(browser_of, business, vendor, observe):
    observe(BREACH, visibility=Visibility.ADMINS)
    page = browser_of(business.admin).get(f"/vendors/{vendor}/trust")
    assert "Counts notes that not everybody can see." in lead(page)
    assert "not for everybody" in moved(page)[0]
    assert "Nothing has been written down yet" in lead(browser_of(business.viewer).get(f"/vendors/{vendor}/trust"))


def test_a_broken_word_stands_on_top_until_it_is_mended(client, browser_of, business, vendor, observe):
    breach = observe(BREACH)
    page = client.get(f"/vendors/{vendor}/trust")
    assert [link["href"] for link in soup(page).select(".notice.red a")] == [
        f"/trust-entries/{breach}",
        f"/vendors/{vendor}/trust-entries/new?repairs={breach}",
    ]
    looking = browser_of(business.viewer).get(f"/vendors/{vendor}/trust")
    assert [link.text for link in soup(looking).select(".notice.red a")] == ["Look"]
    observe(repairs_id=breach)
    assert soup(client.get(f"/vendors/{vendor}/trust")).select(".notice.red") == []
    assert "word was broken" not in client.get("/board").text


def test_another_business_finds_nothing(browser_of, business, vendor, observe):
    observe(BREACH)
    stranger = browser_of(business.stranger)
    for path in (f"/vendors/{vendor}/trust", f"/vendors/{vendor}/trust.csv"):
        assert stranger.get(path).status_code == 404
