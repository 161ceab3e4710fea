"""What changed between two versions of a text, piece by piece."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

MOST_PIECES = 1_500
"""Texts of more words are compared line by line, and of more lines as a whole."""


class Change(StrEnum):
    """What became of a piece."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words, and what became of them."""

    change: Change
    text: str


def differences(before: str, after: str) -> list[Piece]:
    """The pieces of both texts in order. Those that are not new make up ``before``, those not gone ``after``."""
    for pattern in (r"\S+\s*|\s+", r"[^\n]*\n|[^\n]+"):
        old, new = re.findall(pattern, before), re.findall(pattern, after)
        if max(len(old), len(new)) <= MOST_PIECES:
            return list(_pieces(old, new))
    return list(_pieces([before], [after]))


def _pieces(old: list[str], new: list[str]) -> Iterator[Piece]:
    for tag, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece(Change.SAME, "".join(old[first:last]))
            continue
        if last > first:
            yield Piece(Change.GONE, "".join(old[first:last]))
        if end > start:
            yield Piece(Change.NEW, "".join(new[start:end]))
