"""Markdown as people type it: what is set apart in it."""

import pytest

from crm.core import markdown

TEAM = ("Priya", "Priya Shah", "Anne", "O'Neil")


@pytest.mark.parametrize(
    ("typed", "marked"),
    [
        ("ask @Priya today", ["Priya"]),
        ("ask @priya shah.", ["priya shah"]),
        ("@O'Neil, and @Anne", ["O'Neil", "Anne"]),
        ("@Anne-Marie is somebody else", []),
        ("@nobody knows", []),
        ("priya@priya.example", []),
        ("[@Priya](https://x.example/@Priya)", ["Priya"]),
    ],
)
def test_only_a_teammates_name_is_set_apart(typed, marked) -> None:
    html = str(markdown.render(typed, TEAM)).replace("&#x27;", "'")
    assert [part.split("</b>")[0] for part in html.split('<b class="at">@')[1:]] == marked


def test_without_names_nobody_is_set_apart() -> None:
    assert '<b class="at">' not in markdown.render("ask @Priya today")


def test_in_plain_words_too_and_they_stay_plain() -> None:
    marked = markdown.mark_mentions("@O'Neil <b>&lt;</b> @Tom", TEAM)
    assert marked == '<b class="at">@O\'Neil</b> &lt;b&gt;&amp;lt;&lt;/b&gt; @Tom'
