"""Weights from ranks, ratings that fade, fit with its coverage, and what a comparison says."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain import fit
from crm.domain.fit import Rated, Swap

TODAY = date(2026, 10, 5)
QUALITY, COMMUNICATION, TURNAROUND, COST, BREADTH = RANKED = (1, 2, 3, 4, 5)
ANA, BEN, CARA, DORA = 10, 20, 30, 40
RATED = {
    ANA: dict(zip(RANKED, (5.0, 4.0, 2.0, 3.0, 3.0), strict=True)),
    BEN: dict(zip(RANKED, (3.0, 4.0, 5.0, 4.0, 4.0), strict=True)),
    CARA: dict(zip(RANKED, (3.0, 3.0, 4.0, 4.0, 3.0), strict=True)),
}
FIVE = fit.weights(RANKED)
ENOUGH = dict.fromkeys((ANA, BEN, CARA, DORA), 5)


def figure(weighing, vendor) -> float:
    found = fit.fit(weighing, RATED[vendor], ratings=5)
    assert found.value is not None
    return round(found.value, 3)


# Weights


@pytest.mark.parametrize(
    ("count", "printed"),
    [
        (6, (0.4083, 0.2417, 0.1583, 0.1028, 0.0611, 0.0278)),
        (5, (0.4567, 0.2567, 0.1567, 0.0900, 0.0400)),
        (1, (1.0,)),
        (0, ()),
    ],
)
def test_ranks_become_rank_order_centroid_weights(count, printed):
    assert tuple(round(weight, 4) for weight in fit.centroid_weights(count)) == printed


@given(st.integers(1, 30))
def test_weights_fall_with_the_rank_and_sum_to_one(count):
    found = fit.centroid_weights(count)
    assert sum(found) == pytest.approx(1)
    assert sorted(found, reverse=True) == found
    assert min(found) > 0


def test_an_override_stands_in_for_a_weight_and_all_are_made_to_sum_to_one():
    found = fit.weights((1, 2), {2: 0.25})
    assert found == pytest.approx({1: 0.75, 2: 0.25})
    assert fit.weights((1, 2), {1: 0, 2: 0}) == {1: 0, 2: 0}, "nothing counts: no weight is made up"


# Ratings


def test_one_rater_one_day_is_the_mean():
    assert fit.values([Rated(1, 7, 5, TODAY), Rated(1, 7, 2, TODAY)], TODAY) == {1: 3.5}


def test_a_rating_of_last_year_counts_half():
    found = fit.values([Rated(1, 7, 5, TODAY), Rated(1, 7, 2, TODAY - timedelta(days=365))], TODAY)
    assert found[1] == pytest.approx((5 + 0.5 * 2) / 1.5)


def test_who_rates_often_does_not_outvote_who_rates_once():
    often = [Rated(1, 7, 5, TODAY)] * 9
    assert fit.values([*often, Rated(1, 8, 1, TODAY)], TODAY) == {1: 3.0}


ratings = st.lists(
    st.builds(
        Rated,
        st.integers(1, 5),
        st.integers(1, 3),
        st.integers(1, 5),
        st.integers(0, 2000).map(lambda days: TODAY - timedelta(days=days)),
    ),
    max_size=20,
)


@given(ratings, st.randoms())
def test_the_order_of_ratings_does_not_matter_and_values_stay_on_the_scale(some, chance):
    found = fit.values(some, TODAY)
    mixed = list(some)
    chance.shuffle(mixed)
    assert fit.values(mixed, TODAY) == pytest.approx(found)
    assert all(1 - 1e-9 <= value <= 5 + 1e-9 for value in found.values())
    assert found.keys() == {each.criterion_id for each in some}


# Fit


def test_the_worked_example():
    assert [figure(FIVE, vendor) for vendor in (ANA, BEN, CARA)] == [4.013, 3.700, 3.247]


def test_with_the_first_neighbours_exchanged_the_other_leads():
    exchanged = fit.weights((COMMUNICATION, QUALITY, TURNAROUND, COST, BREADTH))
    assert (figure(exchanged, ANA), figure(exchanged, BEN)) == (3.813, 3.900)


def test_with_ranks_exchanged_that_are_no_neighbours():
    exchanged = fit.weights((TURNAROUND, COMMUNICATION, QUALITY, COST, BREADTH))
    assert (figure(exchanged, ANA), figure(exchanged, BEN)) == (3.113, 4.300)


def test_a_fit_of_which_a_part_is_known_is_shown_and_flagged():
    rated = fit.values(
        [Rated(QUALITY, 7, 5, TODAY), Rated(QUALITY, 7, 5, TODAY), Rated(TURNAROUND, 7, 4, TODAY)], TODAY
    )
    found = fit.fit(FIVE, rated, ratings=3)
    assert (round(found.value or 0, 3), round(found.coverage, 3)) == (4.745, 0.613)
    assert found.is_shown
    assert found.is_partial


@pytest.mark.parametrize(
    ("rated", "count", "shown"),
    [
        ({QUALITY: 5.0, TURNAROUND: 4.0}, 3, True),
        ({QUALITY: 5.0, TURNAROUND: 4.0}, 2, False),  # too few ratings
        ({QUALITY: 5.0, COST: 4.0}, 9, False),  # .547 of the weights
        ({}, 9, False),
    ],
)
def test_a_fit_needs_coverage_and_ratings_to_be_shown(rated, count, shown):
    assert fit.fit(FIVE, rated, ratings=count).is_shown is shown


@given(ratings)
def test_a_fit_lies_between_the_lowest_and_the_highest_of_its_values(some):
    rated = fit.values(some, TODAY)
    found = fit.fit(FIVE, rated, ratings=len(some))
    assert found.coverage == pytest.approx(sum(FIVE[criterion] for criterion in rated))
    assert (found.value is None) == (not rated)
    if found.value is not None:
        assert min(rated.values()) - 1e-9 <= found.value <= max(rated.values()) + 1e-9


# Compare


def test_who_is_nowhere_better_and_somewhere_worse_is_dominated():
    assert fit.dominates(RATED[BEN], RATED[CARA])
    assert not fit.dominates(RATED[ANA], RATED[CARA])
    assert not fit.dominates(RATED[BEN], RATED[BEN]), "the same is not better"
    assert not fit.dominates(RATED[BEN], {QUALITY: 1.0}), "of what is not rated nobody knows"


def test_a_trade_off_names_the_three_differences_that_matter_most():
    [ana_ben, *_others] = fit.trade_offs(FIVE, RATED)
    assert (ana_ben.better, ana_ben.other) == (ANA, BEN)
    assert ana_ben.differences == [(QUALITY, 2.0), (TURNAROUND, -3.0), (COST, -1.0)]
    assert len(fit.trade_offs(FIVE, RATED)) == 3


def test_a_trade_off_counts_what_is_not_rated_for_one_of_them():
    rated = {ANA: RATED[ANA], DORA: {QUALITY: 4.0, TURNAROUND: 3.0}}
    [ana_dora] = fit.trade_offs(FIVE, rated)
    assert (ana_dora.better, ana_dora.unrated) == (ANA, 3)
    assert {each.unrated for each in fit.trade_offs(FIVE, RATED)} == {0}
    nothing_else_counts = fit.weights(RANKED, {QUALITY: 1, TURNAROUND: 1, COMMUNICATION: 0, COST: 0, BREADTH: 0})
    assert [each.unrated for each in fit.trade_offs(nothing_else_counts, rated)] == [0]


def test_a_vendor_with_nothing_in_common_trades_nothing():
    assert fit.trade_offs(FIVE, {ANA: RATED[ANA], DORA: {}}) == []
    assert fit.trade_offs(FIVE, {ANA: {QUALITY: 4.0}, DORA: {COST: 4.0}}) == []


def test_the_lead_holds_unless_the_first_two_change_places():
    assert fit.leader(FIVE, RATED, ENOUGH) == ANA
    assert fit.swaps(FIVE, RATED, ENOUGH) == [Swap(raised=COMMUNICATION, lowered=QUALITY, leader=BEN)]


def test_a_lead_in_everything_is_robust():
    assert fit.swaps(FIVE, {BEN: RATED[BEN], CARA: RATED[CARA]}, ENOUGH) == []


def test_who_shares_the_lead_does_not_lead():
    assert fit.leader(FIVE, {ANA: RATED[ANA], BEN: RATED[ANA]}, ENOUGH) is None
    assert fit.swaps(FIVE, {ANA: RATED[ANA], BEN: RATED[ANA]}, ENOUGH) == []
    assert fit.leader(FIVE, {ANA: {}}, ENOUGH) is None


@pytest.mark.parametrize(
    ("rated", "count"),
    [
        ({QUALITY: 5.0}, 1),
        ({QUALITY: 5.0}, 9),  # .457 of the weights
        (dict.fromkeys(RANKED, 5.0), 2),  # too few ratings
    ],
)
def test_whose_fit_is_not_shown_neither_leads_nor_changes_who_does(rated, count):
    some, counts = {**RATED, DORA: rated}, {**ENOUGH, DORA: count}
    assert fit.leader(FIVE, some, counts) == ANA
    assert fit.swaps(FIVE, some, counts) == fit.swaps(FIVE, RATED, ENOUGH)
    assert fit.leader(FIVE, {DORA: rated}, counts) is None
    assert fit.swaps(FIVE, {DORA: rated}, counts) == []


def test_a_lead_is_no_longer_shown_once_too_little_of_what_counts_is_rated():
    """Dora leads by quality and turnaround; with communication before quality they are .413 of what is valued."""
    some = {CARA: RATED[CARA], DORA: {QUALITY: 5.0, TURNAROUND: 4.0}}
    assert fit.leader(FIVE, some, ENOUGH) == DORA
    assert fit.swaps(FIVE, some, ENOUGH)[0] == Swap(raised=COMMUNICATION, lowered=QUALITY, leader=CARA)
    alone = {DORA: some[DORA]}
    assert fit.swaps(FIVE, alone, ENOUGH)[0] == Swap(raised=COMMUNICATION, lowered=QUALITY, leader=None)


@given(
    st.dictionaries(
        st.sampled_from((ANA, BEN, CARA, DORA)),
        st.dictionaries(st.sampled_from(RANKED), st.floats(1, 5)),
        min_size=1,
    ),
    st.integers(0, 5),
)
def test_nobody_leads_whose_fit_is_not_shown(rated, count):
    counts = dict.fromkeys(rated, count)
    first = fit.leader(FIVE, rated, counts)
    shown = {vendor for vendor, each in rated.items() if fit.fit(FIVE, each, ratings=count).is_shown}
    assert first is None or first in shown
    assert {each.leader for each in fit.swaps(FIVE, rated, counts)} <= {None, *shown}
