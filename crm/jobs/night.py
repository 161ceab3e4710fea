"""What is done once a night: having the database check itself, clearing away what is over, and at each business's own
night holding every next touch against its history and planning the check-ins."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine

from crm.core import clock, integrity
from crm.core.tenancy import WorkspaceSession, installation_session, workspace_session
from crm.core.unit_of_work import installation_work, workspace_work
from crm.domain import audit, bin_items, health, imports, leftovers, merges, news, nights, triggers
from crm.mail import outbox
from crm.models.workspaces import Workspace
from crm.queries import next_touches
from crm.queries import workspaces as workspace_queries

log = logging.getLogger(__name__)

T = TypeVar("T")


def look_over(engine: Engine) -> None:
    """Have the database check itself, and tell who looks after it where something is wrong."""
    try:
        whole = integrity.look(engine)
        for fault in whole.faults:
            log.error("%s is damaged: %s", whole.database, fault)
        with installation_work(engine) as session:
            health.keep_faults(session, whole.faults)
    except Exception:
        log.exception("the database could not be checked")


def tidy(engine: Engine) -> None:
    """Sign-ins that are over, attempts that no longer count, old lines of the audit log."""
    with installation_work(engine) as session:
        leftovers.clear_away(session)
        audit.clear_away(session)


def forget(engine: Engine) -> None:
    """What would undo merges that can no longer be taken back, and notifications of long ago."""
    with installation_session(engine, writing=False) as session:
        workspace_ids = workspace_queries.all_ids(session)
    for workspace_id in workspace_ids:
        try:
            with workspace_work(engine, workspace_id) as within:
                merges.forget_old(within)
                news.forget_old(within)
        except Exception:
            log.exception("old merges and notifications of business %d could not be cleared away", workspace_id)


def clear_outbox(engine: Engine) -> None:
    """Old letters: their texts first, and in the end that they were. Slice by slice, so that nobody waits for long."""
    cleared = 1
    while cleared:
        with installation_work(engine) as session:
            cleared = outbox.clear_away(session)


def drop_uploads(engine: Engine, folder: Path) -> None:
    """Files that somebody sent for an import and never finished, and what lay in the bin for long enough."""
    with installation_session(engine, writing=False) as session:
        workspace_ids = workspace_queries.all_ids(session)
    for workspace_id in workspace_ids:
        try:
            with workspace_work(engine, workspace_id) as within:
                imports.drop_stale(within, folder=folder)
                bin_items.clear_away(within, folder=folder)
        except Exception:
            log.exception("the unfinished imports and the bin of business %d could not be cleared away", workspace_id)


def plan(engine: Engine, lease: timedelta) -> None:
    """The night of every business whose local 2 o'clock has come: see :mod:`crm.domain.nights`."""
    with installation_session(engine, writing=False) as session:
        workspace_ids = next_touches.workspaces_due(session, clock.now())
    for workspace_id in workspace_ids:
        with installation_work(engine) as session:
            follows = nights.was_asked_for(session, workspace_id)
            claim = nights.take_turn(session, workspace_id, lease)
        if claim is not None:
            _Night(engine, workspace_id, claim, lease, follows=follows).work()


def recompute(engine: Engine, lease: timedelta = timedelta(minutes=5)) -> None:
    """The night of every business, whether or not it has come."""
    with installation_work(engine) as session:
        for workspace_id in workspace_queries.all_ids(session):
            session.get_one(Workspace, workspace_id).next_night_at = None
    plan(engine, lease)


class _Night:
    """One business's night, step by step: each is a short transaction that finds its claim still standing."""

    def __init__(self, engine: Engine, workspace_id: int, claim: datetime, lease: timedelta, *, follows: bool) -> None:
        self._engine = engine
        self._workspace_id = workspace_id
        self._claim = claim
        self._lease = lease
        self._follows = follows
        self._report = nights.Report(began_at=clock.now())

    def work(self) -> None:
        """Bring forward, mend, plan. Somebody else's turn ends it in silence, a fault puts it off."""
        try:
            self._bring_forward()
            self._mend()
            self._plan()
            with installation_work(self._engine) as session:
                nights.end_turn(session, self._workspace_id, self._claim, self._report)
        except _LostTurn:
            log.info("business %d: somebody else goes on with the night", self._workspace_id)
        except Exception:
            log.exception("the night of business %d failed", self._workspace_id)
            with installation_work(self._engine) as session:
                nights.give_up(session, self._workspace_id, self._claim)
        if self._report.drifted:
            named = self._report.drifted[: nights.NAMED]
            more = len(self._report.drifted) - len(named)
            words = "business %d: the next touch of vendors %s had drifted and was mended, and of %d more"
            log.warning(words, self._workspace_id, named, more)

    def _bring_forward(self) -> None:
        """Whoever was full until yesterday, and is parked for that, may have room again."""
        found = triggers.AT_ONCE
        while found >= triggers.AT_ONCE:
            with self._writing() as session:
                found = triggers.let_time_pass(session)

    def _mend(self) -> None:
        page = self._look(0)
        while page.vendors:
            self._report.vendors += page.vendors
            if self._follows:
                self._report.followed += len(page.drifted)
            else:
                self._report.drifted += page.drifted
            self._report.handed_on += len(page.handed_on)
            for some in _slices(sorted(page.drifted + page.handed_on)):
                self._mend_some(some)
            page = self._look(page.last_id)

    def _mend_some(self, vendor_ids: Sequence[int]) -> None:
        """A fault in some of them keeps no others from being mended."""
        try:
            with self._writing() as session:
                nights.mend(session, vendor_ids)
        except _LostTurn:
            raise
        except Exception:
            log.exception("business %d: vendors %s could not be mended", self._workspace_id, vendor_ids)

    def _look(self, after: int) -> nights.Page:
        if clock.now() > self._claim - self._lease / 2:
            with self._writing():
                pass
        with workspace_session(self._engine, self._workspace_id, writing=False) as session:
            return nights.look(session, after)

    def _plan(self) -> None:
        with workspace_session(self._engine, self._workspace_id, writing=False) as session:
            changes = nights.plan(session)
        for some in _slices(changes):
            with self._writing() as session:
                nights.store(session, some)
        self._report.planned = len(changes)

    @contextmanager
    def _writing(self) -> Iterator[WorkspaceSession]:
        with workspace_work(self._engine, self._workspace_id) as session:
            claim = nights.keep_turn(session, self._workspace_id, self._claim, self._lease)
            if claim is None:
                raise _LostTurn
            yield session
        self._claim = claim


class _LostTurn(Exception):
    """The lease was over, or the settings changed: the night begins anew elsewhere."""


def _slices(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for first in range(0, len(rows), nights.WRITTEN_AT_ONCE):
        yield rows[first : first + nights.WRITTEN_AT_ONCE]
