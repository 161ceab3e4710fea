"""Importing vendors from files: uploaded, matched, checked, run, and given a cadence.

Everything that an import does happens in one transaction. A check runs the very import and takes it back, so that its
counts are those that will be.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import select

from crm.core import clock, engine, limits, text, uploads
from crm.core.csv_files import UnreadableTable
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import import_new_fields, import_reading, permissions
from crm.domain.import_columns import (
    OwnField,
    Target,
    read_mapping,
    record_mark,
    require_name,
    target,
    with_own,
)
from crm.domain.import_files import Ignored, LeftOut, OwnFields, Sheet, drafted, open_sheet
from crm.domain.import_reading import Reading
from crm.domain.import_running import Choices, DoubleChoice, Outcome, run
from crm.domain.permissions import Act
from crm.models.enums import ImportState
from crm.models.imports import Import
from crm.models.workspaces import Membership, Workspace
from crm.queries import custom_fields

KEPT_FOR = timedelta(days=1)
"""How long an uploaded file waits for whoever sent it."""

OPEN_STATES = (ImportState.UPLOADED, ImportState.CHECKED)


# By page: in steps


def upload(
    session: WorkspaceSession,
    *,
    by: Membership,
    content: BinaryIO,
    name: str,
    folder: Path,
    own: OwnFields | None = None,
) -> Import:
    """Take a file in, and look at what it holds (``mapping["look"]``). ``own`` is all that the business has of its own.

    Raises :class:`Refused` for an empty or too large file, one with too many rows, and what is no table.
    """
    permissions.require(by, Act.IMPORT)
    size = content.seek(0, 2)
    content.seek(0)
    if size == 0:
        raise Refused(lazy("The file is empty."), field="file")
    if size > limits.IMPORT_PAGE_BYTES:
        most = limits.IMPORT_PAGE_BYTES // limits.MIB
        raise Refused(lazy("Choose a file of up to %(most)s MB.", most=most), field="file")
    kept = uploads.keep(session, folder, content)
    path = uploads.place(folder, kept.stored_as)
    try:
        look = import_reading.look(path, own)
    except UnreadableTable as refused:
        path.unlink()  # nothing was asked of the database yet, so there is nothing that could be undone
        raise Refused(refused.words, field="file") from None
    row = Import(
        created_by=by.user_id,
        file_name=text.clean_line(name)[: limits.FILE_NAME_LENGTH] or "vendors.csv",
        stored_as=kept.stored_as,
        state=ImportState.UPLOADED,
        mapping={"look": look, "columns": look["mapping"]},
    )
    session.add(row)
    session.flush()
    return row


def find(session: WorkspaceSession, import_id: int) -> Import:
    """The import, held for a change where the session writes. Raises :class:`Missing`."""
    row = session.get(Import, import_id, with_for_update=session.writing or None)
    if row is None:
        raise Missing
    return row


def all_own(session: WorkspaceSession) -> OwnFields:
    """All that the business has of its own for reading a file."""
    workspace = session.get_one(Workspace, session.workspace_id)
    return OwnFields(custom_fields.fields(session), workspace.currency, record_mark(workspace))


def own_fields(session: WorkspaceSession, columns: Mapping[str, Target]) -> OwnFields:
    """What is the business's own in reading a file: its mark, and those of its fields that the columns go into."""
    wanted = {field.id for field in columns.values() if isinstance(field, OwnField)}
    workspace = session.get_one(Workspace, session.workspace_id)
    fields = [field for field in custom_fields.fields(session) if field.id in wanted] if wanted else []
    return OwnFields(fields, workspace.currency, record_mark(workspace))


@dataclass(frozen=True, slots=True)
class Told:
    """What a person said about a file: its columns' fields by name, and what happens to doubles."""

    columns: Mapping[str, Target]
    choices: Choices


def told(row: Import) -> Told:
    """What was said so far."""
    columns = {name: target(field) for name, field in row.mapping.get("columns", {}).items()}
    by_line = {int(line): DoubleChoice(choice) for line, choice in row.mapping.get("lines", {}).items()}
    return Told(columns, Choices(DoubleChoice(row.mapping.get("doubles", DoubleChoice.FILL)), by_line))


def original(row: Import, folder: Path) -> Path:
    """Where the uploaded file lies. Raises :class:`Refused` once it is gone."""
    if row.stored_as:
        path = uploads.place(folder, row.stored_as)
        if path.exists():
            return path
    raise Refused(lazy("This file is no longer here. Choose it again."))


def check(row: Import, *, by: Membership, columns: Mapping[str, Target], reading: Reading, folder: Path) -> Outcome:
    """Say which column is which field, and see what the import would do; nothing but that is kept.

    ``reading`` is the file drafted with the same ``columns``. Raises :class:`Refused` where no column is a name.
    """
    _require_open(row, by)
    require_name(columns.values())
    session = session_of(row)
    trial = session.begin_nested()
    try:
        outcome = _run(row, reading, by=by, columns=columns, choices=Choices())
    finally:
        trial.rollback()
    row.mapping = {**row.mapping, "columns": dict(columns), "doubles": DoubleChoice.FILL, "lines": {}}
    row.counts = {**_counts(outcome), "check": _kept(outcome)}
    row.state = ImportState.CHECKED
    _keep_left_out(row, reading, folder)
    return outcome


