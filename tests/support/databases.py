"""Databases for tests: two templates of each kind, and a copy of one for each test.

The bare template has the present schema and nothing in it; the peopled one has the business that most
tests begin with. A copy of a SQLite file takes some milliseconds. On PostgreSQL making and dropping a database
takes a hundred times as long, so one that a test is done with gets its first rows back (foreign keys and triggers
sleep meanwhile: what they would see to is among the rows) and serves the next test.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Dialect, Engine
from sqlalchemy.util import LRUCache

from crm.core import engine as engines
from crm.core import migrations
from crm.core.engine import sqlite_driver
from tests.support import people
from tests.support.postgres import Postgres

STATEMENTS = 4_000
"""So many are kept."""

_dialects: dict[str, Dialect] = {}
_compiled: LRUCache[object, object] = LRUCache(STATEMENTS)


def open_engine(url: str) -> Engine:
    """The program's engine. Statements that were put into SQL for an earlier test need not be put into SQL again.

    In the program one engine lives as long as the process, and so do its statements. Here each test has an engine of
    its own, and would begin with none. They are kept by the dialect, so all engines of a kind have the same one.
    """
    engine = engines.open_engine(url)
    known = _dialects.get(engine.dialect.name)
    if known is None:
        engine.connect().close()  # at its first connection a dialect learns what the server can do
        known = _dialects[engine.dialect.name] = engine.dialect
    engine.dialect = known
    return engine.execution_options(compiled_cache=_compiled)


def migrate(url: str) -> None:
    """Brings an empty database to the present schema, as the program does at its start."""
    engine = engines.open_engine(url)
    migrations.upgrade(engine)
    engine.dispose()


def settle(url: str) -> None:
    """Adds the people to a database that has the schema."""
    engine = engines.open_engine(url)
    people.settle(engine)
    engine.dispose()


class SqliteDatabases:
    """SQLite files in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._templates: dict[bool, Path] = {}

    def template(self, *, peopled: bool) -> Path:
        """The file that copies are made of."""
        if peopled not in self._templates:
            file = self._folder / f"template-{'peopled' if peopled else 'bare'}.db"
            if peopled:
                shutil.copyfile(self.template(peopled=False), file)
                settle(f"sqlite:///{file}")
            else:
                migrate(f"sqlite:///{file}")
            _fold_in_the_log(file)
            self._templates[peopled] = file
        return self._templates[peopled]

    @contextmanager
    def copy(self, folder: Path, *, peopled: bool = True) -> Iterator[str]:
        """The address of a copy that lies in the folder under the name the program gives its own."""
        file = folder / "goodterms.db"
        shutil.copyfile(self.template(peopled=peopled), file)
        yield f"sqlite:///{file}"


