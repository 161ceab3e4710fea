"""Speaks SMTP: the only file that does. One connection carries many letters, one recipient each.

The stage that was reached is kept, because the same broken connection means "surely not sent" before the final dot
and "perhaps accepted" after it.
"""

import io
import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from crm.core import clock, text
from crm.core.settings import MailServer, is_loopback
from crm.mail.mime import wire_address

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

ANSWER_LENGTH = 500
LETTERS_A_CONNECTION = 100
"""Some servers close the door after about as many; a new connection is cheap."""
PIECE_BYTES = 64 * 1024
"""A letter with files leaves in pieces, so that the limit of time is one for each: a line may be slow."""
LARGE_BYTES = 512 * 1024
"""Without files no letter is so large."""
_TOO_LARGE = 552
"""To MAIL FROM, which tells the size: said of that letter where it is large (RFC 1870), else of our place there."""

_LEADING_DOT = re.compile(rb"(?m)^\.")


class Stage(StrEnum):
    """How far a conversation with a mail server has come."""

    CONNECT = "connect"
    GREETING = "greeting"
    HELLO = "ehlo"
    TLS = "starttls"
    SIGN_IN = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"


SERVER_STAGES = frozenset({Stage.CONNECT, Stage.GREETING, Stage.HELLO, Stage.TLS, Stage.SIGN_IN, Stage.MAIL})
"""A refusal here is the server's fault or ours, never the letter's: it concerns all letters."""


class Verdict(StrEnum):
    """What is known of a letter after an attempt."""

    ACCEPTED = "accepted"
    LATER = "later"
    """Surely not sent; try again."""
    REFUSED = "refused"
    """Surely not sent, and it will not be."""
    UNKNOWN = "unknown"
    """The answer to the final dot never came."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt. ``answer`` holds the server's own words, ``problem`` ours where it said nothing."""

    verdict: Verdict
    stage: Stage
    answer: str = ""
    problem: str = ""

    @property
    def words(self) -> str:
        return self.answer or self.problem

    @property
    def concerns_all(self) -> bool:
        """Whether other letters would fare the same: the server is away, shut, or does not let us in."""
        if self.verdict in (Verdict.ACCEPTED, Verdict.REFUSED):
            return False
        return self.stage in SERVER_STAGES or self.answer.startswith("421")


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that an answer may take as a whole, however slowly it drips: up to RCPT, and after the final dot."""

    before: float
    after: float


class _Refusal(Exception):
    """The server said no, or nothing it may say here."""

    def __init__(self, code: int, words: bytes | str) -> None:
        self.code = code
        self.answer = _answer(code, words)
        super().__init__(self.answer)


class _Problem(Exception):
    """We go no further, in our own words."""


class _Unfit(Exception):
    """The server has said beforehand that it takes no such letter: nothing of it was begun."""


class _Answers(io.RawIOBase):
    """What a server says. An answer comes whole in its time, or not at all: the library waits anew for each byte."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._sock = sock
        self.until = 0.0
        """The end of the present answer's time, on the clock that nobody can set."""

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: "Buffer", /) -> int:
        """Some bytes, within what is left of the time."""
        left = self.until - clock.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        return self._sock.recv_into(buffer)


