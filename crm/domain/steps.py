"""Steps that keep what they changed in a row, so that they can be taken back as long as it stands."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import inspect

from crm.core.columns import Choice
from crm.domain.row_changes import frozen, thawed

Held = dict[str, Any]
"""What stands in some columns, as JSON keeps it."""


def held(row: Any, names: Iterable[str]) -> Held:
    """What stands in some columns of a row."""
    return {name: frozen(getattr(row, name)) for name in names}


def change(row: Any, to: Mapping[str, Any]) -> tuple[Held, Held]:
    """Set columns of a row. Answers with those that changed: what they held before, and what they hold now."""
    before = held(row, to)
    for name, value in to.items():
        setattr(row, name, value)
    after = held(row, to)
    changed = [name for name in to if before[name] != after[name]]
    return {name: before[name] for name in changed}, {name: after[name] for name in changed}


def stands(row: Any, now: Held) -> bool:
    """Whether a row still holds what a step put into it."""
    return held(row, now) == now


def put_back(row: Any, was: Held) -> None:
    """Set the columns of a row to what they held before a step."""
    columns = inspect(type(row)).columns
    for name, value in thawed(type(row).__tablename__, was).items():
        kind = columns[name].type
        is_choice = isinstance(kind, Choice) and value is not None
        setattr(row, name, kind.choices(value) if is_choice else value)
