"""A mail server on this machine that keeps what it is given, and misbehaves when asked to."""

from __future__ import annotations

import email.policy
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.serving import free_port
from tests.support.waiting import PATIENCE, eventually

STAGES = ("mail", "rcpt", "data")


@dataclass(frozen=True)
class Letter:
    """One message as it arrived."""

    sender: str
    recipient: str
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The message, read."""
        return BytesParser(policy=email.policy.default).parsebytes(self.content)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def key(self) -> str:
        """The outbox key that it bears."""
        return str(self.message["X-Goodterms-Key"])

    def text(self, kind: str = "plain") -> str:
        """What its text (or HTML) part says."""
        part = self.message.get_body(preferencelist=(kind,))
        assert part is not None, f"there is no {kind} part"
        return str(part.get_content())


class SmtpSink:
    """Listens on a free port of this machine. `url` is what SMTP_URL is set to."""

    def __init__(self) -> None:
        self._letters: list[Letter] = []
        self._lock = threading.Lock()
        self._answers: dict[str, Callable[[str], str | None]] = {}
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port(), decode_data=False)

    def start(self) -> None:
        """Begins to listen."""
        self._controller.start()

    def stop(self) -> None:
        """Stops to listen; what came in stays readable."""
        self._controller.stop()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._controller.port)

    @property
    def url(self) -> str:
        """Its address, for SMTP_URL."""
        return f"smtp://127.0.0.1:{self.port}?tls=off"

    @property
    def letters(self) -> list[Letter]:
        """What has arrived so far, in order."""
        with self._lock:
            return list(self._letters)

    def wait_for(self, count: int, *, within: float = PATIENCE) -> list[Letter]:
        """Waits until so many letters have arrived, and returns all there are."""
        return eventually(
            lambda: self.letters if len(self.letters) >= count else [],
            what=f"{count} letters",
            within=within,
        )

    def answer(self, stage: str, reply: str | Callable[[str], str | None] | None) -> None:
        """Answers one stage ("mail", "rcpt", "data") with a reply such as "451 Come back later".

        A function is asked with the address (the sender at "mail", else the recipient) and may answer None,
        which accepts; None instead of a reply goes back to accepting all.
        """
        assert stage in STAGES
        if reply is None:
            self._answers.pop(stage, None)
        else:
            self._answers[stage] = reply if callable(reply) else lambda _address: reply

    def _refusal(self, stage: str, address: str) -> str | None:
        ask = self._answers.get(stage)
        return ask(address) if ask else None

    # What aiosmtpd asks of a handler

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self._refusal("mail", address)
        if refusal is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return refusal or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        refusal = self._refusal("rcpt", address)
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        for recipient in envelope.rcpt_tos:
            refusal = self._refusal("data", recipient)
            if refusal is not None:
                return refusal
            with self._lock:
                self._letters.append(Letter(envelope.mail_from or "", recipient, content))
        return "250 OK"
