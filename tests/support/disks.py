"""A disk that is full."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SMALL_DISK_MIB = 16


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file of this process grows beyond so many bytes: to the program it is a disk without room."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


class SmallDisk:
    """A disk of some MiB that something else can fill up: a file system of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, _pid: int) -> None:
        """Takes all the room that is left."""
        with self._ballast.open("wb", buffering=0) as file:
            for piece in (64 * 1024, 1):
                try:
                    while True:
                        file.write(b"x" * piece)
                except OSError:
                    continue

    def free(self, _pid: int) -> None:
        """Gives it back."""
        self._ballast.unlink()


class LimitedDisk(SmallDisk):
    """The next best where nothing may be mounted: no file of the process may grow any more."""

    def fill(self, pid: int) -> None:
        """Lets no file of the process grow."""
        _soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))

    def free(self, pid: int) -> None:
        """Lets them grow again."""
        _soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


@contextmanager
def small_disk(folder: Path, *, may_mount: bool = True) -> Iterator[SmallDisk]:
    """A small disk at a folder: mounted where this machine lets us, else a limit on files, and that is said."""
    folder.mkdir(exist_ok=True)
    if not may_mount or not _mounted(folder):
        yield LimitedDisk(folder)
        return
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _mounted(folder: Path) -> bool:
    asked = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_MIB}m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(asked, check=False, capture_output=True, text=True)
    except OSError:
        return False
    if done.returncode:
        print(f"nothing can be mounted here, so a limit on files stands for the disk: {done.stderr.strip()}")
    return done.returncode == 0
