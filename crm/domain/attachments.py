"""Files and links of a vendor. A file is judged by what is in it, never by its name."""

import codecs
import re
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import func, select, update

from crm.core import limits, text, unfolding, uploads
from crm.core.errors import Missing, Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import audit, timeline
from crm.domain.web_addresses import web_address
from crm.models.enums import AttachmentKind, AuditKind, TimelineKind
from crm.models.trials import TrialDeliverable
from crm.models.trust_entries import TrustEntry
from crm.models.vendors import Attachment, Vendor, VendorLink
from crm.models.workspaces import Membership

NAME_LENGTH = 255
LINKS_PER_VENDOR = 200
ACCEPTED = ".pdf,.png,.jpg,.jpeg,.gif,.webp,.docx,.xlsx,.pptx,.odt,.ods,.txt,.csv,.md"
"""For the browser's file box; what counts is :func:`kind_of`."""


@dataclass(frozen=True, slots=True)
class FileType:
    """A type of file that is taken: its media type, and the endings that such a file may have, the usual one first."""

    media_type: str
    endings: tuple[str, ...]


PDF = FileType("application/pdf", (".pdf",))
PNG = FileType("image/png", (".png",))
JPEG = FileType("image/jpeg", (".jpg", ".jpeg"))
GIF = FileType("image/gif", (".gif",))
WEBP = FileType("image/webp", (".webp",))
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX = FileType(_OFFICE + "wordprocessingml.document", (".docx",))
XLSX = FileType(_OFFICE + "spreadsheetml.sheet", (".xlsx",))
PPTX = FileType(_OFFICE + "presentationml.presentation", (".pptx",))
ODT = FileType("application/vnd.oasis.opendocument.text", (".odt",))
ODS = FileType("application/vnd.oasis.opendocument.spreadsheet", (".ods",))
TEXT = FileType("text/plain", (".txt", ".csv", ".md"))

_OFFICE_MEMBERS = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX, "ppt/presentation.xml": PPTX}
_OPEN_TYPES = {kind.media_type: kind for kind in (ODT, ODS)}
_MARKUP = re.compile(rb"<\s*(!doctype|html|head|body|script|svg|iframe|\?xml|\?php)", re.IGNORECASE)


