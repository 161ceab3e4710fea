"""Files that are small on the way in and immense once somebody opens them: archives and pictures, judged unopened."""

import struct
import zipfile
from typing import BinaryIO

from crm.core import limits

_USUAL = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""How documents are packed. What is packed otherwise cannot be unpacked piece by piece."""
_HEAD = 256 * 1024
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def archive_is_too_large(archive: zipfile.ZipFile) -> bool:
    """Whether a ZIP archive says that it holds more than a document does, or cannot be as large as it says."""
    members = archive.infolist()
    if len(members) > limits.ARCHIVE_MEMBERS or any(member.compress_type not in _USUAL for member in members):
        return True
    if sum(member.file_size for member in members) > limits.ARCHIVE_BYTES:
        return True
    return any(_holds_more(archive, member) for member in members)


def _holds_more(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Whether one of the members goes on where it says that it ends: then its directory lies."""
    left = member.file_size
    with archive.open(member) as content:
        content._left = limits.ARCHIVE_BYTES + 1  # type: ignore[attr-defined]
        content._expected_crc = None  # type: ignore[attr-defined]
        while left >= 0:
            piece = content.read(64 * limits.KIB)
            if not piece:
                return False
            left -= len(piece)
    return True


def picture_size(content: BinaryIO) -> tuple[int, int] | None:
    """Width and height in pixels that a PNG, GIF, WebP or JPEG names; None where it names none."""
    content.seek(0)
    head = content.read(_HEAD)
    if head.startswith(b"\x89PNG") and len(head) >= 24:
        return struct.unpack(">II", head[16:24])
    if head.startswith(b"GIF8") and len(head) >= 10:
        return struct.unpack("<HH", head[6:10])
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP" and len(head) >= 30:
        return _webp_size(head)
    return _jpeg_size(head) if head.startswith(b"\xff\xd8") else None


def _webp_size(head: bytes) -> tuple[int, int] | None:
    kind = head[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    place = 2
    while place + 9 <= len(head) and head[place] == 0xFF:
        marker, length = head[place + 1], int.from_bytes(head[place + 2 : place + 4], "big")
        if marker in _JPEG_SIZES:
            height, width = struct.unpack(">HH", head[place + 5 : place + 9])
            return width, height
        place += 2 + length
    return None


def picture_is_too_large(content: BinaryIO) -> bool:
    """Whether a picture has more pixels than a camera makes: whoever opened it would need gigabytes."""
    size = picture_size(content)
    return size is not None and size[0] * size[1] > limits.PICTURE_PIXELS
