"""Public holidays by country and region, from a library that is loaded when somebody first asks for them.

A country's rules are read for each year as that year is asked for, and kept: nothing has a horizon, and nothing is
worked out twice. Countries are ISO 3166 codes; regions are those that the library knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType
from typing import Any

_LANGUAGES = ("en_GB", "en_US")
"""Names of holidays are asked for in the first of these that the library has, else in the country's own."""
_KEPT = 256
_NONE: Mapping[date, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Holidays:
    """The days on which a business is closed beside its weekends: its own, and public holidays where it keeps any.

    ``day in holidays`` asks. Without a country there are no public ones.
    """

    own: frozenset[date] = frozenset()
    country: str = ""
    region: str = ""

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, date):
            return False
        return day in self.own or (bool(self.country) and day in in_year(self.country, self.region, day.year))


@lru_cache(maxsize=_KEPT)
def in_year(country: str, region: str, year: int) -> Mapping[date, str]:
    """The public holidays of a year with their names; none where the country, or that year, is unknown."""
    if not country or country not in countries():
        return _NONE
    known = regions(country)
    found = _library().country_holidays(
        country, subdiv=region if region in known else None, years=year, language=_language(country), expand=False
    )
    return MappingProxyType({day: name for day, name in found.items() if day.year == year})


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """The countries whose public holidays are known."""
    return frozenset(_library().list_supported_countries(include_aliases=False))


@lru_cache(maxsize=_KEPT)
def regions(country: str) -> Mapping[str, str]:
    """The regions of a country that have holidays of their own: code and name, by name."""
    if not country or country not in countries():
        return MappingProxyType({})
    place = _library().country_holidays(country)
    aliases = place.get_subdivision_aliases()
    named = {code: (aliases.get(code) or [code])[0] for code in place.subdivisions}
    return MappingProxyType(dict(sorted(named.items(), key=lambda item: item[1].casefold())))


def _library() -> Any:
    # It takes ten megabytes, which only those pay who keep public holidays.
    return import_module("holidays")


@lru_cache(maxsize=_KEPT)
def _language(country: str) -> str | None:
    known = _library().list_localized_countries(include_aliases=False).get(country, [])
    return next((language for language in _LANGUAGES if language in known), None)
