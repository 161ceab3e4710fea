"""Reading how something came to say what it says: each edit with what it said before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from crm.core.tenancy import WorkspaceSession
from crm.models.log import Interaction, Note, Revision
from crm.models.vendors import PersonEdit, VendorEdit
from crm.models.workspaces import Membership
from crm.queries.log import was_readable


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: who made it, when, and what the thing said before and after, by name of the column."""

    id: int
    by: int
    at: datetime
    before: dict[str, Any]
    after: dict[str, Any]


def of(session: WorkspaceSession, said: Interaction | Note, *, reader: Membership) -> Sequence[Edit]:
    """The edits of something that the reader may read, latest first. One query.

    An edit of a note is left out where the reader could not have read it before or after: what it said is not theirs.
    """
    column = Revision.note_id if isinstance(said, Note) else Revision.interaction_id
    rows = session.scalars(select(Revision).where(column == said.id).order_by(Revision.id.desc())).all()
    after, may_read, found = _says(said), True, []
    for row in rows:
        could_read = was_readable(row, said, reader)
        if could_read and may_read:
            found.append(Edit(row.id, row.edited_by, row.edited_at, row.before, after))
        after, may_read = row.before, could_read
    return found


AT_ONCE = 50
"""So many edits of fields stand on one page."""


@dataclass(frozen=True, slots=True)
class FieldEdit:
    """One edit of a vendor or a person: who made it, when, and each field before and after as facts."""

    id: int
    by: int
    at: datetime
    changes: dict[str, Any]


def of_vendor(session: WorkspaceSession, vendor_id: int, *, before: int | None = None) -> list[FieldEdit]:
    """The edits of a vendor's fields, latest first, those with a smaller number than ``before``; one more than a page
    shows where there are more. One query."""
    return _field_edits(session, VendorEdit, VendorEdit.vendor_id == vendor_id, before)


def of_person(session: WorkspaceSession, person_id: int, *, before: int | None = None) -> list[FieldEdit]:
    """Likewise for a person."""
    return _field_edits(session, PersonEdit, PersonEdit.person_id == person_id, before)


def _field_edits(
    session: WorkspaceSession, kind: type[VendorEdit] | type[PersonEdit], theirs: Any, before: int | None
) -> list[FieldEdit]:
    columns = kind.id, kind.edited_by, kind.edited_at, kind.changes
    statement = select(*columns).where(theirs).order_by(kind.id.desc()).limit(AT_ONCE + 1)
    if before is not None:
        statement = statement.where(kind.id < before)
    return [FieldEdit(*row) for row in session.execute(statement)]


def _says(said: Interaction | Note) -> dict[str, Any]:
    if isinstance(said, Note):
        return {"body": said.body, "visibility": said.visibility}
    return {
        "kind": said.kind,
        "outcome": said.outcome,
        "initiated_by": said.initiated_by,
        "occurred_on": said.occurred_on.isoformat(),
        "person_id": said.person_id,
        "summary": said.summary,
        "minutes": said.minutes,
    }
