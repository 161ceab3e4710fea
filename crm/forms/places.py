"""Choosing a place: time zones and currencies, as choices for a list."""

from functools import lru_cache
from typing import Any

from wtforms import SelectChoice

from crm.core import clock, currencies
from crm.core.i18n import LazyText
from crm.forms.base import Pick


class ZonePick(Pick):
    """A time zone, by region, such as London under Europe: of the list, or the one that was chosen before.

    ``nothing`` is what choosing none is called, where that is allowed.
    """

    def __init__(self, *said: Any, nothing: LazyText | None = None, **more: Any) -> None:
        self._nothing = nothing
        super().__init__(*said, **more)

    def process(self, *data: Any, **more: Any) -> None:
        """Takes what is chosen, and offers it along with the list."""
        super().process(*data, **more)
        none = [SelectChoice("", str(self._nothing))] if self._nothing is not None else []
        kept = [_zone(self.data)] if self.data and self.data not in _offered() and clock.is_zone(self.data) else []
        self.choices = [*none, *kept, *_zones()]


@lru_cache(maxsize=1)
def currency_choices() -> tuple[SelectChoice, ...]:
    """The currencies in use, by their ISO codes."""
    return tuple(SelectChoice(code) for code in currencies.codes())


@lru_cache(maxsize=1)
def _zones() -> tuple[SelectChoice, ...]:
    return tuple(_zone(name) for name in clock.zone_names())


@lru_cache(maxsize=1)
def _offered() -> frozenset[str]:
    return frozenset(clock.zone_names())


def _zone(name: str) -> SelectChoice:
    region, _, place = name.partition("/")
    words = (place or region).replace("_", " ").replace("/", ", ")
    return SelectChoice(name, words, optgroup=region if place else "UTC")
