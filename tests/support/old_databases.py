"""Databases as an earlier revision left them, with rows that were written by the SQL of then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from crm.core import migrations
from crm.core.engine import open_engine

PLAIN = {"INTEGER": 0, "BIGINT": 0, "BOOLEAN": False, "DATE": "2026-01-05", "JSON": "{}"}


@contextmanager
def at_revision(engine: Engine, instance: Path, revision: str) -> Iterator[Engine]:
    """A database of the engine's kind as that revision left it, without rows."""
    if engine.dialect.name == "sqlite":
        old = open_engine(f"sqlite:///{instance / 'old.db'}")
    else:
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        old = engine
    migrations.upgrade(old, revision)
    yield old
    old.dispose()


def put(connection: Connection, table: str, **said: str | int | None) -> None:
    """A row with what the table demands, and what is said."""
    values: dict[str, object] = {}
    for column in inspect(connection).get_columns(table):
        kind = str(column["type"]).split("(")[0]
        if not column["nullable"] and column["name"] != "id":
            values[column["name"]] = "2026-01-05 09:00:00" if "TIME" in kind else PLAIN.get(kind, "")
    values |= said
    places = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})"), values)


def found(connection: Connection) -> int:
    """Founds Fern & Flint with its owner. The number of both is 1."""
    put(
        connection,
        "workspaces",
        id=1,
        name="Fern & Flint",
        slug="fern-flint",
        time_zone="Europe/London",
        currency="GBP",
        working_days="01234",
    )
    put(connection, "users", id=1, email="olive@fern.example", name="Olive", time_zone="Europe/London", locale="en-GB")
    put(connection, "memberships", id=1, workspace_id=1, user_id=1, role="owner", digest_weekdays="01234")
    return 1


def put_vendor(connection: Connection, number: int, name: str, **said: str | int | None) -> None:
    """A vendor of Fern & Flint."""
    usual: dict[str, str | int | None] = {
        "normal_name": name.lower(),
        "availability": "unknown",
        "stage": "prospect",
        "cadence_choice": "default",
        "version": 1,
    }
    put(connection, "vendors", id=number, workspace_id=1, name=name, **{**usual, **said})
