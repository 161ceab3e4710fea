"""How far a vendor is trusted: the table of the product, and what holds for any entries."""

from datetime import date, timedelta
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.trust_scores import Band, Seen, band, beta_quantile, beta_share, score, trust
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
