"""What people have stored is there after the upgrade, and a readiness check can be kept beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from crm.core import migrations
from crm.core.tenancy import workspace_session
from crm.core.unit_of_work import workspace_work
from crm.models.enums import Answer, Statement
from crm.models.readiness import ReadinessAnswer, ReadinessCheck, ReadinessTask
from crm.models.vendors import Vendor
from tests.support.old_databases import at_revision, found, put, put_vendor

pytestmark = pytest.mark.bare


@pytest.fixture
def before(engine: Engine, instance: Path):
    """A database as revision 0011 left it."""
    with at_revision(engine, instance, "0011") as old:
        yield old


def test_a_parked_vendor_is_still_there_and_a_check_is_kept_with_its_answers(before: Engine) -> None:
    with before.begin() as connection:
        found(connection)
        put_vendor(connection, 7, "Wren")
        put(connection, "parkings", id=2, workspace_id=1, vendor_id=7, reason="not_ready", cadence_choice="default",
            parked_by=1)  # fmt: skip
    migrations.upgrade(before)
    assert migrations.is_current(before)
    with workspace_work(before, 1) as session:
        check = ReadinessCheck(created_by=1)
        session.add(check)
        session.flush()
        said = {"check_id": check.id, "statement": Statement.MONEY_BUDGET}
        session.add(ReadinessAnswer(**said, answer=Answer.IN_A_HEAD, answered_by=1))
        session.add(ReadinessTask(**said, title="Write the budget down", created_by=1))
    with workspace_session(before, 1, writing=False) as session:
        assert session.scalars(select(Vendor.name)).all() == ["Wren"]
        assert session.scalars(select(ReadinessAnswer.answer)).all() == [Answer.IN_A_HEAD]


@pytest.mark.parametrize("table", ["readiness_checks", "readiness_answers", "readiness_tasks", "readiness_reminders"])
def test_the_database_itself_keeps_each_thing_single(before: Engine, table: str) -> None:
    """One draft a person, one answer to a statement, one open task for it, one reminder for a person and date."""
    said = {
        "readiness_checks": {"created_by": 1},
        "readiness_answers": {"check_id": 9, "statement": "money_budget", "answered_by": 1},
        "readiness_tasks": {"check_id": 9, "statement": "money_budget"},
        "readiness_reminders": {"check_id": 9, "user_id": 1},
    }[table]
    migrations.upgrade(before)
    with before.begin() as connection:
        found(connection)
        put(connection, "readiness_checks", id=9, workspace_id=1, concluded_on="2026-01-05")
        put(connection, table, id=1, workspace_id=1, **said)
    with pytest.raises(IntegrityError), before.begin() as connection:
        put(connection, table, id=2, workspace_id=1, **said)
