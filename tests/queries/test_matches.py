"""What openings and vendors are matched by: read from either side, it is the same."""

from datetime import date, timedelta

import pytest

from crm.domain import match_rules, matches, openings, referrals, stages, standings, vendors
from crm.domain.parking_terms import ParkingTerms
from crm.models.categories import Category
from crm.models.enums import Availability, ParkingReason, RatePeriod, ReferralState, Stage, StandingLevel
from crm.queries import matches as reading
from crm.queries import profiles
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


@pytest.fixture
def session(business, inside):
    with inside(business) as found:
        yield found


@pytest.fixture
def vendor(session, business):
    def add(*category_ids, name="Northlight", stage=Stage.ACTIVE, **fields):
        return vendors.add(
            session,
            by=business.owner,
            name=name,
            category_ids=list(category_ids),
            stage=stage,
            despite_doubles=True,
            **fields,
        )

    return add


@pytest.fixture
def opening(session, business):
    def add(category_id, name="Harbour Dental", **fields):
        return openings.add(session, by=business.owner, business=name, category_id=category_id, **fields)

    return add


def from_the_vendor(session, vendor, today=TODAY):
    return reading.openings_of(session, [vendor.id], today)[vendor.id]


def from_the_opening(session, opening, today=TODAY):
    return list(reading.vendors_of(session, [opening], today, match_rules.LATELY).in_niche_of(opening))


def from_the_page(session, vendor, reader):
    rows = profiles.surroundings(session, vendor.id, reader=reader, since=TODAY).openings
    return reading.unpacked(reading.candidate(vendor), rows)


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
    session, tree, vendor, opening, offers, wanted, is_named
) -> None:
    one, looks = vendor(*([tree[offers]] if offers else [])), opening(tree[wanted] if wanted else None)
    assert bool(from_the_vendor(session, one)) is is_named
    assert bool(from_the_opening(session, looks)) is is_named


def test_closed_and_past_openings_are_not_named(session, business, tree, vendor, opening) -> None:
    one, last_day = vendor(tree["films"]), opening(tree["films"], until=TODAY)
    openings.close(opening(tree["films"]), by=business.owner)
    session.flush()
    assert matches.openings_for(session, [one.id], TODAY)[one.id] == [reading.wanted(last_day)]
    assert matches.openings_for(session, [one.id], TODAY + timedelta(days=1))[one.id] == []


def test_active_and_parked_vendors_are_held_against_it_active_ones_first_then_by_name(
    session, business, tree, vendor, opening
) -> None:
    for name, stage in (("Bold", Stage.ACTIVE), ("Known", Stage.PROSPECT), ("Able", Stage.ACTIVE)):
        vendor(tree["films"], name=name, stage=stage)
    parked = vendor(tree["film"], name="Aside")
    stages.move(parked, by=business.owner, to=Stage.PARKED, parking=ParkingTerms(reason=ParkingReason.NO_BUDGET))
    session.flush()
    found = from_the_opening(session, opening(tree["films"]))
    assert [one.name for one, _wanted, _between in found] == ["Able", "Bold", "Aside"]


@pytest.mark.parametrize(
    ("given", "level"),
    [
        ({}, None),
        ({None: StandingLevel.SUSPENDED}, StandingLevel.SUSPENDED),
        ({"film": StandingLevel.SUSPENDED}, StandingLevel.SUSPENDED),  # above what is looked for
        ({"films": StandingLevel.APPROVED}, StandingLevel.APPROVED),
        ({None: StandingLevel.PREFERRED, "films": StandingLevel.CONDITIONAL}, StandingLevel.CONDITIONAL),
        ({"short": StandingLevel.SUSPENDED}, None),  # the rest of the niche is free
        ({"editing": StandingLevel.SUSPENDED, "words": StandingLevel.SUSPENDED}, None),
    ],
)
def test_the_most_careful_standing_that_covers_the_work_is_theirs(
    session, business, tree, vendor, opening, given, level
) -> None:
    one, looks = vendor(*tree.values()), opening(tree["films"])
    for place, each in given.items():
        standings.give(one, by=business.owner, level=each, category_id=tree[place] if place else None, reason="So")
    session.flush()
    for [(_vendor, _opening, between)] in (from_the_vendor(session, one), from_the_opening(session, looks)):
        assert between.standing is level


def test_who_is_suspended_for_one_thing_of_the_niche_may_do_the_other(session, business, tree, vendor, opening) -> None:
    one, looks = vendor(tree["short"], tree["films"]), opening(tree["film"])
    standings.give(one, by=business.owner, level=StandingLevel.SUSPENDED, category_id=tree["short"], reason="Late")
    session.flush()
    for [(_vendor, _opening, between)] in (from_the_vendor(session, one), from_the_opening(session, looks)):
        assert between.standing is None


