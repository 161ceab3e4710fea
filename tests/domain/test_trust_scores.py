"""How far a vendor is trusted: the table of the product, and what holds for any entries."""

from datetime import date, timedelta
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.trust_scores import (
    Band,
    Seen,
    band,
    beta_quantile,
    beta_share,
    history,
    moves,
    score,
    trust,
)
from crm.models.enums import Dimension, Direction, Weight

TODAY = date(2026, 10, 5)
PLUS, MINUS = Direction.POSITIVE, Direction.NEGATIVE


def entries(*said: tuple[int, Direction, Weight], days: int = 0) -> list[Seen]:
    day = TODAY - timedelta(days=days)
    return [
        Seen(Dimension.ABILITY, direction, weight, day) for count, direction, weight in said for _each in range(count)
    ]


@pytest.mark.parametrize(
    ("seen", "value", "evidence", "words"),
    [
        ([], 0.5, 0, Band.NOT_ENOUGH_EVIDENCE),
        (entries((3, PLUS, Weight.MINOR)), 0.8, 3, Band.HIGH),
        (entries((1, MINUS, Weight.MAJOR)), 0.167, 4, Band.LOW),
        (entries((6, PLUS, Weight.MINOR), (1, MINUS, Weight.MAJOR)), 0.583, 10, Band.MIXED),
        (entries((6, PLUS, Weight.MINOR), days=360), 0.714, 1.5, Band.NOT_ENOUGH_EVIDENCE),
    ],
)
def test_the_table_of_the_product(seen, value, evidence, words):
    found = trust(seen, TODAY).by_dimension[Dimension.ABILITY]
    assert found.value == pytest.approx(value, abs=0.0005)
    assert found.evidence == pytest.approx(evidence)
    assert found.band is words


def test_each_dimension_counts_by_itself_and_the_headline_is_the_lowest_that_is_known():
    seen = [
        *entries((3, PLUS, Weight.MINOR)),
        *(Seen(Dimension.INTEGRITY, MINUS, Weight.NOTABLE, TODAY) for _each in range(2)),
        Seen(Dimension.BENEVOLENCE, MINUS, Weight.MINOR, TODAY),
    ]
    found = trust(seen, TODAY)
    assert found.weakest is Dimension.INTEGRITY
    assert found.headline == pytest.approx(1 / 6)
    assert found.unknown == [Dimension.BENEVOLENCE]
    assert trust([], TODAY).headline is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.394, Band.LOW),
        (0.396, Band.MIXED),
        (0.594, Band.MIXED),
        (0.596, Band.GOOD),
        (0.794, Band.GOOD),
        (0.796, Band.HIGH),
    ],
)
def test_values_are_compared_as_they_are_shown(value, words):
    assert band(value, 2) is words
    assert band(value, 1.99) is Band.NOT_ENOUGH_EVIDENCE


@given(st.floats(0.001, 0.999), st.integers(1, 30), st.integers(1, 30))
def test_for_whole_numbers_the_share_is_that_of_throws(value, alpha, beta):
    throws = alpha + beta - 1
    exact = sum(comb(throws, won) * value**won * (1 - value) ** (throws - won) for won in range(alpha, throws + 1))
    assert beta_share(value, alpha, beta) == pytest.approx(exact, abs=1e-10)


@given(st.floats(0.01, 0.99), st.floats(1, 500), st.floats(1, 500))
def test_the_quantile_is_where_that_share_lies_below(share, alpha, beta):
    assert beta_share(beta_quantile(share, alpha, beta), alpha, beta) == pytest.approx(share, abs=1e-6)


@given(st.floats(0, 300), st.floats(0, 300))
def test_the_interval_is_ordered_within_zero_and_one_and_turns_with_the_sign(positive, negative):
    found, turned = score(positive, negative), score(negative, positive)
    assert 0 <= found.low < found.high <= 1
    assert found.low == pytest.approx(1 - turned.high, abs=1e-9)
    assert found.value == pytest.approx(1 - turned.value)


def test_known_quantiles():
    assert score(0, 0).low == pytest.approx(0.1)
    assert score(0, 0).high == pytest.approx(0.9)
    assert score(3, 0).low == pytest.approx(0.1 ** (1 / 4))


