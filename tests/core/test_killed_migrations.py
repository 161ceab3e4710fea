"""A migration whose process is killed leaves the old schema or the new one, and completes when it is asked again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from crm.core import migrations
from tests.support.old_databases import at_revision, found, put_vendor
from tests.support.serving import ROOT, environment

pytestmark = pytest.mark.bare

POINTS = 10
NEVER, AT_THE_COMMIT = -1, -2
_CHILD = """
import os, signal, sys
from sqlalchemy import event
from crm.core import migrations
from crm.core.engine import open_engine

engine, last = open_engine(sys.argv[1]), int(sys.argv[2])
done = 0

def die():
    print(done, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

@event.listens_for(engine, "before_cursor_execute")
def count(*_):
    global done
    if done == last:
        die()
    done += 1

@event.listens_for(engine, "commit")
def commit(_connection):
    if last == -2:
        die()

migrations.upgrade(engine)
engine.dispose()
"""


@pytest.fixture
def old(engine: Engine, instance: Path):
    """A database as the first revision left it, with a vendor in it."""
    with at_revision(engine, instance, "0001") as engine:
        with engine.begin() as connection:
            found(connection)
            put_vendor(connection, 7, "Wren", stage="active")
        engine.dispose()
        yield engine


def upgrade(engine: Engine, instance: Path, *, killed_after: int) -> subprocess.CompletedProcess[str]:
    """Migrate in a process of its own, which dies after so many statements, before its commit, or never."""
    url = engine.url.render_as_string(hide_password=False)
    return subprocess.run(
        [sys.executable, "-c", _CHILD, url, str(killed_after)],
        cwd=ROOT,
        env=environment(instance),
        capture_output=True,
        text=True,
        check=False,
    )


def rows(connection: Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute(text("SELECT id, name, stage FROM vendors"))]


def test_it_is_the_old_one_or_the_new_one_and_then_completes(old: Engine, instance: Path) -> None:
    """From the first revision to the newest, killed at ten points on the way, in the same database."""
    first = upgrade(old, instance, killed_after=AT_THE_COMMIT)
    statements = int(first.stdout)
    points = [statements * point // POINTS for point in range(1, POINTS)]
    for died in (first, *(upgrade(old, instance, killed_after=point) for point in points)):
        assert died.returncode == -9, died.stderr
        with old.connect() as connection:
            assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0001"
            assert rows(connection) == [(7, "Wren", "active")]
        old.dispose()
    done = upgrade(old, instance, killed_after=NEVER)
    assert done.returncode == 0, done.stderr
    assert migrations.is_current(old)
    assert migrations.differences(old) == []
    with old.connect() as connection:
        assert rows(connection) == [(7, "Wren", "active")]
