"""The tree of what vendors do."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, select, update

from crm.core import limits, text
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import standings
from crm.domain.category_seed import COME_FIRST, FINER, SEED
from crm.models.categories import Category
from crm.models.needs import CategoryPrerequisite, Need
from crm.models.referrals import Opening
from crm.models.trials import TrialBrief
from crm.models.vendors import Vendor, VendorCategory
from crm.queries import categories
from crm.queries.categories import Tree

DEEPEST = 3
"""A category, a niche, a sub-niche."""


def seed(session: WorkspaceSession) -> None:
    """Give a new business the categories, niches and sub-niches that most begin with, in the present reader's words."""
    tops = [Category(name=str(name), parent_id=None, position=place) for place, (name, _niches) in enumerate(SEED)]
    session.add_all(tops)
    session.flush()
    niches = {
        (at, place): Category(name=str(name), parent_id=tops[at].id, position=place)
        for at, (_name, names) in enumerate(SEED)
        for place, name in enumerate(names)
    }
    session.add_all(niches.values())
    session.flush()
    session.add_all(
        Category(name=str(name), parent_id=niches[where].id, position=place)
        for where, names in FINER.items()
        for place, name in enumerate(names)
    )
    session.add_all(
        CategoryPrerequisite(category_id=tops[top].id, what=str(what), position=place)
        for top, whats in COME_FIRST.items()
        for place, what in enumerate(whats)
    )
    session.flush()


def add(session: WorkspaceSession, *, name: str, parent_id: int | None = None) -> Category:
    """Add a category, or a niche below one. Raises Refused with the box that is wrong."""
    tree = categories.tree(session)
    if len(tree) >= limits.CATEGORIES:
        raise Refused(lazy("There can be %(most)s at the most.", most=limits.CATEGORIES), field="name")
    parent = None if parent_id is None else tree.node(parent_id)
    if parent_id is not None and parent is None:
        raise Refused(lazy("Choose one of the list."), field="parent_id")
    if parent is not None and parent.depth >= DEEPEST:
        raise Refused(lazy("Niches go no deeper than this."), field="parent_id")
    category = Category(name=_name(tree, name, parent_id), parent_id=parent_id, position=tree.next_position(parent_id))
    session.add(category)
    session.flush()
    return category


def edit(
    category: Category, *, version: int, name: str, parent_id: int | None, come_first: Iterable[str] | None = None
) -> None:
    """Give a category its name, its place and, where they are said, the lines that usually come first.

    Raises :class:`Stale` where somebody did so since ``version``, and Refused as :func:`rename` and :func:`put_under`.
    """
    if category.version != version:
        raise Stale
    rename(category, name=name)
    session_of(category).flush()
    put_under(category, parent_id=parent_id)
    if come_first is not None:
        _put_first(category, come_first)
    category.version += 1


def _put_first(category: Category, lines: Iterable[str]) -> None:
    """What usually has to come first for work of this category; an empty line is none, the same twice is one."""
    session = session_of(category)
    cleaned = [line for line in map(text.clean_line, lines) if line]
    wanted = list({line.casefold(): line for line in reversed(cleaned)}.values())[::-1]
    if len(wanted) > limits.PREREQUISITES_PER_NEED:
        raise Refused(lazy("That is more than anybody gets done first."), field="come_first")
    if any(len(line) > limits.LINE_LENGTH for line in wanted):
        raise Refused(
            lazy("Keep each line under %(length)s characters.", length=limits.LINE_LENGTH), field="come_first"
        )
    session.execute(delete(CategoryPrerequisite).where(CategoryPrerequisite.category_id == category.id))
    session.add_all(
        CategoryPrerequisite(category_id=category.id, what=line, position=place) for place, line in enumerate(wanted)
    )
    session.flush()


def rename(category: Category, *, name: str) -> None:
    """Give a category another name. Raises Refused where its neighbours have it."""
    tree = categories.tree(session_of(category))
    category.name = _name(tree, name, category.parent_id, but_not=category.id)
    standings.say_again(session_of(category), category.id)


