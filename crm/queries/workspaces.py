"""Reading businesses."""

from collections.abc import Sequence

from sqlalchemy import select

from crm.core.tenancy import InstallationSession
from crm.models.workspaces import Workspace


def all_ids(session: InstallationSession) -> Sequence[int]:
    """Every business's id, the oldest first: for jobs."""
    return session.scalars(select(Workspace.id).order_by(Workspace.id)).all()
