"""Reading where vendors came from and how they fared."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, func, select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import Stage, TrialOutcome
from crm.models.stages import StageMove
from crm.models.trials import TrialTask
from crm.models.vendors import Vendor


@dataclass(frozen=True, slots=True)
class VendorRow:
    """How a vendor was found, and since when it stands where it does."""

    id: int
    source: str
    was_referred: bool
    stage: Stage
    stage_since: date


@dataclass(frozen=True, slots=True)
class TriedRow:
    """A vendor that had a trial task; neither flag is set while none has ended with a verdict."""

    vendor_id: int
    has_passed: bool
    has_failed: bool


@dataclass(frozen=True, slots=True)
class SpellRow:
    """From when to when a vendor was active, and is no longer."""

    vendor_id: int
    first: date
    last: date


def vendors(session: WorkspaceSession) -> list[VendorRow]:
    """Every vendor, the oldest first. One query."""
    statement = select(
        Vendor.id, Vendor.source, Vendor.referred_by, Vendor.referred_by_id, Vendor.stage, Vendor.stage_since
    ).order_by(Vendor.id)
    return [
        VendorRow(row.id, row.source, bool(row.referred_by or row.referred_by_id), row.stage, row.stage_since)
        for row in session.execute(statement)
    ]


def tried(session: WorkspaceSession) -> list[TriedRow]:
    """The vendors that had trial tasks, with what came of them. One query."""

    def ended(outcome: TrialOutcome) -> Any:
        return func.max(case((TrialTask.outcome == outcome, 1), else_=0))

    statement = select(TrialTask.vendor_id, ended(TrialOutcome.PASSED), ended(TrialOutcome.FAILED))
    rows = session.execute(statement.group_by(TrialTask.vendor_id))
    return [TriedRow(vendor_id, bool(passed), bool(failed)) for vendor_id, passed, failed in rows]


def spells_that_ended(session: WorkspaceSession) -> list[SpellRow]:
    """The times at which vendors were active before they moved on. One query."""
    table = StageMove
    statement = (
        select(table.vendor_id, table.before, table.moved_on)
        .where(table.from_stage == Stage.ACTIVE, table.undone_at.is_(None))
        .order_by(table.id)
    )
    return [
        SpellRow(vendor_id, date.fromisoformat(before.get("stage_since", moved_on.isoformat())), moved_on)
        for vendor_id, before, moved_on in session.execute(statement)
    ]
