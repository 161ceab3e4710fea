"""Reading vendors: the list with its filters, one vendor's side panels, and who might be the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased

from crm.core import limits, text
from crm.core.columns import Instant
from crm.core.dates import add_days
from crm.core.tenancy import WorkspaceSession
from crm.models.categories import Category
from crm.models.enums import AttachmentKind, Availability, Stage, Tier, VendorKind
from crm.models.vendors import (
    AcceptedFlaw,
    Attachment,
    Tag,
    Vendor,
    VendorCategory,
    VendorLink,
    VendorTag,
)
from crm.models.workspaces import Membership, User
from crm.queries import people
from crm.queries.categories import Tree, grown
from crm.queries.people import PersonRow


def vendor(session: WorkspaceSession, vendor_id: int) -> Vendor | None:
    """One vendor."""
    return session.get(Vendor, vendor_id)


def category_ids_of(session: WorkspaceSession, vendor_id: int) -> list[int]:
    """The categories that a vendor works in."""
    statement = select(VendorCategory.category_id).where(VendorCategory.vendor_id == vendor_id)
    return sorted(session.scalars(statement))


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A vendor by its name."""

    id: int
    name: str


# The list


class Due(StrEnum):
    """When the next check-in is, as a filter."""

    LATE = "late"
    TODAY = "today"
    WEEK = "week"
    PLANNED = "planned"
    NONE = "none"


