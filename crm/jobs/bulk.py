"""Works off acts on many vendors, in a thread of its own: slice by slice, each one transaction."""

import logging
import os
import secrets
import socket
import threading
from datetime import timedelta

from sqlalchemy import Engine

from crm.core.settings import Settings
from crm.core.tenancy import installation_session, workspace_session
from crm.core.unit_of_work import workspace_work
from crm.domain import bulk_acts
from crm.queries import workspaces

log = logging.getLogger(__name__)


class BulkWorker:
    """One worker. Any number of them may run, in any number of processes."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._lease = timedelta(seconds=settings.lease_seconds)
        self.owner = f"{socket.gethostname()[:24]}:{os.getpid()}:{secrets.token_hex(8)}"
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until told to stop: whenever an act begins here, and at each tick for what others began."""
        while not self._stopping.is_set():
            bulk_acts.bell.clear()
            try:
                self.work_once()
            except Exception:
                log.exception("a turn of the worker on many vendors failed")
            bulk_acts.bell.wait(self._settings.tick_seconds)

    def stop(self) -> None:
        """Finish the slice in hand and go; the lease runs out, and another goes on."""
        self._stopping.set()
        bulk_acts.bell.set()

    def work_once(self) -> int:
        """Work off all that waits. How many slices it took."""
        with installation_session(self._engine, writing=False) as session:
            workspace_ids = workspaces.all_ids(session)
        slices = 0
        for workspace_id in workspace_ids:
            with workspace_session(self._engine, workspace_id, writing=False) as reading:
                waiting = bulk_acts.open_acts(reading)
            for act_id in waiting:
                try:
                    slices += self._work_off(workspace_id, act_id)
                except Exception:
                    log.exception("the act %d on many vendors of business %d stumbled", act_id, workspace_id)
        return slices

    def _work_off(self, workspace_id: int, act_id: int) -> int:
        slices = 0
        has_more = True
        while has_more and not self._stopping.is_set():
            with workspace_work(self._engine, workspace_id) as session:
                if not bulk_acts.claim(session, act_id, owner=self.owner, lease=self._lease):
                    return slices
                has_more = bulk_acts.work(session, act_id)
            slices += 1
        return slices
