"""What every long-running command does first."""

import multiprocessing
import sys
import threading
from pathlib import Path

import click
from sqlalchemy import Engine, make_url

from crm.core import backups, clock, engine, revisions, running
from crm.core.settings import Settings
from crm.core.tenancy import installation_session


def bring_database_up(settings: Settings, bound: Engine) -> None:
    """Migrate where that is due; a SQLite database with data in it is copied before. From here on the instance folder
    is in use (:mod:`crm.core.running`)."""
    running.hold(settings.instance)
    with installation_session(bound, writing=False) as session:
        present = revisions.present(session)
    if present == revisions.newest():
        return
    if present is not None and engine.is_sqlite(settings.database_url):
        copy = settings.instance / "backups" / f"before-{revisions.newest()}-{clock.now():%Y%m%dT%H%M%SZ}.db"
        file = make_url(settings.database_url).database
        try:
            backups.copy_sqlite(Path(str(file)), copy)
        except (backups.BackupFailed, OSError) as error:
            raise click.ClickException(f"The database was not migrated, because {error}") from None
        click.echo(f"The database is copied to {copy.name} before its schema changes.")
    if sys.platform.startswith("linux") and threading.active_count() == 1:
        _upgrade_apart(bound)
    else:
        _upgrade(bound)


def _upgrade_apart(bound: Engine) -> None:
    """Migrate in a process of its own, a copy of this one: with it goes the memory that migrating took, a tenth of all
    that the product needs from then on.
    """
    bound.dispose()  # the two share no connection
    copy = multiprocessing.get_context("fork").Process(target=_upgrade, args=(bound,))
    copy.start()
    copy.join()
    if copy.exitcode:
        raise click.ClickException("The database could not be migrated; above it says why.")


def _upgrade(bound: Engine) -> None:
    from crm.core import migrations  # Alembic is slow to import, and an up-to-date database does not need it

    migrations.upgrade(bound)
    bound.dispose()
