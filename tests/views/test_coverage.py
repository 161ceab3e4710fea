"""The coverage map: who could bring each need, where nobody could, and what rests on one vendor alone."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from crm.core import limits
from crm.domain import categories, needs, trial_briefs, trials, vendors
from crm.domain.needs import NeedTerms
from crm.domain.trials import TrialTerms
from crm.models.enums import NeedStatus, Stage
from crm.queries import categories as category_queries
from crm.queries import coverage
from tests.support.browsing import soup, words


@pytest.fixture(autouse=True)
def _monday(clock_at):
    clock_at("2026-10-05 09:00")


@pytest.fixture
def tree(inside, business) -> dict[str, int]:
    """Films with two niches, and books."""
    with inside(business) as session:
        films = categories.add(session, name="Films").id
        product = categories.add(session, name="Films of products", parent_id=films).id
        wedding = categories.add(session, name="Films of weddings", parent_id=films).id
        books = categories.add(session, name="Books").id
    return {"films": films, "product": product, "wedding": wedding, "books": books}


def write(inside, business, outcome, category_id=None, **moved) -> int:
    with inside(business) as session:
        need = needs.add(session, by=business.owner, terms=NeedTerms(outcome, category_id=category_id))
        if moved:
            needs.move(need, by=business.owner, **moved)
        return need.id


def vendor(inside, business, name, stage, *category_ids) -> int:
    with inside(business) as session:
        row = vendors.add(session, by=business.owner, name=name, category_ids=list(category_ids))
        row.stage = stage
        return row.id


def table(page) -> dict[str, list[str]]:
    """The map's cells by need, without the need itself."""
    rows = soup(page).select("table.coverage tbody tr")
    return {row.th.a.get_text(): [" ".join(cell.get_text(" ").split()) for cell in row.select("td")] for row in rows}


def test_without_needs_it_says_what_will_be_here(client, browser_of, business):
    assert "Nothing to map yet" in words(client.get("/coverage"))
    assert soup(browser_of(business.viewer).get("/coverage")).select_one("main .btn.primary") is None


def test_each_need_names_its_vendors_by_stage(client, inside, business, tree):
    write(inside, business, "Product films", tree["product"])
    vendor(inside, business, "Harbour Films", Stage.ACTIVE, tree["product"])
    vendor(inside, business, "All Films", Stage.PARKED, tree["films"])
    vendor(inside, business, "Otter Weddings", Stage.ACTIVE, tree["wedding"])
    vendor(inside, business, "Gone Films", Stage.ENDED, tree["product"])
    vendor(inside, business, "Ledger & Son", Stage.ACTIVE, tree["books"])
    page = client.get("/coverage")
    assert table(page) == {"Product films": ["Rests on one", "Harbour Films", "none", "All Films", "none"]}
    assert "One need rests on a single vendor." in words(page)


def test_gaps_what_is_tried_and_what_two_share_are_told_apart(client, inside, business, tree):
    write(inside, business, "Accounts in order", tree["books"])
    write(inside, business, "Product films", tree["product"])
    write(inside, business, "Wedding films", tree["wedding"])
    write(inside, business, "Something else")
    vendor(inside, business, "Ada", Stage.ACTIVE, tree["wedding"])
    vendor(inside, business, "Ben", Stage.ACTIVE, tree["wedding"])
    vendor(inside, business, "Cleo", Stage.TRIAL, tree["product"])
    vendor(inside, business, "Dan", Stage.PARKED, tree["books"])
    page = client.get("/coverage")
    assert {need: cells[0] for need, cells in table(page).items()} == {
        "Accounts in order": "Nobody yet",
        "Product films": "Being tried",
        "Wedding films": "Two or more",
        "Something else": "Work not said",
    }
    assert list(table(client.get("/coverage?state=gap"))) == ["Accounts in order"]
    assert "None stands like this" in words(client.get("/coverage?state=alone"))
    assert len(table(client.get("/coverage?state=nonsense"))) == 4


def test_who_fills_a_need_stands_for_it_whatever_their_niche(client, inside, business):
    ada = vendor(inside, business, "Ada", Stage.ACTIVE)
    write(inside, business, "Films", to=NeedStatus.FILLED, filled_by_id=ada)
    write(inside, business, "Letters", to=NeedStatus.FILLED, filled_by_id=ada)
    write(inside, business, "Dropped", to=NeedStatus.DROPPED)
    page = client.get("/coverage")
    assert {need: cells[:2] for need, cells in table(page).items()} == {
        "Films": ["Rests on one", "Ada"],
        "Letters": ["Rests on one", "Ada"],
    }
    assert "Ada 2 needs Films; Letters" in words(page)


def test_who_is_at_work_on_a_trial_for_a_need_is_being_tried_for_it(inside, business, tree):
    need_id = write(inside, business, "Product films", tree["product"])
    ben = vendor(inside, business, "Ben", Stage.TRIAL)
    with inside(business) as session:
        found = vendors.at(session, ben)
        trial = trials.start(found, by=business.owner, terms=TrialTerms("A film", date(2026, 10, 12)))
        trial_briefs.find(session, trial.brief_id).need_id = need_id
        session.flush()
        needed = coverage.wanted(session, limit=10)
        cover = coverage.covers(session, needed, category_queries.tree(session))[need_id]
        assert (cover.state.value, [each.name for each in cover.vendors]) == ("trying", ["Ben"])


def test_the_table_holds_every_need_and_no_formula(client, inside, business, tree):
    write(inside, business, "=2+3", tree["films"])
    vendor(inside, business, "Ada", Stage.PROSPECT, tree["films"])
    vendor(inside, business, "Ben", Stage.PROSPECT, tree["films"])
    answer = client.get("/coverage.csv")
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert rows[0][:4] == ["Need", "Where it stands", "What kind of work", "How it is covered"]
    assert rows[1][1:] == ["An idea", "Films", "Nobody yet", "", "", "", "Ada; Ben"]
    assert not rows[1][0].startswith("=")


def test_the_map_is_read_by_the_page(client, inside, business, monkeypatch):
    monkeypatch.setattr(limits, "PAGE_ROWS", 2)
    for outcome in ("A", "B", "C"):
        write(inside, business, outcome)
    assert list(table(client.get("/coverage"))) == ["A", "B"]
    assert list(table(client.get("/coverage?page=2"))) == ["C"]


def test_the_number_of_questions_does_not_depend_on_needs_or_vendors(
    client, engine, count_queries, inside, business, tree
):
    def look() -> int:
        with count_queries(engine) as asked:
            client.get("/coverage")
        return len(asked)

    write(inside, business, "One", tree["films"])
    client.get("/coverage")
    few = look()
    for number in range(4):
        write(inside, business, f"More {number}", tree["product"])
        vendor(inside, business, f"Vendor {number}", Stage.ACTIVE, tree["product"])
    assert look() == few


def test_another_business_sees_none_of_it(browser_of, business, inside, tree):
    write(inside, business, "Product films", tree["product"])
    stranger = browser_of(business.stranger)
    assert "Product films" not in words(stranger.get("/coverage"))
    assert "Product films" not in stranger.get("/coverage.csv").get_data(as_text=True)