def attach(
    vendor: Vendor,
    *,
    by: Membership,
    content: BinaryIO,
    name: str,
    folder: Path,
    kind: AttachmentKind = AttachmentKind.OTHER,
) -> Attachment:
    """Keep a file of a vendor. Raises Refused for a type that is not taken, an empty or too large file, or too many."""
    session = session_of(vendor)
    if _count(session, Attachment, vendor.id) >= limits.FILES_PER_VENDOR:
        raise Refused(lazy("A vendor has %(most)s files at the most.", most=limits.FILES_PER_VENDOR), field="file")
    size = content.seek(0, 2)
    content.seek(0)
    if size == 0:
        raise Refused(lazy("The file is empty."), field="file")
    if size > limits.FILE_BYTES:
        raise Refused(lazy("Choose a file of up to %(most)s MB.", most=limits.FILE_BYTES // limits.MIB), field="file")
    found = kind_of(content)
    if found is None:
        raise Refused(
            lazy("Choose a PDF, a PNG, JPEG, GIF or WebP picture, a DOCX, XLSX, PPTX, ODT or ODS file, or plain text."),
            field="file",
        )
    content.seek(0)
    kept = uploads.keep(session, folder, content)
    row = Attachment(
        vendor_id=vendor.id,
        created_by=by.user_id,
        kind=kind,
        name=fitting_name(name, found),
        media_type=found.media_type,
        size=kept.size,
        sha256=kept.sha256,
        stored_as=kept.stored_as,
    )
    session.add(row)
    session.flush()
    timeline.record(
        session,
        vendor.id,
        TimelineKind.FILE,
        row.id,
        on=by.workspace.today,
        by=by.user_id,
        name=row.name,
        file_kind=row.kind,
        size=row.size,
    )
    return row


def delete_file(row: Attachment, *, by: Membership, folder: Path | None = None) -> None:
    """Delete a file. ``folder`` is where files lie; without it its bytes stay, for whoever keeps the row.

    What pointed at it stays, without it: a trust note, and what came back on a trial task, which keeps the file's
    name.
    """
    session = session_of(row)
    vendor = session.get_one(Vendor, row.vendor_id)
    audit.record_here(session, AuditKind.DELETED, by=by.user_id, about=f"{row.name}, {vendor.name}", what="file")
    session.execute(update(TrustEntry).where(TrustEntry.attachment_id == row.id).values(attachment_id=None))
    of_trials = TrialDeliverable.attachment_id == row.id
    unnamed = update(TrialDeliverable).where(of_trials, TrialDeliverable.what == "")
    session.execute(unnamed.values(what=row.name))
    session.execute(update(TrialDeliverable).where(of_trials).values(attachment_id=None))
    timeline.erase(session, TimelineKind.FILE, row.id)
    if folder is not None:
        uploads.drop(session, folder, row.stored_as)
    session.delete(row)


def add_link(
    vendor: Vendor, *, by: Membership, url: str, title: str = "", kind: AttachmentKind = AttachmentKind.OTHER
) -> VendorLink:
    """Keep an address on the web of a vendor. Raises Refused for what is no http or https address."""
    session = session_of(vendor)
    if _count(session, VendorLink, vendor.id) >= LINKS_PER_VENDOR:
        raise Refused(lazy("A vendor has %(most)s links at the most.", most=LINKS_PER_VENDOR), field="url")
    row = VendorLink(vendor_id=vendor.id, created_by=by.user_id)
    _say(row, url, title, kind)
    session.add(row)
    session.flush()
    return row


def edit_link(
    row: VendorLink, *, version: int, url: str, title: str = "", kind: AttachmentKind = AttachmentKind.OTHER
) -> None:
    """Change a link. Raises :class:`Stale` where somebody did so since ``version``."""
    if row.version != version:
        raise Stale
    _say(row, url, title, kind)
    row.version += 1


def delete_link(row: VendorLink) -> None:
    """Take a link away."""
    session_of(row).delete(row)


def file_at(session: WorkspaceSession, attachment_id: int) -> Attachment:
    """The file's row. Raises Missing."""
    row = session.get(Attachment, attachment_id)
    if row is None:
        raise Missing
    return row


def link_at(session: WorkspaceSession, link_id: int) -> VendorLink:
    """The link. Raises Missing."""
    row = session.get(VendorLink, link_id, with_for_update=session.writing or None)
    if row is None:
        raise Missing
    return row


def kind_of(content: BinaryIO) -> FileType | None:
    """The type of a file by its content; None for one that is not taken. Reads from the beginning."""
    content.seek(0)
    head = content.read(2048)
    for starts, kind in (
        (b"%PDF-", PDF),
        (b"\x89PNG\r\n\x1a\n", PNG),
        (b"\xff\xd8\xff", JPEG),
        (b"GIF87a", GIF),
        (b"GIF89a", GIF),
    ):
        if head.startswith(starts):
            return kind if kind is PDF else _picture(kind, content)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _picture(WEBP, content)
    if head.startswith(b"PK\x03\x04"):
        return _office_kind(content)
    return TEXT if _is_plain_text(content) else None


def fitting_name(name: str, kind: FileType) -> str:
    """The name under which a file is handed out: no folders, nothing that turns the writing, an ending that is true."""
    cleaned = text.clean_line(name).replace("\\", "/").rpartition("/")[2]
    cleaned = re.sub(r'[<>:"|?*\x00-\x1f]', "_", unicodedata.normalize("NFC", cleaned)).strip(". ") or "file"
    if not cleaned.lower().endswith(kind.endings):
        cleaned += kind.endings[0]
    stem, dot, ending = cleaned.rpartition(".")
    return f"{stem[: NAME_LENGTH - len(ending) - 1]}{dot}{ending}"


def _picture(kind: FileType, content: BinaryIO) -> FileType | None:
    return None if unfolding.picture_is_too_large(content) else kind


def _office_kind(content: BinaryIO) -> FileType | None:
    """An office document among the ZIP archives: by its members, and without macros."""
    try:
        with zipfile.ZipFile(content) as archive:
            if unfolding.archive_is_too_large(archive):
                return None
            members = {info.filename: info for info in archive.infolist()}
            if any(name.lower().endswith("vbaproject.bin") for name in members):
                return None
            if "mimetype" in members and members["mimetype"].file_size < 100:
                return _OPEN_TYPES.get(archive.read("mimetype").decode("ascii", "replace").strip())
            if "[Content_Types].xml" not in members:
                return None
            return next((kind for name, kind in _OFFICE_MEMBERS.items() if name in members), None)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError, zlib.error):
        return None


def _is_plain_text(content: BinaryIO) -> bool:
    """UTF-8, UTF-16 with its mark, or an old single-byte set; no controls, and no markup at the start."""
    content.seek(0)
    head = content.read(limits.FILE_BYTES + 1)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        decoded = head.decode("utf-16", "replace").encode()
    else:
        decoded = head.removeprefix(codecs.BOM_UTF8)
    if _MARKUP.search(decoded[:2048]):
        return False
    return not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", decoded)


def _say(row: VendorLink, url: str, title: str, kind: AttachmentKind) -> None:
    try:
        address = web_address(url)
    except Refused as refused:
        raise Refused(refused.words, field="url") from None
    if not address:
        raise Refused(lazy("Type a web address, like https://wren.example."), field="url")
    title = text.clean_line(title)
    if len(title) > limits.NAME_LENGTH:
        raise Refused(lazy("Keep it under %(length)s characters.", length=limits.NAME_LENGTH), field="title")
    row.url, row.kind = address, kind
    row.title = title or address.removeprefix("https://").removeprefix("http://")[: limits.NAME_LENGTH]


def _count(session: WorkspaceSession, table: type[Attachment] | type[VendorLink], vendor_id: int) -> int:
    return session.scalar(select(func.count(table.id)).where(table.vendor_id == vendor_id)) or 0
