"""Reading tags."""

from dataclasses import dataclass

from sqlalchemy import func, select

from crm.core.tenancy import WorkspaceSession
from crm.models.vendors import Tag, VendorTag


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
