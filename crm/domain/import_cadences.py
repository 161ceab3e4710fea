"""The choice with which an import ends: how often to be in touch with the vendors that it brought.

Their cadences begin on successive open days, so that they do not all fall due on one. These days lie behind us, today
being the last: a cadence that began ahead would leave a conversation before that day without effect.
"""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import update

from crm.core import clock
from crm.core.dates import OpenDays, add_days
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import open_days, permissions, touches
from crm.domain.cadences import Cadence, ResolvedCadence, resolve
from crm.domain.next_touch import History, compute
from crm.domain.permissions import Act
from crm.domain.responsibility import Told, responsible, team_of
from crm.domain.rhythms import Rhythm
from crm.models.enums import EXIT_STAGES, CadenceChoice, ImportState, ReminderKind, Stage
from crm.models.imports import Import
from crm.models.reminders import Reminder
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership
from crm.queries import imports, members

VENDORS_A_DAY = 5


def choose(row: Import, *, by: Membership, rhythm: Rhythm) -> int:
    """Give the vendors that the import brought a cadence, those to whom nobody gave one since. Says how many.

    Raises :class:`Refused` before the import has run.
    """
    permissions.require(by, Act.IMPORT)
    if row.state is not ImportState.DONE:
        raise Refused(lazy("Run the import first."))
    row.cadence_chosen_at = clock.now()
    if rhythm.choice is CadenceChoice.NONE:
        return 0
    session = session_of(row)
    vendors = imports.awaiting_cadence(session, row.id)
    calendar = open_days.of_business(session, by.workspace)
    begins = _beginnings(vendors, rhythm, by, calendar)
    _give(session, vendors, rhythm, begins, by, calendar, with_a_past=imports.with_a_past(session, row.id))
    return len(vendors)


