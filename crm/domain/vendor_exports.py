"""Vendors out of the business: a table that spreadsheets open and our own import reads back, or address cards.

A file's words are not translated: programs read them too. Dates are ISO, money has its currency beside it. Vendors are
read in batches, so that a file of any length takes little memory.
"""

import re
import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from typing import Any, BinaryIO

from crm.core import clock, formats
from crm.core.csv_files import TableWriter
from crm.core.errors import Missing
from crm.core.tenancy import WorkspaceSession
from crm.domain import bulk_acts, permissions
from crm.domain.import_columns import EXPORT_COLUMN, record_cell, record_mark
from crm.domain.import_rows import Splits, split_list, split_phones
from crm.domain.permissions import Act
from crm.models.custom_fields import NUMBER_SCALE
from crm.models.enums import BulkItemState, BulkKind, BulkState, FieldKind
from crm.models.lists import BulkAct, BulkItem
from crm.models.workspaces import Membership, Workspace
from crm.queries import custom_fields, people, vendor_lists
from crm.queries.custom_fields import Field
from crm.queries.people import PersonRow
from crm.queries.vendor_lists import CUSTOM, ListRow, Sort, Wanted

BATCH = 500
PEOPLE_APART = 3
"""So many people of a vendor have columns of their own, as the import knows them."""


class Format(StrEnum):
    """What a file can be."""

    CSV = "csv"
    VCARD = "vcard"


MEDIA_TYPES = {Format.CSV: "text/csv; charset=utf-8", Format.VCARD: "text/vcard; charset=utf-8"}
SUFFIXES = {Format.CSV: "csv", Format.VCARD: "vcf"}

HEADS: dict[str, tuple[str, ...]] = {
    Sort.NAME: ("Vendor",),
    Sort.WHAT: ("What they do",),
    Sort.KIND: ("Vendor kind",),
    Sort.DOES: ("Category",),
    Sort.TAGS: ("Tags",),
    Sort.WEBSITE: ("Website",),
    Sort.LOCATION: ("Location",),
    Sort.TIME_ZONE: ("Time zone",),
    Sort.LANGUAGES: ("Languages",),
    Sort.SOURCE: ("Source",),
    Sort.PERSON: (),
    Sort.EMAIL: (),
    Sort.PHONE: (),
    Sort.STAGE: ("Stage",),
    Sort.IN_STAGE: ("In this stage since",),
    Sort.STANDING: ("Standing",),
    Sort.TIER: ("Tier",),
    Sort.OWNER: ("Looked after by",),
    Sort.BACKUP: ("Stands in",),
    Sort.AVAILABILITY: ("Has time",),
    Sort.HOURS: ("Hours of work",),
    Sort.RATE: ("Rate", "Rate in", "Rate for"),
    Sort.MINIMUM: ("Minimum", "Minimum in", "Minimum for"),
    Sort.CADENCE: ("Stay in touch every",),
    Sort.DUE: ("Next check-in on",),
    Sort.DUE_KIND: ("What is due",),
    Sort.CONTACT: ("Last spoke on",),
    Sort.ADDED: ("Added on",),
    Sort.ADDED_BY: ("Added by",),
}
"""The words over each column's cells, in the order of a file with everything; people come in columns of their own."""

_OF_PEOPLE = (Sort.PERSON, Sort.EMAIL, Sort.PHONE)
_PERSON_HEADS = ("Contact", "Role", "E-mail", "Phone")


def everything(fields: Sequence[Field]) -> list[str]:
    """All columns."""
    return [*HEADS, *(f"{CUSTOM}{each.id}" for each in fields)]


# By page: recorded, then fetched


def record(
    session: WorkspaceSession,
    *,
    by: Membership,
    file_format: Format,
    columns: Sequence[str],
    vendor_ids: Sequence[int],
) -> BulkAct:
    """Keep who took which vendors out, when and how. The file itself is written when it is fetched."""
    permissions.require(by, Act.WORK)
    act = BulkAct(
        created_by=by.user_id,
        kind=BulkKind.EXPORT,
        terms={"format": file_format, "columns": list(columns)},
        state=BulkState.DONE,
        total=len(vendor_ids),
    )
    session.add(act)
    session.flush()
    done = {"act_id": act.id, "state": BulkItemState.DONE, "reason": "", "before": {}}
    session.insert_many(BulkItem, [{**done, "vendor_id": vendor_id} for vendor_id in vendor_ids])
    return act


