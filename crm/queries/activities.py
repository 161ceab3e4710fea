"""Reading what the team did, across all vendors: the newest first, as far as the reader may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, bindparam, select

from crm.core import limits, markdown
from crm.core.columns import Instant
from crm.core.row_limits import at_most
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import TimelineKind
from crm.models.log import TimelineEntry
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, User
from crm.queries.timelines import Place
from crm.queries.visibility import readable_to

SAID_LENGTH = 240


class Sort(StrEnum):
    """What can be asked for by itself."""

    CONVERSATIONS = "talk"
    NOTES = "notes"
    TRUST = "trust"
    DELEGATION = "delegation"
    STAGES = "stages"
    TRIALS = "trials"
    REFERRALS = "referrals"
    ADDED = "added"


KINDS: dict[Sort, tuple[TimelineKind, ...]] = {
    Sort.CONVERSATIONS: (TimelineKind.INTERACTION, TimelineKind.EMAIL, TimelineKind.PROMISE),
    Sort.NOTES: (TimelineKind.NOTE, TimelineKind.FILE),
    Sort.TRUST: (TimelineKind.TRUST, TimelineKind.RATING, TimelineKind.FLAW, TimelineKind.STANDING),
    Sort.DELEGATION: (TimelineKind.LEVEL, TimelineKind.ACCESS, TimelineKind.WORK),
    Sort.STAGES: (TimelineKind.STAGE, TimelineKind.PARKING),
    Sort.TRIALS: (TimelineKind.TRIAL,),
    Sort.REFERRALS: (TimelineKind.REFERRAL,),
    Sort.ADDED: (TimelineKind.ADDED, TimelineKind.MERGE),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page is narrowed to; ``since`` and ``until`` are the instants between which it was written down."""

    who: int | None = None
    sort: Sort | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    """The line after which this page begins."""


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One thing that somebody did."""

    id: int
    kind: TimelineKind
    subject_id: int
    step: str
    happened_on: date
    recorded_at: datetime
    visibility: str
    facts: dict[str, Any]
    body: str
    vendor_id: int
    vendor_name: str
    who: str | None

    @property
    def said(self) -> str:
        """What was written, in short and without its marks."""
        plain = markdown.plain(self.body)
        return plain if len(plain) <= SAID_LENGTH else plain[:SAID_LENGTH].rsplit(" ", 1)[0] + "…"

    @property
    def place(self) -> Place:
        """Where on the vendor's timeline it stands."""
        return Place(self.happened_on, self.id + 1)


def page_of(session: WorkspaceSession, reader: Membership, asked: Asked) -> Sequence[ActivityRow]:
    """One page, and a row more where there is more. One query."""
    values = {
        "reader": reader.user_id,
        "here": session.workspace_id,
        "who": asked.who,
        "since": asked.since,
        "until": asked.until,
        "before": asked.before,
    }
    shape = tuple(name for name in ("who", "since", "until", "before") if values[name] is not None)
    given = {name: value for name, value in values.items() if value is not None}
    return [ActivityRow(*row) for row in session.rows(_page(reader.is_admin, asked.sort, shape), given)]


@cache
def _page(is_admin: bool, sort: Sort | None, shape: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    """By number: that is the order in which it was written down, and an index has it for each business."""
    table = TimelineEntry
    conditions = {
        "who": table.author_id == bindparam("who", type_=Integer()),
        "since": table.recorded_at >= bindparam("since", type_=Instant()),
        "until": table.recorded_at < bindparam("until", type_=Instant()),
        "before": table.id < bindparam("before", type_=Integer()),
    }
    statement = (
        select(
            table.id,
            table.kind,
            table.subject_id,
            table.step,
            table.happened_on,
            table.recorded_at,
            table.visibility,
            table.facts,
            table.body,
            Vendor.id,
            Vendor.name,
            User.name,
        )
        .join(Vendor, Vendor.id == table.vendor_id)
        .outerjoin(User, User.id == table.author_id)
        .where(
            table.workspace_id == bindparam("here", type_=Integer()),
            readable_to(bindparam("reader", type_=Integer()), is_admin, table.visibility, table.author_id),
            *(conditions[name] for name in shape),
        )
        .order_by(table.id.desc())
        .limit(at_most(limits.PAGE_ROWS + 1))
    )
    return statement.where(table.kind.in_(KINDS[sort])) if sort is not None else statement
