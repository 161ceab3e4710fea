"""The base of all tables: column types, and what makes a table one workspace's own."""

from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator

from crm.core import clock

JsonValue = dict[str, Any]

E = TypeVar("E", bound=StrEnum)
N = TypeVar("N", bound=IntEnum)


NUMBERED_ONCE = {"sqlite_autoincrement": True}
"""Table arguments of every table with an ``id``. Without it SQLite gives the number of a deleted last row to the next
one, and an old page or letter would act on what it was never about. PostgreSQL never does."""


class Instant(TypeDecorator[datetime]):
    """A point in time. Refuses a naive one, stores UTC, gives back UTC (SQLite forgets the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("An instant needs a time zone.")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        instant: datetime = value
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


class Choice(TypeDecorator[E]):
    """One of an enum's values, stored as plain text: a new choice needs no migration on any database."""

    impl = String(32)
    cache_ok = True

    def __init__(self, choices: type[E]) -> None:
        super().__init__()
        self.choices = choices

    def process_bind_param(self, value: E | str | None, dialect: Dialect) -> str | None:
        if isinstance(value, self.choices):
            return value.value
        return None if value is None else self.choices(value).value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> E | None:
        return None if value is None else self.choices(value)


class Number(TypeDecorator[N]):
    """One of an integer enum's values."""

    impl = Integer
    cache_ok = True

    def __init__(self, choices: type[N]) -> None:
        super().__init__()
        self.choices = choices

    def process_bind_param(self, value: N | int | None, dialect: Dialect) -> int | None:
        return None if value is None else int(self.choices(value))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> N | None:
        return None if value is None else self.choices(value)


class Base(DeclarativeBase):
    """Every table. It knows nothing of Flask."""

    registry = registry(
        type_annotation_map={datetime: Instant(), JsonValue: JSON()},
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
    )


class Owned:
    """A row of one workspace. Tenancy stamps it, scopes every statement on it, and refuses foreign ones."""

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column()


class Recorded:
    """Who made the row, and when."""

    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    created_by: Mapped[int | None] = mapped_column()


def owned(*items: SchemaItem, by: bool = False) -> tuple[SchemaItem | dict[str, bool], ...]:
    """Table arguments of an owned table: its own, the key that composite foreign keys point at, and its workspace.

    With ``by`` the column ``created_by`` points at a member.
    """
    extra = (belongs_to_member("created_by"),) if by else ()
    return (
        *items,
        *extra,
        UniqueConstraint("workspace_id", "id"),
        ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        NUMBERED_ONCE,
    )


def belongs_to(table: str, column: str, *, goes_with_it: bool = True) -> ForeignKeyConstraint:
    """A reference to a row of the same workspace, which a forged id fails in the database.

    With ``goes_with_it`` the row is deleted with what it belongs to; otherwise it stands in the way of deleting that.
    """
    return ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{table}.workspace_id", f"{table}.id"],
        ondelete="CASCADE" if goes_with_it else "NO ACTION",
    )


def belongs_to_member(column: str) -> ForeignKeyConstraint:
    """A reference to a person who is, or was, a member of the row's workspace."""
    return ForeignKeyConstraint(
        ["workspace_id", column], ["memberships.workspace_id", "memberships.user_id"], ondelete="NO ACTION"
    )


def scoped_index(*columns: str, **options: Any) -> Index:
    """An index that begins with the workspace, as every question does."""
    return Index(None, "workspace_id", *columns, **options)
