"""A letter as it goes over the wire: made once, kept as bytes, and sent as the same bytes whatever happens."""

import base64
import secrets
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime, parseaddr
from typing import NamedTuple

import nh3
from markupsafe import Markup

from crm.core import text

SUBJECT_LENGTH = 200

_ASCII = policy.SMTP
_UTF8 = policy.SMTPUTF8
_HOST = "goodterms.invalid"
_SHOWN_TAGS = {"h1", "h2", "p", "a", "table", "tbody", "tr", "td", "br", "strong"}


@dataclass(frozen=True, slots=True)
class EnclosedFile:
    """A file that a letter carries: its name for a person, its type, its bytes."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter says, in both parts, and the address at which one click ends letters of its kind."""

    subject: str
    text: str
    html: str
    unsubscribe: str | None = None
    """A page of ours, or ``mailto:`` where letters carry no links."""
    reply_to: tuple[str, str] | None = None
    """Name and address that an answer goes to, where it is not the sender."""
    is_automatic: bool = True
    """False for what a person wrote: nobody's absence note is to be held back from it."""
    files: tuple[EnclosedFile, ...] = ()


class Frozen(NamedTuple):
    """A message as it goes over the wire: ``content``, and after it ``files`` where it carries any."""

    content: bytes
    files: bytes = b""

    @property
    def whole(self) -> bytes:
        """All of it."""
        return self.content + self.files


def new_message_id(sender: str) -> str:
    """A Message-ID that nobody else makes, at the sender's domain."""
    domain = ascii_domain(parseaddr(sender)[1].rpartition("@")[2]) or _HOST
    return f"<{secrets.token_hex(16)}@{domain}>"


def freeze(
    letter: Letter,
    *,
    key: str,
    message_id: str,
    sender: str,
    recipient: str,
    recipient_name: str,
    date: datetime,
) -> Frozen:
    """The message with CRLF line ends. ``sender`` is ``Name <address>``.

    Names, subject and body may hold anything: what would break a header is cleaned away. Text parts are
    quoted-printable, so that each server can carry them; only an address with letters beyond ASCII before its @,
    the reader's or the one that answers go to, needs a server that knows SMTPUTF8.
    """
    address = wire_address(recipient)
    answered_by, answered_at = letter.reply_to or ("", "")
    message = EmailMessage(policy=_ASCII if (address + wire_address(answered_at)).isascii() else _UTF8)
    message["From"] = _address(sender)
    message["To"] = _named(recipient_name, address)
    message["Subject"] = subject(letter)
    message["Date"] = format_datetime(date)
    message["Message-ID"] = message_id
    if letter.reply_to is not None:
        message["Reply-To"] = _named(answered_by, wire_address(answered_at))
    if letter.is_automatic:
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
    message["X-Goodterms-Key"] = key
    head = _unsubscribe_lines(letter.unsubscribe) + message.as_bytes().removesuffix(b"\r\n") + b"MIME-Version: 1.0\r\n"
    if not letter.files:
        return Frozen(head + _both_parts(letter))
    boundary = _new_boundary()
    around = b'Content-Type: multipart/mixed;\r\n boundary="%b"\r\n\r\n--%b\r\n' % (boundary, boundary)
    files = b"".join(b"--%b\r\n%b" % (boundary, _enclosed(file)) for file in letter.files)
    return Frozen(head + around + _both_parts(letter), files + b"--%b--\r\n" % boundary)


def subject(letter: Letter) -> str:
    """A letter's subject as it is sent."""
    return text.clean_line(letter.subject)[:SUBJECT_LENGTH]


def read(content: bytes) -> EmailMessage:
    """A frozen message, to be looked at."""
    message = BytesParser(policy=policy.default).parsebytes(content)
    assert isinstance(message, EmailMessage)
    return message


def part(content: bytes, kind: str) -> str:
    """What the ``plain`` or the ``html`` part of a frozen message says."""
    found = read(content).get_body(preferencelist=(kind,))
    return "" if found is None else str(found.get_content())


def shown(content: bytes) -> Markup:
    """The HTML part of a letter of ours, made harmless: for a page that allows no style of its own."""
    return shown_html(part(content, "html"))


