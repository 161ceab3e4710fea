"""A real https server on this machine that keeps what it is sent and answers as it is told; and ways to reach it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

from crm.core.outward import SECONDS, Way, is_public
from tests.support.certificates import ServerContext

HERE = "127.0.0.1"
NAME = "hooks.example.org"
"""What the server is called; its certificate has to say so."""


@dataclass(frozen=True)
class Told:
    """A message as it arrived."""

    path: str
    headers: dict[str, str]
    body: str


@dataclass
class HttpsServer:
    """Answers 204 until told otherwise. `told` is what has come in."""

    port: int = 0
    told: list[Told] = field(default_factory=list)
    status: int = 204
    answer: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[Any], None] | None = None
    """Called with the handler once a message was read; what it returns is of no account."""

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}/hook"

    def bodies(self) -> list[str]:
        """What was said, in order."""
        return [each.body for each in self.told]

    def ids(self) -> list[str]:
        """The messages' ids, in order."""
        return [each.headers["webhook-id"] for each in self.told]


@contextmanager
def https_server(context: ServerContext) -> Iterator[HttpsServer]:
    """Runs one."""
    place = HttpsServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            told = {name.lower(): value for name, value in self.headers.items()}
            place.told.append(Told(self.path, told, body))
            if place.before is not None:
                place.before(self)
            self.send_response(place.status)
            for name, value in place.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(place.answer)

        def log_message(self, *_words: object) -> None:
            """Keeps quiet."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_of: object) -> None:
            """Who goes away in the middle is meant to."""

    server = Server((HERE, 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    place.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield place
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def believing(file: str | Path) -> ssl.SSLContext:
    """Believes one certificate and checks names as ever."""
    return ssl.create_default_context(cafile=str(file))


def way_to(file: str | Path, *, seconds: float = SECONDS) -> Way:
    """A way that reaches this machine beside the public internet: every name stands for it."""

    def may_call(ip: IPv4Address | IPv6Address) -> bool:
        return str(ip) == HERE or is_public(ip)

    return Way(look_up=lambda _host, _port: [HERE], may_call=may_call, context=lambda: believing(file), seconds=seconds)
