"""Whether a database is whole, as far as it can say so itself."""

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError, OperationalError

from crm.core.engine import WRITING, sqlite_driver

MENDED_IN = (3, 51, 3)
"""From this SQLite on, several connections cannot corrupt a write-ahead log that is reset meanwhile."""
_MOST = 20


@dataclass(frozen=True, slots=True)
class Integrity:
    """What a database says of itself: which one it is, what to know of its version, and its faults."""

    database: str
    remark: str
    faults: list[str]


def look(engine: Engine) -> Integrity:
    """Have the database check itself. Reads all of it, seconds with much data, and keeps nobody from writing."""
    return _sqlite(engine) if engine.dialect.name == "sqlite" else _postgresql(engine)


def _sqlite(engine: Engine) -> Integrity:
    version = sqlite_driver().sqlite_version
    is_mended = tuple(int(part) for part in version.split(".")) >= MENDED_IN
    remark = "" if is_mended else "older than 3.51.3, which mends a rare corruption of the write-ahead log"
    with engine.connect().execution_options(**{WRITING: False}) as connection:
        try:
            faults = _sqlite_faults(connection)
        except OperationalError:  # it could not be asked
            raise
        except DatabaseError as error:
            faults = [f"quick_check: {error.orig}"]
    return Integrity(f"SQLite {version}", remark, faults)


def _sqlite_faults(connection: Connection) -> list[str]:
    said = [str(row[0]) for row in connection.execute(text(f"PRAGMA quick_check({_MOST})"))]
    faults = [f"quick_check: {line}" for line in said if line != "ok"]
    for table, row_id, parent, _ in connection.execute(text("PRAGMA foreign_key_check")).fetchmany(_MOST):
        faults.append(f"foreign_key_check: row {row_id} of {table} points at a row of {parent} that is not there")
    return faults


def _postgresql(engine: Engine) -> Integrity:
    with engine.connect() as connection:
        version = str(connection.execute(text("SHOW server_version")).scalar_one())
        indexes = connection.execute(text("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"))
        faults = [f"the index {name} is not valid" for (name,) in indexes]
        statement = text("SELECT conname FROM pg_constraint WHERE NOT convalidated")
        faults += [f"the constraint {name} was never checked" for (name,) in connection.execute(statement)]
    return Integrity(f"PostgreSQL {version}", "", faults)
