"""Reading people and where they belong."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from crm.models.enums import Role
from crm.models.workspaces import Membership, User, UserSession, Workspace


def signed_in(session: Session, token_hash: str, now: datetime) -> UserSession | None:
    """The living session of a browser, with its user."""
    statement = (
        select(UserSession)
        .where(UserSession.token_hash == token_hash, UserSession.expires_at > now)
        .options(joinedload(UserSession.user, innerjoin=True))
    )
    return session.scalars(statement).first()


def memberships_of(session: Session, user_id: int) -> Sequence[Membership]:
    """Where a person belongs, by name of the business, each with user and workspace."""
    statement = (
        select(Membership)
        .join(Membership.workspace)
        .join(Membership.user)
        .where(Membership.user_id == user_id, Membership.deactivated_at.is_(None))
        .order_by(Workspace.name, Workspace.id)
        .options(contains_eager(Membership.workspace), contains_eager(Membership.user))
    )
    return session.scalars(statement).all()


def members_of(session: Session, workspace_id: int, *, active_only: bool = True) -> Sequence[Membership]:
    """The people of a business by name, each with user and workspace."""
    statement = (
        select(Membership)
        .join(Membership.user)
        .join(Membership.workspace)
        .where(Membership.workspace_id == workspace_id)
        .order_by(User.name, User.id)
        .options(contains_eager(Membership.user), contains_eager(Membership.workspace))
    )
    if active_only:
        statement = statement.where(Membership.deactivated_at.is_(None))
    return session.scalars(statement).all()


def membership(session: Session, workspace_id: int, user_id: int) -> Membership | None:
    """One person's place in a business, active or not, with user and workspace."""
    statement = (
        select(Membership)
        .where(Membership.workspace_id == workspace_id, Membership.user_id == user_id)
        .options(joinedload(Membership.user, innerjoin=True), joinedload(Membership.workspace, innerjoin=True))
    )
    return session.scalars(statement).first()


def admins_of(members: Sequence[Membership]) -> list[Membership]:
    """The active owners and admins among them."""
    return [m for m in members if m.is_active and m.role in (Role.OWNER, Role.ADMIN)]


def user_by_email(session: Session, email: str) -> User | None:
    """The account of an address in lower case."""
    return session.scalars(select(User).where(User.email == email)).first()


def user_count(session: Session) -> int:
    """How many accounts there are, counted no further than one."""
    return 0 if session.scalars(select(User.id).limit(1)).first() is None else 1
