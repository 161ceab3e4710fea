"""The minimal trial tasks from before revision 0017 are carried over: each has a brief, criteria and a first day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from crm.core import migrations
from crm.core.tenancy import workspace_session
from crm.domain import trial_briefs, trials
from crm.models.trials import TrialBrief, TrialCriterion, TrialTask
from tests.support.old_databases import at_revision, found, put, put_vendor

pytestmark = pytest.mark.bare

WHEN = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)
LONG = "One page. " * 60


@pytest.fixture
def before(engine: Engine, instance: Path):
    """A database as revision 0016 left it, with trial tasks and what hangs on them."""
    with at_revision(engine, instance, "0016") as old:
        with old.begin() as connection:
            found(connection)
            put_vendor(connection, 7, "Wren")
            for number, what, outcome in ((3, "One page", None), (9, LONG, "passed")):
                put(
                    connection,
                    "trial_tasks",
                    id=number,
                    workspace_id=1,
                    vendor_id=7,
                    what=what,
                    due_on=date(2026, 9, 8),
                    original_due_on=date(2026, 9, 4),
                    outcome=outcome,
                    outcome_note="",
                    version=2,
                    created_at=WHEN,
                )
        yield old


def test_each_keeps_all_it_had_and_has_a_brief_of_its_own(before: Engine) -> None:
    migrations.upgrade(before)
    assert migrations.is_current(before)
    with workspace_session(before, 1, writing=False) as session:
        first, second = session.scalars(select(TrialTask).order_by(TrialTask.id))
        assert (first.id, first.what, first.due_on, first.original_due_on, first.version) == (
            3,
            "One page",
            date(2026, 9, 8),
            date(2026, 9, 4),
            2,
        )
        assert (first.started_on, first.extension, first.rounds, first.gave_notice) == (date(2026, 9, 1), 0, 0, False)
        assert (second.what, second.outcome) == (LONG, "passed")
        brief = trial_briefs.find(session, first.brief_id)
        assert (brief.title, brief.body, brief.paid_amount) == ("One page", "", None)
        long_brief = trial_briefs.find(session, second.brief_id)
        assert (long_brief.title, long_brief.body) == (LONG[:500], LONG)
        names = session.scalars(
            select(TrialCriterion.name).where(TrialCriterion.brief_id == brief.id).order_by(TrialCriterion.position)
        ).all()
        assert names == [str(name) for name, _is_fit in trial_briefs.CRITERIA]


def test_what_comes_after_has_a_number_of_its_own(before: Engine) -> None:
    migrations.upgrade(before)
    with workspace_session(before, 1, writing=True) as session:
        session.add(TrialBrief(title="Another"))
        session.flush()
        assert sorted(session.scalars(select(TrialBrief.id)))[:2] == [3, 9]
        assert trials.find(session, 3).brief_id == 3
