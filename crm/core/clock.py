"""The one clock. Nothing else in the application asks for the time, so that tests can move all of it at once."""

import time
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

DATES_APART = timedelta(days=2)
"""So far apart are two local dates of one instant at most: UTC+14 and UTC−12."""


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.fromtimestamp(time.time(), tz=UTC)


def zone(name: str) -> ZoneInfo:
    """The time zone with an IANA name such as ``Europe/Berlin``; ``UTC`` for a name that is unknown here."""
    return ZoneInfo(name if is_zone(name) else "UTC")


def is_zone(name: str) -> bool:
    """Whether the name is a time zone known here."""
    return name in _known_zones()


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """The IANA zone names that a person may choose, in order: those of places, each under its name of today.

    Every other known name is still a zone: somebody may have chosen it before.
    """
    lines = _tzdata("zone.tab").splitlines()
    places = {line.split("\t")[2] for line in lines if line and not line.startswith("#")}
    return tuple(sorted((places & available_timezones()) | {"UTC"}))


def canonical(name: str) -> str:
    """Today's name for a zone: ``Asia/Kolkata`` for ``Asia/Calcutta``. A name that has no other stays as it is."""
    return _names_of_today().get(name, name)


@lru_cache(maxsize=1)
def _names_of_today() -> dict[str, str]:
    offered = frozenset(zone_names())
    links = (line.split() for line in _tzdata("tzdata.zi").splitlines() if line.startswith("L "))
    found = {old: new for _mark, new, old in links if old not in offered}
    return {old: new for old, new in found.items() if new in offered}


def _tzdata(name: str) -> str:
    return (files("tzdata.zoneinfo") / name).read_text("utf-8")


@lru_cache(maxsize=1)
def _known_zones() -> frozenset[str]:
    return frozenset(name for name in available_timezones() if "/" in name or name == "UTC")


def today(zone_name: str) -> date:
    """The local date now in a zone."""
    return now().astimezone(zone(zone_name)).date()


def local(instant: datetime, zone_name: str) -> datetime:
    """An instant as the wall clock of a zone shows it."""
    return instant.astimezone(zone(zone_name))


def instant_of(day: date, hour: int, zone_name: str, *, minute: int = 0) -> datetime:
    """The UTC instant of a local date and time of day.

    A time that the clock skips that day gives the first valid minute after the gap; a time that comes twice gives
    its first occurrence. So each local date has exactly one such instant; only where a place skipped a whole date,
    as when it moved to the other side of the date line, it lies on the next one.
    """
    place = zone(zone_name)
    wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=place)
    instant = wall.astimezone(UTC)
    if instant.astimezone(place).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    # In a gap fold=0 reads the clock as before the change and so gives an instant behind it, and fold=1 one before
    # it: the gap's end lies between.
    low, high = wall.replace(fold=1).astimezone(UTC), instant
    offset_before = low.astimezone(place).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(place).utcoffset() == offset_before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def monotonic() -> float:
    """Seconds on a clock that nobody can set: for waiting and time limits only."""
    return time.monotonic()


class Evenness:
    """Notices that somebody set the clock, or that the machine slept: two clocks went apart."""

    SLACK = 5.0
    """Seconds that a clock may be corrected by."""

    def __init__(self) -> None:
        self._apart = time.time() - time.monotonic()
        self._set_at: float | None = None

    def lasts(self, seconds: float) -> bool:
        """Whether the clock has gone evenly for so long. Only what lies between two questions is noticed."""
        present = time.monotonic()
        apart = time.time() - present
        if abs(apart - self._apart) > self.SLACK:
            self._set_at = present
        self._apart = apart
        return self._set_at is None or present - self._set_at >= seconds
