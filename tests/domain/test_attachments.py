"""Files and links of a vendor: judged by what is in them, kept outside the database."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from crm.core import limits, uploads
from crm.core.errors import Missing, Refused
from crm.domain import attachments, vendors
from crm.domain.attachments import DOCX, GIF, JPEG, ODS, ODT, PDF, PNG, PPTX, TEXT, WEBP, XLSX, FileType
from crm.models.enums import AttachmentKind, TimelineKind
from crm.models.log import TimelineEntry
from crm.models.trials import TrialDeliverable
from crm.models.vendors import Attachment, Vendor
from tests.support.trial_tasks import in_full


def packed(**members: str | bytes) -> bytes:
    """A ZIP archive; ``__`` in a name stands for a slash."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), content)
    return buffer.getvalue()


def office(**members: str) -> bytes:
    buffer = io.BytesIO(packed(**members))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    return buffer.getvalue()


TAKEN = [
    (b"%PDF-1.7\n1 0 obj", PDF),
    (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", PNG),
    (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", JPEG),
    (b"GIF89a\x01\x00\x01\x00", GIF),
    (b"RIFF\x24\x00\x00\x00WEBPVP8 ", WEBP),
    (office(word__document_xml="<w/>"), DOCX),
    (office(xl__workbook_xml="<x/>"), XLSX),
    (office(ppt__presentation_xml="<p/>"), PPTX),
    (packed(mimetype="application/vnd.oasis.opendocument.text"), ODT),
    (packed(mimetype="application/vnd.oasis.opendocument.spreadsheet"), ODS),
    (b"name,rate\nAnn,38\n", TEXT),
    ("# Träger\n\n‘quoted’".encode(), TEXT),
    ("Träger".encode("cp1252"), TEXT),
    ("Träger".encode("utf-16"), TEXT),
]

NOT_TAKEN = [
    b"MZ\x90\x00\x03\x00\x00\x00",
    b"\x7fELF\x02\x01\x01\x00",
    b"<!DOCTYPE html><script>alert(1)</script>",
    b"\n\n  <svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    b"\xef\xbb\xbf<html><body>",
    "<script>alert(1)</script>".encode("utf-16"),
    b"<?xml version='1.0'?><x/>",
    b"<?php system($_GET['c']);",
    packed(evil_xml="<x/>"),
    packed(mimetype="application/epub+zip"),
    office(word__document_xml="<w/>", word__vbaProject_bin="x"),
    b"PK\x03\x04 no archive at all",
    b"text with a \x00 in it",
    b"RIFF\x24\x00\x00\x00WAVEfmt ",
]


@pytest.mark.parametrize(("content", "kind"), TAKEN, ids=lambda value: getattr(value, "media_type", None))
def test_a_type_is_known_by_its_content(content: bytes, kind: FileType):
    assert attachments.kind_of(io.BytesIO(content)) is kind


@pytest.mark.parametrize("content", NOT_TAKEN, ids=range(len(NOT_TAKEN)))
def test_what_could_do_harm_is_not_taken(content: bytes):
    assert attachments.kind_of(io.BytesIO(content)) is None


@pytest.mark.parametrize(
    ("name", "kind", "kept"),
    [
        ("Agreement 2026.pdf", PDF, "Agreement 2026.pdf"),
        ("invoice.exe", PDF, "invoice.exe.pdf"),
        ("../../etc/passwd", TEXT, "passwd.txt"),
        ("C:\\Users\\Ann\\rates.CSV", TEXT, "rates.CSV"),
        ("photo.jpeg", JPEG, "photo.jpeg"),
        ("gpj.\u202eexe", JPEG, "gpj.exe.jpg"),
        ('a<b>:"c|?*.pdf', PDF, "a_b___c___.pdf"),
        ("line\r\nSet-Cookie: x=1.pdf", PDF, "line Set-Cookie_ x=1.pdf"),
        ("", PNG, "file.png"),
        ("...", PNG, "file.png"),
        ("Träger.md", TEXT, "Träger.md"),
    ],
)
def test_the_name_is_made_harmless_and_its_ending_true(name, kind, kept):
    assert attachments.fitting_name(name, kind) == kept


def test_a_long_name_keeps_its_ending():
    name = attachments.fitting_name("x" * 1000 + ".pdf", PDF)
    assert len(name) == attachments.NAME_LENGTH
    assert name.endswith(".pdf")


@pytest.mark.parametrize("stored_as", ["../goodterms.db", "a/b", "", "a.b", "\u0661\u0662"])
def test_no_name_leads_out_of_the_folder(stored_as, tmp_path):
    with pytest.raises(ValueError, match="stored file"):
        uploads.place(tmp_path, stored_as)


# With a vendor


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "uploads"


@pytest.fixture
def kettle(inside, business) -> int:
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Kettle & Crane").id


def attach(session, business, vendor_id, folder, content=b"%PDF-1.7 x", name="nda.pdf", **said):
    vendor = vendors.at(session, vendor_id)
    return attachments.attach(vendor, by=business.owner, content=io.BytesIO(content), name=name, folder=folder, **said)


def test_a_file_is_kept_under_a_random_name(inside, business, kettle, folder):
    with inside(business) as session:
        row = attach(session, business, kettle, folder, kind=AttachmentKind.NDA)
        assert (row.name, row.media_type, row.size, row.kind) == ("nda.pdf", "application/pdf", 10, AttachmentKind.NDA)
        [file] = folder.iterdir()
        assert file.name == row.stored_as
        assert "nda" not in file.name
        assert file.read_bytes() == b"%PDF-1.7 x"
        assert file.stat().st_mode & 0o777 == 0o600
        [entry] = session.scalars(select(TimelineEntry).where(TimelineEntry.kind == TimelineKind.FILE)).all()
        assert entry.facts["name"] == "nda.pdf"


def test_a_file_of_the_largest_size_is_taken_and_one_byte_more_is_not(inside, business, kettle, folder):
    with inside(business) as session:
        largest = b"x" * limits.FILE_BYTES
        assert attach(session, business, kettle, folder, largest, "big.txt").size == limits.FILE_BYTES
        with pytest.raises(Refused) as refused:
            attach(session, business, kettle, folder, largest + b"x", "big.txt")
        assert refused.value.field == "file"


@pytest.mark.parametrize("content", [b"", b"MZ\x90\x00"])
def test_nothing_is_left_of_a_file_that_is_refused(content, inside, business, kettle, folder):
    with inside(business) as session, pytest.raises(Refused):
        attach(session, business, kettle, folder, content)
    assert not folder.exists()


def test_a_vendor_has_so_many_files_and_no_more(inside, business, kettle, folder, monkeypatch):
    monkeypatch.setattr(limits, "FILES_PER_VENDOR", 1)
    with inside(business) as session:
        attach(session, business, kettle, folder)
        with pytest.raises(Refused):
            attach(session, business, kettle, folder)


def test_a_failed_transaction_leaves_no_file_behind(inside, business, kettle, folder):
    def attach_and_stop():
        with inside(business) as session:
            attach(session, business, kettle, folder)
            raise RuntimeError("the machine stops here")

    with pytest.raises(RuntimeError):
        attach_and_stop()

    assert list(folder.iterdir()) == []
    with inside(business) as session:
        assert session.scalars(select(Attachment.id)).all() == []


def test_a_deleted_file_is_gone_with_its_bytes_and_its_line(inside, business, kettle, folder):
    with inside(business) as session:
        row_id = attach(session, business, kettle, folder).id
    with inside(business) as session:
        attachments.delete_file(attachments.file_at(session, row_id), by=business.owner, folder=folder)
        assert len(list(folder.iterdir())) == 1, "not before the transaction is through"

    assert list(folder.iterdir()) == []
    with inside(business) as session:
        assert session.scalars(select(TimelineEntry).where(TimelineEntry.kind == TimelineKind.FILE)).all() == []


def test_what_came_back_on_a_trial_task_keeps_the_name_of_its_file(inside, business, kettle, folder):
    with inside(business) as session:
        made = in_full(session.get_one(Vendor, kettle), by=business.owner)
        attachments.delete_file(attachments.file_at(session, made.attachment_id), by=business.owner, folder=folder)
        session.flush()
        delivered = session.get_one(TrialDeliverable, made.deliverable_id)
        session.refresh(delivered)
        assert (delivered.what, delivered.attachment_id) == ("pages.pdf", None)


def test_a_file_of_another_business_is_missing(inside, business, kettle, folder):
    with inside(business) as session:
        row_id = attach(session, business, kettle, folder).id
    with inside(business.stranger) as session, pytest.raises(Missing):
        attachments.file_at(session, row_id)


@pytest.mark.parametrize(
    "url", ["", "javascript:alert(1)", "data:text/html,x", "ftp://x.example", "//", "http://", "x y"]
)
def test_a_link_leads_to_the_web_and_nowhere_else(url, inside, business, kettle):
    with inside(business) as session, pytest.raises(Refused) as refused:
        attachments.add_link(vendors.at(session, kettle), by=business.owner, url=url)
    assert refused.value.field == "url"


def test_a_link_without_a_title_is_called_by_its_address(inside, business, kettle):
    with inside(business) as session:
        row = attachments.add_link(vendors.at(session, kettle), by=business.owner, url="wren.example/work")
        assert (row.url, row.title) == ("https://wren.example/work", "wren.example/work")
        attachments.edit_link(
            row, version=1, url="https://wren.example", title="Portfolio", kind=AttachmentKind.PORTFOLIO
        )
        assert (row.title, row.kind) == ("Portfolio", AttachmentKind.PORTFOLIO)
