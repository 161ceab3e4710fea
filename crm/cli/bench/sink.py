"""A mail server that takes everything and writes down each letter's key: ``python -m crm.cli.bench.sink PORT FILE``.

A process of its own, so that receiving costs the sender nothing.
"""

import socketserver
import sys
from pathlib import Path
from typing import BinaryIO

KEY = b"x-goodterms-key:"


class Session(socketserver.StreamRequestHandler):
    """One connection, with as much of SMTP as a friendly sender uses."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Answer line by line until the other side has enough."""
        self._say("220 sink")
        while line := self.rfile.readline(2_000):
            verb = line[:4].upper()
            if verb == b"QUIT":
                self._say("221 goodbye")
                return
            if verb == b"DATA":
                self._say("354 go on")
                self._take()
            self._say("250 sink" if verb in (b"EHLO", b"HELO") else "250 OK")

    def _take(self) -> None:
        key = b""
        while (line := self.rfile.readline(2_000)) not in (b".\r\n", b""):
            if not key and line[: len(KEY)].lower() == KEY:
                key = line[len(KEY) :].strip()
        server = self.server
        assert isinstance(server, Sink)
        server.kept.write(key + b"\n")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


class Sink(socketserver.ThreadingTCPServer):
    """Listens on loopback."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, kept: BinaryIO) -> None:
        super().__init__(("127.0.0.1", port), Session)
        self.kept = kept


def main() -> None:
    """Take letters until told to stop."""
    with Path(sys.argv[2]).open("wb", buffering=0) as kept, Sink(int(sys.argv[1]), kept) as sink:
        sink.serve_forever()


if __name__ == "__main__":
    main()
