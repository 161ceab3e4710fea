"""Good Terms as its own process, the way people run it: on a free port, in an instance folder of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from tests.support.waiting import PATIENCE, eventually

ROOT = Path(__file__).resolve().parents[2]

# Settings of whoever runs the tests are none of the tests' business.
_INHERITED = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR", "SYSTEMROOT")


def free_port() -> int:
    """A port of this machine that nobody listens on at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(instance: Path, **settings: str) -> dict[str, str]:
    """The environment of a process with these settings and no others."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    fixed = {"INSTANCE_DIR": str(instance), "PYTHONWARNINGS": "default", "PYTHONFAULTHANDLER": "1"}
    return {**inherited, **fixed, **settings}


def flask(
    *arguments: str, env: dict[str, str], stdin: str | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Runs one of the program's commands to its end: flask("outbox", "--json", env=…)."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *arguments],
        cwd=ROOT, env=env, input=stdin, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    if check:
        assert done.returncode == 0, f"flask {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}"
    return done


class Server:
    """`flask serve` in a process of its own. `{url}` in a setting stands for the address that it serves on."""

    def __init__(self, instance: Path, *command: str, **settings: str) -> None:
        self.instance = instance
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = instance / f"server-{self.port}.log"
        settings = {name: value.replace("{url}", self.url) for name, value in settings.items()}
        where = {"HOST": "127.0.0.1", "PORT": str(self.port), "FLASK_RUN_PORT": str(self.port)}
        self.env = environment(instance, **where, **settings)
        self._command = command or ("serve",)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Server:
        """Starts the process and waits until it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "app", *self._command],
                cwd=ROOT, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        if self._command[0] in ("serve", "run"):
            eventually(self._is_up, what="the server to answer", within=2 * PATIENCE)
        return self

    def stop(self) -> int:
        """Asks it to end, as a service manager would, and returns its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """Takes its life in the middle of whatever it does."""
        return self._end(signal.SIGKILL)

    def restart(self) -> Server:
        """Ends it and starts it anew on the same port."""
        self.stop()
        return self.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def said(self) -> str:
        """What it has written so far."""
        return self.log.read_text("utf-8", errors="replace") if self.log.exists() else ""

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(how)
        try:
            return self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGABRT)  # its last words are where each of its threads was
            self._process.wait()
            raise AssertionError(f"the server did not end; it said:\n{self.said()}") from None
        finally:
            self._process = None

    def _is_up(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"the server ended with {self._process.returncode}:\n{self.said()}")
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return int(answer.status) == 200
        except urllib.error.HTTPError as error:
            error.close()
            return error.code < 500
        except OSError:
            return False
