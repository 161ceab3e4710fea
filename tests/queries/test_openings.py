"""Which openings are named beside a vendor, and which vendors beside an opening."""

from datetime import date, timedelta

import pytest

from crm.core.tenancy import WorkspaceSession
from crm.domain import openings, referrals, stages, vendors
from crm.domain.parking_terms import ParkingTerms
from crm.models.categories import Category
from crm.models.enums import Availability, ParkingReason, Stage
from crm.queries import openings as reading
from crm.queries.niches import Niche

TODAY = date(2026, 10, 5)


@pytest.fixture(autouse=True)
def monday(clock_at) -> None:
    clock_at("2026-10-05 09:00", "Europe/London")


@pytest.fixture
def tree(business, inside) -> dict[str, int]:
    """Film, with films and editing below it, and words."""
    with inside(business) as session:
        film, words = Category(name="Film X"), Category(name="Words X")
        session.add_all([film, words])
        session.flush()
        films = Category(name="Films X", parent_id=film.id)
        editing = Category(name="Editing X", parent_id=film.id)
        session.add_all([films, editing])
        session.flush()
        short = Category(name="Short films X", parent_id=films.id)
        session.add(short)
        session.flush()
        return {"film": film.id, "films": films.id, "editing": editing.id, "short": short.id, "words": words.id}


def vendor(session: WorkspaceSession, business, category_id: int | None, name: str = "Northlight", **fields):
    ids = [category_id] if category_id else []
    return vendors.add(session, by=business.owner, name=name, category_ids=ids, despite_doubles=True, **fields)


def opening(session: WorkspaceSession, business, category_id: int | None, **fields):
    return openings.add(session, by=business.owner, business="Harbour Dental", category_id=category_id, **fields)


@pytest.mark.parametrize(
    ("offers", "wanted", "is_named"),
    [
        ("films", "films", True),
        ("film", "films", True),  # the vendor's niche is empty
        ("films", "film", True),  # the opening's niche is empty
        ("short", "films", True),  # a sub-niche lies in its niche
        ("films", "editing", False),
        ("films", "words", False),
        (None, "films", False),
        ("films", None, False),
    ],
)
def test_a_niche_matches_when_the_category_is_equal_and_the_niches_are_equal_or_either_is_empty(
    business, inside, tree, offers, wanted, is_named
) -> None:
    with inside(business) as session:
        one = vendor(session, business, tree[offers] if offers else None)
        looks = opening(session, business, tree[wanted] if wanted else None)
        found = reading.in_niche_of(session, [one.id], TODAY)[one.id]
        assert found == ([looks] if is_named else [])


def test_matching_is_mutual() -> None:
    one, other = Niche(1, 5, "a"), Niche(1, None, "b")
    assert one.matches(other)
    assert other.matches(one)


def test_closed_and_past_openings_are_not_named(business, inside, tree) -> None:
    with inside(business) as session:
        one = vendor(session, business, tree["films"])
        last_day = opening(session, business, tree["films"], until=TODAY)
        openings.close(opening(session, business, tree["films"]), by=business.owner)
        session.flush()
        assert reading.in_niche_of(session, [one.id], TODAY)[one.id] == [last_day]
        assert reading.in_niche_of(session, [one.id], TODAY + timedelta(days=1))[one.id] == []


def test_who_was_referred_already_is_not_named_again(business, inside, tree) -> None:
    with inside(business) as session:
        one = vendor(session, business, tree["films"])
        looks = opening(session, business, tree["films"])
        referrals.refer(one, by=business.owner, opening_id=looks.id)
        assert reading.in_niche_of(session, [one.id], TODAY)[one.id] == []


def test_fits_are_active_or_parked_free_to_be_asked_and_not_full(business, inside, tree) -> None:
    with inside(business) as session:
        looks = opening(session, business, tree["films"])
        vendor(session, business, tree["films"], "Prospect")
        vendor(session, business, tree["films"], "Active", stage=Stage.ACTIVE)
        vendor(session, business, tree["films"], "Full", stage=Stage.ACTIVE, availability=Availability.FULL)
        vendor(session, business, tree["films"], "Silent", stage=Stage.ACTIVE, do_not_contact=True)
        vendor(session, business, tree["words"], "Elsewhere", stage=Stage.ACTIVE)
        parked = vendor(session, business, tree["film"], "Parked")
        stages.move(parked, by=business.owner, to=Stage.PARKED, parking=ParkingTerms(reason=ParkingReason.NO_BUDGET))
        session.flush()
        assert [fit.name for fit in reading.fits_for(session, [looks])[looks.id]] == ["Active", "Parked"]


def test_the_number_of_statements_does_not_grow_with_the_vendors(business, inside, tree, count_queries) -> None:
    with inside(business) as session:
        ids = [vendor(session, business, tree["films"], f"Studio {n}").id for n in range(30)]
        for _ in range(5):
            opening(session, business, tree["films"])
        with count_queries() as statements:
            found = reading.in_niche_of(session, ids, TODAY)
    assert len(found) == 30
    assert all(len(named) == 5 for named in found.values())
    assert len(statements) <= 4
