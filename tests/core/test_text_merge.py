"""Two changes of one text, in one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.text_merge import MOST_LINES, merge

TEXT = st.lists(st.sampled_from(["a", "b", "c", "", "long line"]), max_size=8).map("\n".join)


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "merged"),
    [
        ("one\ntwo\nthree", "ONE\ntwo\nthree", "one\ntwo\nTHREE", "ONE\ntwo\nTHREE"),
        ("one\ntwo\nthree", "one\nthree", "one\ntwo\nthree\nfour", "one\nthree\nfour"),
        ("one\ntwo\nthree\nfour", "two\nthree\nfour", "one\ntwo\nthree\nfour\nfive", "two\nthree\nfour\nfive"),
        ("one", "mine", "theirs", None),
        ("one\ntwo", "ONE\ntwo", "one\nTWO", None),
        ("one", "one\nmine", "one\ntheirs", None),
        ("one\ntwo", "one\nnew\ntwo", "one\nnew\ntwo", "one\nnew\ntwo"),
        ("", "mine", "theirs", None),
    ],
)
def test_changes_that_stand_apart_are_joined_and_others_are_not(base, mine, theirs, merged):
    assert merge(base, mine, theirs) == merged


@given(TEXT, TEXT)
def test_one_change_alone_is_taken_whole(base, changed):
    assert merge(base, changed, base) == merge(base, base, changed) == changed


@given(TEXT, TEXT, TEXT)
def test_whose_change_it_is_makes_no_difference(base, mine, theirs):
    assert merge(base, mine, theirs) == merge(base, theirs, mine)


def test_a_very_long_text_is_left_to_people():
    lines = [str(number) for number in range(MOST_LINES + 1)]
    base = "\n".join(lines)
    assert merge(base, f"first\n{base}", f"{base}\nlast") is None
