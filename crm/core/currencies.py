"""Currencies: which there are, and which is used where."""

from datetime import date
from functools import lru_cache

from babel.core import get_global
from babel.numbers import get_territory_currencies, list_currencies

from crm.core import clock

DEFAULT = "GBP"


@lru_cache(maxsize=1)
def codes() -> tuple[str, ...]:
    """The ISO codes of the currencies in use today, in order."""
    return _in_use(clock.now().date())


def of_zone(time_zone: str) -> str:
    """The currency used in a time zone's country, such as EUR for Europe/Berlin; GBP where that is not known."""
    territory = get_global("zone_territories").get(time_zone)
    used = get_territory_currencies(territory) if territory else []
    return str(used[0]) if used else DEFAULT


def _in_use(day: date) -> tuple[str, ...]:
    used: set[str] = set()
    for territory in get_global("territory_currencies"):
        used.update(get_territory_currencies(territory, day, day))
    return tuple(sorted(used & set(list_currencies("en_GB"))))
