"""Ten thousand letters that are due, sent to a server on this machine, and every one of them accounted for."""

import smtplib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

from sqlalchemy import insert

from crm.cli.bench import servers
from crm.core import clock
from crm.core.engine import open_engine
from crm.core.settings import Settings, load
from crm.core.unit_of_work import installation_work
from crm.jobs.sender import Sender
from crm.mail import mime
from crm.mail.mime import Letter
from crm.mail.outbox import KEPT_TRYING
from crm.models.enums import MailKind, MailState
from crm.models.outbox import OutboxMessage

SENDER = "Good Terms <terms@bench.example>"
_LETTER = Letter(
    subject="Three check-ins for today",
    text="Saltmarsh Films: due since Tuesday.\n\n" * 12,
    html="<html><body>" + "<p>Saltmarsh Films: due since <b>Tuesday</b>.</p>" * 12 + "</body></html>",
)


@dataclass(frozen=True, slots=True)
class Audit:
    """What became of letters: how many never arrived, how many came more than once."""

    lost: int
    doubled: int


@dataclass(frozen=True, slots=True)
class Sent:
    """How fast letters went, beside a bare loop that hands ready bytes to the same server."""

    letters: int
    seconds: float
    cpu_seconds: float
    per_second: float
    bare_per_second: float
    lost: int
    doubled: int

    @property
    def share(self) -> float:
        """The speed in parts of the bare loop's."""
        return self.per_second / self.bare_per_second


def audit(expected: Iterable[str], arrived: Iterable[str]) -> Audit:
    """Hold what arrived against what was to be sent, by key."""
    wanted, came = set(expected), Counter(arrived)
    return Audit(
        lost=sum(1 for key in wanted if not came[key]),
        doubled=sum(1 for count in came.values() if count > 1),
    )


def measure(database: str, scratch: Path, count: int) -> Sent:
    """Put so many letters into an outbox, send them all, and look what arrived."""
    return deliver(database, scratch, _enqueue(database, count))


def deliver(database: str, scratch: Path, contents: Mapping[str, bytes]) -> Sent:
    """Send what waits in an outbox, and look what arrived. ``contents`` are the letters by their keys."""
    arrived = scratch / "arrived.txt"
    port = servers.free_port()
    with servers.Served(["-m", "crm.cli.bench.sink", str(port), str(arrived)], port, scratch / "sink.log") as sink:
        sink.wait(None)
        seconds, cpu = _send(settings(database, scratch, port))
        came = arrived.read_text().split()
        bare = _bare_loop(port, list(contents.values()))
    count, found = len(contents), audit(contents, came)
    return Sent(count, seconds, cpu, count / seconds, count / bare, found.lost, found.doubled)


def settings(database: str, scratch: Path, port: int) -> Settings:
    """How the product sends by the server at a port of this machine."""
    return load(
        {
            "INSTANCE_DIR": str(scratch / "mail"),
            "DATABASE_URL": database,
            "SMTP_URL": f"smtp://127.0.0.1:{port}?tls=off",
            "MAIL_FROM": SENDER,
        }
    )


def _enqueue(database: str, count: int) -> dict[str, bytes]:
    """Write the letters into the outbox, as the product freezes them. Key and content of each."""
    engine = open_engine(database)
    now = clock.now()
    rows = []
    for number in range(count):
        key, recipient = f"bench:{number}", f"reader{number}@bench.example"
        message_id = mime.new_message_id(SENDER)
        content = mime.freeze(
            _LETTER, key=key, message_id=message_id, sender=SENDER, recipient=recipient, recipient_name="", date=now
        ).whole
        rows.append(
            {
                "key": key,
                "kind": MailKind.TEST,
                "recipient": recipient,
                "sender": SENDER,
                "subject": _LETTER.subject,
                "message_id": message_id,
                "content": content,
                "state": MailState.WAITING,
                "expires_at": now + KEPT_TRYING,
                "not_before": now,
            }
        )
    with installation_work(engine) as session:
        session.execute(insert(OutboxMessage), rows)
    engine.dispose()
    return {str(row["key"]): bytes(row["content"]) for row in rows}  # type: ignore[call-overload]


def _send(settings: Settings) -> tuple[float, float]:
    engine = open_engine(settings.database_url)
    began, worked = perf_counter(), process_time()
    Sender(engine, settings).work_once()
    taken = perf_counter() - began, process_time() - worked
    engine.dispose()
    return taken


def _bare_loop(port: int, contents: list[bytes]) -> float:
    began = perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as line:
        for content in contents:
            line.sendmail("terms@bench.example", ["reader@bench.example"], content)
    return perf_counter() - began
