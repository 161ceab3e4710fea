"""Shared hours in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from crm.core import i18n
from crm.domain.working_hours import Hours, read
from crm.web.shared_hours import HoursLine, hours_words, line

MONDAY = date(2026, 1, 5)


@dataclass(frozen=True)
class Side:
    working_hours: str
    time_zone: str
    open_weekdays: frozenset[int] = frozenset(range(5))


HERE = Side("", "Europe/London")


def said(hours: str, zone: str, here: Side = HERE, today: date = MONDAY, last: date | None = None) -> HoursLine:
    with i18n.speaking("en-GB"):
        return line(7, Side(hours, zone), here, today=today, last=last)


@pytest.mark.parametrize(
    ("hours", "zone", "words"),
    [
        ("9–17", "Europe/Paris", "7 hours a day, 09:00–16:00 by your clock"),
        (
            "9–17",
            "America/New_York",
            (
                "3 hours a day, 14:00–17:00 by your clock; 4 hours a day from Sun 8 Mar to Sat 28 Mar, "
                "from Sun 25 Oct to Sat 31 Oct"
            ),
        ),
        (
            "9:00–17:30",
            "Asia/Kolkata",
            ("4 hours a day, 09:00–13:00 by your clock; 3 hours a day until Sat 28 Mar, from Sun 25 Oct on"),
        ),
        ("Mon–Thu 9:15–12:00", "Europe/London", "2 hours 45 minutes on Mon to Thu, none on Fri"),
        ("9–17", "Australia/Sydney", "No hours in common"),
        (
            "7–10",
            "America/Phoenix",
            ("2 hours a day, 15:00–17:00 by your clock; 3 hours a day until Sat 28 Mar, from Sun 25 Oct on"),
        ),
        (
            "17–20",
            "Australia/Sydney",
            (
                "2 hours a day, 09:00–11:00 by your clock; no hours in common until Sat 28 Mar, "
                "from Sun 25 Oct on; 1 hour a day from Sun 29 Mar to Sat 4 Apr, from Sun 4 Oct to Sat 24 Oct"
            ),
        ),
    ],
)
def test_what_is_usual_comes_first_and_then_what_is_otherwise(hours: str, zone: str, words: str) -> None:
    assert said(hours, zone).words == words


def test_changes_outside_the_days_asked_for_are_not_told() -> None:
    assert ";" not in said("9–17", "America/New_York", last=date(2026, 3, 7)).words


def test_the_year_is_told_where_it_is_another() -> None:
    words = said("9–17", "America/New_York", today=date(2026, 12, 1)).words
    assert "from Sun 14 Mar 2027 to Sat 27 Mar 2027" in words


def test_hours_are_told_as_they_were_read() -> None:
    assert said("Mon to Thu, 9 to 3", "Europe/Paris").read_as == "Mon to Thu 09:00–15:00"
    week = read("Mon, Tue, Thu 22–6, Sat 9–12, 14–15")
    assert isinstance(week, Hours)
    with i18n.speaking("en-GB"):
        assert hours_words(week) == "Mon, Tue, Thu 22:00–06:00; Sat 09:00–12:00, 14:00–15:00"


def test_what_is_lacking_is_handed_on_without_words_about_hours() -> None:
    found = said("mornings", "")
    assert (found.vendor_id, found.words, found.read_as, found.unread) == (7, "", "", "mornings")
    assert [lack.value for lack in found.lacks] == ["their_hours_unread", "their_zone"]
