"""An import in one go, for programs: taken in, matched by guess or as told, checked, and run unless it is a trial."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from crm.core import limits, text, uploads
from crm.core.csv_files import Column, UnreadableTable
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession
from crm.domain import import_reading, imports, permissions
from crm.domain.import_columns import ImportField, Target, read_mapping, require_name
from crm.domain.import_reading import Reading
from crm.domain.import_running import DoubleChoice
from crm.domain.permissions import Act
from crm.models.enums import ImportState
from crm.models.imports import Import
from crm.models.workspaces import Membership

COUNTS = ("rows", "created", "updated", "unchanged", "failed")


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as a program sends it. Without ``mapping`` (column in the file: field) its columns are guessed."""

    content: BinaryIO
    name: str
    mapping: Mapping[str, str] | None = None
    doubles: DoubleChoice = DoubleChoice.FILL
    is_trial: bool = False


def take(session: WorkspaceSession, sent: Sent, *, by: Membership, folder: Path) -> Import:
    """Import a file. A trial says what would happen and keeps the file for a day, to be run with :func:`run`.

    The file is read before the database is asked for anything, which would have to wait. Raises :class:`Refused` for
    what is no table, too large, or matched with what is not there.
    """
    permissions.require(by, Act.IMPORT)
    _require_size(sent.content)
    kept = uploads.keep(session, folder, sent.content)
    path = uploads.place(folder, kept.stored_as)
    try:
        look = import_reading.look(path)
        columns = _columns(look["columns"], sent.mapping)
        require_name(columns.values())
        with import_reading.reading(path, columns) as reading:
            row = Import(
                created_by=by.user_id,
                file_name=text.clean_line(sent.name)[:255] or "vendors.csv",
                stored_as=kept.stored_as,
                state=ImportState.UPLOADED,
                mapping={"look": look, "columns": dict(columns)},
            )
            session.add(row)
            session.flush()
            _begin(row, reading, sent, by=by, columns=columns, folder=folder)
    except UnreadableTable as refused:
        raise Refused(refused.words, field="file") from None
    return row


def run(row: Import, *, by: Membership, doubles: DoubleChoice, folder: Path) -> Import:
    """Run an import that was tried. Raises :class:`Refused` where it was run already, or its file is gone."""
    with import_reading.reading(imports.original(row, folder), imports.told(row).columns) as reading:
        imports.carry_out(row, by=by, reading=reading, usually=doubles, by_line={}, folder=folder)
    return row


def _begin(
    row: Import,
    reading: Reading,
    sent: Sent,
    *,
    by: Membership,
    columns: Mapping[str, Target],
    folder: Path,
) -> None:
    if sent.is_trial:
        imports.check(row, by=by, columns=columns, reading=reading, folder=folder)
    else:
        imports.carry_out(row, by=by, reading=reading, usually=sent.doubles, by_line={}, folder=folder)


def _require_size(content: BinaryIO) -> None:
    size = content.seek(0, 2)
    content.seek(0)
    if size == 0:
        raise Refused(lazy("The file is empty."), field="file")
    if size > limits.IMPORT_PAGE_BYTES:
        most = limits.IMPORT_PAGE_BYTES // limits.MIB
        raise Refused(lazy("Choose a file of up to %(most)s MB.", most=most), field="file")


def _columns(seen: list[dict[str, Any]], told: Mapping[str, str] | None) -> dict[str, Target]:
    if told is None:
        return {column["name"]: ImportField(column["guess"]) for column in seen if column["guess"]}
    try:
        return read_mapping(told, [Column(column["index"], column["name"], (), ()) for column in seen])
    except Refused as refused:
        raise Refused(refused.words, field="mapping") from None
