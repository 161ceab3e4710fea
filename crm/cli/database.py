"""``flask db upgrade``: migrations."""

import click
from flask.cli import AppGroup, with_appcontext

from crm.web.installation import installation

command = AppGroup("db", help="The database's schema.")


@command.command("upgrade")
@with_appcontext
def upgrade() -> None:
    """Bring the database to the present schema."""
    from crm.core import migrations  # Alembic is slow to import, and only this needs it

    migrations.upgrade(installation().engine)
    click.echo(f"The database is at revision {migrations.head()}.")
