"""Reading what there is to act on.

Questions that a page asks each time are written once and kept: putting one together costs more than its answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from crm.core import markdown, text
from crm.core.dates import add_days
from crm.core.row_limits import at_most
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import InteractionKind, Outcome, ParkingReason, ReferralState, ReminderKind, Stage
from crm.models.log import Interaction, Mention, Note
from crm.models.referrals import Referral, ReferralStep
from crm.models.reminders import Reminder
from crm.models.stages import Parking
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, User
from crm.queries import goodwill_nudges, mirror, readiness
from crm.queries.goodwill_nudges import Nudge, NudgeKind
from crm.queries.keysets import Along, Page, Step, equal, page, says
from crm.queries.visibility import readable_to

AHEAD_DAYS = 14
AHEAD_ROWS = 8
SAID_LENGTH = 160
MENTION_ROWS = 20
GIVEN = (ReferralState.INTRODUCED, ReferralState.TALKING, ReferralState.WON, ReferralState.THANKED)


def due_count() -> Select[int]:
    """How many reminders are overdue or due for ``user_id`` on the day ``today``, mentions aside: the number beside
    Today. A part of the question that :func:`crm.queries.news.waiting` puts."""
    return select(func.count(Reminder.id)).where(
        Reminder.user_id == bindparam("user_id"),
        Reminder.ended_at.is_(None),
        Reminder.shown_on <= bindparam("today"),
        Reminder.kind != ReminderKind.MENTION,
    )


@dataclass(frozen=True, slots=True)
class TodayRow:
    """One thing to act on, with what its line says about the vendor. ``next_on`` is the day from which it is late."""

    id: int
    kind: ReminderKind
    subject_id: int
    next_on: date
    shown_on: date
    why: dict[str, Any]
    vendor_id: int
    name: str
    what_they_do: str
    stage: Stage
    stage_since: date
    last_contact_on: date | None
    leave_from: date | None
    leave_to: date | None
    parked_for: ParkingReason | None
    parked_on: date | None
    revisit_on: date | None
    asks_for_discount: bool | None
    offers_small_tasks: bool | None
    whose: str | None
    """The name of whose it is, where somebody else is reminded of it."""
    person: str
    """The name of who is reminded."""

    @property
    def tint(self) -> int:
        """The tint of the vendor's name."""
        return text.tint(self.name)


HANDED = (ReminderKind.WORK, ReminderKind.ACCESS)
"""What is about something that was handed over."""


TRIED = (ReminderKind.TRIAL, ReminderKind.REVIEW, ReminderKind.QUESTION)
"""What is about somebody on trial."""


@dataclass(frozen=True, slots=True)
class Totals:
    """How many things there are in all, shown on this page or not: check-ins that are late or due, and the rest."""

    late: int = 0
    due: int = 0
    trials: int = 0
    ripe: int = 0
    """What has come true for parked vendors."""
    others: int = 0
    """Promises, dates to look again, referrals to ask about, standings to renew, and what is handed over."""
    handed: int = 0
    """Of these others: work that is late, and accesses to take back."""

    @property
    def keep_in_touch(self) -> int:
        """All but the trial tasks, what is handed over, and what has come true."""
        return self.late + self.due + self.others - self.handed

    @property
    def all(self) -> int:
        """What stands in Today, mentions aside."""
        return self.late + self.due + self.others + self.trials + self.ripe


@dataclass(frozen=True, slots=True)
class Today:
    """What a person finds in Today: what has come true, then what is due, the earliest first; its totals, and the days
    ahead."""

    rows: list[TodayRow]
    ahead: list[TodayRow]
    totals: Totals


@dataclass(frozen=True, slots=True)
class LastSaid:
    """The latest conversation with a vendor, in short."""

    on: date
    kind: InteractionKind
    words: str
    by: str


@dataclass(frozen=True, slots=True)
class MentionRow:
    """Somebody called the reader, in words that the reader may read."""

    reminder_id: int
    vendor_id: int
    vendor_name: str
    words: str
    by: User
    at: Any


@dataclass(frozen=True, slots=True)
class Figures:
    """The counts on top of Today."""

    parked: int
    parked_late: int
    referrals: int
    check_id: int | None
    """The latest readiness check, and the day to look again."""
    recheck_on: date | None
    mirror_is_due: bool = False
    """Whether the mirror has something to show that the reader has not put off; only where that was asked."""
    nudges: Sequence[Nudge] = ()
    """The words of thanks and the good turns that are due."""


