"""Who is reminded of what: computed from plain values.

Days are the business's: a holiday begins and ends at its midnights, for everybody in the team alike, and so do the
days that something is overdue.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.models.workspaces import Membership
from crm.queries import members

BACKUP_TOO_AFTER = 7
"""Days after day 0 from which the backup is reminded as well."""
SUMMED_UP_AFTER = 14
"""Days after day 0 from which the admins are told in a summary."""


@dataclass(frozen=True, slots=True)
class Team:
    """Who is in a business on a day."""

    active: frozenset[int] = frozenset()
    """Those who belong to it and whose role lets them do what a reminder asks."""
    admins: tuple[int, ...] = ()
    """Owners and admins who belong to it."""
    away: frozenset[int] = frozenset()
    """Those on holiday."""

    def is_there(self, user_id: int | None) -> bool:
        """Whether somebody can be reminded today."""
        return user_id in self.active and user_id not in self.away


@dataclass(frozen=True, slots=True)
class Told:
    """Who is reminded of a thing, and for whom where it is somebody else's."""

    people: tuple[int, ...]
    whose: int | None
    """Whose thing it is; None where nobody is there any more to whom it belongs."""
    is_away: bool = False
    """That person is on holiday."""

    def why(self, facts: dict[str, Any], user_id: int) -> dict[str, Any]:
        """The reason for a reminder of one of them: whoever acts for somebody else is told for whom."""
        if self.whose in (None, user_id):
            return facts
        return {**facts, "whose": self.whose, "is_away": self.is_away}


def team_of(people: Iterable[Membership], today: date) -> Team:
    """The team as its memberships say, on a day of the business."""
    rows = list(people)
    return Team(
        active=frozenset(member.user_id for member in members.workers_of(rows)),
        admins=tuple(member.user_id for member in members.admins_of(rows)),
        away=frozenset(member.user_id for member in rows if is_away(member, today)),
    )


def is_away(member: Membership, today: date) -> bool:
    """Whether a member is on holiday on a day of the business; the first and the last day count."""
    return member.away_from is not None and member.away_to is not None and member.away_from <= today <= member.away_to


def responsible(owner_id: int | None, backup_id: int | None, team: Team, *, days: int = 0) -> Told:
    """Who is reminded of a thing that is ``days`` past its day 0 (below 0: still to come).

    It is the owner's; else, where the owner has left or only looks on, the backup's; else the admins'. While the one
    whose it is is on holiday, the backup is reminded, else the admins who are there; with nobody there it stays where
    it is. From a week on, the backup is reminded as well. Nobody is named twice.
    """
    whose = next((person for person in (owner_id, backup_id) if person in team.active), None)
    admins_there = tuple(person for person in team.admins if person not in team.away)
    if whose is None:
        return Told(admins_there or team.admins, None)
    backup = (backup_id,) if backup_id is not None and backup_id != whose and team.is_there(backup_id) else ()
    if whose in team.away:
        return Told(backup or admins_there or (whose,), whose, is_away=True)
    return Told((whose, *backup) if days >= BACKUP_TOO_AFTER else (whose,), whose)
