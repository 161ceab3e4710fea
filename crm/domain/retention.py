"""How long people outside are kept: whoever nobody has had to do with for long is proposed for erasure, never erased
by itself."""

from datetime import datetime, timedelta

from crm.core import clock
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession
from crm.domain import permissions
from crm.domain.permissions import Act
from crm.models.vendors import Person
from crm.models.workspaces import Membership, Workspace

MOST_MONTHS = 120
DAYS_A_MONTH = 30.44
"""A month on average."""


def untouched_since(workspace: Workspace) -> datetime | None:
    """Whoever was last touched before this instant is proposed; None where nobody ever is."""
    months = workspace.retention_months
    return clock.now() - timedelta(days=months * DAYS_A_MONTH) if months else None


def keep_for(session: WorkspaceSession, *, by: Membership, months: int) -> None:
    """Change after how many months somebody is proposed; 0 for never. Raises :class:`Refused`, :class:`Forbidden`."""
    permissions.require(by, Act.MANAGE)
    if not 0 <= months <= MOST_MONTHS:
        raise Refused(lazy("Type a number from 0 to %(most)s.", most=MOST_MONTHS), field="months")
    session.get_one(Workspace, session.workspace_id).retention_months = months


def keep(person: Person, *, by: Membership) -> None:
    """Somebody has looked, and they are still needed: the time begins anew."""
    permissions.require(by, Act.MANAGE)
    person.updated_at, person.updated_by = clock.now(), by.user_id
