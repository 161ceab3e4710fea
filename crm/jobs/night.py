"""What is done once a night: clearing away what is over, and holding every next touch against its history."""

import logging
from pathlib import Path

from sqlalchemy import Engine

from crm.core.tenancy import installation_session
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import imports, leftovers, merges, touches, triggers
from crm.queries import next_touches
from crm.queries import workspaces as workspace_queries

log = logging.getLogger(__name__)

VENDORS_AT_ONCE = 100
"""So few that nobody waits for the write lock."""


def tidy(engine: Engine) -> None:
    """Sign-ins that are over, attempts that no longer count."""
    with installation_work(engine) as session:
        leftovers.clear_away(session)


def forget(engine: Engine) -> None:
    """What would undo merges that can no longer be taken back."""
    with installation_session(engine, writing=False) as session:
        workspace_ids = workspace_queries.all_ids(session)
    for workspace_id in workspace_ids:
        try:
            with workspace_work(engine, workspace_id) as within:
                merges.forget_old(within)
        except Exception:
            log.exception("the merges of business %d could not be cleared away", workspace_id)


def drop_uploads(engine: Engine, folder: Path) -> None:
    """Files that somebody sent for an import and never finished."""
    with installation_session(engine, writing=False) as session:
        workspace_ids = workspace_queries.all_ids(session)
    for workspace_id in workspace_ids:
        try:
            with workspace_work(engine, workspace_id) as within:
                imports.drop_stale(within, folder=folder)
        except Exception:
            log.exception("the unfinished imports of business %d could not be cleared away", workspace_id)


def bring_forward(engine: Engine) -> None:
    """Whoever was full until yesterday, and is parked for that, may have room again."""
    with installation_session(engine, writing=False) as session:
        workspace_ids = workspace_queries.all_ids(session)
    for workspace_id in workspace_ids:
        try:
            _bring_forward(engine, workspace_id)
        except Exception:
            log.exception("the parked vendors of business %d could not be looked through", workspace_id)


def _bring_forward(engine: Engine, workspace_id: int) -> None:
    while True:
        with workspace_work(engine, workspace_id) as session:
            found = triggers.let_time_pass(session)
        if found < triggers.AT_ONCE:
            return


def recompute(engine: Engine) -> None:
    """Recompute the next touch of every vendor, store what differs, and say what did."""
    with installation_session(engine, writing=False) as session:
        workspace_ids = workspace_queries.all_ids(session)
    for workspace_id in workspace_ids:
        try:
            _recompute(engine, workspace_id)
        except Exception:
            log.exception("the next touches of business %d could not be recomputed", workspace_id)


def _recompute(engine: Engine, workspace_id: int) -> None:
    after, drifted = 0, []
    while True:
        with workspace_work(engine, workspace_id) as session:
            vendors = next_touches.vendors_after(session, after, VENDORS_AT_ONCE)
            before = {vendor.id: vendor.due_on for vendor in vendors}
            touches.refresh_many(session, vendors, begins=False)
            drifted += [vendor.id for vendor in vendors if vendor.due_on != before[vendor.id]]
        if not vendors:
            break
        after = vendors[-1].id
    if drifted:
        log.warning("business %d: the next touch of vendors %s had drifted and was mended", workspace_id, drifted)
