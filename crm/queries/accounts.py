"""Reading where people are signed in."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.models.workspaces import UserSession


def sessions_of(session: Session, user_id: int, now: datetime) -> Sequence[UserSession]:
    """The browsers in which a person is signed in, the newest first."""
    statement = (
        select(UserSession)
        .where(UserSession.user_id == user_id, UserSession.expires_at > now)
        .order_by(UserSession.created_at.desc(), UserSession.id.desc())
    )
    return session.scalars(statement).all()