def write_recorded(session: WorkspaceSession, act_id: int, out: BinaryIO, *, by: Membership) -> Format:
    """Write the file of a recorded export. Raises :class:`Missing` for another's."""
    act = bulk_acts.find(session, act_id, by=by)
    if act.kind is not BulkKind.EXPORT or act.created_by != by.user_id:
        raise Missing
    vendor_ids = vendor_lists.ids_of_act(session, act.id)
    file_format = Format(act.terms["format"])
    write(session, vendor_ids, out, file_format=file_format, columns=act.terms["columns"], workspace=by.workspace.slug)
    return file_format


# The files


def write_all(session: WorkspaceSession, out: BinaryIO, *, file_format: Format, workspace: str, today: date) -> int:
    """Write every vendor of the business with everything. Says how many they are."""
    vendor_ids = vendor_lists.matching_ids(session, Wanted(), today)
    columns = everything(custom_fields.fields(session))
    write(session, vendor_ids, out, file_format=file_format, columns=columns, workspace=workspace)
    return len(vendor_ids)


def write(
    session: WorkspaceSession,
    vendor_ids: Sequence[int],
    out: BinaryIO,
    *,
    file_format: Format,
    columns: Sequence[str],
    workspace: str,
) -> None:
    """Write these vendors. ``workspace`` is the business's slug; cards are told apart by it."""
    if file_format is Format.VCARD:
        out.writelines(card.encode() for card in _cards(session, vendor_ids, workspace))
        return
    writer = TableWriter(out)
    for row in table(session, vendor_ids, columns):
        writer.write(row)
    writer.finish()


def table(session: WorkspaceSession, vendor_ids: Sequence[int], columns: Sequence[str]) -> Iterator[list[str]]:
    """The header, then a row for each vendor."""
    fields = custom_fields.fields(session)
    known = {f"{CUSTOM}{each.id}": each for each in fields}
    plain = [column for column in dict.fromkeys(columns) if HEADS.get(column) or column in known]
    with_people = any(column in _OF_PEOPLE for column in columns)
    workspace = session.get_one(Workspace, session.workspace_id)
    mark = record_mark(workspace)
    yield [*_header(plain, known), *(_people_header() if with_people else []), EXPORT_COLUMN]
    for batch in _batches(vendor_ids):
        rows = vendor_lists.rows_of(session, batch, columns=plain, fields=fields)
        known_people = people.of_vendors(session, batch) if with_people else {}
        for row in rows:
            cells = [cell for column in plain for cell in _cells(column, row, known, workspace.time_zone)]
            yield [*cells, *(_people_cells(known_people[row.id]) if with_people else []), record_cell(mark, row.id)]


def _header(columns: Sequence[str], known: dict[str, Field]) -> list[str]:
    found: list[str] = []
    for column in columns:
        found += [known[column].name] if column in known else HEADS[column]
    return found


def _people_header() -> list[str]:
    heads = [_numbered(head, place) for place in range(PEOPLE_APART) for head in _PERSON_HEADS]
    return [*heads, "Others there"]


def _numbered(head: str, place: int) -> str:
    return head if place == 0 else f"{head} {place + 1}"


def _people_cells(known: Sequence[PersonRow]) -> list[str]:
    cells: list[str] = []
    for place in range(PEOPLE_APART):
        person = known[place] if place < len(known) else None
        cells += (
            [person.name, person.role, _list(person.emails), _list(person.phones, split_phones)] if person else [""] * 4
        )
    others = (", ".join([person.name, *person.emails, *person.phones]) for person in known[PEOPLE_APART:])
    return [*cells, "; ".join(others)]


def _cells(column: str, row: ListRow, known: dict[str, Field], zone: str) -> list[str]:
    if column == Sort.NAME:
        return [row.name]
    value = row.cells.get(column)
    if column in (Sort.RATE, Sort.MINIMUM):
        amount, currency, period = value or (None, "", None)
        return ["", "", ""] if amount is None else [formats.plain_money(amount, currency), currency, period or ""]
    if column in known:
        return [_own(known[column], value)]
    if column == Sort.STANDING:
        return [_list([_standing(each) for each in value or ()])]
    if isinstance(value, datetime):
        return [clock.local(value, zone).date().isoformat()]
    return [_plain(value)]


