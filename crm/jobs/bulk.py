"""Works off acts on many vendors, in a thread of its own: slice by slice, each one transaction."""

import logging

from sqlalchemy import Engine

from crm.core.settings import Settings
from crm.core.tenancy import installation_session, workspace_session
from crm.core.unit_of_work import workspace_work
from crm.domain import bulk_acts
from crm.jobs.worker import Worker
from crm.queries import workspaces

log = logging.getLogger(__name__)


class BulkWorker(Worker):
    """Works off acts on many vendors. Its bell rings when one begins."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        super().__init__(engine, settings, bulk_acts.bell)

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
