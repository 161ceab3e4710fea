"""Choosing a place: time zones and currencies, as choices for a list."""

from functools import lru_cache

from wtforms import SelectChoice

from crm.core import clock, currencies


@lru_cache(maxsize=1)
def zone_choices() -> tuple[SelectChoice, ...]:
    """All time zones by region, such as London under Europe."""
    return tuple(_zone(name) for name in clock.zone_names())


@lru_cache(maxsize=1)
def currency_choices() -> tuple[SelectChoice, ...]:
    """The currencies in use, by their ISO codes."""
    return tuple(SelectChoice(code) for code in currencies.codes())


def _zone(name: str) -> SelectChoice:
    region, _, place = name.partition("/")
    words = (place or region).replace("_", " ").replace("/", ", ")
    return SelectChoice(name, words, optgroup=region if place else "UTC")
