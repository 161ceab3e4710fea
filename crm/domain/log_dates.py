"""When something happened, and with whom: the rules that all of the log shares."""

from datetime import date

from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession
from crm.models.vendors import Person, Vendor
from crm.models.workspaces import Membership

EARLIEST = date(1970, 1, 1)
"""Nothing in the log is older than this: an older date is a slip of the keyboard."""
FARTHEST_YEARS = 10
"""How many years ahead something may be promised."""


def require_past(day: date, *, by: Membership, field: str = "occurred_on") -> None:
    """Raises :class:`Refused` for a day ahead of the business's own, or one too long ago to be meant."""
    if day > by.workspace.today:
        raise Refused(lazy("Pick today or a day before."), field=field)
    if day < EARLIEST:
        raise Refused(lazy("Check the year."), field=field)


def require_within_reach(day: date, *, by: Membership, field: str = "due_on") -> None:
    """Raises :class:`Refused` for a due date too far away to be meant."""
    if day < EARLIEST or day.year > by.workspace.today.year + FARTHEST_YEARS:
        raise Refused(lazy("Check the year."), field=field)


def require_person_of(session: WorkspaceSession, vendor: Vendor, person_id: int | None) -> None:
    """Raises :class:`Refused` unless the person, if any, is one of the vendor's."""
    if person_id is None:
        return
    person = session.get(Person, person_id)
    if person is None or person.vendor_id != vendor.id:
        raise Refused(lazy("Choose one of the vendor’s people."), field="person_id")
