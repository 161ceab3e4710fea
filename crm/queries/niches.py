"""Which entries of the category tree match: the same category, and the same niche or none on either side."""

from dataclasses import dataclass

from sqlalchemy import select

from crm.core.tenancy import WorkspaceSession
from crm.models.categories import Category


@dataclass(frozen=True, slots=True)
class Niche:
    """A place in the tree: its category, and its niche where it lies that deep."""

    category_id: int
    niche_id: int | None
    words: str

    def matches(self, other: "Niche") -> bool:
        """The categories are equal, and the niches are equal or either is empty."""
        same_niche = self.niche_id == other.niche_id or self.niche_id is None or other.niche_id is None
        return self.category_id == other.category_id and same_niche


def tree(session: WorkspaceSession) -> dict[int, Niche]:
    """Every entry of the tree by its id, as a place in it."""
    rows = session.execute(select(Category.id, Category.parent_id, Category.name)).all()
    parents = {row.id: row.parent_id for row in rows}
    return {row.id: _place(row.id, row.name, parents) for row in rows}


def _place(entry_id: int, words: str, parents: dict[int, int | None]) -> Niche:
    path = [entry_id]
    while (parent := parents.get(path[-1])) is not None:
        path.append(parent)
    return Niche(category_id=path[-1], niche_id=path[-2] if len(path) > 1 else None, words=words)