def _fold_in_the_log(file: Path) -> None:
    """Brings what stands in the write-ahead log into the file itself, so that the file alone can be copied."""
    with closing(sqlite_driver().connect(str(file))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class PostgresDatabases:
    """Databases on one server."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._templates: dict[bool, str] = {}
        self._free: dict[bool, list[_Copy]] = {True: [], False: []}

    def template(self, *, peopled: bool) -> str:
        """The name of the database that copies are made of."""
        if peopled not in self._templates:
            name = self._server.create(template=self.template(peopled=False) if peopled else None)
            (settle if peopled else migrate)(self._server.url(name))
            with psycopg.connect(self._server.url(name, driver="postgresql")) as connection:
                connection.execute(_KEEP)
            self._templates[peopled] = name
        return self._templates[peopled]

    @contextmanager
    def copy(self, *, peopled: bool = True, alone: bool = False) -> Iterator[str]:
        """The address of a database that is this test's alone until the end of the block.

        ``alone`` also means that nobody else is connected, not even those who will clear up after the test.
        """
        free = self._free[peopled]
        copy = free.pop() if free else self._new(peopled=peopled)
        if alone:
            copy.leave()
        try:
            yield self._server.url(copy.name)
        finally:
            if copy.restore():
                free.append(copy)
            else:
                copy.leave()
                self._server.drop(copy.name)

    def drop_all(self) -> None:
        """Leaves nothing behind on a server that is not ours."""
        for copy in (*self._free[True], *self._free[False]):
            copy.leave()
            self._server.drop(copy.name)
        for name in self._templates.values():
            self._server.drop(name)
        self._templates.clear()

    def _new(self, *, peopled: bool) -> _Copy:
        name = self._server.create(template=self.template(peopled=peopled))
        return _Copy(name, self._server.url(name, driver="postgresql"))


class _Copy:
    """One database that serves one test after another.

    A table is as it was when it has as many rows as at first and no row that was written since. Only the others get
    their first rows back. That is done over one connection: a new one would know nothing of the tables yet.
    """

    def __init__(self, name: str, address: str) -> None:
        self.name = name
        self._address = address
        self._connection: psycopg.Connection[Any] | None = None
        self._columns: dict[str, str] = dict(self._connected().execute(_COLUMNS).fetchall())
        self._look = " UNION ALL ".join(_LOOK.format(table=table) for table in self._columns)
        self._at_first = self._state()

    def restore(self) -> bool:
        """Gives the database its first rows back. Not where a test changed the schema, or left much behind."""
        connection = self._connected()
        connection.execute(_PART)
        row = connection.execute(_CAN_BE_RESTORED, prepare=True).fetchone()
        if row is None or not row[0]:
            return False
        changed = [name for name, state in self._state().items() if state != self._at_first[name]]
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")
            for name in changed:
                columns = self._columns[name]
                connection.execute(f'DELETE FROM public."{name}"')
                connection.execute(f'INSERT INTO public."{name}" ({columns}) SELECT {columns} FROM kept."rows_{name}"')
            connection.execute(_RESTORE_SEQUENCES, prepare=True)
        if changed:
            self._at_first = self._state()
        return True

    def leave(self) -> None:
        """Ends the connection until it is needed again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _state(self) -> dict[str, tuple[int, int | None]]:
        """How many rows each table has, and which transaction wrote the newest."""
        rows = self._connected().execute(self._look, prepare=True)
        return {name: (count, newest) for name, count, newest in rows}

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._address, autocommit=True)
        return self._connection


_LOOK = """SELECT '{table}', count(*), max(xmin::text::bigint) FROM public."{table}\""""

_COLUMNS = """
    SELECT relname, string_agg(quote_ident(attname), ', ')
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    GROUP BY relname
"""
"""Those of each table that hold what is written into them."""

_SHAPE = """
    SELECT md5(string_agg(part, ',' ORDER BY part)) FROM (
        SELECT concat_ws(' ', relname, attnum, attname, atttypid, attnotnull) AS part
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
        WHERE relnamespace = 'public'::regnamespace AND attnum > 0
        UNION ALL
        SELECT concat_ws(' ', conname, convalidated) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL
        SELECT concat_ws(' ', tgname, tgrelid::regclass, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
    ) AS parts
"""
"""Columns, indexes among them, constraints and triggers."""

_KEEP = f"""
    DROP SCHEMA IF EXISTS kept CASCADE;
    CREATE SCHEMA kept;
    CREATE TABLE kept.shape AS SELECT ({_SHAPE}) AS shape, pg_database_size(current_database()) AS size;
    CREATE TABLE kept.sequences AS
        SELECT sequencename AS name, last_value FROM pg_sequences WHERE schemaname = 'public';
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
            EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', 'rows_' || name, name);
        END LOOP;
    END $$
"""
"""Beside the rows it keeps what the tables look like, and how large everything is."""

_PART = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

_CAN_BE_RESTORED = f"""
    SELECT shape = ({_SHAPE})
        AND pg_database_size(current_database()) < size + 8000000
        AND current_setting('is_superuser')::boolean
    FROM kept.shape
"""

_RESTORE_SEQUENCES = """
    SELECT setval(format('public.%I', name)::regclass, coalesce(kept.last_value, 1), kept.last_value IS NOT NULL)
    FROM kept.sequences AS kept JOIN pg_sequences ON schemaname = 'public' AND sequencename = name
    WHERE kept.last_value IS DISTINCT FROM pg_sequences.last_value
"""
