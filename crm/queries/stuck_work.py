"""Reading work that somebody began and nobody goes on with."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select

from crm.core.tenancy import HouseSession, WorkspaceSession
from crm.models.enums import BulkState, ImportState, MailState
from crm.models.imports import Import
from crm.models.lists import BulkAct
from crm.models.outbox import OutboxMessage
from crm.models.workspaces import Workspace
from crm.queries.next_touches import ASKED_FOR


def letters(session: HouseSession, since: datetime) -> Sequence[tuple[str, MailState]]:
    """Letters claimed by a sender whose lease was over at that instant: key and state."""
    table = OutboxMessage
    statement = (
        select(table.key, table.state)
        .where(table.state.in_((MailState.SENDING, MailState.BEGUN)), table.leased_until < since)
        .order_by(table.id)
    )
    return [(key, state) for key, state in session.execute(statement)]


def imports(session: WorkspaceSession, since: datetime) -> Sequence[tuple[int, str]]:
    """Imports that were uploaded before that instant and are said to run still: id and name of the file."""
    statement = select(Import.id, Import.file_name).where(
        Import.state == ImportState.RUNNING, Import.created_at < since
    )
    return [(import_id, name) for import_id, name in session.execute(statement.order_by(Import.id))]


def bulk_acts(session: WorkspaceSession, since: datetime) -> Sequence[int]:
    """Acts on many vendors, made before that instant, that are not done and on which nobody works: ids."""
    statement = select(BulkAct.id).where(
        BulkAct.state.in_((BulkState.WAITING, BulkState.UNDOING)),
        BulkAct.created_at < since,
        or_(BulkAct.lease_until.is_(None), BulkAct.lease_until < since),
    )
    return session.scalars(statement.order_by(BulkAct.id)).all()


def nights(session: HouseSession, since: datetime) -> Sequence[tuple[int, str]]:
    """Businesses whose night had come before that instant, and did not take place: id and name."""
    column = Workspace.next_night_at
    statement = select(Workspace.id, Workspace.name).where(column < since, column != ASKED_FOR).order_by(Workspace.id)
    return [(workspace_id, name) for workspace_id, name in session.execute(statement)]
