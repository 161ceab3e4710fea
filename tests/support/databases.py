"""Databases for tests: two templates of each kind, and a copy of one for each test.

The bare template has the present schema and nothing in it; the peopled one has the business that most
tests begin with. A copy takes some milliseconds on SQLite and some hundredths of a second on PostgreSQL.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from crm.core import migrations
from crm.core.engine import open_engine, sqlite_driver
from tests.support import people
from tests.support.postgres import Postgres


def migrate(url: str) -> None:
    """Brings an empty database to the present schema, as the program does at its start."""
    engine = open_engine(url)
    migrations.upgrade(engine)
    engine.dispose()


def settle(url: str) -> None:
    """Adds the people to a database that has the schema."""
    engine = open_engine(url)
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

    def template(self, *, peopled: bool) -> str:
        """The name of the database that copies are made of."""
        if peopled not in self._templates:
            name = self._server.create(template=self.template(peopled=False) if peopled else None)
            (settle if peopled else migrate)(self._server.url(name))
            self._templates[peopled] = name
        return self._templates[peopled]

    @contextmanager
    def copy(self, *, peopled: bool = True) -> Iterator[str]:
        """The address of a copy that is dropped afterwards."""
        name = self._server.create(template=self.template(peopled=peopled))
        try:
            yield self._server.url(name)
        finally:
            self._server.drop(name)

    def drop_templates(self) -> None:
        """Leaves nothing behind on a server that is not ours."""
        for name in self._templates.values():
            self._server.drop(name)
        self._templates.clear()
