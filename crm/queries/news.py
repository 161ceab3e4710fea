"""Reading what a person is told, as far as they may read it now.

What stands in a line was for its reader when it was written. A role, and who may read a note, can change since: so
every question here asks again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import contains_eager

from crm.core import markdown
from crm.core.row_limits import at_most
from crm.core.tenancy import WorkspaceSession
from crm.models.enums import NewsKind, TimelineKind
from crm.models.log import Interaction, Mention, Note, TimelineEntry
from crm.models.reminders import Reminder
from crm.models.sharing import Follow, News
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, User
from crm.queries import reminders
from crm.queries.timelines import Place
from crm.queries.visibility import readable_to

COUNTED = 100
"""How far unread lines are counted: the bell says 99+ from then on."""
SAID_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the bar on top counts for a person."""

    todo: int = 0
    """What is overdue or due, mentions aside."""
    unread: int = 0
    """Notifications not read yet, counted up to :data:`COUNTED`."""


@dataclass(frozen=True, slots=True)
class NewsRow:
    """One notification. Of a line about a vendor's timeline, ``entry_kind`` and what follows say which; of a mention,
    ``said`` is what was written."""

    id: int
    kind: NewsKind
    facts: dict[str, Any]
    happened_at: datetime
    read_at: datetime | None
    vendor_id: int | None
    vendor_name: str | None
    actor: str | None
    entry_id: int | None
    entry_kind: TimelineKind | None
    subject_id: int | None
    step: str | None
    happened_on: date | None
    entry_facts: dict[str, Any] | None
    body: str | None
    note_id: int | None
    interaction_id: int | None

    @property
    def said(self) -> str:
        """What was written, in short and without its marks."""
        plain = markdown.plain(self.body or "")
        return plain if len(plain) <= SAID_LENGTH else plain[:SAID_LENGTH].rsplit(" ", 1)[0] + "…"

    @property
    def place(self) -> Place | None:
        """Where on the vendor's timeline it stands."""
        return Place(self.happened_on, self.entry_id + 1) if self.happened_on and self.entry_id else None


def waiting(session: WorkspaceSession, reader: Membership, today: date) -> Waiting:
    """What the bar on top counts, in one statement: it is asked for every page."""
    values = {"reader": reader.user_id, "user_id": reader.user_id, "today": today, "here": session.workspace_id}
    [[todo, unread]] = session.rows(_waiting(reader.is_admin), values)
    return Waiting(int(todo), int(unread))


@cache
def _waiting(is_admin: bool) -> Select[*tuple[Any, ...]]:
    unread = _seen_by(select(News.id), is_admin).where(News.read_at.is_(None)).limit(at_most(COUNTED)).subquery()
    due = reminders.due_count().where(Reminder.workspace_id == bindparam("here", type_=Integer()))
    return select(due.scalar_subquery(), select(func.count(unread.c.id)).scalar_subquery())


def page_of(session: WorkspaceSession, reader: Membership, *, offset: int, limit: int) -> list[NewsRow]:
    """One page of a person's notifications: what is not read yet first, then the newest. One query."""
    values = {"reader": reader.user_id, "here": session.workspace_id, "skipped": offset}
    return [NewsRow(*row) for row in session.rows(_page(reader.is_admin, limit), values)]


def line(session: WorkspaceSession, reader: Membership, line_id: int) -> NewsRow | None:
    """One notification of the reader's; None where it is not theirs, or not theirs to read any more."""
    values = {"reader": reader.user_id, "here": session.workspace_id, "line": line_id}
    rows = session.rows(_line(reader.is_admin), values)
    return NewsRow(*rows[0]) if rows else None


@cache
def _line(is_admin: bool) -> Select[*tuple[Any, ...]]:
    return _lines(is_admin).where(News.id == bindparam("line", type_=Integer()))


@cache
def _page(is_admin: bool, limit: int) -> Select[*tuple[Any, ...]]:
    return (
        _lines(is_admin)
        .order_by(case((News.read_at.is_(None), 0), else_=1), News.happened_at.desc(), News.id.desc())
        .limit(at_most(limit))
        .offset(bindparam("skipped", type_=Integer()))
    )


def _lines(is_admin: bool) -> Select[*tuple[Any, ...]]:
    statement = select(
        News.id,
        News.kind,
        News.facts,
        News.happened_at,
        News.read_at,
        News.vendor_id,
        Vendor.name,
        User.name,
        TimelineEntry.id,
        TimelineEntry.kind,
        TimelineEntry.subject_id,
        TimelineEntry.step,
        TimelineEntry.happened_on,
        TimelineEntry.facts,
        func.coalesce(TimelineEntry.body, Note.body, Interaction.summary),
        Mention.note_id,
        Mention.interaction_id,
    )
    found: Select[*tuple[Any, ...]] = (
        _seen_by(statement, is_admin)
        .outerjoin(Interaction, and_(Interaction.id == Mention.interaction_id, Interaction.deleted_at.is_(None)))
        .outerjoin(Vendor, Vendor.id == News.vendor_id)
        .outerjoin(User, User.id == News.actor_id)
    )
    return found


def _seen_by(statement: Any, is_admin: bool) -> Any:
    """A person's own lines, without those that tell what the person may not read (any more)."""
    reader = bindparam("reader", type_=Integer())
    return (
        statement.select_from(News)
        .outerjoin(TimelineEntry, TimelineEntry.id == News.entry_id)
        .outerjoin(Mention, Mention.id == News.mention_id)
        .outerjoin(Note, Note.id == Mention.note_id)
        .where(
            News.workspace_id == bindparam("here", type_=Integer()),
            News.user_id == reader,
            *_is_readable(reader, is_admin),
        )
    )


def _is_readable(reader: Any, is_admin: bool) -> tuple[ColumnElement[bool], ...]:
    return (
        or_(News.entry_id.is_(None), readable_to(reader, is_admin, TimelineEntry.visibility, TimelineEntry.author_id)),
        or_(
            News.mention_id.is_(None),
            Mention.note_id.is_(None),
            readable_to(reader, is_admin, Note.visibility, Note.created_by),
        ),
    )


def followers(session: WorkspaceSession, vendor_id: int) -> Sequence[Membership]:
    """Those of the team who follow a vendor, each with user and workspace."""
    statement = (
        select(Membership)
        .join(Follow, and_(Follow.user_id == Membership.user_id, Follow.workspace_id == Membership.workspace_id))
        .join(Membership.user)
        .join(Membership.workspace)
        .where(Follow.vendor_id == vendor_id, Membership.deactivated_at.is_(None))
        .order_by(Membership.user_id)
        .options(contains_eager(Membership.user), contains_eager(Membership.workspace))
    )
    return session.scalars(statement).all()