def carry_out(
    row: Import,
    *,
    by: Membership,
    reading: Reading,
    usually: DoubleChoice,
    by_line: Mapping[int, DoubleChoice],
    folder: Path,
) -> Outcome:
    """Run the import as it was checked. The uploaded file goes with it."""
    _require_open(row, by)
    outcome = _run(row, reading, by=by, columns=told(row).columns, choices=Choices(usually, by_line))
    row.mapping = {"columns": row.mapping.get("columns", {}), "doubles": usually}
    _finish(row, outcome)
    _keep_left_out(row, reading, folder)
    uploads.drop(session_of(row), folder, row.stored_as)
    row.stored_as = ""
    return outcome


def discard(row: Import, *, by: Membership, folder: Path) -> None:
    """Forget an import that was not run, with its file."""
    _require_open(row, by)
    _forget(row, folder)


def drop_stale(session: WorkspaceSession, *, folder: Path, now: datetime | None = None) -> int:
    """Forget the imports that nobody finished within a day, with their files. Says how many."""
    before = (now or clock.now()) - KEPT_FOR
    statement = select(Import).where(Import.state.in_(OPEN_STATES), Import.created_at < before)
    rows = session.scalars(statement).all()
    for row in rows:
        _forget(row, folder)
    return len(rows)


def _forget(row: Import, folder: Path) -> None:
    session = session_of(row)
    for stored_as in filter(None, (row.stored_as, row.failed_as)):
        uploads.drop(session, folder, stored_as)
    session.delete(row)


def _require_open(row: Import, by: Membership) -> None:
    permissions.require(by, Act.IMPORT)
    if row.state not in OPEN_STATES:
        raise Refused(lazy("This import has been run already."))


def _run(row: Import, reading: Reading, *, by: Membership, columns: Mapping[str, Target], choices: Choices) -> Outcome:
    session = session_of(row)
    _pass_alone(session)
    made = import_new_fields.make(session, columns, reading.options, by=by)
    own = [*own_fields(session, columns).fields, *made.values()]
    drafts = import_new_fields.settled(reading.drafts(), made) if made else reading.drafts()
    outcome = run(session, drafts, row=row, by=by, choices=choices, own=own)
    outcome.failed, outcome.ignored = reading.failed, reading.ignored
    return outcome


def _pass_alone(session: WorkspaceSession) -> None:
    """Two imports into one business run one after the other, so that each sees what the other made."""
    engine.pass_alone(session.connection(), f"import {session.workspace_id}")


def _counts(outcome: Outcome) -> dict[str, Any]:
    """What an import's page and the API say of it."""
    further = {"people": outcome.people, "notes": outcome.notes, "ignored_columns": outcome.ignored}
    return {**outcome.counts(), **further}


def _finish(row: Import, outcome: Outcome) -> None:
    row.counts = _counts(outcome)
    row.state = ImportState.DONE
    row.finished_at = clock.now()


def _keep_left_out(row: Import, reading: Reading, folder: Path) -> None:
    session = session_of(row)
    if row.failed_as:
        uploads.drop(session, folder, row.failed_as)
        row.failed_as = ""
    if reading.failed:
        with reading.left_out.open("rb") as content:
            row.failed_as = uploads.keep(session, folder, content).stored_as


def _kept(outcome: Outcome) -> dict[str, Any]:
    """What the page of the check shows besides the counts."""
    return {
        "doubles": outcome.doubles,
        "shown": [{**asdict(double), "why": str(double.why)} for double in outcome.shown],
        "alike": outcome.alike,
        "remarks": outcome.remarks,
    }


# By command: at once


def import_file(
    session: WorkspaceSession,
    path: Path,
    *,
    by: Membership,
    mapping: Mapping[str, str] | None,
    left_out: Path,
    dry_run: bool = False,
) -> Outcome:
    """Import a file of any length, row by row. Rows that cannot be imported go to the file ``left_out``.

    ``mapping`` tells the columns' fields in words (:func:`crm.domain.import_columns.read_mapping`); without it they
    are guessed. With ``dry_run`` all of it is taken back. Raises :class:`UnreadableTable`, or :class:`Refused` for a
    mapping that does not fit.
    """
    permissions.require(by, Act.IMPORT)
    with open_sheet(path, header_names=list(mapping or ())) as sheet:
        columns = _told_or_guessed(session, sheet, mapping)
        own = own_fields(session, columns)
        trial = session.begin_nested() if dry_run else None
        row = Import(
            created_by=by.user_id,
            file_name=text.clean_line(path.name)[: limits.FILE_NAME_LENGTH],
            state=ImportState.RUNNING,
            mapping={"columns": dict(columns)},
        )
        session.add(row)
        session.flush()
        _pass_alone(session)
        ignored = Ignored(sheet.columns, columns)
        with LeftOut(left_out, sheet.header) as others:
            outcome = run(session, drafted(sheet, columns, others, own, ignored), row=row, by=by, own=own.fields)
            outcome.failed, outcome.ignored = others.count, ignored.names
        _finish(row, outcome)
        if trial is not None:
            trial.rollback()
    return outcome


def _told_or_guessed(session: WorkspaceSession, sheet: Sheet, mapping: Mapping[str, str] | None) -> dict[str, Target]:
    fields = custom_fields.fields(session)
    if mapping is None:
        columns = with_own(sheet.guess(), [column.name for column in sheet.columns], fields)
    else:
        columns = read_mapping(mapping, sheet.columns, fields)
    require_name(columns.values())
    return columns
