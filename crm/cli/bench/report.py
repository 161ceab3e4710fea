"""What was measured, as JSON for programs and as tables for people."""

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from crm.cli.bench import goals
from crm.cli.bench.goals import Goal
from crm.cli.bench.measuring import Run
from crm.cli.bench.operations import CREATE, NOTE

Report = dict[str, Any]
_GOALS = {CREATE: goals.CREATE_MS, NOTE: goals.NOTE_MS}


def report(runs: Sequence[Run], *, matching: Report | None, left_out: Sequence[str]) -> Report:
    """Everything, as JSON values. ``left_out`` says what could not be measured, and why."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
            "processors": os.cpu_count(),
            "load": load,
        },
        "runs": [asdict(run) for run in runs],
        "growth": growth(runs),
        "matching": matching,
        "left_out": list(left_out),
    }


def growth(runs: Sequence[Run]) -> list[Report]:
    """How much more CPU each operation takes from one size to the next, in parts of the bare page's growth."""
    found: list[Report] = []
    for small in runs:
        for large in runs:
            if small.database != large.database or small.vendors >= large.vendors:
                continue
            for name, timing in small.timings.items():
                ratio = large.timings[name].ratio
                if timing.ratio and ratio:
                    pair = {"database": small.database, "from": small.size, "to": large.size}
                    found.append({**pair, "operation": name, "factor": ratio / timing.ratio})
    return found


def table(found: Report, goals_of: Mapping[str, Goal]) -> str:
    """The tables: one a run, then growth and what was left out."""
    lines: list[str] = []
    for run in found["runs"]:
        lines += [*_run(run, goals_of), ""]
    lines += _growth(found["growth"])
    if found["matching"]:
        lines.append("Matching: " + ", ".join(f"{name} {value}" for name, value in found["matching"].items()))
    return "\n".join([*lines, *(f"Left out: {words}" for words in found["left_out"])]).rstrip()


def _run(run: Report, goals_of: Mapping[str, Goal]) -> Iterator[str]:
    yield f"{run['database']}, {run['size']}: {run['vendors']:,} vendors, {run['entries']:,} timeline entries"
    yield ""
    yield (
        f"{'':18}{'p50':>8}{'p95':>8}{'CPU':>8}{'bare':>7}{'goal':>6}{'2':>7}{'4':>7}{'8':>7}{'fail':>6}"
        f"{'queries':>9}{'bytes':>9}{'packed':>8}{'nodes':>7}"
    )
    for name, timing in run["timings"].items():
        yield _operation(name, timing, run["counts"].get(name), goals_of.get(name))
    yield ""
    yield from _others(run)


def _operation(name: str, timing: Report, count: Report | None, page: Goal | None) -> str:
    goal = f"{page.ratio:.0f}" if page else f"{_GOALS[name]:.0f} ms" if name in _GOALS else ""
    rates = "".join(f"{_number(timing['rates'].get(clients), 0):>7}" for clients in ("2", "4", "8"))
    line = (
        f"{name:18}{timing['p50_ms']:8.1f}{timing['p95_ms']:8.1f}{_number(timing['cpu_ms']):>8}"
        f"{_number(timing['ratio']):>7}{goal:>6}{rates}{timing['failures']:>6}"
    )
    if count is None:
        return line
    return f"{line}{count['queries']:>9}{count['plain']:>9,}{count['packed']:>8,}{count['nodes']:>7,}"


def _others(run: Report) -> Iterator[str]:
    first, memory, chores = run["first_load"], run["memory"], run["chores"]
    yield _line("first load of the list", f"{first['requests']} requests, {first['packed']:,} bytes")
    yield _line("first page after the start", f"{run['start_seconds']:.1f} s", f"{goals.START_SECONDS:.0f} s")
    at_rest = f"{_megabytes(memory['at_rest'])}, {_megabytes(memory['after'])} after the requests"
    yield _line("memory at rest", at_rest, _megabytes(goals.MEMORY))
    yield _line("a tick with nothing due", f"{chores['tick_ms']:.1f} ms", f"{goals.TICK_MS:.0f} ms")
    goal = goals.NIGHT_SECONDS * run["vendors"] / 100_000
    yield _line(
        "the nightly look",
        f"{chores['night_cpu_seconds']:.1f} s, longest transaction {chores['longest_ms']:.0f} ms",
        f"{goal:.1f} s",
    )
    trust = run["trust"]
    yield _line(
        f"trust of {trust['cards']} cards",
        f"{trust['logs_ms']:.1f} ms of {trust['board_ms']:.1f} for the board, {trust['notes']} notes;"
        f" a bare query {trust['bare_ms']:.1f} ms",
    )
    yield from _mail(run["mail"], "letters")
    yield from _planned(run["digests"])
    if run["imported"]:
        imported = run["imported"]
        told = f"{imported['cpu_seconds']:.1f} s, {_megabytes(imported['memory_bytes'])} above base"
        goal_words = f"{goals.IMPORT_SECONDS:.0f} s, {_megabytes(goals.IMPORT_MEMORY)}"
        yield _line(f"{imported['rows']:,} vendors imported", told, goal_words)


def _planned(planned: Report | None) -> Iterator[str]:
    if planned is None:
        return
    told = f"{planned['seconds']:.1f} s, {planned['per_second']:.0f} a second, {planned['cpu_seconds']:.1f} s of CPU"
    yield _line(f"{planned['letters']:,} digests planned", told)
    yield from _mail(planned["sent"], "digests sent")


def _mail(mail: Report | None, what: str) -> Iterator[str]:
    if mail is None:
        return
    share = mail["per_second"] / mail["bare_per_second"]
    told = (
        f"{mail['seconds']:.1f} s, {mail['per_second']:.0f} a second, {share:.2f} of a bare loop,"
        f" {mail['cpu_seconds']:.1f} s of CPU,"
        f" {mail['lost']} lost, {mail['doubled']} doubled"
    )
    goal = goals.MAIL_SECONDS * mail["letters"] / 10_000
    yield _line(f"{mail['letters']:,} {what}", told, f"{goal:.1f} s, {goals.MAIL_SHARE}")


def _growth(found: Sequence[Report]) -> Iterator[str]:
    pairs = dict.fromkeys((each["database"], each["from"], each["to"]) for each in found)
    for database, small, large in pairs:
        factors = [
            f"{each['operation']} {each['factor']:.2f}"
            for each in found
            if (each["database"], each["from"], each["to"]) == (database, small, large)
        ]
        yield f"{database}, CPU from {small} to {large} (goal {goals.GROWTH:.0f}): {'; '.join(factors)}"


def _line(name: str, told: str, goal: str = "") -> str:
    return f"{name:30}{told}{f' (goal {goal})' if goal else ''}"


def _number(value: float | None, digits: int = 1) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _megabytes(value: float | None) -> str:
    return "unknown" if value is None else f"{value / 1024 / 1024:.0f} MB"
