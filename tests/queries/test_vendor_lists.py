"""The list of vendors: filters, order, columns, counts, and a fixed number of queries."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.core.dates import CadenceUnit
from crm.domain import interactions, people, standings, vendors
from crm.models.enums import (
    Availability,
    CadenceChoice,
    InteractionKind,
    Outcome,
    RatePeriod,
    Stage,
    StandingLevel,
    Tier,
    VendorKind,
)
from crm.models.vendors import Vendor
from crm.queries import vendor_lists
from crm.queries.categories import tree
from crm.queries.standings import Held
from crm.queries.vendor_lists import Amount, Due, Rhythm, Sort, Span, Wanted

pytestmark = pytest.mark.usefixtures("database")

TODAY = date(2026, 10, 5)


@pytest.fixture
def five(clock_at, inside, business):
    """Five vendors, and one of another business that would fit every filter."""
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        film = tree(session).children(None)[3]
        niche = tree(session).children(film.id)[1]

        def add(name: str, due: int | None, **said):
            vendor = vendors.add(session, by=business.owner, name=name, **said)
            vendor.due_on = None if due is None else TODAY + timedelta(days=due)
            return vendor

        ann = add("Ann", -3, tier=Tier.B, tags=["Beauty"], what_they_do="Product films", category_ids=[niche.id])
        people.add(ann, by=business.owner, name="Ann Wren", emails=["ann@wren.example"], phones=["0123 456"])
        bob = add("bob", 0, tier=Tier.A, stage=Stage.ACTIVE, kind=VendorKind.AGENCY, owner_id=business.member.user_id)
        bob.stage_since = TODAY - timedelta(days=40)
        add("Çelik", 7, availability=Availability.FULL, tags=["beauty", "Leeds"], category_ids=[film.id])
        add(
            "Dana",
            8,
            availability=Availability.OPEN,
            owner_id=business.admin.user_id,
            backup_id=business.member.user_id,
            rate_amount=4000,
            rate_period=RatePeriod.HOUR,
            currency="GBP",
            location="Łódź",
            languages="Polish, English",
            source="A fair",
        )
        add("Åsa", None, owner_id=None, cadence_choice=CadenceChoice.NONE, do_not_contact=True)
    with inside(business.stranger) as session:
        vendors.add(session, by=business.stranger, name="Ann", tags=["Beauty"], what_they_do="Product films")
    return film.id, niche.id


def names(session, **wanted) -> list[str]:
    return [row.name for row in vendor_lists.list_rows(session, Wanted(**wanted), TODAY)]


def test_each_filter_narrows_the_list(five, inside, business):
    film, niche = five
    with inside(business) as session:
        assert names(session) == ["Ann", "bob", "Dana", "Åsa", "Çelik"]
        assert names(session, stage=Stage.ACTIVE) == ["bob"]
        assert names(session, owner_id=business.member.user_id) == ["bob"]
        assert names(session, without_owner=True) == ["Åsa"]
        assert names(session, backup_id=business.member.user_id) == ["Dana"]
        assert names(session, without_backup=True, tier=Tier.A) == ["bob"]
        assert names(session, kind=VendorKind.AGENCY) == ["bob"]
        assert names(session, tier=Tier.B) == ["Ann"]
        assert names(session, without_tier=True) == ["Dana", "Åsa", "Çelik"]
        assert names(session, availability=Availability.FULL) == ["Çelik"]
        assert names(session, tags=["beauty"]) == ["Ann", "Çelik"]
        assert names(session, tags=["beauty", "leeds"]) == ["Çelik"], "a vendor bears all of them"
        assert names(session, without_tags=True) == ["bob", "Dana", "Åsa"]
        assert names(session, category_ids=[niche]) == ["Ann"]
        assert names(session, category_ids=[film, niche]) == ["Ann", "Çelik"]
        assert names(session, without_category=True) == ["bob", "Dana", "Åsa"]
        assert names(session, in_stage=Span(30, None)) == ["bob"]
        assert names(session, in_stage=Span(None, 5), tier=Tier.B) == ["Ann"]
        assert names(session, rate=Amount(Span(3000, 5000), "GBP")) == ["Dana"]
        assert names(session, rate=Amount(Span(3000, None), "EUR")) == [], "currencies are not compared"
        assert names(session, rate=Amount(Span(None, 5000), "GBP", RatePeriod.DAY)) == []
        assert names(session, location="łódź") == ["Dana"]
        assert names(session, language="english") == ["Dana"]
        assert names(session, source="FAIR") == ["Dana"]
        assert names(session, source="%") == []
        assert names(session, rhythm=Rhythm.NONE) == ["Åsa"]
        assert names(session, do_not_contact=True) == ["Åsa"]
        assert names(session, added_by=business.member.user_id) == []
        assert names(session, words="asa") == ["Åsa"]
        assert names(session, words="FILM prod") == ["Ann"]
        assert names(session, words="ilm") == [], "words are found by their beginning"
        assert names(session, words="100%") == []
        assert names(session, tags=["beauty"], availability=Availability.FULL) == ["Çelik"]


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (Due.LATE, ["Ann"]),
        (Due.TODAY, ["bob"]),
        (Due.WEEK, ["bob", "Çelik"]),
        (Due.MONTH, ["bob", "Dana", "Çelik"]),
        (Due.PLANNED, ["Ann", "bob", "Dana", "Çelik"]),
        (Due.NONE, ["Åsa"]),
    ],
)
def test_the_next_check_in_is_a_filter(due, expected, five, inside, business):
    with inside(business) as session:
        assert names(session, due=due) == expected


def test_when_we_last_spoke_is_a_filter(five, inside, business):
    with inside(business) as session:
        bob = session.scalars(select(Vendor).where(Vendor.name == "bob")).one()
        long_ago = TODAY - timedelta(days=50)
        interactions.log(bob, by=business.owner, kind=InteractionKind.CALL, occurred_on=long_ago)
        dana = session.scalars(select(Vendor).where(Vendor.name == "Dana")).one()
        interactions.log(dana, by=business.owner, kind=InteractionKind.CALL, occurred_on=TODAY, outcome=Outcome.ATTEMPT)
        assert names(session, spoke=Span(30, None)) == ["bob"]
        assert names(session, spoke=Span(None, 30)) == []
        assert names(session, never_spoke=True) == ["Ann", "Dana", "Åsa", "Çelik"], "an attempt is no conversation"


def test_standing_is_a_filter_a_column_and_an_order(five, inside, business):
    _film, niche = five
    with inside(business) as session:
        for name, level, category in (("Ann", StandingLevel.APPROVED, niche), ("bob", StandingLevel.SUSPENDED, None)):
            vendor = session.scalars(select(Vendor).where(Vendor.name == name)).one()
            standings.give(vendor, by=business.owner, level=level, category_id=category, reason="Seen")
        assert names(session, standing=Held.APPROVED) == ["Ann"]
        assert names(session, standing=Held.SUSPENDED) == ["bob"]
        assert names(session, standing=Held.NONE) == ["Dana", "Åsa", "Çelik"]
        assert names(session, sort=Sort.STANDING)[:2] == ["Ann", "bob"]
        assert names(session, sort=Sort.STANDING, is_descending=True)[:2] == ["bob", "Ann"]
        [row] = vendor_lists.list_rows(session, Wanted(tier=Tier.B), TODAY, columns=[Sort.STANDING])
        assert row.cells[Sort.STANDING][0].startswith("approved 2027-")


@pytest.mark.parametrize(
    ("sort", "is_descending", "expected"),
    [
        (Sort.NAME, True, ["Çelik", "Åsa", "Dana", "bob", "Ann"]),
        (Sort.DUE, False, ["Ann", "bob", "Çelik", "Dana", "Åsa"]),
        (Sort.DUE, True, ["Dana", "Çelik", "bob", "Ann", "Åsa"]),
        (Sort.TIER, False, ["bob", "Ann", "Dana", "Åsa", "Çelik"]),
        (Sort.TIER, True, ["Ann", "bob", "Dana", "Åsa", "Çelik"]),
        (Sort.STAGE, True, ["bob", "Ann", "Dana", "Åsa", "Çelik"]),
        (Sort.AVAILABILITY, False, ["Dana", "Çelik", "Ann", "bob", "Åsa"]),
        (Sort.AVAILABILITY, True, ["Çelik", "Dana", "Ann", "bob", "Åsa"]),
        (Sort.ADDED, True, ["Åsa", "Dana", "Çelik", "bob", "Ann"]),
        (Sort.IN_STAGE, True, ["bob", "Ann", "Dana", "Åsa", "Çelik"]),
        (Sort.TAGS, False, ["Ann", "Çelik", "bob", "Dana", "Åsa"]),
        (Sort.PERSON, True, ["Ann", "bob", "Dana", "Åsa", "Çelik"]),
        (Sort.LOCATION, True, ["Dana", "Ann", "bob", "Åsa", "Çelik"]),
        (Sort.RATE, False, ["Dana", "Ann", "bob", "Åsa", "Çelik"]),
        (Sort.OWNER, True, ["Ann", "Çelik", "bob", "Dana", "Åsa"]),
        (Sort.BACKUP, False, ["Dana", "Ann", "bob", "Åsa", "Çelik"]),
    ],
)
def test_what_is_unknown_comes_last_either_way(sort, is_descending, expected, five, inside, business):
    with inside(business) as session:
        assert names(session, sort=sort, is_descending=is_descending) == expected


def test_every_column_can_be_shown_and_sorted_by(five, inside, business):
    with inside(business) as session:
        for sort in Sort:
            for is_descending in (False, True):
                wanted = Wanted(sort=sort, is_descending=is_descending)
                rows = vendor_lists.list_rows(session, wanted, TODAY, columns=[sort])
                assert {row.name for row in rows} == {"Ann", "bob", "Dana", "Åsa", "Çelik"}, sort
        [row] = vendor_lists.list_rows(session, Wanted(tier=Tier.B), TODAY, columns=list(Sort))
        assert row.cells[Sort.TAGS] == ["Beauty"]
        assert row.cells[Sort.PERSON] == "Ann Wren"
        assert row.cells[Sort.EMAIL] == "ann@wren.example"
        assert row.cells[Sort.PHONE] == "0123 456"
        assert row.cells[Sort.OWNER] == "Olive Owner"


def test_an_own_cadence_is_told_from_the_usual_one_and_they_sort_by_their_length(five, inside, business):
    with inside(business) as session:
        ann = session.scalars(select(Vendor).where(Vendor.name == "Ann")).one()
        own = {"cadence_choice": CadenceChoice.OWN, "cadence_every": 2, "cadence_unit": CadenceUnit.WEEKS}
        vendors.edit(ann, by=business.owner, version=ann.version, **own)
        assert names(session, rhythm=Rhythm.OWN) == ["Ann"]
        assert names(session, rhythm=Rhythm.USUAL) == ["bob", "Dana", "Çelik"]
        assert names(session, sort=Sort.CADENCE)[-1] == "Åsa", "none is no length"
        assert names(session, sort=Sort.CADENCE, is_descending=True)[0] == "bob", "30 days are longer than 2 weeks"


def test_stages_are_counted_under_the_other_filters(five, inside, business):
    with inside(business) as session:
        assert vendor_lists.count_by_stage(session, Wanted(), TODAY) == {Stage.PROSPECT: 4, Stage.ACTIVE: 1}
        tagged = Wanted(tags=["beauty"], stage=Stage.ACTIVE)
        assert vendor_lists.count_by_stage(session, tagged, TODAY) == {Stage.PROSPECT: 2}


def test_a_long_count_stops(five, inside, business):
    with inside(business) as session:
        assert vendor_lists.count_by_stage(session, Wanted(), TODAY, most=3) == {Stage.PROSPECT: 3, Stage.ACTIVE: 1}


def test_only_a_large_business_is_not_counted_to_the_end(five, inside, business):
    with inside(business) as session:
        choices = vendor_lists.filter_choices(session, business.owner.user_id)
        assert not choices.is_large
        assert choices.counted(is_filtered=True) == vendor_lists.LARGE
        large = replace(choices, is_large=True)
        assert large.counted(is_filtered=True) < large.counted(is_filtered=False) < vendor_lists.LARGE


def test_all_that_match_are_this_business_s(five, inside, business):
    with inside(business) as session:
        ids = vendor_lists.matching_ids(session, Wanted(words="ann"), TODAY)
        assert session.scalars(select(Vendor.name).where(Vendor.id.in_(ids))).all() == ["Ann"]
    with inside(business.stranger) as session:
        assert vendor_lists.known_ids(session, ids) == []
        assert vendor_lists.rows_of(session, ids, columns=list(Sort)) == []


def test_the_list_offers_what_this_business_has(five, inside, business):
    with inside(business) as session:
        choices = vendor_lists.filter_choices(session, business.owner.user_id)
        assert choices.tags == ["Beauty", "Leeds"]
        assert [name for _id, name in choices.owners] == ["Ada Admin", "Milo Member", "Olive Owner", "Vera Viewer"]
        assert choices.tree == tree(session)


def test_each_question_is_one_query_whatever_is_asked(five, inside, business, count_queries, engine):
    with inside(business) as session:
        wanted = Wanted(tags=["beauty"], sort=Sort.OWNER)
        for act in (
            lambda: vendor_lists.list_rows(session, wanted, TODAY, columns=list(Sort)),
            lambda: vendor_lists.count_by_stage(session, wanted, TODAY),
            lambda: vendor_lists.filter_choices(session, business.owner.user_id),
            lambda: vendor_lists.matching_ids(session, wanted, TODAY),
        ):
            with count_queries(engine) as statements:
                act()
            assert len(statements) == 1, statements
