"""What somebody wants the team, the admins or only themselves to know about a vendor."""

from crm.core import clock, limits
from crm.core.errors import Forbidden, Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import audit, mentions, permissions, timeline
from crm.models.enums import AuditKind, TimelineKind, Visibility
from crm.models.log import Note, Revision
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership


def find(session: WorkspaceSession, note_id: int, *, reader: Membership, deleted: bool = False) -> Note:
    """A note that the reader may read; a deleted one only where that is asked for. Raises :class:`Missing`."""
    note = session.get(Note, note_id, with_for_update=session.writing or None)
    if note is None or (note.deleted_at is not None) != deleted:
        raise Missing
    if not permissions.may_read(reader, note.visibility, note.created_by):
        raise Missing
    return note


def write(vendor: Vendor, *, by: Membership, body: str, visibility: Visibility = Visibility.TEAM) -> Note:
    """Add a note: Markdown, in which ``@name`` calls a teammate who may read it. Raises :class:`Refused`."""
    _check(body)
    session = session_of(vendor)
    note = Note(vendor_id=vendor.id, body=body, visibility=visibility, created_by=by.user_id)
    session.add(note)
    session.flush()
    _record(note, by=by, is_new=True)
    mentions.notice(note, by=by)
    return note


def edit(note: Note, *, by: Membership, version: int, body: str, visibility: Visibility) -> None:
    """Change a note's words, or who may read it; what it said before is kept.

    Raises :class:`Stale` where somebody saved it since ``version`` was read, :class:`Forbidden` unless its author or
    an admin edits it.
    """
    require_may_change(note, by)
    if note.version != version:
        raise Stale
    _check(body)
    if (note.body, note.visibility) == (body, visibility):
        return
    if visibility is not note.visibility and note.created_by != by.user_id:
        # Somebody else's note may be mended, but not shown to others, nor hidden from its author.
        raise Refused(lazy("Only its author can change who may read it."), field="visibility")
    session = session_of(note)
    before = {"body": note.body, "visibility": note.visibility}
    session.add(Revision(note_id=note.id, before=before, edited_by=by.user_id))
    if visibility is not note.visibility:
        _tell_audit(note, AuditKind.VISIBILITY_CHANGED, by=by, before=note.visibility, after=visibility)
    note.body, note.visibility = body, visibility
    note.version += 1
    _record(note, by=by)
    mentions.notice(note, by=by)


def delete(note: Note, *, by: Membership) -> None:
    """Take a note away. Raises :class:`Forbidden` unless its author or an admin does."""
    require_may_change(note, by)
    note.deleted_at = clock.now()
    if note.visibility is not Visibility.AUTHOR:
        _tell_audit(note, AuditKind.DELETED, by=by)
    timeline.erase(session_of(note), TimelineKind.NOTE, note.id)
    mentions.forget(note)


def restore(note: Note, *, by: Membership) -> None:
    """Take :func:`delete` back."""
    require_may_change(note, by)
    note.deleted_at = None
    _record(note, by=by)
    mentions.notice(note, by=by)


def may_change(note: Note, member: Membership) -> bool:
    """Whether the member may edit or delete the note: its author and the admins may."""
    return note.created_by == member.user_id or member.is_admin


def require_may_change(note: Note, member: Membership) -> None:
    """Raises :class:`Forbidden` where :func:`may_change` says no."""
    if not may_change(note, member):
        raise Forbidden(lazy("Only its author and admins can change a note."))


def _tell_audit(note: Note, kind: AuditKind, *, by: Membership, **facts: str) -> None:
    """Names the vendor, never the words. That somebody kept a note to themselves is told to nobody."""
    session = session_of(note)
    vendor = session.get_one(Vendor, note.vendor_id)
    audit.record_here(session, kind, by=by.user_id, about=vendor.name, what="note", **facts)


def _check(body: str) -> None:
    if not body:
        raise Refused(lazy("Type what there is to note."), field="body")
    if len(body) > limits.TEXT_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.TEXT_LENGTH), field="body")


def _record(note: Note, *, by: Membership, is_new: bool = False) -> None:
    timeline.record(
        session_of(note),
        note.vendor_id,
        TimelineKind.NOTE,
        note.id,
        on=clock.local(note.created_at, by.workspace.time_zone).date(),
        by=note.created_by,
        visibility=note.visibility,
        body=note.body,
        is_new=is_new,
        edited=note.version > 1,
    )
