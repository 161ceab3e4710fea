"""One run: a scratch database of one kind and size, and all that is measured on it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from flask import Flask

from crm.cli.bench import bare, chores, digests, imports, letters, operations, places, seed, servers, trust
from crm.cli.bench.counts import Count, FirstLoad, Reader
from crm.cli.bench.databases import Databases
from crm.cli.bench.figures import Timing
from crm.cli.bench.operations import Effort
from crm.cli.bench.seed import Seeded
from crm.cli.bench.sizes import Size
from crm.core.engine import open_engine
from crm.core.settings import Settings, load
from crm.web.installation import installation

IMPORTED = 10_000


@dataclass(frozen=True, slots=True)
class Memory:
    """What the server holds (PSS, bytes): signed in and at rest, and after all the requests."""

    at_rest: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Run:
    """All that was measured on one database."""

    database: str
    size: str
    vendors: int
    entries: int
    start_seconds: float
    counts: dict[str, Count]
    first_load: FirstLoad
    timings: dict[str, Timing]
    memory: Memory
    chores: chores.Chores
    trust: trust.Trust
    mail: letters.Sent | None
    digests: digests.Planned | None
    imported: imports.Imported | None


T = TypeVar("T")
Make = Callable[[Settings], Flask]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to do, and how: ``make`` builds the application, ``has_jobs`` adds mail and imports."""

    effort: Effort
    has_jobs: bool
    letters: int
    make: Make
    say: Say


def run(databases: Databases, size: Size, scratch: Path, plan: Plan) -> Run:
    """Seed a fresh database of this kind and size, measure, and drop it."""
    where = scratch / f"{databases.kind}-{size.name}"
    where.mkdir()
    address = databases.fresh()
    try:
        plan.say(f"{databases.kind} {size.name}: {size.vendors} vendors are invented")
        engine = open_engine(address)
        seeded = seed.fill(engine, size)
        engine.dispose()
        return _measured(databases, address, size, seeded, where, plan)
    finally:
        databases.drop(address)


def _measured(databases: Databases, address: str, size: Size, seeded: Seeded, where: Path, plan: Plan) -> Run:
    wanted = places.pages(seeded)
    settings = load({"INSTANCE_DIR": str(where / "instance"), "DATABASE_URL": address, "SCHEDULER": "off"})
    counts, first_load = _counted(settings, wanted, plan.make)
    timings, memory = _timed(address, where, seeded, wanted, plan)
    plan.say("what the clock does")
    done = chores.measure(address, settings)
    trusted = trust.measure(address, seeded)
    mail = planned = imported = None
    if plan.has_jobs:
        plan.say(f"{plan.letters} letters")
        mail = _with_fresh(databases, lambda fresh: letters.measure(fresh, where, plan.letters))
        plan.say(f"morning letters of {plan.letters} people")
        planned = _with_fresh(databases, lambda fresh: digests.measure(fresh, where, plan.letters))
        plan.say(f"an import of {IMPORTED} vendors")
        imported = imports.measure(address, where, seeded.slug, IMPORTED)
    return Run(
        database=databases.kind,
        size=size.name,
        vendors=seeded.vendors,
        entries=seeded.entries,
        start_seconds=_with_fresh(databases, lambda fresh: _start(fresh, where)),
        counts=counts,
        first_load=first_load,
        timings=timings,
        memory=memory,
        chores=done,
        trust=trusted,
        mail=mail,
        digests=planned,
        imported=imported,
    )


def _counted(settings: Settings, wanted: tuple[places.Place, ...], make: Make) -> tuple[dict[str, Count], FirstLoad]:
    app = make(settings)
    reader = Reader(app)
    counts = {place.name: reader.count(place.path) for place in wanted}
    first_load = reader.first_load("/vendors")
    installation(app).engine.dispose()
    return counts, first_load


def _timed(
    address: str, where: Path, seeded: Seeded, wanted: tuple[places.Place, ...], plan: Plan
) -> tuple[dict[str, Timing], Memory]:
    file = where / "bare.db"
    bare.fill(file)
    with servers.product(where / "instance", address) as served, servers.bare(file) as yardstick:
        served.wait("/healthz")
        yardstick.wait(None)
        operations.look_around(served, wanted)
        at_rest = served.memory_bytes
        tried = operations.operations(wanted, seeded)
        timings = operations.measure(served, yardstick, tried, plan.effort, plan.say)
        return timings, Memory(at_rest, served.memory_bytes)


def _start(fresh: str, where: Path) -> float:
    """Seconds from the start of the server to its first page."""
    with servers.product(where / "first", fresh) as served:
        return served.wait("/")


def _with_fresh(databases: Databases, act: Callable[[str], T]) -> T:
    address = databases.fresh()
    try:
        return act(address)
    finally:
        databases.drop(address)
