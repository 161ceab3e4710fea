"""A letter as it goes over the wire."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core import text
from crm.mail import mime
from crm.mail.mime import EnclosedFile, Letter

NOON = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)


def frozen(letter: Letter | None = None, **changes: str) -> bytes:
    values = {
        "key": "digest:1:2:2026-10-05",
        "message_id": "<abc@example.org>",
        "sender": "Good Terms <goodterms@example.org>",
        "recipient": "nadia@fern.example",
        "recipient_name": "Nadia Okafor",
    }
    return mime.freeze(letter or Letter("Hello", "Text.", "<p>HTML.</p>"), date=NOON, **{**values, **changes}).whole


def test_the_head_says_what_it_must() -> None:
    message = mime.read(frozen())
    assert {name: message[name] for name in ("From", "To", "Subject", "Message-ID", "X-Goodterms-Key")} == {
        "From": "Good Terms <goodterms@example.org>",
        "To": "Nadia Okafor <nadia@fern.example>",
        "Subject": "Hello",
        "Message-ID": "<abc@example.org>",
        "X-Goodterms-Key": "digest:1:2:2026-10-05",
    }
    assert message["Date"].datetime == NOON
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None


def test_both_parts_are_there_text_first() -> None:
    message = mime.read(frozen())
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert mime.part(frozen(), "plain").strip() == "Text."


def test_every_line_ends_with_crlf_and_is_short_enough() -> None:
    content = frozen(Letter("Grüße " * 30, "Ein Satz mit Umlauten: äöü. " * 200, "<p>" + "ß" * 5000 + "</p>"))
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", content) is None
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


def test_an_address_for_answers_with_letters_beyond_ascii_stays_as_it_is() -> None:
    content = frozen(Letter("Hello", "Text.", "<p></p>", reply_to=("Jürgen", "jürgen@bücher.example")))
    assert "<jürgen@xn--bcher-kva.example>".encode() in content.partition(b"\r\n\r\n")[0]
    assert frozen(Letter("Hello", "Text.", "<p></p>", reply_to=("Jürgen", "j@bücher.example"))).isascii()


def test_a_long_unsubscribe_address_stays_whole() -> None:
    address = "https://crm.example.org/unsubscribe/" + "a" * 300
    content = frozen(Letter("Hello", "Text.", "<p></p>", unsubscribe=address))
    assert f"List-Unsubscribe: <{address}>\r\n".encode() in content
    assert mime.read(content)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


HOSTILE = st.text(
    st.one_of(st.characters(), st.sampled_from("\r\n\x00\x0b\x0c\x85\u2028\u2029\ud800\udfff:<>\"',;=?_ ")), max_size=80
)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_nothing_that_somebody_typed_adds_a_header_or_breaks_a_line(subject, name, body) -> None:
    content = frozen(Letter(subject, body, body), recipient_name=name)
    message = mime.read(content)
    assert sorted(message.keys()) == sorted(mime.read(frozen()).keys())
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", content) is None
    assert [address.addr_spec for address in message["To"].addresses] == ["nadia@fern.example"]
    assert "\x00" not in mime.part(content, "plain")


def test_a_subject_beyond_ascii_is_read_as_it_was_written() -> None:
    assert mime.read(frozen(Letter("Größe – “naïve” 🙂", "", "")))["Subject"] == "Größe – “naïve” 🙂"


def test_a_domain_beyond_ascii_goes_out_as_servers_know_it() -> None:
    assert "info@xn--bcher-kva.example" in str(mime.read(frozen(recipient="info@bücher.example"))["To"])


def test_another_sender_leaves_everything_else_as_it_is() -> None:
    before = frozen(sender="Good Terms <goodterms@localhost>")
    after = mime.readdressed(before, '"Fern & Flint, Ltd" <olive@fern.example>')
    assert mime.read(after)["From"].addresses[0].addr_spec == "olive@fern.example"
    without = [line for line in before.split(b"\r\n") if not line.startswith(b"From:")]
    assert [line for line in after.split(b"\r\n") if not line.startswith(b"From:")] == without


@pytest.mark.parametrize("sender", ["Good Terms <goodterms@example.org>", "goodterms@bücher.example", "nonsense"])
def test_message_ids_are_unlike_each_other(sender) -> None:
    first, second = mime.new_message_id(sender), mime.new_message_id(sender)
    assert first != second
    assert re.fullmatch(r"<[0-9a-f]{32}@[a-z0-9.-]+>", first)


def test_what_is_shown_on_a_page_can_do_no_harm() -> None:
    html = '<main><p style="x" onclick="y()">Hi<script>alert(1)</script></p><a href="javascript:z()">no</a></main>'
    shown = mime.shown(frozen(Letter("Hello", "", html)))
    assert "Hi" in shown
    for evil in ("script", "style", "onclick", "alert"):
        assert evil not in shown


@given(HOSTILE.map(lambda words: words * 4), st.text("ab =.\t\n-_ßé", max_size=300))
def test_both_parts_say_what_was_written(words, lines) -> None:
    content = frozen(Letter("Hello", words, lines))
    assert mime.part(content, "plain").replace("\r\n", "\n") == f"{text.clean_text(words)}\n"
    assert mime.part(content, "html").replace("\r\n", "\n") == f"{text.clean_text(lines)}\n"
    assert max(len(line) for line in content.split(b"\r\n")) <= 78


# Files


def enclosing(*files: EnclosedFile, **changes: str) -> bytes:
    return frozen(Letter("Hello", "Text.", "<p>HTML.</p>", files=files), **changes)


PDF = EnclosedFile("Brief.pdf", "application/pdf", b"%PDF-1.7\r\n" + bytes(range(256)) * 40)


def test_files_stand_beside_the_two_texts() -> None:
    message = mime.read(enclosing(PDF, EnclosedFile("figures.csv", "text/plain", "Größe;5\n".encode())))
    kinds = [part.get_content_type() for part in message.walk()]
    both = ["multipart/alternative", "text/plain", "text/html"]
    assert kinds == ["multipart/mixed", *both, "application/pdf", "text/plain"]
    assert mime.part(enclosing(PDF), "plain").strip() == "Text."
    assert mime.part(enclosing(PDF), "html").strip() == "<p>HTML.</p>"
    pdf, csv = message.iter_attachments()
    assert (pdf.get_filename(), pdf.get_content_disposition(), pdf.get_content()) == (
        "Brief.pdf",
        "attachment",
        PDF.content,
    )
    assert csv.get_content() == "Größe;5\n"


def test_text_in_an_old_charset_travels_as_bytes() -> None:
    old = EnclosedFile("old.txt", "text/plain", "Größe".encode("latin-1"))
    [part] = mime.read(enclosing(old)).iter_attachments()
    assert (part.get_content_type(), part.get_content()) == ("application/octet-stream", old.content)


@pytest.mark.parametrize(
    "name",
    ["Größe – 5 €.pdf", "Договор.pdf", "合同" * 60 + ".pdf", 'a "quoted"; name=x.pdf', "a" * 250 + ".pdf", "100%.pdf"],
)
def test_a_name_of_any_writing_is_read_as_it_was_given(name) -> None:
    content = enclosing(EnclosedFile(name, "application/pdf", b"%PDF-"))
    [part] = mime.read(content).iter_attachments()
    assert part.get_filename() == name
    assert content.isascii()
    if not name.isascii():
        assert re.search(rb"filename\*(0\*)?=utf-8''", content)  # RFC 2231, and no encoded word
    assert max(len(line) for line in content.split(b"\r\n")) <= 78


@given(HOSTILE, st.binary(min_size=1, max_size=3000))
def test_no_name_and_no_bytes_add_a_header_or_break_a_line(name, body) -> None:
    content = enclosing(EnclosedFile(name, "application/pdf", body))
    message = mime.read(content)
    [part] = message.iter_attachments()
    assert sorted(part.keys()) == ["Content-Disposition", "Content-Transfer-Encoding", "Content-Type"]
    assert part.get_content() == body
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", content) is None
    assert not message.defects
    assert not part.defects


def test_another_sender_leaves_files_where_they_are() -> None:
    message = mime.read(mime.readdressed(enclosing(PDF), "Olive <olive@fern.example>"))
    assert [part.get_content() for part in message.iter_attachments()] == [PDF.content]
