"""Every e-mail, from the moment it is due until it is settled."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core import clock
from crm.core.columns import NUMBERED_ONCE, Base, Choice, JsonValue
from crm.models.enums import MailKind, MailState


class OutboxMessage(Base):
    """A letter, frozen with its Message-ID. Belongs to the installation, and names its business."""

    __tablename__ = "outbox_messages"
    __table_args__ = (
        Index(None, "state", "not_before"),
        Index(None, "workspace_id", "created_at"),
        Index(None, "user_id", "kind", "state"),
        NUMBERED_ONCE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int | None] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[MailKind] = mapped_column(Choice(MailKind))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """The person it is for, where it is one of ours; who wrote it, where it goes outside."""
    to_outsider: Mapped[bool] = mapped_column(default=False)
    recipient: Mapped[str] = mapped_column(String(254))
    sender: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(String(998))
    message_id: Mapped[str] = mapped_column(String(255), unique=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """The message with CRLF line ends, as it goes over the wire; where it carries files, these follow it."""
    facts: Mapped[JsonValue] = mapped_column(JSON, default=dict)
    """What its delivery means: for a digest the reminders that it names."""
    has_secrets: Mapped[bool] = mapped_column(default=False)
    """Its body holds links that act by themselves: it is erased once sent or expired."""
    state: Mapped[MailState] = mapped_column(Choice(MailState), default=MailState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    leased_until: Mapped[datetime | None]
    stage: Mapped[str] = mapped_column(String(16), default="")
    """How far the last attempt came, as :class:`crm.mail.delivery.Stage` counts."""
    answer: Mapped[str] = mapped_column(Text, default="")
    """The server's own last words."""
    last_error: Mapped[str] = mapped_column(Text, default="")
    sent_again: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    settled_at: Mapped[datetime | None]


class OutboxFiles(Base):
    """The files of a letter as they go over the wire, after its content. They lie apart: on SQLite each step of a
    letter writes its whole row anew."""

    __tablename__ = "outbox_files"

    message_id: Mapped[int] = mapped_column(ForeignKey("outbox_messages.id", ondelete="CASCADE"), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
