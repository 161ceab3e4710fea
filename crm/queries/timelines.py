"""Reading what happened with a vendor, latest first, as far as the reader may see it."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import Date, Select, and_, bindparam, or_, select

from crm.core import limits
from crm.core.row_limits import at_most
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import TimelineKind, Visibility
from crm.models.log import TimelineEntry
from crm.models.workspaces import Membership
from crm.queries.visibility import readable_to


class Show(StrEnum):
    """Which part of the timeline is wanted."""

    EVERYTHING = "all"
    CONVERSATIONS = "talk"
    TRUST = "trust"
    DELEGATION = "delegation"
    REFERRALS = "referrals"


KINDS: dict[Show, tuple[TimelineKind, ...]] = {
    Show.CONVERSATIONS: (TimelineKind.INTERACTION, TimelineKind.EMAIL, TimelineKind.PROMISE),
    Show.TRUST: (TimelineKind.TRUST,),
    Show.DELEGATION: (TimelineKind.LEVEL, TimelineKind.ACCESS, TimelineKind.WORK),
    Show.REFERRALS: (TimelineKind.REFERRAL,),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the timeline: what is older than this entry comes next."""

    day: date
    entry_id: int

    def __str__(self) -> str:
        return f"{self.day.isoformat()}.{self.entry_id}"

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """The place that an address names; None where it names none."""
        day, _, entry_id = text.partition(".")
        try:
            place = cls(date.fromisoformat(day), int(entry_id))
        except ValueError:
            return None
        return place if 0 <= place.entry_id < 2**62 else None


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One line of the timeline. Its sentence is made in the template, from ``facts``."""

    id: int
    kind: TimelineKind
    subject_id: int
    step: str
    happened_on: date
    author_id: int | None
    visibility: Visibility
    facts: dict[str, Any]
    body: str
    is_folded: bool = False
    """Its text is longer than what is shown here."""

    @property
    def from_here(self) -> Place:
        """The place from which a stretch begins with this entry."""
        return Place(self.happened_on, self.id + 1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A page of the timeline, latest first, and where the earlier part begins (None: there is none)."""

    entries: list[EntryRow]
    earlier: Place | None

    @property
    def months(self) -> list[tuple[date, list[EntryRow]]]:
        """The entries by month, each with its first day."""
        return [
            (first, list(rows)) for first, rows in groupby(self.entries, lambda row: row.happened_on.replace(day=1))
        ]


def stretch(
    session: WorkspaceSession,
    vendor_id: int,
    *,
    reader: Membership,
    show: Show = Show.EVERYTHING,
    before: Place | None = None,
    whole: int = 0,
) -> Stretch:
    """One page of a vendor's timeline, in one query. Long texts are folded, but for that of the entry ``whole``."""
    values: dict[str, Any] = {"vendor_id": vendor_id, "reader": reader.user_id}
    if before is not None:
        values |= {"day": before.day, "entry_id": before.entry_id}
    statement = _stretch(reader.is_admin, show, before is not None)
    rows = [EntryRow(*row) for row in session.rows(statement, values)]
    shown = [row if row.id == whole else _folded(row) for row in rows[: limits.TIMELINE_ROWS]]
    has_more = len(rows) > len(shown)
    return Stretch(shown, Place(shown[-1].happened_on, shown[-1].id) if has_more else None)


def _folded(row: EntryRow) -> EntryRow:
    if len(row.body) <= limits.TIMELINE_TEXT:
        return row
    words = row.body[: limits.TIMELINE_TEXT].rsplit(None, 1)[0]
    return replace(row, body=f"{words} …", is_folded=True)


@cache
def _stretch(is_admin: bool, show: Show, is_earlier: bool) -> Select[*tuple[Any, ...]]:
    """Written once and kept: putting it together costs more than its answer."""
    table = TimelineEntry
    statement = (
        select(
            table.id,
            table.kind,
            table.subject_id,
            table.step,
            table.happened_on,
            table.author_id,
            table.visibility,
            table.facts,
            table.body,
        )
        .where(
            table.vendor_id == bindparam("vendor_id"),
            readable_to(bindparam("reader"), is_admin, table.visibility, table.author_id),
        )
        .order_by(table.happened_on.desc(), table.id.desc())
        .limit(at_most(limits.TIMELINE_ROWS + 1))
    )
    if show in KINDS:
        statement = statement.where(table.kind.in_(KINDS[show]))
    if is_earlier:
        day = bindparam("day", type_=Date)
        same_day = and_(table.happened_on == day, table.id < bindparam("entry_id"))
        statement = statement.where(or_(table.happened_on < day, same_day))
    return statement
