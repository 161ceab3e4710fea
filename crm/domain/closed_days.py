"""What a business chooses about its closed days and its plan: public holidays, a calendar file, check-ins a day."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select

from crm.core import public_holidays
from crm.core.dates import add_days
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession
from crm.domain import calendar_files, nights, permissions
from crm.domain.permissions import Act
from crm.models.closed_days import ClosedDay
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, Workspace
from crm.queries import closed_days

YEARS_AHEAD = 5
"""So far ahead the repetitions of a calendar file are worked out."""
COMING_DAYS = 366
TOUCHES_MOST = 100


@dataclass(frozen=True, slots=True)
class Closed:
    """A day on which a business is closed beside its weekends, and why."""

    day: date
    name: str
    is_public: bool


def choose_holidays(session: WorkspaceSession, *, by: Membership, country: str, region: str) -> None:
    """Keep the public holidays of a country, or of one of its regions; of none without a country.

    A region that is not the country's is left out, as when another country was chosen on the same page.
    """
    permissions.require(by, Act.MANAGE)
    if country and country not in public_holidays.countries():
        raise Refused(lazy("Choose one of the list."), field="country")
    region = region if country and region in public_holidays.regions(country) else ""
    workspace = session.get_one(Workspace, session.workspace_id)
    if (workspace.holidays_country, workspace.holidays_region) == (country, region):
        return
    workspace.holidays_country, workspace.holidays_region = country, region
    _follow(session)


def take_file(session: WorkspaceSession, *, by: Membership, content: bytes) -> int:
    """Close the whole days of a calendar file, in place of those of the file before. Says how many days those are.

    The file is read before the database is asked anything: a write lock waits for nobody's calendar.
    """
    permissions.require(by, Act.MANAGE)
    today = by.workspace.today
    days = calendar_files.read(
        content, first=date(today.year - 1, 1, 1), last=date(min(today.year + YEARS_AHEAD, date.max.year - 1), 12, 31)
    )
    session.execute(delete(ClosedDay))
    session.insert_many(ClosedDay, [{"day": day, "name": name, "created_by": by.user_id} for day, name in days.items()])
    _follow(session)
    return len(days)


def remove_file(session: WorkspaceSession, *, by: Membership) -> None:
    """Close none of the days of the calendar file any more."""
    permissions.require(by, Act.MANAGE)
    session.execute(delete(ClosedDay))
    _follow(session)


def change_plan(session: WorkspaceSession, *, by: Membership, touches_a_day: int) -> None:
    """Change how many check-ins are planned for a person and a day at most."""
    permissions.require(by, Act.MANAGE)
    if not 1 <= touches_a_day <= TOUCHES_MOST:
        raise Refused(lazy("Choose a number from 1 to 100."), field="touches_a_day")
    workspace = session.get_one(Workspace, session.workspace_id)
    if workspace.touches_a_day != touches_a_day:
        workspace.touches_a_day = touches_a_day
        nights.come_at_once(workspace)


def coming(session: WorkspaceSession, workspace: Workspace) -> list[Closed]:
    """The closed days of the year to come, by day. One query."""
    first = workspace.today
    last = add_days(first, COMING_DAYS)
    found = [Closed(day, name, is_public=False) for day, name in closed_days.between(session, first, last)]
    for year in range(first.year, last.year + 1):
        public = public_holidays.in_year(workspace.holidays_country, workspace.holidays_region, year)
        found += [Closed(day, name, is_public=True) for day, name in public.items() if first <= day <= last]
    return sorted(found, key=lambda each: (each.day, not each.is_public))


def _follow(session: WorkspaceSession) -> None:
    nights.follow(session, select(Vendor).where(Vendor.due_on.is_not(None)))