def shown_html(html: str, *, has_links: bool = True) -> Markup:
    """A letter's HTML, made harmless; without ``has_links`` nothing in it leads anywhere."""
    inner = html[html.find("<main>") :] if "<main>" in html else html
    clean = nh3.clean(
        inner,
        tags=_SHOWN_TAGS,
        clean_content_tags={"style", "script", "title"},
        attributes={"a": {"href"} if has_links else set()},
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer" if has_links else None,
    )
    return Markup(clean)  # noqa: S704 - cleaned just above


def readdressed(content: bytes, sender: str) -> bytes:
    """The frozen message with another From; everything else stays byte for byte."""
    head, blank, body = content.partition(b"\r\n\r\n")
    kept: list[bytes] = []
    in_from = False
    for line in head.split(b"\r\n"):
        is_continued = line[:1] in (b" ", b"\t")
        in_from = in_from if is_continued else line[:5].lower() == b"from:"
        if not in_from:
            kept.append(line)
    only_from = EmailMessage(policy=_ASCII)
    only_from["From"] = _address(sender)
    return only_from.as_bytes().split(b"\r\n\r\n")[0] + b"\r\n" + b"\r\n".join(kept) + blank + body


def sender_line(name: str, address: str, most: int) -> str:
    """``Name <address>`` in at most so many letters; of a name that is too long the end is left out."""
    room = most - len(address) - len('"" <>')
    plain = text.clean_line(name).replace("\\", "").replace('"', "")
    return f'"{plain[: max(room, 0)].rstrip()}" <{address}>'


def wire_address(address: str) -> str:
    """An address with its domain as servers know it (``bücher.example`` is ``xn--bcher-kva.example``)."""
    local, _at, domain = address.rpartition("@")
    return f"{local}@{ascii_domain(domain) or domain}"


def ascii_domain(domain: str) -> str:
    """A domain in ASCII; empty for one that cannot be written so."""
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def _address(sender: str) -> Address:
    name, address = parseaddr(sender)
    return _named(name, wire_address(address))


def _named(name: str, address: str) -> Address:
    local, _at, domain = address.rpartition("@")
    return Address(display_name=text.clean_line(name), username=local, domain=domain)


def _both_parts(letter: Letter) -> bytes:
    # Written by hand: the library takes five times as long, which with many morning letters is most of the time.
    boundary = _new_boundary()
    return b"".join(
        [
            b'Content-Type: multipart/alternative;\r\n boundary="' + boundary + b'"\r\n\r\n',
            *(_part(boundary, b"plain", letter.text), _part(boundary, b"html", letter.html)),
            b"--" + boundary + b"--\r\n",
        ]
    )


def _part(boundary: bytes, kind: bytes, words: str) -> bytes:
    body = f"{text.clean_text(words)}\n".replace("\n", "\r\n").encode()
    head = b'--%b\r\nContent-Type: text/%b; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return head % (boundary, kind) + b2a_qp(body, istext=True) + b"\r\n"


def _new_boundary() -> bytes:
    return f"=_{secrets.token_hex(16)}".encode()  # "=_" stands in no quoted-printable and no base64 text


def _enclosed(file: EnclosedFile) -> bytes:
    """A file as a part. The library writes a name beyond ASCII by RFC 2231; the bytes are written by hand, or a large
    file would take seconds."""
    head = EmailMessage(policy=_ASCII)
    head["Content-Type"] = _media_type(file)
    head.add_header("Content-Disposition", "attachment", filename=text.clean_line(file.name) or "file")
    head["Content-Transfer-Encoding"] = "base64"
    return head.as_bytes() + base64.encodebytes(file.content).replace(b"\n", b"\r\n")


def _media_type(file: EnclosedFile) -> str:
    """Its type; of plain text the charset too, or none could know how to read it."""
    if not file.media_type.startswith("text/"):
        return file.media_type
    try:
        file.content.decode("utf-8")
    except UnicodeDecodeError:
        return "application/octet-stream"
    return f'{file.media_type}; charset="utf-8"'


def _unsubscribe_lines(address: str | None) -> bytes:
    # Written by hand: the library's folding would encode a long address so that no mail program reads it.
    if address is None or not address.isascii():
        return b""
    where = b"List-Unsubscribe: <" + address.encode("ascii") + b">\r\n"
    is_page = not address.startswith("mailto:")
    return where + b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" if is_page else where
