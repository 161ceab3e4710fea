"""What the clock does: a tick with nothing due, and the nightly look at every vendor."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time

from sqlalchemy import Engine, event

from crm.core.engine import open_engine
from crm.core.settings import Settings
from crm.jobs import night
from crm.jobs.scheduler import Scheduler

TICKS = 20


@dataclass(frozen=True, slots=True)
class Chores:
    """CPU of a tick with nothing due; CPU of the nightly look, and its longest transaction by the clock."""

    tick_ms: float
    night_cpu_seconds: float
    night_seconds: float
    longest_ms: float
    transactions: int


def measure(database: str, settings: Settings) -> Chores:
    """Tick until nothing is due, then tick on; then do what the night does."""
    engine = open_engine(database)
    scheduler = Scheduler(engine, settings)
    for _ in range(2):
        scheduler.run_once()
    ticks = []
    for _ in range(TICKS):
        began = process_time()
        scheduler.run_once()
        ticks.append(process_time() - began)
    with _lengths(engine) as lengths:
        began, worked = perf_counter(), process_time()
        night.recompute(engine)
        taken, cpu = perf_counter() - began, process_time() - worked
    engine.dispose()
    return Chores(median(ticks) * 1_000, cpu, taken, max(lengths, default=0.0) * 1_000, len(lengths))


@contextmanager
def _lengths(engine: Engine) -> Iterator[list[float]]:
    """How long each transaction of an engine lasts, in seconds."""
    found: list[float] = []
    begun: dict[int, float] = {}

    def begin(connection: object) -> None:
        begun[id(connection)] = perf_counter()

    def end(connection: object) -> None:
        found.append(perf_counter() - begun.pop(id(connection), perf_counter()))

    heard = (("begin", begin), ("commit", end), ("rollback", end))
    for name, act in heard:
        event.listen(engine, name, act)
    try:
        yield found
    finally:
        for name, act in heard:
            event.remove(engine, name, act)
