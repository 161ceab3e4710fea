"""Reading vendors: one vendor's side panels, and who might be the same. The list is in vendor_lists."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    String,
    bindparam,
    cast,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased

from crm.core.columns import Instant
from crm.core.tenancy import WorkspaceSession
from crm.models.categories import Category
from crm.models.enums import AttachmentKind
from crm.models.vendors import (
    AcceptedFlaw,
    Attachment,
    Tag,
    Vendor,
    VendorCategory,
    VendorLink,
    VendorTag,
)
from crm.queries import people
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
    for what, row_id, words, more, kind, size, at, by in session.rows(_what_hangs_on(), asked):
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


def files(session: WorkspaceSession, vendor_id: int) -> list[FileRow]:
    """A vendor's files, the newest first."""
    row = Attachment
    columns = (row.id, row.kind, row.name, row.size, row.created_at, row.created_by)
    found = session.execute(select(*columns).where(row.vendor_id == vendor_id).order_by(row.id.desc()))
    return [FileRow(*values) for values in found]


# Names alone


def named(session: WorkspaceSession, vendor_ids: Sequence[int]) -> list[NamedRow]:
    """These vendors, oldest first."""
    return _named(session, _names().where(Vendor.id.in_(vendor_ids))) if vendor_ids else []


def with_domains(session: WorkspaceSession, domains: Sequence[str]) -> list[NamedRow]:
    """The vendors whose web site is on one of these domains, oldest first, ten at the most."""
    return _named(session, _names().where(Vendor.web_domain.in_(domains)).limit(10)) if domains else []


def with_name(session: WorkspaceSession, normal_name: str) -> NamedRow | None:
    """The oldest vendor of exactly this normal name."""
    found = _named(session, _names().where(Vendor.normal_name == normal_name).limit(1))
    return found[0] if found else None


def _names() -> Select[int, str]:
    return select(Vendor.id, Vendor.name).order_by(Vendor.id)


def _named(session: WorkspaceSession, statement: Select[int, str]) -> list[NamedRow]:
    return [NamedRow(vendor_id, name) for vendor_id, name in session.execute(statement)]
