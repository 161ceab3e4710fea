"""On which days a business works, and on which of them a vendor can be reached. One place, whoever asks."""

from datetime import date
from typing import Protocol

from crm.core.dates import OpenDays
from crm.core.public_holidays import Holidays
from crm.core.tenancy import WorkspaceSession
from crm.models.workspaces import Workspace
from crm.queries import closed_days


class OnLeave(Protocol):
    """Whoever may be on leave: a vendor, or the columns of one that say so."""

    @property
    def leave_from(self) -> date | None: ...

    @property
    def leave_to(self) -> date | None: ...


def of_business(session: WorkspaceSession, workspace: Workspace) -> OpenDays:
    """The working days of a business without public holidays and the days of its calendar file. One query."""
    holidays = Holidays(closed_days.days(session), workspace.holidays_country, workspace.holidays_region)
    return OpenDays(weekdays=workspace.open_weekdays, holidays=holidays)


def for_vendor(days: OpenDays, vendor: OnLeave) -> OpenDays:
    """A business's open days, the vendor's leave left out."""
    return days.without(vendor.leave_from, vendor.leave_to)
