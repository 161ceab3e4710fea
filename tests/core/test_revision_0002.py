"""What people had stored before there were own fields and standings is there afterwards, and can be given both."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from crm.core import migrations
from crm.core.tenancy import workspace_session
from crm.domain import custom_fields, standings, vendors
from crm.models.enums import FieldKind, StandingLevel
from crm.models.workspaces import Membership
from crm.queries import custom_fields as field_queries
from crm.queries import members
from crm.queries import standings as standing_queries
from tests.support.old_databases import at_revision, found, put, put_vendor

pytestmark = pytest.mark.bare


@pytest.fixture
def before(engine: Engine, instance: Path):
    """A database as revision 0001 left it."""
    with at_revision(engine, instance, "0001") as old:
        yield old


def test_vendors_survive_and_take_fields_and_standings(before: Engine) -> None:
    with before.begin() as connection:
        found(connection)
        put(connection, "categories", id=5, workspace_id=1, name="Film")
        put_vendor(connection, 7, "Wren", stage="active")
        put(connection, "vendor_categories", id=1, workspace_id=1, vendor_id=7, category_id=5)
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
