"""Addresses of our own pages. A page names hundreds of them: they take a short way."""

from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

from flask import request, url_for

_NUMBER = 987_654_321
"""Stands for a row's number in the pattern of an address."""
_WORD = "aWordToBeFilledIn"
"""Stands for a word in what follows the question mark."""
_UNQUOTED = "!$'()*,/:;?@"
"""What stands in a query as it is, as Werkzeug writes it."""


def address_of(endpoint: str, /, **values: Any) -> str:
    """:func:`flask.url_for`. An address with nothing but numbers of rows and words to ask for in it is made from a
    pattern that is kept."""
    if not values:
        return _pattern(request.script_root, endpoint, None)
    if len(values) == 1:
        [(name, value)] = values.items()
        if value.__class__ is int and value >= 0 and not name.startswith("_"):
            return _pattern(request.script_root, endpoint, name).replace(str(_NUMBER), str(value))
    filled: dict[str, str] = {}
    kinds: list[tuple[str, Any]] = []
    for name, value in values.items():
        if name == "_anchor" and value.__class__ is str and value.isalpha() and value.isascii():
            kinds.append((name, value))
        elif name.startswith("_"):
            return url_for(endpoint, **values)
        elif value.__class__ is str:
            kinds.append((name, str))
            filled[name] = quote_plus(value, safe=_UNQUOTED)
        elif value.__class__ is int and value >= 0:
            kinds.append((name, int))
            filled[name] = str(value)
        elif value is not None:
            return url_for(endpoint, **values)
    pattern = _long_pattern(request.script_root, endpoint, tuple(kinds))
    return url_for(endpoint, **values) if pattern is None else pattern % filled


@lru_cache(maxsize=2048)
def _pattern(root: str, endpoint: str, name: str | None) -> str:
    values: dict[str, Any] = {} if name is None else {name: _NUMBER}
    return url_for(endpoint, **values)


@lru_cache(maxsize=2048)
def _long_pattern(root: str, endpoint: str, kinds: tuple[tuple[str, Any], ...]) -> str | None:
    """The address with a place for each value; None where a word is part of the path, which is quoted otherwise."""
    marks: dict[str, Any] = {}
    for place, (name, kind) in enumerate(kinds):
        marks[name] = _NUMBER + place if kind is int else f"{_WORD}{place}x" if kind is str else kind
    pattern = url_for(endpoint, **marks).replace("%", "%%")
    path = pattern.partition("?")[0]
    for name, kind in kinds:
        if kind is str and str(marks[name]) in path:
            return None
        if kind is str or kind is int:
            pattern = pattern.replace(str(marks[name]), f"%({name})s")
    return pattern
