"""On which day each check-in is made, so that they do not all come at once: computed from plain values alone.

How the rule is read where its wording leaves room:

* A plan is made for each *keeper*: the owner, else the backup, of those whose role lets them act; vendors that nobody
  such looks after go together, as those of the admins, who are all told of the same ones. Somebody's time off moves no
  plan: their check-ins are passed on, not made on other days.
* Only the next touch of a vendor is planned, and only when it is a check-in: others have no day to be planned on.
* "5 a person and day" counts all check-ins that stand on a day: those whose planned day has come and is today, those
  planned by this very plan, and those beyond the cap, so that they leave no room for others.
* A planned day has come when it is today or before, and it is no earlier than the day on which the touch is due now.
* A touch without room goes to the later of its due day and today, and from there to the next open day, as rule 5
  moves every check-in: none falls on a closed day, though today may be one.
* Vendors without a tier come after those with one.
* Every check-in has a planned day after a plan, also where that is the day on which it is due: only so does it stand
  when that day has come, and is late on the next.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from crm.core.dates import CadenceUnit, OpenDays, add_days
from crm.domain.cadences import Cadence
from crm.models.enums import Tier

WINDOW_PART = 10
"""A check-in may come so much later than due as this part of its interval, rounded down to days."""

_DAYS = {CadenceUnit.DAYS: 1, CadenceUnit.WEEKS: 7, CadenceUnit.MONTHS: 30}
_NO_TIER = "~"


@dataclass(frozen=True, slots=True)
class DueTouch:
    """A check-in that is the next touch of a vendor.

    window_days  so many calendar days later than due it may come, see :func:`window_days`.
    open_days    the business's, with the vendor's own leave.
    planned_on   what the plan before found, None where there is none.
    """

    vendor_id: int
    due_on: date
    tier: Tier | None
    window_days: int
    open_days: OpenDays
    planned_on: date | None = None


def window_days(cadence: Cadence) -> int:
    """How many calendar days later than due a check-in may come. A month counts as 30 days."""
    return cadence.every * _DAYS[cadence.unit] // WINDOW_PART


def keeper(owner_id: int | None, backup_id: int | None, active: frozenset[int]) -> int | None:
    """With whose check-ins a vendor's is planned; None for the admins'. ``active`` are those who may act."""
    return next((user_id for user_id in (owner_id, backup_id) if user_id in active), None)


def plan(touches: Iterable[DueTouch], *, today: date, most: int) -> dict[int, date]:
    """The day of each check-in of one keeper, by vendor, at most ``most`` (1 or more) a day where there is room.

    The order of ``touches`` makes no difference. To plan again with what was found changes nothing.
    """
    found: dict[int, date] = {}
    waiting = []
    for touch in touches:
        if has_come(touch, today):
            assert touch.planned_on is not None
            found[touch.vendor_id] = touch.planned_on
        else:
            waiting.append(touch)
    taken = Counter(found.values())
    for touch in sorted(waiting, key=_turn):
        day = _first_with_room(touch, taken, today, most)
        found[touch.vendor_id] = day
        taken[day] += 1
    return found


def plan_all(by_keeper: Mapping[int | None, Iterable[DueTouch]], *, today: date, most: int) -> dict[int, date]:
    """:func:`plan` for every keeper of a business."""
    found: dict[int, date] = {}
    for touches in by_keeper.values():
        found |= plan(touches, today=today, most=most)
    return found


def grouped(touches: Iterable[tuple[int | None, DueTouch]]) -> dict[int | None, list[DueTouch]]:
    """Check-ins by their keeper."""
    found: defaultdict[int | None, list[DueTouch]] = defaultdict(list)
    for whose, touch in touches:
        found[whose].append(touch)
    return dict(found)


def has_come(touch: DueTouch, today: date) -> bool:
    """Whether the day planned before stands until somebody acts."""
    return touch.planned_on is not None and touch.due_on <= touch.planned_on <= today


def _turn(touch: DueTouch) -> tuple[date, str, int]:
    return touch.due_on, touch.tier or _NO_TIER, touch.vendor_id


def _first_with_room(touch: DueTouch, taken: Counter[date], today: date, most: int) -> date:
    earliest = max(touch.due_on, today)
    last = add_days(touch.due_on, touch.window_days)
    day = earliest
    while day <= last:
        if taken[day] < most and touch.open_days.is_open(day):
            return day
        if day == date.max:
            break
        day = add_days(day, 1)
    return touch.open_days.next_open_day(earliest)
