"""A mail server that says nothing any more: pages are answered and the tick goes on, as if it were well."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Iterator

import pytest

from crm.core.tenancy import installation_session
from crm.domain import heartbeats
from crm.models.enums import MailState
from tests.support.letters import only, put_in
from tests.support.waiting import eventually

pytestmark = pytest.mark.journey


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Takes every call, and never greets."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_before_the_greeting(engine, business, start_server, silent) -> None:
    put_in(engine, business.owner)
    server = start_server(TICK_SECONDS="0.5", SMTP_URL=f"smtp://127.0.0.1:{silent.getsockname()[1]}?tls=off")
    called, _ = silent.accept()
    with called:
        seen = set()

        def three_ticks() -> bool:
            with installation_session(engine, writing=False) as session:
                seen.add(heartbeats.last(session, heartbeats.TICK))
            return len(seen) > 3

        eventually(three_ticks, what="three ticks while the mail server is silent")
        for path in ("/readyz", "/sign-in"):
            with urllib.request.urlopen(f"{server.url}{path}", timeout=5) as answer:
                assert answer.status == 200
        assert only(engine).state is MailState.SENDING
    server.kill()
