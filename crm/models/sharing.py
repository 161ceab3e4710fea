"""What keeps a team in step: who follows what, what each was told, and who is editing just now."""

from datetime import datetime

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core import clock
from crm.core.columns import Base, Choice, JsonValue, Owned, belongs_to, belongs_to_member, owned, scoped_index
from crm.models.enums import NewsKind


class Follow(Owned, Base):
    """Somebody wants to know what happens with a vendor."""

    __tablename__ = "follows"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to_member("user_id"),
        UniqueConstraint("workspace_id", "vendor_id", "user_id"),
        scoped_index("user_id"),
    )

    vendor_id: Mapped[int]
    user_id: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class News(Owned, Base):
    """One line of a person’s notifications. What it quotes is read from its subject, by what the person may read."""

    __tablename__ = "news"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("timeline_entries", "entry_id"),
        belongs_to("mentions", "mention_id"),
        belongs_to_member("user_id"),
        belongs_to_member("actor_id"),
        scoped_index("user_id", "read_at"),
        scoped_index("user_id", "happened_at"),
        scoped_index("entry_id"),
        scoped_index("mention_id"),
        scoped_index("vendor_id"),
    )

    user_id: Mapped[int]
    """Whose line it is."""
    kind: Mapped[NewsKind] = mapped_column(Choice(NewsKind))
    vendor_id: Mapped[int | None]
    entry_id: Mapped[int | None]
    """The line of the vendor’s timeline that it tells."""
    mention_id: Mapped[int | None]
    facts: Mapped[JsonValue] = mapped_column(JSON, default=dict)
    """What was handed: its kind, number and name."""
    actor_id: Mapped[int | None]
    """Who brought it about."""
    happened_at: Mapped[datetime] = mapped_column(default=clock.now)
    read_at: Mapped[datetime | None]


class Presence(Owned, Base):
    """Somebody has a form open. It is over when it has not been renewed for a while."""

    __tablename__ = "presences"
    __table_args__ = owned(belongs_to_member("user_id"), UniqueConstraint("workspace_id", "form", "user_id"))

    form: Mapped[str] = mapped_column(String(100))
    """Which one: the path of its page."""
    user_id: Mapped[int]
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)
