"""The mirror: how closely we look after what is handed over, against what its level means; from plain values.

A *check-in* is a conversation, or an attempt at one, that we began: call, meeting, e-mail, message or other, but no
delivery. It counts for the areas that it names, else for the vendor's lowest level; where several areas share that,
for the one with the fewest so far. Weeks begin on Monday, and only whole ones count.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from crm.core.dates import add_days
from crm.models.enums import Level
from crm.queries.mirror import Area, CheckIn, Hours

WEEKS = 4
DAYS = 7 * WEEKS
_A_MONTH = 1
"""In four weeks as many as in a month: once."""


@dataclass(frozen=True, slots=True)
class Weeks:
    """The last four whole weeks before a day: from a Monday to a Sunday."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Reflection:
    """One area, with our check-ins of four weeks."""

    area: Area
    check_ins: tuple[CheckIn, ...]

    @property
    def allowed(self) -> int | None:
        """So many in four weeks go with its level; None for any number."""
        return allowed(self.area.level)

    @property
    def is_over(self) -> bool:
        """Whether we look more often than the level means."""
        return self.allowed is not None and len(self.check_ins) > self.allowed

    @property
    def lived(self) -> Level:
        """The level that our weeks speak of: the board's own where they go with it."""
        return lived(len(self.check_ins)) if self.is_over else self.area.level

    @property
    def a_week(self) -> float:
        """Check-ins a week, on average."""
        return len(self.check_ins) / WEEKS


@dataclass(frozen=True, slots=True)
class Mirror:
    """What the mirror shows. ``waiting`` are areas whose level is too young, ``ready_on`` is when there is something to
    see where there is nothing yet (None: once something is handed over and logged)."""

    weeks: Weeks
    reflections: list[Reflection] = field(default_factory=list)
    waiting: list[tuple[Area, date]] = field(default_factory=list)
    hours: list[Hours] = field(default_factory=list)
    ready_on: date | None = None

    @property
    def over(self) -> list[Reflection]:
        """What we look after more closely than we said, the furthest first."""
        found = [each for each in self.reflections if each.is_over]
        return sorted(found, key=lambda each: (each.lived - each.area.level, -len(each.check_ins)))


def weeks_before(today: date) -> Weeks:
    """The last four whole weeks before the one that a day is in."""
    monday = today - timedelta(days=today.weekday())
    return Weeks(add_days(monday, -DAYS), add_days(monday, -1))


def allowed(level: Level) -> int | None:
    """How many check-ins in four weeks go with a level: 1 and 2 any, 3 and 4 three a week, 5 one a week, 6 and 7 one a
    month."""
    if level <= Level.SELL:
        return None
    if level <= Level.AGREE:
        return 3 * WEEKS
    return WEEKS if level is Level.ADVISE else _A_MONTH


def lived(check_ins: int) -> Level:
    """The lowest level that goes with no fewer check-ins in four weeks."""
    if check_ins > 3 * WEEKS:
        return Level.TELL
    if check_ins > WEEKS:
        return Level.CONSULT
    return Level.ADVISE if check_ins > _A_MONTH else Level.INQUIRE


def ready_on(begins_on: date) -> date:
    """The first Monday with four whole weeks behind it since that day."""
    waits = add_days(begins_on, DAYS)
    return add_days(waits, -waits.weekday() % 7)


def reflect(
    areas: Sequence[Area],
    check_ins: Iterable[CheckIn],
    hours: Iterable[Hours],
    *,
    log_began_on: date | None,
    today: date,
) -> Mirror:
    """The mirror on a day. What has had its level, or what has been logged, for less than four whole weeks waits."""
    weeks = weeks_before(today)
    if log_began_on is None:
        return Mirror(weeks)
    days = {area.id: ready_on(max(area.since, log_began_on)) for area in areas}
    counted = share_out(areas, check_ins)
    reflections = [Reflection(area, tuple(counted[area.id])) for area in areas if days[area.id] <= today]
    waiting = [(area, days[area.id]) for area in areas if days[area.id] > today]
    is_old = ready_on(log_began_on) <= today
    return Mirror(
        weeks,
        reflections,
        waiting,
        list(hours) if is_old else [],
        None if reflections else min((day for _area, day in waiting), default=None),
    )


def share_out(areas: Iterable[Area], check_ins: Iterable[CheckIn]) -> dict[int, list[CheckIn]]:
    """Each area's check-ins, by its id."""
    counted: dict[int, list[CheckIn]] = {}
    by_vendor: dict[int, list[Area]] = {}
    for area in areas:
        counted[area.id] = []
        by_vendor.setdefault(area.vendor_id, []).append(area)
    unnamed = []
    for check_in in check_ins:
        if not check_in.area_ids:
            unnamed.append(check_in)
        for area_id in check_in.area_ids & counted.keys():
            counted[area_id].append(check_in)
    for check_in in unnamed:
        known = by_vendor.get(check_in.vendor_id, [])
        lowest = min((area.level for area in known), default=None)
        shared = [area.id for area in known if area.level is lowest]
        if shared:
            counted[min(shared, key=lambda area_id: (len(counted[area_id]), area_id))].append(check_in)
    return {area_id: sorted(each, key=lambda one: (one.occurred_on, one.id)) for area_id, each in counted.items()}


def overhead(hours: Iterable[Hours]) -> float | None:
    """Our hours for each of theirs; None where theirs are not known."""
    given = list(hours)
    theirs = sum(each.theirs for each in given)
    return sum(each.talked + each.ours for each in given) / theirs if theirs else None