def move(category: Category, *, steps: int) -> None:
    """Move a category up (-1) or down (1) among its neighbours; at the end it stays."""
    session = session_of(category)
    neighbours = [node.id for node in categories.tree(session).children(category.parent_id)]
    place = neighbours.index(category.id)
    neighbours.insert(max(0, min(len(neighbours) - 1, place + steps)), neighbours.pop(place))
    rows = session.scalars(select(Category).where(Category.id.in_(neighbours)))
    for row in rows:
        row.position = neighbours.index(row.id)


def put_under(category: Category, *, parent_id: int | None) -> None:
    """Make a category a niche of another, or a category of its own (None), with everything below it.

    Raises Refused where it would hang below itself, or something too deep.
    """
    if parent_id == category.parent_id:
        return
    tree = categories.tree(session_of(category))
    parent = tree.node(parent_id)
    moved = tree.below(category.id)
    if parent_id is not None and parent is None:
        raise Refused(lazy("Choose one of the list."), field="parent_id")
    if parent_id in moved:
        raise Refused(lazy("It cannot stand below itself."), field="parent_id")
    own = tree.node(category.id)
    height = max((node.depth for node in tree if node.id in moved), default=1) - (own.depth if own else 1)
    if (parent.depth if parent else 0) + 1 + height > DEEPEST:
        raise Refused(lazy("Niches go no deeper than this."), field="parent_id")
    _name(tree, category.name, parent_id, but_not=category.id, box="parent_id")
    category.parent_id, category.position = parent_id, tree.next_position(parent_id)


def delete_category(category: Category, *, instead: int | None = None) -> None:
    """Delete a category. Whoever stands in it moves to ``instead``; without that, a category in use is refused."""
    session = session_of(category)
    tree = categories.tree(session)
    if tree.children(category.id):
        raise Refused(lazy("Move or delete what is below it first."))
    used = categories.uses(session).get(category.id, 0)
    if used and instead is None:
        raise Refused(lazy("It is in use. Choose where its vendors, openings, needs and briefs go."), field="instead")
    if instead is not None:
        if instead == category.id or tree.node(instead) is None:
            raise Refused(lazy("Choose one of the list."), field="instead")
        there = select(VendorCategory.vendor_id).where(VendorCategory.category_id == instead)
        session.execute(
            delete(VendorCategory).where(VendorCategory.category_id == category.id, VendorCategory.vendor_id.in_(there))
        )
        session.execute(
            update(VendorCategory).where(VendorCategory.category_id == category.id).values(category_id=instead)
        )
        kinds: tuple[Any, ...] = (Opening, Need, TrialBrief)
        for kind in kinds:
            session.execute(update(kind).where(kind.category_id == category.id).values(category_id=instead))
    standings.move_category(session, category.id, to=instead)
    session.delete(category)


def put_in(vendor: Vendor, wanted: Iterable[int]) -> bool:
    """Make these the categories of the vendor. Says whether anything changed; raises Refused for unknown ones."""
    session = session_of(vendor)
    wanted_ids = set(wanted)
    if wanted_ids - {node.id for node in categories.tree(session)}:
        raise Refused(lazy("Choose from the list."), field="category_ids")
    present = set(session.scalars(select(VendorCategory.category_id).where(VendorCategory.vendor_id == vendor.id)))
    if wanted_ids == present:
        return False
    session.execute(
        delete(VendorCategory).where(
            VendorCategory.vendor_id == vendor.id, VendorCategory.category_id.in_(present - wanted_ids)
        )
    )
    session.insert_many(
        VendorCategory,
        [{"vendor_id": vendor.id, "category_id": category_id} for category_id in sorted(wanted_ids - present)],
    )
    return True


def at(session: WorkspaceSession, category_id: int) -> Category:
    """The category, held for a change. Raises Missing."""
    category = session.get(Category, category_id, with_for_update=True)
    if category is None:
        raise Missing
    return category


def _name(tree: Tree, typed: str, parent_id: int | None, *, but_not: int | None = None, box: str = "name") -> str:
    """The name, fit for its place among the neighbours."""
    name = text.clean_line(typed)
    if not name:
        raise Refused(lazy("Type a name."), field=box)
    if len(name) > limits.NAME_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.NAME_LENGTH), field=box)
    neighbours = [node for node in tree.children(parent_id) if node.id != but_not]
    if text.normal(name) in {text.normal(node.name) for node in neighbours}:
        raise Refused(lazy("There is one of this name here already."), field=box)
    return name
