"""Alembic runs the revisions on the connection that crm/core/migrations.py has opened, in its transaction."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.types import TypeDecorator

import crm.models  # noqa: F401 - registers the tables
from crm.core.columns import Base, Instant


def plain_type(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our own column types as what they are in the database: a revision outlives the program's types."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    return "sa.DateTime(timezone=True)" if isinstance(item, Instant) else f"sa.{item.impl_instance!r}"


connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    render_item=plain_type,
)
context.run_migrations()
