"""The pages of the tree, the tags and what we accept."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crm.domain import vendors
from crm.models.vendors import AcceptedFlaw, Tag
from crm.queries import categories as category_queries
from tests.support.browsing import soup, words
from tests.support.forms import as_shown

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def tree(inside, business):
    with inside(business) as session:
        return category_queries.tree(session)


def words_of(session) -> list[str]:
    return [node.words for node in category_queries.tree(session)]


def test_a_niche_is_added_renamed_and_moved(tree, client, inside, business):
    top, other = tree.children(None)[:2]
    client.post("/settings/categories", name="Landing pages", parent_id=str(top.id))
    with inside(business) as session:
        added = next(node for node in category_queries.tree(session) if node.name == "Landing pages")
        assert added.parent_id == top.id
    form = as_shown(client.get(f"/settings/categories/{added.id}/edit"))
    client.post(f"/settings/categories/{added.id}", **{**form, "name": "Sales pages", "parent_id": str(other.id)})
    answer = client.post(f"/settings/categories/{added.id}/up")
    assert soup(client.follow(answer)).find(id=answer.headers["Location"].partition("#")[2]).name == "button"
    client.post(f"/settings/categories/{added.id}/down")
    with inside(business) as session:
        assert f"{other.name} › Sales pages" in words_of(session)


def test_what_usually_comes_first_is_edited_line_by_line_and_offered_with_a_need(tree, client):
    social = next(node for node in tree if node.words == "Social media")
    niche = tree.children(social.id)[0]
    address = f"/settings/categories/{social.id}"
    form = as_shown(client.get(f"{address}/edit"))
    assert "Something to post about" in form["come_first"]
    client.post(address, **{**form, "come_first": "Photos we may use\r\n\r\n  photos WE may use \nA voice"})
    assert as_shown(client.get(f"{address}/edit"))["come_first"].split("\n") == ["Photos we may use", "A voice"]
    written = as_shown(client.get("/needs/new")) | {"outcome": "A lively page", "category_id": str(niche.id)}
    need = client.post("/needs", **written).headers["Location"]
    assert "Usually comes first for this kind of work: Photos we may use; A voice." in words(client.get(need))


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("x" * 501, "Keep each line under 500 characters."),
        ("\n".join(map(str, range(51))), "That is more than anybody gets done first."),
    ],
)
def test_too_much_to_come_first_is_refused_and_kept(tree, client, lines, sentence):
    address = f"/settings/categories/{tree[0].id}"
    answer = client.post(address, **{**as_shown(client.get(f"{address}/edit")), "come_first": lines})
    assert answer.status_code == 422
    assert sentence in words(answer, ".error")
    assert as_shown(client.get(f"{address}/edit"))["come_first"] == ""


def test_a_sub_niche_is_made_renamed_and_moved_and_nothing_goes_below_it(tree, client, inside, business):
    niche, other = tree.children(tree[0].id)[:2]
    client.post("/settings/categories", name="Shops for soap", parent_id=str(niche.id))
    with inside(business) as session:
        made = next(node for node in category_queries.tree(session) if node.name == "Shops for soap")
    assert made.depth == 3
    form = as_shown(client.get(f"/settings/categories/{made.id}/edit"))
    client.post(f"/settings/categories/{made.id}", **{**form, "name": "Soap shops", "parent_id": str(other.id)})
    with inside(business) as session:
        assert f"{other.words} › Soap shops" in words_of(session)
    assert client.post("/settings/categories", name="Liquid soap", parent_id=str(made.id)).status_code == 422


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": ""}, "Type a name"),
        ({"name": "x" * 201}, "Keep it under 200 characters."),
        ({"name": "WEBSITE"}, "There is one of this name here already."),
        ({"name": "New", "parent_id": "999999"}, "Choose one of the list."),
        ({"name": "New", "parent_id": "x"}, "Choose one of the list."),
    ],
)
def test_mistakes_are_said_beside_their_box(typed, sentence, tree, client):
    answer = client.post("/settings/categories", **typed)
    assert answer.status_code == 422
    assert sentence in words(answer, ".error")
    assert soup(answer).select_one("input[name=name]")["value"] == typed["name"]


def test_a_used_category_asks_where_its_vendors_go(tree, client, inside, business):
    used, heir = tree.children(tree.children(None)[0].id)[:2]
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Ann", category_ids=[used.id])
    assert "It is used once." in words(client.get(f"/settings/categories/{used.id}/edit"))
    asked = client.post(f"/settings/categories/{used.id}/delete")
    assert asked.status_code == 422
    assert "Choose where its vendors, openings, needs and briefs go." in words(asked, ".error")
    answer = client.post(f"/settings/categories/{used.id}/delete", instead=str(heir.id))
    assert f"{used.name} deleted." in words(client.follow(answer), ".toasts")
    assert "Ann" in words(client.get(f"/vendors?does={heir.id}"), "tbody")


def test_a_category_finds_the_vendors_of_its_niches(tree, client, inside, business):
    top = tree.children(None)[0]
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Ann", category_ids=[tree.children(top.id)[0].id])
    assert "Ann" in words(client.get(f"/vendors?does={top.id}"), "tbody")


def test_only_those_who_manage_change_the_tree(tree, browser_of, business):
    top = tree.children(None)[0]
    milo = browser_of(business.member)
    shown = milo.get("/settings/categories")
    assert top.name in words(shown)
    assert not soup(shown).select("main form")
    assert milo.post("/settings/categories", name="Mine").status_code == 403
    silas = browser_of(business.stranger)
    for act in ("", "/up", "/down", "/delete"):
        assert silas.post(f"/settings/categories/{top.id}{act}", name="Mine").status_code == 404


def test_tags_are_renamed_merged_and_deleted(client, inside, business):
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Ann", tags=["Beauty", "Skincare", "Leeds"])
        ids = {tag.name: tag.id for tag in session.scalars(select(Tag))}
    taken = client.post(f"/settings/tags/{ids['Leeds']}", name="beauty")
    assert taken.status_code == 422
    assert "Merge the two instead." in words(taken, ".error")
    client.post(f"/settings/tags/{ids['Leeds']}", name="North")
    assert client.post(f"/settings/tags/{ids['Skincare']}/merge", into="").status_code == 422
    assert client.post(f"/settings/tags/{ids['Skincare']}/merge", into="99999").status_code == 422
    client.post(f"/settings/tags/{ids['Skincare']}/merge", into=str(ids["Beauty"]))
    assert client.post(f"/settings/tags/{ids['Leeds']}/delete").status_code == 303
    with inside(business) as session:
        assert session.scalars(select(Tag.name)).all() == ["Beauty"]
    assert "Beauty 1 vendor" in words(client.get("/settings/tags"), ".tree")


def test_what_we_accept_is_written_changed_and_taken_off(client, inside, business):
    with inside(business) as session:
        vendor_id = vendors.add(session, by=business.owner, name="Ann").id
    client.post(f"/vendors/{vendor_id}/flaws", flaw="Slow, but thorough", workaround="Two weeks’ notice")
    with inside(business) as session:
        flaw_id = session.scalars(select(AcceptedFlaw.id)).one()
    assert client.get(f"/flaws/{flaw_id}/edit").status_code == 200
    refused = client.post(f"/flaws/{flaw_id}", flaw="", workaround="x")
    assert refused.status_code == 422
    assert "Type what you accept" in words(refused, ".error")
    client.post(f"/flaws/{flaw_id}", **{**as_shown(client.get(f"/flaws/{flaw_id}/edit")), "flaw": "Slow"})
    assert "Slow" in words(client.get(f"/vendors/{vendor_id}/flaws"), ".tree")
    client.post(f"/flaws/{flaw_id}/delete")
    assert "Nothing written down" in words(client.get(f"/vendors/{vendor_id}/flaws"))
