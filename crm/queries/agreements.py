"""Reading the agreement with a vendor: what the vendor itself may read, and nothing else."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from crm.core.dates import CadenceUnit
from crm.core.tenancy import WorkspaceSession
from crm.models.decision_areas import Access, AgreementLink, DecisionArea
from crm.models.enums import Level
from crm.models.vendors import Vendor
from crm.models.workspaces import User, Workspace
from crm.queries import decision_areas


@dataclass(frozen=True, slots=True)
class AgreedAccess:
    """Access that a vendor has, and whom of us to ask about it."""

    what: str
    asked: str
    until: date | None


@dataclass(frozen=True, slots=True)
class AgreedArea:
    """What a vendor looks after, how far, within which limits, how it is done, and how often we look at it together.
    Money is a month's, in minor units of its currency."""

    name: str
    level: Level
    since: date | None
    limit_amount: int | None
    limit_currency: str
    limit_scope: str
    procedure: str
    rhythm_every: int | None
    rhythm_unit: CadenceUnit | None
    accesses: tuple[AgreedAccess, ...]


@dataclass(frozen=True, slots=True)
class Agreed:
    """An agreement in plain values. What we wish for, how well we think that they know the work, our reasons and our
    trust are no part of it."""

    business: str
    vendor: str
    on: date
    areas: tuple[AgreedArea, ...]
    accesses: tuple[AgreedAccess, ...]
    """Those that belong to no area in particular."""


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link under which the agreement can be read, or could be."""

    id: int
    made_at: datetime
    made_by: str
    revoked_at: datetime | None
    revoked_by: str


def agreed_with(session: WorkspaceSession, vendor: Vendor) -> Agreed:
    """What is agreed with a vendor today. Three queries."""
    workspace = session.get_one(Workspace, session.workspace_id)
    statement = select(DecisionArea).where(DecisionArea.vendor_id == vendor.id, DecisionArea.closed_at.is_(None))
    areas = sorted(session.scalars(statement), key=lambda area: (area.name.casefold(), area.id))
    accesses = _accesses(session, vendor)
    since = decision_areas.since_when(session, [area.id for area in areas])
    return Agreed(
        workspace.name,
        vendor.name,
        workspace.today,
        tuple(_area(area, since.get(area.id), accesses.pop(area.id, ())) for area in areas),
        tuple(each for some in accesses.values() for each in some),
    )


def _area(area: DecisionArea, since: date | None, accesses: Sequence[AgreedAccess]) -> AgreedArea:
    return AgreedArea(
        name=area.name,
        level=area.level,
        since=since,
        limit_amount=area.limit_amount,
        limit_currency=area.limit_currency,
        limit_scope=area.limit_scope,
        procedure=area.procedure,
        rhythm_every=area.rhythm_every,
        rhythm_unit=CadenceUnit(area.rhythm_unit) if area.rhythm_unit else None,
        accesses=tuple(accesses),
    )


def _accesses(session: WorkspaceSession, vendor: Vendor) -> dict[int | None, list[AgreedAccess]]:
    """What stands, by the area that it is for."""
    statement = (
        select(Access, User.name)
        .outerjoin(User, User.id == Access.owner_id)
        .where(Access.vendor_id == vendor.id, Access.revoked_on.is_(None))
        .order_by(Access.granted_on, Access.id)
    )
    found: defaultdict[int | None, list[AgreedAccess]] = defaultdict(list)
    for access, name in session.execute(statement):
        found[access.area_id].append(AgreedAccess(access.what, name or "", access.revoke_on))
    return dict(found)


def links_of(session: WorkspaceSession, vendor_id: int) -> list[LinkRow]:
    """The links of a vendor's agreement, those that work first, then the latest. Two queries."""
    statement = select(AgreementLink).where(AgreementLink.vendor_id == vendor_id).order_by(AgreementLink.id.desc())
    rows = sorted(session.scalars(statement), key=lambda row: row.revoked_at is not None)
    people = {each for row in rows for each in (row.created_by, row.revoked_by) if each is not None}
    names: dict[int | None, str] = {}
    if people:
        statement_of_names = select(User.id, User.name).where(User.id.in_(people))
        names.update((who, name) for who, name in session.execute(statement_of_names))
    return [
        LinkRow(row.id, row.created_at, names.get(row.created_by, ""), row.revoked_at, names.get(row.revoked_by, ""))
        for row in rows
    ]
