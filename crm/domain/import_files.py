"""A file becomes drafts of vendors, row by row, and a file of the rows that could not."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from crm.core import dates, formats, limits, text
from crm.core.csv_files import Column, Row, Table, TableWriter, open_table
from crm.core.errors import Refused
from crm.core.i18n import lazy
from crm.domain import custom_fields
from crm.domain.import_columns import (
    EXPORT_COLUMN,
    REASON_COLUMN,
    ImportField,
    NewField,
    OwnField,
    Target,
    guess_columns,
    knows_header,
)
from crm.domain.import_rows import NOTHING, BadRow, Reads, RowPlan, VendorDraft, draft_vendor
from crm.models.enums import FieldKind
from crm.queries.custom_fields import Field

Mapping_ = Mapping[str, Target]
"""Which column of the file (by its name) is which field."""


class Ignored:
    """The columns that hold something and go nowhere, found while the rows go by."""

    def __init__(self, columns: Sequence[Column], mapping: Mapping_) -> None:
        used = {*mapping, EXPORT_COLUMN}
        self._unseen = {column.index: column.name for column in columns if column.name not in used}
        self._seen: dict[int, str] = {}

    def see(self, cells: Sequence[str]) -> None:
        """One more row."""
        if self._unseen:
            filled = [place for place in self._unseen if place < len(cells) and cells[place].strip()]
            self._seen.update((place, self._unseen.pop(place)) for place in filled)

    @property
    def names(self) -> list[str]:
        """Their names, in the order of the file."""
        return [name for _place, name in sorted(self._seen.items())]


@dataclass(frozen=True, slots=True)
class OwnFields:
    """What is the business's own, for reading its files: its fields, and its mark.

    ``currency`` is what an amount without one is in.
    """

    fields: Sequence[Field] = ()
    currency: str = ""
    mark: str = ""
    """The business's mark: rows of its own exports are known by their record."""

    options: dict[int, dict[str, str]] = field(default_factory=dict)
    """The different values of lists that are to be made, by :attr:`NewField.id`, as they are read."""

    def reads(self, months_first: Mapping[int, bool], new: Iterable[NewField] = ()) -> dict[int, Reads]:
        """How each of them, and each new one, is read, by its id; ``months_first`` says how slashes divide the dates
        of its column."""
        fields = [*self.fields, *(Field(each.id, "", each.kind) for each in new)]
        found: dict[int, Reads] = {
            each.id: partial(_read, each, self.currency, months_first.get(each.id, False)) for each in fields
        }
        lists = (each.id for each in new if each.kind is FieldKind.CHOICE)
        return {**found, **{field_id: partial(_gather, self.options.setdefault(field_id, {})) for field_id in lists}}


def _gather(options: dict[str, str], cell: str) -> str:
    """A cell of a list that is to be made: what stands there is one of its options."""
    if len(cell) > limits.NAME_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.NAME_LENGTH))
    if cell.casefold() in NOTHING:
        return ""
    if len(options) <= limits.CUSTOM_CHOICES:
        options.setdefault(text.normal(cell), cell)
    return cell


def _read(field: Field, currency: str, month_first: bool, cell: str) -> str:
    return custom_fields.as_text(custom_fields.parse(field, cell, currency=currency, month_first=month_first))


@dataclass(slots=True)
class Sheet:
    """A table in a file, without the column of reasons that our own files of rows left out begin with."""

    table: Table
    header: tuple[str, ...]
    columns: tuple[Column, ...]
    _offset: int

    def guess(self) -> dict[str, ImportField]:
        """The likely field of each column; columns that fit nothing are left out."""
        guesses = guess_columns(self.columns, has_header=self.table.has_header)
        return {name: guess.field for name, guess in guesses.items()}

    def rows(self) -> Iterator[Row]:
        """The rows with their line numbers, as :meth:`crm.core.csv_files.Table.rows`."""
        for number, cells in self.table.rows():
            yield number, cells[self._offset :]

    def plan(self, mapping: Mapping_, own: OwnFields) -> RowPlan:
        """Where in a row each field stands."""
        new = [goal for goal in mapping.values() if isinstance(goal, NewField)]
        reads = own.reads(self._months_first(mapping), new)
        plan = RowPlan.of(self.columns, mapping, width=len(self.header), own=reads)
        plan = replace(plan, currency=own.currency or plan.currency)
        record = next((column.index for column in self.columns if column.name == EXPORT_COLUMN), None)
        return plan if record is None else replace(plan, record=record, mark=own.mark)

    def _months_first(self, mapping: Mapping_) -> dict[int, bool]:
        """Of the business's own fields, by their ids, how slashes divide the dates of their columns."""
        usually = formats.month_comes_first()
        chosen = ((mapping.get(column.name), column.values) for column in self.columns)
        return {
            goal.id: dates.month_comes_first(values, usually=usually)
            for goal, values in chosen
            if isinstance(goal, OwnField | NewField)
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.table.close()


def open_sheet(source: bytes | BinaryIO | Path, *, header_names: Collection[str] = ()) -> Sheet:
    """Open a file of vendors. ``header_names`` are columns that are known to be there.

    Raises :class:`crm.core.csv_files.UnreadableTable`.
    """
    table = open_table(
        source, header_names=header_names, knows_header=knows_header, own_marks=(REASON_COLUMN, EXPORT_COLUMN)
    )
    offset = 1 if table.own_export and table.header[0] == REASON_COLUMN else 0
    columns = tuple(replace(column, index=column.index - offset) for column in table.columns if column.index >= offset)
    return Sheet(table, table.header[offset:], columns, offset)


class LeftOut:
    """Writes the rows left out, each with its reason, into a file that is made with the first of them."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self.path = path
        self.count = 0
        self._header = header
        self._file: BinaryIO | None = None
        self._writer: TableWriter | None = None

    def add(self, reason: str, cells: Sequence[str]) -> None:
        """Set a row aside."""
        if self._writer is None:
            self._file = self.path.open("wb")
            self._writer = TableWriter(self._file)
            self._writer.write([REASON_COLUMN, *self._header])
        self._writer.write([reason, *cells])
        self.count += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None and self._file is not None:
            self._writer.finish()
            self._file.close()
        if error is not None:
            self.path.unlink(missing_ok=True)


Drafted = tuple[int, VendorDraft]
"""The line on which a row begins, and the vendor that it describes."""


def drafted(
    sheet: Sheet,
    mapping: Mapping_,
    left_out: LeftOut,
    own: OwnFields | None = None,
    ignored: Ignored | None = None,
) -> Iterator[Drafted]:
    """The vendors that the rows describe, one at a time; the other rows go to ``left_out``."""
    plan = sheet.plan(mapping, own or OwnFields())
    for number, cells in sheet.rows():
        if ignored is not None:
            ignored.see(cells)
        draft = draft_vendor(cells, plan)
        if isinstance(draft, BadRow):
            left_out.add(draft.reason, cells)
        else:
            yield number, draft
