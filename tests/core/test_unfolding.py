"""What would unfold into far more than it is."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from crm.core import limits, unfolding
from crm.domain import attachments


def archive(packed: int = zipfile.ZIP_DEFLATED, **members: bytes) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packed) as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "/"), content)
    return buffer


def lying(content: bytes, says: int) -> io.BytesIO:
    """An archive whose directory names another size than its member has."""
    buffer = archive(mimetype=content)
    data = bytearray(buffer.getvalue())
    place = data.index(b"PK\x01\x02")
    data[place + 24 : place + 28] = struct.pack("<I", says)
    data[22:26] = struct.pack("<I", says)
    return io.BytesIO(bytes(data))


def png(width: int, height: int) -> io.BytesIO:
    return io.BytesIO(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height) + b"\x08\x06\0\0\0")


def test_an_archive_at_the_limit_is_taken_and_one_above_is_not(monkeypatch):
    monkeypatch.setattr(limits, "ARCHIVE_BYTES", 1000)
    for size, is_too_large in ((1000, False), (1001, True)):
        with zipfile.ZipFile(archive(word=b"x" * size)) as opened:
            assert unfolding.archive_is_too_large(opened) is is_too_large


def test_so_many_members_are_taken_and_one_more_is_not(monkeypatch):
    monkeypatch.setattr(limits, "ARCHIVE_MEMBERS", 2)
    for names, is_too_large in ((("a", "b"), False), (("a", "b", "c"), True)):
        with zipfile.ZipFile(archive(**dict.fromkeys(names, b"x"))) as opened:
            assert unfolding.archive_is_too_large(opened) is is_too_large


@pytest.mark.parametrize("packed", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_cannot_be_unpacked_piece_by_piece_is_not_taken(packed):
    with zipfile.ZipFile(archive(packed, word=b"x")) as opened:
        assert unfolding.archive_is_too_large(opened)


def test_a_directory_that_lies_is_found_out():
    with zipfile.ZipFile(lying(b"x" * 5_000_000, says=20)) as opened:
        assert unfolding.archive_is_too_large(opened)


def test_a_document_that_would_fill_a_disk_is_not_taken(monkeypatch):
    monkeypatch.setattr(limits, "ARCHIVE_BYTES", 1_000_000)
    members = {
        "[Content_Types].xml": b"<Types/>",
        "xl__workbook.xml": b"<w/>",
        "xl__sharedStrings.xml": b" " * 1_000_001,
    }
    assert attachments.kind_of(archive(**members)) is None
    members["xl__sharedStrings.xml"] = b" " * 1_000
    assert attachments.kind_of(archive(**members)) is attachments.XLSX


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (png(30, 20).getvalue(), (30, 20)),
        (b"GIF89a" + struct.pack("<HH", 30, 20), (30, 20)),
        (b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + (29).to_bytes(3, "little") + (19).to_bytes(3, "little"), (30, 20)),
        (b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08" + struct.pack(">HH", 20, 30), (30, 20)),
        (b"plain words", None),
        (b"\xff\xd8\xff\xe0", None),
    ],
)
def test_a_picture_says_how_large_it_is(head, size):
    assert unfolding.picture_size(io.BytesIO(head)) == size


def test_a_picture_of_more_pixels_than_a_camera_makes_is_not_taken():
    assert attachments.kind_of(png(10_000, 10_000)) is attachments.PNG
    assert attachments.kind_of(png(10_001, 10_000)) is None
    assert attachments.kind_of(png(2**31 - 1, 2**31 - 1)) is None
