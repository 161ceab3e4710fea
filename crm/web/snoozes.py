"""The lengths that something can be put off for, as menus show them."""

from collections.abc import Iterable
from datetime import date

from crm.core.i18n import lazy
from crm.domain.next_touch import SnoozeChoice, snooze_until

Length = tuple[str, str, date]
"""The value that is sent, its words, and the day that it leads to."""

_WORDS = {SnoozeChoice.ONE_WEEK: lazy("1 week"), SnoozeChoice.ONE_MONTH: lazy("1 month")}


def in_words(dates: Iterable[tuple[SnoozeChoice, date]]) -> list[Length]:
    """Each length with the day that it leads to."""
    return [(choice.value, str(_WORDS[choice]), day) for choice, day in dates]


def from_day(due_on: date, today: date) -> list[Length]:
    """The lengths for what is no vendor's, and so knows no closed days."""
    return in_words((choice, snooze_until(choice, today=today, due_on=due_on)) for choice in SnoozeChoice)