def begin_days(count: int, cadence: Cadence, *, today: date, calendar: OpenDays) -> list[date]:
    """On which day each of so many cadences begins, the earliest first: open days up to today, five a day.

    So many more a day as it takes for none to have begun an interval ago: none is due before tomorrow.
    """
    days = _open_days(count, cadence, today, calendar)
    a_day = max(VENDORS_A_DAY, -(-count // len(days)))
    used = days[: -(-count // a_day)]
    # The latest days are full, the earliest may not be.
    found = [used[place // a_day] for place in range(count)]
    return found[::-1]


def _open_days(count: int, cadence: Cadence, today: date, calendar: OpenDays) -> list[date]:
    """Open days from today back, as many as are of use, and as long as an interval after them lies ahead."""
    days: list[date] = []
    day = today
    while cadence.plus(day, 1) > today and len(days) * VENDORS_A_DAY < count and day > date.min:
        if calendar.is_open(day):
            days.append(day)
        day = add_days(day, -1)
    return days or [today]


def _cadence_of(vendor: Vendor, rhythm: Rhythm, by: Membership) -> ResolvedCadence:
    return resolve(
        stage=vendor.stage,
        tier=None if vendor.stage in EXIT_STAGES else vendor.tier,
        own=rhythm.wish,
        defaults=touches.cadence_defaults(by.workspace),
    )


def _beginnings(vendors: Sequence[Vendor], rhythm: Rhythm, by: Membership, calendar: OpenDays) -> dict[int, date]:
    """The day on which each vendor's cadence begins; those with one interval are spread together."""
    resolved = {vendor.id: _cadence_of(vendor, rhythm, by).cadence for vendor in vendors}
    found: dict[int, date] = {}
    ordered = sorted(vendors, key=lambda vendor: (str(resolved[vendor.id]), vendor.id))
    for _words, group in groupby(ordered, key=lambda vendor: str(resolved[vendor.id])):
        alike = list(group)
        cadence = resolved[alike[0].id]
        if cadence is not None:
            days = begin_days(len(alike), cadence, today=by.workspace.today, calendar=calendar)
            found |= {vendor.id: day for vendor, day in zip(alike, days, strict=True)}
    return found


def _give(
    session: WorkspaceSession,
    vendors: Sequence[Vendor],
    rhythm: Rhythm,
    begins: dict[int, date],
    by: Membership,
    calendar: OpenDays,
    *,
    with_a_past: set[int],
) -> None:
    fresh = [vendor for vendor in vendors if vendor.id not in with_a_past and vendor.stage is Stage.PROSPECT]
    untouched = {vendor.id for vendor in fresh}
    others = [vendor for vendor in vendors if vendor.id not in untouched]
    _give_fresh(session, fresh, rhythm, begins, by, calendar)
    for vendor in others:
        vendor.cadence_choice, vendor.cadence_every, vendor.cadence_unit = rhythm.choice, rhythm.every, rhythm.unit
        vendor.version += 1
        vendor.updated_at, vendor.updated_by = clock.now(), by.user_id
        touches.refresh(session, vendor, began_on=begins.get(vendor.id))


def _give_fresh(
    session: WorkspaceSession,
    vendors: Sequence[Vendor],
    rhythm: Rhythm,
    begins: dict[int, date],
    by: Membership,
    calendar: OpenDays,
) -> None:
    """What :func:`crm.domain.touches.refresh` would store, in two statements, for vendors without a past."""
    team = team_of(members.members_of(session, session.workspace_id), by.workspace.today)
    rows: list[dict[str, Any]] = []
    reminders: list[dict[str, Any]] = []
    now = clock.now()
    for vendor in vendors:
        resolved = _cadence_of(vendor, rhythm, by)
        touch = _touch(vendor, resolved, begins.get(vendor.id, vendor.cadence_began_on), calendar)
        rows.append(
            {
                "id": vendor.id,
                "cadence_choice": rhythm.choice,
                "cadence_every": rhythm.every,
                "cadence_unit": rhythm.unit,
                "cadence_in_force": str(resolved),
                "cadence_began_on": begins.get(vendor.id, vendor.cadence_began_on),
                "version": vendor.version + 1,
                "updated_at": now,
                "updated_by": by.user_id,
                **touch,
            }
        )
        reminders += _reminders(vendor, touch, responsible(vendor.owner_id, vendor.backup_id, team))
    session.flush()
    if rows:
        session.execute(update(Vendor), rows)
    session.insert_many(Reminder, reminders)
    for vendor in vendors:
        session.expire(vendor)


def _touch(vendor: Vendor, resolved: ResolvedCadence, began_on: date, calendar: OpenDays) -> dict[str, Any]:
    nothing = {
        "due_on": None,
        "planned_on": None,
        "next_on": None,
        "due_kind": None,
        "due_subject_id": None,
        "due_why": None,
    }
    cadence = resolved.cadence
    if cadence is None:
        return nothing
    found = compute(History(vendor_id=vendor.id, began_on=began_on, cadence=cadence, open_days=calendar)).next_touch
    if found is None:
        return nothing
    why = {
        "kind": ReminderKind.TOUCH,
        "every": cadence.every,
        "unit": cadence.unit,
        "last": None,
        "attempts": 0,
        "other_channel": False,
    }
    return {
        "due_on": found.candidate.due_on,
        "planned_on": None,
        "next_on": found.candidate.due_on,
        "due_kind": ReminderKind.TOUCH,
        "due_subject_id": vendor.id,
        "due_why": why,
    }


def _reminders(vendor: Vendor, touch: dict[str, Any], told: Told) -> list[dict[str, Any]]:
    if touch["due_on"] is None:
        return []
    return [
        {
            "user_id": user_id,
            "vendor_id": vendor.id,
            "kind": ReminderKind.TOUCH,
            "subject_id": vendor.id,
            "due_on": touch["due_on"],
            "shown_on": touch["due_on"],
            "why": told.why(touch["due_why"], user_id),
        }
        for user_id in told.people
    ]
