"""The figure of a vendor as one reader sees it: its scores, what they rest on, and whether a breach stands open."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from crm.domain import trust_scores
from crm.domain.trust_scores import Trust
from crm.models.enums import Visibility
from crm.queries import trust_figures
from crm.queries.trust_figures import Counted


@dataclass(frozen=True, slots=True)
class Figure:
    """What a reader may know of a vendor's trust on a day. ``entries`` are the notes that it rests on."""

    on: date
    trust: Trust
    entries: tuple[Counted, ...]

    @property
    def notes(self) -> int:
        """How many notes it rests on."""
        return len(self.entries)

    @property
    def last_on(self) -> date | None:
        """The day of the latest of them."""
        return max((entry.occurred_on for entry in self.entries), default=None)

    @property
    def counts_private(self) -> bool:
        """Whether notes are counted in that not everybody of the team may read."""
        return any(entry.visibility is not Visibility.TEAM for entry in self.entries)

    @property
    def counts_own_alone(self) -> bool:
        """Whether those that not everybody may read are the reader's own, which nobody else reads."""
        hidden = [entry.visibility for entry in self.entries if entry.visibility is not Visibility.TEAM]
        return bool(hidden) and all(visibility is Visibility.AUTHOR for visibility in hidden)

    @property
    def has_open_breach(self) -> bool:
        """Whether there is a major mark against their word that nothing has mended."""
        return any(entry.is_open_breach for entry in self.entries)

    def history(self, days: Sequence[date]) -> list[Trust]:
        """The scores as they stood on each day."""
        return trust_scores.history(self.entries, days)


@lru_cache(maxsize=2048)
def figure(log: str | None, today: date) -> Figure:
    """The figure of a log, as :func:`crm.queries.trust_figures.log_of` gives it. Kept while its day lasts."""
    # A colleague for whom it is tomorrow already may have written something down; here it happened today.
    entries = tuple(
        replace(entry, occurred_on=min(entry.occurred_on, today)) for entry in trust_figures.entries_in(log)
    )
    return Figure(today, trust_scores.trust(entries, today), entries)
