"""A mail server that is away."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Closed(socketserver.ThreadingTCPServer):
    """A port that lets nobody in, and counts who knocks."""

    daemon_threads = True

    def __init__(self) -> None:
        self.knocks = 0
        super().__init__(("127.0.0.1", 0), _HangsUp)

    @property
    def url(self) -> str:
        """Its address, for SMTP_URL."""
        return f"smtp://127.0.0.1:{self.server_address[1]}?tls=off"

    def finish_request(self, request: object, client_address: object) -> None:
        self.knocks += 1
        super().finish_request(request, client_address)  # type: ignore[arg-type]


class _HangsUp(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        return


@contextmanager
def closed_port() -> Iterator[Closed]:
    """Such a port for as long as the block runs."""
    with Closed() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
