"""Vendors that were stored before there were merges can be merged, and the merge can be taken back."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, inspect, select, text

from crm.core import migrations
from crm.core.engine import open_engine
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import doubles, merges
from crm.models.vendors import Vendor
from crm.queries import members

pytestmark = pytest.mark.bare


@pytest.fixture
def before(engine: Engine, instance: Path):
    """A database as revision 0004 left it."""
    if engine.dialect.name == "sqlite":
        old = open_engine(f"sqlite:///{instance / 'old.db'}")
    else:
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        old = engine
    migrations.upgrade(old, "0004")
    yield old
    old.dispose()


def put(connection: Connection, table: str, **said: str | int) -> None:
    """A row with what the table demands, and what is said."""
    plain = {"INTEGER": 0, "BIGINT": 0, "BOOLEAN": False, "DATE": "2026-01-05", "JSON": "{}"}
    values: dict[str, object] = {}
    for column in inspect(connection).get_columns(table):
        kind = str(column["type"]).split("(")[0]
        if not column["nullable"] and column["name"] != "id":
            values[column["name"]] = "2026-01-05 09:00:00" if "TIME" in kind else plain.get(kind, "")
    values |= said
    places = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})"), values)


def test_vendors_of_before_are_found_merged_and_parted_again(before: Engine) -> None:
    enums = {"availability": "unknown", "stage": "prospect", "cadence_choice": "default"}
    with before.begin() as connection:
        put(connection, "workspaces", id=1, name="Fern", slug="fern", time_zone="Europe/London", currency="GBP")
        put(connection, "users", id=1, email="olive@fern.example", name="Olive", time_zone="Europe/London")
        put(connection, "memberships", id=1, workspace_id=1, user_id=1, role="owner")
        for number, name in ((7, "Wren Sound"), (8, "Wren Sounds")):
            put(connection, "vendors", id=number, workspace_id=1, name=name, normal_name=name.lower(), **enums)
    migrations.upgrade(before)
    with installation_work(before) as session:
        [owner] = members.members_of(session, 1)
    with workspace_work(before, 1) as session:
        [pair] = doubles.among_all(session).likenesses
        winner, loser = merges.both(session, pair.one.id, pair.other.id)
        row = merges.merge(winner, loser, by=owner, versions=(winner.version, loser.version), theirs=())
        assert session.scalars(select(Vendor.id)).all() == [7]
        assert merges.undo(row, by=owner).vendor.id == 8
        assert session.scalars(select(Vendor.name).order_by(Vendor.id)).all() == ["Wren Sound", "Wren Sounds"]
