"""Addresses of other programs that are told what happens, and each message to them until it is settled."""

from datetime import datetime

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core import clock
from crm.core.columns import Base, Choice, JsonValue, Owned, Recorded, belongs_to, owned, scoped_index
from crm.models.enums import DeliveryState, WebhookEvent


class Webhook(Owned, Recorded, Base):
    """An address that is told. Each message is signed with its secret."""

    __tablename__ = "webhooks"
    __table_args__ = owned(by=True)

    name: Mapped[str] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(String(2000))
    events: Mapped[JsonValue] = mapped_column(JSON, default=dict)
    """``names``: the values of :class:`WebhookEvent` that it wants."""
    secret: Mapped[str] = mapped_column(Text)
    """Encrypted by :mod:`crm.core.vault`."""
    former_secret: Mapped[str] = mapped_column(Text, default="")
    """Also encrypted; signs beside the new one until ``former_until``."""
    former_until: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    """Nothing is sent from here on: by hand, or because nothing arrived for days."""
    stopped_why: Mapped[str] = mapped_column(Text, default="")
    failing_since: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class WebhookDelivery(Owned, Base):
    """One message to one address, frozen with its id."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = owned(
        belongs_to("webhooks", "webhook_id"),
        scoped_index("webhook_id", "created_at"),
        Index(None, "state", "not_before"),
    )

    webhook_id: Mapped[int]
    message_id: Mapped[str] = mapped_column(String(64))
    """The same for every attempt and every address: receivers know by it what they have had."""
    event: Mapped[WebhookEvent] = mapped_column(Choice(WebhookEvent))
    body: Mapped[str] = mapped_column(Text)
    """The JSON as it goes over the wire."""
    state: Mapped[DeliveryState] = mapped_column(Choice(DeliveryState), default=DeliveryState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    leased_until: Mapped[datetime | None]
    status: Mapped[int | None]
    """The last answer’s HTTP status."""
    answer: Mapped[str] = mapped_column(Text, default="")
    """The beginning of what it said."""
    last_error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    tried_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