class Sort(StrEnum):
    """A column that the list can be sorted by."""

    NAME = "name"
    STAGE = "stage"
    OWNER = "owner"
    TIER = "tier"
    AVAILABILITY = "availability"
    DUE = "due"
    CONTACT = "contact"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which vendors the list shows, in which order."""

    stage: Stage | None = None
    owner_id: int | None = None
    without_owner: bool = False
    category_ids: Sequence[int] = ()
    tag: str = ""
    """Its normal name."""
    kind: VendorKind | None = None
    tier: Tier | None = None
    availability: Availability | None = None
    due: Due | None = None
    words: str = ""
    sort: Sort = Sort.NAME
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class ListRow:
    """A vendor as a line of the list."""

    id: int
    name: str
    what_they_do: str
    stage: Stage
    owner: str | None
    tier: Tier | None
    availability: Availability
    due_on: date | None
    last_contact_on: date | None
    do_not_contact: bool

    @property
    def tint(self) -> int:
        return text.tint(self.name)

    @property
    def initial(self) -> str:
        return next((letter.upper() for letter in self.name if letter.isalnum()), "?")


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """What the list can be filtered by in this business."""

    owners: list[tuple[int, str]]
    tags: list[str]
    tree: Tree


def list_rows(
    session: WorkspaceSession, wanted: Wanted, today: date, *, offset: int = 0, limit: int = limits.PAGE_ROWS
) -> list[ListRow]:
    """One page of the list. One query."""
    statement = (
        select(
            Vendor.id,
            Vendor.name,
            Vendor.what_they_do,
            Vendor.stage,
            User.name,
            Vendor.tier,
            Vendor.availability,
            Vendor.due_on,
            Vendor.last_contact_on,
            Vendor.do_not_contact,
        )
        .outerjoin(User, User.id == Vendor.owner_id)
        .where(*_conditions(wanted, today), *_in_stage(wanted))
        .order_by(*_order(wanted))
        .offset(offset)
        .limit(limit)
    )
    found: Iterable[Any] = session.execute(statement)
    return [ListRow(*row) for row in found]


def count_by_stage(session: WorkspaceSession, wanted: Wanted, today: date) -> dict[Stage, int]:
    """How many vendors each stage has under the other filters. One query."""
    statement = select(Vendor.stage, func.count()).where(*_conditions(wanted, today)).group_by(Vendor.stage)
    return {row[0]: row[1] for row in session.execute(statement)}


def filter_choices(session: WorkspaceSession) -> FilterChoices:
    """The members, tags and categories of the business. One query, which names its workspace itself."""
    here = session.workspace_id
    nothing = cast(null(), Category.parent_id.type)
    found = session.execute(
        union_all(
            select(literal("tag").label("what"), Tag.id, Tag.name, nothing, nothing).where(Tag.workspace_id == here),
            select(literal("category"), Category.id, Category.name, Category.parent_id, Category.position).where(
                Category.workspace_id == here
            ),
            select(literal("member"), User.id, User.name, nothing, nothing)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.workspace_id == here, Membership.deactivated_at.is_(None)),
        )
    ).all()
    by_name = sorted(found, key=lambda row: (row[2].casefold(), row[1]))
    return FilterChoices(
        owners=[(row[1], row[2]) for row in by_name if row[0] == "member"],
        tags=[row[2] for row in by_name if row[0] == "tag"],
        tree=grown([row[1:] for row in found if row[0] == "category"]),
    )


def _conditions(wanted: Wanted, today: date) -> list[ColumnElement[bool]]:
    """Every filter but the stage."""
    exact = {
        Vendor.owner_id: wanted.owner_id,
        Vendor.kind: wanted.kind,
        Vendor.tier: wanted.tier,
        Vendor.availability: wanted.availability,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if wanted.without_owner:
        conditions.append(Vendor.owner_id.is_(None))
    if wanted.category_ids:
        in_them = select(VendorCategory.vendor_id).where(VendorCategory.category_id.in_(wanted.category_ids))
        conditions.append(Vendor.id.in_(in_them))
    if wanted.tag:
        tagged = select(VendorTag.vendor_id).join(Tag, Tag.id == VendorTag.tag_id).where(Tag.normal_name == wanted.tag)
        conditions.append(Vendor.id.in_(tagged))
    if wanted.due is not None:
        conditions.append(_due_condition(wanted.due, today))
    conditions += [
        Vendor.search_text.contains(f" {word}", autoescape=True) for word in text.folded(wanted.words).split()[:10]
    ]
    return conditions


def _due_condition(due: Due, today: date) -> ColumnElement[bool]:
    return {
        Due.LATE: Vendor.due_on < today,
        Due.TODAY: Vendor.due_on == today,
        Due.WEEK: Vendor.due_on.between(today, add_days(today, 7)),
        Due.PLANNED: Vendor.due_on.is_not(None),
        Due.NONE: Vendor.due_on.is_(None),
    }[due]


def _in_stage(wanted: Wanted) -> list[ColumnElement[bool]]:
    return [] if wanted.stage is None else [Vendor.stage == wanted.stage]


def _order(wanted: Wanted) -> list[Any]:
    """The chosen column, what is unknown last either way, then by name."""
    column: Any = {
        Sort.NAME: Vendor.normal_name,
        Sort.STAGE: _in_order_of(Vendor.stage, Stage),
        Sort.OWNER: func.lower(User.name),
        Sort.TIER: Vendor.tier,
        Sort.AVAILABILITY: _in_order_of(Vendor.availability, Availability),
        Sort.DUE: Vendor.due_on,
        Sort.CONTACT: Vendor.last_contact_on,
        Sort.ADDED: Vendor.id,
    }[wanted.sort]
    towards = column.desc() if wanted.is_descending else column.asc()
    if wanted.sort in (Sort.OWNER, Sort.TIER, Sort.DUE, Sort.CONTACT):
        towards = towards.nulls_last()
    # By name alone the index gives the order; a further column would make the database sort everything.
    by_name = [] if wanted.sort is Sort.NAME else [Vendor.normal_name]
    ties = Vendor.id.desc() if wanted.is_descending and wanted.sort is Sort.NAME else Vendor.id
    return [towards, *by_name, ties]


def _in_order_of(column: Any, choices: type[StrEnum]) -> Any:
    return case({choice.value: place for place, choice in enumerate(choices)}, value=type_coerce(column, String))


# Side panels


@dataclass(frozen=True, slots=True)
class FlawRow:
    """A trade-off that we accept, and what we do about it."""

    id: int
    flaw: str
    workaround: str


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of a vendor."""

    id: int
    kind: AttachmentKind
    name: str
    size: int
    added_at: datetime
    added_by: int | None


@dataclass(frozen=True, slots=True)
class LinkRow:
    """An address on the web that belongs to a vendor."""

    id: int
    kind: AttachmentKind
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category that a vendor works in; ``path`` leads from the top to it."""

    id: int
    path: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class SidePanels:
    """What hangs on a vendor, for the margin of its page."""

    people: list[PersonRow]
    flaws: list[FlawRow] = field(default_factory=list)
    files: list[FileRow] = field(default_factory=list)
    links: list[LinkRow] = field(default_factory=list)
    tags: list[TagRow] = field(default_factory=list)
    categories: list[CategoryRow] = field(default_factory=list)
    recommenders: list[NamedRow] = field(default_factory=list)
    """The vendor that recommended this one, if one did."""

    @property
    def recommender(self) -> NamedRow | None:
        return self.recommenders[0] if self.recommenders else None


def side_panels(session: WorkspaceSession, vendor_id: int) -> SidePanels:
    """A vendor's people, flaws, files, links, tags and categories, in two queries."""
    panels = SidePanels(people=people.people_of(session, vendor_id))
    asked = {"vendor_id": vendor_id, "here": session.workspace_id}
    for what, row_id, words, more, kind, size, at, by in session.execute(_what_hangs_on(), asked):
        if what == "flaw":
            panels.flaws.append(FlawRow(row_id, words, more))
        elif what == "file":
            panels.files.append(FileRow(row_id, AttachmentKind(kind), words, size, at, by))
        elif what == "link":
            panels.links.append(LinkRow(row_id, AttachmentKind(kind), words, more))
        elif what == "tag":
            panels.tags.append(TagRow(row_id, words))
        elif what == "recommender":
            panels.recommenders.append(NamedRow(row_id, words))
        else:
            panels.categories.append(CategoryRow(row_id, tuple(part for part in (kind, more, words) if part)))
    panels.tags.sort(key=lambda tag: tag.name.casefold())
    panels.categories.sort(key=lambda category: [part.casefold() for part in category.path])
    return panels