def test_from_either_side_and_on_the_vendors_page_the_same_is_known(session, business, tree, vendor, opening) -> None:
    """Everything that the rules rest on, with something of each kind in it."""
    made = [
        vendor(tree["films"], name="Plain"),
        vendor(tree["film"], tree["short"], name="Bars | and ' quotes", availability=Availability.FULL),
        vendor(tree["words"], name="Elsewhere"),
        vendor(
            tree["films"],
            name="Dear",
            minimum_amount=80000,
            minimum_period=RatePeriod.PROJECT,
            currency="GBP",
            leave_from=TODAY,
            leave_to=TODAY + timedelta(days=3),
        ),
    ]
    looks = [
        opening(tree["films"], budget_amount=50000, currency="EUR", until=TODAY, what_they_need="a | film"),
        opening(tree["film"], name="Quay | Inn"),
        opening(tree["words"], name="Elsewhere"),
    ]
    standings.give(made[1], by=business.owner, level=StandingLevel.PREFERRED, category_id=tree["short"])
    referrals.refer(made[0], by=business.owner, opening_id=looks[0].id)
    session.flush()
    by_vendor = [each for one in made for each in from_the_vendor(session, one)]
    by_opening = [each for one in looks for each in from_the_opening(session, one)]
    by_page = [each for one in made for each in from_the_page(session, one, business.owner)]
    in_pairs = [reading.pair(session, one, each, TODAY, match_rules.LATELY) for one in made for each in looks]
    assert len(by_vendor) == 7
    assert sorted(by_vendor, key=_ids) == sorted(by_opening, key=_ids) == sorted(by_page, key=_ids)
    assert [each for each in in_pairs if each[2].niche] == sorted(by_vendor, key=_ids)


def _ids(facts: reading.Facts) -> tuple[int, int]:
    return facts[0].id, facts[1].id


def test_a_recommendation_counts_from_its_latest_step_that_is_one(
    session, business, tree, vendor, opening, clock_at
) -> None:
    one, looks, other = vendor(tree["films"]), opening(tree["films"]), opening(tree["films"], name="Quay Inn")
    referral = referrals.refer(one, by=business.owner, opening_id=looks.id)
    clock_at("2026-10-20 09:00", "Europe/London")
    for state, day in ((ReferralState.VENDOR_ASKED, 12), (ReferralState.BUSINESS_ASKED, 20)):
        referrals.record_step(referral, by=business.owner, state=state, happened_on=date(2026, 10, day))
    session.flush()
    between = {looks.id: between for _vendor, looks, between in from_the_vendor(session, one)}
    assert between[looks.id].referred_there_on == TODAY
    assert between[other.id].referred_there_on is None
    assert {each.referred_on for each in between.values()} == {date(2026, 10, 12)}


def test_matching_is_mutual() -> None:
    one, other = Niche(1, 5, "a"), Niche(1, None, "b")
    assert one.matches(other)
    assert other.matches(one)


def test_another_business_is_never_matched(inside, business, session, tree, vendor, opening) -> None:
    one, looks = vendor(tree["films"]), opening(tree["films"])
    session.commit()
    with inside(business.stranger) as elsewhere:
        assert reading.openings_of(elsewhere, [one.id], TODAY) == {one.id: []}
        assert from_the_opening(elsewhere, looks) == []


def test_the_number_of_statements_grows_with_nothing(session, tree, vendor, opening, count_queries) -> None:
    made = [vendor(tree["films"], name=f"Studio {number}") for number in range(30)]
    looks = [opening(tree["films"], name=f"Business {number}") for number in range(5)]
    session.flush()
    with count_queries() as statements:
        found = matches.openings_for(session, [one.id for one in made], TODAY)
    assert {len(named) for named in found.values()} == {5}
    assert len(statements) == 1, statements
    with count_queries() as statements:
        fits = matches.fits_for(session, looks, TODAY)
    assert [[match.name for match in fits[each.id]] for each in looks] == [["Studio 0", "Studio 1"]] * 5
    assert len(statements) == 3, statements
    with count_queries() as statements:
        assert len(matches.of_opening(session, looks[0], TODAY).fits) == 30
    assert len(statements) == 3, statements
    with count_queries() as statements:
        assert matches.of_pair(session, made[0], looks[0], TODAY).fits
    assert len(statements) == 3, statements
