"""A business from before revision 0015 has, after it, the values and usual prerequisites that a new one begins with."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from crm.core import migrations
from crm.core.tenancy import workspace_session
from crm.domain import criteria
from crm.queries import needs
from tests.support.old_databases import at_revision, found, put, put_vendor

pytestmark = pytest.mark.bare


@pytest.fixture
def before(engine: Engine, instance: Path):
    """A database as revision 0014 left it."""
    with at_revision(engine, instance, "0014") as old:
        yield old


def test_an_old_business_has_what_a_new_one_begins_with(before: Engine) -> None:
    with before.begin() as connection:
        found(connection)
        put_vendor(connection, 7, "Wren")
        put(connection, "categories", id=3, workspace_id=1, name="Social media", position=0)
        put(connection, "categories", id=4, workspace_id=1, name="Songs", position=1)
    migrations.upgrade(before)
    assert migrations.is_current(before)
    with workspace_session(before, 1, writing=False) as session:
        ranked = criteria.ranked(session)
        assert [row.name for row in ranked] == [str(name) for name in criteria.SEED]
        assert [row.position for row in ranked] == list(range(len(ranked)))
        assert needs.usual_prerequisites(session, 3) == [
            "A landing page that turns visitors into enquiries",
            "Something to post about",
        ]
        assert needs.usual_prerequisites(session, 4) == []
    with workspace_session(before, 1, writing=True) as session:
        criteria.add(session, name="Kindness")
        assert criteria.ranked(session)[-1].position == len(criteria.SEED)
