"""Reading what a morning letter says."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Date, Select, SelectBase, bindparam, exists, func, select
from sqlalchemy.orm import aliased

from crm.core.tenancy import InstallationSession, WorkspaceSession
from crm.models.enums import Outcome, ReminderKind, Stage, Tier
from crm.models.log import Interaction, Mention
from crm.models.reminders import Reminder
from crm.models.stages import Parking
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, User


@dataclass(frozen=True, slots=True)
class OpenReminder:
    """A reminder that stands, with its vendor. ``next_on`` is the day from which it is late."""

    id: int
    kind: ReminderKind
    subject_id: int
    vendor_id: int
    vendor_name: str
    stage: Stage
    tier: Tier | None
    next_on: date
    shown_on: date
    named_on: date | None
    why: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LastSaid:
    """The latest conversation with a vendor that left words, as they were written (Markdown)."""

    on: date
    words: str


@dataclass(frozen=True, slots=True)
class OverdueRow:
    """Something that has been left lying, and who was reminded of it first."""

    id: int
    kind: ReminderKind
    vendor_name: str
    next_on: date
    person: str


@dataclass(frozen=True, slots=True)
class Overdue:
    """What has been left lying for long: a few, and how many there are in all."""

    rows: list[OverdueRow]
    all: int

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.all - len(self.rows)


def due_members(session: InstallationSession, now: datetime, limit: int) -> Sequence[int]:
    """The places (ids of memberships) whose morning letter has come due, the longest due first."""
    statement = (
        select(Membership.id)
        .where(Membership.next_digest_at <= now)
        .order_by(Membership.next_digest_at, Membership.id)
        .limit(limit)
    )
    return session.scalars(statement).all()


def open_reminders(session: WorkspaceSession, user_id: int, today: date) -> list[OpenReminder]:
    """What stands for a person on a day, the longest due first, then by tier."""
    found = session.rows(_open_reminders(), {"user_id": user_id, "today": today})
    return sorted(
        (OpenReminder(*row) for row in found), key=lambda row: (row.next_on, row.tier or "~", row.vendor_id, row.id)
    )


@cache
def _open_reminders() -> SelectBase:
    """Written once and kept, like those below: a letter is put together for each person, many in a row."""
    return (
        select(
            Reminder.id,
            Reminder.kind,
            Reminder.subject_id,
            Reminder.vendor_id,
            Vendor.name.label("vendor_name"),
            Vendor.stage,
            Vendor.tier,
            Reminder.next_on,
            Reminder.shown_on,
            Reminder.named_on,
            Reminder.why,
        )
        .join(Vendor, Vendor.id == Reminder.vendor_id)
        .where(
            Reminder.user_id == bindparam("user_id"),
            Reminder.ended_at.is_(None),
            Reminder.shown_on <= bindparam("today", type_=Date()),
        )
    )


def overdue(session: WorkspaceSession, since: date, *, reader_id: int, limit: int) -> Overdue:
    """What stands since ``since`` or longer, the longest first, each thing once; without what the reader is reminded of
    as well, and without mentions."""
    mine = aliased(Reminder)
    is_mine = exists().where(
        mine.workspace_id == session.workspace_id,
        mine.user_id == reader_id,
        mine.kind == Reminder.kind,
        mine.subject_id == Reminder.subject_id,
        mine.ended_at.is_(None),
    )
    first = (
        select(func.min(Reminder.id))
        .where(
            Reminder.workspace_id == session.workspace_id,
            Reminder.ended_at.is_(None),
            Reminder.kind != ReminderKind.MENTION,
            Reminder.shown_on <= since,
            ~is_mine,
        )
        .group_by(Reminder.kind, Reminder.subject_id)
    )
    statement = (
        select(
            Reminder.id,
            Reminder.kind,
            Vendor.name.label("vendor_name"),
            Reminder.next_on,
            User.name.label("person"),
            func.count().over().label("how_many"),
        )
        .join(Vendor, Vendor.id == Reminder.vendor_id)
        .join(User, User.id == Reminder.user_id)
        .where(Reminder.id.in_(first))
        .order_by(Reminder.shown_on, Reminder.id)
        .limit(limit)
    )
    rows = session.execute(statement).all()
    named = [OverdueRow(row.id, row.kind, row.vendor_name, row.next_on, row.person) for row in rows]
    return Overdue(named, rows[0].how_many if rows else 0)


def first_names(session: WorkspaceSession, user_ids: Collection[int]) -> dict[int, str]:
    """What colleagues call each of these people."""
    if not user_ids:
        return {}
    return {user.id: user.first_name for user in session.scalars(select(User).where(User.id.in_(user_ids)))}


def parkings_of(session: WorkspaceSession, vendor_ids: Iterable[int]) -> dict[int, Parking]:
    """The open parkings of these vendors."""
    found = session.scalars(_parkings_of(), {"vendor_ids": list(vendor_ids)})
    return {parking.vendor_id: parking for parking in found}


@cache
def _parkings_of() -> Select[Parking]:
    return select(Parking).where(
        Parking.vendor_id.in_(bindparam("vendor_ids", expanding=True)), Parking.ended_on.is_(None)
    )


def last_said(session: WorkspaceSession, vendor_ids: Iterable[int]) -> dict[int, LastSaid]:
    """What was last said with each of these vendors, where somebody wrote it down."""
    found = session.rows(_last_said(), {"vendor_ids": list(vendor_ids)})
    return {vendor_id: LastSaid(on, words) for vendor_id, on, words in found}


@cache
def _last_said() -> SelectBase:
    newest_first = func.row_number().over(
        partition_by=Interaction.vendor_id, order_by=(Interaction.occurred_on.desc(), Interaction.id.desc())
    )
    ranked = (
        select(Interaction.vendor_id, Interaction.occurred_on, Interaction.summary, newest_first.label("place"))
        .where(
            Interaction.vendor_id.in_(bindparam("vendor_ids", expanding=True)),
            Interaction.outcome == Outcome.TWO_WAY,
            Interaction.deleted_at.is_(None),
            Interaction.summary != "",
        )
        .subquery()
    )
    return select(ranked.c.vendor_id, ranked.c.occurred_on, ranked.c.summary).where(ranked.c.place == 1)


def mentioned_by(session: WorkspaceSession, mention_ids: Collection[int]) -> dict[int, str]:
    """The names of those who wrote these mentions."""
    if not mention_ids:
        return {}
    statement = (
        select(Mention.id, User.name)
        .join(User, User.id == Mention.mentioned_by)
        .where(Mention.id.in_(list(mention_ids)))
    )
    return {row.id: row.name for row in session.execute(statement)}
