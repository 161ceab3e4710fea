"""Files that a letter to a vendor carries: some that are kept of the vendor, and some that come with the letter's form.

What comes with the form is kept of the vendor too. The letter takes their bytes as they are at that moment.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from crm.core import limits, uploads
from crm.core.errors import Refused
from crm.core.i18n import lazy, ngettext
from crm.core.tenancy import session_of
from crm.domain import attachments
from crm.mail.mime import EnclosedFile
from crm.models.vendors import Attachment, Vendor
from crm.models.workspaces import Membership


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that comes with the form: its name, and its bytes."""

    name: str
    content: BinaryIO

    @property
    def size(self) -> int:
        """Bytes."""
        return self.content.seek(0, 2)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a letter is to carry: files that are kept, by their ids, and such as come with the form."""

    kept: tuple[int, ...] = ()
    uploads: tuple[Upload, ...] = ()

    def marks(self) -> list[str]:
        """What tells it from another choice: the ids, and the fingerprint of what comes along."""
        return [*map(str, sorted(set(self.kept))), *map(_fingerprint, self.uploads)]


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that a letter takes along."""

    id: int
    size: int
    file: EnclosedFile


NOTHING = Wanted()


def take(vendor: Vendor, wanted: Wanted, *, by: Membership, folder: Path) -> list[Taken]:
    """Keep what comes along, and read everything that is wanted. Raises :class:`Refused` where it is too many or too
    much for a letter, of no type that is kept, or no longer there."""
    rows = [_kept(vendor, number) for number in dict.fromkeys(wanted.kept)]
    box = "uploads" if wanted.uploads else "files"
    if len(rows) + len(wanted.uploads) > limits.LETTER_FILES:
        words = lazy("A letter carries %(most)s files at the most.", most=limits.LETTER_FILES)
        raise Refused(words, field=box)
    if sum(row.size for row in rows) + sum(upload.size for upload in wanted.uploads) > limits.LETTER_FILES_BYTES:
        most = limits.LETTER_FILES_BYTES // limits.MIB
        words = lazy(
            "A letter carries files of up to %(most)s MB together: more is turned away by many mail servers.", most=most
        )
        raise Refused(words, field=box)
    rows += [_keep(vendor, upload, by=by, folder=folder) for upload in wanted.uploads]
    return [Taken(row.id, row.size, _read(row, folder)) for row in rows]


def named(names: Sequence[str]) -> str:
    """What the log says of a letter's files; nothing where it has none."""
    if not names:
        return ""
    said = ", ".join(name.replace("*", "") for name in names)
    return ngettext("With a file: %(names)s", "With files: %(names)s", len(names), names=said)


def _kept(vendor: Vendor, number: int) -> Attachment:
    row = session_of(vendor).get(Attachment, number)
    if row is None or row.vendor_id != vendor.id:
        raise Refused(lazy("A file that was chosen has been deleted. Choose again."), field="files")
    return row


def _keep(vendor: Vendor, upload: Upload, *, by: Membership, folder: Path) -> Attachment:
    try:
        return attachments.attach(vendor, by=by, content=upload.content, name=upload.name, folder=folder)
    except Refused as refused:
        raise Refused(refused.words, field="uploads") from None


def _read(row: Attachment, folder: Path) -> EnclosedFile:
    try:
        content = uploads.place(folder, row.stored_as).read_bytes()
    except FileNotFoundError:
        words = lazy("%(name)s is no longer where it was kept, so it cannot go with the letter.", name=row.name)
        raise Refused(words, field="files") from None
    return EnclosedFile(row.name, row.media_type, content)


def _fingerprint(upload: Upload) -> str:
    upload.content.seek(0)
    return f"{upload.name}:{hashlib.sha256(upload.content.read()).hexdigest()}"
