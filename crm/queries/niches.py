"""Which entries of the category tree match: the same category, and the same niche or none on either side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from crm.core.tenancy import WorkspaceSession
from crm.models.categories import Category


@dataclass(frozen=True, slots=True)
class Niche:
    """A place in the tree: its category, and its niche where it lies that deep."""

    category_id: int
    niche_id: int | None
    words: str
    path: tuple[int, ...] = ()
    """From the entry itself up to its category."""

    def matches(self, other: "Niche") -> bool:
        """The categories are equal, and the niches are equal or either is empty."""
        same_niche = self.niche_id == other.niche_id or self.niche_id is None or other.niche_id is None
        return self.category_id == other.category_id and same_niche


def tree(session: WorkspaceSession) -> dict[int, Niche]:
    """Every entry of the tree by its id, as a place in it."""
    return places(session.execute(select(Category.id, Category.parent_id, Category.name)).all())


def places(entries: Sequence[Any]) -> dict[int, Niche]:
    """The same, of entries that are read already: whatever has an id, a parent_id and a name."""
    parents = {entry.id: entry.parent_id for entry in entries}
    return {entry.id: _place(entry.id, entry.name, parents) for entry in entries}


def _place(entry_id: int, words: str, parents: dict[int, int | None]) -> Niche:
    path = [entry_id]
    while (parent := parents.get(path[-1])) is not None:
        path.append(parent)
    return Niche(category_id=path[-1], niche_id=path[-2] if len(path) > 1 else None, words=words, path=tuple(path))


class Placed:
    """An entry of the tree with the two above it, within a statement: the same rule as :meth:`Niche.matches`, in SQL.

    The statement joins ``entry``, and ``parent`` and ``grandparent`` where they exist.
    """

    def __init__(self, name: str) -> None:
        self.entry = aliased(Category, name=f"{name}_entry")
        self.parent = aliased(Category, name=f"{name}_parent")
        self.grandparent = aliased(Category, name=f"{name}_grandparent")

    def with_those_above(self, statement: Any) -> Any:
        """The statement, which joins ``entry`` already, with the two above it."""
        return statement.outerjoin(self.parent, self.parent.id == self.entry.parent_id).outerjoin(
            self.grandparent, self.grandparent.id == self.parent.parent_id
        )

    @property
    def category(self) -> Any:
        """The category at the top."""
        return func.coalesce(self.grandparent.id, self.parent.id, self.entry.id)

    @property
    def niche(self) -> Any:
        """The niche below it; nothing for a category itself."""
        return case((self.grandparent.id.is_not(None), self.parent.id), (self.parent.id.is_not(None), self.entry.id))

    def matches(self, other: "Placed") -> ColumnElement[bool]:
        """The categories are equal, and the niches are equal or either is empty."""
        same_niche = or_(self.niche == other.niche, self.niche.is_(None), other.niche.is_(None))
        return and_(self.category == other.category, same_niche)
