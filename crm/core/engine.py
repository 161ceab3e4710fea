"""The database's own settings: how an engine is made, and how a transaction begins."""

import hashlib
import sqlite3
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, create_engine, event, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.pool import ConnectionPoolEntry

try:  # A SQLite without the rare corruption of its write-ahead log, where the wheel installs.
    from pysqlite3 import dbapi2 as sqlite_module
except ImportError:  # pragma: no cover - depends on the machine
    sqlite_module = sqlite3.dbapi2

WRITING = "writing"
BUSY_TIMEOUT_MS = 15_000


def sqlite_driver() -> ModuleType:
    """The SQLite module in use."""
    module: ModuleType = sqlite_module
    return module


def is_sqlite(url: str) -> bool:
    """Whether a database address is a SQLite file's."""
    return url.startswith("sqlite")


def engine_options(url: str) -> dict[str, Any]:
    """What ``create_engine`` needs beside the address."""
    if is_sqlite(url):
        arguments = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
        return {"module": sqlite_driver(), "connect_args": arguments}
    return {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20}


def open_engine(url: str) -> Engine:
    """An engine, prepared."""
    engine = create_engine(url, **engine_options(url))
    prepare(engine)
    return engine


def prepare(engine: Engine) -> None:
    """Make the engine's transactions safe.

    On SQLite: write-ahead log, full synchronisation, foreign keys, and ``BEGIN IMMEDIATE`` for each transaction that
    will write, because a deferred one fails at once when another writer comes first.
    """
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)


def _on_connect(connection: Any, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver stays in autocommit: transactions are begun below, by us alone
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get(WRITING, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def pass_alone(connection: Connection, what: str) -> None:
    """Until the end of this writing transaction, nobody else passes here for the same thing.

    On SQLite a writing transaction is alone anyway.
    """
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(number)))
