"""The tree of what vendors do."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from crm.core import limits
from crm.core.errors import Missing, Refused
from crm.domain import categories, vendors
from crm.models.categories import Category
from crm.models.referrals import Opening
from crm.models.trials import TrialBrief
from crm.models.vendors import VendorCategory
from crm.queries import categories as category_queries
from tests.support.trial_tasks import in_full

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def bare(inside, business):
    """The business without the categories that it was given."""
    with inside(business) as session:
        session.execute(delete(Category).where(Category.parent_id.is_not(None)))
        session.execute(delete(Category))


def tree_of(session) -> list[str]:
    return [node.words for node in category_queries.tree(session)]


def test_a_new_business_has_categories_to_begin_with(inside, business):
    with inside(business) as session:
        tree = category_queries.tree(session)
        assert len(tree.children(None)) == 12
        assert "Pictures and film › Product films" in tree_of(session)
        assert "Website › Website care › Speed" in tree_of(session), "a few as narrow as one may go"
        assert {node.depth for node in tree} == {1, 2, 3}


@pytest.mark.usefixtures("bare")
def test_the_tree_grows_three_deep(inside, business):
    with inside(business) as session:
        film = categories.add(session, name="Film")
        product = categories.add(session, name="Product films", parent_id=film.id)
        categories.add(session, name="Stop motion", parent_id=product.id)
        categories.add(session, name="Words")

        assert tree_of(session) == ["Film", "Film › Product films", "Film › Product films › Stop motion", "Words"]


@pytest.mark.usefixtures("bare")
def test_there_is_no_fourth_level(inside, business):
    with inside(business) as session:
        parent_id = None
        for name in ("Film", "Product films", "Stop motion"):
            parent_id = categories.add(session, name=name, parent_id=parent_id).id
        with pytest.raises(Refused) as refused:
            categories.add(session, name="With clay", parent_id=parent_id)
        assert refused.value.field == "parent_id"


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("name", ["", " \x00", "x" * 201, "FILM", "Film."])
def test_a_name_that_does_not_fit_is_refused(name, inside, business):
    with inside(business) as session:
        categories.add(session, name="Film")
        with pytest.raises(Refused) as refused:
            categories.add(session, name=name)
        assert refused.value.field == "name"


@pytest.mark.usefixtures("bare")
def test_the_same_name_may_stand_elsewhere(inside, business):
    with inside(business) as session:
        film, words = (categories.add(session, name=name) for name in ("Film", "Words"))
        categories.add(session, name="Editing", parent_id=film.id)
        assert categories.add(session, name="Editing", parent_id=words.id).id


@pytest.mark.usefixtures("bare")
def test_a_business_has_so_many_and_no_more(inside, business, monkeypatch):
    monkeypatch.setattr(limits, "CATEGORIES", 1)
    with inside(business) as session:
        categories.add(session, name="Film")
        with pytest.raises(Refused):
            categories.add(session, name="Words")


@pytest.mark.usefixtures("bare")
def test_neighbours_change_places(inside, business):
    with inside(business) as session:
        first, _second, third = (categories.add(session, name=name) for name in ("Film", "Words", "Post"))
        categories.move(third, steps=-1)
        assert tree_of(session) == ["Film", "Post", "Words"]
        categories.move(first, steps=-1)
        assert tree_of(session) == ["Film", "Post", "Words"], "the first stays first"
        categories.move(first, steps=1)
        assert tree_of(session) == ["Post", "Film", "Words"]


@pytest.mark.usefixtures("bare")
def test_a_category_becomes_a_niche_with_all_below_it(inside, business):
    with inside(business) as session:
        film, media = (categories.add(session, name=name) for name in ("Film", "Media"))
        categories.add(session, name="Product films", parent_id=film.id)
        categories.put_under(film, parent_id=media.id)
        session.flush()
        assert tree_of(session) == ["Media", "Media › Film", "Media › Film › Product films"]

        categories.put_under(film, parent_id=None)
        session.flush()
        assert tree_of(session) == ["Media", "Film", "Film › Product films"]


@pytest.mark.usefixtures("bare")
def test_nothing_hangs_below_itself_or_too_deep(inside, business):
    with inside(business) as session:
        film, media = (categories.add(session, name=name) for name in ("Film", "Media"))
        product = categories.add(session, name="Product films", parent_id=film.id)
        categories.add(session, name="Stop motion", parent_id=product.id)
        for parent_id in (film.id, product.id, media.id, 987_654):
            with pytest.raises(Refused):
                categories.put_under(film, parent_id=parent_id)


@pytest.mark.usefixtures("bare")
def test_a_used_category_needs_an_heir(inside, business):
    with inside(business) as session:
        film, words = (categories.add(session, name=name) for name in ("Film", "Words"))
        both = vendors.add(session, by=business.owner, name="Ann", category_ids=[film.id, words.id])
        one = vendors.add(session, by=business.owner, name="Bob", category_ids=[film.id])
        opening = Opening(business="Rook", category_id=film.id, created_by=business.owner.user_id)
        session.add(opening)
        session.flush()
        with pytest.raises(Refused) as refused:
            categories.delete_category(film)
        assert refused.value.field == "instead"
        for nobody in (film.id, 987_654):
            with pytest.raises(Refused):
                categories.delete_category(film, instead=nobody)

        categories.delete_category(film, instead=words.id)
        session.flush()
        placed = session.execute(select(VendorCategory.vendor_id, VendorCategory.category_id)).all()
        assert sorted(map(tuple, placed)) == [(both.id, words.id), (one.id, words.id)]
        session.refresh(opening)
        assert opening.category_id == words.id


@pytest.mark.usefixtures("bare")
def test_a_brief_goes_to_the_heir_of_its_category(inside, business):
    with inside(business) as session:
        film, words = (categories.add(session, name=name) for name in ("Film", "Words"))
        made = in_full(vendors.add(session, by=business.owner, name="Ann"), by=business.owner, category_id=film.id)
        with pytest.raises(Refused):
            categories.delete_category(film)
        categories.delete_category(film, instead=words.id)
        session.flush()
        brief = session.get_one(TrialBrief, made.brief_id)
        session.refresh(brief)
        assert brief.category_id == words.id


@pytest.mark.usefixtures("bare")
def test_a_category_with_niches_stays(inside, business):
    with inside(business) as session:
        film = categories.add(session, name="Film")
        niche = categories.add(session, name="Product films", parent_id=film.id)
        with pytest.raises(Refused):
            categories.delete_category(film)
        categories.delete_category(niche)
        session.flush()
        categories.delete_category(film)
        session.flush()
        assert tree_of(session) == []


def test_a_category_of_another_business_is_missing(inside, business):
    with inside(business) as session:
        category_id = category_queries.tree(session)[0].id
    with inside(business.stranger) as session, pytest.raises(Missing):
        categories.at(session, category_id)
