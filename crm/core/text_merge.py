"""Two people changed the same text: both changes in one, where they stand apart."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import pairwise

MOST_LINES = 500
"""A longer text is not merged: it would take too long to compare."""

Change = tuple[int, int, tuple[str, ...]]
"""From which line to which (not counted) the text was replaced, and by which lines."""


def merge(base: str, mine: str, theirs: str) -> str | None:
    """The base with both changes in it; None where they touch each other, so that somebody has to choose.

    Lines are the smallest thing that is compared: two changes within one line, or in lines side by side, touch.
    """
    if mine == theirs:
        return mine
    texts = [text.split("\n") for text in (base, mine, theirs)]
    if any(len(lines) > MOST_LINES for lines in texts):
        return None
    lines, ours, others = texts
    changes = sorted({*_changes(lines, ours), *_changes(lines, others)})
    for earlier, later in pairwise(changes):
        if later[0] <= earlier[1]:
            return None
    for first, last, instead in reversed(changes):
        lines[first:last] = instead
    return "\n".join(lines)


def _changes(before: list[str], after: list[str]) -> Iterator[Change]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag != "equal":
            yield first, last, tuple(after[start:end])
