"""Parts of a page that look the same whenever they are given the same: each is drawn once, and kept for a while.

To draw fifty rows costs more than to ask for them, and most were drawn for the page before. A drawing is looked up by
all that it can depend on. That is so by construction:

- Its template gets one record, and those that a page lists a second one, the row. Both are frozen dataclasses of plain
  values, taken apart into the key and put together again from it. Anything else is refused when it is drawn.
- It is drawn in an environment of its own, which knows the reader's language and where the application is mounted,
  both part of the key, and neither the request, the visit, the clock nor the database.
- The token of a form is no part of a drawing. A mark that nobody can guess stands in its place until the page goes
  out.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any

from flask import request, url_for
from jinja2 import Environment, Template
from markupsafe import Markup, escape

from crm.core import i18n
from crm.core.i18n import Speech
from crm.web.shown import bound_token

PIECES, SHEETS, ROWS = 256, 48, 200
"""So many parts without rows are kept, so many lists, and so many rows of each: a few megabytes at the most."""

_PLAIN = (str, int, float, bool, type(None), date, datetime, Decimal)

Key = tuple[Any, tuple[Any, ...], tuple[Any, ...]]
"""A record as its class, its values and their types: 1 and True are equal, and so are "<" and its Markup."""


class NotPlain(TypeError):
    """A part was given something that could change, or that its key does not tell from something else."""


class Drawings:
    """What has been drawn. Templates call it as ``drawn(template, record)`` and ``drawn(template, record, rows)``."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.token_mark = secrets.token_hex(16)
        environment.globals.update(url_for=address, csrf_token=lambda: self.token_mark)
        self._piece = lru_cache(maxsize=PIECES)(self._draw_piece)
        self._sheet = lru_cache(maxsize=SHEETS)(self._begin_sheet)

    def __call__(self, template: str, record: Any = None, rows: Iterable[Any] | None = None) -> Markup:
        """The part with this record; or for each row its own, one after the other."""
        place = template, key_of(record), i18n.current(), request.script_root
        if rows is None:
            drawn = self._piece(*place)
        else:
            sheet = self._sheet(*place)
            drawn = "".join([sheet(key_of(row)) for row in rows])
        if self.token_mark in drawn:
            drawn = drawn.replace(self.token_mark, escape(bound_token()))
        return Markup(drawn)  # noqa: S704 - drawn by templates that escape

    def forget(self) -> None:
        """Draw everything anew from here on."""
        self._piece.cache_clear()
        self._sheet.cache_clear()

    def _draw_piece(self, template: str, record: Key, _speech: Speech, _root: str) -> str:
        return self.environment.get_template(template).render(_values_of(record))

    def _begin_sheet(self, template: str, record: Key, _speech: Speech, _root: str) -> Callable[[Key], str]:
        found, values = self.environment.get_template(template), _values_of(record)
        return lru_cache(maxsize=ROWS)(lambda row: _draw_row(found, values, row))


def _draw_row(template: Template, values: dict[str, Any], row: Key) -> str:
    return template.render(values, row=_put_together(row))


def key_of(record: Any) -> Key:
    """All that a record holds, with its types."""
    if record is None:
        return None, (), ()
    kind = record.__class__
    values = _taking_apart(kind)(record)
    return kind, values, _types(values)


def _types(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple([_types(value) if value.__class__ is tuple else value.__class__ for value in values])


@cache
def _taking_apart(kind: type[Any]) -> Callable[[Any], tuple[Any, ...]]:
    if not is_dataclass(kind) or not kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise NotPlain(f"{kind.__name__} is no frozen dataclass")
    names = [field.name for field in fields(kind)]
    if len(names) < 2:
        return lambda record: tuple(getattr(record, name) for name in names)
    return attrgetter(*names)


def _put_together(key: Key) -> Any:
    kind, values, _types_of_them = key
    for value in values:
        _check(value)
    return None if kind is None else kind(*values)


def _check(value: Any) -> None:
    if value.__class__ is tuple:
        for each in value:
            _check(each)
    elif value.__class__ not in _PLAIN and not isinstance(value, Enum):
        raise NotPlain(f"{type(value).__name__} in a drawing")


def _values_of(key: Key) -> dict[str, Any]:
    """The variables of a template: the record as ``shared``, and its values by their names."""
    record = _put_together(key)
    if record is None:
        return {}
    return {"shared": record, **{field.name: getattr(record, field.name) for field in fields(record)}}


def address(endpoint: str, /, **values: Any) -> str:
    """:func:`flask.url_for` for what depends on nothing but where the application is mounted."""
    if endpoint.startswith(".") or values.get("_external") or values.get("_scheme"):
        raise NotPlain("an address that depends on the request")
    return url_for(endpoint, **values)
