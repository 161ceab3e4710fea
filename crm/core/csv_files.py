"""Tables in text files (CSV and its kin): found out, read row by row in constant memory, and written.

Files come from spreadsheets, address books and accounting systems, none of which says how it wrote them.
So encoding, delimiter, first row and header are worked out from the bytes, and each can be overruled.
"""

import codecs
import csv
import io
import re
import shutil
import statistics
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from crm.core import limits
from crm.core.errors import Refused
from crm.core.i18n import _

DELIMITERS = (",", ";", "\t", "|")

CHUNK_BYTES = 1 << 20
HEAD_BYTES = 1 << 16
SAMPLE_CHARACTERS = 1 << 18
SAMPLE_ROWS = 200
JUDGED_CHARACTERS = 400
SHOWN_VALUES = 4
SHOWN_CHARACTERS = 80
LEAST_PATIENCE = 20

# The standard library stops at cells above 131,072 characters; the limit here is our own, told in words.
csv.field_size_limit(max(csv.field_size_limit(), 2 * limits.TABLE_RECORD_LENGTH))


class UnreadableTable(Refused):
    """The file cannot be read as a table; the words say what it is or what is wrong with it, and where."""


class Evidence(StrEnum):
    """What the encoding was concluded from."""

    MARK = "mark"
    """A byte order mark."""
    ZEROS = "zeros"
    """Every other byte is zero, as in UTF-16."""
    VALID = "valid"
    """Every byte is right in UTF-8."""
    MOSTLY_VALID = "mostly_valid"
    """Nearly every byte is right in UTF-8; the others are shown as a replacement character."""
    LETTERS = "letters"
    """Not UTF-8; of the old encodings, the one in which the accents make the most sense."""
    ASKED = "asked"
    """The caller said so."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its place in a row, a name that no other column has, and a few of its values."""

    index: int
    name: str
    samples: tuple[str, ...]
    """Up to four different values as they stand in the file, cut for showing."""
    values: tuple[str, ...] = field(repr=False)
    """The filled cells of the first rows, the longest cut, to judge by what the column holds."""


Row = tuple[int, list[str]]
"""The line of the file on which a row begins (from 1), and its cells, as many as the table is wide."""


@dataclass(slots=True)
class Table:
    """A table that was found in a file. Use it as a context manager, or close it."""

    encoding: str
    evidence: Evidence
    delimiter: str
    has_header: bool
    header: tuple[str, ...]
    """A name for every cell of a row, nameless ones included: what a file of rows left out begins with."""
    columns: tuple[Column, ...]
    """The columns worth offering: nameless ones at the end are not."""
    preamble: tuple[str, ...]
    """The lines before the header that are no part of the table."""
    own_export: bool
    """Whether the quotes that our own export puts before formulas are taken off."""
    first_line: int
    """The line on which the first row may begin."""
    _stream: BinaryIO = field(repr=False)
    _spaced: bool = field(repr=False)
    _owns_stream: bool = field(repr=False)

    @property
    def width(self) -> int:
        """How many cells a row should have."""
        return len(self.header)

    def rows(self) -> Iterator[Row]:
        """The rows from the first to the last, each time anew; one at a time, as they share the open file.

        Rows without any value are left out. Short rows are filled up with empty cells. Cells beyond the
        header's width stay if they hold something, so that the caller can see that the row is too long.
        Raises :class:`UnreadableTable` at a line longer than ``limits.TABLE_RECORD_LENGTH``.
        """
        with _decoded(self._stream, self.encoding) as text:
            lines = _Lines(text)
            lines.skip(self.first_line - 1)
            for number, cells in _Records(lines, self.delimiter, spaced=self._spaced, width=self.width):
                if is_blank(cells):
                    continue
                yield number, self._fitted(cells)

    def _fitted(self, cells: list[str]) -> list[str]:
        width = self.width
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        cells.extend([""] * (width - len(cells)))
        return [unprotected(cell) for cell in cells] if self.own_export else cells

    def close(self) -> None:
        """Close the file, if it was opened here."""
        if self._owns_stream:
            self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_table(
    source: bytes | BinaryIO | Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    header_names: Collection[str] = (),
    knows_header: Callable[[Sequence[str]], bool] | None = None,
    own_marks: Collection[str] = (),
) -> Table:
    """Find out how a file holds its table.

    ``encoding``, ``delimiter`` and ``header`` overrule what would be found. ``header_names`` are columns that
    the caller knows to be there: the first line that has them all is the header. ``knows_header`` is asked
    about a line that could be header or data. ``own_marks`` are column names that only our own exports have.
    Raises :class:`UnreadableTable` with words if the file is empty, no text, or not a table.
    """
    stream, owns_stream = _opened(source)
    try:
        head = _head(stream)
        _refuse_other_formats(head)
        if encoding is None:
            encoding, evidence = _find_encoding(stream, head)
        else:
            encoding, evidence = _known_encoding(encoding), Evidence.ASKED
        lines, cut = _sample_lines(stream, encoding)
        chosen = delimiter or find_delimiter(lines, cut=cut)
        spaced = _is_spaced(lines, chosen)
        records = _sample_records(stream, encoding, chosen, spaced=spaced)
        layout = _find_layout(records, header, header_names, knows_header)
    except BaseException:
        if owns_stream:
            stream.close()
        raise
    own_export = any(mark in layout.header for mark in own_marks)
    plain = unprotected if own_export else str
    body = [[plain(cell) for cell in record.cells] for record in records[layout.body :] if not is_blank(record.cells)]
    head_cells = [plain(cell) for cell in layout.header]
    names = _unique_names(head_cells)
    return Table(
        encoding=encoding,
        evidence=evidence,
        delimiter=chosen,
        has_header=layout.has_header,
        header=names,
        columns=_columns(head_cells, names, body),
        preamble=tuple(chosen.join(record.cells) for record in records[: layout.start] if not is_blank(record.cells)),
        own_export=own_export,
        first_line=layout.first_line,
        _stream=stream,
        _spaced=spaced,
        _owns_stream=owns_stream,
    )


