"""Areas and hints put off from before revision 0013 stand after it, spending nothing and resting on nothing yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from crm.core import migrations
from crm.core.tenancy import workspace_session
from crm.models.decision_areas import DecisionArea, HintDismissal
from tests.support.old_databases import at_revision, found, put, put_vendor

pytestmark = pytest.mark.bare


@pytest.fixture
def before(engine: Engine, instance: Path):
    """A database as revision 0012 left it."""
    with at_revision(engine, instance, "0012") as old:
        yield old


def test_what_was_there_stays(before: Engine) -> None:
    with before.begin() as connection:
        found(connection)
        put_vendor(connection, 7, "Wren")
        put(connection, "decision_areas", id=3, workspace_id=1, vendor_id=7, name="Ads", level=6, created_by=1)
        put(
            connection,
            "hint_dismissals",
            id=4,
            workspace_id=1,
            vendor_id=7,
            area_id=3,
            kind="no_procedure",
            dismissed_by=1,
            dismissed_on="2026-10-05",
            until="2026-11-04",
        )
    migrations.upgrade(before)
    assert migrations.is_current(before)
    with workspace_session(before, 1, writing=False) as session:
        assert session.scalars(select(DecisionArea.spends_money)).all() == [False]
        assert session.scalars(select(HintDismissal.about)).all() == [""]
