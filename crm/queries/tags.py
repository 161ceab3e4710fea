"""Reading tags."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from crm.core.tenancy import WorkspaceSession
from crm.models.vendors import Tag, VendorTag
from crm.queries.keysets import Along, Page, Step, page, says


@dataclass(frozen=True, slots=True)
class TagUse:
    """A tag, and how many vendors bear it."""

    id: int
    name: str
    vendors: int


def all_tags(session: WorkspaceSession) -> list[TagUse]:
    """Every tag of the business by name. One query."""
    statement = (
        select(Tag.id, Tag.name, func.count(VendorTag.id))
        .outerjoin(VendorTag, VendorTag.tag_id == Tag.id)
        .group_by(Tag.id, Tag.name, Tag.normal_name)
        .order_by(Tag.normal_name)
    )
    return [TagUse(*row) for row in session.execute(statement)]


def names_of(session: WorkspaceSession, vendor_id: int) -> list[str]:
    """The tags of a vendor by name."""
    statement = (
        select(Tag.name)
        .join(VendorTag, VendorTag.tag_id == Tag.id)
        .where(VendorTag.vendor_id == vendor_id)
        .order_by(Tag.normal_name)
    )
    return list(session.scalars(statement))


SORTS = {"id": Along(Tag.id), "name": Along(Tag.normal_name)}


def listed(session: WorkspaceSession, step: Step, *, words: str = "") -> Page:
    """One page of the tags. One query."""
    return page(session, select(Tag).where(*says(words, Tag.name)), Tag.id, SORTS, step)


def vendor_counts(session: WorkspaceSession, tag_ids: Sequence[int]) -> dict[int, int]:
    """How many vendors bear each of these tags. One query."""
    statement = select(VendorTag.tag_id, func.count()).where(VendorTag.tag_id.in_(tag_ids)).group_by(VendorTag.tag_id)
    return {row[0]: row[1] for row in session.execute(statement)}


def tag(session: WorkspaceSession, tag_id: int) -> Tag | None:
    """One tag."""
    return session.get(Tag, tag_id)
