"""A file of vendors through the command that people use: what it takes beyond what the command takes anyway."""

import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random

from crm.cli.bench import invention, servers
from crm.cli.bench.seed import OWNER
from crm.cli.bench.sizes import SEED
from crm.core.settings import ROOT

_HEADER = ("Name", "What they do", "E-mail", "Phone", "Contact", "Website", "City", "Tags")


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import of so many rows took above one of a single row: CPU seconds, and bytes at the most (None where
    the system does not say)."""

    rows: int
    created: int
    cpu_seconds: float
    memory_bytes: int | None


@dataclass(frozen=True, slots=True)
class _Run:
    cpu_seconds: float
    memory_bytes: int | None
    summary: dict[str, int]


def measure(database: str, scratch: Path, slug: str, rows: int) -> Imported:
    """Import a file of one row, then one of many."""
    small = _run(database, scratch, slug, _file(scratch / "one.csv", 1, first=0))
    large = _run(database, scratch, slug, _file(scratch / "many.csv", rows, first=1))
    return Imported(
        rows=rows,
        created=large.summary["created"],
        cpu_seconds=large.cpu_seconds - small.cpu_seconds,
        memory_bytes=_above(large.memory_bytes, small.memory_bytes),
    )


def _above(large: int | None, small: int | None) -> int | None:
    return None if large is None or small is None else max(0, large - small)


def _file(path: Path, rows: int, *, first: int) -> Path:
    chance = Random(SEED + rows)  # noqa: S311 - invented content is no secret
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        for number in range(first, first + rows):
            site = f"imported-{number}.example"
            writer.writerow(
                (
                    f"{invention.business(chance)} {number}",
                    chance.choice(invention.TRADES),
                    f"hello@{site}",
                    f"+44 20 {7_000_0000 + number}",
                    invention.name(chance),
                    f"https://{site}",
                    chance.choice(invention.PLACES),
                    ", ".join(chance.sample(invention.TAGS, 2)),
                )
            )
    return path


def _run(database: str, scratch: Path, slug: str, file: Path) -> _Run:
    settings = {"INSTANCE_DIR": str(scratch / "imports"), "DATABASE_URL": database}
    command = ["-m", "flask", "--app", "app", "vendors", "import", str(file), "--business", slug, "--user", OWNER]
    answer = file.with_suffix(".json")
    with answer.open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=servers.environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=told,
        )
        peak = servers.peak_until_end(process.pid)
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise servers.DidNotStart(f"the import ended with {process.returncode}")
    return _Run(used.ru_utime + used.ru_stime, peak, json.loads(answer.read_bytes()))
