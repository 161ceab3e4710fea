"""The board as rows: the most urgent first, limited, filtered, in a fixed number of statements."""

from __future__ import annotations

from datetime import date

import pytest

from crm.core import limits
from crm.domain import (
    categories,
    flaws,
    interactions,
    parkings,
    promises,
    stages,
    trials,
    trust_entries,
    vendors,
)
from crm.domain.trials import TrialTerms
from crm.domain.trust_entries import Observation
from crm.models.enums import (
    CadenceChoice,
    Dimension,
    Direction,
    InteractionKind,
    Outcome,
    ParkingReason,
    PromiseKind,
    Stage,
    TrialOutcome,
    Visibility,
    Weight,
)
from crm.queries import board
from crm.queries import categories as categories_of
from crm.queries.board import Filters
from crm.queries.trust_figures import entries_in

TODAY = date(2026, 10, 5)
ALL = Filters()


@pytest.fixture
def session(inside, business, clock_at):
    clock_at("2026-10-05 09:00")
    with inside(business) as session:
        session.info["reader"] = business.member
        yield session


@pytest.fixture
def by(business):
    return business.member


def add(session, by, name, due_on=None, **fields):
    vendor = vendors.add(session, by=by, name=name, cadence_choice=CadenceChoice.NONE, despite_doubles=True, **fields)
    if due_on:
        promises.make(vendor, by=by, kind=PromiseKind.FOLLOW_UP, due_on=due_on)
    return vendor


def columns_of(session, filters, today, shown=None, reader=None):
    return board.columns(session, filters, today, shown, reader=reader or session.info["reader"])


def names(session, filters=ALL, stage=Stage.PROSPECT, **shown):
    session.flush()
    columns, _attention = columns_of(session, filters, TODAY, **shown)
    return [card.name for column in columns if column.stage is stage for card in column.cards]


def test_overdue_comes_before_today_before_planned_before_nothing_planned_and_then_the_name(session, by):
    for name, due_on in (
        ("Nothing b", None),
        ("nothing A", None),
        ("Planned late", date(2026, 11, 1)),
        ("Planned soon", date(2026, 10, 6)),
        ("Today", TODAY),
        ("Overdue", date(2026, 10, 4)),
        ("Long overdue", date(2026, 1, 4)),
    ):
        add(session, by, name, due_on)
    assert names(session) == [
        "Long overdue",
        "Overdue",
        "Today",
        "Planned soon",
        "Planned late",
        "nothing A",
        "Nothing b",
    ]


def test_each_stands_in_its_column_and_the_exits_in_none(session, by):
    for stage in Stage:
        vendor = add(session, by, f"In {stage}")
        if stage is Stage.PARKED:
            parkings.park(vendor, by=by, reason=ParkingReason.SEASON, condition="Spring comes")
        elif stage is not Stage.PROSPECT:
            stages.move(vendor, by=by, to=stage, why="So it is")
    session.flush()
    columns, _attention = columns_of(session, ALL, TODAY)
    assert [(column.stage, [card.name for card in column.cards], column.count) for column in columns] == [
        (Stage.PROSPECT, ["In prospect"], 1),
        (Stage.TRIAL, ["In trial"], 1),
        (Stage.ACTIVE, ["In active"], 1),
        (Stage.PARKED, ["In parked"], 1),
    ]
    [parked] = columns[3].cards
    assert (parked.parked_for, parked.condition) == (ParkingReason.SEASON, "Spring comes")


def test_a_card_says_what_is_special(session, by):
    vendor = add(session, by, "Bluebell Words", what_they_do="Content studio")
    stages.move(vendor, by=by, to=Stage.TRIAL, trial=TrialTerms("One page", date(2026, 10, 12)))
    flaws.accept(vendor, by=by, flaw="Slow but thorough", workaround="")
    session.flush()
    [card] = columns_of(session, ALL, TODAY)[0][1].cards
    assert (card.what_they_do, card.trial, card.flaw, card.stage_since) == (
        "Content studio",
        "One page",
        "Slow but thorough",
        TODAY,
    )
    assert card.undecided

    [trial] = trials.open_trials(session, vendor)
    trials.decide(trial, by=by, outcome=TrialOutcome.PASSED)
    session.flush()
    [card] = columns_of(session, ALL, TODAY)[0][1].cards
    assert (card.trial, card.undecided) == ("", False)


def test_a_card_counts_attempts_without_an_answer(session, by, clock_at):
    vendor = vendors.add(session, by=by, name="Greta Lindholm")
    for day in (6, 8):
        clock_at(f"2026-10-{day:02d} 09:00")
        interactions.log(
            vendor, by=by, kind=InteractionKind.CALL, occurred_on=date(2026, 10, day), outcome=Outcome.ATTEMPT
        )
    session.flush()
    [card] = columns_of(session, ALL, TODAY)[0][0].cards
    assert card.attempts == 2


