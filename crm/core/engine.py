"""The database's own settings: how an engine is made, and how a transaction begins."""

import hashlib
import sqlite3
import threading
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, create_engine, event, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.pool import ConnectionPoolEntry

from crm.core import clock

try:  # A SQLite without the rare corruption of its write-ahead log, where the wheel installs.
    from pysqlite3 import dbapi2 as sqlite_module
except ImportError:  # pragma: no cover - depends on the machine
    sqlite_module = sqlite3.dbapi2

WRITING = "writing"
BUSY_TIMEOUT_MS = 15_000
_KNOCK_SECONDS = 0.002
"""Between two tries to write."""


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
    """An engine, prepared. What it complains of never quotes the values: they are people's notes and secrets."""
    engine = create_engine(url, hide_parameters=True, **engine_options(url))
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
    if connection.get_execution_options().get(WRITING, True):
        _begin_to_write(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _begin_to_write(connection: Connection) -> None:
    """Begin as soon as nobody else writes.

    SQLite by itself looks every tenth of a second whether it may. Where somebody wrote in quick succession, others
    found no gap for many seconds, and some were refused in the end.
    """
    driver: Any = connection.connection.dbapi_connection
    deadline = clock.monotonic() + BUSY_TIMEOUT_MS / 1000
    pause = threading.Event()
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while not _begins(driver) and clock.monotonic() < deadline:
            pause.wait(_KNOCK_SECONDS)
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # says in the usual words that the time is over
    finally:
        driver.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")


def _begins(driver: Any) -> bool:
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite_module.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite_module.SQLITE_BUSY:
            return False
        raise
    return True


def pass_alone(connection: Connection, what: str) -> None:
    """Until the end of this writing transaction, nobody else passes here for the same thing.

    On SQLite a writing transaction is alone anyway.
    """
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(number)))
