"""Tokens for programs: made, used, revoked. A token does at most what its person may do at that moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import update

from crm.core import clock, limits, text, tokens
from crm.core.errors import Forbidden, Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import HouseSession, InstallationSession
from crm.domain import audit, permissions
from crm.domain.permissions import Act
from crm.models.api_tokens import ApiToken
from crm.models.enums import AuditKind, TokenScope
from crm.models.workspaces import Membership
from crm.queries import api_tokens

PREFIX = "gt_"
"""What every token begins with, so that people and scanners of leaked secrets know it for one."""
DAYS_CHOICES = (30, 90, 365)
USUAL_DAYS = 90
LONGEST_DAYS = 3_650
NOTED_EVERY = timedelta(hours=1)
"""How often at the most the use of a token is noted: each note is a write."""


class Made(NamedTuple):
    """A token just made: its row, and the secret itself, which is stored nowhere."""

    token: ApiToken
    secret: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Who comes in by a token: as which member, with what it is good for."""

    token: ApiToken
    member: Membership


def make(session: HouseSession, *, by: Membership, name: str, scope: TokenScope, days: int = USUAL_DAYS) -> Made:
    """A token for a member, good for so many days. The secret is in the answer and nowhere else.

    Raises :class:`Refused` for a name that is missing or too long, for too many days, and for too many tokens.
    """
    permissions.require(by, Act.SEE)
    name = text.clean_line(name)
    if not name:
        raise Refused(lazy("Say what the token is for."), field="name")
    if len(name) > limits.NAME_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.NAME_LENGTH), field="name")
    if not 1 <= days <= LONGEST_DAYS:
        raise Refused(lazy("Type a number from %(least)s to %(most)s.", least=1, most=LONGEST_DAYS), field="days")
    now = clock.now()
    if api_tokens.living_count(session, by, now) >= limits.TOKENS_PER_MEMBER:
        words = lazy("You have %(most)s tokens. Revoke one that you no longer need.", most=limits.TOKENS_PER_MEMBER)
        raise Refused(words)
    secret = PREFIX + tokens.new_token()
    row = ApiToken(
        workspace_id=by.workspace_id,
        user_id=by.user_id,
        name=name,
        scope=scope,
        token_hash=tokens.fingerprint(secret),
        ending=secret[-4:],
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    audit.record(
        session, AuditKind.TOKEN_MADE, user_id=by.user_id, workspace_id=by.workspace_id, about=name, scope=scope
    )
    return Made(row, secret)


def admitted(session: InstallationSession, secret: str) -> Entry | None:
    """Whom a token lets in now; None for one that is unknown, over or revoked, and for a member who has left."""
    found = api_tokens.of_secret(session, tokens.fingerprint(secret))
    if found is None:
        return None
    token, member = found
    if token.is_revoked or token.is_over(clock.now()) or not member.is_active:
        return None
    return Entry(token, member)


def wants_noting(token: ApiToken, now: datetime) -> bool:
    """Whether it is time to note that the token is in use."""
    return token.last_used_at is None or now - token.last_used_at >= NOTED_EVERY


def note_use(session: InstallationSession, token_id: int, now: datetime) -> None:
    """Note that a token is in use."""
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=now))


def revoke(session: HouseSession, token_id: int, *, by: Membership) -> ApiToken:
    """Make a token worthless from this moment: one's own, or as an admin anybody's of the business.

    Raises :class:`Missing` where the business has no such token, :class:`Forbidden` where it is somebody else's.
    """
    token = api_tokens.token(session, by.workspace_id, token_id)
    if token is None:
        raise Missing
    if token.user_id != by.user_id and not permissions.may(by, Act.MANAGE):
        raise Forbidden(lazy("Only its person and admins can revoke a token."))
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        audit.record(
            session, AuditKind.TOKEN_REVOKED, user_id=by.user_id, workspace_id=by.workspace_id, about=token.name
        )
    return token


def revoke_all_of(session: HouseSession, member: Membership) -> None:
    """Make all of a member's tokens worthless, as when they leave the team."""
    session.execute(
        update(ApiToken)
        .where(
            ApiToken.workspace_id == member.workspace_id,
            ApiToken.user_id == member.user_id,
            ApiToken.revoked_at.is_(None),
        )
        .values(revoked_at=clock.now())
    )
