"""Reading what interactions and notes said before, and who is mentioned in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from crm.core.tenancy import WorkspaceSession
from crm.models.enums import TimelineKind, Visibility
from crm.models.log import Interaction, Mention, Note, Revision
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, User
from crm.queries import search
from crm.queries.keysets import Along, Page, Step, equal, page
from crm.queries.visibility import readable


@dataclass(frozen=True, slots=True)
class MentionRow:
    """Somebody called the reader."""

    id: int
    vendor_id: int
    vendor: str
    by: str
    mentioned_at: datetime
    text: str


def revisions_of(session: WorkspaceSession, said: Interaction | Note, *, reader: Membership) -> Sequence[Revision]:
    """What it said before, latest first. Of a note once meant for fewer eyes, only what the reader might read then."""
    column = Revision.note_id if isinstance(said, Note) else Revision.interaction_id
    rows = session.scalars(select(Revision).where(column == said.id).order_by(Revision.id.desc())).all()
    return [row for row in rows if was_readable(row, said, reader)]


def was_readable(row: Revision, said: Interaction | Note, reader: Membership) -> bool:
    """Whether a reader of what it says now might have read what it said then."""
    visibility = Visibility(row.before.get("visibility", Visibility.TEAM))
    if visibility is Visibility.TEAM or said.created_by == reader.user_id:
        return True
    return visibility is Visibility.ADMINS and reader.is_admin


def unseen_mentions(session: WorkspaceSession, reader: Membership, limit: int) -> list[MentionRow]:
    """Where teammates call the reader and wait for an answer, latest first."""
    statement = (
        select(
            Mention.id, Mention.vendor_id, Vendor.name, User.name, Mention.mentioned_at, Note.body, Interaction.summary
        )
        .join(Vendor, Vendor.id == Mention.vendor_id)
        .join(User, User.id == Mention.mentioned_by)
        .outerjoin(Note, Note.id == Mention.note_id)
        .outerjoin(Interaction, Interaction.id == Mention.interaction_id)
        .where(Mention.user_id == reader.user_id, Mention.seen_at.is_(None))
        .order_by(Mention.mentioned_at.desc(), Mention.id.desc())
        .limit(limit)
    )
    return [
        MentionRow(row_id, vendor_id, vendor, by, at, body or summary or "")
        for row_id, vendor_id, vendor, by, at, body, summary in session.execute(statement)
    ]


INTERACTION_SORTS = {
    "id": Along(Interaction.id),
    "occurred_on": Along(Interaction.occurred_on),
    "created_at": Along(Interaction.created_at),
}
NOTE_SORTS = {"id": Along(Note.id), "created_at": Along(Note.created_at)}


def interactions(
    session: WorkspaceSession,
    step: Step,
    *,
    reader: Membership,
    words: str = "",
    since: date | None = None,
    until: date | None = None,
    **exact: Any,
) -> Page:
    """One page of the interactions; ``exact`` are columns with their values. Words find them as the search
    box does. One query without words."""
    statement = select(Interaction).where(Interaction.deleted_at.is_(None), *equal(Interaction, exact))
    if words:
        statement = statement.where(search.leads_to(session, reader, words, TimelineKind.INTERACTION, Interaction.id))
    if since is not None:
        statement = statement.where(Interaction.occurred_on >= since)
    if until is not None:
        statement = statement.where(Interaction.occurred_on <= until)
    return page(session, statement, Interaction.id, INTERACTION_SORTS, step)


def notes(session: WorkspaceSession, step: Step, *, reader: Membership, words: str = "", **exact: Any) -> Page:
    """One page of the notes that the reader may read. Words find them as the search box does. One query without
    words."""
    statement = select(Note).where(
        Note.deleted_at.is_(None),
        readable(reader, Note.visibility, Note.created_by),
        *equal(Note, exact),
    )
    if words:
        statement = statement.where(search.leads_to(session, reader, words, TimelineKind.NOTE, Note.id))
    return page(session, statement, Note.id, NOTE_SORTS, step)
