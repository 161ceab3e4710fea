"""A year of good turns and referrals over all vendors: by month, by vendor, by who introduced. Counts, no score."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from crm.core.dates import add_months
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import GoodwillSide, ReferralState
from crm.queries import goodwill
from crm.queries.goodwill import StepRow, TurnRow

MONTHS = 12

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many good turns were given and received, and how many referrals were made, won and thanked for."""

    given: int = 0
    received: int = 0
    introduced: int = 0
    won: int = 0
    thanked: int = 0

    @property
    def any(self) -> bool:
        return bool(self.given or self.received or self.introduced or self.won or self.thanked)


@dataclass(frozen=True, slots=True)
class Figures:
    """The counts of a year: each of its months, the first one first; vendors and connectors, the busiest first."""

    total: Counts
    months: list[tuple[date, Counts]]
    vendors: list[tuple[int, str, Counts]]
    connectors: list[tuple[str, Counts]]


def figures(session: WorkspaceSession, today: date) -> Figures:
    """The twelve months that end with the present one. Two queries."""
    first = add_months(today.replace(day=1), 1 - MONTHS)
    turns = goodwill.turns(session, since=first, today=today)
    steps = goodwill.referral_steps(session, since=first, today=today)
    months = _by(turns, steps, lambda row: row.happened_on.replace(day=1))
    vendors = _by(turns, steps, lambda row: (row.vendor_id, row.vendor))
    connectors = _by([], steps, lambda row: row.connector if isinstance(row, StepRow) else "")
    return Figures(
        total=_by(turns, steps, lambda _row: None).get(None, Counts()),
        months=[(month, months.get(month, Counts())) for month in (add_months(first, at) for at in range(MONTHS))],
        vendors=[(*key, counts) for key, counts in _busiest(vendors, lambda key: key[1])],
        connectors=_busiest(connectors, lambda name: name),
    )


def _by(turns: Iterable[TurnRow], steps: Iterable[StepRow], key: Callable[[TurnRow | StepRow], K]) -> dict[K, Counts]:
    found: dict[K, Counts] = {}
    for turn in turns:
        name = "given" if turn.side is GoodwillSide.GIVEN else "received"
        _count(found, key(turn), name)
    for step in steps:
        _count(found, key(step), _NAMES[step.state])
    return found


_NAMES = {
    ReferralState.INTRODUCED: "introduced",
    ReferralState.WON: "won",
    ReferralState.THANKED: "thanked",
}


def _count(found: dict[K, Counts], key: K, name: str) -> None:
    before = found.get(key, Counts())
    found[key] = replace(before, **{name: getattr(before, name) + 1})


def _busiest(found: dict[K, Counts], name: Callable[[K], str]) -> list[tuple[K, Counts]]:
    def order(item: tuple[K, Counts]) -> tuple[int, str]:
        key, counts = item
        return -(counts.given + counts.received + counts.introduced + counts.won), name(key)

    return sorted(found.items(), key=order)
