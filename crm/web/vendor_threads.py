"""The thread on a vendor's page, as the record that it is drawn from."""

from dataclasses import dataclass
from datetime import date

from crm.core import formats
from crm.domain import threads


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """What :func:`crm.domain.threads.draw` asks for, and all that the thread shows as a sentence."""

    words: str
    today: date
    contacts: tuple[date, ...]
    gifts: tuple[date, ...]
    next_on: date | None
    flag_on: date | None
    rhythm_days: int | None

    @property
    def line(self) -> threads.Thread:
        """The knots and pieces, where they stand."""
        return threads.draw(
            today=self.today,
            contacts=self.contacts,
            gifts=self.gifts,
            next_on=self.next_on,
            flag_on=self.flag_on,
            rhythm_days=self.rhythm_days,
        )

    @property
    def marks(self) -> list[tuple[float, str]]:
        """The months below it, each with its place."""
        return [(x, formats.short_month(day)) for x, day in self.line.marks]