def test_a_column_shows_its_first_cards_and_the_rest_on_demand(session, by):
    for number in range(limits.BOARD_CARDS + 3):
        add(session, by, f"Vendor {number:02d}")
    session.flush()
    [prospects, *_others], _attention = columns_of(session, ALL, TODAY)
    assert (len(prospects.cards), prospects.count, prospects.hidden) == (limits.BOARD_CARDS, limits.BOARD_CARDS + 3, 3)
    [prospects, *_others], _attention = columns_of(session, ALL, TODAY, {Stage.PROSPECT: 100})
    assert (len(prospects.cards), prospects.hidden) == (limits.BOARD_CARDS + 3, 0)


def test_filters_combine(session, by, business):
    media = categories.add(session, name="Moving pictures")
    films = categories.add(session, name="Product films", parent_id=media.id)
    add(session, by, "Mine, films, late", date(2026, 10, 1), category_ids=[films.id])
    add(session, by, "Mine, films", category_ids=[films.id])
    add(session, by, "Mine, late", date(2026, 10, 1))
    add(session, business.admin, "Ada’s, films, late", date(2026, 10, 1), category_ids=[films.id])
    mine = by.user_id
    below = (media.id, films.id)
    assert names(session, Filters(owner_id=mine)) == ["Mine, films, late", "Mine, late", "Mine, films"]
    assert names(session, Filters(due_by=TODAY)) == ["Ada’s, films, late", "Mine, films, late", "Mine, late"]
    assert names(session, Filters(category_ids=below)) == ["Ada’s, films, late", "Mine, films, late", "Mine, films"]
    assert names(session, Filters(mine, TODAY, below)) == ["Mine, films, late"]
    assert columns_of(session, Filters(owner_id=mine), TODAY)[1] == 2
    assert (media.id, "Moving pictures", 3) in board.top_categories(session, categories_of.tree(session))


def test_a_vendor_counts_once_for_a_category_however_often_it_is_filed_below(session, by):
    media = categories.add(session, name="Moving pictures")
    films = categories.add(session, name="Product films", parent_id=media.id)
    add(session, by, "Both", category_ids=[media.id, films.id])
    ended = add(session, by, "Over", category_ids=[films.id])
    ended.stage = Stage.ENDED
    session.flush()
    assert board.top_categories(session, categories_of.tree(session)) == [(media.id, "Moving pictures", 1)]


def test_the_vendors_of_a_category_are_counted_as_far_as_a_menu_says(session, by):
    media = categories.add(session, name="Moving pictures")
    films = categories.add(session, name="Product films", parent_id=media.id)
    for number in range(4):
        add(session, by, f"Vendor {number}", category_ids=[media.id, films.id])
    found = board.top_categories(session, categories_of.tree(session), most=2)
    assert found == [(media.id, "Moving pictures", 3)], "one more than that: there are more"


def test_nobody_sees_another_businesss_cards(inside, business, session, by):
    add(session, by, "Northlight Studio", TODAY)
    session.commit()
    with inside(business.stranger) as elsewhere:
        columns, attention = columns_of(elsewhere, ALL, TODAY, reader=business.stranger)
        assert ([column.count for column in columns], attention) == ([0, 0, 0, 0], 0)
        assert board.top_categories(elsewhere, categories_of.tree(elsewhere)) == []


@pytest.mark.parametrize("count", [1, 60])
def test_the_number_of_statements_does_not_grow(session, by, count_queries, count):
    for number in range(count):
        add(session, by, f"Vendor {number:02d}")
    tree = categories_of.tree(session)
    with count_queries() as statements:
        columns_of(session, ALL, TODAY)
        board.top_categories(session, tree)
    assert len(statements) == 3, statements


def test_a_card_brings_the_trust_log_that_its_reader_may_read_without_another_query(
    session, business, by, engine, count_queries
):
    vendor = add(session, by, "Trusted")
    add(session, by, "Unknown")
    for visibility in (Visibility.TEAM, Visibility.AUTHOR):
        seen = Observation(
            TODAY, Dimension.INTEGRITY, Direction.NEGATIVE, Weight.MAJOR, "Invoiced twice.", visibility=visibility
        )
        trust_entries.observe(vendor, by=by, seen=seen)
    session.flush()
    for reader, notes in ((by, 2), (business.owner, 1), (business.viewer, 1)):
        with count_queries(engine) as statements:
            [prospects, *_others], _attention = columns_of(session, ALL, TODAY, reader=reader)
        assert len(statements) == 2
        assert [len(entries_in(card.trust_log)) for card in prospects.cards] == [notes, 0]
