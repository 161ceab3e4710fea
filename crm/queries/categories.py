"""Reading the tree of what vendors do."""

from collections.abc import Sequence

from sqlalchemy import select

from crm.core.tenancy import WorkspaceSession
from crm.models.categories import Category


def in_order(session: WorkspaceSession) -> Sequence[tuple[Category, int]]:
    """The tree from top to bottom, each entry with its depth (0 for a category)."""
    rows = session.scalars(select(Category).order_by(Category.position, Category.name, Category.id)).all()
    below: dict[int | None, list[Category]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)
    found: list[tuple[Category, int]] = []
    waiting = [(row, 0) for row in reversed(below.get(None, []))]
    while waiting:
        row, depth = waiting.pop()
        found.append((row, depth))
        waiting += [(child, depth + 1) for child in reversed(below.get(row.id, []))]
    return found


def choices(session: WorkspaceSession) -> list[tuple[int, str]]:
    """The tree as choices for a list, each with the way to it: ``Video: Product films``."""
    path: list[str] = []
    found = []
    for row, depth in in_order(session):
        path[depth:] = [row.name]
        found.append((row.id, ": ".join(path)))
    return found
