"""How alike two vendors are: in a table, as properties, and measured on a real list whose truth is known."""

import csv
import random
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain import matching
from crm.domain.matching import Sign, candidates, compare, digits, pairs, profile, same_phone, street
from tests.support.shared_data import shared_folder

KETTLE: dict[str, Any] = {
    "name": "Kettle & Crane",
    "website": "https://kettle.example",
    "emails": ["ann@kettle.example"],
}


@pytest.mark.parametrize(
    ("one", "other", "signs"),
    [
        ({"name": "Kettle & Crane"}, {"name": "kettle and crane, LTD."}, {Sign.SAME_NAME}),
        ({"name": "The Kettle & Crane"}, {"name": "Kettle+Crane"}, {Sign.SAME_NAME}),
        ({"name": "Kettle & Crane"}, {"name": "Crane Kettle"}, {Sign.SAME_NAME}),
        ({"name": "Kettle & Crane"}, {"name": "Ketle & Crane"}, {Sign.NEAR_NAME}),
        ({"name": "Müller Söhne GmbH"}, {"name": "Muller Sohne"}, {Sign.SAME_NAME}),
        (KETTLE, {"name": "K&C Films", "emails": ["ANN@Kettle.example "]}, {Sign.EMAIL, Sign.OTHER_NAME}),
        (KETTLE, {"name": "Wren Sound", "website": "www.kettle.example/x"}, {Sign.DOMAIN, Sign.OTHER_NAME}),
        (
            {"name": "Ann Bell", "phones": ["+44 (0)113 496 0000"]},
            {"name": "Bell Ann", "phones": ["0113 496 0000"]},
            {Sign.SAME_NAME, Sign.PHONE},
        ),
    ],
)
def test_what_looks_like_one_and_why(one, other, signs) -> None:
    verdict = compare(profile(1, **one), profile(2, **other))
    assert {each.sign for each in verdict.evidence} == signs
    assert verdict.is_alike


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "Engility LLC"}, {"name": "ECS Federal Inc."}),
        ({"name": "Copperbeech Words"}, {"name": "Copperbeech Woods Nursery"}),
        ({"name": "Studio 12"}, {"name": "Studio 14"}),
        ({"name": "Ann Bell", "emails": ["ann@gmail.com"]}, {"name": "Joe Finch", "emails": ["joe@gmail.com"]}),
        ({"name": "Anna", "website": "linkedin.com/in/a"}, {"name": "Bert", "website": "linkedin.com/in/b"}),
        ({"name": "Wren Sound", "location": "Leeds"}, {"name": "Larch Print", "location": "Leeds"}),
        ({"name": "Acorn", "location": "12 High Street"}, {"name": "Bramble", "location": "12 High St"}),
        (
            {"name": "Little Wren", "location": "4 Mill Lane", "phones": ["0113 496 0000"]},
            {"name": "Wren Nest Little", "location": "90 Dock Road", "phones": ["0113 496 0000"]},
        ),
    ],
)
def test_what_does_not(one, other) -> None:
    assert not compare(profile(1, **one), profile(2, **other)).is_alike


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("+44 113 496 0000", "0113 496 0000", True),
        ("0044 (0)113 496-0000", "+44 113 4960000", True),
        ("496 0000", "0113 496 0000", True),
        ("0113 496 0000", "0114 496 0000", False),
        ("12345", "12345", True),
        ("2345", "12345", False),
    ],
)
def test_numbers_are_the_same_whatever_is_dialled_before(one, other, is_same) -> None:
    assert same_phone(digits(one), digits(other)) is is_same
    assert same_phone(digits(other), digits(one)) is is_same


def test_a_town_is_no_street_address() -> None:
    assert [street(text) for text in ("Leeds", "", "12", "27 Washington Blvd, Oak Park", "Hauptstraße 5, Graz")] == [
        "",
        "",
        "",
        "27 washington",
        "5 hauptstrasse",
    ]


_words = st.text(alphabet="abcdefg &.-é12", max_size=14)
_profiles = st.builds(
    lambda name, email, host, phone, place: profile(
        1, name=name, emails=[email] if email else [], website=host, phones=[phone], location=place
    ),
    name=_words,
    email=st.sampled_from(["", "a@x.example", "b@x.example", "a@gmail.com"]),
    host=st.sampled_from(["", "x.example", "https://y.example/z"]),
    phone=st.sampled_from(["", "+44 113 496 0000", "0113 496 0000", "12345678"]),
    place=st.sampled_from(["", "Leeds", "12 High Street", "14 High St"]),
)


@given(_profiles, _profiles)
def test_it_is_the_same_either_way_round(one, other) -> None:
    assert compare(one, other) == compare(other, one)
    assert 0 <= compare(one, other).score <= 1


@given(_profiles)
def test_a_vendor_is_like_itself(one) -> None:
    verdict = compare(one, one)
    assert verdict.is_alike
    assert all(each.speaks_for for each in verdict.evidence)


@given(st.lists(_profiles, max_size=8), st.randoms())
def test_the_order_of_the_vendors_does_not_matter(profiles, chance: random.Random) -> None:
    numbered = [matching.with_key(each, place) for place, each in enumerate(profiles)]
    shuffled = numbered[:]
    chance.shuffle(shuffled)
    assert pairs(shuffled) == pairs(numbered)


def test_the_work_grows_with_the_vendors_not_with_their_square() -> None:
    def many(count: int) -> list[matching.Profile]:
        return [
            profile(number, name=f"Agency {number} Media", emails=[f"hello@agency{number}.example"], location="Leeds")
            for number in range(count)
        ]

    few, more = (sum(1 for _pair in candidates(many(count))) for count in (500, 5_000))
    assert more < 15 * few


# Measured


@dataclass(frozen=True, slots=True)
class Quality:
    """How good pairs are against the truth: shares from 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def measure(path: Path) -> Quality:
    """The quality of the very function that the page of doubles uses, on a list with true identities."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    same: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        same[row["True Id"]].append(place)
    true = {pair for places in same.values() for pair in combinations(places, 2)}
    profiles = [
        profile(place, name=row["Site name"], phones=[row["Phone"]], location=row["Address"])
        for place, row in enumerate(rows)
    ]
    found = {(pair.one, pair.other) for pair in pairs(profiles)}
    return Quality(len(found & true) / len(found), len(found & true) / len(true))


def test_on_a_real_list_it_finds_more_than_simple_rules_and_is_as_often_right() -> None:
    quality = measure(shared_folder() / "matching" / "childcare-sites-with-true-ids.csv")
    # Loose name 0.920 / 0.350; loose name and address 0.993 / 0.268; last seven digits of the phone 0.842 / 0.766.
    assert quality.precision >= 0.96, quality
    assert quality.recall >= 0.90, quality
    assert quality.f1 >= 0.94, quality
