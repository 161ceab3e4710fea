"""Brings a database to the present schema; what people have stored survives.

Alembic's command API with care for SQLite: a batch migration drops and refills a table, which with foreign keys on
would delete its children, so they are off during it and checked after; and one transaction holds a whole revision.
"""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from crm.core import search_index
from crm.core.columns import Base

FOLDER = Path(__file__).resolve().parents[2] / "migrations"
_LOCK = 7_403_112  # any number, the same for all our processes


def head() -> str:
    """The newest revision that this program knows."""
    return str(ScriptDirectory(str(FOLDER)).get_current_head())


def current(engine: Engine) -> str | None:
    """The revision that the database is at; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(engine: Engine) -> bool:
    """Whether the database is at the newest revision."""
    return current(engine) == head()


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Migrate. Two processes may ask at once: the second waits and finds nothing to do."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            _upgrade_sqlite(connection, revision)
            return
        with connection.begin():
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            _upgrade(connection, revision)


def differences(engine: Engine) -> list[object]:
    """What autogeneration would still change: nothing, or a migration is missing."""
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": search_index.is_modelled}
        )
        return list(compare_metadata(context, Base.metadata))


def _upgrade(connection: Connection, revision: str) -> None:
    """Run the revisions. The index of words steps aside meanwhile, and is made anew of what is stored then."""
    script = ScriptDirectory(str(FOLDER)).get_revision(revision)
    if script is None or MigrationContext.configure(connection).get_current_revision() == script.revision:
        return
    search_index.remove(connection)
    command.upgrade(_config(connection), revision)
    search_index.install(connection)


def _upgrade_sqlite(connection: Connection, revision: str) -> None:
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    driver.execute("PRAGMA foreign_keys = OFF")  # takes effect only outside a transaction
    try:
        with connection.begin():
            numbers = _numbers_given(connection)
            _upgrade(connection, revision)
            _give_none_again(connection, numbers)
            broken = connection.execute(text("PRAGMA foreign_key_check")).all()
            if broken:
                raise RuntimeError(f"the migration would leave {len(broken)} rows without what they belong to")
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def _numbers_given(connection: Connection) -> dict[str, int]:
    """The last number that each table has given to a row, also where that row is gone."""
    if not connection.scalar(text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'")):
        return {}
    rows = connection.execute(text("SELECT name, seq FROM sqlite_sequence"))
    return {name: number for name, number in rows}  # noqa: C416 - rows are no pairs to dict()


def _give_none_again(connection: Connection, numbers: dict[str, int]) -> None:
    """A table that was rebuilt knows only the rows it has: remind it of those it had."""
    known = _numbers_given(connection)
    for name, number in numbers.items():
        row = {"name": name, "number": number}
        if name not in known and connection.scalar(text("SELECT 1 FROM sqlite_master WHERE name = :name"), row):
            connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :number)"), row)
        elif known.get(name, number) < number:
            connection.execute(text("UPDATE sqlite_sequence SET seq = :number WHERE name = :name"), row)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config
