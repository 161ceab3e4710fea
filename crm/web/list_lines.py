"""The lines of the list of vendors, as records that they are drawn from, and their cells in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from crm.core import clock, formats, text
from crm.core.i18n import _, ngettext
from crm.forms.vendor_filter import HELD_WORDS, Head
from crm.models.custom_fields import NUMBER_SCALE
from crm.models.vocabulary import word
from crm.queries.standings import Held
from crm.queries.vendor_lists import ListRow, Sort
from crm.web import rhythms
from crm.web.gate import Visit


@dataclass(frozen=True, slots=True)
class Columns:
    """What all lines of a list share: the kind and the words of each column, the reader's day and clock."""

    columns: tuple[tuple[str, str], ...]
    today: date
    time_zone: str
    may_work: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A vendor as a line, with a cell for each column."""

    id: int
    name: str
    what_they_do: str
    do_not_contact: bool
    cells: tuple[Any, ...]

    @property
    def tint(self) -> int:
        return text.tint(self.name)

    @property
    def initial(self) -> str:
        return next((letter.upper() for letter in self.name if letter.isalnum()), "?")


def columns(visit: Visit, heads: Sequence[Head]) -> Columns:
    """The columns for a visit."""
    shown = tuple((head.kind, head.words) for head in heads)
    return Columns(shown, visit.today, visit.person.time_zone, visit.may("work"))


def lines(rows: Sequence[ListRow], heads: Sequence[Head]) -> list[Line]:
    """The rows with their cells in the order of the columns."""
    shown = [head.column for head in heads]
    return [Line(row.id, row.name, row.what_they_do, row.do_not_contact, _cells(row, shown)) for row in rows]


def _cells(row: ListRow, shown: list[str]) -> tuple[Any, ...]:
    cells = map(row.cells.get, shown)
    return tuple([tuple(cell) if cell.__class__ is list else cell for cell in cells])


def cell_words(kind: str, cell: Any, today: date, time_zone: str) -> str:
    """What a cell says, as text."""
    if cell is None or cell in ("", ()):
        return ""
    return _in_words(kind, cell, today, time_zone)


def _in_words(kind: str, value: Any, today: date, time_zone: str) -> str:
    if kind in (Sort.RATE, Sort.MINIMUM):
        amount, currency, period = value
        if amount is None:
            return ""
        return f"{formats.money(amount, currency)} {word(period)}".strip()
    if kind == Sort.IN_STAGE:
        days = max(0, (today - value).days)
        return ngettext("%(num)s day", "%(num)s days", days)
    if kind == Sort.STANDING:
        return ", ".join(_standing(each, today) for each in value)
    if kind == Sort.CADENCE:
        return rhythms.in_words(value)
    if kind == Sort.AVAILABILITY:
        return "" if value == "unknown" else word(value)
    if kind.startswith("own_"):
        return _own(kind, value, today)
    return _plain(value, today, time_zone)


def _plain(value: Any, today: date, time_zone: str) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, datetime):
        return formats.day(clock.local(value, time_zone).date(), today)
    if isinstance(value, date):
        return formats.day(value, today)
    return word(value) if hasattr(value, "value") else str(value)


def _own(kind: str, value: Any, today: date) -> str:
    if kind == "own_number":
        return formats.number(Decimal(value) / NUMBER_SCALE)
    if kind == "own_money":
        return formats.money(value[0], value[1]) if value[0] is not None else ""
    return formats.day(value, today) if kind == "own_date" else str(value)


def _standing(gathered: str, today: date) -> str:
    """A standing in force in words: ``Approved (Design)``, or that it is to be reviewed."""
    level, day, category = gathered.split(" ", 2)
    is_over = date.fromisoformat(day) < today and level != Held.SUSPENDED
    words = str(HELD_WORDS[Held.REVIEW_DUE if is_over else Held(level)])
    return _("%(standing)s (%(category)s)", standing=words, category=category) if category else words
