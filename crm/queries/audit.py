"""Reading the audit log of a business: its own lines, and those of its people's accounts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select

from crm.core.columns import JsonValue
from crm.core.tenancy import WorkspaceSession
from crm.models.audit import AuditEntry
from crm.models.enums import AuditKind
from crm.models.workspaces import Membership, User

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A line with the name of who did it, as they are called today."""

    id: int
    happened_at: datetime
    kind: AuditKind
    who: str
    about: str
    facts: JsonValue
    address: str


def page_of(
    session: WorkspaceSession,
    *,
    kind: AuditKind | None = None,
    user_id: int | None = None,
    offset: int,
    limit: int,
) -> Sequence[AuditLine]:
    """One page of the log, the newest first. One query."""
    statement = _lines(session, kind, user_id).offset(offset).limit(limit)
    return [AuditLine(*row) for row in session.execute(statement)]


def everything(
    session: WorkspaceSession, *, kind: AuditKind | None = None, user_id: int | None = None
) -> Iterator[AuditLine]:
    """All lines that a filter leaves, the newest first."""
    rows = session.execute(_lines(session, kind, user_id), execution_options={"yield_per": AT_ONCE})
    return (AuditLine(*row) for row in rows)


def _lines(session: WorkspaceSession, kind: AuditKind | None, user_id: int | None) -> Select[*tuple[Any, ...]]:
    """What concerns an account is shown where the person is, or was, in the team while it happened."""
    team = select(Membership.user_id).where(
        Membership.workspace_id == session.workspace_id,
        Membership.user_id == AuditEntry.user_id,
        Membership.joined_at <= AuditEntry.happened_at,
        or_(Membership.deactivated_at.is_(None), Membership.deactivated_at >= AuditEntry.happened_at),
    )
    statement = (
        select(
            AuditEntry.id,
            AuditEntry.happened_at,
            AuditEntry.kind,
            User.name,
            AuditEntry.about,
            AuditEntry.facts,
            AuditEntry.address,
        )
        .outerjoin(User, User.id == AuditEntry.user_id)
        .where(
            or_(
                AuditEntry.workspace_id == session.workspace_id,
                AuditEntry.workspace_id.is_(None) & team.exists(),
            )
        )
        .order_by(AuditEntry.happened_at.desc(), AuditEntry.id.desc())
    )
    if kind is not None:
        statement = statement.where(AuditEntry.kind == kind)
    if user_id is not None:
        statement = statement.where(AuditEntry.user_id == user_id)
    return statement
