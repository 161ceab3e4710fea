"""What every long-running command does first."""

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
    from crm.core import migrations  # Alembic is slow to import, and an up-to-date database does not need it

    if present is not None and engine.is_sqlite(settings.database_url):
        copy = settings.instance / "backups" / f"before-{revisions.newest()}-{clock.now():%Y%m%dT%H%M%SZ}.db"
        file = make_url(settings.database_url).database
        try:
            backups.copy_sqlite(Path(str(file)), copy)
        except (backups.BackupFailed, OSError) as error:
            raise click.ClickException(f"The database was not migrated, because {error}") from None
        click.echo(f"The database is copied to {copy.name} before its schema changes.")
    migrations.upgrade(bound)
