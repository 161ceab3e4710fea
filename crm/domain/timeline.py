"""What happened with a vendor, as facts. Every act records itself here, in its own transaction, and those who follow
the vendor are told."""

from datetime import date
from typing import Any

from sqlalchemy import delete, select

from crm.core.tenancy import WorkspaceSession
from crm.domain import news
from crm.models.enums import TimelineKind, Visibility
from crm.models.log import TimelineEntry


def record(
    session: WorkspaceSession,
    vendor_id: int,
    kind: TimelineKind,
    subject_id: int,
    *,
    on: date,
    by: int | None,
    step: str = "",
    visibility: Visibility = Visibility.TEAM,
    body: str = "",
    is_new: bool = False,
    **facts: Any,
) -> TimelineEntry:
    """Write, or write anew, the entry of a subject (and step). ``facts`` are JSON values; dates as ISO text.

    Recording a subject again replaces what its entry said: so an edit is the same call as the first record.
    ``is_new`` says that the subject was just made: there is no entry to look for.
    """
    entry = None if is_new else session.scalars(_of(kind, subject_id).where(TimelineEntry.step == step)).first()
    former = None if entry is None else entry.visibility
    if entry is None:
        entry = TimelineEntry(vendor_id=vendor_id, kind=kind, subject_id=subject_id, step=step, author_id=by)
        session.add(entry)
    entry.happened_on, entry.visibility, entry.body, entry.facts = on, visibility, body, facts
    news.tell_followers(session, entry, by=by, former=former)
    return entry


def erase(session: WorkspaceSession, kind: TimelineKind, subject_id: int, *, step: str | None = None) -> None:
    """Take a subject's entries off the timeline: it was deleted, or undone."""
    statement = delete(TimelineEntry).where(TimelineEntry.kind == kind, TimelineEntry.subject_id == subject_id)
    session.execute(statement if step is None else statement.where(TimelineEntry.step == step))


def _of(kind: TimelineKind, subject_id: int) -> Any:
    return select(TimelineEntry).where(TimelineEntry.kind == kind, TimelineEntry.subject_id == subject_id)
