"""An import in one go, for programs: taken in, matched by guess or as told, checked, and run unless it is a trial."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from crm.core import limits, text, uploads
from crm.core.csv_files import Column, UnreadableTable
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession
from crm.domain import import_reading, imports, permissions
from crm.domain.import_columns import OwnField, Target, read_mapping, record_mark, require_name, target
from crm.domain.import_files import OwnFields
from crm.domain.import_reading import Reading
from crm.domain.import_running import DoubleChoice
from crm.domain.permissions import Act
from crm.models.enums import ImportState
from crm.models.imports import Import
from crm.models.workspaces import Membership
from crm.queries.custom_fields import Field

COUNTS = ("rows", "created", "updated", "unchanged", "failed")


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as a program sends it. Without ``mapping`` (column in the file: field) its columns are guessed."""

    content: BinaryIO
    name: str
    mapping: Mapping[str, str] | None = None
    doubles: DoubleChoice = DoubleChoice.FILL
    is_trial: bool = False


def take(session: WorkspaceSession, sent: Sent, *, by: Membership, fields: Sequence[Field], folder: Path) -> Import:
    """Import a file. A trial says what would happen and keeps the file for a day, to be run with :func:`run`.

    ``fields`` are the business's own. The file is read before ``session`` asks the database for anything, which would
    have to wait. Raises :class:`Refused` for what is no table, too large, or matched with what is not there.
    """
    permissions.require(by, Act.IMPORT)
    _require_size(sent.content)
    with TemporaryDirectory(prefix="goodterms-import-") as scratch:
        path = Path(scratch) / "sent"
        with path.open("wb") as copy:
            shutil.copyfileobj(sent.content, copy)
        try:
            look = import_reading.look(path, OwnFields(fields, by.workspace.currency, record_mark(by.workspace)))
            columns = _columns(look, sent.mapping, fields)
            require_name(columns.values())
            with import_reading.reading(path, columns, _own(columns, fields, by)) as reading:
                return _taken(session, sent, reading, look, columns, by=by, folder=folder)
        except UnreadableTable as refused:
            raise Refused(refused.words, field="file") from None


def run(
    session: WorkspaceSession,
    import_id: int,
    *,
    known: WorkspaceSession,
    by: Membership,
    doubles: DoubleChoice,
    folder: Path,
) -> Import:
    """Run an import that was tried; its file is read while ``session`` has not asked for anything yet, by what
    ``known``, a reading session, says. Raises :class:`Refused` where it was run already, or its file is gone."""
    tried = imports.find(known, import_id)
    path, columns = imports.original(tried, folder), imports.told(tried).columns
    with import_reading.reading(path, columns, imports.own_fields(known, columns)) as reading:
        row = imports.find(session, import_id)
        imports.carry_out(row, by=by, reading=reading, usually=doubles, by_line={}, folder=folder)
    return row


def _taken(
    session: WorkspaceSession,
    sent: Sent,
    reading: Reading,
    look: dict[str, Any],
    columns: Mapping[str, Target],
    *,
    by: Membership,
    folder: Path,
) -> Import:
    row = Import(
        created_by=by.user_id,
        file_name=text.clean_line(sent.name)[: limits.FILE_NAME_LENGTH] or "vendors.csv",
        state=ImportState.UPLOADED,
        mapping={"look": look, "columns": dict(columns)},
    )
    session.add(row)
    session.flush()
    if sent.is_trial:
        imports.check(row, by=by, columns=columns, reading=reading, folder=folder)
        row.stored_as = _keep(session, sent, folder)  # after the check, which takes back all that was done before
    else:
        row.stored_as = _keep(session, sent, folder)
        imports.carry_out(row, by=by, reading=reading, usually=sent.doubles, by_line={}, folder=folder)
    return row


def _keep(session: WorkspaceSession, sent: Sent, folder: Path) -> str:
    sent.content.seek(0)
    return uploads.keep(session, folder, sent.content).stored_as


def _require_size(content: BinaryIO) -> None:
    size = content.seek(0, 2)
    content.seek(0)
    if size == 0:
        raise Refused(lazy("The file is empty."), field="file")
    if size > limits.IMPORT_PAGE_BYTES:
        most = limits.IMPORT_PAGE_BYTES // limits.MIB
        raise Refused(lazy("Choose a file of up to %(most)s MB.", most=most), field="file")


def _columns(look: dict[str, Any], told: Mapping[str, str] | None, fields: Sequence[Field]) -> dict[str, Target]:
    if told is None:
        return {name: target(said) for name, said in look["mapping"].items()}
    try:
        return read_mapping(told, [Column(seen["index"], seen["name"], (), ()) for seen in look["columns"]], fields)
    except Refused as refused:
        raise Refused(refused.words, field="mapping") from None


def _own(columns: Mapping[str, Target], fields: Sequence[Field], by: Membership) -> OwnFields:
    wanted = {field.id for field in columns.values() if isinstance(field, OwnField)}
    chosen = [field for field in fields if field.id in wanted]
    return OwnFields(chosen, by.workspace.currency, record_mark(by.workspace))
