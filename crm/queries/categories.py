"""Reading the tree of what vendors do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, func, select

from crm.core.tenancy import WorkspaceSession
from crm.models.categories import Category
from crm.models.needs import Need
from crm.models.referrals import Opening
from crm.models.trials import TrialBrief
from crm.models.vendors import VendorCategory


@dataclass(frozen=True, slots=True)
class Node:
    """A category, niche or sub-niche in its place in the tree."""

    id: int
    name: str
    parent_id: int | None
    position: int
    path: tuple[str, ...]
    """Names from the top down to this one."""

    @property
    def depth(self) -> int:
        """1 for a category, 2 for a niche, 3 for a sub-niche."""
        return len(self.path)

    @property
    def words(self) -> str:
        """The whole path in one line."""
        return " › ".join(self.path)


class Tree(list[Node]):
    """All categories of a business, each followed by what is below it."""

    def node(self, category_id: int | None) -> Node | None:
        """The node of an id, or None."""
        return next((node for node in self if node.id == category_id), None)

    def below(self, category_id: int) -> list[int]:
        """The ids of a category and of everything below it."""
        found = {category_id}
        for node in self:  # parents come before their children
            if node.parent_id in found:
                found.add(node.id)
        return sorted(found)

    def children(self, category_id: int | None) -> list[Node]:
        """What stands directly below a category, or at the top."""
        return [node for node in self if node.parent_id == category_id]

    def next_position(self, category_id: int | None) -> int:
        """The position after the last of them."""
        return max((node.position for node in self.children(category_id)), default=-1) + 1


def tree(session: WorkspaceSession) -> Tree:
    """The business's tree. One query."""
    return grown(session.rows(_every()))


@cache
def _every() -> Select[*tuple[Any, ...]]:
    return select(Category.id, Category.name, Category.parent_id, Category.position)


def grown(rows: Iterable[Sequence[Any]]) -> Tree:
    """The tree of rows of (id, name, parent_id, position) in any order."""
    by_parent: dict[int | None, list[Sequence[Any]]] = {}
    for row in rows:
        by_parent.setdefault(row[2], []).append(row)
    grown_tree = Tree()

    def grow(parent_id: int | None, path: tuple[str, ...]) -> None:
        for row_id, name, _parent, position in sorted(
            by_parent.get(parent_id, ()), key=lambda row: (row[3], row[1].casefold(), row[0])
        ):
            grown_tree.append(Node(row_id, name, parent_id, position, (*path, name)))
            grow(row_id, (*path, name))

    grow(None, ())
    return grown_tree


def uses(session: WorkspaceSession) -> dict[int, int]:
    """How many vendors, openings, needs and briefs stand directly in each category that is used. Four queries."""
    counted: dict[int, int] = {}
    kinds: tuple[Any, ...] = (VendorCategory, Opening, Need, TrialBrief)
    for column in (kind.category_id for kind in kinds):
        for category_id, count in session.execute(
            select(column, func.count()).where(column.is_not(None)).group_by(column)
        ):
            counted[category_id] = counted.get(category_id, 0) + count
    return counted