def _own(field: Field, value: Any) -> str:
    if field.kind is FieldKind.MONEY:
        amount, currency = value or (None, "")
        return "" if amount is None else f"{formats.plain_money(amount, currency)} {currency}"
    if field.kind is FieldKind.NUMBER and value is not None:
        return f"{(Decimal(value) / NUMBER_SCALE).normalize():f}"
    return _plain(value)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return _list(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _list(values: Sequence[str], split: Splits = split_list) -> str:
    """Several values in one cell. A single one that holds a comma says that it is one; one that would be torn apart or
    trimmed by ``split``, with which the import reads it, stands in quotes."""
    kept = [_quoted(value, split) for value in values]
    return f"{kept[0]};" if len(kept) == 1 and split(kept[0]) != split(f"{kept[0]};") else "; ".join(kept)


def _quoted(value: str, split: Splits) -> str:
    doubled = value.replace('"', '""')
    return value if split(f"{value};") == (value,) else f'"{doubled}"'


def _standing(gathered: str) -> str:
    level, day, category = gathered.split(" ", 2)
    return " ".join(part for part in (category, level, "until", day) if part)


def _batches(vendor_ids: Sequence[int]) -> Iterator[list[int]]:
    remaining = iter(vendor_ids)
    while batch := list(islice(remaining, BATCH)):
        yield batch


# Cards (RFC 6350)


_CARD_COLUMNS = (Sort.WHAT, Sort.WEBSITE, Sort.LOCATION, Sort.TIME_ZONE, Sort.TAGS, Sort.LANGUAGES)
_NAMESPACE = uuid.UUID("5f0d2f3e-5a4f-4b57-9c51-6d1a4c9a7f10")


def _cards(session: WorkspaceSession, vendor_ids: Sequence[int], workspace: str) -> Iterator[str]:
    for batch in _batches(vendor_ids):
        known_people = people.of_vendors(session, batch)
        for row in vendor_lists.rows_of(session, batch, columns=_CARD_COLUMNS):
            persons: list[PersonRow | None] = [*known_people[row.id]] or [None]
            for person in persons:
                yield _card(row, person, workspace)


def _card(row: ListRow, person: PersonRow | None, workspace: str) -> str:
    """One person at a vendor, or the vendor itself where nobody there is known by name."""
    name = person.name if person else row.name
    subject = f"person/{person.id}" if person else f"vendor/{row.id}"
    lines = [
        "BEGIN:VCARD",
        "VERSION:4.0",
        f"UID:urn:uuid:{uuid.uuid5(_NAMESPACE, f'{workspace}/{subject}')}",
        f"KIND:{'individual' if person else 'org'}",
        f"FN:{_escaped(name)}",
        f"ORG:{_escaped(row.name)}",
    ]
    if person:
        lines += [f"N:{_named(name)}"]
        lines += [f"TITLE:{_escaped(person.role)}"] if person.role else []
        lines += [f"EMAIL:{_escaped(email)}" for email in person.emails]
        lines += [f"TEL;VALUE=text:{_escaped(phone)}" for phone in person.phones]
    cells = row.cells
    lines += [f"URL:{_address(cells[Sort.WEBSITE])}"] if cells[Sort.WEBSITE] else []
    lines += [f"ADR:;;;{_escaped(cells[Sort.LOCATION])};;;"] if cells[Sort.LOCATION] else []
    lines += [f"TZ;VALUE=text:{_escaped(cells[Sort.TIME_ZONE])}"] if cells[Sort.TIME_ZONE] else []
    tags = ",".join(_escaped(tag) for tag in cells[Sort.TAGS])
    lines += [f"CATEGORIES:{tags}"] if tags else []
    lines += [f"NOTE:{_escaped(row.what_they_do)}"] if row.what_they_do else []
    return "".join(f"{_folded(line)}\r\n" for line in (*lines, "END:VCARD"))


def _named(name: str) -> str:
    """A name in its parts: the last word is taken for the family's."""
    given, _blank, family = name.rpartition(" ")
    return f"{_escaped(family)};{_escaped(given)};;;"


def _escaped(value: str) -> str:
    """Text as a value: what divides and ends values is marked, other control characters are dropped."""
    marked = re.sub(r"([\\,;])", r"\\\1", value)
    return re.sub(r"[\x00-\x1f\x7f]", "", re.sub(r"\r\n|\r|\n", r"\\n", marked))


def _address(value: str) -> str:
    return re.sub(r"[\x00-\x20\x7f]", "", value)


def _folded(line: str) -> str:
    """The line in pieces of 75 bytes at the most, no letter divided; each further one begins with a blank."""
    pieces, piece, length = [], "", 0
    for letter in line:
        size = len(letter.encode())
        if length + size > 75:
            pieces.append(piece)
            piece, length = " ", 1
        piece, length = piece + letter, length + size
    return "\r\n".join([*pieces, piece])