def today_rows(
    session: WorkspaceSession, reader: Membership, today: date, *, everyone: bool, limit: int, offset: int = 0
) -> Today:
    """What stands in Today for the reader, or for everyone: one row a thing, whoever else is reminded of it. One
    query."""
    values = {
        "reader": reader.user_id,
        "here": session.workspace_id,
        "today": today,
        "ahead": add_days(today, AHEAD_DAYS),
        "offset": offset,
    }
    rows: Sequence[Any] = session.rows(_today(everyone, limit), values)
    return Today(
        rows=[TodayRow(*row[:_ROW]) for row in rows if row.is_due],
        ahead=[TodayRow(*row[:_ROW]) for row in rows if not row.is_due],
        totals=Totals(*(int(count) for count in rows[0][_ROW + 1 :])) if rows else Totals(),
    )


_ROW = len(fields(TodayRow))
"""So many columns make a row; how it is placed, and the totals, follow them."""


@cache
def _today(everyone: bool, limit: int) -> Select[*tuple[Any, ...]]:
    table = Reminder
    whose, person = aliased(User), aliased(User)
    picked = union_all(select(_due(everyone, limit).subquery()), select(_ahead(everyone).subquery())).subquery()
    is_due = case((_is_due(), 1), else_=0).label("is_due")
    totals = _totals(everyone).subquery()
    return (
        select(
            table.id,
            table.kind,
            table.subject_id,
            table.next_on,
            table.shown_on,
            table.why,
            Vendor.id.label("vendor_id"),
            Vendor.name,
            Vendor.what_they_do,
            Vendor.stage,
            Vendor.stage_since,
            Vendor.last_contact_on,
            Vendor.leave_from,
            Vendor.leave_to,
            Parking.reason,
            Parking.parked_on,
            Parking.revisit_on,
            Parking.ask_for_discount,
            Parking.offer_small_tasks,
            whose.name.label("whose"),
            person.name.label("person"),
            is_due,
            *totals.c,
        )
        .join(Vendor, Vendor.id == table.vendor_id)
        .join(person, person.id == table.user_id)
        .outerjoin(whose, whose.id == table.why["whose"].as_integer())
        .outerjoin(Parking, and_(Parking.vendor_id == Vendor.id, Parking.ended_on.is_(None)))
        .join(totals, true())
        .where(table.id.in_(select(picked.c.id)))
        .order_by(is_due.desc(), *_TURN)
    )


_IS_RIPE = Reminder.kind == ReminderKind.TRIGGER
_TURN = (case((_IS_RIPE, 0), else_=1), Reminder.next_on, Reminder.id)
"""What has come true comes first, then the earliest."""


def _standing(everyone: bool) -> Sequence[ColumnElement[bool]]:
    """What may stand in Today; each question names its workspace for its index."""
    here = Reminder.workspace_id == bindparam("here", type_=Integer)
    return here, Reminder.ended_at.is_(None), Reminder.kind != ReminderKind.MENTION, _whose(everyone)


def _is_due() -> ColumnElement[bool]:
    return Reminder.shown_on <= bindparam("today", type_=Date)


def _due(everyone: bool, limit: int) -> Any:
    """Which are on this page."""
    page_of_due = select(Reminder.id).where(*_standing(everyone), _is_due())
    return page_of_due.order_by(*_TURN).limit(at_most(limit)).offset(bindparam("offset", type_=Integer))


def _ahead(everyone: bool) -> Any:
    """The first of the days ahead.

    No reminder is next before it is shown. So none beyond the latest of the first few that are shown can be among the
    first few, and only the days up to it are read, of which there are one or two where thousands stand ahead.
    """
    ahead = and_(*_standing(everyone), ~_is_due(), Reminder.shown_on <= bindparam("ahead", type_=Date))
    first = select(Reminder.next_on.label("next_on")).where(ahead)
    first = first.order_by(Reminder.shown_on).limit(at_most(AHEAD_ROWS))
    latest = select(func.max(first.subquery().c.next_on)).scalar_subquery()
    shown = select(Reminder.id).where(ahead, Reminder.shown_on <= latest)
    return shown.order_by(*_TURN).limit(at_most(AHEAD_ROWS))


