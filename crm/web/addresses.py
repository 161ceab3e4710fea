"""Addresses of our own pages. A page names hundreds of them: they take a short way."""

from functools import lru_cache
from typing import Any

from flask import request, url_for

_NUMBER = 987_654_321
"""Stands for a row's number in the pattern of an address."""


def address_of(endpoint: str, /, **values: Any) -> str:
    """:func:`flask.url_for`. An address with nothing but a row's number in it is made from a pattern that is kept."""
    if not values:
        return _pattern(request.script_root, endpoint, None)
    if len(values) == 1:
        [(name, value)] = values.items()
        if value.__class__ is int and value >= 0 and not name.startswith("_"):
            return _pattern(request.script_root, endpoint, name).replace(str(_NUMBER), str(value))
    return url_for(endpoint, **values)


@lru_cache(maxsize=2048)
def _pattern(root: str, endpoint: str, name: str | None) -> str:
    values: dict[str, Any] = {} if name is None else {name: _NUMBER}
    return url_for(endpoint, **values)
