"""Asking about the tree of what vendors do."""

from crm.core.i18n import lazy
from crm.forms.base import NAME, Form, Line, Pick, Text, required
from crm.forms.conflicts import Versioned
from crm.forms.vendors import chosen
from crm.queries.categories import Tree


class CategoryForm(Versioned):
    """A category or niche, and where it stands."""

    name = Line(lazy("Name"), [required(lazy("Type a name")), NAME])
    parent_id = Pick(lazy("Below"))
    come_first = Text(lazy("What usually comes first"))

    def offer(self, tree: Tree, *, deepest: int, but_not: frozenset[int] = frozenset()) -> None:
        """Hand in what it may stand below."""
        fitting = ((node.id, node.words) for node in tree if node.depth < deepest and node.id not in but_not)
        self.parent_id.choices = chosen(fitting, lazy("Nothing: a category of its own"))

    @property
    def parent(self) -> int | None:
        """The id of what it is to stand below."""
        return int(self.parent_id.data) if self.parent_id.data else None

    @property
    def lines(self) -> list[str]:
        """What usually comes first, line by line."""
        return (self.come_first.data or "").splitlines()


class DeletionForm(Form):
    """Where those go who stand in a category that is deleted."""

    instead = Pick(lazy("Move its vendors and openings to"))

    def offer(self, tree: Tree, *, but_not: int) -> None:
        """Hand in the other categories."""
        self.instead.choices = chosen(
            ((node.id, node.words) for node in tree if node.id != but_not), lazy("Choose a category")
        )

    @property
    def heir(self) -> int | None:
        """The id of the category that takes them over."""
        return int(self.instead.data) if self.instead.data else None
