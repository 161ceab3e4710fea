"""``flask bench``: what pages, jobs and imports cost, on scratch databases of several sizes.

Nothing of it is loaded by the server; see docs/performance.md for what it does and what it found.
"""

import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

_SIZES = {"S": 1_000, "M": 10_000, "L": 100_000}


@click.command("bench")
@click.option("--vendors", multiple=True, type=click.IntRange(1, 1_000_000), help="So many vendors; repeatable.")
@click.option("--size", "sizes", multiple=True, type=click.Choice(list(_SIZES)), help="S, M or L; repeatable.")
@click.option("--database", type=click.Choice(["sqlite", "postgresql", "both"]), default="both", show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--requests", type=click.IntRange(1), default=100, show_default=True, help="In turn, each round.")
@click.option(
    "--seconds", type=click.FloatRange(0), default=5.0, show_default=True, help="For 2, 4 and 8 clients each."
)
@click.option("--jobs/--no-jobs", "has_jobs", default=True, help="Mail and imports too.")
@click.option("--letters", type=click.IntRange(1), default=10_000, show_default=True, help="To send.")
@click.option("--json", "as_json", is_flag=True, help="As JSON instead of tables.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Keep the JSON in a file, too.")
@click.option(
    "--compare",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="An older JSON: fail where a count grew.",
)
@click.option(
    "--shared",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="SHARED_DATA",
    help="The folder of real lists, to measure matching on.",
)
def command(**asked: Any) -> None:
    """Measure on scratch databases, never on the real one: pages, jobs, imports."""
    from app import create_app
    from crm.cli.bench import comparison, matching, measuring, report
    from crm.cli.bench.operations import Effort
    from crm.cli.bench.places import goals_by_name
    from crm.cli.bench.sizes import size_of

    sizes = [size_of(count) for count in sorted({*asked["vendors"], *(_SIZES[size] for size in asked["sizes"])})]
    plan = measuring.Plan(
        effort=Effort(asked["rounds"], asked["requests"], asked["seconds"]),
        has_jobs=asked["has_jobs"],
        letters=asked["letters"],
        make=create_app,
        say=lambda words: click.echo(words, err=True),
    )
    left_out: list[str] = []
    runs = []
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="goodterms-bench-")))
        for databases in _databases(asked["database"], scratch, stack, left_out):
            wanted = sizes or [size_of(1_000), size_of(10_000)]
            runs += [measuring.run(databases, size, scratch, plan) for size in wanted]
    found = report.report(runs, matching=matching.measure(asked["shared"], left_out), left_out=left_out)
    if asked["out"]:
        asked["out"].write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    click.echo(json.dumps(found, indent=2) if asked["as_json"] else report.table(found, goals_by_name()))
    if asked["compare"]:
        grown = comparison.grown(json.loads(asked["compare"].read_text(encoding="utf-8")), found)
        if grown:
            raise click.ClickException("More than before:\n" + "\n".join(grown))


def _databases(kind: str, scratch: Path, stack: ExitStack, left_out: list[str]) -> list[Any]:
    """The kinds of databases wanted, as far as they are to be had; what is not is said."""
    from crm.cli.bench.databases import NoPostgres, SqliteDatabases, postgres

    found: list[Any] = [SqliteDatabases(scratch)] if kind != "postgresql" else []
    if kind != "sqlite":
        try:
            found.append(stack.enter_context(postgres(scratch)))
        except NoPostgres as reason:
            left_out.append(str(reason))
    return found
