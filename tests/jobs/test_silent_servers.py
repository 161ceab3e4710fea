"""A mail server that says nothing any more: pages are answered as fast, and the tick goes on, as if it were well."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from crm.core.tenancy import installation_session
from crm.domain import heartbeats
from crm.models.enums import MailState
from tests.support.letters import only, put_in
from tests.support.programs import token_for
from tests.support.smtp_sink import SmtpSink
from tests.support.waiting import eventually
from tests.support.writers import Writer

pytestmark = pytest.mark.journey

ROUNDS = 15
SLOWER = 5.0
"""So many times as long as before, and a page waits for something; less is what else the machine does."""

Silence = Callable[[], AbstractContextManager[str]]


@contextmanager
def before_the_greeting() -> Iterator[str]:
    """Takes every call, and never greets. The server's address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"smtp://127.0.0.1:{server.getsockname()[1]}?tls=off"


@contextmanager
def after_the_dot() -> Iterator[str]:
    """Takes a whole letter, and never says whether it has. The server's address."""
    over = threading.Event()

    def say_nothing(_address: str) -> None:
        over.wait()

    sink = SmtpSink()
    sink.answer("data", say_nothing)
    sink.start()
    try:
        yield sink.url
    finally:
        over.set()
        sink.stop()


@pytest.mark.parametrize(
    ("silence", "state"), [(before_the_greeting, MailState.SENDING), (after_the_dot, MailState.BEGUN)]
)
def test_it_holds_up_neither_page_nor_tick(engine, business, start_server, silence: Silence, state) -> None:
    with silence() as address:
        server = start_server(TICK_SECONDS="0.5", SMTP_URL=address)
        writer = Writer(server, token_for(engine, business.owner))
        before = fastest_round(writer)
        put_in(engine, business.owner)
        eventually(lambda: only(engine).state is state, what="the letter to be where nothing is said any more")
        during = fastest_round(writer)
        three_ticks_pass(engine)
        assert only(engine).state is state
        server.kill()
    assert during < SLOWER * before


def fastest_round(writer: Writer) -> float:
    """Seconds for something read and something written, on this machine when it has nothing else to do."""
    took = []
    for _ in range(ROUNDS):
        begun = time.monotonic()
        assert writer.ask("GET", "/vendors")[0] == 200
        assert writer.ask("POST", "/vendors", {"name": f"Vendor {time.monotonic_ns()}"})[0] == 201
        took.append(time.monotonic() - begun)
    return min(took)


def three_ticks_pass(engine) -> None:
    seen = set()

    def enough() -> bool:
        with installation_session(engine, writing=False) as session:
            seen.add(heartbeats.last(session, heartbeats.TICK))
        return len(seen) > 3

    eventually(enough, what="three ticks while the mail server is silent")