class _Patient(smtplib.SMTP):
    """A conversation in which ``timeout`` is the limit of each answer as a whole."""

    _answers: _Answers

    def getreply(self) -> tuple[int, bytes]:
        """An answer. Raises as the library's own does."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("The line is closed.")
        if self.file is None:
            self._answers = _Answers(self.sock)
            self.file = io.BufferedReader(self._answers)
        self._answers.until = clock.monotonic() + self.timeout
        try:
            return super().getreply()
        finally:
            if self.sock is not None:
                self.sock.settimeout(self.timeout)


class _PatientTls(_Patient, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


class Line:
    """A line to one mail server. Opened when first needed, kept for the next letter, closed when told to."""

    def __init__(self, server: MailServer, limits: Limits, *, own_name: str | None = None) -> None:
        self._server = server
        self._limits = limits
        self._own_name = "localhost" if own_name is None and is_loopback(server.host) else own_name
        self._smtp: smtplib.SMTP | None = None
        self._stage = Stage.CONNECT
        self._carried = 0

    @property
    def is_ready(self) -> bool:
        """Whether the next letter can go without opening the line first."""
        return self._smtp is not None and self._carried < LETTERS_A_CONNECTION

    def open(self) -> Outcome | None:
        """Connect, encrypt and sign in, unless that is done. None where the line stands, else what went wrong."""
        if self.is_ready:
            return None
        self.close()
        try:
            self._open()
        except _Refusal as refusal:
            self.close()
            return Outcome(Verdict.LATER, self._stage, answer=refusal.answer)
        except (OSError, _Problem, ValueError) as error:
            self.close()
            return Outcome(Verdict.LATER, self._stage, problem=_in_words(error))
        return None

    def send(
        self, *, sender: str, recipient: str, content: bytes, is_fresh: Callable[[], bool] = lambda: True
    ) -> Outcome:
        """Hand one letter in. The line must be open. ``is_fresh`` is asked before MAIL FROM and before the final dot:
        a worker that was frozen meanwhile sends nothing.
        """
        outcome = self._try(sender, recipient, content, is_fresh)
        if outcome.stage is Stage.MAIL and outcome.concerns_all and self._carried and self._smtp is None:
            # A server may end a long conversation between two letters: nothing of this one had begun.
            outcome = self.open() or self._try(sender, recipient, content, is_fresh)
        return outcome

    def close(self) -> None:
        """Say goodbye, if anybody is there."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        with suppress(OSError):
            _wait_at_most(smtp, min(self._limits.before, 5.0))
            smtp.quit()
        smtp.close()

    # One step after the other

    def _open(self) -> None:
        server, limits = self._server, self._limits
        self._stage, self._carried = Stage.CONNECT, 0
        try:
            smtp = (
                _PatientTls(server.host, server.port, self._own_name, timeout=limits.before, context=_trust())
                if server.security == "tls"
                else _Patient(server.host, server.port, self._own_name, timeout=limits.before)
            )
        except smtplib.SMTPConnectError as error:
            self._stage = Stage.GREETING
            raise _Refusal(error.smtp_code, error.smtp_error) from None
        self._smtp = smtp
        if smtp.sock is not None:
            # The final dot travels by itself. Without this it waits for the server to acknowledge the text, and many
            # servers take 40 ms for that: three quarters of the time that a letter takes.
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stage = Stage.HELLO
        self._hello(smtp)
        if server.security == "starttls":
            self._encrypt(smtp)
        if server.user:
            self._sign_in(smtp)

    def _hello(self, smtp: smtplib.SMTP) -> None:
        code, words = smtp.ehlo()
        if not 200 <= code < 300:
            code, words = smtp.helo()
        if not 200 <= code < 300:
            raise _Refusal(code, words)

    def _encrypt(self, smtp: smtplib.SMTP) -> None:
        self._stage = Stage.TLS
        if smtp.has_extn("starttls"):
            try:
                smtp.starttls(context=_trust())
            except smtplib.SMTPResponseException as error:
                raise _Refusal(error.smtp_code, error.smtp_error) from None
            self._hello(smtp)
        elif self._server.user and not is_loopback(self._server.host):
            raise _Problem("The server offers no encryption, so the password was not sent.")

    def _sign_in(self, smtp: smtplib.SMTP) -> None:
        self._stage = Stage.SIGN_IN
        try:
            smtp.login(self._server.user or "", self._server.password or "")
        except smtplib.SMTPAuthenticationError as error:
            raise _Refusal(error.smtp_code, error.smtp_error) from None
        except smtplib.SMTPNotSupportedError:
            raise _Problem("The server takes no user name and password on this connection.") from None

    def _try(self, sender: str, recipient: str, content: bytes, is_fresh: Callable[[], bool]) -> Outcome:
        smtp = self._smtp
        if smtp is None:
            return Outcome(Verdict.LATER, Stage.CONNECT, problem="The line is closed.")
        self._stage = Stage.MAIL
        try:
            answer = self._hand_in(smtp, sender, recipient, content, is_fresh)
        except _Refusal as refusal:
            return self._refused(smtp, refusal, len(content))
        except _Unfit as unfit:
            return Outcome(Verdict.REFUSED, self._stage, problem=str(unfit))
        except _Problem as problem:
            self._drop()
            return Outcome(Verdict.LATER, self._stage, problem=str(problem))
        except (OSError, ValueError) as error:
            self._drop()
            verdict = Verdict.UNKNOWN if self._stage is Stage.DOT else Verdict.LATER
            return Outcome(verdict, self._stage, problem=_in_words(error))
        self._carried += 1
        return Outcome(Verdict.ACCEPTED, Stage.DOT, answer=answer)

    def _hand_in(
        self, smtp: smtplib.SMTP, sender: str, recipient: str, content: bytes, is_fresh: Callable[[], bool]
    ) -> str:
        sender, recipient = wire_address(sender), wire_address(recipient)
        _wait_at_most(smtp, self._limits.before)
        options = _size_option(smtp, len(content))
        if not (sender + recipient).isascii() or not content.partition(b"\r\n\r\n")[0].isascii():
            if not smtp.has_extn("smtputf8"):
                self._stage = Stage.RCPT
                raise _Unfit("The mail server cannot write to addresses with letters beyond a to z.")
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        # Both are bare addresses: the library would take them apart and put them together again, which takes as long
        # as the server does.
        smtp.command_encoding = "utf-8" if "SMTPUTF8" in options else "ascii"
        _check_fresh(is_fresh)
        _expect(smtp.docmd("MAIL", " ".join([f"FROM:<{sender}>", *options])), 250)
        self._stage = Stage.RCPT
        _expect(smtp.docmd("RCPT", f"TO:<{recipient}>"), 250, 251)
        self._stage = Stage.DATA
        _expect(smtp.docmd("data"), 354)
        _send_in_pieces(smtp, _LEADING_DOT.sub(b"..", content if content.endswith(b"\r\n") else content + b"\r\n"))
        _check_fresh(is_fresh)
        self._stage = Stage.DOT
        _wait_at_most(smtp, self._limits.after)
        smtp.send(b".\r\n")
        reply = smtp.getreply()
        _expect(reply, 250)
        return _answer(*reply)

    def _refused(self, smtp: smtplib.SMTP, refusal: _Refusal, size: int) -> Outcome:
        stage = self._stage
        is_answer = 400 <= refusal.code < 600
        if not is_answer or refusal.code == 421:
            self._drop()
        else:
            self._start_over(smtp)
        if stage is Stage.DOT and not is_answer:
            return Outcome(Verdict.UNKNOWN, stage, answer=refusal.answer)
        is_too_large = stage is Stage.MAIL and refusal.code == _TOO_LARGE and size > LARGE_BYTES
        for_good = is_too_large or (refusal.code >= 500 and stage not in SERVER_STAGES)
        return Outcome(Verdict.REFUSED if for_good else Verdict.LATER, stage, answer=refusal.answer)

    def _start_over(self, smtp: smtplib.SMTP) -> None:
        try:
            _wait_at_most(smtp, self._limits.before)
            smtp.rset()
        except OSError:
            self._drop()

    def _drop(self) -> None:
        """Hang up without a word."""
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None


