"""``flask scheduler``: reminders and letters alone, without pages."""

import click
from flask.cli import with_appcontext

from crm.cli.leaving import Leaving
from crm.cli.starting import bring_database_up
from crm.core import logs
from crm.jobs.scheduler import Scheduler
from crm.web.installation import installation

LOOK_UP = 0.5
"""Seconds between two looks for whether to end."""


@click.command("scheduler")
@click.option("--once", is_flag=True, help="Run every job that is due once, and exit.")
@with_appcontext
def command(once: bool) -> None:
    """Write morning letters and deliver mail."""
    home = installation()
    logs.configure(home.settings)
    bring_database_up(home.settings, home.engine)
    scheduler = Scheduler(home.engine, home.settings)
    if once:
        scheduler.run_once()
        return
    leaving = Leaving()
    scheduler.start()
    click.echo(f"The scheduler ticks every {home.settings.tick_seconds:g} s.")
    while not leaving.wait(LOOK_UP):
        pass
    scheduler.stop()
    home.engine.dispose()
