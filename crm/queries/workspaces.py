"""Reading businesses."""

from collections.abc import Sequence

from sqlalchemy import select

from crm.core.tenancy import InstallationSession
from crm.models.workspaces import Workspace


def all_ids(session: InstallationSession) -> Sequence[int]:
    """Every business's id, the oldest first: for jobs."""
    return session.scalars(select(Workspace.id).order_by(Workspace.id)).all()


def name_of(session: InstallationSession, workspace_id: int) -> str:
    """What a business is called; nothing for one that is gone."""
    return session.scalar(select(Workspace.name).where(Workspace.id == workspace_id)) or ""
