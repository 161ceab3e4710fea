"""What people had stored before there were own fields and standings is there afterwards, and can be given both."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, inspect, select, text

from crm.core import migrations
from crm.core.engine import open_engine
from crm.core.tenancy import workspace_session
from crm.domain import custom_fields, standings, vendors
from crm.models.enums import FieldKind, StandingLevel
from crm.models.workspaces import Membership
from crm.queries import custom_fields as field_queries
from crm.queries import members
from crm.queries import standings as standing_queries

pytestmark = pytest.mark.bare

STORED = (
    (
        "INSERT INTO workspaces (id, name, slug, time_zone, currency, working_days, cadence_defaults, created_at)"
        " VALUES (1, 'Fern & Flint', 'fern-flint', 'Europe/London', 'GBP', '1111100', '{}', '2026-01-05 09:00:00')"
    ),
    (
        "INSERT INTO users (id, email, name, password_hash, time_zone, locale, shortcuts, created_at)"
        " VALUES (1, 'olive@fern.example', 'Olive', 'x', 'Europe/London', 'en_GB', TRUE, '2026-01-05 09:00:00')"
    ),
)


@pytest.fixture
def before(engine: Engine, instance: Path):
    """A database as revision 0001 left it."""
    if engine.dialect.name == "sqlite":
        old = open_engine(f"sqlite:///{instance / 'old.db'}")
    else:
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        old = engine
    migrations.upgrade(old, "0001")
    yield old
    old.dispose()


def row_of(connection: Connection, table: str, **said) -> str:
    """An INSERT that says what the table demands, and what is said."""
    plain = {"INTEGER": "0", "BIGINT": "0", "BOOLEAN": "FALSE", "DATE": "'2026-01-05'", "TEXT": "''", "JSON": "'{}'"}
    values = {}
    for column in inspect(connection).get_columns(table):
        kind = str(column["type"]).split("(")[0]
        if not column["nullable"] and column["name"] != "id":
            values[column["name"]] = plain.get(kind, "'2026-01-05 09:00:00'" if "TIME" in kind else "''")
    values |= {name: str(value) if isinstance(value, int) else f"'{value}'" for name, value in said.items()}
    return f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(values.values())})"


def test_vendors_survive_and_take_fields_and_standings(before: Engine) -> None:
    with before.begin() as connection:
        for statement in STORED:
            connection.execute(text(statement))
        for statement in (
            row_of(connection, "memberships", id=1, workspace_id=1, user_id=1, role="owner"),
            row_of(connection, "categories", id=5, workspace_id=1, name="Film"),
            row_of(
                connection,
                "vendors",
                id=7,
                workspace_id=1,
                name="Wren",
                normal_name="wren",
                availability="unknown",
                stage="active",
                cadence_choice="default",
                version=1,
            ),
            row_of(connection, "vendor_categories", id=1, workspace_id=1, vendor_id=7, category_id=5),
        ):
            connection.execute(text(statement))
        if before.dialect.name == "postgresql":
            connection.execute(text("SELECT setval('vendors_id_seq', 100)"))

    migrations.upgrade(before)

    assert migrations.is_current(before)
    with workspace_session(before, 1, writing=True) as session:
        by: Membership | None = members.membership(session, 1, 1)
        assert by is not None
        vendor = vendors.at(session, 7)
        assert vendor.name == "Wren"
        field = custom_fields.define(session, by=by, name="Terms", kind=FieldKind.TEXT)
        vendors.edit(vendor, by=by, version=1, custom={field.id: "thirty days"})
        standings.give(vendor, by=by, level=StandingLevel.PREFERRED, category_id=5)
        session.commit()
    with workspace_session(before, 1, writing=False) as session:
        assert list(field_queries.values_of(session, [7])[7].values()) == ["thirty days"]
        assert [row.category for row in standing_queries.current_of(session, [7])[7]] == ["Film"]
        assert session.execute(select(text("count(*)")).select_from(text("vendors"))).scalar() == 1
