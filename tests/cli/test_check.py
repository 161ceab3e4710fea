"""The check says what is wrong, mends what it may, and leaves alone what is right."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update

from crm.core import clock, integrity
from crm.core.engine import sqlite_driver
from crm.core.tenancy import workspace_session
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import checks, vendors
from crm.models.enums import MailState, Stage
from crm.models.outbox import OutboxMessage
from crm.models.vendors import Vendor
from crm.models.workspaces import Workspace
from tests.support.letters import put_in


@pytest.fixture
def check(app):
    """`check("--repair")` gives the exit code and what was printed."""

    def run(*options: str):
        return app.test_cli_runner().invoke(args=["check", *options])

    return run


@pytest.fixture
def vendor(inside, business) -> Vendor:
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Northlight Studio", stage=Stage.ACTIVE)


@pytest.fixture
def drifted(engine, business, vendor) -> Vendor:
    with workspace_work(engine, business.workspace.id) as session:
        session.execute(update(Vendor).values(due_on=None))
    return vendor


@pytest.fixture(autouse=True)
def _at_rest(engine) -> None:
    """Nobody waits for a night."""
    with installation_work(engine) as session:
        session.execute(update(Workspace).values(next_night_at=clock.now() + timedelta(hours=5)))


def test_what_is_right_is_said_to_be(check, vendor, engine) -> None:
    done = check()
    assert done.exit_code == 0, done.output
    assert integrity.look(engine).database in done.output
    assert "fern-flint: 1 vendors, every next touch is right." in done.output
    assert done.output.endswith("All is well.\n")


def test_a_drifted_touch_is_named_and_left_as_it_is(check, drifted, engine, business) -> None:
    done = check()
    assert done.exit_code == 1
    assert "1 next touches have drifted" in done.output
    assert f"Vendors {drifted.id}." in done.output
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        assert session.get_one(Vendor, drifted.id).due_on is None


def test_repair_mends_it(check, drifted, engine, business) -> None:
    assert check("--repair").exit_code == 0
    with workspace_session(engine, business.workspace.id, writing=False) as session:
        found = session.get_one(Vendor, drifted.id)
        assert found.due_on is not None
        assert found.planned_on is not None
    assert check().exit_code == 0


def test_programs_read_the_same(check, drifted) -> None:
    said = json.loads(check("--json").stdout)
    assert said["ok"] is False
    [fern] = [each for each in said["businesses"] if each["business"] == "fern-flint"]
    assert (fern["vendors"], fern["drifted"]) == (1, [drifted.id])
    assert said["database"]["faults"] == []


def test_work_that_nobody_goes_on_with_is_named(check, engine, business) -> None:
    message = put_in(engine, business.owner)
    with installation_work(engine) as session:
        session.execute(
            update(OutboxMessage).values(
                state=MailState.BEGUN, claimed_by="nobody", leased_until=clock.now() - checks.PATIENCE * 2
            )
        )
        session.execute(
            update(Workspace)
            .where(Workspace.id == business.workspace.id)
            .values(next_night_at=clock.now() - timedelta(hours=3))
        )
    done = check()
    assert done.exit_code == 1
    assert f"the letter {message.key} is begun, and its lease is over" in done.output
    assert "the night of Fern & Flint has not come" in done.output


@pytest.mark.sqlite
def test_nobody_has_to_wait_for_it(engine, inside, business) -> None:
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Northlight Studio")
        assert integrity.look(engine).faults == []


@pytest.mark.sqlite
def test_a_database_that_cannot_be_read_is_a_fault_in_words(engine, vendor) -> None:
    damage(engine)
    faults = integrity.look(engine).faults
    assert faults
    assert all(fault.startswith("quick_check: ") for fault in faults)


def damage(engine) -> None:
    """Write over a page in the middle of a SQLite database: the root of a table."""
    with closing(sqlite_driver().connect(engine.url.database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [size] = connection.execute("PRAGMA page_size").fetchone()
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'vendors'"
        [page] = connection.execute(query).fetchone()
    engine.dispose()
    with Path(engine.url.database).open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


def test_a_fault_of_the_database_is_found(check, engine, vendor) -> None:
    if engine.dialect.name == "sqlite":
        with closing(sqlite_driver().connect(engine.url.database)) as connection:
            connection.execute("UPDATE vendors SET owner_id = 4711")
            connection.commit()
        fault = "foreign_key_check: row 1 of vendors points at a row of memberships that is not there"
    else:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE vendors ADD CONSTRAINT short CHECK (length(name) < 9) NOT VALID"))
        fault = "the constraint short was never checked"
    done = check()
    assert done.exit_code == 1
    assert fault in done.output
