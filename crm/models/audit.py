"""What happened to accounts, roles and data, for those who answer for them. Lines are only ever added."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.core import clock
from crm.core.columns import NUMBERED_ONCE, Base, Choice, JsonValue
from crm.models.enums import AuditKind


class AuditEntry(Base):
    """One line. The database refuses to change it; it goes when it is older than the business keeps such lines."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "workspace_id", "happened_at"),
        Index(None, "user_id", "happened_at"),
        Index(None, "happened_at"),
        NUMBERED_ONCE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int | None] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    """None for what concerns an account, whichever business it looks at."""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who did it; for a failed attempt, whose account was tried. None where the product did it by itself."""
    kind: Mapped[AuditKind] = mapped_column(Choice(AuditKind))
    about: Mapped[str] = mapped_column(String(300), default="")
    """What or whom it was done to, by the name of that day."""
    facts: Mapped[JsonValue] = mapped_column(JSON, default=dict)
    """What changed: ``before`` and ``after``, in the words of the enums."""
    address: Mapped[str] = mapped_column(String(64), default="")
    """The network address it came from, where that is known."""
    happened_at: Mapped[datetime] = mapped_column(default=clock.now)