def _totals(everyone: bool) -> Any:
    """How many of each sort are due, in the order of :class:`Totals`."""
    is_late = Reminder.next_on < bindparam("today", type_=Date)
    is_touch = Reminder.kind == ReminderKind.TOUCH
    is_trial = Reminder.kind.in_(TRIED)
    return select(
        _how_many(is_touch, is_late).label("late"),
        _how_many(is_touch, ~is_late).label("due"),
        _how_many(is_trial).label("trials"),
        _how_many(_IS_RIPE).label("ripe"),
        _how_many(~is_touch, ~is_trial, ~_IS_RIPE).label("others"),
        _how_many(Reminder.kind.in_(HANDED)).label("handed"),
    ).where(*_standing(everyone), _is_due())


def _how_many(*conditions: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(case((and_(*conditions), 1), else_=0)), 0)


def last_said(session: WorkspaceSession, vendor_ids: Sequence[int]) -> dict[int, LastSaid]:
    """What was last said with each vendor: the summary of the latest conversation in which both spoke. One query.

    Interactions are visible to the whole team, so there is nothing to hide from any reader here.
    """
    if not vendor_ids:
        return {}
    # Put in order here: a database that is asked to do so reads every conversation in the order of their numbers.
    latest = sorted(session.rows(_last_said(), {"vendor_ids": vendor_ids}), key=lambda row: int(row[0]))
    return {
        vendor_id: LastSaid(on, kind, _short(summary), by or "") for _number, vendor_id, on, kind, summary, by in latest
    }


@cache
def _last_said() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Interaction.id,
            Interaction.vendor_id,
            Interaction.occurred_on,
            Interaction.kind,
            Interaction.summary,
            User.name,
        )
        .join(Vendor, and_(Vendor.id == Interaction.vendor_id, Vendor.last_contact_on == Interaction.occurred_on))
        .outerjoin(User, User.id == Interaction.created_by)
        .where(
            Interaction.vendor_id.in_(bindparam("vendor_ids", expanding=True)),
            Interaction.outcome == Outcome.TWO_WAY,
            Interaction.deleted_at.is_(None),
        )
    )


def mentions(session: WorkspaceSession, reader: Membership) -> list[MentionRow]:
    """Where the reader was called and has not seen it yet, the latest first. One query."""
    rows = session.execute(_mentions(reader.is_admin), {"reader": reader.user_id})
    return [
        MentionRow(reminder_id, vendor_id, name, _short(body or summary or ""), by, at)
        for reminder_id, vendor_id, name, body, summary, by, at in rows
    ]


@cache
def _mentions(is_admin: bool) -> Select[*tuple[Any, ...]]:
    return (
        select(Reminder.id, Vendor.id, Vendor.name, Note.body, Interaction.summary, User, Mention.mentioned_at)
        .join(Mention, Mention.id == Reminder.subject_id)
        .join(Vendor, Vendor.id == Mention.vendor_id)
        .join(User, User.id == Mention.mentioned_by)
        .outerjoin(Note, Note.id == Mention.note_id)
        .outerjoin(Interaction, Interaction.id == Mention.interaction_id)
        .where(
            Reminder.user_id == bindparam("reader"),
            Reminder.kind == ReminderKind.MENTION,
            Reminder.ended_at.is_(None),
            or_(
                Mention.note_id.is_(None),
                readable_to(bindparam("reader"), is_admin, Note.visibility, Note.created_by),
            ),
        )
        .order_by(Mention.mentioned_at.desc(), Mention.id.desc())
        .limit(MENTION_ROWS)
    )


def figures(
    session: WorkspaceSession,
    today: date,
    *,
    reader: Membership,
    mirror_since: date | None = None,
    everyone: bool = False,
) -> Figures:
    """The counts on top of Today, of the whole business, and the words and good turns that are due from the reader, or
    from ``everyone``; with ``mirror_since`` also whether the reader's mirror has something to show since that day. One
    query."""
    values: dict[str, Any] = {
        **goodwill_nudges.values(session.workspace_id, reader.workspace.today),
        "today": today,
        "reader": reader.user_id,
    }
    if mirror_since is not None:
        values |= {"since": mirror_since, "here_today": reader.workspace.today}
    rows = session.rows(_figures(mirror_since is not None, everyone, reader.is_admin), values)
    parked, parked_late, referrals, check_id, recheck_on, is_due = rows[0][:_COUNTS]
    nudges = [_nudge(row[_COUNTS:]) for row in rows if row[_COUNTS] is not None]
    return Figures(parked, int(parked_late), referrals, check_id, recheck_on, is_due == 1, nudges)