@lru_cache(maxsize=1)
def _what_hangs_on() -> Any:
    """One statement over six tables. It names its workspace itself: a union is no statement of one table.

    To make it takes longer than to run it, so it is made once; the vendor and the workspace come with each run.
    """
    here: Any = bindparam("here", type_=Integer())
    vendor_id: Any = bindparam("vendor_id", type_=Integer())
    parent, grandparent = aliased(Category), aliased(Category)

    def part(what: str, row_id: Any, words: Any, more: Any, kind: Any, size: Any, at: Any, by: Any) -> Any:
        return select(
            literal(what).label("what"),
            row_id.label("id"),
            cast(words, String).label("words"),
            cast(more, String).label("more"),
            cast(kind, String).label("kind"),
            size.label("size"),
            type_coerce(at, Instant()).label("at"),
            by.label("by"),
        )

    nothing, moment = null(), cast(null(), Instant())
    number = member = cast(null(), Attachment.size.type)
    flaws = part("flaw", AcceptedFlaw.id, AcceptedFlaw.flaw, AcceptedFlaw.workaround, nothing, number, moment, member)
    files = part(
        "file",
        Attachment.id,
        Attachment.name,
        nothing,
        Attachment.kind,
        Attachment.size,
        Attachment.created_at,
        Attachment.created_by,
    )
    links = part("link", VendorLink.id, VendorLink.title, VendorLink.url, VendorLink.kind, number, moment, member)
    tags = part("tag", Tag.id, Tag.name, nothing, nothing, number, moment, member).join(
        VendorTag, VendorTag.tag_id == Tag.id
    )
    categories = (
        part("category", Category.id, Category.name, parent.name, grandparent.name, number, moment, member)
        .select_from(VendorCategory)
        .join(Category, VendorCategory.category_id == Category.id)
        .outerjoin(parent, parent.id == Category.parent_id)
        .outerjoin(grandparent, grandparent.id == parent.parent_id)
    )
    other = aliased(Vendor)
    recommender = part("recommender", other.id, other.name, nothing, nothing, number, moment, member).join(
        Vendor, Vendor.referred_by_id == other.id
    )
    return union_all(
        recommender.where(Vendor.id == vendor_id, Vendor.workspace_id == here),
        *(
            statement.where(table.vendor_id == vendor_id, table.workspace_id == here)
            for statement, table in (
                (flaws, AcceptedFlaw),
                (files, Attachment),
                (links, VendorLink),
                (tags, VendorTag),
                (categories, VendorCategory),
            )
        ),
    ).order_by("id")


# Names alone


def named(session: WorkspaceSession, vendor_ids: Sequence[int]) -> list[NamedRow]:
    """These vendors, oldest first."""
    return _named(session, _names().where(Vendor.id.in_(vendor_ids))) if vendor_ids else []


def with_domains(session: WorkspaceSession, domains: Sequence[str]) -> list[NamedRow]:
    """The vendors whose web site is on one of these domains, oldest first, ten at the most."""
    return _named(session, _names().where(Vendor.web_domain.in_(domains)).limit(10)) if domains else []


def beginning_like(session: WorkspaceSession, beginning: str) -> list[NamedRow]:
    """The vendors whose folded name begins so, oldest first, 500 at the most."""
    if not beginning:
        return []
    return _named(session, _names().where(Vendor.search_text.startswith(f" {beginning}", autoescape=True)).limit(500))


def with_name(session: WorkspaceSession, normal_name: str) -> NamedRow | None:
    """The oldest vendor of exactly this normal name."""
    found = _named(session, _names().where(Vendor.normal_name == normal_name).limit(1))
    return found[0] if found else None


def _names() -> Select[int, str]:
    return select(Vendor.id, Vendor.name).order_by(Vendor.id)


def _named(session: WorkspaceSession, statement: Select[int, str]) -> list[NamedRow]:
    return [NamedRow(vendor_id, name) for vendor_id, name in session.execute(statement)]