SEEN = st.builds(
    Seen,
    dimension=st.sampled_from(Dimension),
    direction=st.sampled_from(Direction),
    weight=st.sampled_from(Weight),
    occurred_on=st.integers(0, 900).map(lambda days: TODAY - timedelta(days=days)),
)
LOGS = st.lists(SEEN, max_size=12)


@given(LOGS, st.randoms(use_true_random=False))
def test_the_order_of_entries_decides_nothing(seen, chance):
    shuffled = list(seen)
    chance.shuffle(shuffled)
    assert trust(shuffled, TODAY) == trust(seen, TODAY)


@given(LOGS, SEEN)
def test_a_positive_entry_never_lowers_a_value_and_a_negative_one_never_raises_it(seen, more):
    before, after = trust(seen, TODAY), trust([*seen, more], TODAY)
    for dimension in Dimension:
        moved = after.by_dimension[dimension].value - before.by_dimension[dimension].value
        if dimension is not more.dimension:
            assert moved == 0
        else:
            assert (moved >= 0) if more.direction is PLUS else (moved <= 0)
    assert after.by_dimension[more.dimension].evidence > before.by_dimension[more.dimension].evidence


@given(LOGS, st.integers(1, 4000))
def test_age_moves_a_value_towards_a_half_and_evidence_towards_nothing(seen, days):
    now, later = trust(seen, TODAY), trust(seen, TODAY + timedelta(days=days))
    for dimension in Dimension:
        young, old = now.by_dimension[dimension], later.by_dimension[dimension]
        assert abs(old.value - 0.5) <= abs(young.value - 0.5) + 1e-12
        assert (old.value - 0.5) * (young.value - 0.5) >= -1e-12
        assert old.evidence == pytest.approx(young.evidence * 0.5 ** (days / 180))


@given(LOGS)
def test_the_interval_holds_the_middle_of_the_belief_and_four_fifths_of_it(seen):
    for each in trust(seen, TODAY).by_dimension.values():
        alpha, beta = each.positive + 1, each.negative + 1
        assert each.low < beta_quantile(0.5, alpha, beta) < each.high
        assert beta_share(each.high, alpha, beta) - beta_share(each.low, alpha, beta) == pytest.approx(0.8, abs=1e-6)


@given(LOGS, st.lists(st.integers(0, 900), max_size=5))
def test_the_last_point_of_a_history_is_the_figure_and_each_one_is_that_of_its_day(seen, back):
    days = [*(TODAY - timedelta(days=days) for days in sorted(back, reverse=True)), TODAY]
    found = history(seen, days)
    assert found[-1] == trust(seen, TODAY)
    for day, each in zip(days, found, strict=True):
        assert each == trust([entry for entry in seen if entry.occurred_on <= day], day)


@given(LOGS)
def test_moves_lead_from_nothing_to_what_is_known(seen):
    found = moves(seen)
    assert [move.entry.occurred_on for move in found] == sorted(entry.occurred_on for entry in seen)
    so_far: list[Seen] = []
    for move in found:
        day = move.entry.occurred_on
        before, after = trust(so_far, day), trust([*so_far, move.entry], day)
        so_far.append(move.entry)
        for dimension in Dimension:
            assert move.before.by_dimension[dimension].value == pytest.approx(before.by_dimension[dimension].value)
            assert move.after.by_dimension[dimension].value == pytest.approx(after.by_dimension[dimension].value)


def test_an_entry_counts_from_its_day_on():
    seen = entries((3, PLUS, Weight.MINOR), days=10)
    before, on, today = history(seen, [TODAY - timedelta(days=11), TODAY - timedelta(days=10), TODAY])
    assert (before.headline, on.headline) == (None, 0.8)
    assert today.headline < 0.8


def test_the_score_of_a_side_is_known_only_with_enough_evidence():
    found = trust(entries((3, PLUS, Weight.MINOR)), TODAY)
    assert found.known() == found.known(Dimension.ABILITY) == score(3, 0)
    assert found.known(Dimension.INTEGRITY) is None
    assert trust([], TODAY).known() is None
