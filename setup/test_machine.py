"""Sees to the two things that tests need from the system: Chromium and faketime.

On Debian and its kin, as root, what is missing is installed. Elsewhere it is named, and the tests
that need it are skipped with the reason. Runs with the standard library alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def has_browser() -> bool:
    """Says whether a Chromium that tests can drive is installed."""
    return "CHROMIUM" in os.environ or any(shutil.which(name) for name in BROWSERS)


def has_faketime() -> bool:
    """Says whether the library is installed that lets a process live at another time."""
    return any(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


def missing_packages() -> list[str]:
    """Names the Debian packages that are needed and not there."""
    wanted = {"chromium": has_browser(), "faketime": has_faketime()}
    return [name for name, there in wanted.items() if not there]


def install(packages: list[str]) -> bool:
    """Installs Debian packages and says whether that worked."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    steps = [
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ]
    for step in steps:
        done = subprocess.run(step, env=environment, stdout=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            return False
    return True


def main() -> None:
    """Installs what is missing, or says what to install."""
    missing = missing_packages()
    if not missing:
        return
    names = " ".join(missing)
    if shutil.which("apt-get") and os.geteuid() == 0:
        print(f"Installing for the tests: {names}", flush=True)
        if install(missing):
            return
    print(
        f"Not installed: {names}. The tests that need it will be skipped. "
        f"On Debian and Ubuntu: sudo apt-get install {names}",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
