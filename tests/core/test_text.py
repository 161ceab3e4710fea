"""Text as people type it: cleaned, folded for searching, safe to show."""

from __future__ import annotations

import pytest

from crm.core import text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ann \t Wren\n", "Ann Wren"),
        ("Ann\x00\x07Wren", "AnnWren"),
        ("Ann\u2028Wren", "Ann Wren"),
        ("\ud800Ann", "Ann"),
        ("\u00a0", ""),
        ("\u200b", ""),
        (" \u200d\ufe0f\u0301\u3164\u2800 ", ""),
        ("\u202e\u200b", ""),
        ("\U0001f469\u200d\U0001f33e", "\U0001f469\u200d\U0001f33e"),
        ("?", "?"),
    ],
)
def test_a_line_is_cleaned(typed: str, kept: str) -> None:
    assert text.clean_line(typed) == kept


@pytest.mark.parametrize(
    ("typed", "searched"),
    [
        ("Inês  Duarte", "ines duarte"),
        ("Straße & Söhne", "strasse sohne"),
        ("Łódź Ørsted Ænima", "lodz orsted aenima"),
        ("wren@post.example", "wren post example"),
        ("ﬁlm №7", "film no7"),
        ("مكتب", "مكتب"),
        ("\x00 … 🦆", ""),
    ],
)
def test_a_text_is_folded_for_searching(typed: str, searched: str) -> None:
    assert text.folded(typed) == searched
    assert text.searchable(typed) == f" {searched}"


def test_no_line_turns_the_writing_after_it() -> None:
    assert text.clean_line("gpj.\u202eexe\u202c \u2067x\u2069") == "gpj.exe x"
    assert text.clean_line("a\u200fb") == "a\u200fb", "marks that writing from right to left needs are kept"
