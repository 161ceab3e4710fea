"""Whether what is stored is right, and whether all that was begun goes on."""

from dataclasses import dataclass
from datetime import timedelta

from crm.core import clock
from crm.core.tenancy import InstallationSession, WorkspaceSession
from crm.domain import nights
from crm.queries import stuck_work

PATIENCE = timedelta(minutes=10)
"""So long after its lease, or its time, something counts as stuck."""
IMPORT_PATIENCE = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Drift:
    """What the stored next touches of a business are against what their histories give: vendors by id.

    touches    stored otherwise: a fault.
    handed_on  others are to be told by now, because days have passed; the next night does that.
    to_plan    check-ins that the next night gives another day.
    """

    vendors: int
    touches: list[int]
    handed_on: list[int]
    to_plan: list[int]


def drift(session: WorkspaceSession) -> Drift:
    """Hold every vendor of a business against its history. Writes nothing."""
    vendors = 0
    drifted: list[int] = []
    handed_on: list[int] = []
    page = nights.look(session, 0)
    while page.vendors:
        vendors += page.vendors
        drifted += page.drifted
        handed_on += page.handed_on
        page = nights.look(session, page.last_id)
    return Drift(vendors, drifted, handed_on, [change.vendor_id for change in nights.plan(session)])


def stuck_everywhere(session: InstallationSession) -> list[str]:
    """What belongs to no business's own tables: letters, and nights."""
    since = clock.now() - PATIENCE
    claimed = stuck_work.letters(session, since)
    letters = [f"the letter {key} is {state.value}, and its lease is over" for key, state in claimed]
    late = [f"the night of {name} has not come" for _, name in stuck_work.nights(session, since)]
    return letters + late


def stuck_in(session: WorkspaceSession) -> list[str]:
    """What a business began and nobody goes on with."""
    now = clock.now()
    imports = stuck_work.imports(session, now - IMPORT_PATIENCE)
    acts = stuck_work.bulk_acts(session, now - PATIENCE)
    return [f"the import {import_id} of {name} is not done" for import_id, name in imports] + [
        f"the act {act_id} on many vendors is not done, and nobody works on it" for act_id in acts
    ]
