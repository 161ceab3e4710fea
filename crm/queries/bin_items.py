"""What lies in the bin, for who may put it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from crm.core.tenancy import WorkspaceSession
from crm.models.bin_items import BinItem
from crm.models.enums import BinKind
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, User
from crm.queries.visibility import readable

TABLES: dict[BinKind, str] = {
    BinKind.VENDOR: "vendors",
    BinKind.PERSON: "people",
    BinKind.NOTE: "notes",
    BinKind.INTERACTION: "interactions",
    BinKind.TRUST_ENTRY: "trust_entries",
    BinKind.FILE: "attachments",
    BinKind.LINK: "vendor_links",
    BinKind.NEED: "needs",
    BinKind.OPENING: "openings",
    BinKind.RATING: "ratings",
    BinKind.AREA: "decision_areas",
    BinKind.TASK: "readiness_tasks",
    BinKind.ACCESS: "accesses",
    BinKind.FLAW: "accepted_flaws",
    BinKind.BRIEF: "trial_briefs",
    BinKind.REFERRAL: "referrals",
    BinKind.TAG: "tags",
    BinKind.CATEGORY: "categories",
    BinKind.FIELD: "custom_fields",
    BinKind.CHOICE: "custom_choices",
    BinKind.FILTER: "saved_filters",
}
"""Where the row of each kind stood."""

OF_ADMINS = frozenset({BinKind.VENDOR, BinKind.TAG, BinKind.CATEGORY, BinKind.FIELD, BinKind.CHOICE})
"""What those alone delete, and put back, who manage the business."""
OF_AUTHORS = frozenset({BinKind.NOTE, BinKind.TRUST_ENTRY, BinKind.RATING, BinKind.FILTER})
"""What its author and the admins delete and put back."""


@dataclass(frozen=True, slots=True)
class BinLine:
    """One thing in the bin."""

    id: int
    kind: BinKind
    name: str
    vendor_id: int | None
    vendor_name: str
    """Empty where it has no vendor, or is one."""
    vendor_is_here: bool
    deleted_at: datetime
    deleted_by: str


def page_of(
    session: WorkspaceSession, reader: Membership, *, since: datetime, offset: int, limit: int
) -> Sequence[BinLine]:
    """What was deleted since then and the reader may put back, the latest first. One query."""
    thrown = aliased(BinItem)
    its_vendor = select(func.max(thrown.name)).where(
        thrown.kind == BinKind.VENDOR, thrown.subject_id == BinItem.vendor_id, BinItem.kind != BinKind.VENDOR
    )
    statement = (
        select(
            BinItem.id,
            BinItem.kind,
            BinItem.name,
            BinItem.vendor_id,
            func.coalesce(Vendor.name, its_vendor.scalar_subquery(), ""),
            Vendor.id.is_not(None),
            BinItem.deleted_at,
            User.name,
        )
        .join(User, User.id == BinItem.deleted_by)
        .outerjoin(Vendor, and_(Vendor.id == BinItem.vendor_id, BinItem.kind != BinKind.VENDOR))
        .where(BinItem.deleted_at > since, changeable(reader))
        .order_by(BinItem.deleted_at.desc(), BinItem.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [BinLine(*row) for row in session.execute(statement)]


def changeable(reader: Membership) -> ColumnElement[bool]:
    """The condition that the reader may read a thing, and delete such a thing. For one, the same rule is
    :func:`crm.domain.bin_items.may_change`."""
    may_read = readable(reader, BinItem.visibility, BinItem.author_id)
    if reader.is_admin:
        return may_read
    is_theirs = or_(BinItem.kind.not_in(sorted(OF_AUTHORS)), BinItem.author_id == reader.user_id)
    return and_(may_read, BinItem.kind.not_in(sorted(OF_ADMINS)), is_theirs)


def of_vendor(session: WorkspaceSession, vendor_id: int) -> int | None:
    """The item of a vendor that is in the bin itself."""
    statement = select(BinItem.id).where(BinItem.kind == BinKind.VENDOR, BinItem.subject_id == vendor_id)
    return session.scalars(statement).first()
