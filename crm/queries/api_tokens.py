"""Reading tokens for programs. Tokens belong to the installation: every question here names its business."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, contains_eager

from crm.models.api_tokens import ApiToken
from crm.models.workspaces import Membership, User


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as its page lists it."""

    token: ApiToken
    person: str


def of_secret(session: Session, fingerprint: str) -> tuple[ApiToken, Membership] | None:
    """The token with this fingerprint and its member, with user and workspace. One query."""
    statement = (
        select(ApiToken, Membership)
        .join(
            Membership,
            and_(Membership.workspace_id == ApiToken.workspace_id, Membership.user_id == ApiToken.user_id),
        )
        .join(Membership.user)
        .join(Membership.workspace)
        .where(ApiToken.token_hash == fingerprint)
        .options(contains_eager(Membership.user), contains_eager(Membership.workspace))
    )
    found = session.execute(statement).first()
    return (found[0], found[1]) if found else None


def token(session: Session, workspace_id: int, token_id: int) -> ApiToken | None:
    """One token of a business."""
    statement = select(ApiToken).where(ApiToken.workspace_id == workspace_id, ApiToken.id == token_id)
    return session.scalars(statement).first()


def living_count(session: Session, member: Membership, now: datetime) -> int:
    """How many tokens of a member work."""
    statement = select(func.count(ApiToken.id)).where(
        ApiToken.workspace_id == member.workspace_id,
        ApiToken.user_id == member.user_id,
        ApiToken.revoked_at.is_(None),
        ApiToken.expires_at > now,
    )
    return session.scalar(statement) or 0


def tokens_of(session: Session, reader: Membership, *, of_all: bool, most: int) -> Sequence[TokenRow]:
    """The reader's tokens, or the whole business's: those that work first, the newest first. One query."""
    statement = (
        select(ApiToken, User.name)
        .join(User, User.id == ApiToken.user_id)
        .where(ApiToken.workspace_id == reader.workspace_id)
        .order_by(ApiToken.revoked_at.is_not(None), ApiToken.expires_at.desc(), ApiToken.id.desc())
        .limit(most)
    )
    if not of_all:
        statement = statement.where(ApiToken.user_id == reader.user_id)
    return [TokenRow(found, name) for found, name in session.execute(statement)]