def is_blank(cells: Sequence[str]) -> bool:
    """Whether no cell holds anything but white space."""
    return not any(cell and not cell.isspace() for cell in cells)


# Writing


_FORMULA = re.compile("'*[=+\\-@\t\r\0]")


def protected(value: str) -> str:
    """The value with a quote before it if a spreadsheet would take it for a formula; nothing is lost by it.

    A value that already looks protected gets one quote more, so that :func:`unprotected` gives it back.
    """
    return "'" + value if _FORMULA.match(value) else value


def unprotected(value: str) -> str:
    """What :func:`protected` was given."""
    return value[1:] if value.startswith("'") and _FORMULA.match(value) else value


class TableWriter:
    """Writes CSV that spreadsheets open rightly and safely: UTF-8 with its mark, every cell quoted."""

    def __init__(self, out: BinaryIO) -> None:
        self._text = io.TextIOWrapper(out, encoding="utf-8-sig", errors="replace", newline="", write_through=True)
        self._writer = csv.writer(self._text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")

    def write(self, row: Iterable[str]) -> None:
        """Write one row; cells that begin like a formula are :func:`protected`."""
        self._writer.writerow([protected(cell) for cell in row])

    def finish(self) -> None:
        """Write what is still held back, and leave the stream open."""
        self._text.detach()


def write_rows(out: BinaryIO, rows: Iterable[Iterable[str]]) -> int:
    """Write rows (the header is the first) and say how many they were."""
    writer = TableWriter(out)
    written = 0
    for row in rows:
        writer.write(row)
        written += 1
    writer.finish()
    return written


# Bytes and encodings


def _opened(source: bytes | BinaryIO | Path) -> tuple[BinaryIO, bool]:
    """A stream that can be read more than once, and whether it is ours to close."""
    if isinstance(source, bytes):
        return io.BytesIO(source), True
    if isinstance(source, Path):
        return source.open("rb"), True
    if source.seekable():
        return source, False
    kept = tempfile.TemporaryFile()  # noqa: SIM115 - the table closes it
    shutil.copyfileobj(source, kept)
    return kept, True


def _head(stream: BinaryIO) -> bytes:
    stream.seek(0)
    return stream.read(HEAD_BYTES)


_OTHER_FORMATS = (
    (b"PK\x03\x04", "XLSX"),
    (b"\xd0\xcf\x11\xe0", "XLS"),
    (b"%PDF", "PDF"),
    (b"BEGIN:VCARD", "vCard"),
    (b"BEGIN:VCALENDAR", "iCalendar"),
    (b"\x1f\x8b", "gzip"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"<!DOCTYPE HTML", "HTML"),
    (b"<HTML", "HTML"),
)


def _refuse_other_formats(head: bytes) -> None:
    """Say what the file is, where it is plainly something else than text in columns."""
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
        raise UnreadableTable(_("The file is empty."))
    start = head.lstrip()[:20].upper()
    for beginning, name in _OTHER_FORMATS:
        if start.startswith(beginning.upper()):
            raise UnreadableTable(
                _("This is a file of the kind %(kind)s, not CSV. Save it as CSV and import that.", kind=name)
            )


def _known_encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise UnreadableTable(_("There is no encoding called “%(name)s”.", name=name)) from None


def _find_encoding(stream: BinaryIO, head: bytes) -> tuple[str, Evidence]:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig", Evidence.MARK
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", Evidence.MARK
    if zeros := _find_utf16(head):
        return zeros, Evidence.ZEROS
    _refuse_binary(head)
    if _is_utf8(stream):
        return "utf-8", Evidence.VALID
    return _guess_encoding(stream)


def _find_utf16(head: bytes) -> str | None:
    """UTF-16 without its mark: delimiters, digits and line ends leave zeros in every other byte."""
    even, odd, pairs = head[0::2].count(0), head[1::2].count(0), max(len(head) // 2, 1)
    if odd > pairs / 10 and odd > 10 * even:
        return "utf-16-le"
    if even > pairs / 10 and even > 10 * odd:
        return "utf-16-be"
    return None


_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\x0b\x0c\x1a")) + b"\x7f"


def _refuse_binary(head: bytes) -> None:
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > 8 and controls > len(head) / 10:
        raise UnreadableTable(_("This is not a text file. Save the table as CSV and import that."))


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    while chunk := stream.read(CHUNK_BYTES):
        yield chunk


def _is_utf8(stream: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(stream):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _guess_encoding(stream: BinaryIO) -> tuple[str, Evidence]:
    """For a file that is not quite UTF-8: damaged UTF-8, or one of the encodings of old."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    damaged = foreign = 0
    context = bytearray()
    for chunk in _chunks(stream):
        text = decoder.decode(chunk)
        lost = text.count("\ufffd")
        damaged += lost
        foreign += len(text) - len(text.encode("ascii", "ignore")) - lost
        if len(context) < HEAD_BYTES:
            context += b"\n".join(_ACCENTED.findall(chunk)[:HEAD_BYTES])
    if foreign > 10 * damaged:
        return "utf-8", Evidence.MOSTLY_VALID
    return _most_sensible(bytes(context)), Evidence.LETTERS


_ACCENTED = re.compile(rb"[A-Za-z]{0,2}[\x80-\xff]+[A-Za-z]{0,2}")
_USUAL_ENCODING = "cp1252"
_OTHER_ENCODINGS = ("mac_roman", "cp850")
_FREQUENT = "äöüßéèàçñóåø"
_LETTERS = _FREQUENT + "ÄÖÜêëâáãîïíìôòõûúùæœÅÆØÉÀÇÑ"
_IN_A_WORD = re.compile(f"[A-Za-z][{_LETTERS}]|[{_LETTERS}][a-z]")
_IN_PLACE = re.compile(f"[A-Za-z][{_FREQUENT}]|[{_FREQUENT}][a-z]")
_OUT_OF_PLACE = re.compile(f"(?<=[A-Za-z])[^\\x00-\\x7f{_LETTERS}’‘–—](?=[A-Za-z])|[a-z][ÄÖÜÅÆØÉÀÇÑ]")


def _most_sensible(context: bytes) -> str:
    """cp1252, which spreadsheets in the West write, unless it makes no sense and another does."""
    best = max(_OTHER_ENCODINGS, key=lambda name: _sense(context, name))
    return best if _sense(context, _USUAL_ENCODING) < 0 < _sense(context, best) else _USUAL_ENCODING


def _sense(context: bytes, encoding: str) -> int:
    """How much sense the accents make: letters within words, less signs that stand where a letter should."""
    text = context.decode(encoding, "as-latin-1")
    return sum(len(shape.findall(text)) for shape in (_IN_A_WORD, _IN_PLACE)) - 2 * len(_OUT_OF_PLACE.findall(text))


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    """cp1252 has five holes; browsers read Latin-1 there, and so do we."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("as-latin-1", _as_latin_1)


@contextmanager
def _decoded(stream: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    """The stream as text from its start, with its line ends as they are; the stream stays open."""
    stream.seek(0)
    errors = "replace" if encoding.startswith("utf") else "as-latin-1"
    text = io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline="")
    try:
        yield text
    finally:
        # An iteration that nobody finished may outlive its table.
        with suppress(ValueError):
            text.detach()


# Lines and records


class _Lines:
    """The lines of a text with their ends (LF, CR or both), numbered, some of which can be given back."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._returned: deque[str] = deque()
        self.number = 0
        """How many lines have been taken."""

    def take(self) -> str | None:
        if self._returned:
            line = self._returned.popleft()
        else:
            line = self._text.readline(limits.TABLE_RECORD_LENGTH + 1)
            if len(line) > limits.TABLE_RECORD_LENGTH:
                raise UnreadableTable(
                    _(
                        "Line %(line)s is longer than %(most)s characters. This does not look like a table.",
                        line=self.number + 1,
                        most=limits.TABLE_RECORD_LENGTH,
                    )
                )
        if not line:
            return None
        self.number += 1
        return line

    def give_back(self, lines: Sequence[str]) -> None:
        self._returned.extendleft(reversed(lines))
        self.number -= len(lines)

    def skip(self, count: int) -> None:
        for _line in range(count):
            self.take()


class _Records:
    """Rows out of lines, as the csv module reads them, but a quote that nobody closes costs its cell only.

    The csv module would take all that follows, perhaps the rest of the file, for one cell.
    """

    def __init__(self, lines: _Lines, delimiter: str, *, spaced: bool, width: int = 0) -> None:
        self._lines = lines
        self._delimiter = delimiter
        self._spaced = spaced
        self._width = width
        self._taken: list[str] = []
        self._left_open = False
        # How many lines a cell may span. It is halved each time it was in vain, so that no file is slow.
        self._patience = limits.TABLE_RECORD_LINES
        self._reader = self._new_reader()

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        self._taken.clear()
        self._left_open = False
        number = self._lines.number + 1
        cells = next(self._reader)
        if self._left_open or (len(self._taken) > 1 and self._swallowed_rows()):
            if self._left_open:
                self._patience = max(self._patience // 2, LEAST_PATIENCE)
            self._lines.give_back(self._taken[1:])
            cells = self._mended(self._taken[0])
            self._reader = self._new_reader()
        return number, cells

    def _new_reader(self) -> Iterator[list[str]]:
        return csv.reader(self._feed(), delimiter=self._delimiter, skipinitialspace=self._spaced)

    def _feed(self) -> Iterator[str]:
        """Lines for the csv module, which asks for another one only if a quote is still open."""
        length = 0
        while True:
            if not self._taken:
                length = 0
            if length > limits.TABLE_RECORD_LENGTH or len(self._taken) >= self._patience:
                self._left_open = True
                return
            line = self._lines.take()
            if line is None:
                self._left_open = bool(self._taken)
                return
            self._taken.append(line)
            length += len(line)
            yield line

    def _strictly_read(self, lines: Sequence[str]) -> list[list[str]] | None:
        """The records of some lines, or None if their quotes are not in order."""
        try:
            return list(csv.reader(lines, delimiter=self._delimiter, skipinitialspace=self._spaced, strict=True))
        except csv.Error:
            return None

    def _swallowed_rows(self) -> bool:
        """Whether a cell of several lines is really a broken quote with good rows behind it."""
        if self._strictly_read(self._taken) is not None:
            return False
        return self._width > 1 and all(len(self._mended(line)) == self._width for line in self._taken)

    def _mended(self, line: str) -> list[str]:
        """One line by itself, in which the last quote that opens a cell in vain is an ordinary character."""
        line = line.rstrip("\r\n")
        starts = [match.end() - 1 for match in re.finditer(f'(?:^|{re.escape(self._delimiter)}) *"', line)]
        for text in (line, *(self._with_plain_quote(line, start) for start in reversed(starts))):
            records = self._strictly_read([text])
            if records:
                return records[0]
        return next(csv.reader([line], delimiter=self._delimiter, quoting=csv.QUOTE_NONE), [])

    def _with_plain_quote(self, line: str, start: int) -> str:
        end = line.find(self._delimiter, start)
        end = len(line) if end < 0 else end
        cell = line[start:end].replace('"', '""')
        return f'{line[:start]}"{cell}"{line[end:]}'


# Finding out


def _sample_lines(stream: BinaryIO, encoding: str) -> tuple[list[str], bool]:
    """The first lines, and whether the file goes on after them."""
    with _decoded(stream, encoding) as text:
        lines = _Lines(text)
        taken: list[str] = []
        size = 0
        while size < SAMPLE_CHARACTERS:
            line = lines.take()
            if line is None:
                return taken, False
            taken.append(line)
            size += len(line)
        return taken, True


def find_delimiter(lines: Sequence[str], *, cut: bool = False) -> str:
    """The delimiter that makes the most regular table; ``cut``: the lines are not the whole file."""
    scores = {delimiter: _regularity(lines, delimiter, cut=cut) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: scores[delimiter])
    if scores[best] > 0:
        return best
    # One column: take a delimiter that divides nothing.
    return next((each for each in DELIMITERS if max(_widths(lines, each, cut=cut)[0], default=1) <= 1), ",")


def _regularity(lines: Sequence[str], delimiter: str, *, cut: bool) -> float:
    """From 0 (no table) to nearly 1: how many rows are of the same width, and how wide that is."""
    widths, clean = _widths(lines, delimiter, cut=cut)
    common = Counter(width for width in widths if width > 1).most_common(1)
    if not common:
        return 0.0
    width = common[0][0]
    table = widths[widths.index(width) :]
    wide = sum(1 for each in table if each > 1)
    if wide < len(table) / 2 or len(table) < len(widths) / 3:
        return 0.0
    share = table.count(width) / len(table) * (0.9 + 0.1 * len(table) / len(widths))
    return share * (1 - 1 / width) * (1.0 if clean else 0.5)


def _widths(lines: Sequence[str], delimiter: str, *, cut: bool) -> tuple[list[int], bool]:
    """The widths of the rows that hold something, and whether all quotes stand in order."""
    widths: list[int] = []
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        widths.extend(len(cells) for cells in reader if not is_blank(cells))
    except csv.Error:
        if cut and reader.line_num >= len(lines):
            return widths, True
        loose = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        return [len(cells) for cells in loose if not is_blank(cells)], False
    return widths, True


def _is_spaced(lines: Sequence[str], delimiter: str) -> bool:
    """Whether blanks stand between the delimiter and an opening quote (``1, "Smith, John"``)."""
    reader = csv.reader(lines[:SAMPLE_ROWS], delimiter=delimiter)
    return any(cell.startswith(" ") and cell.lstrip(" ").startswith('"') for cells in reader for cell in cells)


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    end: int
    cells: list[str]


def _sample_records(stream: BinaryIO, encoding: str, delimiter: str, *, spaced: bool) -> list[_Record]:
    records: list[_Record] = []
    size = 0
    with _decoded(stream, encoding) as text:
        lines = _Lines(text)
        for number, cells in _Records(lines, delimiter, spaced=spaced):
            if len(cells) > limits.TABLE_COLUMNS:
                raise UnreadableTable(
                    _(
                        "Line %(line)s has %(count)s columns; %(most)s are the most.",
                        line=number,
                        count=len(cells),
                        most=limits.TABLE_COLUMNS,
                    )
                )
            records.append(_Record(number, lines.number, cells))
            size += sum(map(len, cells))
            if len(records) == SAMPLE_ROWS or size > 4 * SAMPLE_CHARACTERS:
                break
    return records


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which of the first records is what: the table starts at ``start``, its rows at ``body``."""

    start: int
    body: int
    has_header: bool
    header: tuple[str, ...]
    first_line: int


def _find_layout(
    records: Sequence[_Record],
    header: bool | None,
    header_names: Collection[str],
    knows_header: Callable[[Sequence[str]], bool] | None,
) -> _Layout:
    first = next((place for place, record in enumerate(records) if not is_blank(record.cells)), None)
    if first is None:
        raise UnreadableTable(_("The file holds no rows."))
    wanted = {name.strip() for name in header_names}
    named = [
        place for place, record in enumerate(records) if wanted and wanted <= {cell.strip() for cell in record.cells}
    ]
    start = named[0] if named else _find_start(records, first)
    has_header = bool(named) or header
    if has_header is None:
        has_header = start > first or _is_header(records, start, knows_header)
    if not has_header:
        body = [record.cells for record in records[first:] if not is_blank(record.cells)]
        return _Layout(first, first, False, ("",) * _usual_width(body), records[first].line)
    cells = tuple(" ".join(cell.split()) for cell in records[start].cells)
    return _Layout(start, start + 1, True, cells, records[start].end + 1)


def _usual_width(body: Sequence[Sequence[str]]) -> int:
    """The width of a table without a header: of its widest row, not counting empty cells that hang over."""
    return max(max((place + 1 for place, cell in enumerate(cells) if cell.strip()), default=1) for cells in body)


def _find_start(records: Sequence[_Record], first: int) -> int:
    """The first record that is as full as the others: titles and notes before it have a cell or two."""
    filled = [sum(1 for cell in record.cells if cell.strip()) for record in records]
    usual = statistics.median([count for count in filled if count])
    for place in range(first, min(len(records), first + 40)):
        if not filled[place] or filled[place] * 2 < usual:
            continue
        is_title = usual >= 2 and filled[place] == 1
        alone = len(records[place].cells) == 1 or (place + 1 < len(records) and not filled[place + 1])
        if not (is_title and alone):
            return place
    return first


_TYPES = {
    "email": re.compile(r"\s*(mailto:)?[^\s@,;<>]+@[^\s@,;<>]+\s*", re.IGNORECASE),
    "web": re.compile(r"\s*(https?://\S+|www\.\S+)\s*", re.IGNORECASE),
    "date": re.compile(r"\s*(\d{4}-\d\d?-\d\d?([T ].*)?|\d\d?[./]\d\d?[./]\d{2,4})\s*"),
    "number": re.compile(r"\s*[-+]?[$€£]?\s*(\d+|\d{1,3}([.,' ]\d{3})+)([.,]\d+)?\s*%?\s*"),
    "phone": re.compile(r"\s*[+(]?\d[\d ()./\-]{5,}\s*"),
}


def looks_like(value: str) -> str | None:
    """``email``, ``web``, ``date``, ``number`` or ``phone``, or None for a text."""
    if len(value) > JUDGED_CHARACTERS:
        return None
    return next((name for name, shape in _TYPES.items() if shape.fullmatch(value)), None)


def _is_header(records: Sequence[_Record], place: int, knows_header: Callable[[Sequence[str]], bool] | None) -> bool:
    """Whether a record names the columns: what is below is of another kind, or the caller knows its words."""
    cells = records[place].cells
    body = [record.cells for record in records[place + 1 :] if not is_blank(record.cells)]
    votes = sum(
        _header_vote(cell, [row[index] for row in body if index < len(row)]) for index, cell in enumerate(cells)
    )
    if votes:
        return votes > 0
    if knows_header is not None:
        return knows_header(cells)
    return len(cells) > 1


def _header_vote(cell: str, below: Sequence[str]) -> int:
    """1 for a header's cell, -1 for one of data, 0 if it cannot be told."""
    if not cell.strip():
        return 0
    filled = [value for value in below if value.strip()]
    own = looks_like(cell)
    if not filled:
        return -1 if own else 0
    if cell in filled:
        return -1
    kinds = Counter(looks_like(value) for value in filled)
    kind, count = kinds.most_common(1)[0]
    if kind is None or count < 0.6 * len(filled):
        return -1 if own in ("email", "web") else 0
    return -1 if own == kind else 1 if own is None else 0


def _unique_names(header: Sequence[str]) -> tuple[str, ...]:
    """A name for each cell of the header, none of them twice."""
    names: list[str] = []
    used: set[str] = set()
    for index, cell in enumerate(header):
        plain = name = cell or _("column %(number)s", number=index + 1)
        again = 2
        while name in used:
            name = f"{plain} ({again})"
            again += 1
        used.add(name)
        names.append(name)
    return tuple(names)


def _columns(header: Sequence[str], names: Sequence[str], body: Sequence[Sequence[str]]) -> tuple[Column, ...]:
    named = [index for index, cell in enumerate(header) if cell]
    last = max(named) if named else len(header) - 1
    columns = []
    for index, name in enumerate(names[: last + 1]):
        cells = (row[index] for row in body if index < len(row))
        values = tuple(cell[: JUDGED_CHARACTERS + 1] for cell in cells if cell.strip())
        if not values and not header[index]:
            continue
        different = list(dict.fromkeys(" ".join(value.split())[:SHOWN_CHARACTERS] for value in values))
        columns.append(Column(index, name, tuple(different[:SHOWN_VALUES]), values))
    return tuple(columns)
