"""What stood in a business's own fields is found after the upgrade, and what people edit has its first version."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from crm.core import migrations
from crm.core.tenancy import workspace_session
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import flaws, settings
from crm.models.enums import SearchKind
from crm.models.vendors import AcceptedFlaw
from crm.queries import members, search
from tests.support.old_databases import at_revision, found, put, put_vendor

pytestmark = pytest.mark.bare


@pytest.fixture
def before(engine: Engine, instance: Path):
    """A database as revision 0009 left it."""
    with at_revision(engine, instance, "0009") as old:
        yield old


def test_values_are_found_and_what_was_written_can_be_edited(before: Engine) -> None:
    with before.begin() as connection:
        found(connection)
        put_vendor(connection, 7, "Wren")
        put(connection, "custom_fields", id=3, workspace_id=1, name="Terms", normal_name="terms", kind="text")
        value = {"workspace_id": 1, "vendor_id": 7, "field_id": 3}
        put(
            connection,
            "custom_values",
            id=1,
            **value,
            words="Two drafts, by courier",
            words_key=" two drafts by courier",
        )
        put(connection, "accepted_flaws", id=1, workspace_id=1, vendor_id=7, flaw="Slow", created_by=1)
        if before.dialect.name == "postgresql":
            connection.execute(text("SELECT setval('timeline_entries_id_seq', 9)"))
    migrations.upgrade(before)
    assert migrations.is_current(before)
    with installation_work(before) as session:
        [owner] = members.members_of(session, 1)
    with workspace_session(before, 1, writing=False) as session:
        results = search.find(session, owner, "couriers")
        assert [(row.vendor_id, row.kind) for row in results.rows] == [(7, SearchKind.FIELDS)]
    with workspace_work(before, 1) as session:
        row = session.scalars(select(AcceptedFlaw)).one()
        flaws.edit(row, by=owner, version=1, flaw="Slow, but thorough")
        assert row.version == 2
        assert settings.business(session).cadences_version == 1