_COUNTS = 6
"""So many columns of the answer are counts; a nudge follows them."""


def _nudge(columns: Sequence[Any]) -> Nudge:
    kind, *rest = columns
    return Nudge(NudgeKind(kind), *rest)


@cache
def _figures(asks_for_mirror: bool, everyone: bool, is_admin: bool) -> Select[*tuple[Any, ...]]:
    late = case((and_(Vendor.due_kind == ReminderKind.TOUCH, Vendor.next_on < bindparam("today")), 1), else_=0)
    introduced = exists().where(
        ReferralStep.workspace_id == bindparam("here"),
        ReferralStep.referral_id == Referral.id,
        ReferralStep.state.in_(GIVEN),
    )  # an idea, or a question, is no referral given yet
    given = (
        select(func.count(Referral.id)).where(Referral.workspace_id == bindparam("here"), introduced).scalar_subquery()
    )
    check = readiness.due_of_latest(bindparam("here"))
    day, since = bindparam("here_today", type_=Date()), bindparam("since", type_=Date())
    is_due: Any = mirror.is_due(bindparam("here"), bindparam("reader"), day, since) if asks_for_mirror else literal(0)
    counts = (
        select(
            func.count(Vendor.id).label("parked"),
            func.coalesce(func.sum(late), 0).label("parked_late"),
            given.label("given"),
            check[0].label("check_id"),
            check[1].label("recheck_on"),
            is_due.label("is_due"),
        )
        .where(Vendor.workspace_id == bindparam("here"), Vendor.stage == Stage.PARKED)
        .subquery()
    )
    nudges = goodwill_nudges.for_reader(None if everyone else bindparam("reader"), is_admin).subquery()
    return (
        select(counts, nudges)
        .select_from(counts.outerjoin(nudges, true()))
        .order_by(nudges.c.kind, nudges.c.referral_id, nudges.c.vendor_id)
    )


def _whose(everyone: bool) -> ColumnElement[bool]:
    if not everyone:
        return Reminder.user_id == bindparam("reader")
    once = (
        select(func.min(Reminder.id))
        .where(Reminder.ended_at.is_(None), Reminder.workspace_id == bindparam("here"))
        .group_by(Reminder.kind, Reminder.subject_id)
    )
    return Reminder.id.in_(once)


def _short(words: str) -> str:
    plain = markdown.plain(words)
    if len(plain) <= SAID_LENGTH:
        return plain
    return plain[:SAID_LENGTH].rsplit(" ", 1)[0] + "…"


SORTS = {"id": Along(Reminder.id), "due_on": Along(Reminder.due_on), "shown_on": Along(Reminder.shown_on)}


def may_see(reader: Membership, reminder: Reminder) -> bool:
    """Whether a reminder is any of the reader's business: who is called in which words is for the called alone."""
    return reminder.kind is not ReminderKind.MENTION or reminder.user_id == reader.user_id


def listed(
    session: WorkspaceSession,
    step: Step,
    *,
    reader: Membership,
    words: str = "",
    is_open: bool | None = None,
    due_before: date | None = None,
    **exact: Any,
) -> Page:
    """One page of the reminders that :func:`may_see` lets the reader see; words are of the vendor's name."""
    statement = (
        select(Reminder)
        .join(Vendor, Vendor.id == Reminder.vendor_id)
        .where(
            or_(Reminder.kind != ReminderKind.MENTION, Reminder.user_id == reader.user_id),
            *says(words, Vendor.name),
            *equal(Reminder, exact),
        )
    )
    if is_open is not None:
        statement = statement.where(Reminder.ended_at.is_(None) if is_open else Reminder.ended_at.is_not(None))
    if due_before is not None:
        statement = statement.where(Reminder.due_on <= due_before)
    return page(session, statement, Reminder.id, SORTS, step)
