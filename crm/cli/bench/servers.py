"""Programs that are measured from outside: each a process of its own, on a free port, with what it has taken so far."""

import http.client
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from crm.core import clock
from crm.core.settings import ROOT

PATIENCE = 60.0
_PAUSE = 0.02
"""Seconds between two questions whether it answers already."""
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR", "SYSTEMROOT")
_PROC = Path("/proc")


class DidNotStart(Exception):
    """A program that was to be measured ended, or never answered; the text is what it said."""


def free_port() -> int:
    """A port of this machine that nobody listens on at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process with these settings and no others."""
    return {**{name: os.environ[name] for name in _INHERITED if name in os.environ}, **settings}


class Served:
    """A process that answers on a port of this machine. A block with it ends it."""

    def __init__(self, command: Sequence[str], port: int, log: Path, settings: Mapping[str, str] | None = None) -> None:
        self.port = port
        self._log = log
        with log.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=environment(settings or {}),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def wait(self, path: str | None) -> float:
        """Wait until a path is answered with a page (None: until the port is open). Seconds that it took."""
        began = clock.monotonic()
        while clock.monotonic() - began < PATIENCE and not self._ends_within(_PAUSE):
            if self._answers(path):
                return clock.monotonic() - began
        raise DidNotStart(self._log.read_text("utf-8", errors="replace")[-2_000:])

    def _ends_within(self, seconds: float) -> bool:
        """Whether it ends before so much time is over: there is nothing to wait for any more then."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """Ask it to end, and wait for that."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(PATIENCE / 2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    @property
    def cpu_seconds(self) -> float | None:
        """Processor time that it has taken so far; None where the system does not say."""
        return cpu_seconds(self._process.pid)

    @property
    def memory_bytes(self) -> int | None:
        """What it holds, shared pages in proportion (PSS); None where the system does not say."""
        return memory_bytes(self._process.pid)

    def _answers(self, path: str | None) -> bool:
        try:
            if path is None:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return True
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            connection.request("GET", path)
            return connection.getresponse().status < 400
        except OSError:
            return False


def product(instance: Path, database: str, **settings: str) -> Served:
    """The product's own server, as people run it, with its scheduler."""
    instance.mkdir(parents=True, exist_ok=True)
    port = free_port()
    told = {"INSTANCE_DIR": str(instance), "DATABASE_URL": database, "HOST": "127.0.0.1", "PORT": str(port)}
    return Served(["-m", "flask", "--app", "app", "serve"], port, instance / "server.log", {**told, **settings})


def bare(file: Path) -> Served:
    """The bare page, behind the same server."""
    port = free_port()
    return Served(["-m", "crm.cli.bench.bare", str(file), str(port)], port, file.with_suffix(".log"))


def cpu_seconds(pid: int) -> float | None:
    """Processor time of a process and its threads, to the nanosecond where Linux counts it."""
    try:
        threads = [(task / "schedstat").read_text() for task in (_PROC / str(pid) / "task").iterdir()]
    except OSError:
        return None
    return sum(int(thread.split()[0]) for thread in threads) / 1e9


def memory_bytes(pid: int) -> int | None:
    """The proportional set size of a process."""
    return _kilobytes(pid, "smaps_rollup", "Pss:")


def _kilobytes(pid: int, file: str, name: str) -> int | None:
    """A figure that Linux gives in kilobytes, in bytes."""
    try:
        lines = (_PROC / str(pid) / file).read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), None)


def peak_until_end(pid: int) -> int | None:
    """Wait for the end of a child, and say how much memory it held at the most; None where the system does not say.

    What a parent is told of a child's memory when it ends includes what the parent itself held when it began.
    """
    if not hasattr(os, "pidfd_open") or not _PROC.exists():
        return None
    peak, end = None, os.pidfd_open(pid)
    try:
        while not select.select([end], [], [], _PAUSE)[0]:
            peak = _kilobytes(pid, "status", "VmHWM:") or peak
    finally:
        os.close(end)
    return peak
