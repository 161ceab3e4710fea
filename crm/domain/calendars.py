"""A person's calendar feed: what stands for them in one business, as all-day events, at an address that is a secret.

A title says the vendor's name and what is due, and nothing else: the address may lie with a calendar's provider. Only
the next check-in with a vendor is in it: when the one after falls due, the conversation itself decides.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from crm.core import clock, i18n, tokens
from crm.core.dates import add_months
from crm.core.i18n import LazyText, _, lazy
from crm.core.links import links
from crm.core.settings import Settings
from crm.core.tenancy import InstallationSession, WorkspaceSession, inside
from crm.domain import permissions
from crm.domain.permissions import Act
from crm.models.enums import ReminderKind
from crm.models.workspaces import Membership
from crm.queries import calendars, members
from crm.queries.calendars import DayRow

if TYPE_CHECKING:
    from icalendar import Event  # loaded for the first feed alone: it takes three megabytes

MONTHS_AHEAD = 12
LOOKED_AT_EVERY = timedelta(hours=4)

_TITLES: dict[ReminderKind, LazyText] = {
    ReminderKind.TOUCH: lazy("Check in with %(name)s"),
    ReminderKind.FOLLOW_UP: lazy("Follow up with %(name)s"),
    ReminderKind.PROMISE_OURS: lazy("Promise to %(name)s"),
    ReminderKind.PROMISE_THEIRS: lazy("Promise from %(name)s"),
    ReminderKind.REVISIT: lazy("Look at %(name)s again"),
    ReminderKind.TRIAL: lazy("Trial task of %(name)s"),
    ReminderKind.REVIEW: lazy("Trial task of %(name)s to look at"),
    ReminderKind.QUESTION: lazy("Question of %(name)s to answer"),
    ReminderKind.WORK: lazy("Late work of %(name)s"),
    ReminderKind.ACCESS: lazy("Access of %(name)s to take back"),
}


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar as it goes out. ``mark`` changes whenever anything in it does, but for the time it was written at."""

    content: bytes
    mark: str


def make(session: WorkspaceSession, *, by: Membership) -> str:
    """A new secret for the address of one's calendar, told this once; the one before is worthless from now on."""
    permissions.require(by, Act.WORK)
    member = _own(session, by)
    secret = tokens.new_token()
    member.calendar_hash, member.calendar_made_at = tokens.fingerprint(secret), clock.now()
    session.flush()
    return secret


def revoke(session: WorkspaceSession, *, by: Membership) -> None:
    """The address leads nowhere from now on."""
    member = _own(session, by)
    member.calendar_hash = member.calendar_made_at = None
    session.flush()


def feed(session: InstallationSession, settings: Settings, secret: str) -> Feed | None:
    """The calendar at this address; None where nobody has it, or whoever had it has left the business.

    Who may only look has nothing to do, so theirs is empty.
    """
    member = calendars.owner_of(session, tokens.fingerprint(secret))
    if member is None or not member.is_active:
        return None
    days: Sequence[DayRow] = ()
    if permissions.may(member, Act.WORK):
        with inside(session, member.workspace_id) as rows:
            days = calendars.days_of(rows, member.user_id, add_months(member.user.today, MONTHS_AHEAD))
    with i18n.speaking(member.user.locale):
        return _written(member, days, settings)


def _own(session: WorkspaceSession, by: Membership) -> Membership:
    member = members.membership(session, session.workspace_id, by.user_id)
    assert member is not None
    return member


def _written(member: Membership, days: Sequence[DayRow], settings: Settings) -> Feed:
    """All of it carries the moment it was written: what has moved since anybody looked is newer than what they have."""
    from icalendar import Calendar, vDuration

    calendar = Calendar()
    calendar.add("prodid", "-//Good Terms//Calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", _("Good Terms: %(business)s", business=member.workspace.name))
    calendar.add("refresh-interval", LOOKED_AT_EVERY, parameters={"VALUE": "DURATION"})
    # Outside the standard, so the library would not write it as a duration of its own accord.
    calendar.add("x-published-ttl", vDuration(LOOKED_AT_EVERY))
    said = hashlib.sha256(f"{member.workspace.name}\0{member.user.locale}".encode())
    now = clock.now().replace(microsecond=0)
    for day in days:
        event = _event(member, day, settings)
        said.update(event.to_ical())
        event.add("dtstamp", now)
        event.add("last-modified", now)
        calendar.add_component(event)
    return Feed(calendar.to_ical(), said.hexdigest()[:32])


def _event(member: Membership, day: DayRow, settings: Settings) -> "Event":
    from icalendar import Event

    event = Event()
    event.add("uid", _uid(member, day, settings))
    event.add("summary", str(_TITLES[day.kind]) % {"name": day.vendor})
    event.add("dtstart", day.on)
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    page = links(settings).page(member.workspace.slug, f"/vendors/{day.vendor_id}")
    if page is not None:
        event.add("url", page)
    return event


def _uid(member: Membership, day: DayRow, settings: Settings) -> str:
    """The same for as long as it is the same thing, whatever its date; it tells nothing."""
    subject = f"{member.workspace_id}:{day.kind}:{day.subject_id}"
    return f"{tokens.keyed_fingerprint(settings.secret_key, 'calendars', subject)[:32]}@goodterms.invalid"