def _size_option(smtp: smtplib.SMTP, size: int) -> list[str]:
    """Tell the size to a server that asks for it. Raises where it has said that it takes none so large."""
    if not smtp.has_extn("size"):
        return []
    most = smtp.esmtp_features["size"].strip()
    if most.isdigit() and 0 < int(most) < size:
        raise _Unfit(f"The mail server takes letters of up to {int(most):,} bytes, and this one has {size:,}.")
    return [f"SIZE={size}"]


def _send_in_pieces(smtp: smtplib.SMTP, said: bytes) -> None:
    for first in range(0, len(said), PIECE_BYTES):
        smtp.send(said[first : first + PIECE_BYTES])


def _trust() -> ssl.SSLContext:
    """The certificates that this machine trusts. Reading them takes longer than many letters: only where asked for."""
    return ssl.create_default_context()


def _wait_at_most(smtp: smtplib.SMTP, seconds: float) -> None:
    """So long from now on, for each answer and for each thing that is said."""
    smtp.timeout = seconds
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _expect(reply: tuple[int, bytes], *codes: int) -> None:
    """Raises what the server says, unless it answers as it should."""
    if reply[0] not in codes:
        raise _Refusal(*reply)


def _answer(code: int, words: bytes | str) -> str:
    """A server's words with their number, on one line."""
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return text.clean_line(f"{code} {said}" if code > 0 else said)[:ANSWER_LENGTH]


def _check_fresh(is_fresh: Callable[[], bool]) -> None:
    if not is_fresh():
        raise _Problem("The worker was held up for so long that another one may have taken over.")


def _in_words(error: Exception) -> str:
    """What a connection's error says, on one line."""
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "The server did not answer in time."
    if isinstance(error, smtplib.SMTPResponseException):
        return _Refusal(error.smtp_code, error.smtp_error).answer
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "The server closed the connection."
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text.clean_line(words or type(error).__name__)[:ANSWER_LENGTH]
