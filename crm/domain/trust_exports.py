"""The trust log out of the business: a table that spreadsheets open, as far as its reader may read it.

The file's words are not translated: programs read them too. Dates are ISO.
"""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from crm.core.csv_files import write_rows
from crm.core.tenancy import WorkspaceSession
from crm.models.workspaces import Membership
from crm.queries import trust_entries as reading

BATCH = 500
HEAD = (
    "Id",
    "Vendor",
    "When",
    "Dimension",
    "Direction",
    "Weight",
    "What happened",
    "Person",
    "Evidence",
    "File",
    "Record",
    "Promised for",
    "Came on",
    "Seen by",
    "Told them",
    "What we did",
    "Who may read it",
    "Mends",
    "Takes the place of",
    "Written by",
    "Written at",
)


def write(session: WorkspaceSession, out: BinaryIO, *, reader: Membership, vendor_id: int | None = None) -> int:
    """Write the entries that stand and that ``reader`` may read, the oldest first, of one vendor or of all.

    Says how many they are. They are read in batches, so that a file of any length takes little memory.
    """
    return write_rows(out, _table(session, reader, vendor_id)) - 1


def _table(session: WorkspaceSession, reader: Membership, vendor_id: int | None) -> Iterator[Iterable[str]]:
    yield HEAD
    after = 0
    while rows := reading.exported(session, reader=reader, vendor_id=vendor_id, after=after, limit=BATCH):
        links = reading.links_of(session, [row.entry for row in rows], reader=reader)
        for row in rows:
            yield _cells(row, links[row.entry.id])
        after = rows[-1].entry.id


def _cells(row: reading.ExportRow, links: reading.Links) -> tuple[str, ...]:
    entry = row.entry
    said = (
        entry.id,
        row.vendor,
        entry.occurred_on,
        entry.dimension,
        entry.direction,
        entry.weight,
        entry.what_happened,
        row.person,
        entry.evidence,
        row.file,
        links.record,
        entry.expected_on,
        entry.actual_on,
        row.observer,
        "yes" if entry.vendor_told else "no",
        entry.our_response,
        entry.visibility,
        links.repairs_id,
        links.corrects_id,
        row.author,
        entry.created_at.isoformat(timespec="seconds"),
    )
    return tuple(_cell(value) for value in said)


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
