"""What changed between two texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crm.core.text_differences import MOST_PIECES, Change, Piece, differences

TEXT = st.text(alphabet="ab \n", max_size=40)


@given(TEXT, TEXT)
def test_both_texts_are_in_it_whole(before, after):
    pieces = differences(before, after)
    assert "".join(piece.text for piece in pieces if piece.change is not Change.NEW) == before
    assert "".join(piece.text for piece in pieces if piece.change is not Change.GONE) == after


def test_words_are_compared():
    assert differences("Ask for prices", "Ask for lower prices") == [
        Piece(Change.SAME, "Ask for "),
        Piece(Change.NEW, "lower "),
        Piece(Change.SAME, "prices"),
    ]


def test_a_very_long_text_is_compared_by_lines_and_then_as_a_whole():
    many = "word " * (MOST_PIECES + 1)
    assert differences(f"{many}\nend", f"{many}\nother") == [
        Piece(Change.SAME, f"{many}\n"),
        Piece(Change.GONE, "end"),
        Piece(Change.NEW, "other"),
    ]
    lines = "x\n" * (MOST_PIECES + 1)
    assert [piece.change for piece in differences(lines, f"{lines}y")] == [Change.GONE, Change.NEW]
