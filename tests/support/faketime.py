"""Another time for another process: a clock that a test sets forward while the process runs.

Inside one process `clock_at` is simpler. This is for servers, schedulers and commands.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))

# The library breaks time.sleep while it leaves the monotonic clock alone. The program does not use it; gunicorn and
# subprocess do.
_SLEEP = """
import threading
import time


def sleep(seconds):
    threading.Event().wait(seconds)


time.sleep = sleep
"""


class FakeTime:
    """The clock of the processes that are started with `env`. It runs on from wherever it is set."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "faketime"
        self._file.write_text("+0\n", "ascii")
        self._modules = folder / "faketime-modules"
        self._modules.mkdir()
        (self._modules / "sitecustomize.py").write_text(_SLEEP, "ascii")

    @property
    def env(self) -> dict[str, str]:
        """What a process needs in its environment."""
        return {
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",  # gunicorn's workers show by a file's date that they live
            "PYTHONPATH": str(self._modules),
            "TZ": "UTC",  # the file's time is read in the process's own zone
        }

    def set(self, instant: datetime) -> None:
        """Sets the clock; it runs on from there."""
        self._write(f"@{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S}")

    def stop(self, instant: datetime) -> None:
        """Sets the clock and lets it stand still."""
        self._write(f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S}")

    def ahead(self, hours: float) -> None:
        """Sets the clock so many hours ahead of the real one."""
        self._write(f"{round(hours * 3600):+d}")

    def _write(self, words: str) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{words}\n", "ascii")
        fresh.replace(self._file)
