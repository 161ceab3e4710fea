"""Which sources bring good vendors: how many came, were tried, passed, and stayed."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, auto

from crm.core import text
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import Stage
from crm.queries import sources
from crm.queries.sources import TriedRow, VendorRow

FEWEST = 3
"""On fewer vendors no share is told."""
LASTING_DAYS = 182
"""Active for more days than these, taken together, is kept beyond half a year."""
REFERRED = "referred"
"""The key of those whom somebody referred, whatever else their source says."""


class Order(StrEnum):
    """What sources can be ordered by."""

    VENDORS = auto()
    TRIED = auto()
    PASSED = auto()
    KEPT = auto()
    NAME = auto()


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many; not told where there are fewer than ``FEWEST``."""

    some: int
    of: int

    @property
    def is_told(self) -> bool:
        return self.of >= FEWEST

    @property
    def percent(self) -> int | None:
        """Rounded half up; None where it is not told."""
        return (200 * self.some + self.of) // (2 * self.of) if self.is_told else None


@dataclass(frozen=True, slots=True)
class Source:
    """What came of a source.

    key      its spelling as names are compared; REFERRED for whoever somebody referred.
    name     its most frequent spelling; empty for REFERRED.
    vendors  how many came by it.
    tried    how many of them had a trial task.
    passed   of those whose trial task ended with a verdict, how many passed one.
    kept     of those who became active more than LASTING_DAYS ago, how many were active for longer than that.
    """

    key: str
    name: str
    vendors: int
    tried: int
    passed: Share
    kept: Share


def figures(session: WorkspaceSession, today: date) -> tuple[list[Source], int]:
    """Every source, the most fruitful in vendors first, and how many vendors say none. Three queries."""
    rows = sources.vendors(session)
    tried = {row.vendor_id: row for row in sources.tried(session)}
    active = _active(session, rows, today)
    groups: defaultdict[str, list[VendorRow]] = defaultdict(list)
    unknown = 0
    for row in rows:
        keys = _keys(row)
        unknown += not keys
        for key in keys:
            groups[key].append(row)
    found = [_source(key, group, tried, active, today) for key, group in groups.items()]
    return ordered(found, Order.VENDORS), unknown


def ordered(found: Iterable[Source], order: Order) -> list[Source]:
    """Sources in an order: the greatest first, those of which nothing is told last."""

    def rank(source: Source) -> tuple[bool, int, int, int]:
        shares = {Order.PASSED: source.passed, Order.KEPT: source.kept}
        if order is Order.NAME:
            return (False, 0, 0, 0)
        if order in shares:
            percent = shares[order].percent
            return (percent is None, -(percent or 0), -shares[order].of, -source.vendors)
        return (False, -(source.tried if order is Order.TRIED else source.vendors), -source.vendors, 0)

    return sorted(found, key=lambda source: (*rank(source), source.key))


def _keys(row: VendorRow) -> set[str]:
    key = text.normal(row.source)
    return ({key} if key else set()) | ({REFERRED} if row.was_referred else set())


@dataclass(slots=True)
class _Active:
    """How a vendor's active times add up."""

    first: date
    days: int


def _active(session: WorkspaceSession, rows: Iterable[VendorRow], today: date) -> dict[int, _Active]:
    spells: defaultdict[int, list[tuple[date, date]]] = defaultdict(list)
    for spell in sources.spells_that_ended(session):
        spells[spell.vendor_id].append((spell.first, spell.last))
    for row in rows:
        if row.stage is Stage.ACTIVE:
            spells[row.id].append((row.stage_since, today))
    return {vendor_id: _together(sorted(those)) for vendor_id, those in spells.items()}


def _together(spells: list[tuple[date, date]]) -> _Active:
    """Days that are in two spells count once: those of a vendor that was merged into another."""
    found, reached = _Active(spells[0][0], 0), spells[0][0]
    for first, last in spells:
        found.days += max(0, (last - max(first, reached)).days)
        reached = max(reached, last)
    return found


def _source(
    key: str, group: Collection[VendorRow], tried: Mapping[int, TriedRow], active: Mapping[int, _Active], today: date
) -> Source:
    spellings = Counter(text.clean_line(row.source) for row in group)
    were_tried = [tried[row.id] for row in group if row.id in tried]
    verdicts = [row.has_passed for row in were_tried if row.has_passed or row.has_failed]
    begun = [active[row.id] for row in group if row.id in active]
    ripe = [each for each in begun if (today - each.first).days > LASTING_DAYS]
    return Source(
        key=key,
        name="" if key == REFERRED else max(sorted(spellings), key=lambda spelling: spellings[spelling]),
        vendors=len(group),
        tried=len(were_tried),
        passed=Share(sum(verdicts), len(verdicts)),
        kept=Share(sum(each.days > LASTING_DAYS for each in ripe), len(ripe)),
    )
