"""The audit log: what happened to accounts, roles and data. Each act writes its line in its own transaction."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, insert, or_, select

from crm.core import clock, text
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.core.tenancy import HouseSession, InstallationSession, WorkspaceSession
from crm.domain import permissions
from crm.domain.permissions import Act
from crm.models.audit import AuditEntry
from crm.models.enums import AuditKind
from crm.models.workspaces import Membership, Workspace

LEAST_DAYS, MOST_DAYS = 30, 3_650
ABOUT_LENGTH = 300
ADDRESS_LENGTH = 64


def record(
    session: HouseSession,
    kind: AuditKind,
    *,
    user_id: int | None,
    workspace_id: int | None = None,
    about: str = "",
    address: str = "",
    **facts: str,
) -> None:
    """Write a line. Without a business it concerns the person's account, and all of their businesses see it.

    ``about`` names what or whom it was done to; ``facts`` say what changed.
    """
    session.add(
        AuditEntry(
            workspace_id=workspace_id,
            user_id=user_id,
            kind=kind,
            about=text.clean_line(about)[:ABOUT_LENGTH],
            facts=facts,
            address=address[:ADDRESS_LENGTH],
        )
    )


def record_here(session: WorkspaceSession, kind: AuditKind, *, by: int | None, about: str = "", **facts: str) -> None:
    """Write a line about something in the session's own business."""
    record(session, kind, user_id=by, workspace_id=session.workspace_id, about=about, **facts)


def keep(session: WorkspaceSession, *, by: Membership, days: int) -> None:
    """Change how long a business keeps the lines. Owners alone do. Raises :class:`Refused`, :class:`Forbidden`."""
    permissions.require(by, Act.OWN)
    if not LEAST_DAYS <= days <= MOST_DAYS:
        words = lazy("Type a number from %(least)s to %(most)s.", least=LEAST_DAYS, most=MOST_DAYS)
        raise Refused(words, field="days")
    workspace = session.get_one(Workspace, session.workspace_id)
    if days == workspace.audit_days:
        return
    record_here(session, AuditKind.KEEPING_CHANGED, by=by.user_id, before=str(workspace.audit_days), after=str(days))
    workspace.audit_days = days
    session.flush()


def forget(session: WorkspaceSession, user_id: int, *, names: Collection[str], instead: str) -> None:
    """Take out of all lines what tells who an erased colleague was: ``names`` and addresses that the account had, and
    where it was used from. The lines stay, with their numbers and times.

    The database lets nobody change a line: each of these is dropped and written anew.
    """
    theirs = AuditEntry.user_id == user_id
    rows = session.scalars(select(AuditEntry).where(or_(theirs, AuditEntry.about.in_(names)))).all()
    addresses = {str(value) for row in rows if row.kind is AuditKind.EMAIL_CHANGED for value in row.facts.values()}
    telling = {*names, *addresses}
    anew = [
        {
            "id": row.id,
            "workspace_id": row.workspace_id,
            "user_id": row.user_id,
            "kind": row.kind,
            "about": instead if row.about in telling else row.about,
            "facts": {name: instead if value in telling else value for name, value in row.facts.items()},
            "address": "" if row.user_id == user_id else row.address,
            "happened_at": row.happened_at,
        }
        for row in rows
    ]
    for row in rows:
        session.expunge(row)
    if anew:
        session.execute(delete(AuditEntry).where(AuditEntry.id.in_([row["id"] for row in anew])))
        session.execute(insert(AuditEntry), anew)


def clear_away(session: InstallationSession) -> int:
    """Drop the lines that are older than their business keeps them: how many. What concerns accounts stays as long as
    any business keeps its own."""
    now, dropped = clock.now(), 0
    longest = session.scalar(select(func.max(Workspace.audit_days))) or MOST_DAYS
    for workspace_id, days in session.execute(select(Workspace.id, Workspace.audit_days)).all():
        theirs = AuditEntry.workspace_id == workspace_id
        dropped += _drop(session, theirs, AuditEntry.happened_at < now - timedelta(days=days))
    return dropped + _drop(
        session, AuditEntry.workspace_id.is_(None), AuditEntry.happened_at < now - timedelta(days=longest)
    )


def _drop(session: InstallationSession, *conditions: ColumnElement[bool]) -> int:
    gone = session.execute(delete(AuditEntry).where(*conditions).returning(AuditEntry.id))
    return len(gone.all())
