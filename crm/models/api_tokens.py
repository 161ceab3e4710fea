"""What lets a program in for a person, and the answers that a program was given.

Both belong to the installation, since a token says which business it opens: whoever reads them names the business.
"""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core import clock
from crm.core.columns import NUMBERED_ONCE, Base, Choice, JsonValue
from crm.models.enums import TokenScope


class ApiToken(Base):
    """A secret that lets a program act for one person in one business. The row holds its fingerprint alone."""

    __tablename__ = "api_tokens"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "user_id"], ["memberships.workspace_id", "memberships.user_id"], ondelete="CASCADE"
        ),
        Index(None, "workspace_id", "user_id"),
        NUMBERED_ONCE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    user_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    """What it is for, in its person's words."""
    scope: Mapped[TokenScope] = mapped_column(Choice(TokenScope))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    ending: Mapped[str] = mapped_column(String(4))
    """Its last characters, so that a person knows it again."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    """Noted once an hour at the most."""
    revoked_at: Mapped[datetime | None]

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None

    @property
    def may_write(self) -> bool:
        return self.scope is TokenScope.WRITE

    def is_over(self, now: datetime) -> bool:
        """Whether its time has run out."""
        return self.expires_at <= now


class ApiAnswer(Base):
    """A request that bore an idempotency key: who works on it, or the answer it was given."""

    __tablename__ = "api_answers"
    __table_args__ = (UniqueConstraint("token_id", "key"), Index(None, "claimed_at"), NUMBERED_ONCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_id: Mapped[int] = mapped_column(ForeignKey("api_tokens.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(255))
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Of method, address and body: the same key for anything else is a mistake."""
    claim: Mapped[str] = mapped_column(String(64))
    """Which request works on it; whoever lost the claim keeps nothing."""
    claimed_at: Mapped[datetime] = mapped_column(default=clock.now)
    status: Mapped[int | None]
    """None while it is being worked on."""
    headers: Mapped[JsonValue] = mapped_column(JSON, default=dict)
    body: Mapped[str] = mapped_column(Text, default="")
