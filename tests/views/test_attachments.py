"""Files and links: sent, downloaded as what they are, and never opened by the browser."""

from __future__ import annotations

import io

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from crm.core import limits
from crm.domain import vendors
from crm.models.vendors import Attachment, VendorLink
from tests.support.browsing import soup, words
from tests.support.forms import as_shown

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def kettle(inside, business) -> int:
    with inside(business) as session:
        return vendors.add(session, by=business.owner, name="Kettle & Crane").id


def send(client, vendor_id, content=b"%PDF-1.7 x", name="Agreement.pdf"):
    """Sends a file as a browser does. The body is made here: the test client would leave a large one open."""
    sent = FileStorage(io.BytesIO(content), name)
    boundary, body = encode_multipart({"file": sent, "kind": "contract", "csrf_token": client.token()})
    return client.client.post(
        f"/vendors/{vendor_id}/files", data=body, content_type=f"multipart/form-data; boundary={boundary}"
    )


def test_a_file_is_handed_out_as_a_download(kettle, client, inside, business):
    assert "File added." in words(client.follow(send(client, kettle)), ".toasts")
    with inside(business) as session:
        file_id = session.scalars(select(Attachment.id)).one()
    with client.get(f"/files/{file_id}") as answer:
        assert answer.data == b"%PDF-1.7 x"
        assert answer.headers["Content-Disposition"] == "attachment; filename=Agreement.pdf"
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["x.html", "Träger \u202e ‘€’.txt", "../../x", "", "x" * 5000])
def test_whatever_a_file_is_called_it_is_a_download(name, kettle, client, inside, business):
    assert send(client, kettle, b"hello", name or "x").status_code == 303
    with inside(business) as session:
        file_id = session.scalars(select(Attachment.id)).one()
    with client.get(f"/files/{file_id}") as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment; filename")
        assert answer.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"MZ\x90\x00", "Choose a PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "Choose a PDF"),
        (b"", "The file is empty."),
        (b"x" * (limits.FILE_BYTES + 1), "Choose a file of up to 9 MB."),
    ],
)
def test_what_is_not_taken_is_said_at_the_box(content, sentence, kettle, client, settings):
    answer = send(client, kettle, content)
    assert answer.status_code == 422
    assert sentence in words(answer, ".error")
    assert not settings.uploads.exists() or not list(settings.uploads.iterdir())


def test_no_file_is_said_too(kettle, client):
    for nothing in ({}, {"file": "just text"}, {"kind": "contract"}):
        answer = client.post(f"/vendors/{kettle}/files", **nothing)
        assert answer.status_code == 422
        assert "Choose a file" in words(answer, ".error")


def test_more_than_a_request_may_hold_is_answered_in_words(kettle, client):
    answer = send(client, kettle, b"x" * limits.BODY_BYTES)
    assert answer.status_code == 413
    assert "Up to 9 MB can be sent here at once" in words(answer)


def test_a_file_that_is_gone_from_the_folder_is_missing(kettle, client, inside, business, settings):
    send(client, kettle)
    for file in settings.uploads.iterdir():
        file.unlink()
    with inside(business) as session:
        file_id = session.scalars(select(Attachment.id)).one()
    answer = client.get(f"/files/{file_id}")
    assert answer.status_code == 404
    assert "no longer where it was kept" in words(answer)


def test_a_deleted_file_is_read_by_nobody_and_its_bytes_wait_in_the_bin(kettle, client, inside, business, settings):
    send(client, kettle)
    with inside(business) as session:
        file_id = session.scalars(select(Attachment.id)).one()
    answer = client.post(f"/files/{file_id}/delete")
    assert "Agreement.pdf deleted." in words(client.follow(answer), ".toasts")
    assert client.get(f"/files/{file_id}").status_code == 404
    assert len(list(settings.uploads.iterdir())) == 1
    client.post("/bin/erasure")
    assert list(settings.uploads.iterdir()) == []


def test_a_viewer_reads_and_a_stranger_finds_nothing(kettle, client, browser_of, inside, business):
    send(client, kettle)
    with inside(business) as session:
        file_id = session.scalars(select(Attachment.id)).one()
    vera, silas = browser_of(business.viewer), browser_of(business.stranger)
    with vera.get(f"/files/{file_id}") as answer:
        assert answer.status_code == 200
    assert vera.post(f"/files/{file_id}/delete").status_code == 403
    assert not soup(vera.get(f"/vendors/{kettle}/files")).select("main form")
    assert silas.get(f"/files/{file_id}").status_code == 404
    assert silas.post(f"/files/{file_id}/delete").status_code == 404
    assert send(silas, kettle).status_code == 404


def test_a_link_is_kept_changed_and_taken_away(kettle, client, inside, business):
    added = client.post(f"/vendors/{kettle}/links", url="wren.example/work", title="", kind="portfolio")
    assert added.status_code == 303
    with inside(business) as session:
        link_id = session.scalars(select(VendorLink.id)).one()
    assert client.get(f"/links/{link_id}/edit").status_code == 200
    form = as_shown(client.get(f"/links/{link_id}/edit"))
    client.post(f"/links/{link_id}", **{**form, "url": "https://wren.example", "title": "Work", "kind": "portfolio"})
    shown = soup(client.get(f"/vendors/{kettle}/files")).select_one(".files a")
    assert (shown.get_text(), shown["href"]) == ("Work", "https://wren.example")
    client.post(f"/links/{link_id}/delete")
    assert "Nothing here yet" in words(client.get(f"/vendors/{kettle}/files"))


ANYTHING = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


@hypothesis.settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(url=ANYTHING, title=ANYTHING, kind=ANYTHING)
def test_nothing_that_can_be_typed_breaks_a_link(url, title, kind, client, kettle):
    answer = client.post(f"/vendors/{kettle}/links", url=url, title=title, kind=kind)
    assert answer.status_code in (303, 422)
