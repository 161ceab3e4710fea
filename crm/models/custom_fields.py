"""What a business wants to know about its vendors beyond what the product asks: fields of its own."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.columns import Base, Choice, Owned, Recorded, belongs_to, owned, scoped_index
from crm.models.enums import FieldKind

NUMBER_SCALE = 1_000_000
"""A number is kept as whole millionths, so that both databases keep, compare and sort it exactly."""


class CustomField(Owned, Recorded, Base):
    """A question that a business asks about each of its vendors."""

    __tablename__ = "custom_fields"
    __table_args__ = owned(
        UniqueConstraint("workspace_id", "normal_name"),
        scoped_index("position"),
        by=True,
    )

    name: Mapped[str] = mapped_column(String(200))
    normal_name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[FieldKind] = mapped_column(Choice(FieldKind))
    help: Mapped[str] = mapped_column(String(500), default="")
    position: Mapped[int] = mapped_column(default=0)
    archived_at: Mapped[datetime | None]
    """While archived it is nowhere asked or shown, and keeps its values."""


class CustomChoice(Owned, Base):
    """One of the answers that a field of the kind *choice* offers. Values point at it: a new name shows everywhere."""

    __tablename__ = "custom_choices"
    __table_args__ = owned(
        belongs_to("custom_fields", "field_id"),
        UniqueConstraint("workspace_id", "field_id", "normal_name"),
        UniqueConstraint("workspace_id", "field_id", "id"),
    )

    field_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    normal_name: Mapped[str] = mapped_column(String(200))
    position: Mapped[int] = mapped_column(default=0)


class CustomValue(Owned, Base):
    """What a vendor has in a field: the columns of the field's kind are set, the others empty."""

    __tablename__ = "custom_values"
    __table_args__ = owned(
        belongs_to("vendors", "vendor_id"),
        belongs_to("custom_fields", "field_id"),
        ForeignKeyConstraint(
            ["workspace_id", "field_id", "choice_id"],
            ["custom_choices.workspace_id", "custom_choices.field_id", "custom_choices.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("workspace_id", "vendor_id", "field_id"),
        scoped_index("field_id", "words_key"),
        scoped_index("field_id", "number"),
        scoped_index("field_id", "day"),
        scoped_index("field_id", "choice_id"),
    )

    vendor_id: Mapped[int]
    field_id: Mapped[int]
    words: Mapped[str | None] = mapped_column(String(2000))
    """A text, or an address on the web."""
    words_key: Mapped[str | None] = mapped_column(String(500))
    """The words' beginning as they are compared and sorted: folded."""
    number: Mapped[int | None] = mapped_column(BigInteger)
    """Millionths of a number, or money's minor units of ``currency``."""
    currency: Mapped[str | None] = mapped_column(String(3))
    day: Mapped[date | None]
    choice_id: Mapped[int | None]
