"""Reading invitations into businesses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.models.workspaces import Invitation, User, Workspace


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation with what its page shows."""

    invitation: Invitation
    workspace: Workspace
    inviter: str


def waiting(session: Session, workspace_id: int, now: datetime) -> Sequence[Invitation]:
    """A business's invitations that can still be accepted, newest first."""
    statement = (
        select(Invitation)
        .where(
            Invitation.workspace_id == workspace_id,
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.expires_at > now,
        )
        .order_by(Invitation.created_at.desc(), Invitation.id.desc())
    )
    return session.scalars(statement).all()


def of_token(session: Session, token_hash: str, now: datetime) -> Invited | None:
    """The invitation of a link, if it can still be accepted."""
    statement = (
        select(Invitation, Workspace, User.name)
        .join(Workspace, Workspace.id == Invitation.workspace_id)
        .join(User, User.id == Invitation.invited_by)
        .where(
            Invitation.token_hash == token_hash,
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.expires_at > now,
        )
    )
    row = session.execute(statement).first()
    return Invited(row[0], row[1], row[2]) if row else None


def made_since(session: Session, workspace_id: int, now: datetime, window: timedelta) -> int:
    """How many invitations a business has made within the window, whatever became of them."""
    statement = select(func.count(Invitation.id)).where(
        Invitation.workspace_id == workspace_id, Invitation.created_at > now - window
    )
    return session.scalar(statement) or 0
